"""Rings to polygons for formats whose ring numbers and directions cannot be trusted: containment alone decides.

A ring inside another is its hole, one inside the hole is a part again; rings that merely touch or cross are parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
ShapeArray = npt.NDArray[np.object_]

_LEAST_POINTS: Final = 3


@dataclass(frozen=True)
class Rings:
    """Rings of many records, one after the other.

    ``xy`` is points × 2 (easting, northing, in the file's unit; closing points may be there or not), ``sizes`` the
    points of each ring, ``records`` the record each ring belongs to (0-based, ascending).
    """

    xy: FloatArray
    sizes: IntArray
    records: IntArray

    @property
    def starts(self) -> IntArray:
        """Position of each ring's first point."""
        return np.concatenate([[0], np.cumsum(self.sizes)[:-1]]).astype(np.int64)

    def distinct_points(self) -> IntArray:
        """Number of different points of each ring."""
        return distinct_per_group(self.xy, np.repeat(np.arange(len(self.sizes)), self.sizes), len(self.sizes))


def distinct_per_group(xy: FloatArray, groups: IntArray, count: int) -> IntArray:
    """Number of different points of each of ``count`` groups.

    Examples
    --------
    >>> distinct_per_group(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]]), np.array([0, 0, 0]), 1).tolist()
    [2]
    """
    if not len(xy):
        return np.zeros(count, dtype=np.int64)
    order = np.lexsort((xy[:, 1], xy[:, 0], groups))
    points, owner = xy[order], groups[order]
    new = np.ones(len(points), dtype=bool)
    new[1:] = (owner[1:] != owner[:-1]) | (points[1:] != points[:-1]).any(axis=1)
    return np.bincount(owner[new], minlength=count).astype(np.int64)


def polygons_from_rings(rings: Rings, count: int) -> ShapeArray:
    """Polygon or multipolygon of each of ``count`` records, in the CRS of the points.

    None for a record without rings, or with a ring of fewer than three different points or with a coordinate that is
    no number. Whether the shapes are valid is not decided here.

    Examples
    --------
    >>> square = np.array([[0.0, 0.0], [0.0, 9.0], [9.0, 9.0], [9.0, 0.0]])
    >>> both = Rings(np.vstack([square / 3 + 3, square]), np.array([4, 4]), np.array([0, 0]))
    >>> float(shapely.area(polygons_from_rings(both, 1)[0]))
    72.0
    """
    shapes: ShapeArray = np.full(count, None, dtype=object)
    if not len(rings.sizes):
        return shapes
    owner = np.repeat(np.arange(len(rings.sizes)), rings.sizes)
    finite = np.bincount(owner[~np.isfinite(rings.xy).all(axis=1)], minlength=len(rings.sizes)) == 0
    sound = (rings.distinct_points() >= _LEAST_POINTS) & finite
    condemned = np.zeros(count, dtype=bool)
    condemned[rings.records[~sound]] = True
    kept = np.flatnonzero(~condemned[rings.records])
    if not len(kept):
        return shapes
    points = ~condemned[rings.records[owner]]
    numbers = np.repeat(np.arange(len(kept)), rings.sizes[kept])
    single = shapely.polygons(shapely.linearrings(rings.xy[points], indices=numbers))
    records = rings.records[kept]
    alone = np.bincount(records, minlength=count)[records] == 1
    shapes[records[alone]] = single[alone]
    # Few records have several rings; how they nest is a question for each by itself.
    for record in np.unique(records[~alone]).tolist():
        first, end = np.searchsorted(records, [record, record + 1])
        shapes[record] = nested(single[first:end])
    return shapes


def wkb_array(shapes: Sequence[shapely.Geometry | None] | ShapeArray) -> pa.Array:
    """Shapes as a column of WKB; None stays null."""
    objects: ShapeArray = np.empty(len(shapes), dtype=object)
    objects[:] = shapes
    return pa.array(shapely.to_wkb(objects), pa.binary())


def nested(parts: ShapeArray) -> shapely.Geometry:
    """One shape of single-ring polygons: at even depth a part, at odd depth a hole of the ring right around it.

    Examples
    --------
    >>> parts = shapely.box([0, 1, 20], [0, 1, 0], [9, 2, 29], [9, 2, 9])
    >>> float(shapely.area(nested(parts)))
    161.0
    """
    inside = _containment(parts)
    depth = inside.sum(axis=0)
    members: list[list[int]] = []
    place: dict[int, int] = {}
    for ring in np.argsort(depth, kind="stable").tolist():
        around = np.flatnonzero(inside[:, ring] & (depth == depth[ring] - 1))
        if depth[ring] % 2 and len(around) and int(around[0]) in place:
            members[place[int(around[0])]].append(ring)
        else:
            place[ring] = len(members)
            members.append([ring])
    rings = shapely.get_exterior_ring(parts)
    polygons = [shapely.Polygon(rings[m[0]], [rings[i] for i in m[1:]]) for m in members]
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def _containment(parts: ShapeArray) -> npt.NDArray[np.bool_]:
    """Matrix: ring of the row contains ring of the column; twins contain each other, and neither counts."""
    inside = np.zeros((len(parts), len(parts)), dtype=bool)
    tree = shapely.STRtree(parts)
    within, around = tree.query(parts, predicate="covered_by")
    inside[around, within] = True
    inside &= ~inside.T
    return inside
