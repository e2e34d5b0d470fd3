"""Join approvals that came as shapes with those that came as rows of a ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from landinv.ledger.canonical_rows import shown, stack_rows
from landinv.model.findings import concat_findings, findings, no_findings
from landinv.model.keys import normal_document_nos

_FILLED: Final = ("batch_name", "approval_kind", "authority", "approved_on", "compensated", "approval_status")
_COMPARED: Final = ("approval_kind", "authority", "approved_on", "compensated", "approval_status")


@dataclass(frozen=True)
class ApprovalJoin:
    """``shapes``: approvals with geometry, gaps filled from the ledger; ``records``: those that have no shape."""

    shapes: gpd.GeoDataFrame
    records: pd.DataFrame
    findings: pd.DataFrame


def join_approval_records(frames: Sequence[gpd.GeoDataFrame | pd.DataFrame], *, crs: str) -> ApprovalJoin:
    """Approvals of all sources: shapes with what the ledger adds, and records without a shape.

    Parameters
    ----------
    frames
        Canonical approvals (role ``approvals``) with ``source_ref``; shapes in ``crs``, tables without geometry.

    Returns
    -------
    ApprovalJoin
        Both frames have index 0..n-1, ordered by source row. A missing approval number is replaced by
        ``无文号-<source row>`` so that no land is lost.
    """
    shaped = [f for f in frames if isinstance(f, gpd.GeoDataFrame)]
    tables = [f for f in frames if not isinstance(f, gpd.GeoDataFrame)]
    shapes, unnumbered_shapes = _numbered(stack_rows(shaped, "approvals"))
    records, unnumbered_records = _numbered(stack_rows(tables, "approvals"))
    keys, known = normal_document_nos(records["approval_no"]), normal_document_nos(shapes["approval_no"])
    repeated = records[keys.duplicated(keep=False)]
    matched = keys.isin(set(known))
    filled, disagreements = _filled(shapes, records[matched & ~keys.duplicated()])
    only = records[~matched].reset_index(drop=True)
    found = [
        unnumbered_shapes,
        unnumbered_records,
        _rows("P001", only),
        _rows("P003", repeated),
        disagreements,
    ]
    parts = [np.asarray(f.geometry.array) for f in shaped]
    geometry = np.concatenate([np.empty(0, dtype=np.object_), *parts])
    return ApprovalJoin(gpd.GeoDataFrame(filled, geometry=geometry, crs=crs), only, concat_findings(found))


def _numbered(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    bare = frame["approval_no"].isna() | (frame["approval_no"] == "")
    numbered = frame.assign(approval_no=frame["approval_no"].where(~bare, "无文号-" + frame["source_ref"]))
    return numbered, _rows("P004", frame[bare])


def _rows(code: str, rows: pd.DataFrame) -> pd.DataFrame:
    if rows.empty:
        return concat_findings([])
    return findings(
        code,
        dataset=rows["source_ref"].str.partition("#")[0].to_list()[0],
        feature=rows["source_ref"].to_list(),
        field="approval_no",
        value=rows["approval_no"].fillna("").to_list(),
    )


def _filled(shapes: pd.DataFrame, records: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    if records.empty or shapes.empty:
        return shapes, no_findings()
    by_no = records.assign(key=normal_document_nos(records["approval_no"])).set_index("key")
    told = by_no.reindex(normal_document_nos(shapes["approval_no"])).set_index(shapes.index)
    columns, found = {}, []
    for column in _FILLED:
        differs = (
            shapes[column].notna() & told[column].notna() & (shown(shapes[column]) != shown(told[column]))
        )
        if column in _COMPARED and differs.any():
            found.append(_disagreement(shapes[differs], column, shown(told.loc[differs, column])))
        columns[column] = shapes[column].where(shapes[column].notna(), told[column])
    references = told["source_ref"]
    joined = shapes["source_ref"].where(references.isna(), shapes["source_ref"] + ";" + references.fillna(""))
    return shapes.assign(**columns, source_ref=joined), concat_findings(found)


def _disagreement(rows: pd.DataFrame, column: str, told: pd.Series) -> pd.DataFrame:
    return findings(
        "P002",
        dataset="approvals",
        feature=rows["source_ref"].to_list(),
        field=column,
        value=shown(rows[column]).to_list(),
        detail=[f"台账为{value}" for value in told],
    )
