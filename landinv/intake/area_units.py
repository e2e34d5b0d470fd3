"""The unit of a column of areas or sums of money: told by the file, shown by the shapes, or not known.

Offices type areas in 亩, 公顷 and m²; a wrong factor is a wrong number, so nothing is assumed in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from landinv.i18n import official
from landinv.model.units import AREA_FACTORS

FloatArray = npt.NDArray[np.float64]

UNIT_TITLES: Final = {
    "m2": "平方米", "ha": "公顷", "mu": "亩", "km2": "平方公里", "yuan": "元", "wan": "万元", "yi": "亿元",
}  # fmt: skip
_NEAR: Final = 0.1
_MOST: Final = 0.6
_FEW: Final = 0.15
# A median below this is no plausible area in m² of a parcel; above, 亩 or 公顷 would be a whole town.
PLAUSIBLE_MEDIAN_M2: Final = 200.0
_WHOLE: Final = 1.05
_LEAST_PART: Final = 0.01
# Above ten thousand million yuan a parcel's price is surely typed in yuan.
IMPLAUSIBLE_WAN: Final = 1e6


@dataclass(frozen=True)
class UnitChoice:
    """A unit (empty: undecided), the reason, a confidence from 0 to 1, and whether it was only assumed."""

    unit: str
    reason: str
    confidence: float
    assumed: bool = False


def unit_from_shapes(values: FloatArray, shape_m2: FloatArray) -> UnitChoice:
    """Unit in which most values equal the area of their shapes; undecided where no unit fits most or two fit.

    Parameters
    ----------
    values
        Areas as typed, one for each shape.
    shape_m2
        Ellipsoidal areas of the shapes, m².

    Examples
    --------
    >>> unit_from_shapes(np.array([1.5, 3.0]), np.array([1000.0, 2000.0])).unit
    'mu'
    """
    use = np.isfinite(values) & (values > 0) & (shape_m2 > 0)
    if not use.any():
        return UnitChoice("", official("no value to compare with a shape"), 0.0)
    ratio = shape_m2[use] / values[use]
    near = {unit: float((np.abs(ratio / factor - 1) < _NEAR).mean()) for unit, factor in AREA_FACTORS.items()}
    best = max(near, key=lambda unit: near[unit])
    others = max(share for unit, share in near.items() if unit != best)
    if near[best] >= _MOST and others <= _FEW:
        return UnitChoice(
            best,
            official("{share:.0%} of the values agree with the area of their shapes").format(
                share=near[best]
            ),
            0.95,
        )
    return UnitChoice(
        "",
        official("only {share:.0%} of the values agree with their shapes in {unit}").format(
            share=near[best], unit=best
        ),
        0.0,
    )


def unit_as_part_of(parts: FloatArray, whole_m2: FloatArray, whole_unit: str) -> UnitChoice:
    """Unit in which parts fit into their wholes (developed into supplied, cropland into approved).

    The whole's own unit is taken where it fits; another one only if it alone fits.

    Examples
    --------
    >>> unit_as_part_of(np.array([400.0, 900.0]), np.array([1000.0, 1000.0]), "mu").unit
    'm2'
    """
    use = np.isfinite(parts) & (parts > 0) & (whole_m2 > 0)
    if not use.any():
        return UnitChoice(whole_unit, official("all values are zero or missing"), 0.5)
    fitting = []
    for unit, factor in AREA_FACTORS.items():
        share = parts[use] * factor / whole_m2[use]
        if (share <= _WHOLE).mean() >= 0.9 and np.median(share) >= _LEAST_PART:
            fitting.append(unit)
    if whole_unit in fitting:
        reason = official("same unit as the whole; units that fit: {units}").format(units=", ".join(fitting))
        return UnitChoice(whole_unit, reason, 0.8, assumed=True)
    if len(fitting) == 1:
        return UnitChoice(
            fitting[0], official("only this unit makes the parts fit into their wholes"), 0.8, assumed=True
        )
    units = ", ".join(fitting) or "-"
    return UnitChoice("", official("units that make the parts fit: {units}").format(units=units), 0.0)


def unit_from_size(values: FloatArray) -> UnitChoice:
    """m² where the median is plausible as such, else undecided.

    Examples
    --------
    >>> unit_from_size(np.array([4000.0, 900.0])).unit, unit_from_size(np.array([4.8])).unit
    ('m2', '')
    """
    use = values[np.isfinite(values) & (values > 0)]
    if not len(use):
        return UnitChoice("m2", official("all values are zero or missing"), 0.5)
    median = float(np.median(use))
    if median >= PLAUSIBLE_MEDIAN_M2:
        reason = official("no unit is named; the median {median} is plausible in m²").format(
            median=f"{median:g}"
        )
        return UnitChoice("m2", reason, 0.6, assumed=True)
    reason = official("no unit is named; the median {median} is too small for m²").format(
        median=f"{median:g}"
    )
    return UnitChoice("", reason, 0.0)


def contradicts_shapes(values: FloatArray, unit: str, shape_m2: FloatArray) -> str:
    """Unit that the shapes speak for where it is another than the one told; empty where there is none.

    Examples
    --------
    >>> contradicts_shapes(np.array([1.0, 2.0]), "mu", np.array([10_000.0, 20_000.0]))
    'ha'
    """
    shown = unit_from_shapes(values, shape_m2).unit
    return shown if shown != unit else ""
