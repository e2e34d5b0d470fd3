"""Checks of survey layers: one named function a rule, vectorised over the layer, each with a stable code.

A check returns one truth value a record; what it means, who must act and how bad it is stand in the findings table.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.geometry.area import statutory_area_m2
from landinv.geometry.area_estimate import statutory_area_estimate_m2
from landinv.intake.survey_checks.areas import STATED_AREA, allowed_area_gap_m2
from landinv.intake.survey_checks.class_systems import classes_of_another_system
from landinv.intake.survey_checks.coverage import coverage_broken
from landinv.intake.survey_checks.fields import obligatory_fields_left_empty
from landinv.intake.survey_checks.registry import CHECKS
from landinv.intake.survey_checks.rule import Patches, findings_of
from landinv.intake.survey_checks.shapes import shapes_drawn_wrong
from landinv.model import fields as F
from landinv.model.options import SourceOptions

# Below this share of what is allowed, an estimate decides as the full procedure would.
_BORNE_OUT: Final = 0.4

__all__ = ["CHECKS", "check_survey_layer", "record_findings"]


def check_survey_layer(
    frame: pd.DataFrame,
    shapes: npt.NDArray[np.object_],
    options: SourceOptions,
    *,
    crs: str,
    county_code: str,
) -> Iterator[pd.DataFrame]:
    """Findings of every check that holds for a layer: its records, its shapes, and how they cover the land.

    Parameters
    ----------
    frame
        Standard columns and ``source_ref``; a column that is empty throughout was missing in the file and is not
        checked again.
    shapes
        Shapes of the accepted records in ``crs``, in the frame's order.
    options
        Of the source: its role and key.
    county_code
        Six digits; empty: the test of another county's codes is left out.
    """
    layer = F.field_table(options.role)
    stated = STATED_AREA[layer]
    is_stated = bool(frame[stated].notna().any())
    area = _areas(frame[stated].to_numpy(), shapes, crs) if is_stated else np.full(len(frame), np.nan)
    patches = Patches(frame, area, county_code, layer, shapes, crs)
    yield from record_findings(patches, options.key)
    yield from shapes_drawn_wrong(patches, options.key)
    if layer == options.role:  # a year layer covers what has changed, not the county
        yield from coverage_broken(patches, options.key)


def _areas(
    stated: npt.NDArray[np.float64], shapes: npt.NDArray[np.object_], crs: str
) -> npt.NDArray[np.float64]:
    """Statutory areas where the stated one is doubtful, estimates where they bear it out; NaN where there is none."""
    area = statutory_area_estimate_m2(shapes, crs)
    with np.errstate(invalid="ignore"):
        doubtful = ~(np.abs(stated - area) <= _BORNE_OUT * allowed_area_gap_m2(area))
    area[doubtful] = statutory_area_m2(shapes[doubtful], crs)
    return np.where(area > 0, area, np.nan)


def record_findings(patches: Patches, key: str) -> Iterator[pd.DataFrame]:
    """Findings of the checks of records: fields, codes, areas, settlement attributes."""
    given = {name for name in patches.frame.columns if patches.frame[name].notna().any()}
    for check in CHECKS:
        needed = check.fields if check.needed is None else check.needed
        if (
            patches.layer not in check.layers
            or not set(needed) <= given
            or not set(check.fields) <= set(patches.frame.columns)
        ):
            continue
        at = np.flatnonzero(check.test(patches).to_numpy(dtype=bool))
        if len(at):
            yield findings_of(check, patches, at, key)
    yield from obligatory_fields_left_empty(patches, key)
    yield from classes_of_another_system(patches, key)
