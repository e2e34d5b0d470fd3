from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from landinv.rules.approvals import APPROVAL_JUDGEMENT_COLUMNS, judge_approvals
from landinv.rules.ruleset import Ruleset

AS_OF = date(2022, 10, 10)


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    table = pd.DataFrame(list(rows))
    if "approved_on" in table:
        table["approved_on"] = pd.to_datetime(table["approved_on"])
    return table


def judge(ruleset: Ruleset, as_of: date = AS_OF, **row: Any) -> dict[str, Any]:
    judged = judge_approvals(frame(row), ruleset, as_of).iloc[0]
    return {name: None if pd.isna(value) else value for name, value in judged.items()}


CASES: list[tuple[dict[str, Any], str | None]] = [
    ({"approved_on": "2020-10-10", "compensated": False}, "lapse_suspected"),
    ({"approved_on": "2020-10-11", "compensated": False}, None),
    ({"approved_on": "2020-10-10", "compensated": True}, None),
    ({"approved_on": "2020-10-10", "compensated": None}, "lapse_suspected_compensation_unknown"),
    ({"approved_on": "2020-10-10"}, "lapse_suspected_compensation_unknown"),
    ({"approved_on": "2020-10-11"}, None),
    ({"approved_on": "2022-01-01", "approval_status": "失效"}, "lapsed"),
    ({"approved_on": "2010-01-01", "approval_status": "撤回", "compensated": False}, "withdrawn"),
    ({"approved_on": "2010-01-01", "approval_status": "有效", "compensated": False}, "lapse_suspected"),
    ({"approved_on": None, "compensated": False}, "approval_date_missing"),
    ({"approved_on": "2022-10-11"}, "approved_after_as_of"),
]


@pytest.mark.parametrize(("approval", "flag"), CASES)
def test_approval_is_flagged_as_by_hand(ruleset: Ruleset, approval: dict[str, Any], flag: str | None) -> None:
    judged = judge(ruleset, **approval)
    assert judged["flags"] == flag
    assert judged["reason"]


def test_day_of_the_two_year_mark_is_announced(ruleset: Ruleset) -> None:
    judged = judge(ruleset, approved_on="2020-10-11", compensated=False)
    assert judged["next_change_on"] == pd.Timestamp("2022-10-11")
    assert judged["next_kind"] == "approved_unsupplied"
    assert judge(ruleset, date(2022, 10, 11), approved_on="2020-10-11", compensated=False)["flags"]
    assert judge(ruleset, approved_on="2020-10-11", compensated=True)["next_change_on"] is None


def test_age_is_completed_calendar_years(ruleset: Ruleset) -> None:
    assert judge(ruleset, approved_on="2012-10-10")["age_years"] == 10
    assert judge(ruleset, approved_on="2012-10-11")["age_years"] == 9
    assert judge(ruleset, approved_on=None)["age_years"] is None


@pytest.mark.parametrize(
    ("approved_on", "cohort"),
    [
        ("2008-12-31", "2009年以前"),
        ("2009-01-01", "2009-2018"),
        ("2018-12-31", "2009-2018"),
        ("2019-01-01", "2019-2022"),
        ("2023-01-01", "2023年以后"),
        (None, None),
    ],
)
def test_cohort_is_the_span_of_years(ruleset: Ruleset, approved_on: str | None, cohort: str | None) -> None:
    assert judge(ruleset, approved_on=approved_on)["cohort"] == cohort


def test_reason_is_filled_in(ruleset: Ruleset) -> None:
    judged = judge(ruleset, approved_on="2015-03-01", compensated=False)
    assert (
        judged["reason"] == "2015-03-01批准，截至2022-10-10已满7年，尚未供应，未实施征地补偿安置，涉嫌失效。"
    )


def test_index_and_columns_hold_for_any_frame(ruleset: Ruleset) -> None:
    some = frame(*(c[0] for c in CASES)).set_index(pd.Index(list("abcdefghijk")))
    for approvals in (some, some.iloc[:0], some[[]]):
        judged = judge_approvals(approvals, ruleset, AS_OF)
        assert judged.index.equals(approvals.index)
        assert tuple(judged.columns) == APPROVAL_JUDGEMENT_COLUMNS
        assert judged["next_change_on"].dtype == "datetime64[s]"


def test_the_reason_counts_completed_years_and_says_less_than_one(ruleset: Ruleset) -> None:
    assert "不满一年" in judge(ruleset, approved_on="2021-10-11", compensated=True)["reason"]
    assert "已满1年" in judge(ruleset, approved_on="2021-10-10", compensated=True)["reason"]
