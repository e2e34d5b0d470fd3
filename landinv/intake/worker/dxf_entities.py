"""The entities of a DXF drawing that can be land: polylines with their arcs, and texts; all others are counted.

Source: the DXF reference of AutoCAD (group codes of LWPOLYLINE, POLYLINE, VERTEX, TEXT and MTEXT).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import repeat
from typing import Final

import numpy as np
import numpy.typing as npt

from landinv.errors import UnreadableFileError
from landinv.i18n import gettext as _

FloatArray = npt.NDArray[np.float64]

# An arc is drawn as chords that leave it by at most half a millimetre.
_SAGITTA_M: Final = 5e-4
_MOST_CHORDS: Final = 2000
_LONGEST_M: Final = 1e7
_ROUNDEST: Final = 1e4
_CLOSED: Final = 1
_SPLINE_FRAME: Final = 16
_NO_OUTLINE: Final = 16 | 64
_UNICODE: Final = re.compile(r"\\U\+([0-9A-Fa-f]{4})")
_FORMATTING: Final = re.compile(r"\\[ACcFfHhKkLlOoQTWp][^;\\{}]*;|[{}]")
_PART_OF_POLYLINE: Final = ("VERTEX", "SEQEND")


class Pairs:
    """Group codes and values of an entity in order, and the first value of each code."""

    def __init__(self, items: list[tuple[int, str]]) -> None:
        self.items = items
        self.first = dict(reversed(items))

    def text(self, code: int) -> str:
        """First value of a code; empty where there is none."""
        return self.first.get(code, "")

    def integer(self, code: int) -> int:
        """First value of a code as a number; 0 where it is none."""
        text = self.text(code)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@dataclass
class Polyline:
    """A polyline: first line, CAD layer, vertices with bulges (tangent of a quarter of the arc's angle), or a fault."""

    line: int
    layer: str = ""
    handle: str = ""
    closed: bool = False
    vertices: list[tuple[float, float, float]] = field(default_factory=list)
    mirrored: bool = False
    fault: str = ""

    def points(self) -> FloatArray:
        """Vertices with arcs drawn as chords, easting first, in the drawing's unit; not closed by a point added."""
        if not self.vertices:
            return np.zeros((0, 2))
        points: list[tuple[float, float]] = []
        last = len(self.vertices) - 1
        for at, (x, y, bulge) in enumerate(self.vertices):
            points.append((x, y))
            if bulge and (at < last or self.closed):
                following = self.vertices[(at + 1) % len(self.vertices)]
                points += _arc((x, y), (following[0], following[1]), bulge)
        xy = np.array(points, dtype=float)
        # Drawn from below (extrusion 0,0,-1): the drawing's own x runs the other way.
        return xy * (-1.0, 1.0) if self.mirrored else xy


@dataclass(frozen=True)
class Text:
    """A text and where it stands."""

    x: float
    y: float
    text: str


@dataclass
class Drawing:
    """Model space of a drawing: polylines and texts in file order, numbers of the entities that are neither."""

    polylines: list[Polyline] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)
    in_blocks: int = 0


def read_drawing(text: str, *, title: str) -> Drawing:
    """Take a drawing apart.

    Raises
    ------
    UnreadableFileError
        If it is cut off, or a line is no group code.
    """
    lines = text.split("\n")
    codes = _codes(lines, title)
    values = lines[1::2]
    starts = [n for n, code in enumerate(codes) if code == 0]
    ends = [*starts[1:], len(codes)]
    drawing = Drawing()
    section = ""
    opened: Polyline | None = None
    for start, end in zip(starts, ends, strict=True):
        name = values[start].strip()
        if not section and name != "SECTION":
            continue
        pairs = Pairs([(codes[n], values[n].strip()) for n in range(start + 1, end)])
        if name == "SECTION":
            section = pairs.text(2)
        elif name == "ENDSEC":
            section = ""
        elif section == "BLOCKS":
            drawing.in_blocks += name in ("LWPOLYLINE", "POLYLINE") and not _in_paper(pairs)
        elif section == "ENTITIES":
            opened = _entity(drawing, (name, 2 * start + 1), pairs, opened)
    if opened is not None:
        raise _damaged(title, opened.line, _("a polyline has no end"))
    return drawing


def _codes(lines: list[str], title: str) -> list[int]:
    """Group codes; a file that ends properly ends with EOF and has no section left open."""
    while lines and not lines[-1].strip():
        lines.pop()
    if len(lines) < 2 or lines[-1].strip() != "EOF" or lines[-2].strip() != "0":
        raise _damaged(title, len(lines), _("the end (EOF) is missing"))
    try:
        codes = list(map(int, lines[0::2]))
    except ValueError as error:
        wrong = (n for n, line in enumerate(lines[0::2]) if not re.fullmatch(r"\s*-?\d{1,9}\s*", line))
        at = next(wrong, 0)
        raise _damaged(title, 2 * at + 1, _("a group code is expected")) from error
    opened = [n for n, v in enumerate(lines[1::2]) if codes[n] == 0 and v.strip() in ("SECTION", "ENDSEC")]
    if not opened or len(opened) % 2:
        raise _damaged(title, len(lines), _("a section is not closed"))
    return codes


def _entity(
    drawing: Drawing, head: tuple[str, int], pairs: Pairs, opened: Polyline | None
) -> Polyline | None:
    """Take one entity; returns the polyline whose vertices are still to come."""
    name, line = head
    if opened is not None and name in _PART_OF_POLYLINE:
        if name == "SEQEND":
            return None
        _vertex(opened, pairs)
        return opened
    if opened is not None:
        opened.fault = opened.fault or "顶点序列没有结束"
    if name in ("LWPOLYLINE", "POLYLINE") and not _in_paper(pairs):
        return _polyline(drawing, name, line, pairs)
    if name in ("TEXT", "MTEXT") and not _in_paper(pairs):
        _text(drawing, name, pairs)
    elif name not in ("EOF", *_PART_OF_POLYLINE):
        drawing.others[name] = drawing.others.get(name, 0) + 1
    return None


def _polyline(drawing: Drawing, name: str, line: int, pairs: Pairs) -> Polyline | None:
    flags = pairs.integer(70)
    if name == "POLYLINE" and flags & _NO_OUTLINE:
        drawing.others["MESH"] = drawing.others.get("MESH", 0) + 1
        return Polyline(line)  # its vertices follow and belong to nothing
    result = Polyline(line, pairs.text(8), pairs.text(5), bool(flags & _CLOSED))
    drawing.polylines.append(result)
    axis = [pairs.text(code) for code in (210, 220, 230)]
    if any(axis):
        direction = [_parsed(v) for v in axis]
        result.mirrored = direction == [0.0, 0.0, -1.0]
        if not result.mirrored and direction != [0.0, 0.0, 1.0]:
            result.fault = "不在水平面上"
    if name == "POLYLINE":
        return result
    _vertices(result, pairs)
    if result.vertices and len(result.vertices) != pairs.integer(90):
        result.fault = f"写明{pairs.text(90)}个顶点，实有{len(result.vertices)}个"
    return None


def _vertices(result: Polyline, pairs: Pairs) -> None:
    """Vertices of a light polyline: each begins with its x, and its y and bulge follow."""
    xs, ys = ([value for code, value in pairs.items if code == axis] for axis in (10, 20))
    numbers = [_parsed(value) for value in (*xs, *ys)]
    if len(xs) == len(ys) and 42 not in pairs.first and all(map(math.isfinite, numbers)):
        result.vertices = list(zip(numbers[: len(xs)], numbers[len(xs) :], repeat(0.0)))
        return
    wanted = [(code, value) for code, value in pairs.items if code in (10, 20, 42)]
    for code, value in wanted:
        number = _number(result, value)
        if code == 10:
            result.vertices.append((number, math.nan, 0.0))
        elif result.vertices:
            x, y, bulge = result.vertices[-1]
            result.vertices[-1] = (x, number, bulge) if code == 20 else (x, y, number)
    if any(math.isnan(v) for vertex in result.vertices for v in vertex):
        result.fault = result.fault or "坐标缺失"


def _vertex(result: Polyline, pairs: Pairs) -> None:
    if pairs.integer(70) & _SPLINE_FRAME:
        return  # the frame of a smoothed line, not a point of it
    x, y = (_number(result, pairs.text(code)) for code in (10, 20))
    bulge = pairs.text(42)
    result.vertices.append((x, y, _number(result, bulge) if bulge else 0.0))


def _number(result: Polyline, text: str) -> float:
    number = _parsed(text)
    if math.isfinite(number):
        return number
    result.fault = result.fault or f"坐标不是数值：{text[:20]}"
    return 0.0


def _parsed(text: str) -> float:
    """A finite number, or NaN; Python's own ``1_0`` is none."""
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) and "_" not in text else math.nan


def _text(drawing: Drawing, name: str, pairs: Pairs) -> None:
    """A text at its point; text aligned otherwise than left stands at its second point."""
    x, y = pairs.text(10), pairs.text(20)
    if name == "TEXT" and (pairs.integer(72) or pairs.integer(73)):
        x, y = pairs.text(11) or x, pairs.text(21) or y
    pieces = [value for code, value in pairs.items if code in ((3, 1) if name == "MTEXT" else (1,))]
    words = _UNICODE.sub(lambda m: chr(int(m.group(1), 16)), "".join(pieces))
    if name == "MTEXT":
        words = _FORMATTING.sub("", words.replace("\\P", " ").replace("\\~", " "))
    if words.strip() and math.isfinite(_parsed(x)) and math.isfinite(_parsed(y)):
        drawing.texts.append(Text(_parsed(x), _parsed(y), " ".join(words.split())))


def _in_paper(pairs: Pairs) -> bool:
    return pairs.text(67) == "1"


def _arc(start: tuple[float, float], end: tuple[float, float], bulge: float) -> Iterator[tuple[float, float]]:
    """Points between two vertices on the arc of a bulge; counter-clockwise where the bulge is positive."""
    chord = math.dist(start, end)
    if not chord < _LONGEST_M or abs(bulge) > _ROUNDEST or abs(bulge) * chord / 2.0 <= _SAGITTA_M:
        return  # as good as straight, or no arc that anybody draws
    angle = 4.0 * math.atan(bulge)
    radius = chord * (1.0 + bulge * bulge) / (4.0 * abs(bulge))
    step = 2.0 * math.sqrt(2.0 * _SAGITTA_M / radius)
    count = min(max(math.ceil(abs(angle) / step), 2), _MOST_CHORDS)
    # The centre lies off the chord's middle by what is left of the radius, to the left for a positive bulge.
    off = (1.0 - bulge * bulge) / (4.0 * bulge)
    centre_x = (start[0] + end[0]) / 2.0 - off * (end[1] - start[1])
    centre_y = (start[1] + end[1]) / 2.0 + off * (end[0] - start[0])
    begin = math.atan2(start[1] - centre_y, start[0] - centre_x)
    for n in range(1, count):
        turn = begin + angle * n / count
        yield centre_x + radius * math.cos(turn), centre_y + radius * math.sin(turn)


def _damaged(title: str, line: int, cause: str) -> UnreadableFileError:
    return UnreadableFileError(
        _("{path}: the DXF drawing cannot be read: {cause} (line {line}).").format(
            path=title, line=line, cause=cause
        ),
        hint=_("The file is cut off or damaged; save the drawing again as ASCII DXF."),
    )
