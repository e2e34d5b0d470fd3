"""What the survey's checks compare with: code lists, numbers of layers, least areas, limits; all kept as CSV.

Certainty: V was read in production software or a standard's text, K is unverified and should be confirmed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from landinv.model.landclass import PLAN_CODE_SYSTEM_2023, landclass_names
from landinv.model.tables import table

VERIFIED: Final = "V"
SECOND_SURVEY: Final = "第二次全国土地调查"


@dataclass(frozen=True)
class CodeList:
    """Codes that a field may hold, code to name; verified only where every code of the list is."""

    field: str
    names: dict[str, str]
    is_verified: bool


@dataclass(frozen=True)
class LayerNumbers:
    """Numbers that features of a layer carry: YSDM, and digits 7 to 10 of BSM (empty: unknown)."""

    ysdm: str
    is_ysdm_verified: bool
    layer_code: str


@dataclass(frozen=True)
class SettlementRule:
    """Land classes that patches of a settlement attribute (CZCSXM) may ``only``, or ``never``, have."""

    settlement: str
    is_only: bool
    classes: tuple[str, ...]


@cache
def code_lists() -> dict[str, CodeList]:
    """Code lists of survey fields, by field.

    Examples
    --------
    >>> code_lists()["GDLX"].names, code_lists()["GDLX"].is_verified, code_lists()["TBXHDM"].is_verified
    ({'PD': '坡地', 'TT': '梯田'}, True, False)
    """
    lists: dict[str, CodeList] = {}
    for field in dict.fromkeys(row["field"] for row in table("survey_codes")):
        rows = [row for row in table("survey_codes") if row["field"] == field]
        verified = all(row["certainty"] == VERIFIED for row in rows)
        lists[field] = CodeList(field, {row["code"]: row["name"] for row in rows}, verified)
    return lists


@cache
def layer_numbers() -> dict[str, LayerNumbers]:
    """Numbers of each survey layer, by role."""
    return {
        row["layer"]: LayerNumbers(row["ysdm"], row["ysdm_certainty"] == VERIFIED, row["layer_code"])
        for row in table("survey_layers")
    }


@cache
def survey_limit(name: str) -> float:
    """A limit of the checks, in the unit its name ends with.

    Raises
    ------
    KeyError
        If there is no such limit.

    Examples
    --------
    >>> survey_limit("spike_angle_deg")
    1.0
    """
    return {row["name"]: float(row["value"]) for row in table("survey_limits")}[name]


@cache
def least_area_m2() -> dict[str, float]:
    """Least area to be mapped of each survey class, m².

    Examples
    --------
    >>> [least_area_m2()[code] for code in ("0601", "1202", "0103", "1206")]
    [200.0, 200.0, 400.0, 600.0]
    """
    least = {row["land"]: float(row["least_m2"]) for row in table("survey_least_areas")}
    return {
        row["code"]: least.get(row["code"], least[row["three_class"]]) for row in table("survey_landclass")
    }


@cache
def settlement_rules() -> tuple[SettlementRule, ...]:
    """Which classes go with which settlement attribute. Source: rules of production survey software."""
    return tuple(
        SettlementRule(row["settlement"], row["rule"] == "only", tuple(row["classes"].split(";")))
        for row in table("survey_settlements")
    )


@cache
def other_class_names() -> dict[str, dict[str, str]]:
    """Code to name of class systems that are taken for the survey's by mistake, by system.

    Examples
    --------
    >>> {system: names.get("031") or names.get("0703") for system, names in other_class_names().items()}
    {'第二次全国土地调查': '有林地', 'GB/T 21010-2017': None, '用地用海分类（2023）': '农村宅基地'}
    """
    systems: dict[str, dict[str, str]] = {}
    for row in table("other_landclass"):
        systems.setdefault(row["system"], {})[row["code"]] = row["name"]
    systems[PLAN_CODE_SYSTEM_2023] = {row["code"]: row["name"] for row in table("planned_use")}
    return systems


@cache
def only_second_survey() -> frozenset[str]:
    """Codes of the second survey that cannot be codes of the third one with their leading zero lost.

    Examples
    --------
    >>> sorted(only_second_survey() & {"031", "101", "111", "601"})
    ['031', '111']
    """
    return frozenset(
        code for code in other_class_names()[SECOND_SURVEY] if "0" + code not in landclass_names()
    )
