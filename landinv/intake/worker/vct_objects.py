"""Objects of a VCT file's line and polygon sections: heads walked one by one, coordinates turned to numbers at once."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from landinv.i18n import gettext as _
from landinv.intake.worker.vct_sections import Section, Sections

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_POLYLINE: Final = "11"
_DIRECT: Final = "1"
_INDIRECT: Final = "100"
_FROM_LINES: Final = "21"
_END: Final = "0"
_COUNT: Final = re.compile(r"\d{1,9}$")
_REFERENCE: Final = re.compile(r"-?\d{1,18}$")


@dataclass(frozen=True)
class Lines:
    """Border lines: position by identifier, first point and number of points of each, points × 2."""

    at: dict[int, int]
    first: IntArray
    size: IntArray
    xy: FloatArray


@dataclass
class Polygons:
    """Polygon objects in file order.

    ``references`` are the signed line identifiers of each (0 between rings), or None for one with coordinates of its
    own; those are rings ``(polygon, first point, points)`` in ``rings``, into ``xy``. ``bad`` tells why one is no use.
    """

    ids: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    references: list[list[int] | None] = field(default_factory=list)
    rings: list[tuple[int, int, int]] = field(default_factory=list)
    bad: dict[int, str] = field(default_factory=dict)
    xy: FloatArray = field(default_factory=lambda: np.zeros((0, 2)))


class _Cursor:
    """A place in a section that moves on by lines and knows their numbers."""

    def __init__(self, sections: Sections, section: Section) -> None:
        self.sections = sections
        self.lines, self.numbers = section.lines, section.numbers
        self.at = 0

    def more(self) -> bool:
        return self.at < len(self.lines)

    def next(self) -> str:
        if self.at >= len(self.lines):
            raise self.sections.damaged(self.numbers[-1] if self.numbers else 0, _("an object is cut off"))
        self.at += 1
        return self.lines[self.at - 1]

    def count(self) -> int:
        text = self.next()
        if not _COUNT.match(text):
            raise self.wrong(_("a number is expected, found {text}").format(text=text[:30]))
        return int(text)

    def wrong(self, cause: str) -> Exception:
        return self.sections.damaged(self.numbers[max(self.at - 1, 0)], cause)


class _PointLines:
    """Lines of coordinates as they are met; turned to numbers all at once."""

    def __init__(self, sections: Sections, section: Section) -> None:
        self.sections, self.section = sections, section
        self.texts: list[str] = []
        self.spans: list[tuple[int, int]] = []

    def take(self, cursor: _Cursor, count: int) -> int:
        """Take ``count`` lines from where the cursor stands; returns the count."""
        taken = self.section.lines[cursor.at : cursor.at + count]
        if len(taken) < count:
            raise cursor.wrong(_("fewer points than the object says"))
        self.spans.append((len(self.texts), cursor.at))
        self.texts += taken
        cursor.at += count
        return count

    def numbers(self) -> FloatArray:
        """Points × 2; only a failure is looked for line by line."""
        if not self.texts:
            return np.zeros((0, 2))
        separator = self.sections.separator
        width = self.texts[0].count(separator) + 1
        try:
            values = np.array(separator.join(self.texts).split(separator), dtype=np.float64)
        except ValueError:
            values = np.zeros(0)
        even = len(values) == width * len(self.texts) and bool(np.isfinite(values).all())
        if even and width in (2, 3) and all(text.count(separator) == width - 1 for text in self.texts):
            result: FloatArray = values.reshape(-1, width)[:, :2]
            return result
        wrong = (n for n, text in enumerate(self.texts) if not _is_point(text, separator, width))
        at = next(wrong, 0)
        first, place = self.spans[bisect_right(self.spans, (at, len(self.section.lines))) - 1]
        raise self.sections.damaged(
            self.section.numbers[place + at - first],
            _("coordinates are expected, found {text}").format(text=self.texts[at][:40]),
        )


def read_lines(sections: Sections) -> Lines:
    """Border lines of the line section.

    Raises
    ------
    UnreadableFileError
        If an object is cut off or malformed, an identifier stands twice, or a segment is an arc.
    """
    cursor = _Cursor(sections, sections.line)
    at: dict[int, int] = {}
    sizes: list[int] = []
    points = _PointLines(sections, sections.line)
    while cursor.more():
        identifier = cursor.next()
        if not _REFERENCE.match(identifier) or int(identifier) in at:
            raise cursor.wrong(_("a line's identifier is no number, or stands twice"))
        at[int(identifier)] = len(sizes)
        sizes.append(_usual_line(cursor, points) or _line(cursor, points))
        if cursor.next() != _END:
            raise cursor.wrong(_("an object must end with 0"))
    size_array = np.array(sizes, dtype=np.int64)
    first = np.cumsum(size_array) - size_array
    return Lines(at, first, size_array, points.numbers())


def _usual_line(cursor: _Cursor, points: _PointLines) -> int:
    """Points of a line of one segment, as nearly all are; 0 for any other, which is then walked step by step."""
    head = cursor.lines[cursor.at + 2 : cursor.at + 6]
    if head[:3] != [_DIRECT, "1", _POLYLINE] or len(head) < 4 or not _COUNT.match(head[3]):
        return 0
    cursor.at += 6
    return points.take(cursor, int(head[3]))


def _line(cursor: _Cursor, points: _PointLines) -> int:
    _code, _style, kind = cursor.next(), cursor.next(), cursor.next()
    if kind != _DIRECT:
        raise cursor.wrong(_("a line of type {kind} cannot be read").format(kind=kind[:10]))
    size = 0
    for _segment in range(cursor.count()):
        segment = cursor.next()
        if segment != _POLYLINE:
            raise cursor.wrong(
                _("a segment of type {kind} (an arc) cannot be read").format(kind=segment[:10])
            )
        size += points.take(cursor, cursor.count())
    return size


def read_polygons(sections: Sections) -> Polygons:
    """Objects of the polygon section.

    Raises
    ------
    UnreadableFileError
        If an object is cut off or malformed.
    """
    cursor = _Cursor(sections, sections.polygon)
    result = Polygons()
    points = _PointLines(sections, sections.polygon)
    while cursor.more():
        result.ids.append(cursor.next())
        result.codes.append(cursor.next())
        _style, kind, _label = cursor.next(), cursor.next(), cursor.next()
        if kind == _INDIRECT:
            composition = cursor.next()
            if composition != _FROM_LINES:
                result.bad[len(result.ids) - 1] = f"构成类型{composition[:10]}不能读取"
            result.references.append(_references(cursor, sections.separator))
        elif kind == _DIRECT:
            result.references.append(None)
            _direct_rings(cursor, result, points)
        else:
            raise cursor.wrong(_("a polygon of type {kind} cannot be read").format(kind=kind[:10]))
    result.xy = points.numbers()
    return result


def _references(cursor: _Cursor, separator: str) -> list[int]:
    """Signed identifiers; their count may or may not count the zeros between rings."""
    wanted = cursor.count()
    found: list[int] = []
    borders = 0
    while True:
        line = cursor.next()
        if line == _END and wanted in (len(found), borders):
            return found
        cells = [c.strip() for c in line.split(separator)]
        cells = cells[:-1] if not cells[-1] else cells
        if not all(_REFERENCE.match(c) for c in cells) or borders > wanted:
            raise cursor.wrong(_("a line number is expected, found {text}").format(text=line[:30]))
        found += map(int, cells)
        borders += sum(c != _END for c in cells)


def _direct_rings(cursor: _Cursor, result: Polygons, points: _PointLines) -> None:
    """Rings that stand in the polygon itself.

    Programs differ in what stands before a ring (number of rings, kind of ring); the number of its points is always
    the last before them.
    """
    separator = cursor.sections.separator
    polygon = len(result.ids) - 1
    numbers: list[str] = []
    while True:
        line = cursor.next()
        if line == _END:
            return
        if separator not in line:
            numbers.append(line)
            continue
        count = int(numbers[-1]) if numbers and _COUNT.match(numbers[-1]) else 0
        if not count:
            raise cursor.wrong(_("coordinates without their number"))
        if len(numbers) > 1 and numbers[-2] in ("12", "13", "14", "15"):
            result.bad[polygon] = f"边界类型{numbers[-2]}（圆弧）不能读取"
        cursor.at -= 1
        result.rings.append((polygon, len(points.texts), count))
        points.take(cursor, count)
        numbers = []


def _is_point(text: str, separator: str, width: int) -> bool:
    cells = text.split(separator)
    try:
        return len(cells) == width and width in (2, 3) and bool(np.isfinite([float(c) for c in cells]).all())
    except ValueError:
        return False
