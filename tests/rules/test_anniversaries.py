from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.rules.anniversaries import anniversaries, completed_years

days = st.dates(date(1990, 1, 1), date(2040, 1, 1))


def one(day: date, years: int, leap_day: str = "month_end") -> date:
    later = anniversaries(pd.Series(pd.to_datetime([day])), years, leap_day=leap_day).iloc[0]
    assert isinstance(later, pd.Timestamp)
    return later.date()


def test_leap_day_has_its_anniversary_at_the_end_of_february_or_on_the_next_day() -> None:
    assert one(date(2020, 2, 29), 1) == date(2021, 2, 28)
    assert one(date(2020, 2, 29), 1, "next_day") == date(2021, 3, 1)
    assert one(date(2020, 2, 29), 4) == one(date(2020, 2, 29), 4, "next_day") == date(2024, 2, 29)


def test_last_of_february_stays_the_twenty_eighth() -> None:
    assert one(date(2019, 2, 28), 1) == date(2020, 2, 28)


def test_missing_dates_and_the_index_stay() -> None:
    dates = pd.Series(pd.to_datetime(["2020-01-31 12:00", None]), index=["a", "b"])
    later = anniversaries(dates, 1)
    assert later.to_dict() == {"a": pd.Timestamp("2021-01-31"), "b": pd.NaT}
    assert later.dtype == "datetime64[s]"


@settings(max_examples=100, deadline=None)
@given(days, st.integers(0, 5))
def test_day_and_month_are_kept_but_for_the_leap_day(day: date, years: int) -> None:
    expected = (
        (day.month, day.day) if (day.month, day.day) != (2, 29) or (day.year + years) % 4 == 0 else (2, 28)
    )
    later = one(day, years)
    assert (later.year, later.month, later.day) == (day.year + years, *expected)


@settings(max_examples=60, deadline=None)
@given(days, st.integers(-800, 2000), st.sampled_from(["month_end", "next_day"]))
def test_completed_years_count_the_anniversaries_reached(day: date, gap: int, leap_day: str) -> None:
    as_of = day + timedelta(gap)
    years = completed_years(pd.Series(pd.to_datetime([day])), pd.Timestamp(as_of), leap_day=leap_day).iloc[0]
    assert one(day, int(years), leap_day) <= as_of < one(day, int(years) + 1, leap_day)
