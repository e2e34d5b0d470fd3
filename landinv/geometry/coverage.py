"""Whether patches cover their land exactly once: what two of them claim, and what none of them claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landinv.geometry.area import FloatArray, ShapeArray, ellipsoidal_area_m2
from landinv.geometry.coverage_edges import SAME_PLACE_M, Segments, linked, loose_edges, settled
from landinv.geometry.coverage_faces import Faces, cover_counts, faces_between
from landinv.geometry.overlaps import NOISE_M2, intersections, meeting_pairs
from landinv.geometry.threads import in_threads
from landinv.geometry.width import inside_points

TOLERANCES_M: Final = (0.0, 0.01, 0.10)
OPEN_LENGTH_M: Final = 1.0  # an open gap shorter than this is the notch where two borders part
OPEN_SHARE: Final = 0.25  # the second neighbour's part of an open gap's length
MOST_LOOSE: Final = (
    400_000  # half a minute's work, and tens of thousands of defects: nobody reads them one by one
)
_NEAR_M: Final = 0.002
_DEFECT_COLUMNS: Final = ("first", "second", "area_m2", "width_m", "above_m", "x", "y")


@dataclass(frozen=True)
class CoverageDefects:
    """Result of :func:`coverage_defects`.

    Both frames have the columns first and second (positions of patches, int; -1: none), area_m2 (ellipsoidal), width_m
    (mean width: twice the area over the perimeter), above_m (the largest of the tolerances that the widest place
    exceeds), x and y (a place inside, easting and northing in the CRS of the patches). ``overlaps`` has one row a
    pair, first < second, in that order. ``gaps`` has one row a gap, the neighbours with the longest common borders
    first, with neighbours (their number) and is_open (whether it opens to the outside). ``edges`` were examined,
    ``loose`` of them had no reversed twin. ``is_complete``: False where so many borders differ that the layer is no
    tessellation; then no defect is told.
    """

    overlaps: pd.DataFrame
    gaps: pd.DataFrame
    edges: int
    loose: int
    is_complete: bool = True


def coverage_defects(
    geoms: npt.ArrayLike, crs: str, *, tolerances_m: Sequence[float] = TOLERANCES_M
) -> CoverageDefects:
    """Overlaps and gaps of patches that should tessellate.

    Parameters
    ----------
    geoms
        Array of valid polygons and multipolygons in a plane CRS, metres; null and empty ones are passed over.
    crs
        Their CRS (easting, northing).
    tolerances_m
        Widths that divide narrow defects from wide ones. The largest is also how wide a gap between two patches may be
        that opens to the outside; a wider one there is no gap but the border.

    Returns
    -------
    CoverageDefects
        A gap is an enclosed hole that no patch fills, of any size, or a narrow one between two patches at the outer
        border. Nodes of one patch on the edge of its neighbour, and ends that lie within 0.1 mm of each other, are no
        defects; neither is less than 1e-4 m². Order and threads change nothing but the positions.

    Raises
    ------
    pyproj.exceptions.CRSError
        If the CRS is unknown.

    Notes
    -----
    Exact tessellations cost one sorting of their edges' hashes; only what has no reversed twin is laid out as lines.

    Examples
    --------
    >>> patches = [shapely.box(0, 0, 100, 100), shapely.box(99.5, 0, 200, 100), shapely.box(0, 100.05, 200, 200)]
    >>> patches += [shapely.box(-9, 100, 0, 201), shapely.box(200, 100, 210, 201)]
    >>> moved = shapely.transform(np.array(patches), lambda xy: xy + (37548000, 4240000))
    >>> found = coverage_defects(moved, "EPSG:4525")
    >>> found.overlaps[["first", "second", "area_m2", "above_m"]].round(1)
       first  second  area_m2  above_m
    0      0       1     50.0      0.1
    >>> found.gaps[["area_m2", "width_m", "above_m", "is_open"]].round(2)
       area_m2  width_m  above_m  is_open
    0     10.0     0.05     0.01    False
    """
    shapes = np.asarray(geoms, dtype=np.object_)
    edges, examined = loose_edges(shapes)
    limits = sorted(tolerances_m)
    if not len(edges):
        return CoverageDefects(_no_rows(), _no_gaps(), examined, 0)
    origin = np.floor(edges.min(axis=(0, 1)))
    segments = settled(edges - origin)
    if len(segments.start) > MOST_LOOSE:
        return CoverageDefects(_no_rows(), _no_gaps(), examined, len(edges), is_complete=False)
    lines = Segments(segments.place + origin, segments.start, segments.end)
    tree = shapely.STRtree(shapes)
    faces = faces_between(lines, origin)
    count = cover_counts(faces, tree)
    ground = _Ground(shapes, tree, crs, tuple(limits))
    overlaps = _overlaps(faces.shape[count > 1], ground)
    enclosed = _united(faces.shape[count == 0])
    open_ = _open_gaps(faces, ground, widest_m=limits[-1])
    gaps = _gaps(enclosed, open_, ground)
    return CoverageDefects(overlaps, gaps, examined, len(edges))


@dataclass(frozen=True)
class _Ground:
    """What defects are measured against."""

    shapes: ShapeArray
    tree: shapely.STRtree
    crs: str
    limits: tuple[float, ...]


def _overlaps(faces: ShapeArray, ground: _Ground) -> pd.DataFrame:
    """One row for each pair of the patches at the faces that are covered more than once."""
    # within such a face the number is the same everywhere, but not the patches
    concerned = np.unique(ground.tree.query(faces, predicate="intersects")[1])
    near = ground.shapes[concerned]
    i, j = meeting_pairs(near, near)
    i, j = i[i < j], j[i < j]
    parts, pair = shapely.get_parts(intersections(near[i], near[j]), return_index=True)
    area = shapely.area(parts)
    real = (area >= NOISE_M2) & (4.0 * area >= SAME_PLACE_M * shapely.length(parts))
    if not real.any():
        return _no_rows()
    found = np.unique(pair[real])
    shared = shapely.multipolygons(parts[real], indices=np.searchsorted(found, pair[real]))
    keys = pd.DataFrame({"first": concerned[i[found]], "second": concerned[j[found]]}, dtype="int64")
    return _measured(keys, shared, ground)


def _united(shapes: ShapeArray) -> ShapeArray:
    """Shapes that share a border made one; those that only touch in a point stay apart."""
    parts: ShapeArray = shapely.get_parts(shapely.union_all(shapes)) if len(shapes) else shapes
    return np.asarray(parts[shapely.area(parts) >= NOISE_M2], dtype=np.object_)


def _open_gaps(faces: Faces, ground: _Ground, *, widest_m: float) -> ShapeArray:
    """Narrow land between two patches that opens to the outside: what closing the outline by a width adds to it."""
    if not len(faces.shape) or widest_m <= 0.0:
        return np.empty(0, dtype=np.object_)
    parts = shapely.get_parts(shapely.union_all(faces.shape))
    # apart where nothing is near: buffers of many parts at once take the square of their number
    label = linked(parts, widest_m)
    order = np.argsort(label, kind="stable")
    groups = np.unique(label[order], return_inverse=True)[1]
    outline = shapely.multipolygons(parts[order], indices=groups)
    closed = in_threads(partial(_closed, reach_m=widest_m / 2.0), outline)
    added = shapely.get_parts(in_threads(shapely.difference, closed, outline))
    area, perimeter = shapely.area(added), shapely.length(added)
    long = (perimeter / 2.0 >= OPEN_LENGTH_M) & (area >= NOISE_M2)
    # a buffer is not exact to the last decimal: what is thinner comes from there
    added = added[long & (4.0 * area >= _NEAR_M * perimeter)]
    shared = _shared_lengths(added, ground)
    second = shared[shared.groupby("gap").cumcount() == 1]
    # what one patch encloses with itself is its own form
    between_two = second["length_m"] >= OPEN_SHARE * shapely.length(added)[second["gap"]] / 2.0
    return np.asarray(added[second.loc[between_two, "gap"].to_numpy()], dtype=np.object_)


def _closed(outline: ShapeArray, *, reach_m: float) -> ShapeArray:
    grown = shapely.buffer(outline, reach_m, join_style="mitre")
    return np.asarray(shapely.buffer(grown, -reach_m, join_style="mitre"), dtype=np.object_)


def _gaps(enclosed: ShapeArray, open_: ShapeArray, ground: _Ground) -> pd.DataFrame:
    shapes = np.concatenate([enclosed, open_])
    if not len(shapes):
        return _no_gaps()
    shared = _shared_lengths(shapes, ground)
    groups = shared.groupby("gap")["patch"]
    ranks = shared.assign(rank=groups.cumcount())
    named = ranks[ranks["rank"] < 2].pivot_table(index="gap", columns="rank", values="patch")
    named = named.reindex(index=range(len(shapes)), columns=[0, 1]).fillna(-1).astype("int64")
    keys = named.rename(columns={0: "first", 1: "second"}).rename_axis(columns=None)
    rows = _measured(keys, shapes, ground).assign(
        neighbours=groups.size().reindex(range(len(shapes)), fill_value=0).to_numpy(dtype="int64"),
        is_open=np.arange(len(shapes)) >= len(enclosed),
    )
    rows = rows[rows["area_m2"] >= NOISE_M2]
    return rows.sort_values(["x", "y"], kind="stable").reset_index(drop=True)


def _shared_lengths(gaps: ShapeArray, ground: _Ground) -> pd.DataFrame:
    """Gap, patch and the length (m) of their common border, the longest of each gap first."""
    rims = shapely.buffer(gaps, _NEAR_M, join_style="mitre")
    gap, patch = ground.tree.query(rims, predicate="intersects")
    length = shapely.area(intersections(rims[gap], ground.shapes[patch])) / _NEAR_M
    frame = pd.DataFrame({"gap": gap, "patch": patch, "length_m": length})
    frame = frame[frame["length_m"] > 2.0 * _NEAR_M]
    return frame.sort_values(["gap", "length_m", "patch"], ascending=[True, False, True]).reset_index(
        drop=True
    )


def _measured(keys: pd.DataFrame, shapes: ShapeArray, ground: _Ground) -> pd.DataFrame:
    at = inside_points(shapes)
    return keys.assign(
        area_m2=ellipsoidal_area_m2(shapes, ground.crs),
        width_m=2.0 * shapely.area(shapes) / shapely.length(shapes),
        above_m=_above(shapes, ground.limits),
        x=at[:, 0],
        y=at[:, 1],
    )


def _above(shapes: ShapeArray, limits: Sequence[float]) -> FloatArray:
    """The largest limit that the widest place of each shape exceeds."""
    above = np.full(len(shapes), limits[0])
    for limit in limits[1:]:
        # buffers simplify their line by 1 % of the distance
        wide = ~shapely.is_empty(shapely.buffer(shapes, -limit / 2.0 * 1.02, join_style="mitre"))
        above[wide] = limit
    return above


def _no_rows() -> pd.DataFrame:
    kinds = {"first": "int64", "second": "int64"}
    return pd.DataFrame({c: pd.Series(dtype=kinds.get(c, "float64")) for c in _DEFECT_COLUMNS})


def _no_gaps() -> pd.DataFrame:
    return _no_rows().assign(neighbours=pd.Series(dtype="int64"), is_open=pd.Series(dtype="bool"))
