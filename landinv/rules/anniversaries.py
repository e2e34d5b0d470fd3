"""Calendar anniversaries: a year is from a date to the same date, never 365 days."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

MONTH_END: Final = "month_end"
NEXT_DAY: Final = "next_day"
LEAP_DAY_CHOICES: Final = (MONTH_END, NEXT_DAY)


def anniversaries(dates: pd.Series, years: int, *, leap_day: str = MONTH_END) -> pd.Series:
    """The same calendar day some years later.

    Parameters
    ----------
    dates
        ``datetime64``; the time of day is dropped.
    years
        How many years later; may be 0.
    leap_day
        Where 29 February has no counterpart: ``month_end`` gives 28 February, ``next_day`` gives 1 March.

    Returns
    -------
    Series
        ``datetime64[s]`` with the index of ``dates``; missing stays missing.

    Notes
    -----
    Source: Civil Code, art. 202 (the last day of the month where the day has no counterpart); unverified for this
    use, therefore a choice of the ruleset.

    Examples
    --------
    >>> leap = pd.Series(pd.to_datetime(["2020-02-29", "2021-10-10"]))
    >>> anniversaries(leap, 1).dt.strftime("%Y-%m-%d").tolist()
    ['2021-02-28', '2022-10-10']
    """
    days = dates.to_numpy().astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    later = months + np.timedelta64(12 * years, "M")
    same_day = later.astype("datetime64[D]") + (days - months.astype("datetime64[D]"))
    following = (later + np.timedelta64(1, "M")).astype("datetime64[D]")
    latest = following if leap_day == NEXT_DAY else following - np.timedelta64(1, "D")
    chosen = np.where(np.isnat(days), days, np.minimum(same_day, latest))
    return pd.Series(chosen.astype("datetime64[s]"), index=dates.index)


def completed_years(dates: pd.Series, as_of: pd.Timestamp, *, leap_day: str = MONTH_END) -> pd.Series:
    """Whole calendar years from each date to ``as_of`` (``Int64``; missing stays missing, a later date is negative).

    Examples
    --------
    >>> dates = pd.Series(pd.to_datetime(["2020-10-10", "2020-10-11", "2020-02-29"]))
    >>> completed_years(dates, pd.Timestamp("2022-10-10")).tolist()
    [2, 1, 2]
    """
    month_day = dates.dt.month * 100 + dates.dt.day
    if not as_of.is_leap_year:
        month_day = month_day.mask(month_day == 229, 301 if leap_day == NEXT_DAY else 228)
    not_yet = month_day > as_of.month * 100 + as_of.day
    years: pd.Series = as_of.year - dates.dt.year - not_yet.astype(float)
    return years.astype("Int64")
