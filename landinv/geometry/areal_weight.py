"""How many square metres of the ellipsoid lie behind a square metre of the plane, as polynomials of place.

Areas of pieces are then integrals over the plane itself, in which edges are straight: parts add up to wholes to the
last digits however edges are cut, and no vertex has to be projected.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.polynomial.chebyshev as cheb
import shapely

from landinv.geometry.arrays import FloatArray, IntArray, ShapeArray
from landinv.geometry.curved_area import curved_area_m2, equal_area_plane

TILE_M: Final = (
    100_000.0  # a polynomial's stretch; a fixed lattice, so that no other feature changes a result
)
CELL_M: Final = 2_000.0  # within it the weight's second-order expansion is good to 1e-12
DEGREE: Final = 7
NODES: Final = 12
TOLERANCE: Final = 1e-10  # of an area: 1e-6 m² in a hectare
_CHECK_M: Final = 100.0


class Cells(NamedTuple):
    """Expansions of the weight over the box of each shape, which is cut into cells of at most 2 km.

    ``first``: the first cell of each shape, one more at the end; ``columns``: cells in a row of each shape; ``box``:
    west, south, east, north of each cell; ``expansion``: centre x, y and the coefficients of 1, x, y, x², xy, y².
    """

    first: IntArray
    columns: IntArray
    box: FloatArray
    expansion: FloatArray


def weight_cells(bounds: FloatArray, crs: str) -> Cells | None:
    """Cells for boxes (west, south, east, north; rows of NaN have none); None where no polynomial can be trusted.

    Raises
    ------
    pyproj.exceptions.CRSError
        If the CRS is unknown.

    Examples
    --------
    >>> cells = weight_cells(np.array([[37548000.0, 4240000.0, 37548100.0, 4240100.0]]), "EPSG:4525")
    >>> round(float(cells.expansion[0, 2]), 6)
    0.999943
    """
    size = np.nan_to_num(bounds[:, 2:] - bounds[:, :2])
    real = np.asarray(np.isfinite(bounds).all(axis=1), dtype=bool)
    per_side = np.where(real[:, None], np.maximum(np.ceil(size / CELL_M), 1.0), 0.0).astype(np.intp)
    count = per_side[:, 0] * per_side[:, 1]
    first = np.concatenate([[0], np.cumsum(count)]).astype(np.intp)
    owner = np.repeat(np.arange(len(bounds)), count)
    row, column = np.divmod(np.arange(len(owner)) - first[owner], np.maximum(per_side[owner, 0], 1))
    step = size[owner] / np.maximum(per_side[owner], 1)
    low = bounds[owner, :2] + np.column_stack([column, row]) * step
    last = np.equal(np.column_stack([column, row]) + 1, per_side[owner])
    # the last cell ends where the box does, and each begins where its neighbour ends, to the bit
    high = np.where(last, bounds[owner, 2:], bounds[owner, :2] + (np.column_stack([column, row]) + 1) * step)
    centre = (low + high) / 2.0
    expansion = weight_expansions(centre, crs)
    if expansion is None:
        return None
    return Cells(first, per_side[:, 0], np.column_stack([low, high]), np.column_stack([centre, expansion]))


def weight_expansions(places: FloatArray, crs: str) -> FloatArray | None:
    """Coefficients of 1, x, y, x², xy, y² (metres from each place) of the weight, shape (n, 6); None as above."""
    result = np.empty((len(places), 6))
    if not np.isfinite(places).all():
        return None
    tile = np.floor(places / TILE_M).astype(np.int64)
    for column, row in sorted(set(map(tuple, tile.tolist()))):
        fitted = _tile(crs, column, row)
        if fitted is None:
            return None
        here = (tile[:, 0] == column) & (tile[:, 1] == row)
        result[here] = fitted.expansions(places[here])
    return result


@dataclass(frozen=True)
class _Tile:
    """Polynomials of weight, its first and halved second derivatives by metres, in -1..1 of the tile."""

    centre: FloatArray
    terms: tuple[FloatArray, ...]

    def expansions(self, places: FloatArray) -> FloatArray:
        s, t = ((places - self.centre) / (TILE_M / 2.0)).T
        east, north = cheb.chebvander(s, DEGREE), cheb.chebvander(t, DEGREE)
        return np.column_stack([((east @ term) * north).sum(axis=1) for term in self.terms])


@lru_cache(maxsize=64)
def _tile(crs: str, column: int, row: int) -> _Tile | None:
    """The weight over one tile, fitted to the projection and held against areas it did not see."""
    centre = (np.array([column, row]) + 0.5) * TILE_M
    s = np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)
    east, north = np.meshgrid(s, s, indexing="ij")
    plane = equal_area_plane(np.column_stack([east.ravel(), north.ravel()]) * TILE_M / 2.0 + centre, crs)
    if plane is None or not np.isfinite(plane).all():
        return None
    basis = np.linalg.pinv(cheb.chebvander(s, DEGREE))
    values = np.moveaxis(plane - plane.mean(axis=0), 1, 0).reshape(2, NODES, NODES)
    x, y = basis @ values @ basis.T
    at = cheb.chebvander(s, DEGREE)

    def by(term: FloatArray, axis: int) -> FloatArray:
        """Derivative by metres, with a last coefficient of zero."""
        derived = cheb.chebder(term, axis=axis) / (TILE_M / 2.0)
        return np.pad(derived, [(0, 1) if k == axis else (0, 0) for k in range(2)])

    x_e, x_n, y_e, y_n = (at @ by(term, axis) @ at.T for term in (x, y) for axis in (0, 1))
    weight = basis @ (x_e * y_n - x_n * y_e) @ basis.T
    terms = (
        weight,
        by(weight, 0),
        by(weight, 1),
        by(by(weight, 0), 0) / 2,
        by(by(weight, 0), 1),
        by(by(weight, 1), 1) / 2,
    )
    fitted = _Tile(centre, terms)
    return fitted if _holds(fitted, crs) else None


def _holds(fitted: _Tile, crs: str) -> bool:
    """Whether hectares and cells all over the tile have the area that the projection gives them."""
    places = np.stack(np.meshgrid(np.linspace(-0.95, 0.97, 6), np.linspace(-0.97, 0.95, 6)), -1).reshape(
        -1, 2
    )
    places = places * TILE_M / 2.0 + fitted.centre
    for side in (_CHECK_M, CELL_M):
        low, high = places - side / 2.0, places + side / 2.0
        boxes: ShapeArray = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
        terms = fitted.expansions(places)
        area = side**2 * (terms[:, 0] + (terms[:, 3] + terms[:, 5]) * side**2 / 12.0)
        told = curved_area_m2(boxes, crs)
        if not (np.abs(area - told) <= TOLERANCE * side**2).all():
            return False
    return True
