"""DXF drawings: closed polylines of the model space are polygons, texts inside them their notes.

Read by our own walk over the group codes: GDAL's driver and ezdxf both leave entities out without a word, where here
every polyline is counted, and what is no polyline is told by kind.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import shapely

from landinv.errors import UnreadableFileError
from landinv.i18n import gettext as _
from landinv.intake.worker.answer import Content, Noticed, Request
from landinv.intake.worker.dxf_entities import Drawing, Polyline, read_drawing
from landinv.intake.worker.plain_text import read_plain_text
from landinv.intake.worker.rings import wkb_array
from landinv.intake.worker.text_encoding import Label

_CLOSES_M: Final = 1e-3
_BINARY: Final = b"AutoCAD Binary DXF"
_MOST_TOLD: Final = 12


def read_content(request: Request) -> Content:
    """Read a staged drawing; every polyline of the model space is a record, of one CAD layer where one is asked for.

    Raises
    ------
    UnreadableFileError
        If it is binary, cut off, or a line is no group code; the line is named.
    SourceMissingError
        If the CAD layer asked for has no polyline.
    EncodingUndecidedError
        If the encoding cannot be decided.
    """
    label = _label(request)
    source = read_plain_text(request, label)
    drawing = read_drawing(source.text, title=request.title)
    lines = _asked_for(request, drawing)
    shapes, noticed = _shapes(lines)
    notes, told = _notes(drawing, shapes)
    noticed += [*_nested(shapes), *told, *_left_out(drawing)]
    numbers = pa.array(np.arange(1, len(lines) + 1))
    wkb = wkb_array(shapes)
    columns = {
        "图层": [p.layer or None for p in lines],
        "注记": notes,
        "句柄": [p.handle or None for p in lines],
    }
    table = pa.Table.from_arrays(
        [numbers, wkb, *(pa.array(v, pa.large_string()) for v in columns.values())],
        names=["record", "geometry", *(f"c{i}" for i in range(len(columns)))],
    )
    facts = {
        "layer": request.layer, "columns": [{"name": n, "type": "text", "width": 0, "decimals": 0} for n in columns],
        "declared": len(lines), "encoding": source.encoding, "geometry": "polygon", "prj": None,
    }  # fmt: skip
    return Content({"layer": table}, facts, (*source.noticed, *noticed), source.decided)


def _label(request: Request) -> Label:
    """The drawing's own code page; from 2007 on it is always UTF-8, whatever the page says."""
    with Path(request.path).open("rb") as file:
        head = file.read(1 << 16)
    if head.startswith(_BINARY):
        raise UnreadableFileError(
            _("{path} is a binary DXF.").format(path=request.title),
            hint=_("Save it as ASCII DXF (文本 DXF) in the drawing program."),
        )
    tokens = [line.strip() for line in head.splitlines()]
    version = _after(tokens, b"$ACADVER")
    page = _after(tokens, b"$DWGCODEPAGE")
    if version >= b"AC1021":
        return Label(b"UTF-8")
    return Label(page.upper().replace(b"ANSI_", b"ANSI ") or None)


def _after(tokens: list[bytes], name: bytes) -> bytes:
    at = tokens.index(name) if name in tokens else len(tokens)
    return tokens[at + 2] if at + 2 < len(tokens) else b""


def _asked_for(request: Request, drawing: Drawing) -> list[Polyline]:
    if not request.layer:
        return drawing.polylines
    from landinv.intake.worker.gdal_reader import chosen_layer

    name = chosen_layer(request, list(dict.fromkeys(p.layer for p in drawing.polylines)))
    return [p for p in drawing.polylines if p.layer == name]


def _shapes(lines: list[Polyline]) -> tuple[list[shapely.Geometry | None], list[Noticed]]:
    """Polygon of each closed polyline; open ones stay lines and are condemned (loop: each may fail by itself)."""
    shapes: list[shapely.Geometry | None] = []
    noticed: list[Noticed] = []
    for number, line in enumerate(lines, start=1):
        xy = line.points()
        where = f"第{line.line}行，图层{line.layer}"
        if line.fault:
            noticed.append(Noticed("I018", number, "", "", f"{where}：{line.fault}", quarantine=True))
            shapes.append(None)
            continue
        meets = len(xy) > 3 and float(np.abs(xy[0] - xy[-1]).max()) <= _CLOSES_M
        if not (line.closed or meets):
            gap = float(np.hypot(*(xy[0] - xy[-1]))) if len(xy) > 1 else 0.0
            detail = f"{where}，首尾相距{gap:.3f}"
            noticed.append(Noticed("I094", number, "", "", detail, quarantine=True))
            shapes.append(shapely.LineString(xy) if len(xy) > 1 else None)
            continue
        ring = xy[:-1] if meets else xy
        if len(np.unique(ring, axis=0)) < 3:
            noticed.append(Noticed("I087", number, "", str(len(xy)), where, quarantine=True))
            shapes.append(None)
            continue
        shapes.append(shapely.Polygon(ring))
    return shapes, noticed


def _polygons(shapes: list[shapely.Geometry | None]) -> tuple[np.ndarray, np.ndarray]:
    """Positions and shapes of the sound polygons."""
    array = np.array([*shapes, None], dtype=object)[:-1]
    at = np.flatnonzero((shapely.get_type_id(array) == 3) & shapely.is_valid(array))
    return at, array[at]


def _nested(shapes: list[shapely.Geometry | None]) -> list[Noticed]:
    at, polygons = _polygons(shapes)
    inner, outer = shapely.STRtree(polygons).query(polygons, predicate="covered_by")
    pairs = [(int(at[i]), int(at[o])) for i, o in zip(inner, outer, strict=True) if i != o]
    around: dict[int, list[int]] = {}
    for one, other in pairs:
        around.setdefault(one, []).append(other + 1)
    return [
        Noticed("I093", one + 1, "", "", f"位于第{'、'.join(map(str, sorted(others)[:4]))}个面之内")
        for one, others in sorted(around.items())
    ]


def _notes(drawing: Drawing, shapes: list[shapely.Geometry | None]) -> tuple[list[str | None], list[Noticed]]:
    """For each shape the texts that lie inside it and in no other; how many lie in none or in several."""
    notes: list[list[str]] = [[] for _ in shapes]
    at, polygons = _polygons(shapes)
    if not drawing.texts:
        return [None] * len(shapes), []
    places = shapely.points([t.x for t in drawing.texts], [t.y for t in drawing.texts])
    text, polygon = shapely.STRtree(polygons).query(places, predicate="within")
    times = np.bincount(text, minlength=len(places))
    for one, other in zip(text.tolist(), polygon.tolist(), strict=True):
        if times[one] == 1:
            notes[int(at[other])].append(drawing.texts[one].text)
    loose = int((times != 1).sum())
    told = [Noticed("I095", value=str(loose), detail=f"共{len(places)}个文字")] if loose else []
    return ["；".join(n) or None for n in notes], told


def _left_out(drawing: Drawing) -> list[Noticed]:
    noticed = []
    if drawing.others:
        told = Counter(drawing.others).most_common(_MOST_TOLD)
        noticed.append(Noticed("I092", detail="、".join(f"{name}共{count}个" for name, count in told)))
    if drawing.in_blocks:
        detail = f"图块中有{drawing.in_blocks}条多段线，请先分解（EXPLODE）后另存"
        noticed.append(Noticed("I092", value="BLOCK", detail=detail))
    return noticed
