"""Checks that need several survey layers: sums of areas, units against one another, patches against settlements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from landinv.intake.survey_checks.codes import VILLAGE_DIGITS
from landinv.intake.survey_checks.coverage import WITHOUT_OVERLAPS, measured
from landinv.intake.survey_checks.inside import patches_in_settlements, patches_in_villages
from landinv.intake.survey_checks.layers import SurveyLayer, survey_layers
from landinv.intake.survey_checks.rule import IntArray
from landinv.model import fields as F
from landinv.model.datasets import Dataset
from landinv.model.findings import concat_findings, findings

_TOWNSHIP_DIGITS: Final = 9
_TITLES: Final = {"dltb": "地类图斑", "cjdcq": "村级调查区", "xzq": "行政区"}
_CENTS: Final = 100.0


def survey_findings_across(datasets: Sequence[Dataset], crs: str) -> pd.DataFrame:
    """Findings of every check that needs more than one source.

    Parameters
    ----------
    datasets
        Accepted sources of any role; those of survey layers are looked at.
    crs
        The county's CRS, which their shapes are in (easting, northing, metres).

    Returns
    -------
    DataFrame
        Findings with place; empty where no two layers can be compared.
    """
    layers = survey_layers(datasets, crs)
    found: list[pd.DataFrame] = []
    for role, layer in layers.items():
        if role in WITHOUT_OVERLAPS and len(set(layer.keys)) > 1:
            found += _sources_overlap(layer)
    if {"dltb", "cjdcq"} <= set(layers):
        found += _village_sums(layers["dltb"], layers["cjdcq"])
        found += _unknown_units(layers["dltb"], layers["cjdcq"])
        found += patches_in_villages(layers["dltb"], layers["cjdcq"])
    if {"cjdcq", "xzq"} <= set(layers):
        found += _township_sums(layers["cjdcq"], layers["xzq"])
    if {"dltb", "czcdyd"} <= set(layers):
        found += patches_in_settlements(layers["dltb"], layers["czcdyd"], crs)
    found += _control_area(layers)
    return concat_findings(found)


def _sources_overlap(layer: SurveyLayer) -> list[pd.DataFrame]:
    """A place is covered by two sources of one layer."""
    pairs = measured(layer.patches).overlaps
    first, second = pairs["first"].to_numpy(dtype=np.intp), pairs["second"].to_numpy(dtype=np.intp)
    apart = layer.keys[first] != layer.keys[second]
    names = layer.patches.named(second[apart])
    details = [
        f"与{name}重叠{area:.4g}平方米" for name, area in zip(names, pairs["area_m2"][apart], strict=True)
    ]
    return layer.told("A059", first[apart], details=details)


def _village_sums(dltb: SurveyLayer, cjdcq: SurveyLayer) -> Iterator[pd.DataFrame]:
    """Σ TBMJ of a village's patches is DCMJ of its area, to the cent.

    Source: control areas of the third survey (控制面积调平).
    """
    if not (dltb.has(F.TBMJ, F.ZLDWDM) and cjdcq.has(F.DCMJ, F.ZLDWDM)):
        return
    yield from _sums_compared("A053", dltb, cjdcq, digits=VILLAGE_DIGITS)


def _township_sums(cjdcq: SurveyLayer, xzq: SurveyLayer) -> Iterator[pd.DataFrame]:
    """Σ DCMJ of a township's villages is DCMJ of the township, to the cent; a village's township is a known one."""
    townships = set(xzq.frame[F.XZQDM].dropna().str.slice(0, _TOWNSHIP_DIGITS))
    own = cjdcq.frame[F.ZLDWDM].str.slice(0, _TOWNSHIP_DIGITS)
    at = np.flatnonzero((own.notna() & ~own.isin(list(townships))).to_numpy(dtype=bool))
    yield from cjdcq.told("A058", at, name=F.ZLDWDM, values=cjdcq.frame[F.ZLDWDM].iloc[at].tolist())
    if cjdcq.has(F.DCMJ) and xzq.has(F.DCMJ):
        yield from _sums_compared("A054", cjdcq, xzq, digits=_TOWNSHIP_DIGITS)


def _sums_compared(
    code: str, parts: SurveyLayer, wholes: SurveyLayer, *, digits: int
) -> Iterator[pd.DataFrame]:
    unit, stated = _unit_and_area(wholes)
    part_unit, part_area = _unit_and_area(parts)
    sums = part_area.groupby(part_unit.str.slice(0, digits)).sum()
    names = unit.str.slice(0, digits)
    # a unit may have several shapes: its stated areas count together, and it is told at the first
    whole = stated.groupby(names).sum()
    both = pd.DataFrame({"sum": sums, "whole": whole}).reindex(whole.index).fillna({"sum": 0.0})
    off = both[(both["sum"] != both["whole"])]
    at = np.flatnonzero((names.isin(list(off.index)) & ~names.duplicated()).to_numpy(dtype=bool))
    told = off.reindex(names.iloc[at])
    details = [
        f"{_TITLES[parts.patches.layer]}合计{a / _CENTS:.2f}，{_TITLES[wholes.patches.layer]}{b / _CENTS:.2f}，"
        f"相差{(a - b) / _CENTS:.2f}平方米{_set_aside(parts)}"
        for a, b in zip(told["sum"], told["whole"], strict=True)
    ]
    yield from wholes.told(code, at, name=F.DCMJ, values=unit.iloc[at].tolist(), details=details)


def _unit_and_area(layer: SurveyLayer) -> tuple[pd.Series, pd.Series]:
    """Unit code and stated area, in whole cents (0.01 m²), of each record."""
    area = layer.frame[F.TBMJ if layer.patches.layer == "dltb" else F.DCMJ]
    unit = layer.frame[F.XZQDM if layer.patches.layer == "xzq" else F.ZLDWDM]
    return unit, (area * _CENTS).round()


def _set_aside(layer: SurveyLayer) -> str:
    return f"；另有{layer.quarantined}条记录未采用" if layer.quarantined else ""


def _control_area(layers: Mapping[str, SurveyLayer]) -> list[pd.DataFrame]:
    """Σ TBMJ, Σ DCMJ of the villages and Σ DCMJ of the townships are one number.

    Source: control areas of the third survey (控制面积调平).
    """
    sums = {}
    for role in _TITLES:
        layer = layers.get(role)
        if layer is not None and layer.has(F.TBMJ if role == "dltb" else F.DCMJ):
            sums[role] = float(_unit_and_area(layer)[1].sum())
    if len(set(sums.values())) < 2:
        return []
    told = "，".join(
        f"{_TITLES[role]}{total / _CENTS:.2f}{_set_aside(layers[role])}" for role, total in sums.items()
    )
    first = next(iter(sums))
    return [
        findings(
            "A055", dataset=str(layers[first].keys[0]), value=f"{sums[first] / _CENTS:.2f}", detail=[told]
        )
    ]


def _unknown_units(dltb: SurveyLayer, cjdcq: SurveyLayer) -> list[pd.DataFrame]:
    """One finding for each situs unit of patches that is no village of CJDCQ. Source: TD/T 1057-2020."""
    own = dltb.frame[F.ZLDWDM].str.slice(0, VILLAGE_DIGITS)
    known = set(cjdcq.frame[F.ZLDWDM].dropna().str.slice(0, VILLAGE_DIGITS))
    codes, units = pd.factorize(own)
    strange = np.array([*(unit not in known for unit in units), False], dtype=bool)
    at: IntArray = np.flatnonzero(strange[codes] & ~own.duplicated().to_numpy())
    counts = np.bincount(codes[codes >= 0], minlength=len(units))[codes[at]]
    values = dltb.frame[F.ZLDWDM].iloc[at].tolist()
    return dltb.told(
        "A056", at, name=F.ZLDWDM, values=values, details=[f"共{n}个图斑，首个如此处" for n in counts]
    )
