"""Stated areas: against the shape, against one another, and how field ridges are deducted."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.intake.survey_checks.rule import IntArray, Patches
from landinv.model import fields as F
from landinv.model.survey_lists import survey_limit

AREA_TOLERANCE_M2: Final = 0.005  # half of the last decimal the standard stores
_BINARY: Final = 1e-7  # decimal areas have no exact binary form
STATED_AREA: Final = {
    "dltb": F.TBMJ, "xzq": F.JSMJ, "cjdcq": F.JSMJ, "czcdyd": "CZCMJ", "pzwjstd": F.TBMJ, "lsyd": F.TBMJ,
    "kfyq": "KFYQMJ",
}  # fmt: skip


def class_area_does_not_balance(patches: Patches) -> pd.Series:
    """Class area (TBDLMJ, m²) is not patch area (TBMJ) less deducted area (KCMJ; missing counts as 0).

    Source: TD/T 1057-2020, DLTB field notes.
    """
    frame = patches.frame
    gap = frame[F.TBMJ] - frame[F.KCMJ].fillna(0.0) - frame[F.TBDLMJ]
    return ~(gap.abs() <= AREA_TOLERANCE_M2 + _BINARY)


def stated_area_differs_from_shape(patches: Patches) -> pd.Series:
    """The layer's area column (m²) is off the shape's statutory area by more than rounding and the spread remainder.

    False where the shape has no area. Source: 国土调查办发〔2008〕32号; the tolerance is ours.
    """
    area = patches.statutory_m2
    gap = (patches.frame[STATED_AREA[patches.layer]] - area).abs()
    return ~(gap <= allowed_area_gap_m2(area)) & np.isfinite(area)


def allowed_area_gap_m2(area_m2: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How far a stated area may be off the shape's, m²; ours, configurable in the table of survey limits."""
    share = survey_limit("shape_area_share") * np.nan_to_num(area_m2)
    return np.maximum(survey_limit("shape_area_m2"), share)


def statutory_area(patches: Patches, at: IntArray) -> list[str]:
    """The shape's area, for the words of a finding."""
    return [f"椭球面积{area:.2f}" for area in patches.statutory_m2[at]]


def deducted_area_differs(patches: Patches) -> pd.Series:
    """KCMJ (m²) is not TBMJ × KCXS; only where all three are given and KCXS is not 0. Source: TD/T 1057-2020."""
    frame = patches.frame
    gap = (frame[F.TBMJ] * frame[F.KCXS] - frame[F.KCMJ]).abs()
    return (gap > survey_limit("deduction_m2") + _BINARY) & (frame[F.KCXS].fillna(0.0) != 0.0)


def deducted_by_share(patches: Patches, at: IntArray) -> list[str]:
    """What the coefficient gives, for the words of a finding."""
    rows = patches.frame.iloc[at]
    return [f"TBMJ×KCXS为{area:.2f}" for area in rows[F.TBMJ] * rows[F.KCXS]]


def deduction_incomplete(patches: Patches) -> pd.Series:
    """Of the deduction's class, coefficient and area some are given and others not (0 counts as not given).

    Source: TD/T 1057-2020.
    """
    frame = patches.frame
    given = pd.DataFrame(
        {
            "class": frame[F.KCDLBM].notna(),
            "share": frame[F.KCXS].fillna(0.0) != 0.0,
            "area": frame[F.KCMJ].fillna(0.0) != 0.0,
        }
    )
    return given.any(axis=1) & ~given.all(axis=1)
