"""The law once more, one supply at a time and in plain Python, written apart from the package."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

Supply = dict[str, Any]


def years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)


def due_start(s: Supply) -> date | None:
    agreed = s.get("extension_start_on") or s.get("agreed_start_on")
    handed_over = s.get("delivered_on") or s.get("permit_on")
    return agreed or (years_later(handed_over, 1) if handed_over else None)


def below(part: float | None, whole: float | None, limit: Fraction) -> bool | None:
    return None if part is None or whole is None or whole <= 0 else Fraction(part) / Fraction(whole) < limit


def expected(s: Supply, as_of: date) -> tuple[str | None, int | None]:
    """Kind and level; every date of ``s`` lies on or before ``as_of`` but the agreed ones."""
    if s.get("finished_on"):
        return None, None
    since, suspect = due_start(s), True
    if s.get("started_on"):
        since = s.get("halted_on")
        area = below(s.get("developed_area"), s.get("developable_area"), Fraction(1, 3))
        money = below(s.get("invested_wan"), s.get("total_investment_wan"), Fraction(1, 4))
        suspect = bool(area or money)
        if since and years_later(since, 1) <= as_of and not suspect and None in (area, money):
            return ("idle", None) if s.get("determined_on") else ("cannot_judge", None)
    full_years = sum(bool(since and suspect and years_later(since, n) <= as_of) for n in (1, 2))
    level = full_years if full_years and s.get("idle_cause") != "政府原因" else None
    if s.get("determined_on"):
        return "idle", level
    if full_years:
        return "suspected_idle", level
    if s.get("started_on"):
        return None, None
    if since is None:
        return "cannot_judge", None
    return ("supplied_unstarted", None) if since < as_of else (None, None)
