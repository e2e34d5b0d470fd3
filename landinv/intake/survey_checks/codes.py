"""Codes of survey features: classes, tenure, units, identifiers, and values that must stand in a list."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from landinv.intake.survey_checks.rule import IntArray, Patches
from landinv.model import fields as F
from landinv.model.landclass import landclass_names
from landinv.model.survey_lists import code_lists, layer_numbers
from landinv.model.tables import table

_UNIT_LENGTHS: Final = (12, 15, 19)
_COUNTY_DIGITS: Final = 6
_IDENTIFIER_DIGITS: Final = 18
_PREFIX_DIGITS: Final = 10
VILLAGE_DIGITS: Final = 12


def unknown_land_class(patches: Patches) -> pd.Series:
    """DLBM is missing or no class of the survey. Source: working classification of the third survey."""
    return ~patches.by_value(F.DLBM, lambda codes: codes.isin(list(landclass_names())))


def class_name_does_not_match(patches: Patches) -> pd.Series:
    """DLMC is given and is not the name of the class DLBM. Source: working classification of the third survey."""
    code, codes = pd.factorize(patches.frame[F.DLBM])
    word, words = pd.factorize(patches.frame[F.DLMC])
    official = np.array([*(landclass_names().get(c, "") for c in codes), ""], dtype=object)
    given = np.array([*words, ""], dtype=object)
    known = (official != "")[code] & (word >= 0)
    return pd.Series(known & (official[code] != given[word]), index=patches.frame.index)


def unknown_tenure(patches: Patches) -> pd.Series:
    """QSXZ is missing or no code of the table; words (国有, 集体) count as unknown. Source: TD/T 1057-2020."""
    return ~patches.by_value(F.QSXZ, lambda codes: codes.isin([row["code"] for row in table("tenure")]))


def unknown_approved_use(patches: Patches) -> pd.Series:
    """PZYT is given and is no class of the survey. Source: TD/T 1057-2020, PZWJSTD."""
    return patches.by_value(F.PZYT, lambda codes: ~codes.isin(list(landclass_names())))


def owner_code_malformed(patches: Patches) -> pd.Series:
    """QSDWDM is not 12, 15 or 19 digits. Source: TD/T 1057-2020."""
    return ~patches.by_value(F.QSDWDM, _is_unit_code)


def situs_code_malformed(patches: Patches) -> pd.Series:
    """ZLDWDM is not 12, 15 or 19 digits. Source: TD/T 1057-2020."""
    return ~patches.by_value(F.ZLDWDM, _is_unit_code)


def _is_unit_code(codes: pd.Series) -> pd.Series:
    return codes.str.fullmatch(r"[0-9]+") & codes.str.len().isin(_UNIT_LENGTHS)


def code_of_another_county(patches: Patches) -> pd.Series:
    """A situs or district code does not begin with the county's six digits; false without a county."""
    field = F.ZLDWDM if F.ZLDWDM in patches.frame else F.XZQDM
    return _of_another_county(patches, field)


def identifier_of_another_county(patches: Patches) -> pd.Series:
    """BSM of 18 digits does not begin with the county's six; false without a county. Source: production software."""
    return _of_another_county(patches, F.BSM) & ~_is_malformed_identifier(patches)


def _of_another_county(patches: Patches, field: str) -> pd.Series:
    if not patches.county_code:
        return pd.Series(False, index=patches.frame.index)
    codes = patches.frame[field]
    return codes.notna() & (codes.str.slice(0, _COUNTY_DIGITS) != patches.county_code)


def identifier_missing(patches: Patches) -> pd.Series:
    """BSM is empty. Source: TD/T 1057-2020."""
    return patches.frame[F.BSM].isna()


def identifier_repeated(patches: Patches) -> pd.Series:
    """BSM stands more than once in the layer. Source: TD/T 1057-2020."""
    codes = patches.frame[F.BSM]
    return codes.notna() & codes.duplicated(keep=False)


def identifier_malformed(patches: Patches) -> pd.Series:
    """BSM is given and not 18 digits: county 6, layer 4, serial number 8. Source: production survey software."""
    return _is_malformed_identifier(patches)


def _is_malformed_identifier(patches: Patches) -> pd.Series:
    codes = patches.frame[F.BSM]
    formed = (codes.str.len() == _IDENTIFIER_DIGITS) & codes.str.isdecimal().fillna(value=False)
    return codes.notna() & ~formed.astype(bool)


def identifier_prefix_differs(patches: Patches) -> pd.Series:
    """Digits 7 to 10 of BSM are not the layer's; where these are unknown, not those of most of the layer.

    Source: production survey software (2110 for DLTB).
    """
    part = patches.frame[F.BSM].str.slice(_COUNTY_DIGITS, _PREFIX_DIGITS)
    right = layer_numbers()[patches.layer].layer_code or next(iter(part.mode()), "")
    return part.notna() & (part != right) & ~_is_malformed_identifier(patches)


def feature_code_of_another_layer(patches: Patches) -> pd.Series:
    """YSDM is given and not the layer's number. Source: production survey software; for some layers inferred."""
    right = layer_numbers()[patches.layer].ysdm
    return patches.by_value(F.YSDM, lambda codes: codes != right)


def right_feature_code(patches: Patches, at: IntArray) -> list[str]:
    """The layer's number, for the words of a finding."""
    return [f"应为{layer_numbers()[patches.layer].ysdm}"] * len(at)


def patch_number_repeated(patches: Patches) -> pd.Series:
    """TBBH stands more than once in a village (first 12 digits of ZLDWDM). Source: TD/T 1057-2020."""
    village, _ = pd.factorize(patches.frame[F.ZLDWDM].str.slice(0, VILLAGE_DIGITS))
    number, _ = pd.factorize(patches.frame[F.TBBH])
    pairs = pd.DataFrame({"village": village, "number": number}, index=patches.frame.index)
    return (pairs >= 0).all(axis=1) & pairs.duplicated(keep=False)


def value_not_in_list(field: str, patches: Patches) -> pd.Series:
    """A code is given that its field's list does not have. Source: the list's (``model/data/survey_codes.csv``)."""
    return patches.by_value(field, lambda codes: ~codes.isin(list(code_lists()[field].names)))
