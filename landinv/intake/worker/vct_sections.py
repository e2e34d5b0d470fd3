"""The sections of a VCT file: every one that begins must end, and the small ones are taken apart here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from landinv.errors import UnreadableFileError
from landinv.i18n import gettext as _

_NEEDED: Final = ("head", "featurecode", "tablestructure", "polygon", "attribute")
_TABLE_END: Final = "tableend"
# GB/T 17798-1999 is version 2; its number can stand behind a word ("VCT2.0"), but not inside another number.
_OLD_VERSION: Final = re.compile(r"(?<![\d.])[12](?:\.\d+)?(?![\d.])|(?<!\d)1999(?!\d)")
_READ_VERSION: Final = re.compile(r"(?<![\d.])3(?:\.\d+)?(?![\d.])|(?<!\d)2007(?!\d)")
_OLD_KEYS: Final = frozenset(("unit", "topo", "coordinate", "meridian", "minx", "maxx", "scale", "scalem"))
_READ_KEYS: Final = frozenset(("xyunit", "coordinatesystemtype", "xaxisdirection", "extentmin"))
# Keywords have no digits, so that a line of coordinates is passed over at its first sign.
_MARK: Final = re.compile(r"^[ \t]*((?!tableend)[a-z]+(?:begin|end))[ \t]*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class FeatureCode:
    """A row of the feature code section; ``geometry`` is lower case."""

    code: str
    name: str
    geometry: str
    table: str


@dataclass(frozen=True)
class Field:
    """A column of a table: name, type in lower case, width and decimals."""

    name: str
    kind: str
    width: int = 0
    decimals: int = 0


@dataclass(frozen=True)
class Structure:
    """Columns of a table, without the leading identifier."""

    table: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Section:
    """Lines of a section, stripped, blank ones left out, with the line number of each."""

    lines: list[str]
    numbers: Sequence[int]


@dataclass(frozen=True)
class Sections:
    """A VCT file in its parts; ``title`` is its name in messages."""

    title: str
    head: Mapping[str, str]
    codes: tuple[FeatureCode, ...]
    structures: Mapping[str, Structure]
    attributes: Mapping[str, list[str]]
    line: Section
    polygon: Section

    @property
    def separator(self) -> str:
        """The sign between values, a comma where the header names none."""
        return self.head.get("separator") or ","

    def damaged(self, number: int, cause: str) -> UnreadableFileError:
        """The error to raise where a line cannot be understood."""
        return damaged(self.title, number, cause)


def damaged(title: str, number: int, cause: str) -> UnreadableFileError:
    """The error to raise where line ``number`` of a VCT file cannot be understood."""
    return UnreadableFileError(
        _("{path}: line {line} of the VCT file cannot be read: {cause}.").format(
            path=title, line=number, cause=cause
        ),
        hint=_("The file is cut off or damaged there; export it again from its source."),
    )


def read_sections(text: str, *, title: str) -> Sections:
    """Take a file apart into its sections.

    Raises
    ------
    UnreadableFileError
        If it is no VCT file of version 3, or a section is missing, doubled, cut off or malformed.
    """
    raw = _raw_sections(text, title)
    if "head" not in raw:
        raise _no_vct(title)
    head = _head(raw["head"])
    _check_version(head, title)
    missing = [name for name in _NEEDED if name not in raw]
    if missing:
        raise UnreadableFileError(
            _("{path}: the VCT file has no section {names}.").format(path=title, names=", ".join(missing)),
            hint=_("The file is cut off; export it again from its source."),
        )
    separator = head.get("separator") or ","
    empty = Section([], [])
    return Sections(
        title, head, _codes(raw["featurecode"], separator, title),
        _structures(raw["tablestructure"], separator, title), _attributes(raw["attribute"], title),
        raw.get("line", empty), raw["polygon"],
    )  # fmt: skip


def _raw_sections(text: str, title: str) -> dict[str, Section]:
    """Sections by lower-case name; the loop is over keyword lines alone."""
    found: dict[str, Section] = {}
    opened: tuple[str, int] | None = None
    for match in _MARK.finditer(text):
        mark = match.group(1).lower()
        if opened is None and mark.endswith("begin"):
            opened = (mark.removesuffix("begin"), match.end())
        elif opened is not None and mark == opened[0] + "end":
            name, first = opened
            number = text.count("\n", 0, first) + 1
            if name in found:
                raise damaged(title, number, _("section {name} stands twice").format(name=name))
            found[name] = _section(text[first : match.start()], number)
            opened = None
    if opened is not None:
        number = text.count("\n", 0, opened[1]) + 1
        raise damaged(title, number, _("section {name} has no end").format(name=opened[0]))
    return found


def _section(body: str, number: int) -> Section:
    """Lines of a section whose keyword stands in line ``number``; blank ones are rare, and then found one by one."""
    lines = [line.strip() for line in body.split("\n")]
    kept = [n for n, line in enumerate(lines, start=number) if line]
    plain = len(kept) == len(lines) - 2 and not lines[0] and not lines[-1]
    numbers = range(number + 1, number + len(lines) - 1) if plain else kept
    return Section([line for line in lines if line], numbers)


def _no_vct(title: str) -> UnreadableFileError:
    return UnreadableFileError(
        _("{path} is no VCT file: it has no section Head.").format(path=title),
        hint=_("Export it again in the right format."),
    )


def _head(section: Section) -> dict[str, str]:
    pairs = (line.replace("：", ":", 1).partition(":") for line in section.lines)
    return {key.strip().lower(): value.strip() for key, _colon, value in pairs}


def _check_version(head: Mapping[str, str], title: str) -> None:
    """Let version 3 pass alone: where the header names none, its keys tell, for objects of version 2 look alike."""
    version = head.get("version", "")
    told_old = bool(_OLD_VERSION.search(version)) or ("meridian" in head and "parameters" not in head)
    told_new = not told_old and bool(_READ_VERSION.search(version))
    looks_old = bool(_OLD_KEYS & head.keys()) and not _READ_KEYS & head.keys()
    if told_old or (version and not told_new) or (looks_old and not told_new):
        raise UnreadableFileError(
            _("{path} is VCT of version {version}; version 3 can be read.").format(
                path=title, version=version[:40] or "2"
            ),
            hint=_("Export it as VCT 3 (GB/T 17798-2007), a geodatabase or a shapefile."),
        )


def _codes(section: Section, separator: str, title: str) -> tuple[FeatureCode, ...]:
    codes = []
    for line, number in zip(section.lines, section.numbers, strict=True):
        cells = [c.strip() for c in line.split(separator)]
        if len(cells) < 4:
            raise damaged(title, number, _("a feature code has four values"))
        codes.append(FeatureCode(cells[0], cells[1], cells[2].lower(), cells[3]))
    return tuple(codes)


def _structures(section: Section, separator: str, title: str) -> dict[str, Structure]:
    """Tables one after the other: a line with the name and the number of columns, a line a column, and ``0``."""
    found: dict[str, Structure] = {}
    at = 0
    while at < len(section.lines):
        cells = [c.strip() for c in section.lines[at].split(separator)]
        number = section.numbers[at]
        if len(cells) < 2 or not cells[1].isdigit():
            raise damaged(title, number, _("a table begins with its name and number of columns"))
        count = int(cells[1][:6])
        lines = section.lines[at + 1 : at + 1 + count]
        if len(lines) < count:
            raise damaged(title, number, _("the table has fewer columns than it says"))
        numbers = section.numbers[at + 1 : at + 1 + count]
        fields = tuple(_field(line, n, separator, title) for line, n in zip(lines, numbers, strict=True))
        found[cells[0]] = Structure(cells[0], fields)
        at += 1 + count
        if at < len(section.lines) and section.lines[at] == "0":
            at += 1
    return found


def _field(line: str, number: int, separator: str, title: str) -> Field:
    cells = [c.strip() for c in line.split(separator)]
    sizes = [c for c in cells[2:4] if c]
    if len(cells) < 2 or not cells[0] or not all(c.isascii() and c.isdigit() for c in sizes):
        raise damaged(title, number, _("a column has a name, a type and widths"))
    return Field(cells[0], cells[1].lower(), *(int(c[:6]) for c in sizes))


def _attributes(section: Section, title: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    name = ""
    for line, number in zip(section.lines, section.numbers, strict=True):
        if not name:
            name = line
            if name in found:
                raise damaged(title, number, _("the table {name} stands twice").format(name=name[:40]))
            found[name] = []
        elif line.lower() == _TABLE_END:
            name = ""
        else:
            found[name].append(line)
    if name:
        raise damaged(title, section.numbers[-1], _("the table {name} has no end").format(name=name[:40]))
    return found
