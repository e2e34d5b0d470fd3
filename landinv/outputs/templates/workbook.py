"""The empty workbook of a record role: a sheet to type into, a page of guidance, and the lists to pick from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from landinv.disk import write_atomically
from landinv.model.advice import NOT_DATA
from landinv.outputs.lists.formats import BODY_FONT, DATE_FORMAT, TEXT_FORMAT, Formats, Look
from landinv.outputs.lists.layout import LINE_HEIGHT, display_width, header_text
from landinv.outputs.lists.workbook import WRITER_OPTIONS
from landinv.outputs.templates.columns import SHEETS, TemplateColumn, template_columns

GUIDE_SHEET: Final = "填表说明"
LISTS_SHEET: Final = "选项"
LAST_ROW: Final = 5000  # rules for typing reach down to here
_RULED_ROWS: Final = 30  # drawn on paper for the pen
_MADE_ON: Final = datetime(2020, 1, 1)  # the same in every copy, so that a template's bytes never differ
_PAGE_WIDTH: Final = 175.0  # half hanzi on A4 across at a readable size
_LISTED_PICKS: Final = 255  # characters of a list that a rule can hold by itself
_FIRST_DAY: Final = date(1949, 10, 1)
_LAST_DAY: Final = date(2100, 12, 31)
_KEY_FILL: Final = "#F7D9C4"
_GUIDE_HEADS: Final = ("列名", "含义", "单位或格式", "示例", "要求", "口径")
_GUIDE_WIDTHS: Final = (24, 44, 22, 28, 17, 32)
_LIST_WIDTH: Final = 24
_FORMATS: Final = {"area": "0.0000", "money": "#,##0.00", "date": DATE_FORMAT}
_FORM_WORDS: Final = {
    "date": "年-月-日", "code": "文本，位数照原件", "bool": "从列表中选", "choice": "从列表中选",
    "status": "从列表中选，或填日期",
}  # fmt: skip
_RULES: Final = (
    "一行填一条记录，不合并单元格，不改表头文字；列的次序可以调整，不用的列可以删去。",
    "带“＊”的列必须填写。没有的内容留空，不填“无”“/”等。",
    "面积单位为公顷，金额单位为万元；单元格内只填数值，不写单位。",
    "日期填到日，如 2021-09-01。",
    "文号、合同编号、电子监管号、项目代码等列已设为文本；粘贴时请选“只粘贴文本”，以免位数丢失。",
    "不填合计行；本工作簿的“填表说明”和“选项”两页不参与导入。",
)


def write_template(role: str, path: Path) -> Path:
    """Write the empty workbook of a record role; the same role gives the same bytes.

    Parameters
    ----------
    role
        One of :data:`landinv.outputs.templates.columns.TEMPLATE_ROLES`.
    path
        The workbook wanted, ``.xlsx``.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """

    def write(target: Path) -> None:
        _write(role, target)

    return write_atomically(path, write)


def _write(role: str, path: Path) -> None:
    columns = template_columns(role)
    body = {"font_name": BODY_FONT, "font_size": 10, "font_scheme": ""}
    book = xlsxwriter.Workbook(str(path), {**WRITER_OPTIONS, "default_format_properties": body})
    book.set_properties({"title": f"{SHEETS[role]}（空表）", "author": "landinv", "created": _MADE_ON})
    formats = Formats(book)
    _paint_records(book, formats, SHEETS[role], columns)
    _paint_guide(book.add_worksheet(GUIDE_SHEET), formats, SHEETS[role], columns)
    _paint_lists(book.add_worksheet(LISTS_SHEET), formats, columns)
    book.close()


def _paint_records(book: Workbook, formats: Formats, title: str, columns: tuple[TemplateColumn, ...]) -> None:
    sheet = book.add_worksheet(title)
    lists = _list_places(columns)
    lines = 1
    for place, column in enumerate(columns):
        look = _look(column)
        sheet.set_column(place, place, column.width, formats.of(look))
        head = formats.role("head", fill=_KEY_FILL if column.demand != "选填" else "")
        sheet.write_string(0, place, header_text(column.header), head)
        sheet.write_comment(0, place, _comment(column), {"x_scale": 1.6, "y_scale": 0.9, "font_size": 9})
        sheet.data_validation(1, place, LAST_ROW, place, _validation(column, lists.get(column.picks, "")))
        lines = max(lines, _header_lines(column))
        for row in range(1, _RULED_ROWS + 1):
            sheet.write_blank(row, place, None, formats.of(look))
    sheet.set_row(0, LINE_HEIGHT * lines + 10)
    sheet.freeze_panes(1, _frozen_columns(columns))
    sheet.autofilter(0, 0, _RULED_ROWS, len(columns) - 1)
    _set_up_page(sheet, title, columns)


def _look(column: TemplateColumn) -> Look:
    if column.kind in ("area", "money"):
        return Look(number=_FORMATS[column.kind], align="right", wrap=False)
    if column.kind == "date":
        return Look(number=DATE_FORMAT, align="center", wrap=False)
    return Look(number=TEXT_FORMAT, align="center" if column.closed or column.kind == "status" else "left")


def _header_lines(column: TemplateColumn) -> int:
    return sum(
        -(-display_width(part) // max(int(column.width) - 1, 2))
        for part in header_text(column.header).split("\n")
    )


def _frozen_columns(columns: tuple[TemplateColumn, ...]) -> int:
    """The column that names the record stays in sight: the first required one, or the first."""
    return next((place + 1 for place, c in enumerate(columns) if c.is_required and place < 2), 1)


def _comment(column: TemplateColumn) -> str:
    parts = [
        column.meaning,
        f"格式：{_form(column)}" if _form(column) else "",
        f"例：{column.example}",
        column.demand,
    ]
    return "\n".join(part for part in parts if part)


def _form(column: TemplateColumn) -> str:
    if column.unit:
        return column.unit
    if column.picks and not column.closed and column.kind != "status":
        return "可从列表中选"
    return _FORM_WORDS.get(column.kind, "文本")


def _validation(column: TemplateColumn, place: str) -> dict[str, Any]:
    told = {"input_title": column.title[:32], "input_message": _comment(column)[:255]}
    if column.picks:
        joined = ",".join(column.picks)
        source: Any = list(column.picks) if len(joined) <= _LISTED_PICKS else place
        rule = {"validate": "list", "source": source, "show_error": column.closed}
        return {**told, **rule, "error_title": "不在列表中", "error_message": "请从列表中选择。"}
    if column.unit:
        rule = {"validate": "decimal", "criteria": ">=", "value": 0}
        return {
            **told,
            **rule,
            "error_title": "不是数值",
            "error_message": f"请填不小于0的数值，单位为{column.unit}。",
        }
    if column.kind == "date":
        rule = {"validate": "date", "criteria": "between", "minimum": _FIRST_DAY, "maximum": _LAST_DAY}
        return {**told, **rule, "error_title": "不是日期", "error_message": "请填年-月-日，如 2021-09-01。"}
    return {**told, "validate": "any"}


def _list_places(columns: tuple[TemplateColumn, ...]) -> dict[tuple[str, ...], str]:
    """Where each list stands on the sheet of lists, as a formula for a rule."""
    places: dict[tuple[str, ...], str] = {}
    for column in columns:
        if column.picks and column.picks not in places:
            letter = xl_col_to_name(len(places))
            places[column.picks] = f"={LISTS_SHEET}!${letter}$3:${letter}${len(column.picks) + 2}"
    return places


def _set_up_page(sheet: Worksheet, title: str, columns: tuple[TemplateColumn, ...]) -> None:
    """A4 across, as few pages side by side as stay readable, the header and the first column on each."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(max(1, round(sum(c.width for c in columns) / _PAGE_WIDTH)), 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.6)
    sheet.repeat_rows(0)
    sheet.repeat_columns(0, _frozen_columns(columns) - 1)
    sheet.set_header(f"&C&16{title}", {"margin": 0.35})
    sheet.set_footer(
        "&L&9填表人：　　　　　审核人：　　　　　填表日期：&R&9第 &P 页　共 &N 页", {"margin": 0.3}
    )
    sheet.print_across()


def _paint_guide(sheet: Worksheet, formats: Formats, title: str, columns: tuple[TemplateColumn, ...]) -> None:
    last = len(_GUIDE_HEADS) - 1
    sheet.merge_range(0, 0, 0, last, f"{title}填表说明（{NOT_DATA}）", formats.role("section"))
    sheet.set_row(0, 24)
    for row, rule in enumerate(_RULES, start=1):
        sheet.merge_range(row, 0, row, last, f"{row}. {rule}", formats.role("note"))
        sheet.set_row(row, LINE_HEIGHT + 4)
    top = len(_RULES) + 2
    for place, (head, width) in enumerate(zip(_GUIDE_HEADS, _GUIDE_WIDTHS, strict=True)):
        sheet.write_string(top, place, head, formats.role("head"))
        sheet.set_column(place, place, width)
    for row, column in enumerate(columns, start=top + 1):
        cells = (
            column.header,
            column.meaning,
            _form(column),
            column.example,
            column.demand,
            column.certainty,
        )
        look = Look(role="band" if row % 2 else "data")
        for place, text in enumerate(cells):
            sheet.write_string(row, place, text, formats.of(look))
        most = max(-(-display_width(t) // (w - 2)) for t, w in zip(cells, _GUIDE_WIDTHS, strict=True))
        sheet.set_row(row, LINE_HEIGHT * most + 5)
    sheet.freeze_panes(top + 1, 1)
    _set_up_side_sheet(sheet, top)


def _set_up_side_sheet(sheet: Worksheet, header_row: int) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.repeat_rows(header_row)
    sheet.hide_gridlines(2)
    sheet.set_footer("&C&9第 &P 页　共 &N 页", {"margin": 0.3})


def _paint_lists(sheet: Worksheet, formats: Formats, columns: tuple[TemplateColumn, ...]) -> None:
    """Every list in a column of its own under the titles of the columns that use it."""
    sheet.write_string(0, 0, f"选项（{NOT_DATA}）", formats.role("section", wrap=False))
    users: dict[tuple[str, ...], list[str]] = {}
    for column in columns:
        if column.picks:
            users.setdefault(column.picks, []).append(column.title)
    lines = max((-(-display_width("、".join(t)) // (_LIST_WIDTH - 2)) for t in users.values()), default=1)
    sheet.set_row(1, LINE_HEIGHT * lines + 5)
    for place, (picks, titles) in enumerate(users.items()):
        sheet.write_string(1, place, "、".join(titles), formats.role("head"))
        sheet.set_column(place, place, _LIST_WIDTH)
        for row, pick in enumerate(picks, start=2):
            sheet.write_string(row, place, pick, formats.of(replace(Look(), wrap=False)))
    sheet.freeze_panes(2, 0)
    _set_up_side_sheet(sheet, 1)
