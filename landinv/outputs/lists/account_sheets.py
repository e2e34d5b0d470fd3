"""The lists that account for the rest: balance, projects, visits, findings, slivers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.inventory.finding_states import found_now
from landinv.model.keys import normal_document_nos
from landinv.model.landclass import landclass_names
from landinv.model.parcels import APPROVED_UNSUPPLIED
from landinv.model.severity import SEVERITIES
from landinv.model.units import to_ha
from landinv.outputs.lists.content import (
    BALANCE,
    FINDINGS,
    PROJECTS,
    RECONCILIATION,
    SLIVERS,
    SURVEY_STATISTIC,
    VISITS,
    WorkbookContent,
)
from landinv.outputs.lists.csv import sliver_points
from landinv.outputs.lists.joined import with_approvals
from landinv.outputs.lists.registers import printed_parcels
from landinv.outputs.lists.sheet_table import SheetTable, sheet_columns
from landinv.reports.rounding import HA_DECIMALS, M2_DECIMALS, foot_table, foot_within, shown_areas

BY_SHAPE: Final = "图形核算"
BY_NUMBERS: Final = "数字核算"
PARTS: Final = ("overlap", "withdrawn", "deducted", "supplied", "unsupplied", "sliver")
_SAME: Final = 20  # last places: the most that rounding its parcels may move an approval's sum
_CLASS_COLUMNS: Final = ("approved_use", "landclass_code")
_RESPONSIBLE_UNKNOWN: Final = "责任方不明"


def account_sheets(content: WorkbookContent) -> list[SheetTable]:
    """The lists after the registers, in the order of the workbook."""
    return [
        balance_sheet(content), projects_sheet(content), visits_sheet(content), findings_sheet(content),
        slivers_sheet(content), *survey_sheets(content),
    ]  # fmt: skip


def balance_sheet(content: WorkbookContent) -> SheetTable:
    """Balance of each approval in 公顷 and m², footing down and across.

    The approved area printed is the sum of the parts printed; the closing difference stands unrounded beside it.
    Approvals without a shape follow, by their ledger's numbers.
    """
    shaped = _balance_figures(content.balance, _printed_elsewhere(content)).assign(basis=BY_SHAPE)
    recorded = _balance_figures(content.balance_records, {}).assign(basis=BY_NUMBERS)
    rows = pd.concat([f for f in (shaped, recorded) if len(f)] or [shaped], ignore_index=True)
    named = with_approvals(rows, content.approvals, pd.DataFrame()) if len(rows) else rows
    return SheetTable(
        sheet=BALANCE,
        title="批文面积平衡表",
        frame=named,
        unit_line=_unit_line("公顷、平方米（椭球面积）", content),
        group="basis" if len(shaped) and len(recorded) else "",
        note="批准面积＝重叠＋撤回＋核减＋已供＋未供＋碎片；闭合差为未取整的批准面积减去各项。"
        "重叠部分计入另一批文。“数字核算”为无图形批文，按台账所载面积计算。",
        unit_word="个",
        columns=sheet_columns(BALANCE),
    )


def projects_sheet(content: WorkbookContent) -> SheetTable:
    """Projects with the parcels linked to them; projects without land stand last, with their demand."""
    parcels = printed_parcels(content.parcels).set_index("parcel_id")
    looked_up = {
        c: content.links["parcel_id"].map(parcels[c]) for c in ("kind", "township", "area_ha", "area_mu")
    }
    links = content.links.assign(**looked_up)
    if "project_key" in content.projects:
        ledger = content.projects.drop_duplicates("project_key").set_index("project_key")
        fields = [c for c in ("owner", "level", "demand_area") if c in ledger]
        links = links.assign(**{c: links["project_key"].map(ledger[c]) for c in fields})
        without = content.projects[~content.projects["project_key"].isin(links["project_key"])]
        rows = pd.concat([f for f in (links, without.assign(evidence="尚未关联地块")) if len(f)] or [links])
    else:
        rows = links
    keys = [c for c in ("project_key", "parcel_id") if c in rows]
    linked = rows["parcel_id"].notna() if "parcel_id" in rows else pd.Series(data=False, index=rows.index)
    order = rows.assign(last=~linked).reset_index(drop=True).sort_values(["last", *keys], kind="stable")
    return SheetTable(
        sheet=PROJECTS,
        title="项目用地清单",
        frame=order.drop(columns="last"),
        unit_line=_unit_line("公顷、亩", content),
        totals=False,
        note="一宗地可与几个项目关联，面积不合计。",
        columns=sheet_columns(PROJECTS),
    )


def visits_sheet(content: WorkbookContent) -> SheetTable:
    """Parcels in the order of visit, township by township."""
    parcels = printed_parcels(content.parcels).set_index("parcel_id")
    fields = ("kind", "location", "holder", "area_ha", "area_mu", "township")
    looked_up = {c: content.visits["parcel_id"].map(parcels[c]) for c in fields}
    return SheetTable(
        sheet=VISITS,
        title="踏勘清单",
        frame=content.visits.assign(**looked_up).rename(columns={"reason": "visit_note"}),
        unit_line=_unit_line("公顷、亩、米", content),
        group="township",
        note="次序为各乡镇内由近及远并经两两交换缩短的开放路线，距离为直线距离，不是道路里程。"
        f"坐标系：{content.county.crs}，横坐标为东方向。",
        columns=sheet_columns(VISITS),
    )


def findings_sheet(content: WorkbookContent) -> SheetTable:
    """Findings that are in the data, by who has to act, worst first; fixed ones stand in ``findings.csv`` alone."""
    found = found_now(content.findings)
    worst = found["severity"].map({name: -place for place, name in enumerate(SEVERITIES)})
    who = found["responsible"].where(found["responsible"].fillna("") != "", _RESPONSIBLE_UNKNOWN)
    rows = found.assign(worst=worst, responsible=who)
    return SheetTable(
        sheet=FINDINGS,
        title="问题清单",
        frame=rows.sort_values(["responsible", "worst", "rule"], kind="stable").drop(columns="worst"),
        unit_line=f"按责任方排列　　基准日：{content.as_of.isoformat()}",
        totals=False,
        note="编号不随资料更新改变；例外须注明理由。已改正的问题见 findings.csv。",
        columns=sheet_columns(FINDINGS),
    )


def slivers_sheet(content: WorkbookContent) -> SheetTable:
    """What was cut off as sliver, largest first within an approval."""
    rows = sliver_points(content.slivers)
    return SheetTable(
        sheet=SLIVERS,
        title="碎片清单",
        frame=rows.sort_values(["approval_no", "area_m2"], ascending=[True, False], kind="stable"),
        unit_line=_unit_line("平方米、米", content),
        note="面积或宽度不足、不单独成宗的剩余部分，面积已计入批文面积平衡表。",
        unit_word="处",
        columns=sheet_columns(SLIVERS),
    )


def survey_sheets(content: WorkbookContent) -> list[SheetTable]:
    """The survey's approved and unbuilt land against the derived land, and its statistic; none without that layer."""
    if content.reconciliation.empty:
        return []
    origins = {"survey": "调查图斑", "derived": "批文剩余", "sliver": "剩余碎片"}
    rows = content.reconciliation
    rows = rows.iloc[rows["origin"].map(list(origins).index).argsort(kind="stable")]
    named = rows.assign(origin=rows["origin"].map(origins))
    names = landclass_names()
    use = content.survey_statistic
    named_classes = {
        c: use[c].map(lambda code: f"{code} {names.get(code, '')}".strip()) for c in _CLASS_COLUMNS
    }
    return [
        SheetTable(
            sheet=RECONCILIATION,
            title="批准未建设土地核对表",
            frame=named,
            unit_line=_unit_line("平方米（椭球面积）", content),
            group="origin",
            note="调查图斑（PZWJSTD）与按批文扣除供地后的剩余范围（含碎片）相互核对；相差不超过1平方米或1%的视为一致。"
            "“仅此有”＝不在另一方范围内的面积，其中已供地、不在批文红线内的部分另列。调查图斑相互重叠的各计各的。",
            unit_word="个",
            columns=sheet_columns(RECONCILIATION),
        ),
        SheetTable(
            sheet=SURVEY_STATISTIC,
            title="批准未建设土地统计表",
            frame=use.assign(**named_classes, village=use["village"].where(use["village"] != "", "图斑以外")),
            unit_line=_unit_line("公顷（椭球面积）", content),
            group="village",
            note="按调查图斑与地类图斑的相交面积汇总；田坎（扣除系数）计入扣除地类。",
            unit_word="行",
            columns=sheet_columns(SURVEY_STATISTIC),
        ),
    ]


def _balance_figures(balance: pd.DataFrame, elsewhere: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Printed figures of the balance, in ha (4 decimals) and m² (2), with the unrounded difference.

    ``elsewhere`` holds the figures that other sheets print, by column (``unsupplied_ha``) and normal approval number.
    """
    if balance.empty:
        return pd.DataFrame({"approval_no": pd.Series(dtype="str")})
    known = [part for part in PARTS if f"{part}_m2" in balance]
    square_metres = balance[[f"{part}_m2" for part in known]].fillna(0.0).to_numpy(dtype=np.float64)
    keys = normal_document_nos(balance["approval_no"])
    # A ledger row without an approved area has no balance to show, only what was supplied.
    blank = balance["approved_m2"].isna().to_numpy()
    columns: dict[str, npt.NDArray[Any]] = {"approval_no": balance["approval_no"].to_numpy()}
    for unit, values, decimals in (
        ("m2", square_metres, M2_DECIMALS),
        ("ha", to_ha(square_metres), HA_DECIMALS),
    ):
        given = {
            place: elsewhere[name]
            for place, part in enumerate(known)
            if (name := f"{part}_{unit}") in elsewhere
        }
        fixed = {
            place: _same_figures(values[:, place], keys, told, atol=_SAME * 10.0**-decimals)
            for place, told in given.items()
        }
        printed = foot_table(values, decimals, printed={p: f for p, f in fixed.items() if f is not None})
        columns |= {f"{part}_{unit}": printed[:, place] for place, part in enumerate(known)}
        columns[f"approved_{unit}"] = np.where(blank, np.nan, np.round(printed.sum(axis=1), decimals))
        columns[f"unsupplied_{unit}"] = np.where(blank, np.nan, columns[f"unsupplied_{unit}"])
    if "difference_m2" in balance:
        columns["difference_m2"] = balance["difference_m2"].to_numpy()
    return pd.DataFrame(columns).assign(key=keys.to_numpy()).sort_values("key").drop(columns="key")


def _printed_elsewhere(content: WorkbookContent) -> dict[str, pd.Series]:
    """Sums by normal approval number of what the register of unsupplied land and the list of slivers print."""
    shown = shown_areas(content.parcels)
    residual = content.parcels["kind"] == APPROVED_UNSUPPLIED
    approvals = normal_document_nos(content.parcels.loc[residual, "approval_no"])
    by_approval = shown[residual].groupby(approvals).sum()
    slivers = pd.Series(foot_within(content.slivers["area_m2"].to_numpy(dtype=np.float64), [], M2_DECIMALS))
    sliver_keys = normal_document_nos(content.slivers["approval_no"]).to_numpy()
    return {
        "unsupplied_ha": by_approval["area_ha"],
        "unsupplied_m2": by_approval["area_m2"],
        "sliver_m2": slivers.groupby(sliver_keys).sum(),
    }


def _same_figures(
    values: npt.NDArray[np.float64], keys: pd.Series, told: pd.Series, *, atol: float
) -> npt.NDArray[np.float64] | None:
    """What another sheet tells of each approval, or None where it tells of other land than the balance."""
    figures: npt.NDArray[np.float64] = keys.map(told).fillna(0.0).to_numpy(dtype=np.float64)
    repeated = keys.duplicated().any()
    return None if repeated or not np.allclose(figures, values, rtol=0.0, atol=atol) else figures


def _unit_line(units: str, content: WorkbookContent) -> str:
    return f"单位：{units}　　基准日：{content.as_of.isoformat()}"
