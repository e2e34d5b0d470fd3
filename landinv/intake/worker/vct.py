"""VCT 3 (GB/T 17798-2007): one table of polygons, its border lines joined, with the attributes of each.

Version 2 has other object forms and is refused by name. The sections are read whole and their coordinates turned to
numbers at once; only the objects' heads are walked.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import shapely

from landinv.errors import UnreadableFileError
from landinv.i18n import gettext as _
from landinv.intake.worker.answer import Content, Noticed, Request
from landinv.intake.worker.gdal_reader import chosen_layer
from landinv.intake.worker.plain_text import read_plain_text
from landinv.intake.worker.rings import wkb_array
from landinv.intake.worker.vct_borders import border_polygons
from landinv.intake.worker.vct_head import declared_crs, has_northing_first
from landinv.intake.worker.vct_objects import Polygons, read_lines, read_polygons
from landinv.intake.worker.vct_sections import Sections, Structure, read_sections

_KINDS: Final = {
    "char": "text", "varchar": "text", "float": "real", "double": "real", "date": "date", "datetime": "date",
    "varbin": "unreadable",
}  # fmt: skip


def read_content(request: Request) -> Content:
    """Read one polygon table of a staged VCT file.

    Raises
    ------
    UnreadableFileError
        If a section is cut off, or an object cannot be taken apart; the line is named.
    SourceMissingError
        If the table is not there, or several are and none is named.
    EncodingUndecidedError
        If the encoding cannot be decided.
    CRSError
        If the header's coordinates are of a kind that cannot be placed.
    """
    source = read_plain_text(request)
    sections = read_sections(source.text, title=request.title)
    crs = declared_crs(sections.head, title=request.title)
    polygons = read_polygons(sections)
    tables = {c.code: c.table for c in sections.codes if c.geometry == "polygon"}
    present = {tables[code] for code in set(polygons.codes) if code in tables}
    layer = chosen_layer(request, [t for t in dict.fromkeys(tables.values()) if t in present])
    of_layer = [n for n, code in enumerate(polygons.codes) if tables.get(code) == layer]
    shapes, bad = border_polygons(read_lines(sections), polygons, of_layer)
    if has_northing_first(sections.head):
        shapes = shapely.transform(shapes, lambda xy: xy[:, ::-1])
    ids = [polygons.ids[n] for n in of_layer]
    table, noticed = _joined(sections, layer, (ids, shapes), bad)
    noticed += _unplaced(polygons, tables)
    columns, repeated = _described(sections.structures[layer])
    facts = {
        "layer": layer, "columns": columns, "declared": table.num_rows, "encoding": source.encoding,
        "geometry": "polygon", "prj": crs,
    }  # fmt: skip
    return Content({"layer": table}, facts, (*source.noticed, *noticed, *repeated), source.decided)


def _joined(
    sections: Sections, layer: str, objects: tuple[list[str], np.ndarray], bad: dict[int, str]
) -> tuple[pa.Table, list[Noticed]]:
    """Polygons in file order with their attribute rows, then rows without a polygon; what has no partner is told."""
    ids, shapes = objects
    rows = _rows(sections, layer)
    width = len(sections.structures[layer].fields)
    noticed: list[Noticed] = []
    known: dict[str, int] = {}
    doubled: set[str] = set()
    for at, cells in enumerate(rows):
        if cells[0] in known:
            doubled.add(cells[0])
        known.setdefault(cells[0], at)
    seen: set[str] = set()
    order: list[list[str] | None] = []
    for at, (identifier, shape) in enumerate(zip(ids, shapes, strict=True)):
        row = rows[known[identifier]] if identifier in known else None
        order.append(row)
        if row is None or identifier in doubled or identifier in seen:
            cause = "没有属性记录" if row is None else "标识码重复"
            noticed.append(Noticed("I091", at + 1, "", identifier, cause, quarantine=True))
        elif shape is None:
            detail = f"标识码{identifier}：{bad.get(at, '不是面')}"
            noticed.append(Noticed("I090", at + 1, "", identifier, detail, quarantine=True))
        elif row is not None and len(row) != width + 1:
            noticed.append(_ragged(at + 1, row, width))
        seen.add(identifier)
    alone = [row for row in rows if row[0] not in seen]
    noticed += [
        Noticed("I091", n, "", lone[0], "没有图形", quarantine=True)
        for n, lone in enumerate(alone, start=len(order) + 1)
    ]
    order += alone
    columns = [
        pa.array([_cell(row, i) if row else None for row in order], pa.large_string())
        for i in range(1, width + 1)
    ]
    wkb = wkb_array([*shapes, *[None] * (len(order) - len(ids))])
    names = ["record", "geometry", *(f"c{i}" for i in range(width))]
    numbers = pa.array(np.arange(1, len(order) + 1))
    return pa.Table.from_arrays([numbers, wkb, *columns], names=names), noticed


def _rows(sections: Sections, layer: str) -> list[list[str]]:
    if layer not in sections.structures or layer not in sections.attributes:
        raise UnreadableFileError(
            _("{path}: the table {layer} has no structure or no attributes in the file.").format(
                path=sections.title, layer=layer
            ),
            hint=_("The file is incomplete; export it again from its source."),
        )
    separator = sections.separator
    return [[c.strip() for c in line.split(separator)] for line in sections.attributes[layer]]


def _ragged(record: int, row: list[str], width: int) -> Noticed:
    # One value too few or too many, and every value after it may stand in the wrong column.
    detail = f"标识码{row[0]}有{len(row) - 1}个属性值，表结构为{width}个"
    return Noticed("I034", record, "", str(len(row) - 1), detail, quarantine=True)


def _cell(row: list[str], at: int) -> str | None:
    return (row[at] or None) if at < len(row) else None


def _unplaced(polygons: Polygons, tables: dict[str, str]) -> list[Noticed]:
    """Polygons whose feature code belongs to no polygon table; they are in no layer that could be asked for."""
    lost = sorted({code for code in polygons.codes if code not in tables})
    if not lost:
        return []
    count = sum(code not in tables for code in polygons.codes)
    return [Noticed("I092", 0, "要素代码", "、".join(lost[:8]), f"{count}个面的要素代码不在要素代码表中")]


def _described(structure: Structure) -> tuple[list[dict[str, Any]], list[Noticed]]:
    """Columns as the structure has them; a name that stands twice gets a number."""
    columns: list[dict[str, Any]] = []
    noticed = []
    seen: dict[str, int] = {}
    for field in structure.fields:
        seen[field.name] = seen.get(field.name, 0) + 1
        name = field.name if seen[field.name] == 1 else f"{field.name}_{seen[field.name]}"
        if name != field.name:
            noticed.append(Noticed("I042", 0, name, field.name))
        kind = _KINDS.get(field.kind, "integer" if field.kind.startswith("int") else "text")
        columns.append({"name": name, "type": kind, "width": field.width, "decimals": field.decimals})
    return columns, noticed
