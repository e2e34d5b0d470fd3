"""Checks of survey layers: one named function a rule, vectorised over the layer, each with a stable code.

A check returns one truth value a record; what it means, who must act and how bad it is stand in the findings table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.geometry.area import statutory_area_m2
from landinv.model import fields as F
from landinv.model.findings import findings
from landinv.model.landclass import landclass_names
from landinv.model.options import SourceOptions
from landinv.model.tables import table

BoolArray = npt.NDArray[np.bool_]

AREA_TOLERANCE_M2: Final = 0.005  # half of the last decimal the standard stores
SHAPE_TOLERANCE_M2: Final = 0.05
SHAPE_TOLERANCE_SHARE: Final = 2e-5
_CODE_LENGTHS: Final = (12, 15, 19)
_COUNTY_DIGITS: Final = 6
# Classes of built-up land that lie in a settlement by definition.
_SETTLEMENT_CLASSES: Final = ("05", "06", "07", "08", "09", "1004", "1005", "1201")
_EVERY_LAYER: Final = F.SURVEY_ROLES


@dataclass(frozen=True)
class Patches:
    """A survey layer under check: its frame, its shapes' statutory areas (m²; NaN where unknown), the county's code."""

    frame: pd.DataFrame
    statutory_m2: npt.NDArray[np.float64]
    county_code: str


@dataclass(frozen=True)
class SurveyCheck:
    """A rule: code, layers it holds for, fields it reads (all needed), the field it blames, and its test."""

    code: str
    layers: tuple[str, ...]
    fields: tuple[str, ...]
    test: Callable[[Patches], pd.Series]

    @property
    def blamed(self) -> str:
        """Field whose value a finding shows."""
        return self.fields[0]


def unknown_land_class(patches: Patches) -> pd.Series:
    """DLBM is missing or no class of the survey. Source: working classification of the third survey."""
    return ~patches.frame[F.DLBM].isin(list(landclass_names()))


def class_name_does_not_match(patches: Patches) -> pd.Series:
    """DLMC is given and is not the name of the class DLBM. Source: working classification of the third survey."""
    official = patches.frame[F.DLBM].map(landclass_names())
    name = patches.frame[F.DLMC]
    return official.notna() & name.notna() & (name != official)


def unknown_tenure(patches: Patches) -> pd.Series:
    """QSXZ is missing or no code of the table; words (国有, 集体) count as unknown. Source: TD/T 1057-2020."""
    return ~patches.frame[F.QSXZ].isin([row["code"] for row in table("tenure")])


def unknown_approved_use(patches: Patches) -> pd.Series:
    """PZYT is given and is no class of the survey. Source: TD/T 1057-2020, PZWJSTD."""
    use = patches.frame[F.PZYT]
    return use.notna() & ~use.isin(list(landclass_names()))


def _is_malformed(codes: pd.Series) -> pd.Series:
    formed = codes.str.fullmatch(r"\d+").fillna(value=False).astype(bool)
    return ~(formed & codes.str.len().isin(_CODE_LENGTHS))


def owner_code_malformed(patches: Patches) -> pd.Series:
    """QSDWDM is not 12, 15 or 19 digits. Source: TD/T 1057-2020."""
    return _is_malformed(patches.frame[F.QSDWDM])


def situs_code_malformed(patches: Patches) -> pd.Series:
    """ZLDWDM is not 12, 15 or 19 digits. Source: TD/T 1057-2020."""
    return _is_malformed(patches.frame[F.ZLDWDM])


def code_of_another_county(patches: Patches) -> pd.Series:
    """A well-formed situs or district code does not begin with the county's six digits; false without a county."""
    field = F.ZLDWDM if F.ZLDWDM in patches.frame else F.XZQDM
    codes = patches.frame[field]
    if not patches.county_code:
        return pd.Series(False, index=codes.index)
    return codes.notna() & (codes.str.slice(0, _COUNTY_DIGITS) != patches.county_code)


def class_area_does_not_balance(patches: Patches) -> pd.Series:
    """Class area (TBDLMJ, m²) is not patch area (TBMJ) less deducted area (KCMJ; missing counts as 0).

    Source: TD/T 1057-2020, DLTB field notes.
    """
    frame = patches.frame
    gap = frame[F.TBMJ] - frame[F.KCMJ].fillna(0.0) - frame[F.TBDLMJ]
    # 1e-7: decimal areas have no exact binary form
    return ~(gap.abs() <= AREA_TOLERANCE_M2 + 1e-7)


def patch_area_differs_from_shape(patches: Patches) -> pd.Series:
    """TBMJ (m²) is off the shape's statutory area by more than rounding and the spread remainder explain.

    False where the shape has no area. Source: 国土调查办发〔2008〕32号; the tolerance is ours.
    """
    area = patches.statutory_m2
    allowed = np.maximum(SHAPE_TOLERANCE_M2, SHAPE_TOLERANCE_SHARE * np.nan_to_num(area))
    gap = (patches.frame[F.TBMJ] - area).abs()
    return ~(gap <= allowed) & np.isfinite(area)


def identifier_missing(patches: Patches) -> pd.Series:
    """BSM is empty. Source: TD/T 1057-2020."""
    return patches.frame[F.BSM].isna()


def identifier_repeated(patches: Patches) -> pd.Series:
    """BSM stands more than once in the layer. Source: TD/T 1057-2020."""
    codes = patches.frame[F.BSM]
    return codes.notna() & codes.duplicated(keep=False)


def settlement_code_missing(patches: Patches) -> pd.Series:
    """A built-up class (05–09, 1004, 1005, 1201) has no CZCSXM. Source: rules of production survey software."""
    built = patches.frame[F.DLBM].str.startswith(_SETTLEMENT_CLASSES).fillna(value=False).astype(bool)
    return built & patches.frame[F.CZCSXM].isna()


CHECKS: Final = (
    SurveyCheck("A001", ("dltb",), (F.DLBM,), unknown_land_class),
    SurveyCheck("A002", ("dltb",), (F.QSXZ,), unknown_tenure),
    SurveyCheck("A003", ("dltb",), (F.QSDWDM,), owner_code_malformed),
    SurveyCheck("A004", ("dltb", "cjdcq"), (F.ZLDWDM,), situs_code_malformed),
    SurveyCheck("A005", ("dltb", "cjdcq"), (F.ZLDWDM,), code_of_another_county),
    SurveyCheck("A005", ("xzq",), (F.XZQDM,), code_of_another_county),
    SurveyCheck("A006", ("dltb",), (F.TBMJ,), patch_area_differs_from_shape),
    SurveyCheck("A007", _EVERY_LAYER, (F.BSM,), identifier_repeated),
    SurveyCheck("A008", ("dltb",), (F.CZCSXM, F.DLBM), settlement_code_missing),
    SurveyCheck("A009", _EVERY_LAYER, (F.BSM,), identifier_missing),
    SurveyCheck("A010", ("pzwjstd",), (F.PZYT,), unknown_approved_use),
    SurveyCheck("A011", ("dltb",), (F.DLMC, F.DLBM), class_name_does_not_match),
    SurveyCheck("A013", ("dltb",), (F.TBDLMJ, F.TBMJ, F.KCMJ), class_area_does_not_balance),
)


def check_survey_layer(
    frame: pd.DataFrame,
    shapes: npt.NDArray[np.object_],
    options: SourceOptions,
    *,
    crs: str,
    county_code: str,
) -> Iterator[pd.DataFrame]:
    """Findings of every check that holds for a layer.

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
    given = {name for name in frame.columns if frame[name].notna().any()}
    needs_area = (
        any(options.role in c.layers and c.test is patch_area_differs_from_shape for c in CHECKS)
        and F.TBMJ in given
    )
    area = statutory_area_m2(shapes, crs) if needs_area else np.full(len(frame), np.nan)
    area = np.where(area > 0, area, np.nan)
    patches = Patches(frame, area, county_code)
    for check in CHECKS:
        may_be_absent = check.code in ("A008", "A013")
        needed = check.fields[1:2] if may_be_absent else check.fields
        if (
            options.role not in check.layers
            or not set(needed) <= given
            or (may_be_absent and check.blamed not in frame)
        ):
            continue
        at = np.flatnonzero(check.test(patches).to_numpy(dtype=bool))
        if len(at):
            yield _as_findings(check, patches, at, options.key)


def _as_findings(check: SurveyCheck, patches: Patches, at: npt.NDArray[np.intp], key: str) -> pd.DataFrame:
    rows = patches.frame.iloc[at]
    values = rows[check.blamed].astype("str").fillna("").tolist()
    details = [f"BSM {b}" if isinstance(b, str) else "" for b in rows[F.BSM]]
    if check.code == "A006":
        details = [f"{d}；椭球面积{a:.2f}" for d, a in zip(details, patches.statutory_m2[at], strict=True)]
    return findings(
        check.code,
        dataset=key,
        feature=rows["source_ref"].tolist(),
        field=check.blamed,
        value=values,
        detail=details,
    )
