"""What the workbook is made of, and its sheets by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

import geopandas as gpd
import pandas as pd

from landinv.model.datasets import SourceAccount
from landinv.model.options import CountyOptions

COVER: Final = "目录与说明"
SUMMARY: Final = "汇总"
UNSUPPLIED: Final = "批而未供土地台账"
UNSTARTED: Final = "供而未用土地台账"
IDLE_LAND: Final = "闲置土地台账"
UNDECIDED: Final = "无法判断清单"
BALANCE: Final = "批文面积平衡表"
PROJECTS: Final = "项目用地清单"
VISITS: Final = "踏勘清单"
FINDINGS: Final = "问题清单"
SLIVERS: Final = "碎片清单"
RECONCILIATION: Final = "批准未建设核对表"
SURVEY_STATISTIC: Final = "批准未建设统计表"
REGISTERS: Final = (UNSUPPLIED, UNSTARTED, IDLE_LAND, UNDECIDED)


@dataclass(frozen=True)
class WorkbookContent:
    """Everything the workbook shows.

    Frames are in the county's CRS and in m² and 万元. ``parcels`` has the canonical columns; ``balance`` and
    ``balance_records`` are what the derivation gives; ``approvals``, ``supplies`` and ``projects`` have their roles'
    canonical fields (and ``source_refs`` or ``source_ref``, ``project_key``) and may be empty; ``visits`` is what
    :func:`landinv.fieldwork.visit_order.visit_order` gives; ``reconciliation`` and ``survey_statistic`` hold the
    survey's own layer of approved and unbuilt land against the derived land (empty where the bureau has none);
    ``unverified`` names the facts of the ruleset that the bureau has to confirm.
    """

    county: CountyOptions
    as_of: date
    ruleset: str
    parcels: gpd.GeoDataFrame
    balance: pd.DataFrame
    balance_records: pd.DataFrame
    findings: pd.DataFrame
    slivers: gpd.GeoDataFrame
    links: pd.DataFrame
    visits: pd.DataFrame
    approvals: pd.DataFrame = field(default_factory=pd.DataFrame)
    supplies: pd.DataFrame = field(default_factory=pd.DataFrame)
    projects: pd.DataFrame = field(default_factory=pd.DataFrame)
    reconciliation: pd.DataFrame = field(default_factory=pd.DataFrame)
    survey_statistic: pd.DataFrame = field(default_factory=pd.DataFrame)
    accounts: tuple[SourceAccount, ...] = ()
    unverified: tuple[str, ...] = ()
