"""The shift of Chinese web maps (GCJ-02): applied, and undone by iteration.

Notes
-----
The formula is the public reconstruction of the shift: a polynomial of the distance from 105° E 35° N with sine waves,
scaled by the radii of the Krasovsky ellipsoid. Undone, it gives back what it was applied to within a millimetre;
how far the public formula is from what a map provider applied is not published, one to five metres by experience
(unverified). Outside China the shift is not defined.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np
import pyproj
import shapely

from landinv.geometry.area import FloatArray, ShapeArray
from landinv.model.crs import CGCS2000_GEOGRAPHIC

_SEMI_MAJOR_M: Final = 6_378_245.0
_E2: Final = 0.006_693_421_622_965_943
_ORIGIN: Final = (105.0, 35.0)
# The shift changes by less than a hundredth over its own length, so each round gains two decimals and more.
_ROUNDS: Final = 6


def apply_gcj02(degrees: FloatArray) -> FloatArray:
    """Shift true positions (N×2, longitude and latitude in degrees) as web maps do.

    Examples
    --------
    >>> (apply_gcj02(np.array([[111.6, 38.3]])) - [111.6, 38.3]).round(5).tolist()
    [[0.00633, 0.00038]]
    """
    return degrees + _offset(degrees)


def undo_gcj02(degrees: FloatArray) -> FloatArray:
    """True positions (N×2, longitude and latitude in degrees) of shifted ones.

    Examples
    --------
    >>> there = apply_gcj02(np.array([[111.6, 38.3]]))
    >>> undo_gcj02(there).round(9).tolist()
    [[111.6, 38.3]]
    """
    guess = degrees
    for _ in range(_ROUNDS):
        guess = degrees - _offset(guess)
    return guess


def with_gcj02(shapes: ShapeArray, crs: str) -> ShapeArray:
    """Shapes in any CRS on CGCS2000 or WGS 84, shifted as web maps do."""
    return _moved(shapes, crs, apply_gcj02)


def without_gcj02(shapes: ShapeArray, crs: str) -> ShapeArray:
    """Shapes in any CRS on CGCS2000 or WGS 84 (taken as one), with the shift of web maps undone.

    Parameters
    ----------
    shapes
        Array of shapes, two-dimensional; null and empty ones stay as they are.
    crs
        Their CRS, projected or geographic, easting (longitude) first; the result is in it too.

    Raises
    ------
    pyproj.exceptions.CRSError
        If the CRS is unknown.
    """
    return _moved(shapes, crs, undo_gcj02)


def _moved(shapes: ShapeArray, crs: str, move: Callable[[FloatArray], FloatArray]) -> ShapeArray:
    to_degrees, from_degrees = _ways(crs)

    def moved(xy: FloatArray) -> FloatArray:
        degrees = np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1]))
        there = move(degrees)
        return np.column_stack(from_degrees.transform(there[:, 0], there[:, 1]))

    result: ShapeArray = shapely.transform(shapes, moved)
    return result


@lru_cache(maxsize=8)
def _ways(crs: str) -> tuple[pyproj.Transformer, pyproj.Transformer]:
    return (
        pyproj.Transformer.from_crs(crs, CGCS2000_GEOGRAPHIC, always_xy=True),
        pyproj.Transformer.from_crs(CGCS2000_GEOGRAPHIC, crs, always_xy=True),
    )


def _offset(degrees: FloatArray) -> FloatArray:
    """Shift of true positions, degrees of longitude and latitude."""
    x, y = degrees[:, 0] - _ORIGIN[0], degrees[:, 1] - _ORIGIN[1]
    latitude = np.deg2rad(degrees[:, 1])
    root = 0.1 * np.sqrt(np.abs(x))
    ripple = 20.0 * (np.sin(6.0 * np.pi * x) + np.sin(2.0 * np.pi * x))
    east = ripple + _waves(x, (20.0, 40.0, 150.0, 300.0), (1.0, 3.0, 12.0, 30.0))
    north = ripple + _waves(y, (20.0, 40.0, 160.0, 320.0), (1.0, 3.0, 12.0, 30.0))
    east = 300.0 + x + 2.0 * y + 0.1 * x**2 + 0.1 * x * y + root + east * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y**2 + 0.1 * x * y + 2.0 * root + north * 2.0 / 3.0
    w2 = 1.0 - _E2 * np.sin(latitude) ** 2
    meridian_m = _SEMI_MAJOR_M * (1.0 - _E2) / w2**1.5
    parallel_m = _SEMI_MAJOR_M / np.sqrt(w2) * np.cos(latitude)
    return np.rad2deg(np.column_stack([east / parallel_m, north / meridian_m]))


def _waves(t: FloatArray, heights: tuple[float, ...], lengths: tuple[float, ...]) -> FloatArray:
    crests = np.array([h * np.sin(np.pi * t / length) for h, length in zip(heights, lengths, strict=True)])
    total: FloatArray = crests.sum(axis=0)
    return total
