"""The faces that loose edges enclose, and how many patches cover each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from landinv.geometry.area import FloatArray, IntArray, ShapeArray
from landinv.geometry.coverage_edges import SAME_PLACE_M, Segments
from landinv.geometry.overlaps import NOISE_M2
from landinv.geometry.width import inside_points

_ANGLES: Final = (0.7, 2.3, 3.9, 5.1, 1.3, 4.6)


@dataclass(frozen=True)
class Faces:
    """Polygons without common interior; within each the number of covering patches is the same everywhere.

    ``is_wide``: more than rounding, in area and in width.
    """

    shape: ShapeArray
    is_wide: npt.NDArray[np.bool_]


def faces_between(segments: Segments, origin: FloatArray) -> Faces:
    """Faces of the plane that segments enclose, in the segments' CRS.

    Parameters
    ----------
    segments
        They may cross and touch.
    origin
        A place near them (easting, northing), about which is computed: small numbers keep their last decimals.
    """
    ends = np.stack([segments.place[segments.start], segments.place[segments.end]], axis=1) - origin
    noded = shapely.union_all(shapely.linestrings(ends)) if len(ends) else shapely.LineString()
    local = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    shape: ShapeArray = shapely.transform(local, lambda xy: xy + origin)
    area, perimeter = shapely.area(local), shapely.length(local)
    wide = (area >= NOISE_M2 / 10.0) & (4.0 * area >= SAME_PLACE_M * perimeter)
    return Faces(shape, np.asarray(wide, dtype=bool))


def cover_counts(faces: Faces, tree: shapely.STRtree) -> IntArray:
    """How many of a tree's patches cover each face, told by one place inside it; -1 where the face is not wide."""
    count = np.full(len(faces.shape), -1, dtype=np.intp)
    asked = np.flatnonzero(faces.is_wide)
    probe = inside_points(faces.shape[asked])
    centre = probe.copy()
    for angle in (None, *_ANGLES):
        if not len(asked):
            break
        if angle is not None:
            probe = _beside(faces.shape[asked], centre, angle)
        inside = _hits(tree, probe, "within")
        # a place on a border between patches tells nothing of either side: those faces are asked elsewhere
        on_edge = inside != _hits(tree, probe, "intersects")
        count[asked[~on_edge]] = inside[~on_edge]
        asked, centre = asked[on_edge], centre[on_edge]
    return count


def _hits(tree: shapely.STRtree, places: FloatArray, predicate: str) -> IntArray:
    return np.bincount(tree.query(shapely.points(places), predicate=predicate)[0], minlength=len(places))


def _beside(shapes: ShapeArray, centre: FloatArray, angle: float) -> FloatArray:
    """A place at half the way from a centre to the nearest border, in a direction."""
    half = shapely.distance(shapely.points(centre), shapely.boundary(shapes)) / 2.0
    return np.asarray(centre + half[:, None] * np.array([np.cos(angle), np.sin(angle)]), dtype=np.float64)
