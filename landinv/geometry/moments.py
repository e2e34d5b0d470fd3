"""Integrals over shapes, by which pieces can be told to make exactly a whole without laying them on one another."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from landinv.geometry.area import FloatArray, IntArray, ShapeArray

# Gap and overlap of equal size escape a comparison of areas, but not one that also weighs where they lie.
TOLERANCE_M2: Final = 0.002


def makes_whole(wholes: ShapeArray, pieces: ShapeArray, whole_of_piece: IntArray) -> npt.NDArray[np.bool_]:
    """Whether the pieces of each whole cover it once, told by their plane moments up to the second order.

    Parameters
    ----------
    wholes, pieces
        Arrays of valid polygons in one plane CRS, metres; other kinds of shapes have no moments.
    whole_of_piece
        Position in ``wholes`` of the whole that each piece lies in.

    Returns
    -------
    ndarray of bool
        One for each whole. True means that overlaps and gaps, if there are any, are of some 0.01 m².

    Examples
    --------
    >>> whole = np.array([shapely.box(0, 0, 10, 10)])
    >>> pieces = np.array([shapely.box(0, 0, 4, 10), shapely.box(3, 0, 9, 10)])
    >>> makes_whole(whole, pieces, np.array([0, 0])).tolist()
    [False]
    """
    bounds = np.nan_to_num(shapely.bounds(wholes))
    centre = (bounds[:, :2] + bounds[:, 2:]) / 2.0
    extent = np.maximum((bounds[:, 2:] - bounds[:, :2]).max(axis=1, initial=0.0), 1.0)
    own = _moments(wholes, centre, extent)
    parts = _moments(pieces, centre[whole_of_piece], extent[whole_of_piece])
    sums = np.column_stack([np.bincount(whole_of_piece, column, len(wholes)) for column in parts.T])
    return np.asarray((np.abs(sums - own) <= TOLERANCE_M2).all(axis=1), dtype=bool)


def _moments(shapes: ShapeArray, centre: FloatArray, extent: FloatArray) -> FloatArray:
    """Integrals of 1, x, y, x², xy, y² (x, y about a centre in extents) over each shape, m²; shape (n, 6)."""
    parts, shape_of_part = shapely.get_parts(shapes, return_index=True)
    lines, part_of_ring = shapely.get_rings(parts, return_index=True)
    shape_of_ring = shape_of_part[part_of_ring]
    first = np.ones(len(lines), dtype=bool)
    first[1:] = part_of_ring[1:] != part_of_ring[:-1]
    xy, ring = shapely.get_coordinates(lines, return_index=True)
    owner = shape_of_ring[ring]
    local = (xy - centre[owner]) / extent[owner, None]
    integrals = _ring_integrals(local, ring, len(lines))
    # an exterior counts positive and an interior negative, whichever way they run
    sign = np.where(first, 1.0, -1.0) * np.sign(integrals[:, 0]) * extent[shape_of_ring] ** 2
    signed = integrals * sign[:, None]
    return np.column_stack([np.bincount(shape_of_ring, column, len(shapes)) for column in signed.T])


def _ring_integrals(local: FloatArray, ring: IntArray, rings: int) -> FloatArray:
    """Green's theorem, edge by edge."""
    (x0, y0), (x1, y1) = local[:-1].T, local[1:].T
    cross = np.where(ring[1:] == ring[:-1], x0 * y1 - x1 * y0, 0.0)
    terms = (
        cross / 2.0,
        cross * (x0 + x1) / 6.0,
        cross * (y0 + y1) / 6.0,
        cross * (x0 * x0 + x0 * x1 + x1 * x1) / 12.0,
        cross * (2.0 * (x0 * y0 + x1 * y1) + x0 * y1 + x1 * y0) / 24.0,
        cross * (y0 * y0 + y0 * y1 + y1 * y1) / 12.0,
    )
    return np.column_stack([np.bincount(ring[1:], term, rings) for term in terms])
