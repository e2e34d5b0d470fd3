"""Which kind each supply is on a day, by which rule, since when, and when that will change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.model.units import to_mu
from landinv.rules.causes import may_be_suspended
from landinv.rules.columns import date_column, iso_dates, joined_flags, number_column, text_column
from landinv.rules.periods import days_not_counted
from landinv.rules.rule_choice import (
    dates_of_rule,
    first_rules,
    least_changes,
    of_rule,
    reasons,
    told_changes,
    truth_of,
)
from landinv.rules.rule_types import LowUse, Ruleset, SupplyRule
from landinv.rules.supply_facts import ASSUMED_BASES, BASES, BASES_EN, SupplyFacts, supply_facts

SUPPLY_JUDGEMENT_COLUMNS: Final = (
    "kind", "idle_level", "idle_since", "idle_days", "fee_wan", "rule_id", "clause", "reason", "flags",
    "next_change_on", "next_kind", "cause_class", "basis", "state", "would_change", "suspended_days", "ruleset",
)  # fmt: skip
_SUSPENDED: Final = {
    "zh": ("至", "（已扣除不计入的{days}天：{spans}）"),
    "en": (" to ", " ({days} days do not count: {spans}.)"),
}
GROUNDS: Final = ("assumed_start", "leap_day", "suspension")  # each with articles of its own
LEAP_DAY: Final = (2, 29)
FEE_LEVEL: Final = 1  # Order 53, art. 14(1); at level 2 land is taken back instead


def judge_supplies(
    supplies: pd.DataFrame, ruleset: Ruleset, as_of: date, *, language: str = "zh"
) -> pd.DataFrame:
    """Judge every supply as it stood on a day.

    Parameters
    ----------
    supplies
        Canonical columns of role ``supplies``; absent columns count as missing. Areas m², money 万元.
    ruleset
        From :func:`landinv.rules.ruleset.load_ruleset`.
    as_of
        The day. Events dated later have not happened yet, so any past day can be replayed.
    language
        ``zh`` or ``en``, of clause, reason and would_change.

    Returns
    -------
    DataFrame
        Index of ``supplies``; columns :data:`SUPPLY_JUDGEMENT_COLUMNS`: kind (missing: no parcel), idle_level
        (``Int64``), idle_since (``datetime64[s]``), idle_days (``Int64``, from idle_since to ``as_of`` without days
        that do not count), fee_wan (万元, only at level 1), rule_id, clause, reason, flags (joined by ``;``),
        next_change_on, next_kind, cause_class (政府原因 or 企业原因), basis (the column that served as due start, or
        ``halted_on``), state (of the ruleset), would_change (the smallest fact that would change the state today),
        suspended_days (since the clock began) and ruleset (its stamp).

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
    rules, index, truth = ruleset.supply_rules, supplies.index, truth_of(facts.conditions)
    chosen = first_rules(truth, rules, rows=len(supplies))
    least = least_changes(truth, rules, ruleset.facts_of("supply"), chosen=chosen)
    kind = of_rule(chosen, [rule.kind for rule in rules], index=index)
    next_on = dates_of_rule(chosen, [rule.next_on for rule in rules], dates=facts.dates)
    next_kind = of_rule(chosen, [rule.next_kind for rule in rules], index=index)
    idleness = _idleness(supplies, facts, ruleset, chosen=chosen)
    return pd.DataFrame(
        {
            "kind": kind,
            **idleness,
            "rule_id": of_rule(chosen, [rule.id for rule in rules], index=index),
            "clause": _clauses(facts, ruleset, chosen=chosen, language=language),
            "reason": _reasons(supplies, facts, chosen=chosen, ruleset=ruleset, language=language),
            "flags": joined_flags(_flags(supplies, facts, ruleset=ruleset, kind=kind).items(), index),
            "next_change_on": next_on,
            "next_kind": next_kind.where(next_on.notna()),
            "cause_class": facts.cause_class,
            "basis": _basis(facts),
            "state": of_rule(chosen, [rule.state for rule in rules], index=index),
            "would_change": pd.Series(
                told_changes(ruleset, "supply", least, language), index=index, dtype="str"
            ),
            "suspended_days": facts.suspended_days,
            "ruleset": pd.Series(ruleset.stamp, index=index, dtype="str"),
        },
        index=index,
    )[list(SUPPLY_JUDGEMENT_COLUMNS)]


def cited_articles(facts: SupplyFacts, ruleset: Ruleset, rule: SupplyRule, row: int = 0) -> tuple[str, ...]:
    """What one row's result rests on: its rule's articles, and those of an assumed start, a leap day, a deduction."""
    grounds = _grounds(facts)
    return _cited(ruleset, rule, [name for name in GROUNDS if grounds[name][row]])


def _cited(ruleset: Ruleset, rule: SupplyRule, grounds: Sequence[str]) -> tuple[str, ...]:
    more = [ref for name in grounds for ref in ruleset.cites[name]]
    return (*rule.articles, *more) if rule.articles else ()


def _grounds(facts: SupplyFacts) -> dict[str, npt.NDArray[np.bool_]]:
    unstarted = ~facts.conditions["started"].to_numpy(dtype=bool)
    clock = facts.clock.dt
    return {
        "assumed_start": unstarted & facts.basis.isin(ASSUMED_BASES).to_numpy(),
        "leap_day": ((clock.month == LEAP_DAY[0]) & (clock.day == LEAP_DAY[1])).to_numpy(),
        "suspension": facts.suspended_days.to_numpy() > 0,
    }


def _clauses(
    facts: SupplyFacts, ruleset: Ruleset, *, chosen: npt.NDArray[np.intp], language: str
) -> pd.Series:
    grounds = _grounds(facts)
    code = chosen.astype("int64")
    for name in GROUNDS:
        code = code * 2 + grounds[name]
    _codes, first, place = np.unique(code, return_index=True, return_inverse=True)
    texts = []
    for row in first.tolist():
        given = [name for name in GROUNDS if grounds[name][row]]
        rule = ruleset.supply_rules[int(chosen[row])]
        texts.append(ruleset.cited(_cited(ruleset, rule, given), language))
    clause = pd.Series(np.array([*texts, ""], dtype=object)[place], index=facts.clock.index, dtype="str")
    return clause.where(clause != "")


def _idleness(
    supplies: pd.DataFrame, facts: SupplyFacts, ruleset: Ruleset, *, chosen: npt.NDArray[np.intp]
) -> dict[str, pd.Series]:
    level = pd.Series(np.array([rule.level for rule in ruleset.supply_rules])[chosen], index=supplies.index)
    since = dates_of_rule(chosen, _since_columns(ruleset), dates=facts.dates)
    days = (facts.as_of - since).dt.days - days_not_counted(since, facts.as_of, facts.periods)
    return {
        "idle_level": level.where(level > 0).astype("Int64"),
        "idle_since": since,
        "idle_days": days.astype("Int64"),
        "fee_wan": idle_fee_wan(supplies, ruleset.thresholds.fee_rate).where(level == FEE_LEVEL),
    }


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
        candidate = ~finished & (supplied_on <= pd.Timestamp(until))
    disposed = facts.dates["disposed"].notna() & text_column(supplies, "disposal").notna()
    number = text_column(supplies, "determination_no").notna()
    overdue = started & ~finished & (date_column(supplies, "agreed_finish_on") < facts.as_of)
    return {
        "start_assumed": ~finished & ~started & facts.basis.isin(ASSUMED_BASES),
        "overdue_finish": overdue,
        "bond_candidate": candidate,
        "disposed": disposed,
        "determination_undated": number & date_column(supplies, "determined_on").isna(),
        "suspension_possible": may_be_suspended(facts.cause, ruleset.words) & (facts.suspended_days == 0),
        "suspended": facts.is_suspended & ~finished,
        "suspension_deducted": (facts.suspended_days > 0) & ~finished,
        "outside_statute": facts.conditions["collective"],
        "low_use_suspected": (finished | overdue) & is_low_use(supplies, facts, ruleset.low_use),
    }


def is_low_use(supplies: pd.DataFrame, facts: SupplyFacts, limits: LowUse) -> pd.Series:
    """True where a measure lies below the bureau's own standard; what is missing or has no standard tells nothing."""
    if not any(
        (limits.area_share, limits.investment_share, limits.investment_wan_per_mu, limits.tax_wan_per_mu)
    ):
        return pd.Series(data=False, index=supplies.index)
    area_mu = to_mu(number_column(supplies, "supplied_area").to_numpy(dtype=np.float64))
    per_mu = {
        name: number_column(supplies, name) / np.where(area_mu > 0, area_mu, np.nan)
        for name in ("invested_wan", "tax_wan")
    }
    measures = (
        (facts.area_ratio, limits.area_share),
        (facts.investment_ratio, limits.investment_share),
        (per_mu["invested_wan"], limits.investment_wan_per_mu),
        (per_mu["tax_wan"], limits.tax_wan_per_mu),
    )
    below = pd.Series(data=False, index=supplies.index)
    for measure, limit in measures:
        if limit is not None:
            below |= measure < float(limit)
    return below


def _reasons(
    supplies: pd.DataFrame,
    facts: SupplyFacts,
    *,
    chosen: npt.NDArray[np.intp],
    ruleset: Ruleset,
    language: str,
) -> pd.Series:
    def value_of(name: str) -> pd.Series:
        if name in given:
            return given[name]()
        return iso_dates(facts.dates[name]) if name in facts.dates else text_column(supplies, name)

    index = supplies.index
    given: dict[str, Callable[[], pd.Series]] = {
        "as_of": lambda: pd.Series(facts.as_of.date().isoformat(), index=index),
        "days": lambda: _counted((facts.as_of - facts.dates["start"]).dt.days),
        "area_ratio": lambda: percent(facts.area_ratio),
        "investment_ratio": lambda: percent(facts.investment_ratio),
        "basis": lambda: pd.Series(facts.basis.map(named), index=index, dtype="str"),
        "suspended": lambda: told_suspensions(facts, language),
        "cause": lambda: facts.cause,
    }
    named = BASES if language == "zh" else BASES_EN
    told = reasons(chosen, ruleset.supply_rules, value_of=value_of, language=language)
    return pd.Series(told, index=supplies.index, dtype="str")


def told_suspensions(facts: SupplyFacts, language: str = "zh") -> pd.Series:
    """What was taken out of each clock, in words; empty text where nothing was."""
    texts = np.full(len(facts.clock), "", dtype=object)
    if facts.periods.empty:
        return pd.Series(texts, index=facts.clock.index, dtype="str")
    days, periods = facts.suspended_days.to_numpy(), facts.periods
    rows = periods["row"].to_numpy(dtype=np.intp)
    begins = facts.clock.to_numpy()[rows]
    bears = (days[rows] > 0) & ~(periods["end"].to_numpy() <= begins)
    link, template = _SUSPENDED[language]
    last = iso_dates(periods["end"] - pd.Timedelta(1, "D")).fillna("")
    spans = periods["cause"].astype("str") + " " + iso_dates(periods["first"]) + link + last
    told: dict[int, list[str]] = {}
    for row, span in zip(rows[bears].tolist(), spans[bears].str.strip().tolist(), strict=True):
        told.setdefault(row, []).append(span)
    for row, parts in told.items():  # each row has its own words
        texts[row] = template.format(
            days=days[row], spans="；".join(parts) if language == "zh" else "; ".join(parts)
        )
    return pd.Series(texts, index=facts.clock.index, dtype="str")


def _counted(days: pd.Series) -> pd.Series:
    whole = days.astype("Int64")
    return whole.astype("str").where(whole.notna())


def percent(share: pd.Series) -> pd.Series:
    """Shares of 1 as text with two decimals; missing stays missing."""
    # Cut, not rounded: 24.999 % must not read as the 25 % it is below
    known = share.notna().to_numpy()
    hundredths = np.floor(share.fillna(0.0).to_numpy() * 10_000.0 + 1e-6).astype("int64")
    values, place = np.unique(hundredths, return_inverse=True)
    texts = np.array([f"{value // 100}.{value % 100:02d}%" for value in values.tolist()], dtype=object)
    return pd.Series(texts[place], index=share.index, dtype="str").where(known)
