"""What falls due: investigations, one- and two-year marks, temporary use, extensions, holds, lapsing approvals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from landinv.model.keys import normal_document_nos
from landinv.model.tables import table
from landinv.rules.anniversaries import anniversaries
from landinv.rules.approvals import judge_approvals
from landinv.rules.columns import date_column, text_column
from landinv.rules.periods import first_date
from landinv.rules.rule_types import Ruleset
from landinv.rules.supplies import judge_supplies
from landinv.rules.supply_facts import supply_facts

DUE_COLUMNS: Final = (
    "due_on", "days_left", "code", "title", "parcel_id", "subject", "number", "township", "location", "area_m2",
    "basis", "source_refs",
)  # fmt: skip
TEMPORARY: Final = "临时使用"
_PENDING: Final = (
    "investigation",
    "temporary_use",
    "hold",
)  # what the bureau still has to do when the day is past
_MARKS: Final = {
    "one_year": ("start_first", False), "two_years": ("start_second", True),
    "halt_one_year": ("halt_first", False), "halt_two_years": ("halt_second", True),
}  # fmt: skip
Due = tuple[str, pd.Series, pd.DataFrame, str]  # code, dates, rows, the law it rests on


@dataclass(frozen=True)
class Register:
    """Frames of the register: canonical parcels (with family, natural_key), supplies and approvals.

    ``temporary`` are survey patches of temporary use (LSYD: BSM, PZWH, PZRQ), where the project has them.
    """

    parcels: pd.DataFrame
    supplies: pd.DataFrame
    approvals: pd.DataFrame
    temporary: pd.DataFrame = field(default_factory=pd.DataFrame)


def due_dates(
    register: Register, ruleset: Ruleset, *, as_of: date, until: date | None = None
) -> pd.DataFrame:
    """Every deadline after ``as_of``, and those before it on which the bureau still has to act; soonest first.

    Parameters
    ----------
    register
        The register's frames.
    ruleset
        In force on ``as_of``.
    as_of
        The day looked from; the rules are applied for it.
    until
        Last day looked at (inclusive); None: no end.

    Returns
    -------
    DataFrame
        :data:`DUE_COLUMNS`: days_left in days from ``as_of`` (negative: past), area in m² (the parcel's, else as
        declared), basis the law; index 0..n-1, ordered by date, code and number.

    Raises
    ------
    RulesetError
        If the ruleset was not in force on ``as_of``.
    """
    dues = [
        *_supply_dues(register.supplies, ruleset, as_of),
        *_approval_dues(register.approvals, ruleset, as_of),
        *_temporary_dues(register, ruleset),
        *_hold_dues(register.parcels),
    ]
    rows = [_rows(due, register.parcels) for due in dues]
    whole = pd.concat([r for r in rows if len(r)] or rows[:1], ignore_index=True)
    days = (whole["due_on"] - pd.Timestamp(as_of)).dt.days
    shown = (days > 0) | whole["code"].isin(_PENDING)
    if until is not None:
        shown &= whole["due_on"] <= pd.Timestamp(until)
    ordered = whole.assign(days_left=days)[shown].sort_values(
        ["due_on", "code", "number", "parcel_id"], kind="stable"
    )
    return ordered[list(DUE_COLUMNS)].reset_index(drop=True)


def due_titles(language: str) -> dict[str, str]:
    """Title of each kind of deadline."""
    return {row["code"]: row[language] for row in table("deadlines")}


def _supply_dues(supplies: pd.DataFrame, ruleset: Ruleset, as_of: date) -> Iterator[Due]:
    facts = supply_facts(supplies, ruleset, as_of)
    judged = judge_supplies(supplies, ruleset, as_of)
    on, limits = facts.conditions, ruleset.thresholds
    open_ones = ~on["finished"] & ~judged["flags"].fillna("").str.contains("disposed")
    unstarted = open_ones & ~on["started"]
    extended = facts.basis == "extension_start_on"
    yield "start", facts.dates["start"].where(unstarted & ~extended), supplies, _law(ruleset, "agreed")
    yield (
        "extension",
        facts.dates["start"].where(unstarted & extended),
        supplies,
        _law(ruleset, "temporary_use"),
    )
    for code, (mark, is_second) in _MARKS.items():
        halting = on["started"] & on["halted"] & (on["ratio_below"] | on["ratio_missing"])
        rows = (halting if mark.startswith("halt") else ~on["started"]) & open_ones & ~on["collective"]
        if is_second:
            rows &= ~on["government"]
        yield code, facts.dates[mark].where(rows), supplies, _law(ruleset, code)
    yield (
        "finish",
        date_column(supplies, "agreed_finish_on").where(open_ones),
        supplies,
        _law(ruleset, "agreed"),
    )
    noticed = text_column(supplies, "notice_no").notna() | date_column(supplies, "notice_on").notna()
    suspected = facts.dates["start_first"].where(~on["started"], facts.dates["halt_first"])
    due = suspected + pd.Timedelta(limits.investigation_days, "D")
    waiting = (judged["kind"] == "suspected_idle") & ~noticed
    yield "investigation", due.where(waiting), supplies, _law(ruleset, "investigation")


def _approval_dues(approvals: pd.DataFrame, ruleset: Ruleset, as_of: date) -> Iterator[Due]:
    if approvals.empty:
        return
    once = approvals[~normal_document_nos(approvals["approval_no"].astype("str")).duplicated()]
    judged = judge_approvals(once, ruleset, as_of)
    yield "approval_lapse", judged["next_change_on"], once, _law(ruleset, "lapse")


def _temporary_dues(register: Register, ruleset: Ruleset) -> Iterator[Due]:
    limits = ruleset.thresholds
    years, leap = limits.temporary_use_years, limits.leap_day_anniversary
    supplies, patches = register.supplies, register.temporary
    arranged = text_column(supplies, "disposal").str.contains(TEMPORARY, na=False)
    begun = date_column(supplies, "disposed_on").where(arranged)
    yield (
        "temporary_use",
        anniversaries(begun, years, leap_day=leap),
        supplies,
        _law(ruleset, "temporary_use"),
    )
    if "PZRQ" in patches:
        approved = first_date(text_column(patches, "PZRQ"))
        named = patches.rename(columns={"PZWH": "approval_no", "BSM": "parcel_code", "TBMJ": "supplied_area"})
        yield (
            "temporary_use",
            anniversaries(approved, years, leap_day=leap),
            named,
            "临时用地期限一般不超过两年〔未核实〕",
        )


def _hold_dues(parcels: pd.DataFrame) -> Iterator[Due]:
    if "held_until" in parcels:
        held = date_column(parcels, "held_until").where(text_column(parcels, "held_for").notna())
        yield "hold", held, parcels, "预留"


def _law(ruleset: Ruleset, name: str) -> str:
    return ruleset.cited(ruleset.cites[name])


def _rows(due: Due, parcels: pd.DataFrame) -> pd.DataFrame:
    code, dates, frame, basis = due
    kept = dates.notna().to_numpy()
    rows = frame[kept]
    number = _first(rows, ("supervision_no", "contract_no", "approval_no", "parcel_code"))
    parcel = _parcels_of(rows, parcels)
    declared = (
        pd.to_numeric(rows["supplied_area"])
        if "supplied_area" in rows
        else pd.Series(np.nan, index=rows.index)
    )
    return pd.DataFrame(
        {
            "due_on": dates[kept].to_numpy(),
            "code": code,
            "title": due_titles("zh")[code],
            "parcel_id": parcel["parcel_id"].to_numpy(),
            "subject": _first(rows, ("project_name", "holder", "batch_name")).to_numpy(),
            "number": number.to_numpy(),
            "township": parcel["township"].to_numpy(),
            "location": _first(rows, ("location",)).fillna(parcel["location"]).to_numpy(),
            "area_m2": parcel["area_m2"].fillna(declared.astype("float64")).to_numpy(),
            "basis": basis,
            "source_refs": _first(rows, ("source_refs", "source_ref")).to_numpy(),
        }
    ).astype({"due_on": "datetime64[s]", "area_m2": "float64"})


def _parcels_of(rows: pd.DataFrame, parcels: pd.DataFrame) -> pd.DataFrame:
    """The parcel of each row (index of ``rows``); an approval's parcels are named together, their areas summed."""
    names = ["parcel_id", "township", "location", "area_m2"]
    if "parcel_id" in rows:
        return rows.reindex(columns=names)
    if "record_key" in rows:
        own = parcels[parcels["family"] == "S"].drop_duplicates("natural_key").set_index("natural_key")
        return own.reindex(columns=names).reindex(rows["record_key"]).set_axis(rows.index)
    if "approval_no" not in rows or "natural_key" not in parcels:
        return pd.DataFrame(index=rows.index, columns=names)
    pieces = parcels[parcels["family"] == "P"]
    grouped = pieces.groupby("natural_key")
    joined = pd.DataFrame(
        {
            "parcel_id": grouped["parcel_id"].agg(lambda ids: "、".join(map(str, ids))),
            "township": grouped["township"].agg(lambda names: "、".join(dict.fromkeys(names.dropna()))),
            "location": grouped["location"].first(),
            "area_m2": grouped["area_m2"].sum(),
        }
    )
    return joined.reindex(normal_document_nos(rows["approval_no"].astype("str"))).set_axis(rows.index)


def _first(rows: pd.DataFrame, names: tuple[str, ...]) -> pd.Series:
    found = text_column(rows, names[0])
    for name in names[1:]:
        found = found.fillna(text_column(rows, name))
    return found
