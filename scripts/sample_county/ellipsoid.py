"""The survey's ellipsoidal area, written independently of the package it helps to test.

Method: edges over 70 m are divided, corners go to latitude and longitude on the CGCS2000 ellipsoid
(Krüger's series), and the strips between each edge and the reference meridian are summed.
Source: 国土调查办发〔2008〕32号, with CGCS2000 parameters.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from .frame import Floats

AXIS_M = 6378137.0
FLATTENING = 1 / 298.257222101
CENTRAL_MERIDIAN = np.radians(111.0)
STEP_M = 70.0


def to_geographic(easting: Floats, northing: Floats) -> tuple[Floats, Floats]:
    """Latitude and longitude (radians) of EPSG:4525 coordinates (m)."""
    n = FLATTENING / (2 - FLATTENING)
    radius = AXIS_M / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    beta = [
        n / 2 - 2 * n**2 / 3 + 37 * n**3 / 96 - n**4 / 360,
        n**2 / 48 + n**3 / 15 - 437 * n**4 / 1440,
        17 * n**3 / 480 - 37 * n**4 / 840,
        4397 * n**4 / 161280,
    ]
    delta = [
        2 * n - 2 * n**2 / 3 - 2 * n**3 + 116 * n**4 / 45,
        7 * n**2 / 3 - 8 * n**3 / 5 - 227 * n**4 / 45,
        56 * n**3 / 15 - 136 * n**4 / 35,
        4279 * n**4 / 630,
    ]
    xi, eta = northing / radius, (easting - 37500000.0) / radius
    xi1 = xi - sum(b * np.sin(2 * j * xi) * np.cosh(2 * j * eta) for j, b in enumerate(beta, 1))
    eta1 = eta - sum(b * np.cos(2 * j * xi) * np.sinh(2 * j * eta) for j, b in enumerate(beta, 1))
    chi = np.arcsin(np.sin(xi1) / np.cosh(eta1))
    latitude = chi + sum(d * np.sin(2 * j * chi) for j, d in enumerate(delta, 1))
    return latitude, CENTRAL_MERIDIAN + np.arctan2(np.sinh(eta1), np.cos(xi1))


def _edge_strips(latitude: Floats, longitude: Floats) -> Floats:
    """Signed area (m²) between each edge and the zero meridian; one value less than there are points."""
    b = AXIS_M * (1 - FLATTENING)
    e2 = FLATTENING * (2 - FLATTENING)
    terms = [
        1 + e2 / 2 + 3 * e2**2 / 8 + 5 * e2**3 / 16 + 35 * e2**4 / 128,
        e2 / 6 + 3 * e2**2 / 16 + 3 * e2**3 / 16 + 35 * e2**4 / 192,
        3 * e2**2 / 80 + e2**3 / 16 + 5 * e2**4 / 64,
        e2**3 / 112 + 5 * e2**4 / 256,
        5 * e2**4 / 2304,
    ]
    half = np.diff(latitude) / 2
    middle = (latitude[1:] + latitude[:-1]) / 2
    total = np.zeros(len(half))
    for order, factor in enumerate(terms):
        k = 2 * order + 1
        total += (-1) ** order * factor * np.sin(k * half) * np.cos(k * middle)
    return np.asarray(b**2 * (longitude[1:] + longitude[:-1]) * total)


def _divided(xy: Floats, ring: npt.NDArray[np.int64]) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Insert equally spaced points in edges over 70 m; returns points rounded to 0.0001 m and their ring."""
    same = ring[1:] == ring[:-1]
    length = np.where(same, np.hypot(*(xy[1:] - xy[:-1]).T), 0)
    pieces = np.append((length / STEP_M).astype(np.int64) + 1, 1)
    source = np.repeat(np.arange(len(xy)), pieces)
    step = np.arange(len(source)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    following = np.minimum(source + 1, len(xy) - 1)
    part = (step / pieces[source])[:, None]
    return np.round(xy[source] * (1 - part) + xy[following] * part, 4), ring[source]


def survey_area_m2(polygons: npt.ArrayLike) -> Floats:
    """Survey area (m², unrounded) of EPSG:4525 polygons without multiparts; holes are taken off."""
    shapes = np.asarray(polygons, dtype=object)
    rings, owner = shapely.get_rings(shapes, return_index=True)
    first = np.concatenate([[True], owner[1:] != owner[:-1]])
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    points, ring = _divided(xy, ring.astype(np.int64))
    latitude, longitude = to_geographic(points[:, 0], points[:, 1])
    second = np.radians(1 / 3600)
    latitude, longitude = (np.round(a / second, 6) * second for a in (latitude, longitude))
    strips = _edge_strips(latitude, longitude)
    within = ring[1:] == ring[:-1]
    area = np.abs(np.bincount(ring[1:][within], strips[within], minlength=len(rings)))
    signed = np.bincount(owner, np.where(first, area, -area), minlength=len(shapes))
    return signed.astype(np.float64)


def to_cents(area_m2: Floats) -> npt.NDArray[np.int64]:
    """Hundredths of a square metre, rounded half up."""
    return np.floor(np.asarray(area_m2) * 100 + 0.5).astype(np.int64)
