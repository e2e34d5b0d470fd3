"""Edges of a tessellation that have no reversed twin: only along them can patches overlap or leave gaps.

Notes
-----
With every patch on the left of its edges, the number of patches that cover a place changes by one where an edge is
crossed. Where an edge runs once in each direction nothing changes; so what is covered twice or not at all is bounded
by the remaining, *loose* edges alone, however many patches there are.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from landinv.geometry.area import FloatArray, IntArray, ShapeArray
from landinv.geometry.threads import WORKERS

BoolArray = npt.NDArray[np.bool_]
HashArray = npt.NDArray[np.uint64]

SAME_PLACE_M: Final = 1e-4  # the survey's coordinates are kept to 4 decimals
_ODD: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))
_SHIFT: Final = np.uint64(29)
_CHUNK: Final = 4_000


_BUCKET_BITS: Final = 18


@dataclass(frozen=True)
class Segments:
    """Straight pieces by their ends: ``place`` (k, 2) of coordinates, and positions of starts and ends in it."""

    place: FloatArray
    start: IntArray
    end: IntArray


def loose_edges(geoms: npt.ArrayLike) -> tuple[FloatArray, int]:
    """Edges that are not run exactly once in each direction, patch on the left, and the number of all edges.

    Parameters
    ----------
    geoms
        Array of valid polygons and multipolygons; Z is ignored, null and empty shapes have no edges. Coordinates
        are compared exactly.

    Returns
    -------
    tuple
        Array of shape (n, 2, 2): edge, start and end, easting and northing; and the count of edges examined. It takes
        about 50 bytes of memory a vertex.

    Examples
    --------
    >>> left, right = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    >>> edges, examined = loose_edges([left, right])
    >>> len(edges), examined
    (6, 8)
    """
    shapes = np.asarray(geoms, dtype=np.object_)
    parts = [shapes[at : at + _CHUNK] for at in range(0, len(shapes), _CHUNK)]
    with ThreadPoolExecutor(WORKERS) as pool:
        marked = list(pool.map(_marked, parts))
    examined = sum(len(m.total) for m in marked)
    if not examined:
        return np.empty((0, 2, 2)), 0
    loose = _uncancelled(
        np.concatenate([m.total for m in marked]), np.concatenate([m.signed for m in marked])
    )
    count = np.concatenate([m.count for m in marked])
    owner = np.repeat(np.arange(len(count)), count)
    concerned = np.unique(owner[loose])
    # once more for the few: coordinates of all would be the largest part of the memory
    again = _oriented(shapes[concerned])
    return again.ends[loose[np.isin(owner, concerned)]], examined


@dataclass(frozen=True)
class _Marked:
    """Sum and signed difference of the hashes of each edge's ends, and the number of edges of each shape."""

    total: HashArray
    signed: HashArray
    count: IntArray


@dataclass(frozen=True)
class _Oriented:
    """Edges with their patch on the left, shape (n, 2, 2), and the shape of each."""

    ends: FloatArray
    shape: IntArray


def _oriented(shapes: ShapeArray) -> _Oriented:
    parts, shape_of_part = shapely.get_parts(shapes, return_index=True)
    lines, part_of_ring = shapely.get_rings(parts, return_index=True)
    if not len(lines):
        return _Oriented(np.empty((0, 2, 2)), np.empty(0, dtype=np.intp))
    xy, ring = shapely.get_coordinates(lines, return_index=True)
    exterior = np.ones(len(lines), dtype=bool)
    exterior[1:] = part_of_ring[1:] != part_of_ring[:-1]
    on_left = shapely.is_ccw(lines) == exterior
    first = np.flatnonzero((ring[1:] == ring[:-1]) & (xy[1:] != xy[:-1]).any(axis=1))
    forward = on_left[ring[first]]
    start, end = np.where(forward, first, first + 1), np.where(forward, first + 1, first)
    return _Oriented(np.stack([xy[start], xy[end]], axis=1), shape_of_part[part_of_ring[ring[first]]])


def _marked(shapes: ShapeArray) -> _Marked:
    edges = _oriented(shapes)
    start, end = _hashes(edges.ends[:, 0]), _hashes(edges.ends[:, 1])
    return _Marked(start + end, start - end, np.bincount(edges.shape, minlength=len(shapes)))


def _hashes(xy: FloatArray) -> HashArray:
    bits = np.ascontiguousarray(xy + 0.0).view(np.uint64)  # -0.0 has other bits than 0.0
    mixed = bits[:, 0] * _ODD[0]
    mixed ^= mixed >> _SHIFT
    mixed += bits[:, 1]
    mixed *= _ODD[1]
    mixed ^= mixed >> _SHIFT
    mixed *= _ODD[0]
    return np.asarray(mixed, dtype=np.uint64)


def _uncancelled(total: HashArray, signed: HashArray) -> BoolArray:
    """Edges whose signed differences do not add up to nothing among those of equal sums.

    Sum and difference of two hashes tell their pair; the difference changes its sign with the direction.
    """
    loose = np.zeros(len(total), dtype=bool)
    asked = np.flatnonzero(_in_open_buckets(total, signed))
    if not len(asked):
        return loose
    order = asked[np.argsort(total[asked])]
    key = total[order]
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    rest = np.add.reduceat(signed[order], starts)
    group = np.diff(np.append(starts, len(order)))
    loose[order[np.repeat(rest != 0, group)]] = True
    return loose


def _in_open_buckets(total: HashArray, signed: HashArray) -> BoolArray:
    """Edges in a bucket of sums whose signed differences do not cancel: in the others every edge has its twin."""
    bucket = (total >> np.uint64(64 - _BUCKET_BITS)).astype(np.intp)
    rest = np.zeros(1 << _BUCKET_BITS, dtype=np.uint64)
    np.add.at(rest, bucket, signed)
    return np.asarray((rest != 0)[bucket], dtype=bool)


def settled(edges: FloatArray, *, same_place_m: float = SAME_PLACE_M) -> Segments:
    """Loose edges once more, after ends that are one place, and ends that lie on another edge, are taken as such.

    Where a node stands on its neighbour's edge, the edge is cut there; pieces that then run in both directions are
    gone. What is left may still cross.

    Parameters
    ----------
    edges
        As from :func:`loose_edges`, metres.
    same_place_m
        How far ends may lie from each other, or from an edge.

    Examples
    --------
    >>> shapes = [shapely.box(0, 0, 2, 1), shapely.box(0, 1, 1, 2), shapely.box(1, 1, 2, 2)]
    >>> edges, _ = loose_edges(shapes)
    >>> segments = settled(edges)
    >>> len(edges), len(segments.start)
    (10, 7)
    """
    place, at = _unique_places(edges.reshape(-1, 2))
    at = linked(shapely.points(place), same_place_m)[at]
    start, end = at[0::2], at[1::2]
    start, end = _cut_at_places(place, start, end, same_place_m)
    low, high = np.minimum(start, end), np.maximum(start, end)
    direction = np.where(start < end, 1, -1)
    keys, group = np.unique(low * np.intp(len(place)) + high, return_inverse=True)
    net = np.bincount(group, direction, len(keys))
    kept = keys[(net != 0) & (keys // max(len(place), 1) != keys % max(len(place), 1))]
    return Segments(place, kept // max(len(place), 1), kept % max(len(place), 1))


def _unique_places(xy: FloatArray) -> tuple[FloatArray, IntArray]:
    values, at = np.unique(xy[:, 0] + 1j * xy[:, 1], return_inverse=True)
    return np.column_stack([values.real, values.imag]), at


def linked(shapes: ShapeArray, within_m: float) -> IntArray:
    """For each shape the first of those that a chain of neighbours within a distance leads to.

    Examples
    --------
    >>> linked(shapely.points([[0, 0], [5, 0], [1, 0], [2, 0]]), 1.0).tolist()
    [0, 1, 0, 0]
    """
    label = np.arange(len(shapes))
    i, j = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=within_m)
    i, j = i[i != j], j[i != j]
    while len(i):
        before = label.copy()
        np.minimum.at(label, i, label[j])
        label = label[label]
        if (label == before).all():
            break
    return label


def _cut_at_places(
    place: FloatArray, start: IntArray, end: IntArray, within_m: float
) -> tuple[IntArray, IntArray]:
    """Edges cut at the places they pass through, in order from their starts."""
    if not len(start):
        return start, end
    used = np.unique(np.concatenate([start, end]))
    lines: ShapeArray = shapely.linestrings(np.stack([place[start], place[end]], axis=1))
    p, s = shapely.STRtree(lines).query(shapely.points(place[used]), predicate="dwithin", distance=within_m)
    p = used[p]
    inner = (p != start[s]) & (p != end[s])
    p, s = p[inner], s[inner]
    if not len(p):
        return start, end
    along = place[end[s]] - place[start[s]]
    length2 = (along**2).sum(axis=1)
    t = ((place[p] - place[start[s]]) * along).sum(axis=1) / np.where(length2 > 0.0, length2, 1.0)
    order = np.lexsort((t, s))
    p, s = p[order], s[order]
    starts, ends = np.concatenate([start, p]), np.concatenate([end, p])
    edge = np.concatenate([np.arange(len(start)), s])
    # each edge's chain: its start and then its cuts; its cuts and then its end
    from_rank = np.concatenate([np.zeros(len(start)), np.ones(len(p))])
    from_order, to_order = np.lexsort((from_rank, edge)), np.lexsort((1.0 - from_rank, edge))
    return starts[from_order], ends[to_order]
