"""The survey's layer of approved and unbuilt land held against the derived land, where the bureau has that layer."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from landinv.model.findings import no_findings
from landinv.supply.reconciliation import (
    RECONCILED_COLUMNS,
    STATISTIC_COLUMNS,
    reconcile_unbuilt,
    unbuilt_statistic,
)


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame(columns=list(RECONCILED_COLUMNS))


def _no_statistic() -> pd.DataFrame:
    return pd.DataFrame(columns=list(STATISTIC_COLUMNS))


@dataclass(frozen=True)
class SurveyCheck:
    """Rows, totals, statistic and findings of :mod:`landinv.supply.reconciliation`; empty where there is no layer."""

    rows: pd.DataFrame = field(default_factory=_no_rows)
    totals: dict[str, float] = field(default_factory=dict)
    statistic: pd.DataFrame = field(default_factory=_no_statistic)
    findings: pd.DataFrame = field(default_factory=no_findings)


def survey_check(
    survey: gpd.GeoDataFrame | None,
    parts: gpd.GeoDataFrame,
    *,
    lines: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame],
    dltb: gpd.GeoDataFrame | None,
    crs: str,
) -> SurveyCheck:
    """Reconcile PZWJSTD with the residual parts and make its statistic; ``lines`` are approvals and supplies."""
    if survey is None or survey.empty:
        return SurveyCheck()
    approvals, supplies = lines
    held = reconcile_unbuilt(survey, parts, approvals=approvals, supplies=supplies, crs=crs)
    statistic = _no_statistic() if dltb is None else unbuilt_statistic(survey, dltb, crs=crs)
    return SurveyCheck(held.rows, held.totals, statistic, held.findings)
