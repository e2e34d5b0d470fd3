"""Rings of many polygons in flat arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from landinv.geometry.arrays import BoolArray, FloatArray, IntArray, ShapeArray


class Rings(NamedTuple):
    """Vertices of all rings one after the other.

    ``start``: first vertex of each ring, one more at the end. ``shape``: the shape of each ring, ascending.
    ``exterior``: whether the ring is one.
    """

    xy: FloatArray
    start: IntArray
    shape: IntArray
    exterior: BoolArray


def rings_of(shapes: ShapeArray) -> Rings:
    """Rings of polygons and multipolygons in their order; of collections their polygons; of other shapes none.

    Examples
    --------
    >>> with_hole = shapely.box(0, 0, 9, 9) - shapely.box(1, 1, 2, 2)
    >>> rings = rings_of(np.array([None, with_hole]))
    >>> rings.start.tolist(), rings.shape.tolist(), rings.exterior.tolist()
    ([0, 5, 10], [1, 1], [True, False])
    """
    shapes = _polygonal(shapes)
    kind = shapely.get_type_id(shapes)
    count = shapely.get_num_coordinates(shapes)
    # a ring taken out of its polygon is a copy of it; of most polygons the ring's length is that of the shape
    one = (kind == 3) & (shapely.get_num_interior_rings(shapes) == 0)
    several = np.flatnonzero(~one & (count > 0))
    parts, shape_of_part = shapely.get_parts(shapes[several], return_index=True)
    lines, part_of_line = shapely.get_rings(parts, return_index=True)
    first = np.ones(len(lines), dtype=bool)
    first[1:] = part_of_line[1:] != part_of_line[:-1]
    single = np.flatnonzero(one & (count > 0))
    owner = np.concatenate([single, several[shape_of_part[part_of_line]]]).astype(np.intp)
    order = np.argsort(owner, kind="stable")
    length = np.concatenate([count[single], shapely.get_num_coordinates(lines)])[order]
    exterior = np.concatenate([np.ones(len(single), dtype=bool), first])[order]
    start = np.concatenate([[0], np.cumsum(length)]).astype(np.intp)
    return Rings(shapely.get_coordinates(shapes), start, owner[order], exterior)


def _polygonal(shapes: ShapeArray) -> ShapeArray:
    """Polygons and multipolygons as they are, collections as the multipolygon of their polygons, others null."""
    kind = shapely.get_type_id(shapes)
    other = (kind != 3) & (kind != 6)
    if not other.any():
        return shapes
    result = shapes.copy()
    result[other] = None
    mixed = np.flatnonzero(kind == 7)
    parts, owner = shapely.get_parts(shapes[mixed], return_index=True)
    polygon = shapely.get_type_id(parts) == 3
    if polygon.any():
        at, group = np.unique(owner[polygon], return_inverse=True)
        result[mixed[at]] = shapely.multipolygons(parts[polygon], indices=group)
    return result
