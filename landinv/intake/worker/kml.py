"""KML by a parser that knows no entities and follows no link; GDAL's drivers would fetch what a NetworkLink names.

Coordinates are longitude and latitude of WGS 84, as the format demands; heights are dropped.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

import numpy as np
import pyarrow as pa
import shapely

from landinv.errors import UnreadableFileError
from landinv.i18n import gettext as _
from landinv.intake.worker.answer import Content, Noticed, Request
from landinv.intake.worker.plain_text import read_plain_text
from landinv.intake.worker.rings import wkb_array
from landinv.intake.worker.text_encoding import Label

_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*\?>")
_FORBIDDEN: Final = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_SHAPES: Final = ("Polygon", "LineString", "LinearRing", "Point")
_OTHERS: Final = ("Track", "MultiTrack", "Model")
_TEXTS: Final = ("name", "description", "address")


class _BadShapeError(ValueError):
    """A shape whose coordinates cannot be used; its message is Chinese, for the finding."""


def read_content(request: Request) -> Content:
    """Read a staged KML; every placemark is a record.

    Raises
    ------
    UnreadableFileError
        If it is no well-formed KML, or declares entities.
    EncodingUndecidedError
        If the encoding cannot be decided.
    """
    source = read_plain_text(request, Label(_declared_encoding(request)))
    root = _parsed(source.text, request)
    placemarks = [e for e in root.iter() if _tag(e) == "Placemark"]
    shapes, noticed = _shapes(placemarks)
    links = sum(_tag(e) == "NetworkLink" for e in root.iter())
    if links:
        noticed.append(Noticed("I096", value=str(links)))
    rows = [_attributes(p) for p in placemarks]
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = [pa.array([row.get(name) for row in rows], pa.large_string()) for name in names]
    table = pa.Table.from_arrays(
        [pa.array(np.arange(1, len(rows) + 1)), wkb_array(shapes), *columns],
        names=["record", "geometry", *(f"c{i}" for i in range(len(names)))],
    )
    kinds = sorted({s.geom_type.lower() for s in shapes if s is not None})
    facts = {
        "layer": "", "columns": [{"name": n, "type": "text", "width": 0, "decimals": 0} for n in names],
        "declared": len(rows), "encoding": source.encoding, "geometry": "/".join(kinds) or "null",
        "prj": "EPSG:4326",
    }  # fmt: skip
    return Content({"layer": table}, facts, (*source.noticed, *noticed), source.decided)


def _declared_encoding(request: Request) -> bytes | None:
    with Path(request.path).open("rb") as file:
        found = re.match(rb"[^<]{0,8}<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)", file.read(300))
    return found.group(1) if found else None


def _parsed(text: str, request: Request) -> Element:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if _FORBIDDEN.search(text):
        raise UnreadableFileError(
            _("{path}: the KML declares entities, which no map program writes.").format(path=request.title),
            hint=_("Export it again from the map program."),
        )
    try:
        root: Element = fromstring(_DECLARATION.sub("", text.lstrip("\ufeff"), count=1), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise UnreadableFileError(
            _("{path} is no well-formed KML: {cause}.").format(path=request.title, cause=str(error)[:120]),
            hint=_("The file is cut off or damaged; export it again."),
        ) from error
    if _tag(root) != "kml":
        raise UnreadableFileError(
            _("{path} is no KML: it begins with the element {name}.").format(
                path=request.title, name=_tag(root)[:40]
            ),
            hint=_("Export it again in the right format."),
        )
    return root


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _attributes(placemark: Element) -> dict[str, str | None]:
    """Name, description and extended data, under their own names; a name that stands twice keeps both."""
    pairs = [(_tag(e), e.text or "") for e in placemark if _tag(e) in _TEXTS]
    for data in placemark.iter():
        if _tag(data) == "SimpleData":
            pairs.append((data.get("name") or "SimpleData", data.text or ""))
        elif _tag(data) == "Data":
            value = next((e.text or "" for e in data if _tag(e) == "value"), "")
            pairs.append((data.get("name") or "Data", value))
    row: dict[str, str | None] = {}
    for name, text in pairs:
        title = name
        while title in row:
            title += "_2"
        row[title] = text.replace("\x00", "").strip() or None
    return row


def _shapes(placemarks: list[Element]) -> tuple[list[Any], list[Noticed]]:
    """Shape of each placemark; what cannot be built is noticed for its record (loop: each may fail by itself)."""
    shapes: list[Any] = []
    noticed: list[Noticed] = []
    for number, placemark in enumerate(placemarks, start=1):
        try:
            shapes.append(_shape(placemark))
        except _BadShapeError as error:
            shapes.append(None)
            noticed.append(Noticed("I018", number, "", "", str(error), quarantine=True))
    return shapes, noticed


def _shape(placemark: Element) -> Any:
    if any(_tag(e) in _OTHERS for e in placemark.iter()):
        raise _BadShapeError("含有轨迹或三维模型")
    inside = {ring for e in placemark.iter() if _tag(e) == "Polygon" for ring in e.iter() if ring is not e}
    parts = [_part(e) for e in placemark.iter() if _tag(e) in _SHAPES and e not in inside]
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0]
    if all(p.geom_type == "Polygon" for p in parts):
        return shapely.MultiPolygon(parts)
    return shapely.GeometryCollection(parts)


def _part(element: Element) -> Any:
    kind = _tag(element)
    if kind == "Polygon":
        outer = [_ring(b) for b in element if _tag(b) == "outerBoundaryIs"]
        inner = [_ring(b) for b in element if _tag(b) == "innerBoundaryIs"]
        if len(outer) != 1:
            raise _BadShapeError("面没有唯一的外环")
        return shapely.Polygon(outer[0], inner)
    xy = _coordinates(element)
    if kind == "Point":
        if len(xy) != 1:
            raise _BadShapeError("点没有唯一的坐标")
        return shapely.Point(xy[0])
    if len(xy) < 2:
        raise _BadShapeError("线少于2个点")
    return shapely.LineString(xy)


def _ring(boundary: Element) -> np.ndarray:
    rings = [e for e in boundary if _tag(e) == "LinearRing"]
    if len(rings) != 1:
        raise _BadShapeError("边界没有唯一的环")
    xy = _coordinates(rings[0])
    if len(np.unique(xy, axis=0)) < 3:
        raise _BadShapeError("环少于3个不同的点")
    if (xy[0] != xy[-1]).any():
        raise _BadShapeError("环未闭合")
    return xy


def _coordinates(element: Element) -> np.ndarray:
    text = next((e.text or "" for e in element if _tag(e) == "coordinates"), "")
    # Blanks around commas are common and wrong; squeezed first, for a pattern with both is slow on long runs.
    tuples = " ".join(text.split()).replace(" ,", ",").replace(", ", ",").split()
    try:
        points = [[float(v) for v in t.split(",")[:3]] for t in tuples]
    except ValueError as error:
        raise _BadShapeError("坐标不是数值") from error
    if any(len(p) < 2 for p in points):
        raise _BadShapeError("坐标缺少经度或纬度")
    xy = np.array([p[:2] for p in points], dtype=float).reshape(-1, 2)
    if not np.isfinite(xy).all():
        raise _BadShapeError("坐标不是数值")
    return xy
