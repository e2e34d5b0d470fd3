"""Edges of many polygons in flat arrays, in short runs with their boxes, as compiled loops want them."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import shapely

from landinv.geometry.arrays import FloatArray, IntArray, ShapeArray
from landinv.geometry.rings import rings_of

_SHORTEST_RUN: Final = 8


class EdgeTable(NamedTuple):
    """Vertices of all rings, and runs of consecutive edges.

    ``xy``: (n, 2). ``start``, ``stop``: first and last vertex of each run. ``run_box``: west, south, east, north of
    each run. ``first``: the first run of each shape, one more at the end. ``box``: that of each shape, NaN where it has
    no edges. Exteriors run clockwise and interiors against.
    """

    xy: FloatArray
    start: IntArray
    stop: IntArray
    run_box: FloatArray
    first: IntArray
    box: FloatArray


def edge_table(normalised: ShapeArray) -> EdgeTable:
    """Edges of polygons and multipolygons as ``shapely.normalize`` leaves them; null and empty ones have none.

    A ring of n edges is cut into some √n runs, so that a small window sees few edges of a large shape.

    Examples
    --------
    >>> table = edge_table(shapely.normalize(np.array([shapely.box(0, 0, 2, 1), None])))
    >>> table.first.tolist(), table.box[0].tolist()
    ([0, 1, 1], [0.0, 0.0, 2.0, 1.0])
    """
    xy, ring_start, owner, _ = rings_of(normalised)
    edges = np.diff(ring_start) - 1
    length = np.maximum(_SHORTEST_RUN, np.ceil(np.sqrt(edges))).astype(np.intp)
    count = -(-edges // length)
    ring = np.repeat(np.arange(len(count)), count)
    nth = np.arange(len(ring)) - np.repeat(np.cumsum(count) - count, count)
    start = ring_start[ring] + nth * length[ring]
    stop = np.minimum(start + length[ring], ring_start[ring + 1] - 1)
    run_box = _boxes(xy, start, stop)
    first = np.searchsorted(owner[ring], np.arange(len(normalised) + 1)).astype(np.intp)
    return EdgeTable(xy, start, stop, run_box, first, shapely.bounds(normalised))


def _boxes(xy: FloatArray, start: IntArray, stop: IntArray) -> FloatArray:
    """West, south, east, north of each run; runs lie one after the other."""
    box = np.empty((len(start), 4))
    if not len(start):
        return box
    for axis in (0, 1):
        value = np.ascontiguousarray(xy[:, axis])
        box[:, axis] = np.minimum(np.minimum.reduceat(value, start), value[stop])
        box[:, axis + 2] = np.maximum(np.maximum.reduceat(value, start), value[stop])
    return box
