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
class _Corners:
    """Vertices of rings without the closing one, the vertices before and after each, and the shape of each."""

    before: FloatArray
    xy: FloatArray
    after: FloatArray
    shape: IntArray


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
        corners = _corners(shapes[start : start + _CHUNK], start)
        return _spikes(corners, steepest=steepest, min_length_m=min_length_m), _close(
            corners, within_m=within_m
        )

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


def _corners(shapes: ShapeArray, first_position: int) -> _Corners:
    parts, shape_of_part = shapely.get_parts(shapes, return_index=True)
    lines, part_of_ring = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(lines, return_index=True)
    last = np.ones(len(ring), dtype=bool)
    last[:-1] = ring[1:] != ring[:-1]
    first = np.roll(last, 1)
    # a closed ring ends where it began: the vertex before its first one is its last but one
    before = np.roll(xy, 1, axis=0)
    before[first] = xy[np.flatnonzero(last) - 1]
    after = np.roll(xy, -1, axis=0)
    kept = ~last
    shape = shape_of_part[part_of_ring[ring[kept]]] + first_position
    return _Corners(before[kept], xy[kept], after[kept], shape)


def _spikes(corners: _Corners, *, steepest: float, min_length_m: float) -> pd.DataFrame:
    back, onward = corners.before - corners.xy, corners.after - corners.xy
    along = (back * onward).sum(axis=1)
    across = np.abs(back[:, 0] * onward[:, 1] - back[:, 1] * onward[:, 0])
    at = np.flatnonzero(across < steepest * along)
    length = np.minimum(np.hypot(*back[at].T), np.hypot(*onward[at].T))
    angle = np.rad2deg(np.arctan2(across[at], along[at]))
    frame = pd.DataFrame(
        {"shape": corners.shape[at], "angle_deg": angle, "length_m": length,
         "x": corners.xy[at, 0], "y": corners.xy[at, 1]}
    )  # fmt: skip
    return frame[frame["length_m"] >= min_length_m]


def _close(corners: _Corners, *, within_m: float) -> pd.DataFrame:
    step = corners.after - corners.xy
    distance = np.hypot(step[:, 0], step[:, 1])
    at = np.flatnonzero(distance < within_m)
    return pd.DataFrame(
        {
            "shape": corners.shape[at],
            "distance_m": distance[at],
            "x": corners.xy[at, 0],
            "y": corners.xy[at, 1],
        }
    )
