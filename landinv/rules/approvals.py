"""How old each approval is, which cohort it belongs to, and whether it may have lapsed."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.rules.anniversaries import anniversaries, completed_years
from landinv.rules.columns import date_column, iso_dates, text_column, truth_column
from landinv.rules.rule_choice import dates_of_rule, first_rules, of_rule, reasons
from landinv.rules.rule_types import ApprovalRule, Ruleset

APPROVAL_JUDGEMENT_COLUMNS: Final = (
    "age_years", "cohort", "flags", "next_change_on", "next_kind", "rule_id", "clause", "reason",
)  # fmt: skip
LAPSED: Final = "失效"
WITHDRAWN: Final = "撤回"


def judge_approvals(approvals: pd.DataFrame, ruleset: Ruleset, as_of: date) -> pd.DataFrame:
    """Judge every approval as it stood on a day; lapse is a flag, never a kind.

    Parameters
    ----------
    approvals
        Canonical columns of role ``approvals``; absent columns count as missing.
    ruleset
        From :func:`landinv.rules.ruleset.load_ruleset`.
    as_of
        The day.

    Returns
    -------
    DataFrame
        Index of ``approvals``; columns :data:`APPROVAL_JUDGEMENT_COLUMNS`: age_years (completed calendar years,
        ``Int64``), cohort (``2009-2018``, ``2009年以前``; missing without a date), flags (withdrawn, lapsed,
        lapse_suspected, lapse_suspected_compensation_unknown, approval_date_missing, approved_after_as_of),
        next_change_on (the day a flag may come; the kind stays), next_kind, rule_id, clause and reason (Chinese).

    Raises
    ------
    RulesetError
        If the ruleset was not in force on ``as_of``.

    Notes
    -----
    Source: Guifa 2018-1 of the Ministry of Natural Resources on linking quota to stock; its lapse rule is unverified.
    """
    ruleset.require_in_force(as_of)
    day = pd.Timestamp(as_of).as_unit("s")
    limits, rules, index = ruleset.thresholds, ruleset.approval_rules, approvals.index
    approved_on = date_column(approvals, "approved_on")
    lapse_on = anniversaries(approved_on, limits.lapse_years, leap_day=limits.leap_day_anniversary)
    age = completed_years(approved_on, day, leap_day=limits.leap_day_anniversary)
    chosen = first_rules(_conditions(approvals, approved_on, lapse_on=lapse_on, as_of=day), rules)
    texts = {
        "as_of": pd.Series(day.date().isoformat(), index=index),
        "approved": iso_dates(approved_on),
        "elapsed": ("已满" + age.astype("str") + "年").mask(age == 0, "不满一年").where(age.notna()),
        "lapse": iso_dates(lapse_on),
    }
    dates = pd.DataFrame({"lapse_on": lapse_on}, index=index)
    return pd.DataFrame(
        {
            "age_years": age,
            "cohort": cohorts(approved_on, limits.cohort_first_years),
            "flags": of_rule(chosen, [rule.flag for rule in rules], index=index),
            "next_change_on": dates_of_rule(chosen, [rule.next_on for rule in rules], dates=dates),
            "next_kind": of_rule(chosen, [rule.next_kind for rule in rules], index=index),
            "rule_id": of_rule(chosen, [rule.id for rule in rules], index=index),
            "clause": of_rule(chosen, [rule.clause for rule in rules], index=index),
            "reason": _reasons(chosen, rules, texts=texts),
        },
        index=index,
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
    chosen: npt.NDArray[np.intp], rules: tuple[ApprovalRule, ...], *, texts: dict[str, pd.Series]
) -> pd.Series:
    return pd.Series(
        reasons(chosen, rules, value_of=texts.__getitem__), index=texts["as_of"].index, dtype="str"
    )
