"""Rows that speak of one thing: labels by their keys, one row out of many, and where the many disagree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from landinv.ledger.canonical_rows import comparable, shown
from landinv.model.roles import role_fields

AREA_ROUNDING_M2: Final = 4.0  # one sheet in 亩 with two decimals, another in hectares with four


def labels_by_keys(keys: pd.DataFrame) -> pd.Series:
    """Label of the thing each row speaks of.

    Parameters
    ----------
    keys
        One column of normal forms per key, strongest first; missing where a row does not bear it.

    Returns
    -------
    Series
        Text, index of ``keys``. Rows with the strongest key are labelled by it. A row without it joins the rows that
        share its next key if all of those carry one label; otherwise that key is its label. A row without any key is
        alone.

    Examples
    --------
    >>> labels_by_keys(pd.DataFrame({"a": ["1", None, None], "b": ["x", "x", None]})).tolist()
    ['a:1', 'a:1', 'row:2']
    """
    labels: pd.Series = pd.Series(np.nan, index=keys.index, dtype="str")
    for name in keys:
        key = keys[name]
        bearers = pd.DataFrame({"key": key, "label": labels}).dropna().drop_duplicates()
        single = bearers[~bearers["key"].duplicated(keep=False)].set_index("key")["label"]
        joined = key.map(single).astype("str")
        own = f"{name}:" + key.astype("str")
        labels = labels.where(labels.notna(), joined.where(joined.notna(), own))
    alone = pd.Series([f"row:{n}" for n in range(len(keys))], index=keys.index, dtype="str")
    return labels.where(labels.notna(), alone)


def first_filled(rows: pd.DataFrame, labels: pd.Series) -> pd.DataFrame:
    """One row per label, in order of first appearance: of each column the first value that is filled.

    ``source_ref`` becomes ``source_refs``, all of them joined by ``;``. The index holds the labels.
    """
    merged = rows.groupby(labels, sort=False).first()
    # Text is joined only where there is more than one row: a call per group is slow, and groups are mostly single
    repeated = labels.duplicated(keep=False)
    several = rows.loc[repeated, "source_ref"].groupby(labels[repeated], sort=False)
    refs = several.agg(lambda texts: ";".join(dict.fromkeys(t for t in texts if t))).astype("str")
    merged = merged.rename(columns={"source_ref": "source_refs"})
    return merged.assign(source_refs=refs.reindex(merged.index).fillna(merged["source_refs"]))


def disagreements(rows: pd.DataFrame, labels: pd.Series, *, role: str, fields: Sequence[str]) -> pd.DataFrame:
    """Fields in which rows of one label hold different filled values; areas differ from 4 m² on.

    Returns
    -------
    DataFrame
        Columns label, field, value (every distinct value with its source row), one row per label and field.
    """
    repeated = labels.duplicated(keep=False)
    rows, labels = rows[repeated], labels[repeated]
    same_form = comparable(rows, role, fields=fields)
    areas = {field.name for field in role_fields(role) if field.kind == "area"}
    found = [pd.DataFrame({"label": [], "field": [], "value": []}, dtype="str")]
    for field in (name for name in fields if same_form[name].notna().any()):
        apart = _labels_apart(same_form[field], labels, is_area=field in areas)
        differing = labels.isin(apart) & same_form[field].notna()
        parts = pd.DataFrame({"label": labels[differing], "form": same_form.loc[differing, field]})
        values = shown(rows.loc[differing, field]) + "［" + rows.loc[differing, "source_ref"] + "］"
        parts = parts.assign(value=values).drop_duplicates(["label", "form"])
        joined = parts.groupby("label", sort=False)["value"].agg("；".join)
        found.append(pd.DataFrame({"label": joined.index, "field": field, "value": joined.to_numpy()}))
    whole = pd.concat(found, ignore_index=True)
    order = pd.Series(range(len(labels)), index=labels.to_numpy()).groupby(level=0).first()
    return whole.sort_values("label", key=lambda names: names.map(order), kind="stable", ignore_index=True)


def _labels_apart(forms: pd.Series, labels: pd.Series, *, is_area: bool) -> pd.Index:
    grouped = forms.groupby(labels)
    if is_area:
        spread = grouped.max() - grouped.min()
        return spread.index[spread > AREA_ROUNDING_M2]
    distinct = grouped.nunique()
    return distinct.index[distinct > 1]


def distinct_sublabels(rows: pd.DataFrame, labels: pd.Series, *, role: str) -> pd.Series:
    """Labels in which rows that contradict each other are told apart.

    A label whose rows do not contradict each other is kept. In the others the first row keeps it, and each differing
    row gets ``label ~2``, ``label ~3`` … (no key holds a blank); rows equal in every field stay together.
    """
    fields = [field.name for field in role_fields(role)]
    contested = disagreements(rows, labels, role=role, fields=fields)
    inside = labels.isin(set(contested["label"]))
    if not inside.any():
        return labels
    forms = comparable(rows[inside], role, fields=fields)
    content = forms.groupby(fields, sort=False, dropna=False).ngroup()
    rank = content.groupby(labels[inside]).transform(lambda numbers: pd.factorize(numbers)[0])
    suffix = pd.Series([f" ~{n + 1}" if n else "" for n in rank], index=rank.index, dtype="str")
    return labels.where(~inside, labels + suffix.reindex(labels.index))
