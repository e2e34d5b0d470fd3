"""The statutory area told cheaply, to find the few shapes worth the survey's full procedure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from landinv.geometry.area import FloatArray, statutory_area_m2
from landinv.geometry.threads import in_threads


def statutory_area_estimate_m2(geoms: npt.ArrayLike, crs: str) -> FloatArray:
    """Plane area over the projection's areal scale at each shape's centroid, m², unrounded.

    The scale's first-order change cancels at the centroid; what is left is a share of the area below the square of
    half the shape's width over the earth's radius: 6e-9 for a kilometre, 6e-7 for ten. The survey's own roundings move
    its result by less than 1e-4 m² a metre of outline. Null and empty shapes are 0, not finite ones NaN; a geographic
    CRS has no plane and is measured in full.

    Parameters
    ----------
    geoms
        Polygons in ``crs``, easting first.
    crs
        Projected CRS in metres, or a geographic one.

    Examples
    --------
    >>> square = shapely.box(37574000, 4275000, 37575000, 4276000)
    >>> statutory_area_estimate_m2([square], "EPSG:4525").round(2).tolist()
    [999863.37]
    """
    system = pyproj.CRS.from_user_input(crs)
    if not system.is_projected or system.axis_info[0].unit_conversion_factor != 1.0:
        return statutory_area_m2(geoms, crs)
    shapes = np.asarray(geoms, dtype=np.object_)
    with np.errstate(invalid="ignore"):
        plane: FloatArray = shapely.area(shapes)
        centre = shapely.get_coordinates(in_threads(shapely.centroid, shapes[_measurable(plane)]))
    result = np.where(shapely.is_missing(shapes), 0.0, plane)
    if len(centre):
        proj = pyproj.Proj(system)
        lon, lat = proj(centre[:, 0], centre[:, 1], inverse=True)
        result[_measurable(plane)] /= np.asarray(proj.get_factors(lon, lat).areal_scale)
    return result


def _measurable(plane: FloatArray) -> npt.NDArray[np.bool_]:
    result: npt.NDArray[np.bool_] = np.isfinite(plane) & (plane > 0)
    return result
