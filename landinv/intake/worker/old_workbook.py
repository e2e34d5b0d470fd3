"""xls workbooks (Excel 97–2003) through xlrd."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pyarrow as pa

from landinv.errors import UnreadableFileError
from landinv.i18n import gettext as _
from landinv.intake.worker.answer import Content, Decided, Noticed, Request
from landinv.intake.worker.cells import coded, sheet_table


def read_content(request: Request) -> Content:
    """Read every visible sheet of a staged workbook as coded cells.

    Raises
    ------
    UnreadableFileError
        If it is no xls workbook, damaged, or protected by a password.
    """
    import xlrd

    try:
        book = xlrd.open_workbook(
            file_contents=Path(request.path).read_bytes(), logfile=_Silence(), on_demand=False
        )
    except (xlrd.XLRDError, xlrd.compdoc.CompDocError, struct.error, ValueError, IndexError, KeyError,
            AssertionError, UnicodeError, TypeError) as error:  # fmt: skip
        raise UnreadableFileError(
            _("{path}: the xls workbook cannot be read: {cause}.").format(
                path=request.title, cause=str(error)[:100]
            ),
            hint=_(
                "Open it in Excel or WPS, remove its password (密码) if it has one, and save it as .xlsx."
            ),
        ) from error
    tables: dict[str, pa.Table] = {}
    noticed: list[Noticed] = []
    for sheet in book.sheets():
        if sheet.visibility:
            noticed.append(Noticed("I031", 0, "", sheet.name, "隐藏的工作表未读取"))
            continue
        tables[sheet.name] = _table(xlrd, sheet, book.datemode)
    decided = (Decided("encoding", book.encoding or "utf-16", _("named by the workbook"), 1.0),)
    return Content(tables, {"encoding": book.encoding or "utf-16"}, tuple(noticed), decided)


class _Silence:
    """A log that keeps nothing."""

    def write(self, _text: str) -> int:
        return 0

    def flush(self) -> None:
        """Nothing to do."""


def _table(xlrd: Any, sheet: Any, datemode: int) -> pa.Table:
    rows: list[list[str | None]] = []
    numbers: list[int] = []
    for number in range(sheet.nrows):
        cells = [_cell(xlrd, c, datemode) for c in sheet.row(number)]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            rows.append(cells)
            numbers.append(number + 1)
    return sheet_table(rows, numbers)


def _cell(xlrd: Any, cell: Any, datemode: int) -> str | None:
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return coded(xlrd.xldate_as_datetime(cell.value, datemode))
        except (ValueError, OverflowError):
            return f"e{cell.value!r}"
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return coded(bool(cell.value))
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return f"e{xlrd.error_text_from_code.get(cell.value, '#ERR!')}"
    return coded(cell.value) if cell.ctype != xlrd.XL_CELL_EMPTY else None
