"""Units of area and money, and rounding that foots."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

M2_PER_HA: Final = 10_000.0
MU_PER_M2: Final = 0.0015  # 1 亩 = 2000/3 m² exactly
AREA_FACTORS: Final = {"m2": 1.0, "ha": M2_PER_HA, "mu": 2000.0 / 3.0, "km2": 1e6}
MONEY_FACTORS_WAN: Final = {"yuan": 1e-4, "wan": 1.0, "yi": 1e4}

FloatArray = npt.NDArray[np.float64]


def to_mu(area_m2: FloatArray) -> FloatArray:
    """Square metres to 亩.

    Examples
    --------
    >>> float(to_mu(np.array([10_000.0]))[0])
    15.0
    """
    return np.asarray(area_m2, dtype=np.float64) * MU_PER_M2


def to_ha(area_m2: FloatArray) -> FloatArray:
    """Square metres to hectares."""
    return np.asarray(area_m2, dtype=np.float64) / M2_PER_HA


def round_half_up(values: FloatArray, decimals: int) -> FloatArray:
    """Round half away from zero, as the survey does (numpy rounds half to even).

    Examples
    --------
    >>> round_half_up(np.array([0.125, 2.5, -2.5]), 0).tolist()
    [0.0, 3.0, -3.0]
    """
    scale = 10.0**decimals
    scaled = np.abs(np.asarray(values, dtype=np.float64)) * scale
    # 1e-9: a decimal half such as 1.005 lies a hair below its half in binary
    return np.sign(values) * np.floor(scaled + 0.5 + 1e-9) / scale


def round_to_foot(values: FloatArray, decimals: int) -> FloatArray:
    """Round so that the rounded parts add up to the rounded total (largest remainder).

    NaN stays NaN and counts as nothing.

    Examples
    --------
    >>> round_to_foot(np.array([1.004, 1.004, 1.004]), 2).tolist()
    [1.01, 1.0, 1.0]
    """
    parts = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(parts)
    scale = 10.0**decimals
    scaled = parts[known] * scale
    floors = np.floor(scaled + 1e-9)
    total = round_half_up(np.array([parts[known].sum()]), decimals)[0] * scale
    missing = round(total - floors.sum())
    order = np.argsort(-(scaled - floors), kind="stable")[: max(missing, 0)]
    floors[order] += 1.0
    rounded = np.full(parts.shape, np.nan)
    rounded[known] = floors / scale
    return rounded
