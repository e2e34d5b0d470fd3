"""Rows of several sources stacked under the canonical fields of a role, with forms in which values can be compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

import pandas as pd

from landinv.model.keys import normal_codes, normal_document_nos
from landinv.model.roles import RoleField, role_fields

PANDAS_TYPES: Final = {"date": "datetime64[s]", "area": "float64", "money": "float64", "bool": "boolean"}
DECIMALS: Final = {"area": 2, "money": 4}
DOCUMENT_FIELDS: Final = ("contract_no", "approval_no", "notice_no", "determination_no")


def stack_rows(frames: Sequence[pd.DataFrame], role: str) -> pd.DataFrame:
    """Rows of all frames one after the other: the role's fields and ``source_ref``, typed; index 0..n-1.

    Areas are m², money 万元, dates ``datetime64[s]``; absent columns are missing.
    """
    fields = role_fields(role)
    names = [field.name for field in fields]
    given = [pd.DataFrame(f).reindex(columns=[*names, "source_ref"]) for f in frames]
    typed = [f.astype(_types(fields)) for f in given]
    if not typed:
        return pd.DataFrame(columns=[*names, "source_ref"]).astype(_types(fields))
    rows = pd.concat(typed, ignore_index=True)
    text = [field.name for field in fields if field.kind not in PANDAS_TYPES]
    trimmed = {name: rows[name].str.strip().replace("", None) for name in text}
    return rows.assign(**trimmed, source_ref=rows["source_ref"].fillna(""))


def comparable(rows: pd.DataFrame, role: str, *, fields: Sequence[str] = ()) -> pd.DataFrame:
    """Fields in forms that are equal where a reader would call them equal; missing stays missing.

    ``fields`` names some of the role's fields, in the order wanted; empty means all.
    """
    known = {field.name: field for field in role_fields(role)}
    return pd.DataFrame(
        {name: _comparable(rows[name], known[name]) for name in (fields or known)}, index=rows.index
    )


def normal_names(values: pd.Series) -> pd.Series:
    """Names for comparison: half-width, upper case, without blanks; missing stays missing."""
    return values.map(normal_name, na_action="ignore").astype("str")


def normal_name(text: str) -> str:
    """One name for comparison.

    Examples
    --------
    >>> normal_name("示例 一号（ＡＢ）项目")
    '示例一号(AB)项目'
    """
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def shown(values: pd.Series) -> pd.Series:
    """Values as a clerk reads them: ISO dates, plain numbers, empty text where missing."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return pd.Series(values.dt.strftime("%Y-%m-%d"), dtype="str").fillna("")
    if pd.api.types.is_float_dtype(values):
        texts = ["" if pd.isna(number) else f"{number:.12g}" for number in values]
        return pd.Series(texts, index=values.index, dtype="str")
    return values.astype("str").fillna("")


def _types(fields: Sequence[RoleField]) -> dict[str, str]:
    return {field.name: PANDAS_TYPES.get(field.kind, "str") for field in fields} | {"source_ref": "str"}


def _comparable(values: pd.Series, field: RoleField) -> pd.Series:
    if values.isna().all():
        return values
    if field.name in DOCUMENT_FIELDS:
        return normal_document_nos(values).astype("str")
    if field.kind == "code":
        return normal_codes(values).astype("str")
    if field.kind in DECIMALS:
        return values.round(DECIMALS[field.kind])
    return values if field.kind in PANDAS_TYPES else normal_names(values)
