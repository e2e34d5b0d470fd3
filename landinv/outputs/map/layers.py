"""Every polygon layer but the parcels: encoded as shared arcs, with the columns and the style the page draws."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from landinv.outputs.map.arcs import ArcStream, encode_polygons
from landinv.outputs.map.content import MapContent
from landinv.outputs.map.islands import Island, gzip_island, json_bytes, text_column
from landinv.outputs.map.planes import degrees_from_plane
from landinv.outputs.map.tints import UNKNOWN_COLOUR, UNKNOWN_GROUP, tints_of

BACKGROUND: Final = "background"
BACKGROUND_COLUMNS: Final = ("DLBM", "DLMC", "QSDWMC", "ZLDWMC", "TBBH", "TBMJ")
_OWN_NAME = {"stroke": "#33658A", "width": "1.4", "dash": "", "fill": "#33658A10", "hatch": ""}
_LABELS_AT_MOST: Final = 2000  # beyond that the names of a layer would hide the map


@dataclass(frozen=True)
class EncodedLayer:
    """What the page needs of a layer: its description for the ``layers`` island, and its two islands."""

    description: dict[str, Any]
    islands: tuple[Island, Island]


def encoded_layers(content: MapContent, crs: pyproj.CRS) -> Iterator[EncodedLayer]:
    """Layers from the lowest to the highest: survey patches, known outlines in fixed order, then the bureau's own.

    A layer without a polygon is left out.
    """
    if content.background is not None and _has_polygons(content.background):
        yield _background(content.background, crs)
    known = [name for name in _styles() if name in content.outlines]
    own = [name for name in content.outlines if name not in _styles()]
    for number, name in enumerate([*own, *known], start=1):
        frame = content.outlines[name]
        if _has_polygons(frame):
            yield _outline(f"layer-{number}", name, frame, crs)


@cache
def _styles() -> dict[str, dict[str, str]]:
    with Path(__file__).with_name("layer_styles.csv").open(encoding="utf-8", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def _has_polygons(frame: gpd.GeoDataFrame) -> bool:
    return bool(_drawable(frame).any())


def _drawable(frame: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    shapes = np.asarray(frame.geometry.array, dtype=object)
    drawable: npt.NDArray[np.bool_] = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    return drawable


def _ordered(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Drawable rows along a Hilbert curve, so that neighbours lie side by side in the stream."""
    rows = frame.loc[_drawable(frame)]
    distance = rows.geometry.hilbert_distance().to_numpy()
    return rows.iloc[np.argsort(distance, kind="stable")]


def _background(frame: gpd.GeoDataFrame, crs: pyproj.CRS) -> EncodedLayer:
    rows = _ordered(frame)
    description: dict[str, Any] = {"id": BACKGROUND, "name": BACKGROUND, "shown": True, "own_name": False}
    if "DLBM" in rows:
        tints = tints_of(rows["DLBM"])
        description["fills"] = {code: tint.colour for code, tint in tints.items()}
        description["groups"] = sorted({(t.group, _group_colour(t.group)) for t in tints.values()})
    description |= {"unknown_fill": UNKNOWN_COLOUR, "fill_column": "DLBM"}
    return EncodedLayer(description, _islands(BACKGROUND, rows, BACKGROUND_COLUMNS, crs))


def _group_colour(group: str) -> str:
    """The colour most classes of a group have: that of its shortest prefix."""
    with Path(__file__).with_name("landclass_tints.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["group"] == group]
    return (
        min(rows, key=lambda row: len(row["prefix"]))["colour"] if group != UNKNOWN_GROUP else UNKNOWN_COLOUR
    )


def _outline(identity: str, name: str, frame: gpd.GeoDataFrame, crs: pyproj.CRS) -> EncodedLayer:
    style = _styles().get(name)
    columns = tuple((style or {}).get("columns", "").split())
    present = tuple(c for c in columns if c in frame) or _text_columns(frame)
    rows = _ordered(frame)
    look = style or _OWN_NAME
    description = {
        "id": identity,
        "name": name,
        "own_name": style is None,
        "shown": bool(style and style["shown"]),
        "stroke": look["stroke"],
        "width": float(look["width"]),
        "dash": [float(d) for d in look["dash"].split()],
        "fill": look["fill"],
        "hatch": look["hatch"],
        "columns": list(present),
        "labels": _labels(rows, present[0], crs) if style and style["label"] and present else [],
    }
    return EncodedLayer(description, _islands(identity, rows, present, crs))


def _text_columns(frame: gpd.GeoDataFrame) -> tuple[str, ...]:
    """The columns that name a feature of a layer the package does not know, or else its first two of text."""
    text = [str(c) for c in frame.columns if c != frame.geometry.name and frame[c].dtype.kind in "OTSU"]
    names = [c for c in text if c.upper().endswith(("MC", "NAME", "名称"))]
    return tuple((names or text)[:2])


def _labels(rows: gpd.GeoDataFrame, column: str, crs: pyproj.CRS) -> list[dict[str, Any]]:
    """Names with the place they stand at: inside the largest part, degrees, biggest polygon first."""
    named = rows[rows[column].notna()]
    if not len(named) or len(named) > _LABELS_AT_MOST:
        return []
    areas = named.geometry.area.to_numpy()
    named = named.iloc[np.argsort(-areas, kind="stable")]
    points = shapely.point_on_surface(np.asarray(named.geometry.array, dtype=object))
    degrees = degrees_from_plane(shapely.get_coordinates(points), crs)
    return [
        {"text": str(text), "lng": round(float(lng), 7), "lat": round(float(lat), 7)}
        for text, (lng, lat) in zip(named[column], degrees, strict=True)
    ]


def _islands(
    identity: str, rows: gpd.GeoDataFrame, columns: tuple[str, ...], crs: pyproj.CRS
) -> tuple[Island, Island]:
    stream = encode_polygons(np.asarray(rows.geometry.array, dtype=object), crs)
    table = {
        "counts": _counts(stream),
        "columns": {c: text_column(_as_text(rows[c])) for c in columns if c in rows},
    }
    return gzip_island(identity, stream.data), gzip_island(f"{identity}-table", json_bytes(table))


def _counts(stream: ArcStream) -> dict[str, Any]:
    return {
        "polygons": stream.polygons,
        "rings": stream.rings,
        "references": stream.references,
        "arcs": stream.arcs,
        "vertices": stream.vertices,
        "origin_cm": list(stream.origin_cm),
    }


def _as_text(values: pd.Series) -> pd.Series:
    """Values as text; numbers in plain notation with at most two decimals, missing stays missing."""
    if values.dtype.kind == "f":
        return values.map(lambda v: f"{v:.2f}", na_action="ignore")
    return values.map(str, na_action="ignore")
