"""The registers of parcels: 批而未供, 供而未用, 闲置 and 无法判断, each with subtotals by township."""

from __future__ import annotations

import pandas as pd

from landinv.model.parcels import (
    APPROVED_UNSUPPLIED,
    CANNOT_JUDGE,
    IDLE,
    SUPPLIED_UNSTARTED,
    SUSPECTED_IDLE,
    kinds,
)
from landinv.outputs.lists.content import IDLE_LAND, UNDECIDED, UNSTARTED, UNSUPPLIED, WorkbookContent
from landinv.outputs.lists.joined import with_approvals, with_supplies
from landinv.outputs.lists.sheet_table import SheetTable, sheet_columns
from landinv.reports.rounding import shown_areas
from landinv.reports.summary import township_order, township_titles

_UNITS = "单位：公顷、亩、万元"
_NO_SHAPE_NOTE = "无图形的地块只计宗数，不计面积。"


def printed_parcels(parcels: pd.DataFrame) -> pd.DataFrame:
    """Parcels as plain rows in the order of lists, with areas as printed everywhere.

    Ordered by township code, township, kind, then parcel_id; township is never missing. ``area_ha`` and ``area_mu`` are
    the figures of :func:`landinv.reports.rounding.shown_areas`, so that all sheets agree.
    """
    shown = shown_areas(parcels)
    plain = pd.DataFrame(parcels).assign(
        area_ha=shown["area_ha"], area_mu=shown["area_mu"], township=township_titles(parcels)
    )
    places = {
        "township": {name: place for place, name in enumerate(township_order(parcels))},
        "kind": {name: kind.order for name, kind in kinds().items()},
    }
    keys = [plain[name].map(order) for name, order in places.items()]
    sequence = (
        pd.concat([*keys, plain["parcel_id"]], axis=1)
        .sort_values([*places, "parcel_id"], kind="stable")
        .index
    )
    return plain.loc[sequence]


def parcel_registers(content: WorkbookContent) -> list[SheetTable]:
    """The four registers of parcels, in the order of the workbook."""
    parcels = printed_parcels(content.parcels)
    approved = parcels[parcels["kind"] == APPROVED_UNSUPPLIED]
    supplied = with_supplies(parcels[parcels["kind"] != APPROVED_UNSUPPLIED], content.supplies)
    built = ";" + approved["flags"].fillna("") + ";"
    unsupplied = with_approvals(
        approved.assign(
            built_on=built.astype("str").str.contains(";built_on;", regex=False),
            recorded_m2=approved["area_declared_m2"].where(approved["area_m2"].isna()),
        ),
        content.approvals,
        pd.concat([f for f in (content.balance, content.balance_records) if len(f)], ignore_index=True)
        if len(content.balance) or len(content.balance_records)
        else content.balance,
    )
    idle = supplied["kind"].isin([SUSPECTED_IDLE, IDLE])
    date = content.as_of.isoformat()
    return [
        _register(UNSUPPLIED, unsupplied, APPROVED_UNSUPPLIED, date),
        _register(UNSTARTED, supplied[supplied["kind"] == SUPPLIED_UNSTARTED], SUPPLIED_UNSTARTED, date),
        _register(IDLE_LAND, supplied[idle], SUSPECTED_IDLE, date),
        _register(UNDECIDED, supplied[supplied["kind"] == CANNOT_JUDGE], CANNOT_JUDGE, date),
    ]


_TITLES = {IDLE_LAND: "闲置土地台账（认定与疑似分列）"}
_NOTES = {
    UNSUPPLIED: "所在批文的批准面积、已供面积为整个批文的数，各行重复，不合计。" + _NO_SHAPE_NOTE,
    UNSTARTED: "已过约定动工日期、未满一年、尚未动工。" + _NO_SHAPE_NOTE,
    IDLE_LAND: "认定状态为“疑似闲置”的由计算得出，不是认定结论；“闲置土地”以认定书及其日期为准。"
    "闲置费为按成交价款百分之二十的测算，不是征缴决定。" + _NO_SHAPE_NOTE,
    UNDECIDED: "资料不足，既不能列为闲置，也不能排除；补齐资料后重新计算。" + _NO_SHAPE_NOTE,
}


def _register(sheet: str, rows: pd.DataFrame, kind: str, as_of: str) -> SheetTable:
    return SheetTable(
        sheet=sheet,
        title=_TITLES.get(sheet, sheet),
        frame=rows,
        unit_line=f"{_UNITS}　　基准日：{as_of}",
        group="township",
        note=_NOTES[sheet],
        colour=kinds()[kind].colour,
        columns=sheet_columns(sheet),
    )
