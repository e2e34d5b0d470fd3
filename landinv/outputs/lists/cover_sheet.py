"""The sheet 目录与说明: what the workbook holds, from which files, how the figures were made."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

import pandas as pd
from xlsxwriter.worksheet import Worksheet

from landinv.model.datasets import SourceAccount
from landinv.outputs.lists.content import WorkbookContent
from landinv.outputs.lists.formats import Formats
from landinv.outputs.lists.layout import LINE_HEIGHT, ROW_MARGIN, display_width
from landinv.outputs.lists.neutral import is_risky
from landinv.outputs.lists.painting import Page, safe_cell_text, set_up_page
from landinv.outputs.lists.words import titles

WIDTHS: Final = (7, 34, 26, 16, 16, 12, 11, 11, 11, 11)
LAST: Final = len(WIDTHS) - 1
SOURCE_HEADS: Final = (
    "序号", "数据（角色）", "文件", "校验值（前12位）", "坐标系", "字符编码", "记录数", "合格", "已修复", "未采用",
)  # fmt: skip
ABOUT: Final = {
    "汇总": "各乡镇、各类别的宗数和面积",
    "批而未供土地台账": "已批准、未供应的地块",
    "供而未用土地台账": "已供应、逾约定动工日期未满一年、未动工的地块",
    "闲置土地台账": "疑似闲置与已认定的闲置土地，分列",
    "无法判断清单": "资料不足、不能判断的地块",
    "批文面积平衡表": "每个批文的批准面积去向",
    "项目用地清单": "项目与地块的关联及其依据",
    "踏勘清单": "各乡镇现场踏勘次序",
    "问题清单": "数据问题，按责任方排列",
    "碎片清单": "不单独成宗的零碎剩余部分",
    "批准未建设核对表": "调查的批准未建设图斑与按批文推算的剩余范围相互核对",
    "批准未建设统计表": "批准未建设图斑按村、批准用途和现状地类统计",
}
NOTES: Final = (
    "面积为椭球面积，以平方米计算和保存；1公顷＝10000平方米＝15亩。",
    "取整：每一类别的合计按四舍五入；其下各乡镇、各地块按最大余数法取整，使分项之和等于合计，每项与原值相差不到末位一个单位。总计为各类别合计之和。",
    "各表的合计、小计由程序算出后写入，表内没有公式。",
    "批文、合同、监管号、项目代码等一律为文本，请勿改为数字格式。",
    "疑似闲置由计算得出，不是认定结论；闲置土地须有认定书文号和日期。",
    "修改后的台账可以再导入：请保留表头文字和地块编号；小计、合计行导入时不读。",
)


def paint_cover(sheet: Worksheet, formats: Formats, content: WorkbookContent, counts: dict[str, int]) -> None:
    """Fill the first sheet.

    Parameters
    ----------
    sheet
        The empty first worksheet.
    counts
        Rows of each other sheet, in the order of the workbook.
    """
    title = f"{content.county.name}批而未供和闲置土地台账"
    sheet.merge_range(0, 0, 0, LAST, title, formats.role("title"))
    sheet.set_row(0, 36)
    facts = (
        f"行政区代码：{content.county.code}　　基准日：{content.as_of.isoformat()}　　"
        f"规则：{content.ruleset}　　坐标系：{content.county.crs}"
    )
    sheet.merge_range(1, 0, 1, LAST, facts, formats.role("line", align="center"))
    row = _paint_contents(sheet, formats, counts, 3)
    row = _paint_sources(sheet, formats, content.accounts, row + 1)
    row = _paint_lines(sheet, formats, ("说明", NOTES), row + 1)
    if content.unverified:
        head = "尚待核实的依据（请核对原文后使用）"
        _paint_lines(sheet, formats, (head, content.unverified), row + 1)
    for place, width in enumerate(WIDTHS):
        sheet.set_column(place, place, width)
    set_up_page(sheet, Page(content.county.name, content.as_of), wide=False)


def _paint_contents(sheet: Worksheet, formats: Formats, counts: dict[str, int], row: int) -> int:
    sheet.write_string(row, 0, "目录", formats.role("section", wrap=False))
    for place, head in enumerate(("序号", "表名", "内容", "", "", "行数")):
        sheet.write_string(row + 1, place, head, formats.role("head"))
    sheet.merge_range(row + 1, 2, row + 1, 4, "内容", formats.role("head"))
    for number, (name, count) in enumerate(counts.items(), start=1):
        here = row + 1 + number
        sheet.write_number(here, 0, number, formats.role("data", number="0", align="center"))
        # A place within this workbook, under a name of our own.
        sheet.write_url(here, 1, f"internal:'{name}'!A1", formats.role("link"), name)
        sheet.merge_range(here, 2, here, 4, ABOUT[name], formats.role("data"))
        sheet.write_number(here, 5, count, formats.role("data", number="#,##0", align="right", wrap=False))
    return row + 2 + len(counts)


def _paint_sources(sheet: Worksheet, formats: Formats, accounts: tuple[SourceAccount, ...], row: int) -> int:
    sheet.write_string(row, 0, "数据来源", formats.role("section", wrap=False))
    for place, head in enumerate(SOURCE_HEADS):
        sheet.write_string(row + 1, place, head, formats.role("head"))
    here = row + 2
    for number, account in enumerate(accounts, start=1):
        sheet.write_number(here, 0, number, formats.role("data", number="0", align="center"))
        name = f"{titles('role').get(account.role, account.role)}（{account.key}）"
        texts = (
            name,
            PurePath(account.path.replace("\\", "/")).name,
            account.sha256[:12],
            account.crs,
            account.encoding,
        )
        for place, text in enumerate(texts, start=1):
            _paint_text(sheet, formats, (here, place), text)
        lines = max(
            -(-display_width(text) // (width - 1)) for text, width in zip(texts, WIDTHS[1:], strict=False)
        )
        sheet.set_row(here, LINE_HEIGHT * lines + ROW_MARGIN)
        figures = (account.declared, account.ok, account.repaired, account.quarantined)
        for place, figure in enumerate(figures, start=6):
            look = formats.role("data", number="#,##0", align="right", wrap=False)
            sheet.write_number(here, place, figure, look)
        here += 1
    return here


def _paint_lines(sheet: Worksheet, formats: Formats, block: tuple[str, tuple[str, ...]], row: int) -> int:
    title, lines = block
    sheet.write_string(row, 0, title, formats.role("section", wrap=False))
    room = sum(WIDTHS[1:]) // 2 - 1
    for number, line in enumerate(lines, start=1):
        sheet.write_number(row + number, 0, number, formats.role("note", number="0", align="center"))
        sheet.merge_range(row + number, 1, row + number, LAST, safe_cell_text(line), formats.role("note"))
        sheet.set_row(row + number, 16.0 * (1 + len(line) // room) + 2)
    return row + 1 + len(lines)


def _paint_text(sheet: Worksheet, formats: Formats, place: tuple[int, int], text: str) -> None:
    quoted = bool(is_risky(pd.Series([text], dtype="str")).iloc[0])
    sheet.write_string(*place, safe_cell_text(text), formats.role("data", quoted=quoted))
