"""How wide a polygon is: the largest disc that fits in it."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from landinv.geometry.area import FloatArray, ShapeArray
from landinv.geometry.threads import in_threads

BoolArray = npt.NDArray[np.bool_]

WIDTH_TOLERANCE_M: Final = 0.002
_NEARLY: Final = (
    0.02  # buffers simplify their line by 1 % of the distance: twice that is decided without doubt
)


def inscribed_width_m(polygons: npt.ArrayLike, *, tolerance_m: float = 0.001) -> FloatArray:
    """Diameter of the largest disc that fits in each polygon.

    Parameters
    ----------
    polygons
        Array of valid polygons in a plane CRS, metres.
    tolerance_m
        How far below the true radius the answer may lie.

    Returns
    -------
    ndarray of float64
        Metres; 0 for null and empty shapes.

    Examples
    --------
    >>> round(float(inscribed_width_m([shapely.box(0, 0, 300, 2)])[0]), 3)
    2.0
    """
    shapes = np.asarray(polygons, dtype=np.object_)
    width = np.zeros(len(shapes))
    real = _real(shapes)
    circles = in_threads(
        partial(shapely.maximum_inscribed_circle, tolerance=tolerance_m), shapes[real], chunk=200
    )
    width[real] = 2.0 * shapely.length(circles)
    return width


def strip_width_m(polygons: npt.ArrayLike, *, tolerance_m: float = 0.01) -> FloatArray:
    """Diameter of the largest disc that fits in each polygon, to the tolerance or 1 %, whichever is more.

    By halving the distance at which nothing is left of the shape: of long strips a hundred times as fast as
    :func:`inscribed_width_m`. Null and empty shapes have width 0.

    Examples
    --------
    >>> strip_width_m([shapely.box(0, 0, 300, 2)]).round(1).tolist()
    [2.0]
    """
    shapes = np.asarray(polygons, dtype=np.object_)
    width = np.zeros(len(shapes))
    real = np.flatnonzero(_real(shapes))
    box = shapely.bounds(shapes[real])
    low, high = np.zeros(len(real)), (box[:, 2:] - box[:, :2]).min(axis=1, initial=np.inf)
    high = np.minimum(high, 2.0 * np.sqrt(shapely.area(shapes[real]) / np.pi))
    while (open_ := np.flatnonzero(high - low > tolerance_m)).size:
        middle = (low[open_] + high[open_]) / 2.0
        gone = shapely.is_empty(shapely.buffer(shapes[real[open_]], -middle / 2.0))
        high[open_], low[open_] = np.where(gone, middle, high[open_]), np.where(gone, low[open_], middle)
    width[real] = (low + high) / 2.0
    return width


def fits_disc(polygons: npt.ArrayLike, diameter_m: float) -> BoolArray:
    """Whether a disc of a diameter fits in each polygon; one that fits exactly (to 2 mm) counts.

    Null and empty shapes fit none. Most are decided by their area, perimeter and extent alone.

    Examples
    --------
    >>> fits_disc([shapely.box(0, 0, 300, 2), shapely.box(0, 0, 300, 1.99)], 2.0).tolist()
    [True, False]
    """
    shapes = np.asarray(polygons, dtype=np.object_)
    needed = diameter_m - WIDTH_TOLERANCE_M
    area, perimeter = shapely.area(shapes), shapely.length(shapes)
    # with at most one hole the inscribed radius is at least area over perimeter (Bonnesen)
    simple = (shapely.get_type_id(shapes) == 3) & (shapely.get_num_interior_rings(shapes) <= 1)
    fits: BoolArray = simple & (2.0 * area >= needed * perimeter) & (area > 0.0)
    low, high = shapely.bounds(shapes)[:, :2], shapely.bounds(shapes)[:, 2:]
    open_ = _real(shapes) & ~fits & ((high - low) >= needed).all(axis=1) & (area >= np.pi * needed**2 / 4.0)
    fits[open_] = _fits_after_all(shapes[open_], diameter_m)
    return fits


def _fits_after_all(shapes: ShapeArray, diameter_m: float) -> BoolArray:
    """By erosion where that is clear, by the inscribed circle where it is close: that one is slow on long strips."""
    radius = diameter_m / 2.0
    fits: BoolArray = ~shapely.is_empty(shapely.buffer(shapes, -radius * (1.0 + _NEARLY)))
    maybe = ~fits & ~shapely.is_empty(shapely.buffer(shapes, -radius * (1.0 - _NEARLY)))
    width = inscribed_width_m(shapes[maybe], tolerance_m=WIDTH_TOLERANCE_M / 4.0)
    fits[maybe] = width >= diameter_m - WIDTH_TOLERANCE_M
    return fits


def inside_points(geoms: npt.ArrayLike) -> FloatArray:
    """A point inside each shape, easting and northing, shape (n, 2); NaN for null and empty shapes.

    Examples
    --------
    >>> inside_points([shapely.box(0, 0, 4, 2), None]).tolist()
    [[2.0, 1.0], [nan, nan]]
    """
    points = shapely.point_on_surface(np.asarray(geoms, dtype=np.object_))
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])


def _real(shapes: ShapeArray) -> BoolArray:
    return np.asarray(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)), dtype=bool)
