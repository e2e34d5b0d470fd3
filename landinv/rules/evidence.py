"""Why one supply or one approval is judged as it is: inputs, clock, rule, law, and what would change it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any, Final

import pandas as pd

from landinv.model.roles import role_fields
from landinv.rules.approvals import approval_facts, judge_approvals
from landinv.rules.columns import number_column, text_column
from landinv.rules.page import told_conditions
from landinv.rules.rule_choice import changes_of, first_rules, told_change, truth_of
from landinv.rules.rule_types import Rule, Ruleset, SupplyRule
from landinv.rules.supplies import cited_articles, judge_supplies
from landinv.rules.supply_facts import ASSUMED_BASES, SupplyFacts, supply_facts

SUPPLY_INPUTS: Final = (
    "signed_on", "permit_on", "delivered_on", "agreed_start_on", "extension_start_on", "extensions",
    "extension_signed_on", "started_on", "halted_on", "agreed_finish_on", "finished_on", "developable_area",
    "developed_area", "total_investment_wan", "invested_wan", "price_wan", "idle_cause", "suspended_on", "resumed_on",
    "suspension_cause", "suspensions", "parcel_code", "land_tenure", "notice_no", "notice_on", "determination_no",
    "determined_on", "disposal", "disposed_on",
)  # fmt: skip
APPROVAL_INPUTS: Final = (
    "approved_on",
    "approval_kind",
    "authority",
    "approved_area",
    "compensated",
    "approval_status",
)
AGREED: Final = ("agreed_start_on", "agreed_finish_on", "extension_start_on", "resumed_on")


@dataclass(frozen=True)
class Evidence:
    """One judgement with everything it rests on.

    ``judged`` is the row of the judgement; ``conditions`` the rule's own in words; ``articles`` the law it cites, each
    with its text and whether it is unverified; ``inputs`` the fields filled, each with title, value and whether it was
    known on the day; ``clock`` the marks of the idle clock and its interruptions (empty for approvals); ``next`` the
    next change by itself; ``changes`` the facts that would change it today, the smallest first; ``numbers`` the
    unverified thresholds it rests on.
    """

    subject: str
    as_of: date
    ruleset: Ruleset
    judged: dict[str, Any]
    conditions: str
    articles: tuple[dict[str, Any], ...]
    inputs: tuple[dict[str, Any], ...]
    source_refs: str
    clock: dict[str, Any]
    next: dict[str, Any]
    changes: tuple[dict[str, Any], ...]
    numbers: tuple[str, ...]


def supply_evidence(supply: pd.DataFrame, ruleset: Ruleset, as_of: date, *, language: str = "zh") -> Evidence:
    """Evidence for one supply.

    Parameters
    ----------
    supply
        One row of canonical supplies.
    ruleset, as_of, language
        As for :func:`landinv.rules.supplies.judge_supplies`.

    Raises
    ------
    RulesetError
        If the ruleset was not in force on ``as_of``.
    """
    facts = supply_facts(supply, ruleset, as_of)
    known = _known_by(supply, as_of)

    def judged(day: date) -> dict[str, Any]:
        return plain_row(judge_supplies(known if day > as_of else supply, ruleset, day, language=language))

    rule = _rule_of(facts.conditions, ruleset.supply_rules)
    clock = _clock(supply, facts, ruleset)
    evidence = _evidence(_Case("supply", supply, ruleset, as_of, language), facts.conditions, rule, judged)
    assert isinstance(rule, SupplyRule)
    return replace(
        evidence,
        clock=clock,
        articles=_articles(ruleset, cited_articles(facts, ruleset, rule), language),
        numbers=_numbers(ruleset, clock, evidence.judged),
    )


def approval_evidence(
    approval: pd.DataFrame, ruleset: Ruleset, as_of: date, *, language: str = "zh"
) -> Evidence:
    """Evidence for one approval, as :func:`supply_evidence`."""
    conditions = approval_facts(approval, ruleset, as_of).conditions

    def judged(day: date) -> dict[str, Any]:
        return plain_row(judge_approvals(approval, ruleset, day, language=language))

    rule = _rule_of(conditions, ruleset.approval_rules)
    numbers = tuple(name for name in ("lapse_years",) if name in ruleset.thresholds.unverified)
    evidence = _evidence(_Case("approval", approval, ruleset, as_of, language), conditions, rule, judged)
    return replace(evidence, articles=_articles(ruleset, rule.articles, language), numbers=numbers)


def plain_row(frame: pd.DataFrame) -> dict[str, Any]:
    """The first row as plain values: dates as :class:`datetime.date`, missing as None."""
    return {str(name): _plain(value) for name, value in frame.iloc[0].items() if str(name) != "geometry"}


@dataclass(frozen=True)
class _Case:
    """One row to be explained, and under what."""

    subject: str
    row: pd.DataFrame
    ruleset: Ruleset
    as_of: date
    language: str


def _known_by(supply: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The row without events after the day: what comes next is told from what was known then."""
    names = [name for name in supply if str(name).endswith("_on") and str(name) not in AGREED]
    dates = {str(name): pd.to_datetime(supply[name]) for name in names}
    day = pd.Timestamp(as_of)
    return supply.assign(**{name: given.where(given <= day) for name, given in dates.items()})


def _rule_of(conditions: pd.DataFrame, rules: Sequence[Rule]) -> Rule:
    return rules[int(first_rules(truth_of(conditions), rules, rows=len(conditions))[0])]


def _evidence(
    case: _Case, conditions: pd.DataFrame, rule: Rule, judged: Callable[[date], dict[str, Any]]
) -> Evidence:
    ruleset, language, now = case.ruleset, case.language, judged(case.as_of)
    is_supply = case.subject == "supply"
    rules: Sequence[Rule] = ruleset.supply_rules if is_supply else ruleset.approval_rules
    changes = changes_of(truth_of(conditions), rules, ruleset.facts_of(case.subject), row=0)
    following = now["next_change_on"]
    state = ruleset.state(judged(following)["state"]).named(language) if following else None
    names = SUPPLY_INPUTS if is_supply else APPROVAL_INPUTS
    return Evidence(
        subject=case.subject,
        as_of=case.as_of,
        ruleset=ruleset,
        judged=now,
        conditions=told_conditions(rule.when, language),
        articles=(),
        inputs=_inputs(case.row, "supplies" if is_supply else "approvals", names, case.as_of),
        source_refs=_refs(case.row),
        clock={},
        next={"on": following, "kind": now["next_kind"], "state": state},
        changes=tuple(
            {"fact": c.fact.id, "told": told_change(ruleset, c, language), "state": c.state or None}
            for c in changes
        ),
        numbers=(),
    )


def _numbers(ruleset: Ruleset, clock: dict[str, Any], judged: dict[str, Any]) -> tuple[str, ...]:
    """Unverified thresholds that this result rests on."""
    since = clock["since"]
    used = {
        "assumed_start_years": bool(clock["assumed"]),
        "leap_day_anniversary": since is not None and (since.month, since.day) == (2, 29),
        "idle_counted_from": judged["idle_since"] is not None,
    }
    return tuple(name for name in ruleset.thresholds.unverified if used.get(name, False))


def _articles(ruleset: Ruleset, references: Sequence[str], language: str) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "source": f"{source.name}（{source.number}）" if language == "zh" else source.name_en,
            "article": article.named(language),
            "text": article.told(language),
            "unverified": article.unverified,
        }
        for source, article in ruleset.articles(references)
    )


def _inputs(
    frame: pd.DataFrame, role: str, names: tuple[str, ...], as_of: date
) -> tuple[dict[str, Any], ...]:
    fields = {field.name: field for field in role_fields(role)}
    told = []
    for name in names:
        value = _plain(frame[name].iloc[0]) if name in frame else None
        if value is None or value == "":
            continue
        later = isinstance(value, date) and value > as_of and name not in AGREED
        told.append(
            {
                "field": name,
                "title": fields[name].synonyms[0],
                "unit": fields[name].unit,
                "value": value,
                "known": not later,
            }
        )
    return tuple(told)


def _refs(frame: pd.DataFrame) -> str:
    refs = text_column(frame, "source_refs").fillna(text_column(frame, "source_ref"))
    return str(refs.iloc[0]) if refs.notna().iloc[0] else ""


def _clock(supply: pd.DataFrame, facts: SupplyFacts, ruleset: Ruleset) -> dict[str, Any]:
    started = bool(facts.conditions["started"].iloc[0])
    names = ("halted", "halt_first", "halt_second") if started else ("start", "start_first", "start_second")
    since, first, second = (_plain(facts.dates[name].iloc[0]) for name in names)
    basis = None if pd.isna(facts.basis.iloc[0]) else str(facts.basis.iloc[0])
    return {
        "since": since,
        "first": first,
        "second": second,
        "basis": "halted_on" if started and since else basis,
        "assumed": not started and basis in ASSUMED_BASES,
        "suspended_days": int(facts.suspended_days.iloc[0]),
        "suspended_now": bool(facts.is_suspended.iloc[0]),
        "periods": [
            {"first": _plain(p["first"]), "resumed": _plain(p["end"]), "cause": p["cause"]}
            for p in facts.periods.to_dict("records")
        ],
        "area_ratio": _plain(facts.area_ratio.iloc[0]),
        "investment_ratio": _plain(facts.investment_ratio.iloc[0]),
        "area_needed_m2": _needed(supply, "developable_area", ruleset.thresholds.area_ratio),
        "investment_needed_wan": _needed(supply, "total_investment_wan", ruleset.thresholds.investment_ratio),
    }


def _needed(supply: pd.DataFrame, whole: str, ratio: Fraction) -> float | None:
    amount = number_column(supply, whole).iloc[0]
    return float(amount * ratio.numerator / ratio.denominator) if amount > 0 else None


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date()
    return value.item() if hasattr(value, "item") else value
