"""How old each approval is, which cohort it belongs to, and whether it may have lapsed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.rules.anniversaries import anniversaries, completed_years
from landinv.rules.columns import date_column, iso_dates, text_column, truth_column
from landinv.rules.rule_choice import (
    dates_of_rule,
    first_rules,
    least_changes,
    of_rule,
    reasons,
    told_changes,
    truth_of,
)
from landinv.rules.rule_types import Ruleset

APPROVAL_JUDGEMENT_COLUMNS: Final = (
    "age_years", "cohort", "flags", "next_change_on", "next_kind", "rule_id", "clause", "reason",
    "state", "would_change", "ruleset",
)  # fmt: skip
LAPSED: Final = "失效"
WITHDRAWN: Final = "撤回"


def judge_approvals(
    approvals: pd.DataFrame, ruleset: Ruleset, as_of: date, *, language: str = "zh"
) -> pd.DataFrame:
    """Judge every approval as it stood on a day; lapse is a flag, never a kind.

    Parameters
    ----------
    approvals
        Canonical columns of role ``approvals``; absent columns count as missing.
    ruleset
        From :func:`landinv.rules.ruleset.load_ruleset`.
    as_of
        The day.
    language
        ``zh`` or ``en``, of clause, reason and would_change.

    Returns
    -------
    DataFrame
        Index of ``approvals``; columns :data:`APPROVAL_JUDGEMENT_COLUMNS`: age_years (completed calendar years,
        ``Int64``), cohort (``2009-2018``, ``2009年以前``; missing without a date), flags (withdrawn, lapsed,
        lapse_suspected, lapse_suspected_compensation_unknown, approval_date_missing, approved_after_as_of),
        next_change_on (the day a flag may come; the kind stays), next_kind, rule_id, clause, reason, state,
        would_change (the smallest fact that would change the state today) and ruleset (its stamp).

    Raises
    ------
    RulesetError
        If the ruleset was not in force on ``as_of``.

    Notes
    -----
    Source: Guifa 2018-1 of the Ministry of Natural Resources on linking quota to stock; its lapse rule is unverified.
    """
    ruleset.require_in_force(as_of)
    facts = approval_facts(approvals, ruleset, as_of)
    rules, index, truth = ruleset.approval_rules, approvals.index, truth_of(facts.conditions)
    chosen = first_rules(truth, rules, rows=len(approvals))
    least = least_changes(truth, rules, ruleset.facts_of("approval"), chosen=chosen)
    told = told_changes(ruleset, "approval", least, language)
    clauses = [ruleset.cited(rule.articles, language) for rule in rules]
    return pd.DataFrame(
        {
            "age_years": facts.age_years,
            "cohort": cohorts(facts.dates["approved_on"], ruleset.thresholds.cohort_first_years),
            "flags": of_rule(chosen, [rule.flag for rule in rules], index=index),
            "next_change_on": dates_of_rule(chosen, [rule.next_on for rule in rules], dates=facts.dates),
            "next_kind": of_rule(chosen, [rule.next_kind for rule in rules], index=index),
            "rule_id": of_rule(chosen, [rule.id for rule in rules], index=index),
            "clause": of_rule(chosen, clauses, index=index),
            "reason": _reasons(facts, ruleset, chosen=chosen, language=language),
            "state": of_rule(chosen, [rule.state for rule in rules], index=index),
            "would_change": pd.Series(told, index=index, dtype="str"),
            "ruleset": pd.Series(ruleset.stamp, index=index, dtype="str"),
        },
        index=index,
    )


@dataclass(frozen=True)
class ApprovalFacts:
    """Facts of approvals on a day: conditions by name, dates approved_on and lapse_on, completed years."""

    as_of: pd.Timestamp
    conditions: pd.DataFrame
    dates: pd.DataFrame
    age_years: pd.Series


def approval_facts(approvals: pd.DataFrame, ruleset: Ruleset, as_of: date) -> ApprovalFacts:
    """Facts of each approval on a day, index of ``approvals``."""
    day = pd.Timestamp(as_of).as_unit("s")
    limits = ruleset.thresholds
    approved_on = date_column(approvals, "approved_on")
    lapse_on = anniversaries(approved_on, limits.lapse_years, leap_day=limits.leap_day_anniversary)
    return ApprovalFacts(
        day,
        _conditions(approvals, approved_on, lapse_on=lapse_on, as_of=day),
        pd.DataFrame({"approved_on": approved_on, "lapse_on": lapse_on}, index=approvals.index),
        completed_years(approved_on, day, leap_day=limits.leap_day_anniversary),
    )


def cohorts(approved_on: pd.Series, first_years: tuple[int, ...]) -> pd.Series:
    """Label of the span of years an approval's date lies in; missing without a date.

    Parameters
    ----------
    approved_on
        ``datetime64``.
    first_years
        First year of each span, rising; the last span is open.

    Examples
    --------
    >>> dates = pd.Series(pd.to_datetime(["2008-12-31", "2018-12-31", "2019-01-01", "2024-05-01"]))
    >>> cohorts(dates, (2009, 2019, 2023)).tolist()
    ['2009年以前', '2009-2018', '2019-2022', '2023年以后']
    """
    spans = [f"{first}-{following - 1}" for first, following in pairwise(first_years)]
    labels = np.array([f"{first_years[0]}年以前", *spans, f"{first_years[-1]}年以后"], dtype=object)
    position = np.searchsorted(np.array(first_years), approved_on.dt.year.fillna(0), side="right")
    return pd.Series(labels[position], index=approved_on.index, dtype="str").where(approved_on.notna())


def _conditions(
    approvals: pd.DataFrame, approved_on: pd.Series, *, lapse_on: pd.Series, as_of: pd.Timestamp
) -> pd.DataFrame:
    status = text_column(approvals, "approval_status")
    compensated = truth_column(approvals, "compensated")
    return pd.DataFrame(
        {
            "withdrawn": status == WITHDRAWN,
            "lapsed": status == LAPSED,
            "dated": approved_on.notna(),
            "approved": approved_on <= as_of,
            "lapse_reached": lapse_on <= as_of,
            "compensated": compensated.fillna(value=False).astype(bool),
            "uncompensated": (~compensated).fillna(value=False).astype(bool),
            "compensation_unknown": compensated.isna(),
        },
        index=approvals.index,
    )


def _reasons(
    facts: ApprovalFacts, ruleset: Ruleset, *, chosen: npt.NDArray[np.intp], language: str
) -> pd.Series:
    index, age = facts.conditions.index, facts.age_years
    years = age.astype("str")
    elapsed = ("已满" + years + "年") if language == "zh" else (years + " full years old")
    recent = "不满一年" if language == "zh" else "less than a year old"
    texts = {
        "as_of": pd.Series(facts.as_of.date().isoformat(), index=index),
        "approved": iso_dates(facts.dates["approved_on"]),
        "elapsed": elapsed.mask(age == 0, recent).where(age.notna()),
        "lapse": iso_dates(facts.dates["lapse_on"]),
    }
    told = reasons(chosen, ruleset.approval_rules, value_of=texts.__getitem__, language=language)
    return pd.Series(told, index=index, dtype="str")
