"""The grammar of boundary-point text (勘测定界界址点): header, parcel lines that end in ``@``, and point lines.

Every line is either understood or an error that names it; what a line may mean is decided elsewhere. Source: the
exchange text of the ministry's land-use approval filing, and its variants seen in offices.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from landinv.errors import UnreadableFileError
from landinv.i18n import gettext as _

POLYGON: Final = "面"
KINDS: Final = (POLYGON, "线", "点")
COORDINATES: Final = "地块坐标"
ATTRIBUTES: Final = "属性描述"
# Keys of the header that describe the file; all others describe the land and become columns.
TECHNICAL: Final = (
    "格式版本号", "数据产生单位", "数据产生日期", "坐标系", "几度分带", "投影类型", "计量单位", "带号", "精度",
    "转换参数",
)  # fmt: skip
_SECTION: Final = re.compile(r"^[\[【［〔]\s*(.+?)\s*[\]】］〕]$")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)$", re.ASCII)
_USUAL_POINT: Final = re.compile(r"([^,，]*?) *, *(\d*) *, *(\d+\.?\d*) *, *(\d+\.?\d*)$", re.ASCII)
_NARROW: Final = str.maketrans("０１２３４５６７８９．－＋，＠＝　", "0123456789.-+,@= ")
# Headings and points are short; the patterns for them are not put to longer lines.
_SHORT: Final = 200
_KIND_AT: Final = 4
_USUAL_FIELDS: Final = 8
_MOST_KEYS: Final = 200


@dataclass(frozen=True)
class ParcelLine:
    """Fields of a parcel line as text; ``kind`` is empty where none can be made out, ``oddity`` tells what is odd."""

    count: str
    area: str
    number: str
    name: str
    kind: str
    sheet: str = ""
    use: str = ""
    class_code: str = ""
    remark: str = ""
    oddity: str = ""


@dataclass
class Parcel:
    """A parcel: its line, the header values in force there, and where its points and rings begin."""

    line: int
    fields: ParcelLine
    info: Mapping[str, str]
    first_point: int
    first_ring: int
    rows: int = 0


@dataclass
class BoundaryText:
    """What a text holds: header, parcels, and points of all of them one after the other (X northing, Y easting)."""

    header: dict[str, str] = field(default_factory=dict)
    info: dict[str, str] = field(default_factory=dict)
    parcels: list[Parcel] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    decimals: list[int] = field(default_factory=list)
    ring_starts: list[int] = field(default_factory=list)
    wide_commas: list[int] = field(default_factory=list)
    ends_in_line: bool = True


def parse_boundary_text(text: str, *, title: str) -> BoundaryText:
    """Take a text apart; ``title`` is its name in messages.

    Raises
    ------
    UnreadableFileError
        If a line is neither header, parcel nor point, or a header contradicts an earlier one.
    """
    return _Parser(title).parsed(text)


class _Parser:
    """State while the lines go by: which section, and the ring that is being filled."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.result = BoundaryText()
        self.section = ""
        self.label = ""
        self.columns = 0
        self.ring_first: tuple[float, float] | None = None
        self.ring_closed = False

    def parsed(self, text: str) -> BoundaryText:
        for number, line in enumerate(text.split("\n"), start=1):
            bare = line.strip(" \t\u3000\ufeff")
            if bare:
                self._line(bare, number)
        self.result.ends_in_line = text.endswith("\n")
        return self.result

    def _line(self, line: str, number: int) -> None:
        heading = _SECTION.match(line) if line[0] in "[【［〔" and len(line) < _SHORT else None
        if heading:
            self._begin_section(heading.group(1).replace(" ", ""))
        elif ("@" in line or "＠" in line) and line.rstrip(" ,，\t").endswith(("@", "＠")):
            self.section = COORDINATES
            self._parcel(line.rstrip(" ,，\t")[:-1], number)
        elif self.section == COORDINATES and self.result.parcels:
            self._point(line, number)
        elif "=" in line.translate(_NARROW):
            self._header(line, number)
        else:
            raise self._damaged(number, line)

    def _begin_section(self, name: str) -> None:
        if self.section == COORDINATES and name != COORDINATES:
            # A second file appended to the first: its project is another one.
            self.result.info = {}
        self.section = name

    def _header(self, line: str, number: int) -> None:
        at = min(i for i in (line.find("="), line.find("＝")) if i >= 0)
        key, value = "".join(line[:at].split()), line[at + 1 :].strip(" \t\u3000")
        technical = key in TECHNICAL and self.section in ("", ATTRIBUTES)
        target = self.result.header if technical else self.result.info
        if technical and target.get(key, value) != value and self.result.parcels:
            raise UnreadableFileError(
                _("{path}: line {line} gives {key} another value than the header before it.").format(
                    path=self.title, line=number, key=key
                ),
                hint=_("Split the file: one header, then the parcels it is for."),
            )
        if not key or len(self.result.header) + len(self.result.info) > _MOST_KEYS:
            raise self._damaged(number, line)
        if technical:
            self.result.header[key] = value
        else:
            # A parcel keeps the dictionary that was in force at its line.
            self.result.info = {**self.result.info, key: value}

    def _parcel(self, body: str, number: int) -> None:
        fields = parcel_line(body)
        if "，" in body and fields.kind and body.count(",") < _KIND_AT:
            self.result.wide_commas.append(number)
        points, rings = len(self.result.x), len(self.result.ring_starts)
        self.result.parcels.append(Parcel(number, fields, self.result.info, points, rings))
        self.label, self.ring_first, self.ring_closed, self.columns = "", None, False, 0

    def _point(self, line: str, number: int) -> None:
        usual = _USUAL_POINT.match(line) if self.columns in (0, 4) and len(line) < _SHORT else None
        if usual:
            self.columns = 4
            name, label, x, y = usual.groups()
        else:
            name, label, x, y = self._unusual(line, number)
        self.result.parcels[-1].rows += 1
        point = (float(x), float(y))
        begins = self.ring_first is None or (label != "" and self.label not in ("", label))
        if self.ring_closed and not begins:
            if point == self.ring_first:
                return  # the closing point once more
            begins = True
        if begins:
            self.result.ring_starts.append(len(self.result.x))
            self.ring_first, self.ring_closed, self.label = point, False, label
        else:
            own = len(self.result.x) - self.result.ring_starts[-1]
            self.ring_closed = point == self.ring_first and own >= 3
        self.result.names.append(name)
        self.result.x.append(point[0])
        self.result.y.append(point[1])
        self.result.decimals.append(len(y.partition(".")[2]))

    def _unusual(self, line: str, number: int) -> tuple[str, str, str, str]:
        plain = line.translate(_NARROW)
        if "，" in line:
            self.result.wide_commas.append(number)
        cells = [c.strip() for c in (plain.split(",") if "," in plain else plain.split())]
        while len(cells) > 4 and (not cells[-1] or _NUMBER.match(cells[-1])):
            cells.pop()  # a height, or the comma at the line's end
        return self._cells(cells, number, line)

    def _cells(self, cells: list[str], number: int, line: str) -> tuple[str, str, str, str]:
        # A point that lost a column is damage: three columns count only where no point of the parcel has four.
        self.columns = self.columns or len(cells)
        if len(cells) != self.columns:
            raise self._damaged(number, line)
        if len(cells) == 3:
            cells = [cells[0], "", *cells[1:]]
        if len(cells) != 4 or not all(map(_NUMBER.match, cells[2:])) or not _is_ring(cells[1]):
            raise self._damaged(number, line)
        return cells[0], cells[1], cells[2], cells[3]

    def _damaged(self, number: int, line: str) -> UnreadableFileError:
        return UnreadableFileError(
            _("{path}: line {line} is neither header, parcel nor boundary point (界址点): {text}.").format(
                path=self.title, line=number, text=" ".join(line[:60].split())
            ),
            hint=_("The file is cut off or damaged there; export it again, or correct that line."),
        )


def _is_ring(label: str) -> bool:
    return not label or (label.isascii() and label.isdigit())


def parcel_line(body: str) -> ParcelLine:
    """Fields of a parcel line without its ``@``; full-width commas separate only where plain ones do not.

    Examples
    --------
    >>> parcel_line("5,0.7749,01,甲村，东地块,面,,工业用地,0601,").name
    '甲村，东地块'
    >>> parcel_line("5，0.7749，01，甲地块，面，，工业用地，0601，").kind
    '面'
    """
    fields = _split(body)
    if _kind_at(fields) is None:
        fields = _split(body.translate(_NARROW))
    at = _kind_at(fields)
    if at is None:
        padded = [*fields, *[""] * (_USUAL_FIELDS - len(fields))]
        blank = len(fields) >= _USUAL_FIELDS and not fields[_KIND_AT]
        oddity = "图形属性为空，按面处理" if blank else "没有图形属性（面、线、点）"
        kind = POLYGON if blank else ""
        return ParcelLine(
            padded[0], padded[1], padded[2], padded[3], kind, padded[5], padded[6], padded[7], oddity=oddity
        )
    oddities = []
    number, name = fields[2], ",".join(fields[3:at])
    if at != _KIND_AT:
        oddities.append("名称中含有逗号" if at > _KIND_AT else "缺少地块名称一列")
    after = fields[at + 1 :]
    if len(after) not in (3, 4):
        oddities.append(f"图形属性之后有{len(after)}列，应为3列")
    after += [""] * (3 - len(after))
    count, area = (f.translate(_NARROW).strip() for f in fields[:2])
    remark = ",".join(after[3:])
    sheet, use, class_code = after[:3]
    return ParcelLine(
        count, area, number, name, fields[at], sheet, use, class_code, remark, "；".join(oddities)
    )


def _split(body: str) -> list[str]:
    fields = [f.strip(" \t\u3000") for f in body.split(",")]
    return fields[:-1] if fields and not fields[-1] else fields


def _kind_at(fields: list[str]) -> int | None:
    if len(fields) > _KIND_AT and fields[_KIND_AT] in KINDS:
        return _KIND_AT
    return next((i for i in range(3, len(fields)) if fields[i] in KINDS), None)
