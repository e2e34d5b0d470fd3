"""A dated, cited set of rules as data: what is read from the rule file, and what must hold in it.

The program fixes which facts exist (:data:`SUPPLY_CONDITIONS`, :data:`APPROVAL_CONDITIONS`); the file says which of
them make which kind, by what clause, and with what words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from landinv.errors import RulesetError
from landinv.i18n import gettext as _

SUPPLY_CONDITIONS: Final = (
    "finished", "determined", "government", "started", "start_known", "start_passed", "start_first", "start_second",
    "halted", "halt_first", "halt_second", "ratio_below", "ratio_missing",
)  # fmt: skip
SUPPLY_DATES: Final = ("day_after_start", "start_first", "start_second", "halt_first", "halt_second")
SUPPLY_VALUES: Final = (
    "as_of", "basis", "start", "days", "started", "finished", "halted", "determined", "determination_no", "cause",
    "area_ratio", "investment_ratio",
)  # fmt: skip
APPROVAL_CONDITIONS: Final = (
    "withdrawn", "lapsed", "dated", "approved", "lapse_reached", "compensated", "uncompensated",
    "compensation_unknown",
)  # fmt: skip
APPROVAL_DATES: Final = ("lapse_on",)
APPROVAL_VALUES: Final = ("as_of", "approved", "elapsed", "lapse")
CLOCKS: Final = ("start", "halt")
COUNTED_FROM: Final = ("anniversary", "start")
CERTAINTIES: Final = ("V", "S", "K")


@dataclass(frozen=True)
class Article:
    """A paraphrased article and how sure its wording is: V read, S second-hand, K unverified."""

    article: str
    text: str
    certainty: str
    unverified: bool


@dataclass(frozen=True)
class RuleSource:
    """A law or notice the rules come from."""

    name: str
    number: str
    date: date
    articles: tuple[Article, ...]


@dataclass(frozen=True)
class Thresholds:
    """Numbers of the law: calendar years, exact ratios, the fee as a share of the price, days, and dates.

    ``leap_day_anniversary`` is ``month_end`` or ``next_day``; ``idle_counted_from`` is ``anniversary`` (the day land
    became idle) or ``start`` (the day building should have begun, or stopped).
    """

    idle_years: int
    forfeit_years: int
    assumed_start_years: int
    area_ratio: Fraction
    investment_ratio: Fraction
    fee_rate: Fraction
    investigation_days: int
    lapse_years: int
    leap_day_anniversary: str
    idle_counted_from: str
    cohort_first_years: tuple[int, ...]
    bond_supplied_until: date | None


@dataclass(frozen=True)
class CauseWords:
    """Words that tell a government cause from a company's; ``none`` are entries that mean nothing was entered."""

    government: tuple[str, ...]
    not_government: tuple[str, ...]
    company: tuple[str, ...]
    suspension: tuple[str, ...]
    none: tuple[str, ...]


@dataclass(frozen=True)
class SupplyRule:
    """One rule for supplies; of the ordered rules the first holds whose conditions are all true (``!``: false).

    ``kind`` is empty where the supply is no parcel; ``level`` is 1 (fee), 2 (take back) or 0 (none); ``clock`` says
    whether idle time runs from the due start or from the halt; ``next_on`` names the date the kind or level changes.
    """

    id: str
    when: tuple[str, ...]
    kind: str
    level: int
    clock: str
    next_on: str
    next_kind: str
    clause: str
    reason: str


@dataclass(frozen=True)
class ApprovalRule:
    """One rule for approvals: it gives a flag (or none), never a kind."""

    id: str
    when: tuple[str, ...]
    flag: str
    next_on: str
    next_kind: str
    clause: str
    reason: str


@dataclass(frozen=True)
class Ruleset:
    """Everything that is applied, with where it came from (``origin``: file path or shipped name)."""

    id: str
    title: str
    jurisdiction: str
    valid_from: date
    valid_to: date | None
    origin: str
    sources: tuple[RuleSource, ...]
    thresholds: Thresholds
    words: CauseWords
    supply_rules: tuple[SupplyRule, ...]
    approval_rules: tuple[ApprovalRule, ...]

    def require_in_force(self, as_of: date) -> None:
        """Refuse a date outside the ruleset's validity.

        Raises
        ------
        RulesetError
            If ``as_of`` lies before ``valid_from`` or after ``valid_to``.
        """
        if as_of < self.valid_from or (self.valid_to is not None and as_of > self.valid_to):
            raise RulesetError(
                _("Ruleset {ruleset} is not in force on {as_of} (in force {start} to {end}).").format(
                    ruleset=self.id, as_of=as_of, start=self.valid_from, end=self.valid_to or "…"
                ),
                hint=_("Choose another date with --as-of, or a ruleset that was in force on that date."),
            )

    def unverified(self) -> tuple[tuple[RuleSource, Article], ...]:
        """Articles whose wording the bureau has yet to confirm."""
        return tuple((s, a) for s in self.sources for a in s.articles if a.unverified)
