"""GeoJSON by Python's own parser: exact codes, no driver that could follow a link."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from landinv.errors import UnreadableFileError
from landinv.i18n import gettext as _
from landinv.i18n import official
from landinv.intake.worker.answer import Content, Decided, Noticed, Request
from landinv.intake.worker.text_encoding import UTF8, Label, TextEncoding, decide

_GEOMETRIES = {
    "Point": "point", "MultiPoint": "multipoint", "LineString": "line", "MultiLineString": "line",
    "Polygon": "polygon", "MultiPolygon": "polygon", "GeometryCollection": "collection",
}  # fmt: skip


def read_content(request: Request) -> Content:
    """Read a staged feature collection; numbers in properties stay exact text.

    Raises
    ------
    UnreadableFileError
        If it is no JSON, no feature collection, or asks for a linked CRS.
    """
    raw = Path(request.path).read_bytes().removeprefix(codecs.BOM_UTF8)
    encoding = _encoding(raw, request)
    features, prj = _features(_parsed(raw, encoding, request), request)
    shapes, noticed = _shapes(features)
    names = list(dict.fromkeys(str(k) for f in features for k in (f.get("properties") or {})))
    columns = [
        pa.array([_text((f.get("properties") or {}).get(n)) for f in features], pa.large_string())
        for n in names
    ]
    kinds = [_kind([(f.get("properties") or {}).get(n) for f in features]) for n in names]
    table = pa.Table.from_arrays(
        [pa.array(np.arange(1, len(features) + 1)), pa.array(shapes, pa.binary()), *columns],
        names=["record", "geometry", *(f"c{i}" for i in range(len(names)))],
    )
    found = {str((f.get("geometry") or {}).get("type")) for f in features if f.get("geometry")}
    return Content(
        {"layer": table},
        {
            "layer": "",
            "columns": [
                {"name": n, "type": k, "width": 0, "decimals": 0} for n, k in zip(names, kinds, strict=True)
            ],
            "declared": len(features),
            "encoding": encoding.name,
            "geometry": "/".join(sorted({_GEOMETRIES.get(t, t) for t in found})) or "null",
            "prj": prj,
        },
        (*encoding.noticed, *noticed),
        encoding.decided,
    )


def _encoding(raw: bytes, request: Request) -> TextEncoding:
    """UTF-8, which the format fixes, where the bytes allow it; else what they show."""
    try:
        raw.decode(UTF8)
    except UnicodeDecodeError:
        return decide([(raw, 0)], Label(None, None), title=request.title, override=request.encoding)
    if request.encoding:
        return decide([(raw, 0)], Label(None, None), title=request.title, override=request.encoding)
    return TextEncoding(UTF8, decided=(Decided("encoding", UTF8, official("fixed by the format"), 1.0),))


def _parsed(raw: bytes, encoding: TextEncoding, request: Request) -> Any:
    try:
        return json.loads(raw.decode(encoding.name))
    except (ValueError, RecursionError) as error:
        raise UnreadableFileError(
            _("{path} is no valid JSON: {cause}.").format(path=request.title, cause=str(error)[:120]),
            hint=_("The file is cut off or damaged; export it again."),
        ) from error


def _features(content: Any, request: Request) -> tuple[list[dict[str, Any]], str]:
    """Features and the CRS: the old ``crs`` member's name, else longitude and latitude of WGS 84 (RFC 7946)."""
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise UnreadableFileError(
            _("{path} is no GeoJSON feature collection.").format(path=request.title),
            hint=_("Export the layer as a FeatureCollection."),
        )
    crs = content.get("crs")
    if crs is None:
        return features, "EPSG:4326"
    name = (
        crs.get("properties", {}).get("name") if isinstance(crs, dict) and crs.get("type") == "name" else None
    )
    if not isinstance(name, str):
        raise UnreadableFileError(
            _("{path}: its crs member is a link or of an unknown form; links are never followed.").format(
                path=request.title
            ),
            hint=_("Export it again with a named CRS, such as urn:ogc:def:crs:EPSG::4490."),
        )
    tail = name.rsplit(":", 1)[-1]
    return features, "EPSG:4326" if tail == "CRS84" else f"EPSG:{tail}"


def _shapes(features: list[dict[str, Any]]) -> tuple[list[bytes | None], list[Noticed]]:
    """WKB of each feature; what cannot be built is noticed for its record (loop: each may fail by itself)."""
    shapes: list[bytes | None] = []
    noticed: list[Noticed] = []
    for number, feature in enumerate(features, start=1):
        geometry = feature.get("geometry")
        try:
            shape = None if geometry is None else shapely.from_geojson(json.dumps(geometry))
        except (shapely.errors.ShapelyError, ValueError) as error:
            shape = None
            noticed.append(Noticed("I018", number, "", "", str(error)[:80], quarantine=True))
        shapes.append(None if shape is None else shapely.to_wkb(shape))
    return shapes, noticed


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.replace("\x00", "").strip() or None


def _kind(values: list[Any]) -> str:
    present = [v for v in values if v is not None]
    if present and all(isinstance(v, bool) for v in present):
        return "bool"
    if present and all(isinstance(v, int | float) for v in present):
        return "integer" if all(isinstance(v, int) for v in present) else "real"
    return "text"
