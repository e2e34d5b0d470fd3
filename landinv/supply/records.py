"""Approvals that have no shape: their balance in declared areas, numbers only."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from landinv.model.findings import concat_findings, findings
from landinv.model.keys import normal_document_nos
from landinv.supply.approvals import SEPARATOR, column, record_order, text_column

RECORD_BALANCE_COLUMNS: Final = ("approval_no", "approved_m2", "supplied_m2", "unsupplied_m2", "source_refs")
_TOLERANCE_M2: Final = 0.005


def balance_records(
    approvals_without_shape: pd.DataFrame, supplies: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Approved, supplied and unsupplied area of approvals known by their records only.

    Parameters
    ----------
    approvals_without_shape
        Canonical columns of role ``approvals`` with ``source_ref``; areas m². Rows of one number are one approval,
        their areas added up.
    supplies
        Canonical columns of role ``supplies``, with or without shapes; joined by the normal form of approval_no.

    Returns
    -------
    tuple of DataFrame
        Columns approval_no, approved_m2 (declared), supplied_m2 (sum of the declared areas of the supplies that cite
        it), unsupplied_m2 (NaN without an approved area; negative where more was supplied), source_refs; by the normal
        form of the number, index 0..n-1. And findings S016 to S018.
    """
    ref = text_column(approvals_without_shape, "source_ref").fillna("")
    rows = pd.DataFrame(
        {
            "source_ref": ref,
            "approval_no": text_column(approvals_without_shape, "approval_no").fillna("无文号-" + ref),
            "approved_m2": _numbers(approvals_without_shape, "approved_area"),
        }
    )
    rows = rows.assign(key=normal_document_nos(rows["approval_no"]).astype("object"), order=record_order(ref))
    by_key = rows.sort_values(["order", "approval_no"], kind="stable").groupby("key")
    cited = _cited(supplies)
    balance = pd.DataFrame(
        {
            "approval_no": by_key["approval_no"].first(),
            "approved_m2": by_key["approved_m2"].sum(min_count=1),
            "source_refs": by_key["source_ref"].agg(SEPARATOR.join),
        }
    )
    supplied = cited.groupby("key")["area_m2"].sum().reindex(balance.index).fillna(0.0).astype("float64")
    balance = balance.assign(supplied_m2=supplied, unsupplied_m2=balance["approved_m2"] - supplied)
    found = _record_findings(balance, cited[cited["key"].isin(balance.index)])
    return balance.reset_index(drop=True)[list(RECORD_BALANCE_COLUMNS)], found


def _cited(supplies: pd.DataFrame) -> pd.DataFrame:
    key = normal_document_nos(text_column(supplies, "approval_no")).astype("object")
    ref = text_column(supplies, "source_ref").fillna("")
    cited = pd.DataFrame({"key": key, "source_ref": ref, "area_m2": _numbers(supplies, "supplied_area")})
    order = cited.assign(order=record_order(ref)).sort_values(["order", "area_m2"], kind="stable").index
    return cited.loc[order].dropna(subset="key")


def _numbers(frame: pd.DataFrame, name: str) -> pd.Series:
    return pd.to_numeric(column(frame, name), errors="coerce").astype("float64")


def _record_findings(balance: pd.DataFrame, cited: pd.DataFrame) -> pd.DataFrame:
    over = balance[balance["unsupplied_m2"] < -_TOLERANCE_M2]
    unknown = balance[np.isnan(balance["approved_m2"].to_numpy())]
    without_area = cited[cited["area_m2"].isna()]
    return concat_findings(
        [
            findings(
                "S016",
                dataset="approvals",
                feature=over["source_refs"],
                field="approved_area",
                value=[f"{area:.2f}" for area in over["approved_m2"]],
                detail=[
                    f"{number}：批准{approved:.2f}平方米，已供{supplied:.2f}平方米"
                    for number, approved, supplied in zip(
                        over["approval_no"], over["approved_m2"], over["supplied_m2"], strict=True
                    )
                ],
            ),
            findings(
                "S017",
                dataset="approvals",
                feature=unknown["source_refs"],
                field="approved_area",
                detail=unknown["approval_no"],
            ),
            findings("S018", dataset="supplies", feature=without_area["source_ref"], field="supplied_area"),
        ]
    )
