"""The sheet 汇总: parcels by township and kind, and unsupplied land by the years of its approval."""

from __future__ import annotations

from typing import Final

import pandas as pd
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from landinv.model.parcels import APPROVED_UNSUPPLIED, kinds
from landinv.outputs.lists.content import SUMMARY, WorkbookContent
from landinv.outputs.lists.formats import Formats
from landinv.outputs.lists.painting import HEADER_ROW, SIGNATURES, Page, set_up_page
from landinv.reports.summary import ALL, summary_by_cohort, summary_by_kind_and_township

FIGURES: Final = (
    ("count", "宗数", "#,##0"),
    ("area_ha", "公顷", "#,##0.0000"),
    ("area_mu", "亩", "#,##0.00"),
)
_TOTAL: Final = "合计"
_NOTE: Final = (
    "疑似闲置由计算得出，闲置以认定书为准。无图形的地块只计宗数，不计面积。"
    "各数取自同一套取整结果，纵横相加一致。"
)


def paint_summary(book: Workbook, formats: Formats, content: WorkbookContent, page: Page) -> None:
    """Add the sheet: a block by township and kind, and one by approval cohort."""
    sheet = book.add_worksheet(SUMMARY)
    last = len(FIGURES) * (len(kinds()) + 1)
    sheet.merge_range(0, 0, 0, last, f"{content.county.name}批而未供和闲置土地汇总表", formats.role("title"))
    unit_line = f"单位：宗、公顷、亩　　基准日：{content.as_of.isoformat()}"
    sheet.merge_range(1, 0, 1, last, unit_line, formats.role("line", align="right"))
    sheet.set_row(0, 32)
    _paint_kind_heads(sheet, formats)
    end = _paint_townships(sheet, formats, summary_by_kind_and_township(content.parcels))
    sheet.merge_range(end, 0, end, last, _NOTE, formats.role("note"))
    sheet.set_row(end, 20)
    end = _paint_cohorts(sheet, formats, content.parcels, end + 2)
    sheet.write_string(end + 1, 0, SIGNATURES, formats.role("sign", wrap=False))
    sheet.set_column(0, 0, 14)
    for place in range(1, last + 1):
        sheet.set_column(place, place, (6.5, 11.5, 11)[(place - 1) % len(FIGURES)])
    sheet.freeze_panes(HEADER_ROW + 2, 1)
    set_up_page(sheet, page, wide=True)
    sheet.repeat_rows(0, HEADER_ROW + 1)


def _paint_kind_heads(sheet: Worksheet, formats: Formats) -> None:
    head = formats.role("head")
    sheet.merge_range(HEADER_ROW, 0, HEADER_ROW + 1, 0, "乡镇", head)
    titles = [(kind.zh, formats.role("head", fill=kind.colour)) for kind in kinds().values()]
    for block, (title, look) in enumerate([*titles, (_TOTAL, head)]):
        first = 1 + block * len(FIGURES)
        sheet.merge_range(HEADER_ROW, first, HEADER_ROW, first + len(FIGURES) - 1, title, look)
        for place, (_name, unit, _number) in enumerate(FIGURES):
            sheet.write_string(HEADER_ROW + 1, first + place, unit, head)
    sheet.set_row(HEADER_ROW, 22)
    sheet.set_row(HEADER_ROW + 1, 20)


def _paint_townships(sheet: Worksheet, formats: Formats, summary: pd.DataFrame) -> int:
    """Rows of townships and the total; returns the row after them."""
    row = HEADER_ROW + 2
    for place, (township, figures) in enumerate(summary.groupby("township", sort=False)):
        role = "total" if township == ALL else "data" if place % 2 else "band"
        sheet.write_string(row, 0, str(township) or _TOTAL, formats.role(role))
        for block, (_index, cell) in enumerate(figures.iterrows()):
            _paint_figures(sheet, formats, (row, 1 + block * len(FIGURES), role), cell)
        sheet.set_row(row, 20)
        row += 1
    return row


def _paint_cohorts(sheet: Worksheet, formats: Formats, parcels: pd.DataFrame, row: int) -> int:
    """A small block of unsupplied land by cohort; returns the row after it."""
    sheet.write_string(row, 0, "批而未供土地按批准年份段", formats.role("section", wrap=False))
    for place, title in enumerate(("批准年份段", *(unit for _name, unit, _number in FIGURES))):
        sheet.write_string(row + 1, place, title, formats.role("head"))
    cohorts = summary_by_cohort(parcels[parcels["kind"] == APPROVED_UNSUPPLIED])
    for offset, cell in cohorts.iterrows():
        here = row + 2 + int(str(offset))
        role = "total" if cell["cohort"] == ALL else "data"
        sheet.write_string(here, 0, str(cell["cohort"]) or _TOTAL, formats.role(role))
        _paint_figures(sheet, formats, (here, 1, role), cell)
    return row + 2 + len(cohorts)


def _paint_figures(sheet: Worksheet, formats: Formats, place: tuple[int, int, str], cell: pd.Series) -> None:
    """Number, 公顷 and 亩 from a row and column on; what is nought stays blank, so that figures stand out."""
    row, first, role = place
    for offset, (name, _unit, number) in enumerate(FIGURES):
        look = formats.role(role, number=number, align="right", wrap=False)
        if cell["count"] or role == "total":
            sheet.write_number(row, first + offset, float(cell[name]), look)
        else:
            sheet.write_blank(row, first + offset, None, look)
