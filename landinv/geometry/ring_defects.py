"""Marks of careless drawing along a ring: spikes, nodes on top of one another, and whole shapes drawn twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landinv.geometry.area import FloatArray, IntArray, ShapeArray
from landinv.geometry.threads import WORKERS

_CHUNK: Final = 4_000  # shapes whose vertices stand in memory at one time in one thread


@dataclass(frozen=True)
class _Edges:
    """Vertices of all rings one after the other, the ring of each, the step from each to the next, shape by ring.

    A step from the last vertex of a ring leads into the next ring and is no edge.
    """

    xy: FloatArray
    ring: IntArray
    dx: FloatArray
    dy: FloatArray
    shape: IntArray

    def last(self) -> IntArray:
        """Position of the last vertex of each ring: the place where it began."""
        return np.append(np.flatnonzero(self.ring[1:] != self.ring[:-1]), len(self.ring) - 1)


@dataclass(frozen=True)
class RingDefects:
    """Result of :func:`ring_defects`; rows in the order of the shapes.

    ``spikes``: shape (position), angle_deg, length_m (of the shorter edge), x and y of the tip. ``close_vertices``:
    shape, distance_m (to the next vertex), x, y.
    """

    spikes: pd.DataFrame
    close_vertices: pd.DataFrame


def ring_defects(
    geoms: npt.ArrayLike, *, max_angle_deg: float, min_length_m: float, within_m: float
) -> RingDefects:
    """Vertices at which a ring turns back on itself, and vertices hardly apart from the one after them.

    Parameters
    ----------
    geoms
        Array of polygons and multipolygons in a plane CRS, metres; null and empty ones have none.
    max_angle_deg
        Largest angle between the two edges at a spike, below 90; cuts inward are spikes too.
    min_length_m
        Least length of the shorter of them.
    within_m
        Vertices closer than this are too close; those on the very same place always are.

    Examples
    --------
    >>> field = shapely.Polygon([(0, 0), (100, 0), (100, 50), (130, 50.1), (100, 50.2), (100, 50.202), (0, 100)])
    >>> found = ring_defects([field], max_angle_deg=1.0, min_length_m=0.5, within_m=0.01)
    >>> found.spikes.round(2)
       shape  angle_deg  length_m      x     y
    0      0       0.38      30.0  130.0  50.1
    >>> found.close_vertices.round(3)
       shape  distance_m      x     y
    0      0       0.002  100.0  50.2
    """
    shapes = np.asarray(geoms, dtype=np.object_)
    steepest = float(np.tan(np.deg2rad(max_angle_deg)))

    def one(start: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        edges = _edges(shapes[start : start + _CHUNK], start)
        return _spikes(edges, steepest=steepest, min_length_m=min_length_m), _close(edges, within_m=within_m)

    with ThreadPoolExecutor(WORKERS) as pool:
        found = list(pool.map(one, range(0, len(shapes), _CHUNK))) or [one(0)]
    spikes, close = (pd.concat(frames, ignore_index=True) for frames in zip(*found, strict=True))
    return RingDefects(spikes, close)


def same_shapes(geoms: npt.ArrayLike) -> IntArray:
    """For each shape the position of the first one that is the same, vertex for vertex from whatever start.

    Null and empty shapes are the same as nothing but themselves.

    Examples
    --------
    >>> one, other = shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6)
    >>> same_shapes([one, other, shapely.reverse(one)]).tolist()
    [0, 1, 0]
    """
    shapes = np.asarray(geoms, dtype=np.object_)
    first = np.arange(len(shapes))
    boxes = pd.DataFrame(shapely.bounds(shapes)).assign(count=shapely.get_num_coordinates(shapes))
    alike = np.flatnonzero(boxes.duplicated(keep=False) & (boxes["count"] > 0))
    if not len(alike):
        return first
    text = pd.Series(shapely.to_wkb(shapely.normalize(shapes[alike]), output_dimension=2))
    first[alike] = text.groupby(text).transform(lambda group: alike[group.index[0]]).to_numpy(dtype=np.intp)
    return first


def _edges(shapes: ShapeArray, first_position: int) -> _Edges:
    parts, shape_of_part = shapely.get_parts(shapes, return_index=True)
    lines, part_of_ring = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(lines, return_index=True)
    x, y = np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])
    return _Edges(xy, ring, np.diff(x), np.diff(y), shape_of_part[part_of_ring] + first_position)


def _spikes(edges: _Edges, *, steepest: float, min_length_m: float) -> pd.DataFrame:
    before, after = _turning(edges, steepest)
    back = np.column_stack([-edges.dx[before], -edges.dy[before]])
    onward = np.column_stack([edges.dx[after], edges.dy[after]])
    along = (back * onward).sum(axis=1)
    across = np.abs(back[:, 0] * onward[:, 1] - back[:, 1] * onward[:, 0])
    length = np.minimum(np.hypot(*back.T), np.hypot(*onward.T))
    frame = pd.DataFrame(
        {"shape": edges.shape[edges.ring[after]], "angle_deg": np.rad2deg(np.arctan2(across, along)),
         "length_m": length, "x": edges.xy[after, 0], "y": edges.xy[after, 1]}
    )  # fmt: skip
    return frame[frame["length_m"] >= min_length_m]


def _turning(edges: _Edges, steepest: float) -> tuple[IntArray, IntArray]:
    """Pairs of edges, by their first vertices, that meet at a sharper angle than the one of this tangent."""
    if not len(edges.dx):
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    dx, dy, ring = edges.dx, edges.dy, edges.ring
    along = dx[:-1] * dx[1:]
    along += dy[:-1] * dy[1:]
    # few edges turn back at all: only these are looked at closely
    at = np.flatnonzero(along < 0) + 1
    at = at[(ring[at - 1] == ring[at]) & (ring[at + 1] == ring[at])]
    last = edges.last()
    first = np.append(0, last[:-1] + 1)
    # a closed ring ends where it began: the edge before its first vertex is the one that ends there
    before, after = np.concatenate([at - 1, last - 1]), np.concatenate([at, first])
    cosine = -(dx[before] * dx[after] + dy[before] * dy[after])
    across = np.abs(dx[before] * dy[after] - dy[before] * dx[after])
    sharp = np.flatnonzero(across < steepest * cosine)
    sharp = sharp[np.argsort(after[sharp], kind="stable")]
    return before[sharp], after[sharp]


def _close(edges: _Edges, *, within_m: float) -> pd.DataFrame:
    near = np.flatnonzero((np.abs(edges.dx) < within_m) & (np.abs(edges.dy) < within_m))
    near = near[edges.ring[near] == edges.ring[near + 1]]
    distance = np.hypot(edges.dx[near], edges.dy[near])
    at, distance = near[distance < within_m], distance[distance < within_m]
    return pd.DataFrame(
        {
            "shape": edges.shape[edges.ring[at]],
            "distance_m": distance,
            "x": edges.xy[at, 0],
            "y": edges.xy[at, 1],
        }
    )
