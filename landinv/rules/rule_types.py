"""A dated, cited set of rules as data: what is read from the rule file, and what must hold in it.

The program fixes which facts exist (:data:`SUPPLY_CONDITIONS`, :data:`APPROVAL_CONDITIONS`); the file says which of
them make which kind, by what clause, and with what words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from landinv.errors import RulesetError
from landinv.i18n import gettext as _

SUPPLY_CONDITIONS: Final = (
    "finished", "determined", "government", "started", "start_known", "start_passed", "start_first", "start_second",
    "halted", "halt_first", "halt_second", "ratio_below", "ratio_missing", "collective",
)  # fmt: skip
SUPPLY_DATES: Final = ("day_after_start", "start_first", "start_second", "halt_first", "halt_second")
SUPPLY_VALUES: Final = (
    "as_of", "basis", "start", "days", "started", "finished", "halted", "determined", "determination_no", "cause",
    "area_ratio", "investment_ratio", "suspended",
)  # fmt: skip
APPROVAL_CONDITIONS: Final = (
    "withdrawn", "lapsed", "dated", "approved", "lapse_reached", "compensated", "uncompensated",
    "compensation_unknown",
)  # fmt: skip
APPROVAL_DATES: Final = ("lapse_on",)
APPROVAL_VALUES: Final = ("as_of", "approved", "elapsed", "lapse")
CLOCKS: Final = ("start", "halt")
CITES: Final = (
    "assumed_start", "leap_day", "suspension", "agreed", "one_year", "two_years", "halt_one_year", "halt_two_years",
    "investigation", "extension", "temporary_use", "lapse",
)  # fmt: skip
COUNTED_FROM: Final = ("anniversary", "start")
CERTAINTIES: Final = ("V", "S", "K")
SUBJECTS: Final = ("supply", "approval")
LANGUAGES: Final = ("zh", "en")
UNVERIFIED: Final = {"zh": "〔未核实〕", "en": " [unverified]"}


@dataclass(frozen=True)
class Article:
    """A paraphrased article and how sure its wording is: V read, S second-hand, K unverified."""

    article: str
    article_en: str
    text: str
    text_en: str
    certainty: str
    unverified: bool

    def named(self, language: str = "zh") -> str:
        """The article's number, with the mark of what is unverified."""
        name = self.article if language == "zh" else self.article_en
        return name + UNVERIFIED[language] if self.unverified else name

    def told(self, language: str = "zh") -> str:
        """What it says."""
        return self.text if language == "zh" else self.text_en


@dataclass(frozen=True)
class RuleSource:
    """A law or notice the rules come from; ``id`` is what rules cite it by."""

    id: str
    name: str
    name_en: str
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
    extension_years: int
    temporary_use_years: int
    lapse_years: int
    leap_day_anniversary: str
    idle_counted_from: str
    cohort_first_years: tuple[int, ...]
    bond_supplied_until: date | None
    unverified: tuple[str, ...]


@dataclass(frozen=True)
class LowUse:
    """The bureau's own standard of low use; None: not judged. Shares of 1; 万元 per 亩 of supplied area."""

    area_share: Fraction | None
    investment_share: Fraction | None
    investment_wan_per_mu: Fraction | None
    tax_wan_per_mu: Fraction | None


@dataclass(frozen=True)
class CauseWords:
    """Words that tell a government cause from a company's; ``none`` are entries that mean nothing was entered."""

    government: tuple[str, ...]
    not_government: tuple[str, ...]
    company: tuple[str, ...]
    suspension: tuple[str, ...]
    none: tuple[str, ...]


@dataclass(frozen=True)
class RuleState:
    """A state of a supply or an approval, by its name in both languages."""

    id: str
    title: str
    title_en: str

    def named(self, language: str = "zh") -> str:
        """Its title."""
        return self.title if language == "zh" else self.title_en


@dataclass(frozen=True)
class Fact:
    """Something that may happen or become known today: possible where ``when`` holds, it makes ``then`` true.

    An ``open`` fact is one whose content decides what follows. Facts stand in order of size, the smallest first.
    """

    id: str
    subject: str
    when: tuple[str, ...]
    then: tuple[str, ...]
    open: bool
    text: str
    text_en: str

    def told(self, language: str = "zh") -> str:
        """The fact in words."""
        return self.text if language == "zh" else self.text_en


@dataclass(frozen=True)
class SupplyRule:
    """One rule for supplies; of the ordered rules the first holds whose conditions are all true (``!``: false).

    ``kind`` is empty where the supply is no parcel; ``level`` is 1 (fee), 2 (take back) or 0 (none); ``clock`` says
    whether idle time runs from the due start or from the halt; ``next_on`` names the date the kind or level changes;
    ``articles`` are cited as ``source:article``.
    """

    id: str
    when: tuple[str, ...]
    state: str
    kind: str
    level: int
    clock: str
    next_on: str
    next_kind: str
    articles: tuple[str, ...]
    reason: str
    reason_en: str


@dataclass(frozen=True)
class ApprovalRule:
    """One rule for approvals: it gives a flag (or none), never a kind."""

    id: str
    when: tuple[str, ...]
    state: str
    flag: str
    next_on: str
    next_kind: str
    articles: tuple[str, ...]
    reason: str
    reason_en: str


Rule = SupplyRule | ApprovalRule


@dataclass(frozen=True)
class Ruleset:
    """Everything that is applied, with where it came from (``origin``: file path or shipped name).

    ``cites`` names the articles that deadlines and assumptions rest on (:data:`CITES`).
    ``digest`` is of the content; ``stamp`` names ruleset and version as every result carries it, for a file of the
    bureau's own with the digest, so that a file altered under one version can be told.
    """

    id: str
    version: str
    title: str
    title_en: str
    jurisdiction: str
    valid_from: date
    valid_to: date | None
    origin: str
    extends: tuple[str, ...]
    digest: str
    sources: tuple[RuleSource, ...]
    thresholds: Thresholds
    low_use: LowUse
    words: CauseWords
    cites: Mapping[str, tuple[str, ...]]
    states: tuple[RuleState, ...]
    facts: tuple[Fact, ...]
    supply_rules: tuple[SupplyRule, ...]
    approval_rules: tuple[ApprovalRule, ...]
    shipped: bool = False

    @property
    def stamp(self) -> str:
        """Name and version, as printed on every result."""
        plain = f"{self.id}/{self.version}"
        return plain if self.shipped else f"{plain}+{self.digest[:8]}"

    def cited(self, references: Sequence[str], language: str = "zh") -> str:
        """Clauses as printed, each source once; those the bureau has yet to confirm are marked."""
        by_source: dict[str, list[str]] = {}
        for source, article in self.articles(references):
            name = f"{source.name}（{source.number}）" if language == "zh" else f"{source.name_en}, "
            by_source.setdefault(name, []).append(article.named(language))
        if language == "zh":
            return "；".join(name + "、".join(articles) for name, articles in by_source.items())
        return "; ".join(name + ", ".join(articles) for name, articles in by_source.items())

    def articles(self, references: Sequence[str]) -> tuple[tuple[RuleSource, Article], ...]:
        """Articles with their sources, each once."""
        known = {f"{s.id}:{a.article}": (s, a) for s in self.sources for a in s.articles}
        return tuple(known[reference] for reference in dict.fromkeys(references))

    def state(self, name: str) -> RuleState:
        """A state by its name."""
        return next(state for state in self.states if state.id == name)

    def facts_of(self, subject: str) -> tuple[Fact, ...]:
        """Facts that bear on supplies, or on approvals."""
        return tuple(fact for fact in self.facts if fact.subject == subject)

    def is_in_force(self, as_of: date) -> bool:
        """Whether the day lies within the ruleset's validity, first and last day included."""
        return self.valid_from <= as_of and (self.valid_to is None or as_of <= self.valid_to)

    def require_in_force(self, as_of: date) -> None:
        """Refuse a date outside the ruleset's validity.

        Raises
        ------
        RulesetError
            If ``as_of`` lies before ``valid_from`` or after ``valid_to``.
        """
        if not self.is_in_force(as_of):
            raise RulesetError(
                _("Ruleset {ruleset} is not in force on {as_of} (in force {start} to {end}).").format(
                    ruleset=self.id, as_of=as_of, start=self.valid_from, end=self.valid_to or "…"
                ),
                hint=_("Choose another date with --as-of, or a ruleset that was in force on that date."),
            )

    def unverified(self) -> tuple[tuple[RuleSource, Article], ...]:
        """Articles whose wording the bureau has yet to confirm."""
        return tuple((s, a) for s in self.sources for a in s.articles if a.unverified)
