"""How an R-tree keeps coordinates."""

from __future__ import annotations

from typing import Final

import numpy as np

from landinv.store.gpkg.geometry import FloatArray

_STEP: Final = 2.0**-23


def as_kept(boxes: FloatArray) -> FloatArray:
    """Boxes (minx, maxx, miny, maxy) as the R-tree keeps them: 32-bit floats, rounded outward as SQLite does.

    Examples
    --------
    >>> as_kept(np.array([[37548000.5, 37548001.0, 4240000.0, 4240000.2]])).tolist()
    [[37548000.0, 37548004.0, 4240000.0, 4240000.5]]
    """
    single = boxes.astype("float32").astype("float64")
    low, high = (
        boxes * np.where(boxes < 0, 1 + _STEP, 1 - _STEP),
        boxes * np.where(boxes < 0, 1 - _STEP, 1 + _STEP),
    )
    is_low = np.array([True, False, True, False])
    beyond = np.where(is_low, single > boxes, single < boxes)
    return np.where(beyond, np.where(is_low, low, high).astype("float32").astype("float64"), single)
