"""Workbooks as people type them: titles, merged headers, dates in every style; the same bytes each time."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

FIXED = (2022, 9, 30, 9, 0, 0)
THIN = Side(style="thin")
CENTER = Alignment(horizontal="center", vertical="center", wrap_text=True)
FULL_WIDTH = {ord(str(k)): chr(0xFF10 + k) for k in range(10)} | {ord("."): "．"}


def written_date(value: datetime.date, style: int) -> object:
    """The date in one of six styles; the sixth is a real date cell."""
    styles = [
        f"{value:%Y-%m-%d}",
        f"{value.year}/{value.month}/{value.day}",
        f"{value.year}.{value.month}.{value.day}",
        f"{value.year}年{value.month}月{value.day}日",
        f"{value:%Y%m%d}",
        datetime.datetime(value.year, value.month, value.day),
    ]
    return styles[style % 6]


def full_width(text: str) -> str:
    """Digits and points as full-width characters."""
    return text.translate(FULL_WIDTH)


def put_title(sheet: Worksheet, title: str, note: str, columns: int) -> None:
    """A merged title in row 1 and a merged note in row 2."""
    for row, text, size in ((1, title, 18), (2, note, 10)):
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=columns)
        cell = sheet.cell(row, 1, text)
        cell.font, cell.alignment = Font(name="宋体", size=size, bold=row == 1), CENTER
    sheet.row_dimensions[1].height = 34


def put_header(sheet: Worksheet, names: Sequence[str], groups: dict[str, str]) -> None:
    """Header in rows 3 and 4: columns named in ``groups`` share a merged group title above."""
    column = 1
    while column <= len(names):
        group = groups.get(names[column - 1])
        last = column
        if group is None:
            sheet.cell(3, column, names[column - 1])
            sheet.merge_cells(start_row=3, start_column=column, end_row=4, end_column=column)
        else:
            while last < len(names) and groups.get(names[last]) == group:
                last += 1
            sheet.cell(3, column, group)
            sheet.merge_cells(start_row=3, start_column=column, end_row=3, end_column=last)
            for k in range(column, last + 1):
                sheet.cell(4, k, names[k - 1])
        column = last + 1
    for row in (3, 4):
        for k in range(1, len(names) + 1):
            cell = sheet.cell(row, k)
            cell.font, cell.alignment = Font(name="宋体", size=10, bold=True), CENTER
            cell.border = Border(THIN, THIN, THIN, THIN)


def put_row(sheet: Worksheet, row: int, values: Sequence[object]) -> None:
    """One row of values; text stays text, dates get a date format."""
    for column, value in enumerate(values, 1):
        cell = sheet.cell(row, column)
        cell.value = value  # type: ignore[assignment]
        cell.border = Border(THIN, THIN, THIN, THIN)
        if isinstance(value, str) and value:
            cell.number_format = "@"
        elif isinstance(value, datetime.datetime):
            cell.number_format = "yyyy/m/d"


def set_widths(sheet: Worksheet, widths: Sequence[float]) -> None:
    """Column widths in characters."""
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width


def save_workbook(book: Workbook, path: Path) -> None:
    """Save with fixed times inside, so that the same content gives the same bytes."""
    stamp = datetime.datetime(*FIXED)
    book.properties.creator = "示例录入员"
    book.properties.created = stamp
    buffer = io.BytesIO()
    book.save(buffer)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "docProps/core.xml":
                fixed = stamp.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + fixed, data)
            entry = zipfile.ZipInfo(name, FIXED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            target.writestr(entry, data)
