"""Time walked day by day: every state begins on its day, not a day before, leap days and month ends included."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from landinv.rules.approvals import judge_approvals
from landinv.rules.ruleset import Ruleset
from landinv.rules.supplies import judge_supplies

DAY = timedelta(1)
UNSTARTED = ["waiting", "overdue_start", "suspected_1", "suspected_2"]
HALTED = ["building", "halted", "suspected_1", "suspected_2"]
# contract → the day each state begins (the first is there from the beginning), counted on a calendar
WALKS: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "leap day": ({"agreed_start_on": "2020-02-29"}, UNSTARTED, ["2020-03-01", "2021-02-28", "2022-02-28"]),
    "day before the leap day": (
        {"agreed_start_on": "2019-02-28"}, UNSTARTED, ["2019-03-01", "2020-02-28", "2021-02-28"]),
    "day after it": ({"agreed_start_on": "2019-03-01"}, UNSTARTED, ["2019-03-02", "2020-03-01", "2021-03-01"]),
    "end of a long month": ({"agreed_start_on": "2019-01-31"}, UNSTARTED, ["2019-02-01", "2020-01-31", "2021-01-31"]),
    "end of a short month": ({"agreed_start_on": "2019-04-30"}, UNSTARTED, ["2019-05-01", "2020-04-30", "2021-04-30"]),
    "end of the year": ({"agreed_start_on": "2019-12-31"}, UNSTARTED, ["2020-01-01", "2020-12-31", "2021-12-31"]),
    "delivered on a leap day": (
        {"delivered_on": "2020-02-29"}, ["cannot_judge", *UNSTARTED],
        ["2020-02-29", "2021-03-01", "2022-02-28", "2023-02-28"]),
    "halted on a leap day": (
        {"started_on": "2019-01-01", "halted_on": "2020-02-29", "developed_area": 1.0, "developable_area": 9.0},
        HALTED, ["2020-02-29", "2021-02-28", "2022-02-28"]),
    # seized from 1 to 10 December 2019, over the leap day of 2020 and on the eve of the two years
    "seized three times": (
        {"agreed_start_on": "2019-03-01",
         "suspensions": "2019-12-01至2019-12-10 司法查封；2020-02-28至2020-03-01 不可抗力；2021-03-13至2021-03-14 司法查封"},
        UNSTARTED, ["2019-03-02", "2020-03-14", "2021-03-16"]),
    "seized before it was due": (
        {"agreed_start_on": "2019-03-01", "suspensions": "2019-01-01至2019-02-28 司法查封"},
        UNSTARTED, ["2019-03-02", "2020-03-01", "2021-03-01"]),
    "seized when it fell due": (
        {"agreed_start_on": "2019-03-01", "suspended_on": "2019-02-01", "resumed_on": "2019-03-04",
         "suspension_cause": "司法查封"},
        UNSTARTED, ["2019-03-02", "2020-03-04", "2021-03-04"]),
    "seized after it was idle": (
        {"agreed_start_on": "2019-03-01", "suspensions": "2020-03-01至2020-03-05 司法查封"},
        UNSTARTED, ["2019-03-02", "2020-03-01", "2021-03-06"]),
    "seized and never released": (
        {"agreed_start_on": "2019-03-01", "suspensions": "2020-02-29至今 司法查封"}, UNSTARTED[:2], ["2019-03-02"]),
}  # fmt: skip


def frame() -> pd.DataFrame:
    table = pd.DataFrame([contract for contract, _, _ in WALKS.values()])
    dates = [name for name in table if str(name).endswith("_on")]
    return table.assign(**{name: pd.to_datetime(table[name]) for name in dates})


def on(day: date) -> list[str]:
    """The state of each walk on a day, by the calendar above."""
    return [
        states[sum(date.fromisoformat(begins) <= day for begins in days)]
        for _, states, days in WALKS.values()
    ]


def days_worth_seeing() -> list[date]:
    """The eve, the day and the morrow of every beginning, and the first of every quarter between."""
    begins = {date.fromisoformat(day) for _, _, days in WALKS.values() for day in days}
    near = {day + n * DAY for day in begins for n in (-1, 0, 1)}
    months = {date(year, month, 1) for year in range(2019, 2024) for month in (1, 4, 7, 10)}
    return sorted(near | months)


@pytest.mark.parametrize("part", range(4))
def test_each_state_begins_on_its_day(ruleset: Ruleset, part: int) -> None:
    supplies = frame()
    walked = [day for day in days_worth_seeing() if day >= date(2019, 2, 20)][part::4]
    seen = {day: judge_supplies(supplies, ruleset, day)["state"].tolist() for day in walked}
    assert seen == {day: on(day) for day in walked}


def test_announced_days_are_the_days(ruleset: Ruleset) -> None:
    """Whatever the day, the change announced is the next one of the calendar, or none while the clock stands still."""
    supplies = frame()
    for day in (date(2019, 3, 1), date(2020, 2, 28), date(2021, 2, 27), date(2021, 3, 15)):
        announced = judge_supplies(supplies, ruleset, day)["next_change_on"]
        for (name, (contract, _, days)), change in zip(WALKS.items(), announced, strict=True):
            later = [d for d in days if date.fromisoformat(d) > day]
            known = "suspensions" not in contract and not {"halted_on", "delivered_on"} & set(contract)
            if known and later:
                assert change == pd.Timestamp(later[0]), (name, day)
            elif not pd.isna(change):
                assert change > pd.Timestamp(day), (name, day)


@pytest.mark.parametrize(("approved", "term"), [("2020-02-29", "2022-02-28"), ("2020-08-31", "2022-08-31")])
def test_lapse_begins_on_its_day(ruleset: Ruleset, approved: str, term: str) -> None:
    approval = pd.DataFrame({"approved_on": pd.to_datetime([approved]), "compensated": [False]})
    last = date.fromisoformat(term)
    states = [judge_approvals(approval, ruleset, last + n * DAY)["state"].iloc[0] for n in (-2, -1, 0, 1)]
    assert states == ["approved", "approved", "lapse_suspected", "lapse_suspected"]
