"""What is true of each supply on a day: the conditions, dates and ratios that the rules are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

import numpy as np
import pandas as pd

from landinv.rules.anniversaries import anniversaries
from landinv.rules.causes import GOVERNMENT, classify_cause, entered_cause
from landinv.rules.columns import date_column, known_dates, number_column, text_column
from landinv.rules.periods import (
    counted_periods,
    days_not_counted,
    entered_periods,
    latest_dates,
    moved,
    stands_still,
)
from landinv.rules.rule_types import Ruleset, Thresholds

COLLECTIVE_CODE: Final = r"^\d{12}J[A-Z]\d{5}"  # a cadastral parcel code whose land is collectively owned
BASES: Final = {
    "extension_start_on": "延期后动工日期",
    "agreed_start_on": "约定动工日期",
    "delivered_on": "动工日期（未约定，按实际交地日期加一年推定）",
    "permit_on": "动工日期（未约定，按批准书日期加一年推定）",
}
BASES_EN: Final = {
    "extension_start_on": "Extended start",
    "agreed_start_on": "Agreed start",
    "delivered_on": "Start (none agreed; assumed as actual delivery and one year)",
    "permit_on": "Start (none agreed; assumed as the permit's date and one year)",
}
ASSUMED_BASES: Final = ("delivered_on", "permit_on")
# A typed ratio that is exactly a third must not fall below it by the last bit of a product
ROUNDING: Final = 1e-12


@dataclass(frozen=True)
class SupplyFacts:
    """Facts of supplies on ``as_of``, every series and frame with the index of the supplies.

    Parameters
    ----------
    as_of
        The day.
    conditions
        Boolean column per name of ``SUPPLY_CONDITIONS``.
    dates
        ``datetime64[s]``: start (effective), its anniversaries start_first and start_second, day_after_start, halted,
        halt_first, halt_second, started, finished, determined, and disposed. Anniversaries are put off by the days
        that do not count.
    basis
        Name of the column the effective start came from; missing where there is none.
    area_ratio, investment_ratio
        Shares (1 = all); missing where a part is missing or the whole is not above 0.
    cause
        Cause as entered; missing where nothing was.
    cause_class
        政府原因, 企业原因 or missing.
    periods
        Periods that do not count (:func:`landinv.rules.periods.counted_periods`), ``row`` by position.
    clock
        The day idle time counts from: the due start, or the halt.
    suspended_days
        Days since the clock began that do not count.
    is_suspended
        True where the clock stands still on the day.
    """

    as_of: pd.Timestamp
    conditions: pd.DataFrame
    dates: pd.DataFrame
    basis: pd.Series
    area_ratio: pd.Series
    investment_ratio: pd.Series
    cause: pd.Series
    cause_class: pd.Series
    periods: pd.DataFrame
    clock: pd.Series
    suspended_days: pd.Series
    is_suspended: pd.Series


def supply_facts(supplies: pd.DataFrame, ruleset: Ruleset, as_of: date) -> SupplyFacts:
    """Facts of each supply as they were known on ``as_of``.

    Events dated later (delivered, permit, started, halted, finished, determined, disposed) have not happened yet;
    agreed dates and extensions count whenever they lie.
    """
    day = pd.Timestamp(as_of).as_unit("s")
    limits = ruleset.thresholds
    start, basis = effective_start(supplies, limits, as_of=day)
    periods = counted_periods(entered_periods(supplies, ruleset.words), day)
    dates = _dates(supplies, limits, start=start, as_of=day).pipe(_put_off, periods)
    area, area_below = _ratio(
        number_column(supplies, "developed_area"),
        number_column(supplies, "developable_area"),
        limit=limits.area_ratio,
    )
    invested, invested_below = _ratio(
        number_column(supplies, "invested_wan"),
        number_column(supplies, "total_investment_wan"),
        limit=limits.investment_ratio,
    )
    cause = entered_cause(supplies, ruleset.words)
    cause_class = classify_cause(cause, ruleset.words)
    conditions = _conditions(dates, day).assign(
        determined=dates["determined"].notna() & text_column(supplies, "determination_no").notna(),
        government=cause_class == GOVERNMENT,
        ratio_below=area_below | invested_below,
        ratio_missing=area.isna() | invested.isna(),
        collective=is_collective(supplies),
    )
    clock = dates["start"].where(~conditions["started"], dates["halted"])
    return SupplyFacts(
        as_of=day,
        conditions=conditions,
        dates=dates,
        basis=basis,
        area_ratio=area,
        investment_ratio=invested,
        cause=cause,
        cause_class=cause_class,
        periods=periods,
        clock=clock,
        suspended_days=days_not_counted(clock, day, periods),
        is_suspended=stands_still(periods, clock.index, as_of=day),
    )


def is_collective(supplies: pd.DataFrame) -> pd.Series:
    """True where a supply itself says that its land is collectively owned, by its tenure or its cadastral code.

    The survey's tenure is no evidence here: it shows the land before it was expropriated. Source: GB/T 37346, first
    character of the 特征码.
    """
    found = pd.Series(data=False, index=supplies.index)
    if "parcel_code" in supplies:
        found |= text_column(supplies, "parcel_code").str.match(COLLECTIVE_CODE, na=False)
    if "land_tenure" in supplies:
        tenure = text_column(supplies, "land_tenure")
        by_word = tenure.str.contains("集体", na=False) | tenure.str.match(r"[34]\d?$", na=False)
        found = (found & ~tenure.str.contains("国有", na=False)) | by_word
    return found.astype(bool)


def effective_start(
    supplies: pd.DataFrame, limits: Thresholds, *, as_of: pd.Timestamp
) -> tuple[pd.Series, pd.Series]:
    """Day by which building must begin, and the column it came from.

    The latest extension serves first, then the agreed start, then actual delivery plus a year, then the permit plus a
    year; signing and *agreed* delivery never do. Source: Order 53, art. 22 (unverified), and art. 12 on extensions.
    """
    later, leap = limits.assumed_start_years, limits.leap_day_anniversary
    candidates = {
        "extension_start_on": latest_extension(supplies, as_of),
        "agreed_start_on": date_column(supplies, "agreed_start_on"),
        "delivered_on": anniversaries(known_dates(supplies, "delivered_on", as_of), later, leap_day=leap),
        "permit_on": anniversaries(known_dates(supplies, "permit_on", as_of), later, leap_day=leap),
    }
    start = (
        pd.concat(candidates, axis=1).bfill(axis=1).iloc[:, 0]
        if len(supplies)
        else candidates["agreed_start_on"]
    )
    served = [dates.notna() for dates in candidates.values()]
    basis = np.select(served, list(candidates), default="")
    named = pd.Series(basis, index=supplies.index, dtype="str")
    return start.astype("datetime64[s]"), named.where(named != "")


def latest_extension(supplies: pd.DataFrame, as_of: pd.Timestamp) -> pd.Series:
    """The latest start agreed by supplementary agreements; one signed after ``as_of`` is not known yet."""
    single = date_column(supplies, "extension_start_on")
    if "extension_signed_on" in supplies:
        single = single.where(~(date_column(supplies, "extension_signed_on") > as_of))
    if "extensions" not in supplies:
        return single
    several = latest_dates(text_column(supplies, "extensions"), as_of)
    latest: pd.Series = single.where(~(several > single) & single.notna(), several)
    return latest


def _put_off(dates: pd.DataFrame, periods: pd.DataFrame) -> pd.DataFrame:
    if periods.empty:
        return dates
    marks = {"start": ("start_first", "start_second"), "halted": ("halt_first", "halt_second")}
    return dates.assign(
        **{mark: moved(dates[mark], dates[since], periods) for since, both in marks.items() for mark in both}
    )


def _dates(
    supplies: pd.DataFrame, limits: Thresholds, *, start: pd.Series, as_of: pd.Timestamp
) -> pd.DataFrame:
    leap = limits.leap_day_anniversary
    halted = known_dates(supplies, "halted_on", as_of)
    return pd.DataFrame(
        {
            "start": start,
            "day_after_start": start + pd.Timedelta(1, "D"),
            "start_first": anniversaries(start, limits.idle_years, leap_day=leap),
            "start_second": anniversaries(start, limits.forfeit_years, leap_day=leap),
            "halted": halted,
            "halt_first": anniversaries(halted, limits.idle_years, leap_day=leap),
            "halt_second": anniversaries(halted, limits.forfeit_years, leap_day=leap),
            "started": known_dates(supplies, "started_on", as_of),
            "finished": known_dates(supplies, "finished_on", as_of),
            "determined": known_dates(supplies, "determined_on", as_of),
            "disposed": known_dates(supplies, "disposed_on", as_of),
        },
        index=supplies.index,
    )


def _conditions(dates: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    reached = ("start_first", "start_second", "halt_first", "halt_second")
    return pd.DataFrame(
        {
            **{name: dates[name].notna() for name in ("finished", "started", "halted")},
            "start_known": dates["start"].notna(),
            "start_passed": dates["start"] < as_of,
            **{name: dates[name] <= as_of for name in reached},
        },
        index=dates.index,
    )


def _ratio(part: pd.Series, whole: pd.Series, *, limit: Fraction) -> tuple[pd.Series, pd.Series]:
    usable = (whole > 0) & (part >= 0)
    part, whole = part.where(usable), whole.where(usable)
    below = part * limit.denominator < whole * limit.numerator * (1.0 - ROUNDING)
    return part / whole, below
