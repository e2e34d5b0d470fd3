"""Read a register back from a workbook that went through other hands."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import pandas as pd
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape
from openpyxl.utils.exceptions import InvalidFileException

from landinv.errors import (
    FieldMissingError,
    FieldValueError,
    LandinvError,
    SourceMissingError,
    UnreadableFileError,
)
from landinv.i18n import gettext as _
from landinv.outputs.lists.content import REGISTERS
from landinv.outputs.lists.sheet_table import SUBTOTAL_LABEL, TOTAL_LABEL, Column, sheet_columns
from landinv.outputs.lists.words import CODED, from_titles
from landinv.reports.summary import UNKNOWN_TOWNSHIP

ROW: Final = "row"
_KEY: Final = "parcel_id"
_MOST_ROWS: Final = 200_000
_MOST_COLUMNS: Final = 200
_DUST: Final = 6  # decimals beyond which a product of printed figures says nothing
_HEADER_WITHIN: Final = 20  # rows: somebody may have put lines above
_SPACE: Final = re.compile(r"\s+")
_COUNT: Final = re.compile(r"^\d+ 宗$")  # what subtotals show in the place of a parcel number


class _CellError(ValueError):
    """A cell cannot be what its column says."""


def read_register(path: Path, sheet: str) -> pd.DataFrame:
    """Read one register of a workbook made by :func:`landinv.outputs.lists.workbook.write_workbook`.

    Columns are known by their titles, whatever their order; columns that somebody added are left out, and so are
    subtotals, totals and rows without a parcel number. Areas printed in 公顷 come back in m² where their canonical
    column is in m² (rounded as printed). Words come back as codes.

    Parameters
    ----------
    path
        The workbook. A file from outside the bureau should be staged by intake first.
    sheet
        One of :data:`landinv.outputs.lists.content.REGISTERS`.

    Returns
    -------
    DataFrame
        Canonical columns present in the sheet (those left for the pen excluded) and ``row``, the worksheet row;
        text ``str``, numbers ``float64``, whole numbers ``Int64``, dates ``datetime64[s]``, booleans ``boolean``.

    Raises
    ------
    SourceMissingError
        If the file or the sheet is not there.
    UnreadableFileError
        If the file is no workbook.
    FieldMissingError
        If no header with 地块编号 is found.
    FieldValueError
        If a code was turned into a number, a date or number cannot be read, or a parcel number stands twice.
    """
    cells = _cells(path, sheet)
    header = next(
        (
            i
            for i, (_row, line) in enumerate(cells[:_HEADER_WITHIN])
            if _plain(_title(_KEY)) in map(_plain, line)
        ),
        None,
    )
    if header is None:
        raise FieldMissingError(
            _("{path}, sheet {sheet}: no header with the column {column} was found.").format(
                path=path, sheet=sheet, column=_title(_KEY)
            ),
            hint=_("Keep the header row of the register as it was written."),
        )
    titles = [_plain(value) for value in cells[header][1]]
    key = titles.index(_plain(_title(_KEY)))
    rows = [(number, line) for number, line in cells[header + 1 :] if _is_record(line, key)]
    frame = pd.DataFrame({ROW: [number for number, _line in rows]}, dtype="int64")
    for column in sheet_columns(sheet):
        if column.kind != "blank" and _plain(column.title) in titles:
            place = titles.index(_plain(column.title))
            frame[column.name] = _column(column, [(n, line[place]) for n, line in rows], f"{path}, {sheet}")
    _refuse_repeated(frame, f"{path}, {sheet}")
    return frame


def _title(name: str) -> str:
    return next(c.title for c in sheet_columns(REGISTERS[0]) if c.name == name)


def _cells(path: Path, sheet: str) -> list[tuple[int, tuple[Any, ...]]]:
    """Rows of a sheet with their numbers, values only."""
    if not path.is_file():
        raise SourceMissingError(_("{path} is not there.").format(path=path), hint=_("Correct the path."))
    try:
        with path.open("rb") as file:
            book = load_workbook(file, read_only=True, data_only=True)
            if sheet not in book.sheetnames:
                raise SourceMissingError(
                    _("{path} has no sheet named {sheet}.").format(path=path, sheet=sheet),
                    hint=_("Sheets found: {names}.").format(names="、".join(book.sheetnames)),
                )
            lines = book[sheet].iter_rows(max_row=_MOST_ROWS, max_col=_MOST_COLUMNS, values_only=True)
            return list(enumerate(lines, start=1))
    except LandinvError:
        raise
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, ParseError) as error:
        raise UnreadableFileError(
            _("{path} cannot be read as a workbook: {reason}.").format(path=path, reason=error),
            hint=_("Open it in Excel or WPS and save it as .xlsx."),
        ) from error


def _is_record(line: tuple[Any, ...], key: int) -> bool:
    label = str(line[key] if line[key] is not None else "").strip()
    if not label or _COUNT.match(label):
        return False
    return not any(str(v).strip() in {SUBTOTAL_LABEL, TOTAL_LABEL} for v in line[:key] if v is not None)


def _plain(title: object) -> str:
    return _SPACE.sub("", str(title)) if title is not None else ""


def _column(column: Column, cells: list[tuple[int, Any]], place: str) -> pd.Series:
    readers: dict[str, Callable[[Any], object]] = {
        "code": _code,
        "number": _number,
        "integer": _number,
        "date": _date,
    }
    reader = readers.get(column.kind, _text)
    values: list[object] = []
    # A loop over cells: the message names the row.
    for number, value in cells:
        try:
            values.append(None if value is None or value == "" else reader(value))
        except _CellError as error:
            raise FieldValueError(
                _("{place}, row {row}, column {column}: {reason}").format(
                    place=place, row=number, column=column.title, reason=error
                ),
                hint=_("Correct the cell; codes have to stay text cells."),
            ) from error
    return _typed(column, pd.Series(values, dtype="object"))


def _typed(column: Column, values: pd.Series) -> pd.Series:
    if column.kind == "bool":
        codes = from_titles(values, "bool").map({"true": True, "false": False}, na_action="ignore")
        return codes.astype("boolean")
    if column.kind == "level":
        return pd.to_numeric(from_titles(values, "level")).astype("Int64")
    if column.kind == "date":
        return pd.to_datetime(values).astype("datetime64[s]")
    if column.kind == "integer":
        return pd.to_numeric(values).astype("Int64")
    if column.kind == "number":
        return (pd.to_numeric(values).astype("float64") * column.factor).round(_DUST)
    words = (from_titles(values, column.kind) if column.kind in CODED else values).astype("str")
    return words.where(words != UNKNOWN_TOWNSHIP) if column.name == "township" else words


def _code(value: Any) -> str:
    if isinstance(value, str):
        return unescape(value).strip()
    raise _CellError(_("a code became the number {value}; digits may be lost.").format(value=value))


def _text(value: Any) -> str:
    return value.date().isoformat() if isinstance(value, datetime) else str(unescape(str(value)))


def _number(value: Any) -> float:
    if isinstance(value, bool | datetime | date):
        raise _CellError(_("{value} is no number.").format(value=value))
    try:
        return float(str(value).replace(",", "").replace("，", "").strip())
    except ValueError as error:
        raise _CellError(_("{value} is no number.").format(value=value)) from error


def _date(value: Any) -> pd.Timestamp:
    if isinstance(value, datetime | date):
        return pd.Timestamp(value).normalize()
    numbers = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", str(value).strip())
    try:
        if numbers is None:
            raise ValueError
        year, month, day = (int(part) for part in numbers.groups())
        return pd.Timestamp(year, month, day)
    except ValueError as error:
        raise _CellError(_("{value} is no date.").format(value=value)) from error


def _refuse_repeated(frame: pd.DataFrame, place: str) -> None:
    repeated = frame[frame[_KEY].duplicated(keep=False)]
    if len(repeated):
        raise FieldValueError(
            _("{place}: parcel {parcel} stands in rows {rows}.").format(
                place=place,
                parcel=repeated[_KEY].iloc[0],
                rows="、".join(str(n) for n in repeated.loc[repeated[_KEY] == repeated[_KEY].iloc[0], ROW]),
            ),
            hint=_("Keep one row for each parcel."),
        )
