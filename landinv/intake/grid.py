"""The decimal grid of a layer: survey software stores metres to a tenth of a millimetre, or to a millimetre.

A flipped bit of a coordinate leaves its grid long before it moves land by an area anybody would notice.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

_DECIMALS: Final = (3, 4)
# Share of a grid's step by which a stored binary fraction may miss it: eastings of eight digits end at 7e-9 m.
_MISS: Final = 1e-3
_FEW: Final = 0.01
_SAMPLE: Final = 20_000
_CHUNK: Final = 50_000  # vertices that stay in a processor's cache between the steps


def vertices_off_the_grid(
    xy: npt.NDArray[np.float64], owner: npt.NDArray[np.intp], count: int
) -> npt.NDArray[np.bool_]:
    """Shapes with a vertex off the decimal grid that at least 99 % of the layer's vertices lie on.

    Parameters
    ----------
    xy, owner
        Vertices (n, 2) in metres or degrees, and the position of the shape of each.
    count
        Number of shapes.

    Returns
    -------
    Array of bool
        All False where the layer keeps to no grid, or wholly to one.

    Examples
    --------
    >>> import shapely
    >>> shapes = np.array([shapely.box(i, 0, i + 0.5, 1) for i in range(200)] + [shapely.box(0.00002, 0, 1, 1)])
    >>> xy, owner = shapely.get_coordinates(shapes, return_index=True)
    >>> np.flatnonzero(vertices_off_the_grid(xy, owner, 201)).tolist()
    [200]
    """
    result = np.zeros(count, bool)
    if not len(xy):
        return result
    sample = xy[:: max(1, len(xy) // _SAMPLE)]
    for decimals in _DECIMALS:
        # A grid that a sample does not keep to is not the layer's; the rest need not be asked.
        if _off(sample, decimals).mean() > 2 * _FEW:
            continue
        off = _off(xy, decimals)
        if off.sum() <= _FEW * len(off):
            result[owner[off]] = True
            return result
    return result


def _off(xy: npt.NDArray[np.float64], decimals: int) -> npt.NDArray[np.bool_]:
    result = np.empty(len(xy), bool)
    with np.errstate(invalid="ignore", over="ignore"):
        for at in range(0, len(xy), _CHUNK):
            scaled = xy[at : at + _CHUNK] * 10.0**decimals
            scaled -= np.rint(scaled)
            np.abs(scaled, out=scaled)
            result[at : at + _CHUNK] = (scaled > _MISS).any(axis=1)
    return result
