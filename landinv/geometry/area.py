"""Area on the survey's ellipsoid: unrounded for sums that close, and with the survey's roundings for its own column.

Both take shapes in any projected CRS (easting, northing) or in a geographic one (longitude, latitude, degrees).

Notes
-----
A straight edge of the Gauss-Krüger plane is a curve in the plane (longitude, authalic ordinate) in which areas are
those of the ellipsoid. The survey replaces it by chords of at most 70 m, each wrong by up to 0.0034 m²; where an edge
is cut in two the chords change, and parts no longer add up to the whole. The unrounded area therefore integrates over
the plane itself, in which edges are straight, so that parts add up however an edge is cut.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from landinv.geometry.areal_weight import CELL_M, weight_expansions
from landinv.geometry.arrays import FloatArray, IntArray, ShapeArray
from landinv.geometry.curved_area import (
    SignedRings,
    authalic,
    by_shape,
    chunks_of,
    curved_area_m2,
    degrees_of,
    edge_lengths,
    ellipsoid_of,
    shoelace,
    signed_rings,
    with_points_between,
)
from landinv.geometry.threads import each_stretch
from landinv.model.units import round_half_up

__all__ = ["FloatArray", "IntArray", "ShapeArray", "ellipsoidal_area_m2", "statutory_area_m2"]

SURVEY_STEP_M: Final = 70.0
MICRO_ARCSECONDS: Final = 3600.0 * 1e6
_GAUSS: Final = (
    0.5 - np.sqrt(3.0) / 6.0
)  # two points: exact for the third degree, which is that of the integrand


def ellipsoidal_area_m2(geoms: npt.ArrayLike, crs: str) -> FloatArray:
    """Area of each shape on the ellipsoid of its CRS, in m², unrounded, so that parts add up to wholes.

    Parameters
    ----------
    geoms
        Array of polygons and multipolygons; Z is ignored. Exteriors count positive and interiors negative whatever
        their direction. Null, empty and non-polygonal shapes have area 0; a coordinate that is no number gives NaN.
    crs
        Any projected CRS (easting, northing) or geographic one (longitude, latitude).

    Returns
    -------
    ndarray of float64
        One area for each shape, in their order.

    Raises
    ------
    pyproj.exceptions.CRSError
        If the CRS is unknown, or neither projected nor geographic.

    Notes
    -----
    The integral of the plane's areal weight (:mod:`landinv.geometry.areal_weight`) over each shape, edge by edge;
    shapes wider than 2 km, and those of a CRS without a plane in metres, are measured by :func:`curved_area_m2`. Agrees
    with the survey's own procedure to 0.001 m² on a square kilometre.

    Examples
    --------
    >>> square = shapely.box(37548000, 4240000, 37548100, 4240100)
    >>> round(float(ellipsoidal_area_m2([square], "EPSG:4525")[0]), 2)
    9999.43
    """
    shapes = np.asarray(geoms, dtype=np.object_)
    with np.errstate(invalid="ignore"):
        bounds: FloatArray = shapely.bounds(shapes)
        small = (bounds[:, 2:] - bounds[:, :2] <= CELL_M).all(axis=1)
        # infinite coordinates have no bounds that tell of them
        small &= np.isfinite(shapely.area(shapes))
    centre = (bounds[small, :2] + bounds[small, 2:]) / 2.0
    expansions = weight_expansions(centre, crs)
    if expansions is None:
        return curved_area_m2(shapes, crs)
    result = np.empty(len(shapes))
    result[~small] = curved_area_m2(shapes[~small], crs)
    result[small] = _weighted_area(shapes[small], centre, expansions)
    return result


def _weighted_area(shapes: ShapeArray, centre: FloatArray, expansions: FloatArray) -> FloatArray:
    area = np.empty(len(shapes))
    chunks = list(chunks_of(shapes))

    def measure(part: slice) -> None:
        rings = signed_rings(shapes[part])
        owner = rings.shape[rings.ring]
        integrals = _beneath_edges(rings.xy - centre[part][owner], expansions[part], owner)
        integrals[rings.ring[1:] != rings.ring[:-1]] = 0.0
        of_ring = np.abs(np.bincount(rings.ring[1:], weights=integrals, minlength=len(rings.sign)))
        area[part] = np.bincount(rings.shape, weights=of_ring * rings.sign, minlength=part.stop - part.start)

    def measure_all(some: slice) -> None:
        for part in chunks[some]:
            measure(part)

    each_stretch(measure_all, len(chunks), chunk=1)
    return area


def _beneath_edges(xy: FloatArray, expansions: FloatArray, owner: IntArray) -> FloatArray:
    """Weighted area between each edge and its shape's middle, m²; by two Gauss points."""
    (x0, y0), (x1, y1) = xy[:-1].T, xy[1:].T
    one, e, n, ee, en, nn = expansions[owner[:-1]].T
    step, rise = x1 - x0, y1 - y0
    total = np.zeros(len(step))
    for part in (_GAUSS, 1.0 - _GAUSS):
        x, y = x0 + part * step, y0 + part * rise
        total += y * (one + x * (e + x * ee) + y * ((n + x * en) / 2.0 + y * (nn / 3.0)))
    return np.asarray(total * (step / 2.0), dtype=np.float64)


def statutory_area_m2(geoms: npt.ArrayLike, crs: str) -> FloatArray:
    """Area as the survey's software computes it, rounded half up to 0.01 m²; for comparison with TBMJ.

    Edges over 70 m get equally spaced points, plane coordinates are rounded to 4 decimals, latitude and longitude to
    1e-6 arc-second, trapezoids are summed, holes subtracted. Shapes, CRS and errors as in :func:`ellipsoidal_area_m2`.

    Source: procedure of the third national land survey for 图斑椭球面积.

    Examples
    --------
    >>> square = shapely.box(37574000, 4275000, 37575000, 4276000)
    >>> float(statutory_area_m2([square], "EPSG:4525")[0])
    999863.37
    """
    ellipsoid = ellipsoid_of(crs)

    def rings_area(rings: SignedRings) -> FloatArray:
        length = edge_lengths(rings) * ellipsoid.metres_per_unit
        extra = np.where(length > SURVEY_STEP_M, np.floor(length / SURVEY_STEP_M), 0.0).astype(np.intp)
        xy, ring, _ = with_points_between(rings, extra)
        rounded = _to_tenth_millimetres(xy) if ellipsoid.to_degrees else xy
        degrees = np.round(degrees_of(rounded, ellipsoid) * MICRO_ARCSECONDS) / MICRO_ARCSECONDS
        return np.abs(shoelace(authalic(degrees, ellipsoid), ring, len(rings.sign)))

    return round_half_up(by_shape(geoms, rings_area), 2)


def _to_tenth_millimetres(xy: FloatArray) -> FloatArray:
    # an easting has 8 digits: times 10,000 it loses the bits that decide a half, its fraction does not
    whole = np.floor(xy)
    return whole + np.round((xy - whole) * 1e4) / 1e4
