"""Fields as the file keeps them: their type and width against the standard's, and obligatory ones left empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pandas as pd

from landinv.intake.raw import RawColumn
from landinv.intake.survey_checks.rule import Patches, folded
from landinv.model import fields as F
from landinv.model.findings import findings
from landinv.model.survey_lists import VERIFIED, survey_limit

TYPE_DIFFERS: Final = "A026"
WIDTH_DIFFERS: Final = "A027"
LEFT_EMPTY: Final = "A028"
_NUMBERS: Final = ("integer", "real")
_KINDS: Final = {"text": "文本", "integer": "整数", "real": "小数", "date": "日期", "bool": "是否"}
# Fields whose emptiness has a rule of its own.
_ASKED_ELSEWHERE: Final = (F.BSM, F.DLBM, F.QSXZ, F.QSDWDM, F.ZLDWDM, F.TBMJ, F.TBDLMJ, F.CZCDM)


def check_columns(columns: Mapping[str, RawColumn], role: str, *, key: str, layer: str) -> list[pd.DataFrame]:
    """Findings where the file keeps a field in another type, or narrower, than the standard.

    Parameters
    ----------
    columns
        Standard name to the file's column.
    role
        The survey layer.
    key, layer
        Of the source, for the findings.

    Returns
    -------
    list of DataFrame
        One frame a rule. Widths are compared where the file tells one and the standard's is verified; wider is right.
    """
    types, widths = [], []
    for spec in F.survey_fields(role):
        column = columns.get(spec.name)
        if column is None:
            continue
        if _is_of_another_type(spec, column):
            types.append((spec.name, column.kind, f"标准为{'数值' if spec.kind == 'number' else '文本'}"))
        elif _is_narrower(spec, column):
            widths.append(
                (spec.name, _width(column.width, column.decimals), f"标准为{_standard_width(spec)}")
            )
    found = []
    for code, rows in ((TYPE_DIFFERS, types), (WIDTH_DIFFERS, widths)):
        if rows:
            names, values, details = (list(part) for part in zip(*rows, strict=True))
            shown = [_KINDS.get(value, value) for value in values]
            found.append(findings(code, dataset=key, layer=layer, field=names, value=shown, detail=details))
    return found


def _is_of_another_type(spec: F.SurveyField, column: RawColumn) -> bool:
    if spec.kind == "number":
        return column.kind == "text"
    return column.kind in _NUMBERS


def _is_narrower(spec: F.SurveyField, column: RawColumn) -> bool:
    if not column.width or spec.certainty != VERIFIED:
        return False
    if spec.kind == "number" and spec.decimals:
        return column.decimals < spec.decimals or column.width < spec.length
    return column.width < spec.length


def _width(width: int, decimals: int) -> str:
    return f"{width},{decimals}" if decimals else str(width)


def _standard_width(spec: F.SurveyField) -> str:
    return _width(spec.length, spec.decimals)


def obligatory_fields_left_empty(patches: Patches, key: str) -> Iterator[pd.DataFrame]:
    """Records whose obligatory field is empty while others of the layer have it; many of them make one finding.

    Source: obligation as in ``model/data/survey_fields.csv``, unverified.
    """
    for spec in F.survey_fields(patches.layer):
        if spec.mandatory != "M" or spec.name in _ASKED_ELSEWHERE:
            continue
        at = np.flatnonzero(patches.frame[spec.name].isna().to_numpy(dtype=bool))
        if not 0 < len(at) < len(patches.frame):
            continue
        if len(at) > survey_limit("rows_per_empty_field"):
            yield folded(LEFT_EMPTY, patches, at, key, name=spec.name)
        else:
            yield findings(
                LEFT_EMPTY, dataset=key, feature=patches.frame["source_ref"].iloc[at].tolist(), field=spec.name,
                detail=[spec.alias] * len(at),
            )  # fmt: skip
