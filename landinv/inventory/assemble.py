"""Put the parcel together: residual parts and judged supplies become rows with the register's columns."""

from __future__ import annotations

from typing import Any, Final

import geopandas as gpd
import pandas as pd

from landinv.model.keys import normal_document_nos
from landinv.model.parcels import APPROVED_UNSUPPLIED, parcel_columns

RESIDUAL: Final = "P"
SUPPLY: Final = "S"
_SUPPLY_COLUMNS: Final = (
    "holder", "location", "parcel_code", "supply_method", "price_wan", "disposal", "approval_no",
    "supervision_no", "contract_no", "project_code", "project_name", "idle_cause",
)  # fmt: skip
_JUDGED_COLUMNS: Final = (
    "kind", "idle_level", "idle_since", "idle_days", "fee_wan", "rule_id", "clause", "reason", "flags",
    "next_change_on", "next_kind", "would_change", "ruleset",
)  # fmt: skip
_APPROVAL_COLUMNS: Final = (
    "approved_on", "cohort", "flags", "next_change_on", "next_kind", "rule_id", "clause", "reason", "would_change",
    "ruleset",
)  # fmt: skip
_DTYPES: Final = {
    "text": "str",
    "number": "float64",
    "integer": "Int64",
    "date": "datetime64[s]",
    "bool": "boolean",
}
NO_SHAPE: Final = "只有台账记录，没有图形。"


def residual_parcels(parts: gpd.GeoDataFrame, approvals: pd.DataFrame) -> gpd.GeoDataFrame:
    """Parcels of what was approved and never supplied.

    Parameters
    ----------
    parts
        Residual parts that are no slivers: approval_no, source_refs, geometry.
    approvals
        One row an approval: approval_no and the judgement (approved_on, cohort, flags, rule_id, clause, reason, …).

    Returns
    -------
    GeoDataFrame
        Canonical columns (missing where not known yet) and family, natural_key, geometry.
    """
    frame = gpd.GeoDataFrame(
        parts[["approval_no", "source_refs"]].assign(kind=APPROVED_UNSUPPLIED),
        geometry=parts.geometry.array,
        crs=parts.crs,
    )
    return _with_approval(frame, approvals)


def record_parcels(records: pd.DataFrame, approvals: pd.DataFrame, *, crs: str) -> gpd.GeoDataFrame:
    """Parcels of approvals that have no shape and are not wholly supplied by the numbers.

    ``records`` are rows of the balance of records (approval_no, unsupplied_m2, source_refs), areas in m².
    """
    left = records[~(records["unsupplied_m2"] <= 0)]  # an approval of unknown area stays
    frame = gpd.GeoDataFrame(
        left[["approval_no", "source_refs"]].assign(
            kind=APPROVED_UNSUPPLIED, area_declared_m2=left["unsupplied_m2"].to_numpy()
        ),
        geometry=gpd.GeoSeries([None] * len(left), index=left.index, crs=crs),
        crs=crs,
    )
    return _without_shape_said(_with_approval(frame, approvals))


def _with_approval(frame: gpd.GeoDataFrame, approvals: pd.DataFrame) -> gpd.GeoDataFrame:
    by_no = (
        approvals.assign(key=normal_document_nos(approvals["approval_no"]))
        .drop_duplicates("key")
        .set_index("key")
    )
    keys = normal_document_nos(frame["approval_no"])
    columns = {c: keys.map(by_no[c]) for c in _APPROVAL_COLUMNS if c in by_no}
    return _canonical(frame.assign(**columns, family=RESIDUAL, natural_key=keys))


def supply_parcels(supplies: gpd.GeoDataFrame, judged: pd.DataFrame) -> gpd.GeoDataFrame:
    """Parcels of supplies whose judgement has a kind; those built or on schedule are no parcels.

    Both frames share one index. ``supplied_area`` (m²) becomes the declared area.
    """
    kept = judged["kind"].notna()
    rows = supplies[kept]
    given = {c: rows[c] for c in _SUPPLY_COLUMNS if c in rows}
    computed = {c: judged.loc[kept, c] for c in _JUDGED_COLUMNS if c in judged}
    frame = gpd.GeoDataFrame(
        {**given, **computed, "area_declared_m2": rows["supplied_area"], "source_refs": rows["source_refs"]},
        geometry=rows.geometry.array,
        index=rows.index,
        crs=supplies.crs,
    )
    return _without_shape_said(_canonical(frame.assign(family=SUPPLY, natural_key=rows["record_key"])))


def join_parcels(frames: list[gpd.GeoDataFrame], *, crs: str) -> gpd.GeoDataFrame:
    """All parcels in one frame, index 0..n-1, in an order that does not depend on the order of the input."""
    whole = pd.concat(frames, ignore_index=True)
    bounds = whole.geometry.bounds
    order = (
        whole[["family", "natural_key"]]
        .assign(y=-bounds["maxy"].round(2), x=bounds["minx"].round(2), ref=whole["source_refs"])
        .sort_values(["family", "natural_key", "y", "x", "ref"], kind="stable")
        .index
    )
    return gpd.GeoDataFrame(whole.loc[order].reset_index(drop=True), geometry="geometry", crs=crs)


def _without_shape_said(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    bare = frame.geometry.isna() | frame.geometry.is_empty
    reason = frame["reason"].where(~bare, frame["reason"].fillna("") + NO_SHAPE)
    flags = frame["flags"].fillna("")
    marked = (flags + ";no_shape").str.lstrip(";")
    return frame.assign(reason=reason, flags=flags.where(~bare, marked))


def _canonical(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Every register column with its type, those not known yet missing."""
    columns = {}
    for column in parcel_columns():
        dtype = _DTYPES[column.kind]
        given = (
            frame[column.name]
            if column.name in frame
            else pd.Series(pd.NA, index=frame.index, dtype="object")
        )
        columns[column.name] = _typed(given, dtype)
    extra = {"family": frame["family"], "natural_key": frame["natural_key"]}
    return gpd.GeoDataFrame(
        {**columns, **extra}, geometry=frame.geometry.array, index=frame.index, crs=frame.crs
    )


def _typed(values: pd.Series, dtype: Any) -> pd.Series:
    if dtype == "str":
        values = values.where(values.notna(), None)
    elif dtype == "datetime64[s]":
        values = pd.to_datetime(values)
    elif dtype == "float64":
        values = pd.to_numeric(values)
    typed: pd.Series = values.astype(dtype)
    return typed
