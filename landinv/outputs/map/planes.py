"""The two planes of the map: the county's Gauss–Krüger zone and the web Mercator plane Leaflet draws in."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyproj

from landinv.errors import CRSError
from landinv.i18n import gettext as _

Floats = npt.NDArray[np.float64]

MERCATOR_RADIUS_M = 6_378_137.0  # the sphere of EPSG:3857, by its definition


def mercator_from_plane(xy_m: Floats, crs: pyproj.CRS) -> Floats:
    """Plane coordinates (n, 2; east, north; m) of ``crs`` as web Mercator metres (n, 2).

    The datum is kept: geographic coordinates are taken over as they are, which is what the browser does too.
    """
    geographic = degrees_from_plane(xy_m, crs)
    radians = np.radians(geographic)
    return MERCATOR_RADIUS_M * np.column_stack([radians[:, 0], np.arcsinh(np.tan(radians[:, 1]))])


def degrees_from_plane(xy_m: Floats, crs: pyproj.CRS) -> Floats:
    """Plane coordinates (n, 2; east, north; m) of ``crs`` as longitude, latitude in degrees on the same datum."""
    to_degrees = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    return np.column_stack(to_degrees.transform(xy_m[:, 0], xy_m[:, 1]))


def zone_parameters(crs: pyproj.CRS, name: str) -> Mapping[str, float | str]:
    """What the browser needs to compute the zone's coordinates by itself.

    Returns
    -------
    Mapping
        Semi-major axis (m), inverse flattening, central meridian and latitude of origin (degrees), scale, false
        easting and northing (m), and the name of the CRS.

    Raises
    ------
    CRSError
        If the CRS is not a transverse Mercator (Gauss–Krüger) zone in metres.
    """
    operation, ellipsoid = crs.coordinate_operation, crs.ellipsoid
    in_metres = all(axis.unit_name == "metre" for axis in crs.axis_info)
    if (
        operation is None
        or ellipsoid is None
        or operation.method_name != "Transverse Mercator"
        or not in_metres
    ):
        raise CRSError(
            _("The map cannot be drawn in {crs}: it is not a Gauss–Krüger zone in metres.").format(crs=name),
            hint=_("Set [county] crs to the county's zone, for example EPSG:4525."),
        )
    values = {p.name: p.value for p in operation.params}
    return {
        "name": crs.name,
        "datum": "CGCS2000" if _is_cgcs2000(crs) else "",
        "semi_major_m": ellipsoid.semi_major_metre,
        "inverse_flattening": ellipsoid.inverse_flattening,
        "central_meridian": values["Longitude of natural origin"],
        "latitude_of_origin": values["Latitude of natural origin"],
        "scale": values["Scale factor at natural origin"],
        "false_easting_m": values["False easting"],
        "false_northing_m": values["False northing"],
    }


def _is_cgcs2000(crs: pyproj.CRS) -> bool:
    geodetic = crs.geodetic_crs
    return geodetic is not None and geodetic.to_epsg() == 4490
