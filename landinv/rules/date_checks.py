"""Contradictions and gaps in supplies and approvals that bear on a judgement; each is a row of findings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from landinv.model.findings import concat_findings, findings
from landinv.rules.anniversaries import anniversaries
from landinv.rules.approvals import LAPSED
from landinv.rules.causes import cause_is_unclear, may_be_suspended
from landinv.rules.columns import date_column, iso_dates, number_column, text_column
from landinv.rules.periods import (
    NO_BEGINNING,
    REVERSED,
    UNLAWFUL,
    UNREADABLE,
    entered_periods,
)
from landinv.rules.rule_types import Ruleset
from landinv.rules.supplies import FEE_LEVEL, judge_supplies
from landinv.rules.supply_facts import ASSUMED_BASES, SupplyFacts, latest_extension, supply_facts

EVENTS: Final = (
    "permit_on", "delivered_on", "started_on", "finished_on", "halted_on", "notice_on", "determined_on", "disposed_on",
)  # fmt: skip
RATIOS: Final = (("developed_area", "developable_area"), ("invested_wan", "total_investment_wan"))
SUPPLY_NAMES: Final = ("record_key", "supervision_no", "contract_no", "parcel_code")
Defect = tuple[str, str, pd.Series]  # code, field whose value is shown, rows


def check_supplies(supplies: pd.DataFrame, ruleset: Ruleset, as_of: date) -> pd.DataFrame:
    """Findings on the dates, ratios, causes and prices of supplies, as far as known on ``as_of``.

    Parameters
    ----------
    supplies
        As for :func:`landinv.rules.supplies.judge_supplies`; ``record_key`` and ``source_refs`` (or ``source_ref``)
        name the row where they are there.

    Returns
    -------
    DataFrame
        Findings frame; dataset ``supplies``, feature the row's key, value the field's as it stands.
    """
    facts = supply_facts(supplies, ruleset, as_of)
    judged = judge_supplies(supplies, ruleset, as_of)
    defects = [
        *_order_defects(supplies, facts),
        *_determination_defects(supplies, facts, judged),
        *_judgement_defects(supplies, facts, judged),
        *_cause_defects(supplies, facts, ruleset),
        *_extension_defects(supplies, facts, ruleset),
        *((("R012", name, date_column(supplies, name) > facts.as_of)) for name in EVENTS),
    ]
    return concat_findings(_rows(supplies, defect, names=SUPPLY_NAMES) for defect in defects)


def check_approvals(approvals: pd.DataFrame, ruleset: Ruleset, as_of: date) -> pd.DataFrame:
    """Findings on the dates of approvals; dataset ``approvals``, feature the approval number."""
    day = pd.Timestamp(as_of)
    limits = ruleset.thresholds
    approved_on = date_column(approvals, "approved_on")
    term = anniversaries(approved_on, limits.lapse_years, leap_day=limits.leap_day_anniversary)
    lapsed = text_column(approvals, "approval_status") == LAPSED
    defects = [
        ("R031", "approved_on", approved_on.isna()),
        ("R032", "approved_on", approved_on > day),
        ("R033", "approval_status", lapsed & (term > day)),
    ]
    return concat_findings(_rows(approvals, d, names=("approval_no",), dataset="approvals") for d in defects)


def _order_defects(supplies: pd.DataFrame, facts: SupplyFacts) -> Iterator[Defect]:
    started, finished, halted = (facts.dates[name] for name in ("started", "finished", "halted"))
    agreed = date_column(supplies, "agreed_start_on")
    yield "R001", "finished_on", finished.notna() & started.isna()
    yield "R002", "started_on", started < date_column(supplies, "signed_on")
    yield "R003", "finished_on", finished < started
    yield "R008", "halted_on", halted < started
    yield "R009", "halted_on", halted.notna() & started.isna() & finished.isna()
    yield "R014", "extension_start_on", date_column(supplies, "extension_start_on") <= agreed
    yield "R021", "agreed_finish_on", date_column(supplies, "agreed_finish_on") < agreed


def _determination_defects(
    supplies: pd.DataFrame, facts: SupplyFacts, judged: pd.DataFrame
) -> Iterator[Defect]:
    number = text_column(supplies, "determination_no").notna()
    dated = date_column(supplies, "determined_on").notna()
    finished = facts.conditions["finished"]
    idle_by_facts = judged["idle_since"].notna()
    yield "R004", "determined_on", facts.dates["determined"] < date_column(supplies, "notice_on")
    yield "R005", "determination_no", number & ~dated
    yield "R006", "determined_on", dated & ~number
    yield "R015", "determination_no", (judged["kind"] == "idle") & ~idle_by_facts
    yield "R019", "finished_on", facts.conditions["determined"] & finished
    disposal = text_column(supplies, "disposal").notna()
    yield "R020", "disposal", disposal != date_column(supplies, "disposed_on").notna()


def _judgement_defects(supplies: pd.DataFrame, facts: SupplyFacts, judged: pd.DataFrame) -> Iterator[Defect]:
    price = number_column(supplies, "price_wan")
    unstarted = ~facts.conditions["started"] & ~facts.conditions["finished"]
    undecided = judged["kind"] == "cannot_judge"
    for part_name, whole_name in RATIOS:
        part, whole = number_column(supplies, part_name), number_column(supplies, whole_name)
        yield "R007", whole_name, whole <= 0
        yield "R007", part_name, part < 0
    yield "R010", "agreed_start_on", undecided & unstarted
    yield "R011", "agreed_start_on", unstarted & facts.basis.isin(ASSUMED_BASES)
    yield "R013", "price_wan", (judged["idle_level"] == FEE_LEVEL).fillna(value=False) & ~(price >= 0)
    yield "R017", "halted_on", undecided & facts.conditions["started"]
    yield "R022", "price_wan", price < 0


def _cause_defects(supplies: pd.DataFrame, facts: SupplyFacts, ruleset: Ruleset) -> Iterator[Defect]:
    entered = entered_periods(supplies, ruleset.words)
    is_open = entered["end"].isna() & (entered["defect"] == "") & (entered["first"] <= facts.as_of)
    yield "R016", "idle_cause", cause_is_unclear(facts.cause, ruleset.words)
    named = may_be_suspended(facts.cause, ruleset.words)
    yield "R018", "idle_cause", named & ~_rows_of(entered, entered["defect"] == "", supplies.index)
    in_text = "suspensions" if "suspensions" in supplies else "suspended_on"
    for code, rows in (
        ("R023", entered["defect"] == UNREADABLE),
        ("R024", entered["defect"].isin([REVERSED, NO_BEGINNING])),
        ("R025", entered["defect"] == UNLAWFUL),
        ("R026", is_open),
    ):
        by_column = _rows_of(entered, rows, supplies.index) & date_column(supplies, "suspended_on").notna()
        yield code, "suspended_on", by_column
        yield code, in_text, _rows_of(entered, rows, supplies.index) & ~by_column
    yield "R028", "parcel_code", facts.conditions["collective"]


def _extension_defects(supplies: pd.DataFrame, facts: SupplyFacts, ruleset: Ruleset) -> Iterator[Defect]:
    agreed = date_column(supplies, "agreed_start_on")
    signed = date_column(supplies, "extension_signed_on")
    # Art. 12: at most one year, from the start agreed before or from the new agreement, whichever is later
    begins = agreed.where(~(signed > agreed), signed)
    limits = ruleset.thresholds
    latest = anniversaries(begins, limits.extension_years, leap_day=limits.leap_day_anniversary)
    yield "R027", "extension_start_on", latest_extension(supplies, facts.as_of) > latest


def _rows_of(entered: pd.DataFrame, rows: pd.Series, index: pd.Index) -> pd.Series:
    marked = np.zeros(len(index), dtype=bool)
    marked[entered.loc[rows, "row"].to_numpy(dtype=np.intp)] = True
    return pd.Series(marked, index=index)


def _rows(
    frame: pd.DataFrame, defect: Defect, *, names: tuple[str, ...], dataset: str = "supplies"
) -> pd.DataFrame:
    code, field, rows = defect
    marked = frame[rows.to_numpy(dtype=bool)]
    return findings(
        code,
        dataset=dataset,
        feature=_first_name(marked, names),
        field=field,
        value=_shown(marked, field),
        detail=_refs(marked),
    )


def _first_name(frame: pd.DataFrame, names: tuple[str, ...]) -> pd.Series:
    label = pd.Series(frame.index.map("第{}行".format), index=frame.index, dtype="str")
    for name in reversed(names):
        label = text_column(frame, name).fillna(label)
    return label


def _refs(frame: pd.DataFrame) -> pd.Series:
    refs = text_column(frame, "source_refs").fillna(text_column(frame, "source_ref"))
    return refs.fillna("")


def _shown(frame: pd.DataFrame, field: str) -> pd.Series:
    if field.endswith("_on"):
        return iso_dates(date_column(frame, field)).fillna("")
    if field.endswith(("_wan", "_area")):
        numbers = number_column(frame, field)
        text = np.where(numbers.isna(), "", numbers.map("{:.10g}".format).astype(object))
        return pd.Series(text, index=frame.index, dtype="str")
    return text_column(frame, field).fillna("")
