"""The coordinate reference systems a GeoPackage must name, and the county's."""

from __future__ import annotations

import sqlite3
from typing import Final

import pyproj
from pyproj.enums import WktVersion

_UNKNOWN: Final = (
    (
        "Undefined Cartesian SRS",
        -1,
        "NONE",
        -1,
        "undefined",
        "undefined cartesian coordinate reference system",
    ),
    (
        "Undefined geographic SRS",
        0,
        "NONE",
        0,
        "undefined",
        "undefined geographic coordinate reference system",
    ),
)
# Beyond every number a national register gives.
_OWN_SRS_ID: Final = 300_000


def srs_id_of(crs: pyproj.CRS) -> int:
    """Number of a CRS in the file: its EPSG code, or one of our own where it has none."""
    return crs.to_epsg() or _OWN_SRS_ID


def insert_spatial_refs(connection: sqlite3.Connection, crs: pyproj.CRS) -> None:
    """Name the three systems of the standard and the county's, defined in well-known text 1; what stood is replaced."""
    rows = [
        *_UNKNOWN,
        *(_row(system) for system in {4326: pyproj.CRS.from_epsg(4326), srs_id_of(crs): crs}.values()),
    ]
    connection.executemany(
        "INSERT OR REPLACE INTO gpkg_spatial_ref_sys"
        " (srs_name, srs_id, organization, organization_coordsys_id, definition, description)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        rows,
    )


def _row(crs: pyproj.CRS) -> tuple[str, int, str, int, str, str]:
    number = srs_id_of(crs)
    organization = "EPSG" if crs.to_epsg() else "NONE"
    wkt = crs.to_wkt(WktVersion.WKT1_GDAL) or crs.to_wkt()
    return crs.name, number, organization, number, wkt, crs.area_of_use.name if crs.area_of_use else ""
