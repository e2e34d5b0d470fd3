"""How wide the columns and how high the rows of a list are, so that every figure and line of text is seen."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from landinv.outputs.lists.sheet_table import Cell, Column, Row, SheetTable

SEQUENCE_WIDTH: Final = 5.0
LINE_HEIGHT: Final = 13.5  # points, of 10-point type
ROW_MARGIN: Final = 5.0
MOST_HEIGHT: Final = 400.0  # points; a row holds 409
_PADDING: Final = 1.4  # half hanzi that the cell's own margins take
_WASTE: Final = 1.6
_DATE: Final = "2000-00-00"


@dataclass(frozen=True)
class Layout:
    """Widths of the columns in half hanzi, the sequence first; heights of header and rows in points."""

    widths: tuple[float, ...]
    header_height: float
    heights: tuple[float, ...]

    @property
    def total_width(self) -> float:
        """Width of the list in half hanzi."""
        return sum(self.widths)


def display_width(text: str) -> int:
    """Width of a text in half hanzi: wide characters count two.

    Examples
    --------
    >>> display_width("岚县2022")
    8
    """
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def header_text(title: str) -> str:
    """Title with its unit on a line of its own.

    Examples
    --------
    >>> header_text("未供面积（公顷）").splitlines()
    ['未供面积', '（公顷）']
    """
    stem, bracket, unit = title.rpartition("（")
    return f"{stem}\n{bracket}{unit}" if title.endswith("）") and stem else title


def lay_out(table: SheetTable, rows: list[Row]) -> Layout:
    """Measure a list: numbers and dates always fit, text wraps within its column's widest."""
    widths = [SEQUENCE_WIDTH]
    lines = np.ones(len(rows))
    header_lines = 1
    for place, column in enumerate(table.columns):
        cells = [row.cells[place] for row in rows]
        measured = {text: display_width(text) for text in {v for v in cells if isinstance(v, str)}}
        width = _width(column, max([_longest_figure(cells, column), *measured.values()]))
        wrapped = {text: _lines(text, wide, width) for text, wide in measured.items()}
        if max(wrapped.values(), default=1) > 1:
            lines = np.maximum(lines, [wrapped.get(v, 1) if isinstance(v, str) else 1 for v in cells])
        header_lines = max(header_lines, _lines(header_text(column.title), 0, width))
        widths.append(width)
    heights = np.minimum(LINE_HEIGHT * lines + ROW_MARGIN, MOST_HEIGHT)
    return Layout(tuple(widths), LINE_HEIGHT * header_lines + 8.0, tuple(heights.tolist()))


def _width(column: Column, longest: int) -> float:
    parts = header_text(column.title).splitlines()
    # A header may take two lines for its name, and one for its unit.
    head = max([-(-display_width(parts[0]) // 4) * 2, *(display_width(p) for p in parts[1:])]) + _PADDING
    if column.kind == "blank":
        return max(column.width, head)
    if column.is_number or column.kind == "date":
        return max(longest + _PADDING, min(head, column.width))
    return max(min(longest + _PADDING, column.width), min(head, column.width))


def _lines(text: str, wide: int, width: float) -> int:
    if "\n" in text:
        return sum(_lines(part, display_width(part), width) for part in text.split("\n"))
    # A text that breaks wastes up to a hanzi in each line.
    needed = wide or display_width(text)
    return 1 if needed <= width else -(-needed // max(int(width - _WASTE), 2))


def _longest_figure(cells: list[Cell], column: Column) -> int:
    """Width of the widest number or date; the extremes tell it."""
    if any(isinstance(v, date) for v in cells):
        return len(_DATE)
    figures = [v for v in cells if isinstance(v, int | float)]
    extremes = (min(figures), max(figures)) if figures else ()
    return max((len(f"{v:,.{column.decimals}f}") for v in extremes), default=0)
