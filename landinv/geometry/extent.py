"""How far shapes lie outside an outline, fast for many: the convex hull of a layer, and areas beyond a border."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from landinv.geometry.area import FloatArray, IntArray, ShapeArray

_DIRECTIONS: Final = 32
_STRETCH: Final = 32  # vertices of the border in one box of the tree


def convex_hull(shapes: npt.ArrayLike) -> shapely.Geometry:
    """Convex hull of all shapes together; an empty shape where there are none.

    Examples
    --------
    >>> shapely.area(convex_hull([shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2)])).item()
    3.0
    """
    given = np.asarray(shapes, dtype=np.object_)
    given = given[~(shapely.is_missing(given) | shapely.is_empty(given))]
    if not len(given):
        return shapely.Polygon()
    boxes = shapely.bounds(given)
    inner = _hull_of(given[_outermost(boxes)])
    # What lies wholly within a hull of some shapes cannot widen the hull of all.
    shapely.prepare(inner)
    corners = _corners(boxes)
    within = shapely.contains_xy(inner, corners[..., 0], corners[..., 1]).all(axis=1)
    return _hull_of(np.concatenate([given[~within], [inner]]))


def areas_outside(shapes: npt.ArrayLike, outline: shapely.Geometry) -> FloatArray:
    """Plane area of each shape that lies outside an outline.

    Parameters
    ----------
    shapes
        Array of valid polygons; null and empty ones, lines and points have 0.
    outline
        A valid polygon or multipolygon in the same plane CRS, metres.

    Returns
    -------
    ndarray of float64
        Square metres, in the order of the shapes; a shape wholly outside has its own area exactly.

    Examples
    --------
    >>> land = shapely.box(0, 0, 10, 10)
    >>> areas_outside([shapely.box(1, 1, 2, 2), shapely.box(8, 0, 12, 1), shapely.box(20, 0, 21, 1)], land).tolist()
    [0.0, 2.0, 1.0]
    """
    ours = np.asarray(shapes, dtype=np.object_)
    own = np.asarray(shapely.area(ours), dtype=np.float64)
    result = np.zeros(len(ours))
    given = np.flatnonzero(own > 0.0)
    if not len(given):
        return result
    boxes = shapely.bounds(ours[given])
    near = np.zeros(len(given), dtype=bool)
    near[shapely.STRtree(_stretches(outline)).query(shapely.box(*boxes.T))[0]] = True
    shapely.prepare(outline)
    # A box that no part of the border meets lies on one side of it, and so does each of its corners.
    inside = shapely.contains_xy(outline, boxes[:, 0], boxes[:, 1])
    away = given[~near & ~inside]
    result[away] = own[away]
    crossing = given[near]
    crossing = crossing[~shapely.covers(outline, ours[crossing])]
    apart = shapely.disjoint(outline, ours[crossing])
    result[crossing[apart]] = own[crossing[apart]]
    crossing = crossing[~apart]
    result[crossing] = shapely.area(shapely.difference(ours[crossing], outline))
    return result


def _outermost(boxes: FloatArray) -> IntArray:
    """Positions of the boxes that reach farthest in each of some directions."""
    turn = np.linspace(0.0, 2.0 * np.pi, _DIRECTIONS, endpoint=False)
    ways = np.column_stack([np.cos(turn), np.sin(turn)])
    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2.0, (boxes[:, 2:] - boxes[:, :2]) / 2.0
    reach = ways @ middle.T + np.abs(ways) @ half.T
    return np.unique(reach.argmax(axis=1))


def _hull_of(shapes: ShapeArray) -> Any:
    return shapely.convex_hull(shapely.multipoints(shapely.get_coordinates(shapes)))


def _corners(boxes: FloatArray) -> FloatArray:
    """Corners of boxes, N×4×2."""
    low_x, low_y, high_x, high_y = boxes.T
    ends = np.array([[low_x, low_y], [low_x, high_y], [high_x, low_y], [high_x, high_y]])
    return np.moveaxis(ends, 2, 0)


def _stretches(outline: shapely.Geometry) -> ShapeArray:
    """Boxes of stretches of the border, so that a long border is not one box."""
    xy, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(outline)), return_index=True)
    same = ring[1:] == ring[:-1]
    low, high = np.minimum(xy[1:], xy[:-1])[same], np.maximum(xy[1:], xy[:-1])[same]
    starts: IntArray = np.arange(0, len(low), _STRETCH)
    low, high = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
    return np.asarray(shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]), dtype=np.object_)
