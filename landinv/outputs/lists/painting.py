"""Draw a list on a worksheet: titles, header, rows, print setup."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import pandas as pd
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from landinv.model.parcels import IDLE, SUSPECTED_IDLE, kinds
from landinv.outputs.lists.formats import DATE_FORMAT, TEXT_FORMAT, Formats, Look
from landinv.outputs.lists.layout import (
    LINE_HEIGHT,
    SEQUENCE_WIDTH,
    Layout,
    display_width,
    header_text,
    lay_out,
)
from landinv.outputs.lists.neutral import is_risky
from landinv.outputs.lists.sheet_table import (
    DATA,
    SEQUENCE_TITLE,
    SUBTOTAL,
    TOTAL,
    Cell,
    Column,
    Row,
    SheetTable,
    printed_rows,
)
from landinv.outputs.lists.words import titles

HEADER_ROW: Final = 2  # after the title and the line of units
CONFIDENTIAL: Final = "内部资料　注意保密"
SIGNATURES: Final = (
    "填表人：　　　　　　　审核人：　　　　　　　负责人：　　　　　　　填表日期：　　　　年　　月　　日"
)
LONGEST_TEXT: Final = 32_000  # a cell holds 32 767 characters
CUT_MARK: Final = "……（原文过长，全文见 CSV 文件）"
MOST_ROWS: Final = 1_000_000  # a sheet holds 1 048 576
_A3: Final = 8
_A4: Final = 9
_WIDE: Final = 150.0  # half hanzi: more does not fit on A4 at a readable size
_FIRST_DATE: Final = date(1900, 3, 1)  # Excel's calendar is wrong before
_DAY_NOUGHT: Final = date(1899, 12, 30).toordinal()  # a date cell holds the days since
_SHORT: Final = 9.0  # half hanzi: words such as 国有 stand in the middle
_CENTRED: Final = {"date", "bool", "status", "kind", "level", "severity", "method", "finding_state"}
_PLAIN: Final = "data"
_BAND: Final = "band"
_ROLES: Final = (_PLAIN, _BAND, SUBTOTAL, TOTAL)
_SEQUENCE: Final = Column("", SEQUENCE_TITLE, "integer", 1.0, 0, SEQUENCE_WIDTH, total=False)


@dataclass(frozen=True)
class Page:
    """What stands on every printed page: the county's name and the date computed for."""

    county: str
    as_of: date


def paint_table(book: Workbook, formats: Formats, table: SheetTable, page: Page) -> int:
    """Add a sheet with the list; returns the number of its data rows.

    A list longer than a sheet is cut at :data:`MOST_ROWS`, and its note says so.
    """
    rows = printed_rows(table)
    count = sum(row.role == DATA for row in rows)
    sheet = book.add_worksheet(table.sheet)
    if table.colour:
        sheet.set_tab_color(table.colour)
    layout = lay_out(table, rows)
    last = len(table.columns)
    _paint_heading(sheet, formats, table, layout)
    end = HEADER_ROW + 1 + len(rows[:MOST_ROWS])
    _paint_rows(sheet, formats, table, rows[:MOST_ROWS])
    note = table.note if len(rows) <= MOST_ROWS else f"{table.note}行数过多，其余见 CSV 文件。"
    sheet.merge_range(end, 0, end, last, note, formats.role("note"))
    sheet.set_row(end, LINE_HEIGHT * (1 + display_width(note) // (layout.total_width * 0.95)) + 6)
    sheet.write_string(end + 2, 0, SIGNATURES, formats.role("sign", wrap=False))
    for place, width in enumerate(layout.widths):
        sheet.set_column(place, place, width)
    for place, height in enumerate(layout.heights[:MOST_ROWS], start=HEADER_ROW + 1):
        sheet.set_row(place, height)
    sheet.freeze_panes(HEADER_ROW + 1, 2)
    totals = sum(row.role == TOTAL for row in rows)
    if count:
        sheet.autofilter(HEADER_ROW, 0, end - 1 - totals, last)
        sheet.ignore_errors({"number_stored_as_text": f"A1:AZ{end}"})
    set_up_page(sheet, page, wide=layout.total_width > _WIDE)
    sheet.repeat_rows(0, HEADER_ROW)
    sheet.print_area(0, 0, end + 2, last)
    return count


def set_up_page(sheet: Worksheet, page: Page, *, wide: bool) -> None:
    """Landscape, one page wide, A3 for wide lists and A4 for others, page numbers and confidentiality below."""
    sheet.set_landscape()
    sheet.set_paper(_A3 if wide else _A4)
    sheet.fit_to_pages(1, 0)
    sheet.center_horizontally()
    sheet.set_margins(left=0.4, right=0.4, top=0.55, bottom=0.65)
    sheet.hide_gridlines(2)
    county = page.county.replace("&", "&&")
    sheet.set_footer(
        f"&L&9{CONFIDENTIAL}&C&9第 &P 页　共 &N 页&R&9{county}　基准日 {page.as_of.isoformat()}",
        {"margin": 0.3},
    )


def safe_cell_text(text: str) -> str:
    """Text that a cell can hold: what is too long is cut, and says so."""
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + CUT_MARK


def _paint_heading(sheet: Worksheet, formats: Formats, table: SheetTable, layout: Layout) -> None:
    last = len(table.columns)
    sheet.merge_range(0, 0, 0, last, table.title, formats.role("title"))
    sheet.merge_range(1, 0, 1, last, table.unit_line, formats.role("line", align="right"))
    sheet.set_row(0, 32)
    sheet.set_row(1, 18)
    head = formats.role("head")
    sheet.write_string(HEADER_ROW, 0, SEQUENCE_TITLE, head)
    for place, column in enumerate(table.columns, start=1):
        sheet.write_string(HEADER_ROW, place, header_text(column.title), head)
    sheet.set_row(HEADER_ROW, layout.header_height)


def _paint_rows(sheet: Worksheet, formats: Formats, table: SheetTable, rows: list[Row]) -> None:
    roles = [_PLAIN if i % 2 else _BAND for i in range(len(rows))]
    roles = [band if row.role == DATA else row.role for row, band in zip(rows, roles, strict=True)]
    _paint_column(sheet, formats, 0, list(zip([r.sequence for r in rows], roles, strict=True)), _SEQUENCE)
    for place, column in enumerate(table.columns):
        cells = [row.cells[place] for row in rows]
        _paint_column(sheet, formats, place + 1, list(zip(cells, roles, strict=True)), column)


def _paint_column(
    sheet: Worksheet, formats: Formats, place: int, cells: list[tuple[Cell, str]], column: Column
) -> None:
    values = [value for value, _role in cells]
    risky = _risky_texts(values)
    plain = {role: formats.of(_look(column, role)) for role in _ROLES}
    as_text = {role: formats.of(_look(column, role, text=True)) for role in _ROLES}
    special = risky | set(_fills(column))
    # A loop over cells: the writer takes one at a time.
    for row, (value, role) in enumerate(cells, start=HEADER_ROW + 1):
        if value is None:
            sheet.write_blank(row, place, None, plain[role])
        elif isinstance(value, str):
            look = (
                _special(formats, column, role, (value, value in risky))
                if value in special
                else as_text[role]
            )
            sheet.write_string(row, place, safe_cell_text(value), look)
        elif not isinstance(value, date):
            sheet.write_number(row, place, value, plain[role])
        elif value < _FIRST_DATE:
            sheet.write_string(row, place, value.isoformat(), as_text[role])
        else:
            sheet.write_number(row, place, value.toordinal() - _DAY_NOUGHT, plain[role])


def _special(formats: Formats, column: Column, role: str, text: tuple[str, bool]) -> Format:
    value, quoted = text
    return formats.of(
        replace(_look(column, role, text=True), quoted=quoted, fill=_fills(column).get(value, ""))
    )


def _look(column: Column, role: str, *, text: bool = False) -> Look:
    number = TEXT_FORMAT if text else _number_format(column)
    right = column.is_number and column is not _SEQUENCE and not text
    short = column.kind == "text" and column.width <= _SHORT
    centred = short or column.kind in _CENTRED or column is _SEQUENCE
    align = "right" if right else "center" if centred else "left"
    return Look(role=role, number=number, align=align, wrap=not right)


def _number_format(column: Column) -> str:
    if column.kind == "date":
        return DATE_FORMAT
    if column.kind == "integer":
        return "0"
    if column.kind == "number":
        return "#,##0" + ("." + "0" * column.decimals if column.decimals else "")
    return TEXT_FORMAT


def _fills(column: Column) -> dict[str, str]:
    """Colours of the words that stand for a kind of parcel."""
    if column.kind == "kind":
        return {kind.zh: kind.colour for kind in kinds().values()}
    if column.kind == "status":
        return {titles("status")[name]: kinds()[name].colour for name in (SUSPECTED_IDLE, IDLE)}
    return {}


def _risky_texts(values: Iterable[Cell]) -> set[str]:
    texts = pd.Series(sorted({v for v in values if isinstance(v, str)}), dtype="str")
    return set(texts[is_risky(texts)])
