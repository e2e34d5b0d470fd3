"""The list of deadlines as a workbook of one sheet, ready to print."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Final

import pandas as pd
import xlsxwriter

from landinv import __version__
from landinv.disk import write_atomically
from landinv.outputs.lists.formats import BODY_FONT, Formats
from landinv.outputs.lists.painting import Page, paint_table
from landinv.outputs.lists.sheet_table import SheetTable, sheet_columns
from landinv.outputs.lists.workbook import WRITER_OPTIONS

DUE: Final = "到期事项清单"
NOTE: Final = "由程序按登记册推算；剩余天数为负的已经过期而尚未登记办理。带〔未核实〕的条文须先核对。"


def write_due_workbook(due: pd.DataFrame, path: Path, *, county: str, as_of: date) -> Path:
    """Write deadlines (:func:`landinv.reports.due.due_dates`) as a workbook; the same list gives the same bytes.

    Returns
    -------
    Path
        The file written: ``path``, or its neighbour where ``path`` is open in Excel or WPS.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    sheet = SheetTable(
        sheet=DUE,
        title=f"{county}{DUE}",
        frame=due,
        unit_line=f"基准日：{as_of.isoformat()}　面积单位：平方米",
        totals=False,
        note=NOTE,
        unit_word="项",
        columns=sheet_columns(DUE),
    )

    def write(target: Path) -> None:
        body = {"font_name": BODY_FONT, "font_size": 10, "font_scheme": ""}
        book = xlsxwriter.Workbook(str(target), {**WRITER_OPTIONS, "default_format_properties": body})
        created = datetime.combine(as_of, time())
        book.set_properties(
            {"title": f"{county}{DUE}", "author": f"landinv {__version__}", "created": created}
        )
        paint_table(book, Formats(book), sheet, Page(county, as_of))
        book.close()

    return write_atomically(path, write)
