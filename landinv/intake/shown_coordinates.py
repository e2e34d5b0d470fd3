"""What the coordinates of a layer show of their CRS: degrees or metres, zone prefixes, axes that are swapped."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from landinv.model.crs import LATITUDE_RANGE, LONGITUDE_RANGE, NORTHING_RANGE_M

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# Fewer odd shapes than this are single errors, set aside; more say that the whole layer is wrong.
SINGLE: Final = 0.2


class Shown:
    """What coordinates show, shape by shape; ``bounds`` are N×4, rows of NaN count as no evidence."""

    given: BoolArray
    degrees: BoolArray
    swapped_degrees: BoolArray
    prefixed: BoolArray
    unprefixed: BoolArray
    swapped: BoolArray

    def __init__(self, bounds: FloatArray) -> None:
        low_x, low_y, high_x, high_y = bounds.T
        self.given = np.asarray(np.isfinite(bounds).all(axis=1), dtype=np.bool_)
        with np.errstate(invalid="ignore"):
            self.degrees = (
                self.given
                & (np.abs(bounds[:, [0, 2]]) <= 180).all(1)
                & (np.abs(bounds[:, [1, 3]]) <= 90).all(1)
            )
            # Latitude where longitude belongs: China's longitudes are no latitudes.
            self.swapped_degrees = (
                self.given & (low_x >= LATITUDE_RANGE[0]) & (high_x <= LATITUDE_RANGE[1])
                & (low_y >= LONGITUDE_RANGE[0]) & (high_y <= LONGITUDE_RANGE[1])
            )  # fmt: skip
            north = (low_y >= NORTHING_RANGE_M[0]) & (high_y <= NORTHING_RANGE_M[1])
            east = (low_x >= NORTHING_RANGE_M[0]) & (high_x <= NORTHING_RANGE_M[1])
            prefix_x, prefix_y = np.floor(low_x / 1e6), np.floor(low_y / 1e6)
            self.prefixed = self.given & north & _is_prefix(prefix_x) & (prefix_x == np.floor(high_x / 1e6))
            self.unprefixed = self.given & north & (low_x >= 1e5) & (high_x < 1e6)
            self.swapped = self.given & east & (
                (_is_prefix(prefix_y) & (prefix_y == np.floor(high_y / 1e6))) | ((low_y >= 1e5) & (high_y < 1e6))
            )  # fmt: skip
        self.prefixes = np.where(self.prefixed, prefix_x, 0).astype(int)
        self.count = int(self.given.sum())
        self.bounds = bounds

    def mostly(self, mask: BoolArray) -> bool:
        """Whether all but a few shapes are in ``mask``."""
        return self.count > 0 and float(mask.sum()) / self.count > 1 - SINGLE

    @property
    def prefix(self) -> int:
        """The prefix of most prefixed shapes; 0 where none is."""
        present = self.prefixes[self.prefixes > 0]
        return int(np.bincount(present).argmax()) if len(present) else 0

    def example(self) -> str:
        """The first coordinates, for messages."""
        at = int(np.flatnonzero(self.given)[0]) if self.count else 0
        return f"({self.bounds[at, 0]:.3f}, {self.bounds[at, 1]:.3f})" if self.count else "-"


def _is_prefix(numbers: FloatArray) -> BoolArray:
    result: BoolArray = ((numbers >= 13) & (numbers <= 23)) | ((numbers >= 25) & (numbers <= 45))
    return result
