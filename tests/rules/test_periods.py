from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.rules.anniversaries import anniversaries
from landinv.rules.periods import (
    counted_periods,
    days_not_counted,
    entered_periods,
    first_date,
    latest_dates,
    moved,
)
from landinv.rules.ruleset import load_ruleset

WORDS = load_ruleset("cn-2012-53").words
AS_OF = pd.Timestamp("2022-10-10")
DAY = timedelta(1)


def entered(**supply: Any) -> pd.DataFrame:
    dates = {k: pd.to_datetime([v]) for k, v in supply.items() if k.endswith("_on")}
    texts = {k: [v] for k, v in supply.items() if not k.endswith("_on")}
    return entered_periods(pd.DataFrame({**dates, **texts}), WORDS)


def spans(periods: pd.DataFrame) -> list[tuple[str, str | None]]:
    return [
        (first.date().isoformat(), None if pd.isna(end) else end.date().isoformat())
        for first, end in zip(periods["first"], periods["end"], strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-03-01至2021-08-31 司法查封", [("2021-03-01", "2021-09-01")]),
        ("司法查封 2021年3月1日—2021年8月31日", [("2021-03-01", "2021-09-01")]),
        ("20210301-20210831 查封", [("2021-03-01", "2021-09-01")]),
        ("2021.3.1～2021.3.1 不可抗力", [("2021-03-01", "2021-03-02")]),
        ("2021/3/1起 政府原因", [("2021-03-01", None)]),
        ("2021-03-01至今 查封", [("2021-03-01", None)]),
        ("2021-01-01至2021-01-31 查封；2021-03-01至2021-03-31 文物", [("2021-01-01", "2021-02-01"), ("2021-03-01", "2021-04-01")]),
        ("2021-01-01至2021-01-31 查封\n2021-02-01至2021-02-28 查封；", [("2021-01-01", "2021-03-01")]),
    ],
)  # fmt: skip
def test_periods_are_read_from_text_with_both_days_inside(
    text: str, expected: list[tuple[str, str | None]]
) -> None:
    periods = entered(suspensions=text)
    assert (periods["defect"] == "").all()
    assert spans(counted_periods(periods, AS_OF)) == expected


@pytest.mark.parametrize(
    ("text", "defect"),
    [
        ("去年查封", "unreadable"),
        ("2021-02-30至2021-03-01 查封", "unreadable"),
        ("2021-01-01 2021-02-01 2021-03-01 查封", "unreadable"),
        ("2021-03-01至2021-02-27 查封", "reversed"),
        ("2021-03-01至2021-03-31 资金不足", "unlawful"),
        ("2021-03-01至2021-03-31", "unlawful"),
        ("2021-03-01至2021-03-31 企业自身规划调整", "unlawful"),
    ],
)
def test_what_cannot_be_used_is_told_and_not_counted(text: str, defect: str) -> None:
    periods = entered(suspensions=text)
    assert periods["defect"].tolist() == [defect]
    assert len(counted_periods(periods, AS_OF)) == 0


def test_day_of_resumption_counts_again() -> None:
    periods = entered(suspended_on="2021-03-01", resumed_on="2021-03-11", suspension_cause="司法查封")
    assert spans(counted_periods(periods, AS_OF)) == [("2021-03-01", "2021-03-11")]
    same = entered(suspended_on="2021-03-01", resumed_on="2021-03-01", suspension_cause="司法查封")
    assert same["defect"].tolist() == ["reversed"]
    without = entered(resumed_on="2021-03-01", suspension_cause="司法查封")
    assert without["defect"].tolist() == ["no_beginning"]


def test_period_that_has_not_begun_is_not_known() -> None:
    periods = entered(suspended_on="2022-10-11", suspension_cause="司法查封")
    assert len(counted_periods(periods, AS_OF)) == 0
    assert len(counted_periods(periods, pd.Timestamp("2022-10-11"))) == 1


def test_overlapping_periods_count_once_and_name_every_cause() -> None:
    periods = counted_periods(
        entered(suspensions="2021-01-01至2021-01-20 查封；2021-01-10至2021-01-31 不可抗力；2021-03-01至 查封；2021-04-01至2021-04-02 查封"),
        AS_OF,
    )  # fmt: skip
    assert spans(periods) == [("2021-01-01", "2021-02-01"), ("2021-03-01", None)]
    assert periods["cause"].tolist() == ["查封、不可抗力", "查封"]


def test_the_latest_extension_known_on_the_day_counts() -> None:
    text = pd.Series(
        ["2021-05-01；2022-05-01（2022-04-20签订）；2020-01-01", None, "无"], index=["a", "b", "c"]
    )
    known = latest_dates(text, pd.Timestamp("2022-04-20"))
    assert known.tolist()[0] == pd.Timestamp("2022-05-01")
    assert known.isna().tolist() == [False, True, True]
    assert latest_dates(text, pd.Timestamp("2022-04-19")).iloc[0] == pd.Timestamp("2021-05-01")
    assert known.index.tolist() == ["a", "b", "c"]


def test_first_date_of_a_text() -> None:
    found = first_date(pd.Series(["批准于2021年3月1日", "20210302", None, "不详"]))
    assert found.tolist()[:2] == [pd.Timestamp("2021-03-01"), pd.Timestamp("2021-03-02")]
    assert found.isna().tolist()[2:] == [True, True]


def put_off(since: date, mark: date, closed: set[date]) -> date:
    """Each day that does not count puts the mark off by a day: one day after the other."""
    day = since
    while day < mark:
        if day in closed:
            mark += DAY
        day += DAY
    return mark


days = st.dates(date(2019, 1, 1), date(2021, 6, 1))
lengths = st.integers(1, 90)


@settings(max_examples=60, deadline=None)
@given(days, st.lists(st.tuples(days, lengths), max_size=5))
def test_marks_are_put_off_day_by_day(since: date, seizures: list[tuple[date, int]]) -> None:
    text = "；".join(f"{a.isoformat()}至{(a + (n - 1) * DAY).isoformat()} 查封" for a, n in seizures)
    periods = counted_periods(entered(suspensions=text), pd.Timestamp("2030-01-01"))
    closed = {a + k * DAY for a, n in seizures for k in range(n)}
    begin = pd.Series(pd.to_datetime([since]).astype("datetime64[s]"))
    for years in (1, 2):
        mark = anniversaries(begin, years)
        assert moved(mark, begin, periods).iloc[0].date() == put_off(since, mark.iloc[0].date(), closed)
    until = date(2021, 3, 1)
    not_counted = days_not_counted(begin, pd.Timestamp(until), periods).iloc[0]
    assert not_counted == sum(since <= day < until for day in closed)


def test_open_period_keeps_the_mark_from_coming_unless_it_was_reached() -> None:
    begin = pd.Series(pd.to_datetime(["2019-03-01"] * 2).astype("datetime64[s]"))
    mark = anniversaries(begin, 1)
    periods = pd.DataFrame(
        {"row": [0, 1], "first": pd.to_datetime(["2020-02-29", "2020-03-01"]), "end": pd.to_datetime([None, None])}
    )  # fmt: skip
    assert moved(mark, begin, periods).tolist() == [pd.NaT, pd.Timestamp("2020-03-01")]
    assert days_not_counted(begin, pd.Timestamp("2020-03-11"), periods).tolist() == [11, 10]


def test_nothing_entered_gives_no_periods() -> None:
    supplies = pd.DataFrame({"agreed_start_on": pd.to_datetime(["2020-01-01"])})
    periods = entered_periods(supplies, WORDS)
    assert len(periods) == 0
    assert len(counted_periods(periods, AS_OF)) == 0
