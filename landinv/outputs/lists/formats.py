"""Cell formats of the workbook: one look, made once each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook

BODY_FONT: Final = "宋体"
HEAD_FONT: Final = "黑体"
INK: Final = "#1F2933"
QUIET: Final = "#5B6770"
LINE: Final = "#B8C2CC"
HEAD_FILL: Final = "#DCE6F0"
BAND_FILL: Final = "#F5F8FB"
SUBTOTAL_FILL: Final = "#EAF0F6"
TOTAL_FILL: Final = "#D3E0EC"
DATE_FORMAT: Final = "yyyy-mm-dd"
TEXT_FORMAT: Final = "@"
_ROLES: Final[dict[str, dict[str, Any]]] = {
    "data": {},
    "band": {"bg_color": BAND_FILL},
    "subtotal": {"bg_color": SUBTOTAL_FILL, "bold": True},
    "total": {"bg_color": TOTAL_FILL, "bold": True, "top": 2, "top_color": QUIET},
    "head": {
        "bg_color": HEAD_FILL, "bold": True, "font_name": HEAD_FONT, "text_wrap": True, "align": "center",
    },
    "title": {
        "font_name": HEAD_FONT, "font_size": 20, "bold": True, "align": "center", "border": 0,
    },
    "section": {"font_name": HEAD_FONT, "font_size": 12, "bold": True, "border": 0},
    "line": {"font_color": QUIET, "border": 0},
    "note": {"font_color": QUIET, "border": 0, "text_wrap": True, "valign": "top"},
    "sign": {"border": 0},
    "link": {"font_color": "#0B5CAD", "underline": 1},
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """What a cell looks like: role (row or kind of text), number format, alignment, and special fills.

    ``quoted`` cells hold text that a spreadsheet would run if somebody edited them; Excel keeps them as text.
    ``fill`` is a colour of its own (a kind's); its text is black or white, whichever reads better.
    """

    role: str = "data"
    number: str = TEXT_FORMAT
    align: str = "left"
    wrap: bool = True
    quoted: bool = False
    fill: str = ""


class Formats:
    """Formats of one workbook, each made at its first use."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[Look, Format] = {}

    def of(self, look: Look) -> Format:
        """Format for a look."""
        if look not in self._made:
            self._made[look] = self._book.add_format(_properties(look))
        return self._made[look]

    def role(self, role: str, **changes: Any) -> Format:
        """Format of a role with the given changes of :class:`Look`."""
        return self.of(replace(Look(role=role), **changes))


def readable_on(colour: str) -> str:
    """Black or white, whichever has the greater contrast on a ``#RRGGBB`` colour (WCAG 2 relative luminance).

    Examples
    --------
    >>> readable_on("#E69F00"), readable_on("#7A0046")
    ('#000000', '#FFFFFF')
    """
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#FFFFFF" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else "#000000"


def _properties(look: Look) -> dict[str, Any]:
    properties = {
        "font_name": BODY_FONT, "font_scheme": "", "font_size": 10, "font_color": INK, "valign": "vcenter", "border": 1,
        "border_color": LINE, "align": look.align, "num_format": look.number, "text_wrap": look.wrap,
    } | _ROLES[look.role]  # fmt: skip
    if look.quoted:
        properties["quote_prefix"] = True
    if look.fill:
        properties |= {"bg_color": look.fill, "font_color": readable_on(look.fill)}
    return properties
