"""What is true of each supply on a day: the conditions, dates and ratios that the rules are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

import numpy as np
import pandas as pd

from landinv.rules.anniversaries import anniversaries
from landinv.rules.columns import date_column, known_dates, number_column, text_column
from landinv.rules.rule_types import CauseWords, Ruleset, Thresholds

GOVERNMENT: Final = "政府原因"
COMPANY: Final = "企业原因"
BASES: Final = {
    "extension_start_on": "延期后动工日期",
    "agreed_start_on": "约定动工日期",
    "delivered_on": "动工日期（未约定，按实际交地日期加一年推定）",
    "permit_on": "动工日期（未约定，按批准书日期加一年推定）",
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
        halt_first, halt_second, started, finished, determined, and disposed.
    basis
        Name of the column the effective start came from; missing where there is none.
    area_ratio, investment_ratio
        Shares (1 = all); missing where a part is missing or the whole is not above 0.
    cause
        Cause as entered; missing where nothing was.
    cause_class
        政府原因, 企业原因 or missing.
    """

    as_of: pd.Timestamp
    conditions: pd.DataFrame
    dates: pd.DataFrame
    basis: pd.Series
    area_ratio: pd.Series
    investment_ratio: pd.Series
    cause: pd.Series
    cause_class: pd.Series


def supply_facts(supplies: pd.DataFrame, ruleset: Ruleset, as_of: date) -> SupplyFacts:
    """Facts of each supply as they were known on ``as_of``.

    Events dated later (delivered, permit, started, halted, finished, determined, disposed) have not happened yet;
    agreed dates and extensions count whenever they lie.
    """
    day = pd.Timestamp(as_of).as_unit("s")
    limits = ruleset.thresholds
    start, basis = effective_start(supplies, limits, as_of=day)
    dates = _dates(supplies, limits, start=start, as_of=day)
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
    )
    return SupplyFacts(day, conditions, dates, basis, area, invested, cause, cause_class)


def effective_start(
    supplies: pd.DataFrame, limits: Thresholds, *, as_of: pd.Timestamp
) -> tuple[pd.Series, pd.Series]:
    """Day by which building must begin, and the column it came from.

    The extension serves first, then the agreed start, then actual delivery plus a year, then the permit plus a year;
    signing and *agreed* delivery never do. Source: Order 53, art. 22 (unverified), and art. 12 on extensions.
    """
    later, leap = limits.assumed_start_years, limits.leap_day_anniversary
    candidates = {
        "extension_start_on": date_column(supplies, "extension_start_on"),
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


def entered_cause(supplies: pd.DataFrame, words: CauseWords) -> pd.Series:
    """Idle cause as entered; entries that say there is none are missing."""
    cause = text_column(supplies, "idle_cause")
    return cause.where(~cause.isin(words.none))


def classify_cause(cause: pd.Series, words: CauseWords) -> pd.Series:
    """政府原因 or 企业原因 of each entered cause; missing where none was entered.

    Source: Order 53, art. 8: causes it does not list fall to the company (art. 14).
    """
    affirmed = cause.str.replace(_any_of(words.not_government), "", regex=True)
    government = _contains(affirmed, words.government) & ~_starts_with(cause, words.company)
    classes = np.where(government, GOVERNMENT, COMPANY)
    return pd.Series(classes, index=cause.index, dtype="str").where(cause.notna())


def cause_is_unclear(cause: pd.Series, words: CauseWords) -> pd.Series:
    """True where a cause speaks both of the government and of the company."""
    affirmed = cause.str.replace(_any_of(words.not_government), "", regex=True)
    return _contains(affirmed, words.government) & _contains(cause, words.company)


def may_be_suspended(cause: pd.Series, words: CauseWords) -> pd.Series:
    """True where a cause speaks of a court or a seizure, whose time is deducted by hand."""
    return _contains(cause, words.suspension)


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


def _any_of(words: tuple[str, ...]) -> str:
    # \Z\A never matches: an empty list of words stands for no word, not for the empty text
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word) for word in longest_first) or r"\Z\A."


def _contains(text: pd.Series, words: tuple[str, ...]) -> pd.Series:
    return text.str.contains(_any_of(words), regex=True, na=False).astype(bool)


def _starts_with(text: pd.Series, words: tuple[str, ...]) -> pd.Series:
    return text.str.startswith(words, na=False).astype(bool) if words else text.isna() & False
