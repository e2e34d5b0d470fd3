"""Area of rings whose edges are followed as the curves they are in a plane whose areas are the ellipsoid's.

A straight edge of the Gauss-Krüger plane is a curve in the plane (longitude, authalic ordinate). Every vertex goes
through the projection, which is exact everywhere and slow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from landinv.geometry.arrays import FloatArray, IntArray, ShapeArray
from landinv.geometry.rings import rings_of

STRAIGHT_M: Final = 5.0  # a chord this short encloses less than 1e-6 m² with its curve
PANEL_M: Final = 2_000.0  # Simpson's rule is good to 1e-6 m² over such a stretch
METRES_PER_DEGREE: Final = 111_320.0
CHUNK_VERTICES: Final = 100_000  # arrays that fit a processor's cache, and a bound on memory


@dataclass(frozen=True)
class Ellipsoid:
    """Semi-minor axis (m), the series of the authalic ordinate, and the way from a CRS to degrees."""

    semi_minor_m: float
    series: tuple[float, ...]
    to_degrees: Transformer | None
    metres_per_unit: float


@dataclass(frozen=True)
class SignedRings:
    """Vertices of all rings one after the other, the ring of each vertex, and each ring's shape and sign."""

    xy: FloatArray
    ring: IntArray
    shape: IntArray
    sign: FloatArray


def curved_area_m2(geoms: npt.ArrayLike, crs: str) -> FloatArray:
    """Area on the ellipsoid, m², unrounded; shapes, CRS and errors as in ``area.ellipsoidal_area_m2``."""
    ellipsoid = ellipsoid_of(crs)

    def rings_area(rings: SignedRings) -> FloatArray:
        length = edge_lengths(rings) * ellipsoid.metres_per_unit
        panels = np.where(length > STRAIGHT_M, np.ceil(length / PANEL_M), 0.0)
        extra = np.maximum(2 * panels - 1, 0).astype(np.intp)
        xy, ring, middle = with_points_between(rings, extra)
        plane = authalic(degrees_of(xy, ellipsoid), ellipsoid)
        fine = shoelace(plane, ring, len(rings.sign))
        coarse = shoelace(plane[~middle], ring[~middle], len(rings.sign))
        # Richardson: twice as many chords quarter the error, which so is a third of the difference
        return np.abs(fine + (fine - coarse) / 3.0)

    return by_shape(geoms, rings_area)


def equal_area_plane(xy: FloatArray, crs: str) -> FloatArray | None:
    """Places (easting, northing; shape (n, 2)) in a plane whose areas are the ellipsoid's, m; NaN where there is none.

    None for a CRS that is not a plane in metres. Raises ``pyproj.exceptions.CRSError`` if it is unknown.
    """
    ellipsoid = ellipsoid_of(crs)
    if ellipsoid.to_degrees is None or ellipsoid.metres_per_unit != 1.0:
        return None
    degrees = degrees_of(xy, ellipsoid)
    return authalic(np.where(np.isfinite(degrees), degrees, np.nan), ellipsoid)


@lru_cache(maxsize=32)
def ellipsoid_of(crs: str) -> Ellipsoid:
    """What areas of a CRS are measured by; ``pyproj.exceptions.CRSError`` where it has none."""
    system = CRS.from_user_input(crs)
    if system.ellipsoid is None or system.geodetic_crs is None or system.is_geocentric:
        raise CRSError(f"{crs} has no ellipsoid to measure areas on")
    major, minor = system.ellipsoid.semi_major_metre, system.ellipsoid.semi_minor_metre
    if system.is_geographic:
        return Ellipsoid(minor, _series(major, minor), None, METRES_PER_DEGREE)
    if not system.is_projected:
        raise CRSError(f"{crs} is neither projected nor geographic")
    to_degrees = Transformer.from_crs(system, system.geodetic_crs, always_xy=True)
    unit = system.axis_info[0].unit_conversion_factor
    return Ellipsoid(minor, _series(major, minor), to_degrees, unit)


def _series(major: float, minor: float) -> tuple[float, ...]:
    """Coefficients A to E of the survey's series, from the squared first eccentricity."""
    e2 = (major**2 - minor**2) / major**2
    e4, e6, e8 = e2**2, e2**3, e2**4
    return (
        1 + 3 / 6 * e2 + 30 / 80 * e4 + 35 / 112 * e6 + 630 / 2304 * e8,
        1 / 6 * e2 + 15 / 80 * e4 + 21 / 112 * e6 + 420 / 2304 * e8,
        3 / 80 * e4 + 7 / 112 * e6 + 180 / 2304 * e8,
        1 / 112 * e6 + 45 / 2304 * e8,
        5 / 2304 * e8,
    )


def by_shape(geoms: npt.ArrayLike, rings_area: Callable[[SignedRings], FloatArray]) -> FloatArray:
    """Area of each shape from those of its rings; NaN for shapes with a coordinate that is no number."""
    shapes = np.asarray(geoms, dtype=np.object_)
    areas = np.zeros(len(shapes))
    for part in chunks_of(shapes):
        rings = signed_rings(shapes[part])
        finite = np.ones(part.stop - part.start, dtype=bool)
        finite[rings.shape[rings.ring[~np.isfinite(rings.xy).all(axis=1)]]] = False
        if not finite.all():
            measurable = shapes[part].copy()
            measurable[~finite] = None
            rings = signed_rings(measurable)
        signed = rings_area(rings) * rings.sign
        sums = np.bincount(rings.shape, weights=signed, minlength=len(finite))
        areas[part] = np.where(finite, sums, np.nan)
    return areas


def chunks_of(shapes: ShapeArray) -> Iterator[slice]:
    """Stretches of shapes with some 100,000 vertices each."""
    if not len(shapes):
        return
    before = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(shapes))])
    group = before[:-1] // CHUNK_VERTICES
    starts = np.concatenate([[0], np.flatnonzero(np.diff(group)) + 1, [len(shapes)]])
    for start, stop in pairwise(starts.tolist()):
        yield slice(start, stop)


def signed_rings(shapes: ShapeArray) -> SignedRings:
    """SignedRings of some shapes."""
    rings = rings_of(shapes)
    ring = np.repeat(np.arange(len(rings.shape)), np.diff(rings.start))
    return SignedRings(rings.xy, ring, rings.shape, np.where(rings.exterior, 1.0, -1.0))


def edge_lengths(rings: SignedRings) -> FloatArray:
    """Length of the edge that begins at each vertex; 0 at the last vertex of a ring."""
    length = np.zeros(len(rings.ring))
    same = rings.ring[1:] == rings.ring[:-1]
    step = np.diff(rings.xy, axis=0)
    length[:-1] = np.where(same, np.hypot(step[:, 0], step[:, 1]), 0.0)
    return length


def with_points_between(
    rings: SignedRings, extra: IntArray
) -> tuple[FloatArray, IntArray, npt.NDArray[np.bool_]]:
    """Vertices with ``extra`` equally spaced points on each edge, their rings, and which are every second point."""
    if not extra.any():
        return rings.xy, rings.ring, np.zeros(len(rings.ring), dtype=bool)
    count = extra + 1
    start = np.repeat(np.arange(len(count)), count)
    nth = np.arange(len(start)) - np.repeat(np.cumsum(count) - count, count)
    step = np.zeros_like(rings.xy)
    step[:-1] = np.diff(rings.xy, axis=0)
    xy = rings.xy[start] + step[start] * (nth / count[start])[:, None]
    return xy, rings.ring[start], nth % 2 == 1


def degrees_of(xy: FloatArray, ellipsoid: Ellipsoid) -> FloatArray:
    """Longitude and latitude."""
    if ellipsoid.to_degrees is None or not len(xy):
        return xy
    lon, lat = ellipsoid.to_degrees.transform(xy[:, 0], xy[:, 1])
    return np.column_stack([lon, lat])


def authalic(degrees: FloatArray, ellipsoid: Ellipsoid) -> FloatArray:
    """Longitude and authalic ordinate, both times the semi-minor axis: a plane whose areas are the ellipsoid's, m²."""
    lon, lat = np.deg2rad(degrees[:, 0]), np.deg2rad(degrees[:, 1])
    # the survey's trapezoid 2·sin(kΔB/2)·cos(kBm) is sin(kB2) - sin(kB1): a difference of one ordinate per vertex
    sine, turn = np.sin(lat), 2.0 - 4.0 * np.sin(lat) ** 2
    odd_sines = [sine, sine * (turn + 1.0)]
    while len(odd_sines) < len(ellipsoid.series):
        odd_sines.append(turn * odd_sines[-1] - odd_sines[-2])
    signs = (1.0, -1.0, 1.0, -1.0, 1.0)
    ordinate = sum(s * c * f for s, c, f in zip(signs, ellipsoid.series, odd_sines, strict=True))
    return np.column_stack([lon, ordinate]) * ellipsoid.semi_minor_m


def shoelace(plane: FloatArray, ring: IntArray, rings: int) -> FloatArray:
    """Signed area within each ring, about its first vertex against cancellation."""
    if not len(ring):
        return np.zeros(rings)
    first = np.concatenate([[True], ring[1:] != ring[:-1]])
    local = plane - plane[np.flatnonzero(first)][np.cumsum(first) - 1]
    cross = local[:-1, 0] * local[1:, 1] - local[1:, 0] * local[:-1, 1]
    return np.bincount(ring[1:], weights=np.where(first[1:], 0.0, cross), minlength=rings) / 2.0
