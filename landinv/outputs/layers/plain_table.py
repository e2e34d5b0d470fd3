"""A frame's columns as a CSV or a workbook of one sheet: codes as text, nothing a spreadsheet would run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from landinv.errors import OutputError
from landinv.i18n import gettext as _
from landinv.outputs.layers.columns import Column, columns_of
from landinv.outputs.lists.plain_text import column_text

_CELL_CHARACTERS: Final = 32_767
_SHEET_ROWS: Final = 1_048_576
_FIXED: Final = datetime(2000, 1, 1)
_SHEET: Final = "数据"


def write_plain_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write the columns without shapes: UTF-8 with BOM, CRLF, ISO dates; text that would run gets an apostrophe."""
    texts = {c.name: column_text(_series(c), _kind(c)) for c in columns_of(frame)}
    pd.DataFrame(texts, index=range(len(frame))).to_csv(
        path, index=False, encoding="utf-8-sig", lineterminator="\r\n"
    )


def write_plain_workbook(frame: pd.DataFrame, path: Path) -> None:
    """Write the columns without shapes to one sheet; text is text, numbers and dates are what they are.

    Raises
    ------
    OutputError
        If there are more rows, or longer texts, than a sheet can hold.
    """
    columns = columns_of(frame)
    if len(frame) >= _SHEET_ROWS:
        raise _too_much(path, _("{count} rows").format(count=len(frame)))
    book = xlsxwriter.Workbook(
        str(path), {"constant_memory": False, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"created": _FIXED})
    sheet = book.add_worksheet(_SHEET)
    heading = book.add_format({"bold": True, "text_wrap": True, "bottom": 1})
    formats = {
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "text": book.add_format({"num_format": "@"}),
    }
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.name, heading)
        sheet.set_column(place, place, _width(column), formats["text"] if column.is_text else None)
        _write_cells(sheet, place, column, formats)
    sheet.freeze_panes(1, 0)
    for column in columns:
        if column.is_text and any(v is not None and len(v) > _CELL_CHARACTERS for v in column.values):
            raise _too_much(path, column.name)
    book.close()


def _write_cells(sheet: Worksheet, place: int, column: Column, formats: dict[str, Any]) -> None:
    kind = _kind(column)
    put: Callable[[int, Any], object]
    if kind == "date":
        values: Any = column.values.astype("datetime64[s]").astype(object)
        put = lambda row, v: sheet.write_datetime(row, place, v, formats["date"])  # noqa: E731
    elif kind == "text":
        values = column.values
        put = lambda row, v: sheet.write_string(row, place, v, formats["text"])  # noqa: E731
    elif kind == "bool":
        values = column.values.tolist()
        put = lambda row, v: sheet.write_boolean(row, place, v)  # noqa: E731
    else:
        values = column.values.tolist()
        put = lambda row, v: sheet.write_number(row, place, v)  # noqa: E731
    for number in np.flatnonzero(~column.missing).tolist():
        put(number + 1, values[number])


def _kind(column: Column) -> str:
    kinds = {"O": "text", "f": "number", "i": "integer", "b": "bool", "M": "date"}
    return kinds[column.values.dtype.kind]


def _series(column: Column) -> pd.Series:
    values = (
        pd.Series(column.values, dtype=object)
        if column.values.dtype.kind in "ib"
        else pd.Series(column.values)
    )
    return values.mask(column.missing)


def _width(column: Column) -> float:
    longest = max((len(v) for v in column.values[:200] if v is not None), default=8) if column.is_text else 12
    return float(min(max(8, 2 * len(column.name), longest * 1.2), 50))


def _too_much(path: Path, what: str) -> OutputError:
    return OutputError(
        _("{path} cannot be written: {what} is more than a sheet can hold.").format(
            path=path.name, what=what
        ),
        hint=_("Write a .gpkg or a .csv instead."),
    )
