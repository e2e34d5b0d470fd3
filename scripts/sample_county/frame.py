"""Where the sample county lies, and how local metres become EPSG:4525 coordinates.

Local coordinates are metres east (x) and north (y) of ``ORIGIN``. Everything is built locally, where
numbers are short, and moved to the county's zone only when it is written.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

SEED = 141127
COUNTY = "141127"
ORIGIN = (37552000.0, 4234500.0)
GRID_M = 0.01
BOUNDS = (37526100.0, 4207500.0, 37574700.0, 4275500.0)


def to_zone(geometry: BaseGeometry, decimals: int) -> BaseGeometry:
    """Move a local geometry to EPSG:4525 (E, N) and round its coordinates to ``decimals``."""
    return shapely.transform(geometry, lambda xy: np.round(xy + ORIGIN, decimals))


@dataclass(frozen=True)
class Raster:
    """A regular lattice of nodes in local metres; arrays on it are shaped (rows, columns), south first."""

    x0: float
    y0: float
    step: float
    columns: int
    rows: int

    def nodes(self) -> tuple[Floats, Floats]:
        """X and Y of every node, each shaped (rows, columns), local metres."""
        x = self.x0 + self.step * np.arange(self.columns)
        y = self.y0 + self.step * np.arange(self.rows)
        grid_x, grid_y = np.meshgrid(x, y)
        return grid_x, grid_y

    def sample(self, field: Floats, x: Floats, y: Floats) -> Floats:
        """Bilinear value of ``field`` at local points; points outside take the border value."""
        u = np.clip((np.asarray(x) - self.x0) / self.step, 0, self.columns - 1.001)
        v = np.clip((np.asarray(y) - self.y0) / self.step, 0, self.rows - 1.001)
        i, j = u.astype(int), v.astype(int)
        fu, fv = u - i, v - j
        low = field[j, i] * (1 - fu) + field[j, i + 1] * fu
        high = field[j + 1, i] * (1 - fu) + field[j + 1, i + 1] * fu
        return np.asarray(low * (1 - fv) + high * fv)


def value_noise(x: Floats, y: Floats, wavelength: float, key: int) -> Floats:
    """Smooth noise in -1..1 with the given wavelength (m), the same for the same key."""
    table = np.random.default_rng([SEED, key]).random((64, 64)) * 2 - 1
    u, v = np.asarray(x) / wavelength + 17.3, np.asarray(y) / wavelength + 9.1
    i, j = np.floor(u).astype(int), np.floor(v).astype(int)
    fu, fv = u - i, v - j
    fu, fv = fu * fu * (3 - 2 * fu), fv * fv * (3 - 2 * fv)
    i, j, i1, j1 = i % 64, j % 64, (i + 1) % 64, (j + 1) % 64
    low = table[j, i] * (1 - fu) + table[j, i1] * fu
    high = table[j1, i] * (1 - fu) + table[j1, i1] * fu
    return np.asarray(low * (1 - fv) + high * fv)


def layered_noise(x: Floats, y: Floats, wavelength: float, key: int) -> Floats:
    """Four octaves of :func:`value_noise`, in about -1..1."""
    total = np.zeros(np.shape(x))
    for octave in range(4):
        total = total + value_noise(x, y, wavelength / 2**octave, key + octave) * 0.55**octave
    return total / 1.6


def smooth_line(xy: Floats, rounds: int = 2) -> Floats:
    """Chaikin's corner cutting of a point list (n, 2); the two ends stay where they are."""
    for _ in range(rounds):
        if len(xy) < 3:
            return xy
        quarter = xy[:-1] * 0.75 + xy[1:] * 0.25
        three = xy[:-1] * 0.25 + xy[1:] * 0.75
        inner = np.stack([quarter, three], axis=1).reshape(-1, 2)[1:-1]
        xy = np.vstack([xy[:1], inner, xy[-1:]])
    return xy


def smooth_ring(xy: Floats, rounds: int = 2) -> Floats:
    """Chaikin's corner cutting of an open ring (n, 2) without a repeated last point."""
    for _ in range(rounds):
        following = np.roll(xy, -1, axis=0)
        xy = np.stack([xy * 0.75 + following * 0.25, xy * 0.25 + following * 0.75], axis=1).reshape(-1, 2)
    return xy


def blob(center: tuple[float, float], radius: float, key: int, stretch: float = 1.0) -> Polygon:
    """A roundish wobbling polygon, local metres; ``stretch`` lengthens it along x."""
    angle = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    wobble = 1 + 0.28 * (np.random.default_rng([SEED, 7, key]).random(14) - 0.5) * 2
    ring = np.column_stack([np.cos(angle) * stretch, np.sin(angle) / stretch]) * (radius * wobble)[:, None]
    return Polygon(smooth_ring(ring + center))


@dataclass(frozen=True)
class Local:
    """A turned frame (u, v) on the ground, for the right-angled plans of the town and the park."""

    x: float
    y: float
    degrees: float

    def points(self, uv: Floats) -> Floats:
        """Local (x, y) of frame points (n, 2)."""
        a = np.radians(self.degrees)
        turn = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
        return np.asarray(np.asarray(uv, dtype=float) @ turn + (self.x, self.y))

    def polygon(self, uv: list[tuple[float, float]]) -> Polygon:
        """The polygon with these corners."""
        return Polygon(self.points(np.array(uv)))

    def rect(self, u0: float, v0: float, u1: float, v1: float) -> Polygon:
        """The rectangle between two corners."""
        return self.polygon([(u0, v0), (u1, v0), (u1, v1), (u0, v1)])

    def line(self, *uv: tuple[float, float]) -> LineString:
        """The line through these points."""
        return LineString(self.points(np.array(uv)))


TOWN = Local(4150.0, 4000.0, -3.0)
PARK = Local(7560.0, 4160.0, 12.0)
