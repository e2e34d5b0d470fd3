"""Comparing shapes: the same one or not, and how much two sets of them overlap."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from landinv.geometry.area import ShapeArray
from landinv.geometry.overlaps import intersections, meeting_pairs


def plain_shapes(shapes: Any) -> ShapeArray:
    """ShapeArray in the plane (no z), with an empty shape as a missing one; length and order stay."""
    array = np.array(shapely.force_2d(np.asarray(shapes, dtype=object)), dtype=object)
    array[shapely.is_empty(array)] = None
    return array


def many_parts(shapes: ShapeArray) -> ShapeArray:
    """ShapeArray with each polygon as a one-part multipolygon; missing and other kinds stay as they are."""
    single = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON)
    whole = shapes.copy()
    if len(single):
        whole[single] = shapely.multipolygons(shapes[single], indices=np.arange(len(single)))
    return whole


def same_shapes(left: Any, right: Any) -> NDArray[np.bool_]:
    """Where two shapes are one and the same: to the last bit, but whatever ring, part or point stands first.

    A polygon is the same as the multipolygon of that one part, an empty shape the same as a missing one, and z is not
    looked at. Both arrays have one length, in one CRS; so has the result.

    Examples
    --------
    >>> a, b = shapely.from_wkt(["POLYGON ((0 0, 4 0, 0 3, 0 0))", "MULTIPOLYGON (((0 3, 4 0, 0 0, 0 3)))"])
    >>> same_shapes([a, a], [b, None]).tolist()
    [True, False]
    """
    one, other = np.asarray(left, dtype=object), np.asarray(right, dtype=object)
    same = np.asarray(shapely.equals_identical(one, other), dtype=bool)
    doubtful = np.flatnonzero(~same)
    if len(doubtful):
        forms = [_normal_form(shapes[doubtful]) for shapes in (one, other)]
        neither = shapely.is_missing(forms[0]) & shapely.is_missing(forms[1])
        same[doubtful] = shapely.equals_identical(*forms) | neither
    return same


def overlap_areas(left: Any, right: Any) -> pd.DataFrame:
    """Plane areas of the overlaps of two arrays of shapes.

    Parameters
    ----------
    left, right
        ShapeArray in one plane CRS, metres; missing ones overlap nothing; invalid ones are repaired for the measuring.

    Returns
    -------
    DataFrame
        One row a pair that shares area: ``left`` and ``right`` (positions from 0), ``overlap_m2``, and ``left_m2``
        and ``right_m2``, the areas of the two shapes; by left, then right.
    """
    if not len(left):
        right = []
    one, other = (_valid(plain_shapes(shapes)) for shapes in (left, right))
    i, j = meeting_pairs(one, other)
    pairs = pd.DataFrame(
        {
            "left": i,
            "right": j,
            "overlap_m2": shapely.area(intersections(one[i], other[j])),
            "left_m2": shapely.area(one[i]),
            "right_m2": shapely.area(other[j]),
        }
    )
    return pairs[pairs["overlap_m2"] > 0].reset_index(drop=True)


def _normal_form(shapes: ShapeArray) -> ShapeArray:
    return np.asarray(shapely.normalize(many_parts(plain_shapes(shapes))), dtype=object)


def _valid(shapes: ShapeArray) -> ShapeArray:
    bad = np.flatnonzero(~shapely.is_valid(shapes) & ~shapely.is_missing(shapes))
    if not len(bad):
        return shapes
    mended = shapes.copy()
    mended[bad] = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
    return mended
