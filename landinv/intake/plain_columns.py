"""A source without a role: every column as it stands, and what its own header and type show to be wrong.

Codes and texts stay exact text, number and date fields become numbers and dates, units are not converted; the findings
say which values are not what their column claims to hold.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.errors import FieldValueError
from landinv.i18n import gettext as _
from landinv.i18n import official
from landinv.intake.area_units import PLAUSIBLE_MEDIAN_M2
from landinv.intake.headers import header_unit, normal_header
from landinv.intake.log import SOURCE_REF, Canonical, Log
from landinv.intake.raw import RawColumn, RawLayer
from landinv.intake.values import AREA_UNITS, parse_codes, parse_dates, parse_numbers
from landinv.model.datasets import Evidence
from landinv.model.findings import findings

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_IDENTIFIERS: Final = ("bsm", "标识码")
_CODE: Final = re.compile(r"(代码|编码|编号|监管号|合同号|宗地号|dm|bm|bh|jgh)$")
_NUMBER: Final = re.compile(r"(^|_)(id|fid|gid|oid|uid|code|key|no)$|号$")
_DATE: Final = re.compile(r"(日期|时间|rq|_on)$")
_AREA: Final = re.compile(r"(面积|mj)$")
_PATCH_AREA: Final = "tbmj"
# Where most areas agree with their shapes to the last decimal stored, one that does not is damage or an edit; where
# they do not, only another parcel's area or another unit stands out.
_EXACT_M2: Final = (0.0055, 0.02)
_MOST: Final = 0.8
_SHOWN_CODES: Final = 20
_AREA_SHARE: Final = 0.01
_AREA_SLACK_M2: Final = 0.5


def every_column(layer: RawLayer, key: str, shape_areas: Sequence[FloatArray]) -> Canonical:
    """Every source column under its own name, in file order, then ``source_ref``.

    Records whose identifier lost digits are set aside; every other doubt is a finding.

    Parameters
    ----------
    layer
        Raw columns.
    key
        Key of the source, for findings.
    shape_areas
        Areas of the shapes (m²; NaN: none) by each measure a declared area may follow; empty for tables.
    """
    log = Log(layer, key)
    unusable = np.zeros(len(layer), bool)
    frame: dict[str, pd.Series] = {}
    for column in layer.columns:
        log.failed_cells(column, column.name)
        values = column.text
        header = normal_header(column.name)
        if _names_records(column.name):
            values = _codes(column, log, unusable, is_identifier=header in _IDENTIFIERS)
        elif column.kind == "date" or _DATE.search(header):
            values = _dates(column, log)
        elif column.kind in ("integer", "real") or _AREA.search(header):
            values = _numbers(column, log, shape_areas if header == _PATCH_AREA else ())
        frame[column.name] = values
        _tell_words(column, log)
    names = [normal_header(c.name) for c in layer.columns]
    if layer.shapes is None and not any(_names_records(n) or _NUMBER.search(n) for n in names):
        log.findings.append(findings("I124", dataset=key, layer=layer.layer))
    whole = pd.DataFrame(frame, index=range(len(layer)))
    whole[SOURCE_REF] = layer.refs
    fields = {c.name: c.name for c in layer.columns}
    return Canonical(whole, unusable, fields, tuple(log.findings), tuple(log.evidence))


def _tell_words(column: RawColumn, log: Log) -> None:
    """The words of a column's coded values; the codes stay, and what they mean is not lost with the geodatabase."""
    words = log.layer.words(column.name)
    used = [code for code in column.text.dropna().unique() if code in words] if words else []
    if used:
        told = "、".join(f"{code}={words[code]}" for code in used[:_SHOWN_CODES])
        log.evidence.append(Evidence(f"words of {column.name}", told, official("fixed by the format"), 1.0))


def _names_records(name: str) -> bool:
    header = normal_header(name)
    return header in _IDENTIFIERS or bool(_CODE.search(header))


def _codes(column: RawColumn, log: Log, unusable: BoolArray, *, is_identifier: bool) -> pd.Series:
    parsed = parse_codes(column.text, column.numeric)
    log.rows(
        "I026", parsed.bad, column.name, values=column.text, action="quarantined" if is_identifier else ""
    )
    if not is_identifier:
        return parsed.values
    if parsed.bad.any() and not (~parsed.bad & column.text.notna()).any():
        raise FieldValueError(
            _(
                "{path}: every value of {field} was stored as a number and has lost digits, such as {value}."
            ).format(path=log.layer.title, field=column.name, value=column.text[parsed.bad].iloc[0]),
            hint=_(
                "Make the column text at the source and export again; lost digits cannot be brought back."
            ),
        )
    unusable |= parsed.bad
    half = column.text.map(lambda t: "".join(unicodedata.normalize("NFKC", t).split()), na_action="ignore")
    unlike = ((half != column.text) | (parsed.values != column.text)) & column.text.notna()
    log.rows("I044", unlike.to_numpy(dtype=bool), column.name, values=column.text)
    log.rows("A009", parsed.values.isna().to_numpy(dtype=bool), column.name)
    repeated = half.notna() & half.duplicated(keep=False)
    log.rows("A007", repeated.to_numpy(dtype=bool), column.name, values=column.text)
    return parsed.values


def _dates(column: RawColumn, log: Log) -> pd.Series:
    """Dates of a date field; the text as it stands of a column that is only named like one."""
    parsed = parse_dates(column.text, column.numeric)
    log.rows("I023", parsed.bad, column.name, values=column.text)
    if parsed.incomplete is not None:
        log.rows("I024", parsed.incomplete, column.name, values=column.text)
    return parsed.values if column.kind == "date" else column.text


def _numbers(column: RawColumn, log: Log, shape_areas: Sequence[FloatArray]) -> pd.Series:
    """Numbers of a number field; of a column that is only named like one, if all its values are plain numbers."""
    parsed = parse_numbers(column.text, AREA_UNITS)
    log.rows("I022", parsed.bad, column.name, values=column.text)
    if parsed.units is not None and parsed.units.notna().any():
        log.rows("I045", parsed.units.notna().to_numpy(dtype=bool), column.name, values=column.text)
    plain_text = pd.to_numeric(column.text, errors="coerce").notna()
    log.rows(
        "I064", (parsed.values.notna() & ~plain_text).to_numpy(dtype=bool), column.name, values=column.text
    )
    if (
        column.kind == "cells"
        and not header_unit(column.unit_text, AREA_UNITS)
        and not _noted_unit(log.layer)
    ):
        median = float(parsed.values[parsed.values > 0].median())
        if median < PLAUSIBLE_MEDIAN_M2:
            log.column("I028", name=column.name, detail=f"中位数{median:g}")
    if len(shape_areas):
        off = _differs(parsed.values.to_numpy(), shape_areas)
        log.rows("A006", off, column.name, values=_with_identifier(column, log.layer))
    plain = not parsed.bad.any() and (parsed.units is None or not parsed.units.notna().any())
    if column.kind == "integer" and plain:
        return parsed.values.astype("Int64")
    return parsed.values if column.kind in ("integer", "real") or plain else column.text


def _differs(declared: FloatArray, shape_areas: Sequence[FloatArray]) -> BoolArray:
    """Records whose declared area is not that of their shape, by the measure most of the others follow."""
    with np.errstate(invalid="ignore"):
        gaps = [np.abs(declared - area) for area in shape_areas]
        for tolerance in _EXACT_M2:
            exact = [gap <= tolerance for gap in gaps]
            best = max(range(len(gaps)), key=lambda i: int(exact[i].sum()))
            known = np.isfinite(gaps[best])
            if exact[best].sum() >= _MOST * known.sum():
                return known & ~exact[best]
        off: BoolArray = gaps[best] > np.maximum(_AREA_SLACK_M2, _AREA_SHARE * shape_areas[best])
        return off


def _noted_unit(layer: RawLayer) -> bool:
    return any("单位" in note and header_unit(note, AREA_UNITS) for note in layer.notes)


def _with_identifier(column: RawColumn, layer: RawLayer) -> pd.Series:
    """Value and identifier of each record, so that a clerk finds the parcel."""
    named = next((c for c in layer.columns if normal_header(c.name) in _IDENTIFIERS), None)
    if named is None:
        return column.text
    return replace(column, text=column.text.fillna("") + "；BSM " + named.text.fillna("")).text
