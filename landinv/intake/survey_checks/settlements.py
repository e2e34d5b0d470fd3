"""Settlement attributes (CZCSXM): which classes need one, and which go with which; numbers of settlement areas."""

from __future__ import annotations

from functools import partial
from typing import Final

import pandas as pd

from landinv.intake.survey_checks.rule import Patches
from landinv.model import fields as F
from landinv.model.survey_lists import settlement_rules

# Classes of built-up land that lie in a settlement by definition.
SETTLEMENT_CLASSES: Final = ("05", "06", "07", "08", "09", "1004", "1005", "1201")
_INDUSTRY: Final = ("201A", "202A", "203A")
_UNIT_DIGITS: Final = 19
# Type of settlement: how many digits name it, the rest being zeros.
_NAMED_DIGITS: Final = {"201": 6, "202": 9}


def settlement_code_missing(patches: Patches) -> pd.Series:
    """A built-up class (05-09, 1004, 1005, 1201) has no CZCSXM. Source: rules of production survey software."""
    built = patches.by_value(F.DLBM, lambda codes: codes.str.startswith(SETTLEMENT_CLASSES))
    return built & patches.frame[F.CZCSXM].isna()


def _class_does_not_fit(patches: Patches, settlements: tuple[str, ...]) -> pd.Series:
    wrong = pd.Series(False, index=patches.frame.index)
    for rule in settlement_rules():
        if rule.settlement not in settlements:
            continue
        inside = patches.frame[F.CZCSXM] == rule.settlement
        listed = patches.by_value(F.DLBM, partial(_is_one_of, classes=rule.classes))
        wrong |= inside & patches.frame[F.DLBM].notna() & (listed != rule.is_only)
    return wrong


def _is_one_of(codes: pd.Series, *, classes: tuple[str, ...]) -> pd.Series:
    return codes.str.slice(0, 4).isin(classes)


def independent_industry_of_another_class(patches: Patches) -> pd.Series:
    """CZCSXM 201A, 202A or 203A on a class other than 0601. Source: rules of production survey software."""
    return _class_does_not_fit(patches, _INDUSTRY)


def mining_settlement_of_another_class(patches: Patches) -> pd.Series:
    """CZCSXM 204 on a class other than 0602, 0603, 1201. Source: rules of production survey software."""
    return _class_does_not_fit(patches, ("204",))


def special_settlement_of_another_class(patches: Patches) -> pd.Series:
    """CZCSXM 205 on a class other than 09. Source: rules of production survey software."""
    return _class_does_not_fit(patches, ("205",))


def class_not_allowed_in_village(patches: Patches) -> pd.Series:
    """CZCSXM 203 on a railway, metro, road or river (1001, 1002, 1006, 1101). Source: production survey software."""
    return _class_does_not_fit(patches, ("203",))


def class_not_allowed_in_town(patches: Patches) -> pd.Series:
    """CZCSXM 201 or 202 on a rural road (1006). Source: rules of production survey software."""
    return _class_does_not_fit(patches, ("201", "202"))


def settlement_number_malformed(patches: Patches) -> pd.Series:
    """CZCDM is missing or not 19 digits. Source: rules of production survey software."""
    return ~patches.by_value(F.CZCDM, _is_unit)


def settlement_number_does_not_fit_type(patches: Patches) -> pd.Series:
    """CZCDM of 19 digits has not the form of its CZCLX.

    City (201): county and zeros; town (202): township and zeros; else a village's number, zeros after its 12 digits
    apart. Source: rules of production survey software.
    """
    number = patches.text(F.CZCDM)
    kind = patches.text(F.CZCLX)
    digits = kind.str.slice(0, 3).map(_NAMED_DIGITS)
    fits = pd.Series(True, index=number.index)
    for count in set(_NAMED_DIGITS.values()):
        ends_in_zeros = number.str.slice(count) == "0" * (_UNIT_DIGITS - count)
        fits &= (digits != count) | (ends_in_zeros & (number.str.slice(count - 3, count) != "000"))
    is_village = digits.isna() & (kind != "")
    fits &= ~is_village | (number.str.slice(9, 12) != "000")
    return ~fits & ~settlement_number_malformed(patches) & (kind != "")


def _is_unit(codes: pd.Series) -> pd.Series:
    return codes.str.fullmatch(r"[0-9]{19}")
