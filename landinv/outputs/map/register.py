"""The parcels' records for the page: every register field, the shares and the links, and exact geometry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landinv.model.parcels import LINK_COLUMNS, SHARE_COLUMNS, kinds, parcel_columns

MM_PER_M: Final = 1000.0

# How the card groups the register's columns; a column that stands nowhere here falls under "other".
CARD_GROUPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("place", ("location", "township", "village", "township_code", "village_code", "parcel_code")),
    ("area", ("area_mu", "area_ha", "area_m2", "area_plane_m2", "area_declared_m2")),
    (
        "judgement",
        (
            "reason", "clause", "rule_id", "idle_since", "idle_days", "idle_level", "fee_wan", "idle_cause",
            "disposal", "next_change_on", "next_kind",
        ),
    ),
    (
        "supply",
        (
            "holder", "approval_no", "approved_on", "cohort", "supervision_no", "contract_no", "supply_method",
            "price_wan",
        ),
    ),
    (
        "project",
        ("project_name", "project_code", "link_method", "link_score", "available", "held_for"),
    ),
    ("tenure", ("tenure", "owner_unit", "landclass", "landclass_code", "farmland_m2", "cropland_m2",
                "construction_m2", "unused_m2")),
    (
        "plan",
        (
            "planned_use", "planned_use_code", "plan_code_system", "permanent_farmland_m2", "redline_m2",
            "outside_boundary_m2",
        ),
    ),
    ("source", ("as_of", "flags", "source_refs")),
)  # fmt: skip


def parcel_table(parcels: gpd.GeoDataFrame) -> dict[str, list[Any]]:
    """Canonical columns as lists of JSON values, in the frame's order; missing is None, dates are ISO text."""
    return {
        column.name: _json_values(parcels[column.name], column.kind)
        for column in parcel_columns()
        if column.name in parcels
    }


def share_table(shares: pd.DataFrame) -> dict[str, list[Any]]:
    """The shares, largest first within a parcel and theme."""
    ordered = shares.sort_values(
        ["parcel_id", "theme", "area_m2"], ascending=[True, True, False], kind="stable"
    )
    return {c: _json_values(ordered[c], "number" if c == "area_m2" else "text") for c in SHARE_COLUMNS}


def link_table(links: pd.DataFrame) -> dict[str, list[Any]]:
    """The links, best first within a parcel."""
    ordered = links.sort_values(["parcel_id", "score"], ascending=[True, False], kind="stable")
    return {c: _json_values(ordered[c], "number" if c == "score" else "text") for c in LINK_COLUMNS}


def card_specification(language: str) -> list[dict[str, Any]]:
    """Groups of the card with their columns: name, title, type, unit and decimals."""
    columns = {c.name: c for c in parcel_columns()}
    grouped = {name for _, names in CARD_GROUPS for name in names} | {"parcel_id", "kind"}
    groups = [*CARD_GROUPS, ("other", tuple(name for name in columns if name not in grouped))]
    return [
        {
            "group": group,
            "columns": [
                {
                    "name": name,
                    "title": columns[name].zh if language == "zh" else columns[name].en,
                    "type": columns[name].kind,
                    "unit": columns[name].unit,
                    "decimals": columns[name].decimals,
                }
                for name in names
                if name in columns
            ],
        }
        for group, names in groups
    ]


def kind_specification(language: str) -> list[dict[str, str]]:
    """Kinds in order: name, title, colour, pattern."""
    ordered = sorted(kinds().values(), key=lambda kind: kind.order)
    return [
        {
            "name": k.name,
            "title": k.zh if language == "zh" else k.en,
            "colour": k.colour,
            "pattern": k.pattern,
        }
        for k in ordered
    ]


def parcel_shapes(parcels: gpd.GeoDataFrame) -> dict[str, Any]:
    """Exact parcel polygons in the county's CRS.

    Returns
    -------
    dict
        ``origin_mm`` (east, north) and ``shapes``: per parcel a list of polygons, each a list of open rings (outer
        first), each a flat list of steps in whole millimetres (east, north), the first from the origin; ``points``:
        per parcel a point inside it, from the origin. A parcel without a shape has an empty list and None.
    """
    geometries = np.asarray(parcels.geometry.array, dtype=object)
    usable = np.isin(shapely.get_type_id(geometries), (3, 6)) & ~shapely.is_empty(geometries)
    if not usable.any():
        return {"origin_mm": [0, 0], "shapes": [[] for _ in geometries], "points": [None for _ in geometries]}
    west, south = shapely.total_bounds(geometries[usable])[:2]
    origin = np.floor(np.array([west, south])).astype(np.int64) * int(MM_PER_M)
    # a loop over parcels: hundreds to thousands of them, each a nested list of its own
    shapes = [list(_polygons(g, origin)) if ok else [] for g, ok in zip(geometries, usable, strict=True)]
    inside = np.full((len(geometries), 2), np.nan)
    inside[usable] = shapely.get_coordinates(shapely.point_on_surface(geometries[usable])) * MM_PER_M - origin
    points = [
        np.rint(p).astype(np.int64).tolist() if ok else None for p, ok in zip(inside, usable, strict=True)
    ]
    return {"origin_mm": origin.tolist(), "shapes": shapes, "points": points}


def _polygons(geometry: shapely.Geometry, origin: npt.NDArray[np.int64]) -> Iterator[list[list[int]]]:
    for part in shapely.get_parts(geometry):
        rings = shapely.get_rings(part)
        yield [_steps(shapely.get_coordinates(ring)[:-1], origin) for ring in rings]


def _steps(xy: npt.NDArray[np.float64], origin: npt.NDArray[np.int64]) -> list[int]:
    mm = np.rint(xy * MM_PER_M).astype(np.int64)
    steps: list[int] = np.diff(mm, axis=0, prepend=origin[None, :]).ravel().tolist()
    return steps


def _json_values(values: pd.Series, kind: str) -> list[Any]:
    """Values as JSON can hold them: None for missing, float, int, bool, ISO date, or text."""
    present = values.notna()
    if kind == "number":
        numbers = pd.to_numeric(values, errors="coerce").astype("float64")
        return [float(v) if np.isfinite(v) else None for v in numbers]
    if kind == "integer":
        numbers = pd.to_numeric(values, errors="coerce").astype("float64")
        return [int(v) if np.isfinite(v) else None for v in numbers]
    if kind == "bool":
        return [_truth(v) if ok else None for v, ok in zip(values, present, strict=True)]
    if kind == "date":
        return [_iso(v) if ok else None for v, ok in zip(values, present, strict=True)]
    return [_text(v) if ok else None for v, ok in zip(values, present, strict=True)]


def _truth(value: object) -> bool:
    return value.strip().lower() == "true" if isinstance(value, str) else bool(value)


def _iso(value: object) -> str | None:
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return text[:10] or None


def _text(value: object) -> str | None:
    return str(value) or None
