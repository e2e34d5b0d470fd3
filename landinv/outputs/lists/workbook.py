"""The workbook of official registers: every list of a run on one sheet each, ready to print and to send back."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import Final

import xlsxwriter

from landinv import __version__
from landinv.disk import write_atomically
from landinv.outputs.lists.account_sheets import account_sheets
from landinv.outputs.lists.content import COVER, SUMMARY, WorkbookContent
from landinv.outputs.lists.cover_sheet import paint_cover
from landinv.outputs.lists.formats import BODY_FONT, Formats
from landinv.outputs.lists.painting import Page, paint_table
from landinv.outputs.lists.registers import parcel_registers
from landinv.outputs.lists.summary_sheet import paint_summary

# No temporary files: members of the archive get a fixed date, and nothing is left in the system's folder.
WRITER_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd",
}


def write_workbook(content: WorkbookContent, path: Path) -> Path:
    """Write every list as one workbook; the same content gives the same bytes.

    Codes and all other text are text cells, no cell holds a formula, and the totals are those of
    :mod:`landinv.reports.rounding`, so printed rows add up to printed totals on every sheet.

    Parameters
    ----------
    content
        Frames of the run.
    path
        The workbook wanted, ``.xlsx``.

    Returns
    -------
    Path
        The file written: ``path``, or its neighbour where ``path`` is open in Excel or WPS.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """

    def write(target: Path) -> None:
        _write(content, target)

    return write_atomically(path, write)


def _write(content: WorkbookContent, path: Path) -> None:
    # The writer alters the properties it is given, so each workbook gets its own.
    body = {"font_name": BODY_FONT, "font_size": 10, "font_scheme": ""}
    book = xlsxwriter.Workbook(str(path), {**WRITER_OPTIONS, "default_format_properties": body})
    book.set_properties(
        {
            "title": f"{content.county.name}批而未供和闲置土地台账",
            "subject": f"基准日 {content.as_of.isoformat()}",
            "author": f"landinv {__version__}",
            "created": datetime.combine(content.as_of, time()),
        }
    )
    formats = Formats(book)
    page = Page(content.county.name, content.as_of)
    cover = book.add_worksheet(COVER)
    paint_summary(book, formats, content, page)
    tables = [*parcel_registers(content), *account_sheets(content)]
    counts = {table.sheet: paint_table(book, formats, table, page) for table in tables}
    paint_cover(cover, formats, content, {SUMMARY: len(content.parcels), **counts})
    book.close()
