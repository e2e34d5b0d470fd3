"""Where shapes overlap one another: intersections of pairs in parallel, and pairs that share an area."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from landinv.geometry.area import FloatArray, IntArray, ShapeArray
from landinv.geometry.threads import in_threads

# Two neighbours digitised vertex by vertex overlap by some 1e-5 m² of rounding; nobody's land is that small.
NOISE_M2: Final = 1e-4


def intersections(left: ShapeArray, right: ShapeArray) -> ShapeArray:
    """Intersection of each shape on the left with the one beside it, in threads.

    Both arrays hold valid shapes in one CRS and are equally long. The result holds shapes of any kind: where a pair
    touches, also lines and points; empty ones where it does not meet.
    """
    return in_threads(shapely.intersection, left, right)


def meeting_pairs(left: ShapeArray, right: ShapeArray) -> tuple[IntArray, IntArray]:
    """Positions (left, right) of shapes that intersect or touch, ordered by left, then right."""
    tree = shapely.STRtree(right)
    i, j = tree.query(left, predicate="intersects")
    order = np.lexsort((j, i))
    return i[order], j[order]


def overlapping_pairs(geoms: npt.ArrayLike) -> tuple[IntArray, IntArray, FloatArray]:
    """Pairs of shapes in one array that share more than a boundary.

    Parameters
    ----------
    geoms
        Array of valid polygons in a plane CRS, metres; null and empty shapes meet nothing.

    Returns
    -------
    tuple of ndarray
        Positions i < j, ordered, and the plane area they share, m², above 1e-4.

    Examples
    --------
    >>> i, j, area = overlapping_pairs([shapely.box(0, 0, 2, 2), shapely.box(1, 0, 3, 2), shapely.box(3, 0, 4, 2)])
    >>> i.tolist(), j.tolist(), area.tolist()
    ([0], [1], [2.0])
    """
    shapes = np.asarray(geoms, dtype=np.object_)
    i, j = meeting_pairs(shapes, shapes)
    i, j = i[i < j], j[i < j]
    area = shapely.area(intersections(shapes[i], shapes[j]))
    shared = area > NOISE_M2
    return i[shared], j[shared], area[shared]
