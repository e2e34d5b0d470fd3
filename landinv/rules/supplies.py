"""Which kind each supply is on a day, by which rule, since when, and when that will change."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.rules.columns import date_column, iso_dates, joined_flags, number_column, text_column
from landinv.rules.rule_choice import dates_of_rule, first_rules, of_rule, reasons
from landinv.rules.rule_types import Ruleset, SupplyRule
from landinv.rules.supply_facts import ASSUMED_BASES, BASES, SupplyFacts, may_be_suspended, supply_facts

SUPPLY_JUDGEMENT_COLUMNS: Final = (
    "kind", "idle_level", "idle_since", "idle_days", "fee_wan", "rule_id", "clause", "reason", "flags",
    "next_change_on", "next_kind", "cause_class", "basis",
)  # fmt: skip
FEE_LEVEL: Final = 1  # Order 53, art. 14(1); at level 2 land is taken back instead


def judge_supplies(supplies: pd.DataFrame, ruleset: Ruleset, as_of: date) -> pd.DataFrame:
    """Judge every supply as it stood on a day.

    Parameters
    ----------
    supplies
        Canonical columns of role ``supplies``; absent columns count as missing. Areas m², money 万元.
    ruleset
        From :func:`landinv.rules.ruleset.load_ruleset`.
    as_of
        The day. Events dated later have not happened yet, so any past day can be replayed.

    Returns
    -------
    DataFrame
        Index of ``supplies``; columns :data:`SUPPLY_JUDGEMENT_COLUMNS`: kind (missing: no parcel), idle_level
        (``Int64``), idle_since (``datetime64[s]``), idle_days (``Int64``, from idle_since to ``as_of``), fee_wan (万元,
        only at level 1), rule_id, clause, reason (Chinese), flags (joined by ``;``), next_change_on, next_kind,
        cause_class (政府原因 or 企业原因) and basis (the column that served as due start, or ``halted_on``).

    Raises
    ------
    RulesetError
        If the ruleset was not in force on ``as_of``.
    FieldValueError
        If a date column holds something else.

    Notes
    -----
    idle_since is the first anniversary of the due start (or of the halt), the day the land became idle under art. 2,
    unless the ruleset counts from the start itself. Source: Order 53 of the Ministry of Land and Resources (2012),
    arts. 2, 8, 9, 14 and 22, as cited rule by rule in the ruleset.

    Examples
    --------
    >>> from landinv.rules.ruleset import load_ruleset
    >>> supplies = pd.DataFrame({"agreed_start_on": pd.to_datetime(["2021-10-10"]), "price_wan": [500.0]})
    >>> judged = judge_supplies(supplies, load_ruleset("cn-2012-53"), date(2022, 10, 10))
    >>> judged[["kind", "idle_level", "fee_wan"]].values.tolist()
    [['suspected_idle', 1, 100.0]]
    """
    ruleset.require_in_force(as_of)
    facts = supply_facts(supplies, ruleset, as_of)
    rules, index = ruleset.supply_rules, supplies.index
    chosen = first_rules(facts.conditions, rules)
    kind = of_rule(chosen, [rule.kind for rule in rules], index=index)
    level = pd.Series(np.array([rule.level for rule in rules])[chosen], index=index)
    since = dates_of_rule(chosen, _since_columns(ruleset), dates=facts.dates)
    return pd.DataFrame(
        {
            "kind": kind,
            "idle_level": level.where(level > 0).astype("Int64"),
            "idle_since": since,
            "idle_days": (facts.as_of - since).dt.days.astype("Int64"),
            "fee_wan": idle_fee_wan(supplies, ruleset.thresholds.fee_rate).where(level == FEE_LEVEL),
            "rule_id": of_rule(chosen, [rule.id for rule in rules], index=index),
            "clause": of_rule(chosen, [rule.clause for rule in rules], index=index),
            "reason": pd.Series(
                _reasons(supplies, facts, chosen=chosen, rules=rules), index=index, dtype="str"
            ),
            "flags": joined_flags(_flags(supplies, facts, ruleset=ruleset, kind=kind).items(), index),
            "next_change_on": dates_of_rule(chosen, [rule.next_on for rule in rules], dates=facts.dates),
            "next_kind": of_rule(chosen, [rule.next_kind for rule in rules], index=index),
            "cause_class": facts.cause_class,
            "basis": _basis(facts),
        },
        index=index,
    )


def idle_fee_wan(supplies: pd.DataFrame, rate: Fraction) -> pd.Series:
    """Idle fee (万元) at a share of the price; missing where the price is missing or negative.

    Source: Order 53, art. 14(1).
    """
    price = number_column(supplies, "price_wan")
    fee: pd.Series = price.where(price >= 0) * rate.numerator / rate.denominator
    return fee


def _since_columns(ruleset: Ruleset) -> list[str]:
    whole = {"start": "start", "halt": "halted", "": ""}
    first = {"start": "start_first", "halt": "halt_first", "": ""}
    column = whole if ruleset.thresholds.idle_counted_from == "start" else first
    return [column[rule.clock] for rule in ruleset.supply_rules]


def _basis(facts: SupplyFacts) -> pd.Series:
    started, halted = facts.conditions["started"], facts.conditions["halted"]
    basis = facts.basis.where(~started).mask(started & halted, "halted_on")
    return basis.where(~facts.conditions["finished"])


def _flags(
    supplies: pd.DataFrame, facts: SupplyFacts, *, ruleset: Ruleset, kind: pd.Series
) -> dict[str, pd.Series]:
    finished, started = facts.conditions["finished"], facts.conditions["started"]
    supplied_on = date_column(supplies, "supplied_on").fillna(date_column(supplies, "signed_on"))
    until = ruleset.thresholds.bond_supplied_until
    # A replay for a day before the notice must not know of it
    candidate = kind.isna() & False
    if until is not None and facts.as_of.date() >= until:
        candidate = kind.notna() & (supplied_on <= pd.Timestamp(until))
    disposed = facts.dates["disposed"].notna() & text_column(supplies, "disposal").notna()
    number = text_column(supplies, "determination_no").notna()
    return {
        "start_assumed": ~finished & ~started & facts.basis.isin(ASSUMED_BASES),
        "overdue_finish": started & ~finished & (date_column(supplies, "agreed_finish_on") < facts.as_of),
        "bond_candidate": candidate,
        "disposed": disposed,
        "determination_undated": number & date_column(supplies, "determined_on").isna(),
        "suspension_possible": may_be_suspended(facts.cause, ruleset.words),
    }


def _reasons(
    supplies: pd.DataFrame,
    facts: SupplyFacts,
    *,
    chosen: npt.NDArray[np.intp],
    rules: tuple[SupplyRule, ...],
) -> npt.NDArray[np.object_]:
    def value_of(name: str) -> pd.Series:
        days: pd.Series
        if name == "as_of":
            return pd.Series(facts.as_of.date().isoformat(), index=supplies.index)
        if name == "days":
            days = (facts.as_of - facts.dates["start"]).dt.days.astype("Int64")
            return days.astype("str").where(days.notna())
        if name in ("start", "started", "finished", "halted", "determined"):
            return iso_dates(facts.dates[name])
        if name in ("area_ratio", "investment_ratio"):
            return _percent(facts.area_ratio if name == "area_ratio" else facts.investment_ratio)
        if name == "basis":
            return pd.Series(facts.basis.map(BASES), index=supplies.index, dtype="str")
        return facts.cause if name == "cause" else text_column(supplies, name)

    return reasons(chosen, rules, value_of=value_of)


def _percent(share: pd.Series) -> pd.Series:
    # Cut, not rounded: 24.999 % must not read as the 25 % it is below
    cut = np.floor(share.to_numpy() * 10_000.0 + 1e-6) / 100.0
    texts = [None if np.isnan(percent) else f"{percent:.2f}%" for percent in cut]
    return pd.Series(texts, index=share.index, dtype="str")
