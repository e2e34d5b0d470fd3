"""Repair of invalid polygons, with what each gained or lost; what cannot be repaired faithfully is set aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from shapely.errors import GEOSException

from landinv.geometry.area import FloatArray, ShapeArray, ellipsoidal_area_m2

OK: Final = "ok"
REPAIRED: Final = "repaired"
QUARANTINED: Final = "quarantined"

# Noding a ring is quadratic at worst: a crafted star of 20,000 vertices would occupy a processor for minutes.
MAX_RING_VERTICES: Final = 2_000

_POLYGONAL: Final = (3, 6)
_REASONS: Final = {
    "Ring Self-intersection": "环自相交",
    "Self-intersection": "自相交",
    "Hole lies outside shell": "内环在外环之外",
    "Holes are nested": "内环相互嵌套",
    "Nested shells": "外环相互嵌套",
    "Interior is disconnected": "内部不连通",
    "Duplicate Rings": "环重复",
    "Too few points": "节点过少",
    "Invalid Coordinate": "坐标不是数值",
}


@dataclass(frozen=True)
class Repair:
    """What became of each shape, all arrays in the order given.

    ``status`` is ``ok``, ``repaired`` or ``quarantined``; ``reason`` is short Chinese, empty for ``ok``. ``geometry``
    is two-dimensional, the original where quarantined. Areas are ellipsoidal m²: before by the rings as given
    (exteriors less interiors), after by the repaired shape; NaN where nothing was measured, as for every ``ok``.
    """

    geometry: ShapeArray
    status: npt.NDArray[np.object_]
    reason: npt.NDArray[np.object_]
    area_before_m2: FloatArray
    area_after_m2: FloatArray


def repair_polygons(geoms: npt.ArrayLike, *, crs: str, max_change: float = 0.01) -> Repair:
    """Make invalid polygons valid where that changes their area little; set the others aside.

    Parameters
    ----------
    geoms
        Array of polygons and multipolygons; Z and M are dropped. Valid ones are not touched.
    crs
        CRS of the shapes (easting, northing), for their areas.
    max_change
        Largest relative change of area that still counts as the same land.

    Returns
    -------
    Repair
        Null and empty shapes, other kinds of shapes, coordinates that are no numbers, invalid rings of more than 2000
        vertices, and shapes that a repair would change too much are ``quarantined``.

    Raises
    ------
    pyproj.exceptions.CRSError
        If the CRS is unknown.

    Examples
    --------
    >>> spike = shapely.from_wkt("POLYGON ((0 0, 100 0, 100 50, 130 50, 100 50, 100 100, 0 100, 0 0))")
    >>> moved = shapely.transform(spike, lambda xy: xy + (37548000, 4240000))
    >>> result = repair_polygons([moved], crs="EPSG:4525")
    >>> result.status[0], result.reason[0], round(result.geometry[0].area)
    ('repaired', '自相交', 10000)
    """
    given = np.asarray(geoms, dtype=np.object_)
    flat = shapely.force_2d(given)
    reason = _unusable(flat)
    doubtful = np.flatnonzero((reason == "") & ~shapely.is_valid(flat))
    reason[doubtful] = [_in_chinese(text) for text in shapely.is_valid_reason(flat[doubtful])]
    before, after = np.full(len(flat), np.nan), np.full(len(flat), np.nan)
    before[doubtful] = ellipsoidal_area_m2(flat[doubtful], crs)

    small = doubtful[_longest_ring(flat[doubtful]) <= MAX_RING_VERTICES]
    reason[np.setdiff1d(doubtful, small)] += f"，且单环节点超过{MAX_RING_VERTICES}个"
    mended = _made_valid(flat[small])
    after[small] = ellipsoidal_area_m2(mended, crs)
    faithful = (after[small] > 0.0) & (np.abs(after[small] - before[small]) <= max_change * before[small])
    reason[small[~faithful]] += "，无法修复或修复后面积变化过大"

    geometry, status = flat.copy(), np.where(reason == "", OK, QUARANTINED).astype(np.object_)
    geometry[small[faithful]] = mended[faithful]
    status[small[faithful]] = REPAIRED
    return Repair(geometry, status, reason, before, after)


def _unusable(shapes: ShapeArray) -> npt.NDArray[np.object_]:
    """Why a shape cannot even be examined, or an empty string."""
    reason = np.full(len(shapes), "", dtype=np.object_)
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    reason[np.unique(owner[~np.isfinite(xy).all(axis=1)])] = "坐标不是数值"
    reason[~np.isin(shapely.get_type_id(shapes), _POLYGONAL)] = "不是面图形"
    reason[shapely.is_empty(shapes)] = "图形为空"
    reason[shapely.is_missing(shapes)] = "没有图形"
    return reason


def _in_chinese(text: str) -> str:
    return next((zh for en, zh in _REASONS.items() if text.startswith(en)), "图形无效")


def _longest_ring(shapes: ShapeArray) -> npt.NDArray[np.intp]:
    """Vertices of the longest ring of each shape."""
    parts, shape_of_part = shapely.get_parts(shapes, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    longest = np.zeros(len(shapes), dtype=np.intp)
    np.maximum.at(longest, shape_of_part[part_of_ring], shapely.get_num_points(rings))
    return longest


def _made_valid(shapes: ShapeArray) -> ShapeArray:
    """Polygonal part of each shape made valid, or None; one by one, so that one failure does not take the others."""
    return np.array([*map(_one_made_valid, shapes), None], dtype=np.object_)[:-1]


def _one_made_valid(shape: shapely.Geometry) -> shapely.Geometry | None:
    mended = shape
    # a second time: where a ring runs back along itself, GEOS leaves the first result invalid
    for _ in range(2):
        try:
            mended = _polygonal(shapely.make_valid(mended, method="structure", keep_collapsed=False))
        except GEOSException:
            return None
        if mended is None or mended.is_valid:
            return mended
    return None


def _polygonal(shape: shapely.Geometry) -> shapely.Geometry | None:
    parts = shapely.get_parts(shape)
    polygons = parts[(shapely.get_type_id(parts) == _POLYGONAL[0]) & ~shapely.is_empty(parts)]
    if len(polygons) == 1:
        return polygons[0]
    return shapely.multipolygons(polygons) if len(polygons) else None
