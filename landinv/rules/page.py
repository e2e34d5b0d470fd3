"""A ruleset as a page to be read: what it takes from the law, its numbers, its states and its rules in words."""

from __future__ import annotations

import csv
import dataclasses
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final

from landinv.rules.rule_types import ApprovalRule, Fact, Rule, Ruleset, SupplyRule

RULES_SCHEMA: Final = "landinv.rules/1"
WORDS: Final = Path(__file__).with_name("data") / "words.csv"

_AND: Final = {"zh": "；", "en": "; "}
_ALWAYS: Final = {"zh": "其余情形", "en": "in any other case"}


@cache
def word(kind: str, name: str, language: str) -> str:
    """Title of a condition, a date, a threshold or a low-use measure."""
    with WORDS.open(encoding="utf-8", newline="") as file:
        titles = {(row["kind"], row["name"]): row[language] for row in csv.DictReader(file)}
    return titles[kind, name]


def told_conditions(names: tuple[str, ...], language: str) -> str:
    """Conditions in words; ``!`` reads as a denial."""
    told = [
        word("condition", name.removeprefix("!"), f"not_{language}" if name.startswith("!") else language)
        for name in names
    ]
    return _AND[language].join(told) or _ALWAYS[language]


def unverified_texts(ruleset: Ruleset, language: str = "zh") -> tuple[str, ...]:
    """What the bureau has yet to confirm: articles and numbers, one text each."""
    articles = [
        f"{s.name}{a.article}：{a.text}" if language == "zh" else f"{s.name_en}, {a.article_en}: {a.text_en}"
        for s, a in ruleset.unverified()
    ]
    return (*articles, *unverified_numbers(ruleset, ruleset.thresholds.unverified, language))


def unverified_numbers(ruleset: Ruleset, names: tuple[str, ...], language: str = "zh") -> tuple[str, ...]:
    """Thresholds with their titles and values."""
    colon = "：" if language == "zh" else ": "
    return tuple(
        word("threshold", name, language) + colon + str(plain(getattr(ruleset.thresholds, name)))
        for name in names
    )


def ruleset_page(ruleset: Ruleset, language: str = "zh") -> dict[str, Any]:
    """A ruleset as JSON values in one language (``landinv.rules/1``), every unverified fact marked as such."""
    return {
        "schema": RULES_SCHEMA,
        "id": ruleset.id,
        "version": ruleset.version,
        "stamp": ruleset.stamp,
        "title": ruleset.title if language == "zh" else ruleset.title_en or ruleset.title,
        "jurisdiction": ruleset.jurisdiction,
        "valid_from": ruleset.valid_from.isoformat(),
        "valid_to": ruleset.valid_to.isoformat() if ruleset.valid_to else None,
        "origin": ruleset.origin,
        "extends": list(ruleset.extends),
        "sha256": ruleset.digest,
        "sources": [_source(source, language) for source in ruleset.sources],
        "thresholds": _thresholds(ruleset, language),
        "words": {name: list(words) for name, words in dataclasses.asdict(ruleset.words).items()},
        "states": [{"id": s.id, "title": s.named(language)} for s in ruleset.states],
        "facts": [_fact(fact, language) for fact in ruleset.facts],
        "supply_rules": [_rule(rule, ruleset, language) for rule in ruleset.supply_rules],
        "approval_rules": [_rule(rule, ruleset, language) for rule in ruleset.approval_rules],
        "unverified": list(unverified_texts(ruleset, language)),
    }


def plain(value: Any) -> Any:
    """A threshold as a JSON value: exact shares as text, dates as ISO."""
    if isinstance(value, Fraction):
        return str(value) if 100 % value.denominator else f"{int(value * 100)}%"
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _source(source: Any, language: str) -> dict[str, Any]:
    return {
        "id": source.id,
        "name": source.name if language == "zh" else source.name_en,
        "number": source.number,
        "date": source.date.isoformat(),
        "articles": [
            {
                "article": a.article if language == "zh" else a.article_en,
                "text": a.told(language),
                "certainty": a.certainty,
                "unverified": a.unverified,
            }
            for a in source.articles
        ],
    }


def _thresholds(ruleset: Ruleset, language: str) -> list[dict[str, Any]]:
    limits = ruleset.thresholds
    rows = [
        {
            "name": field.name,
            "title": word("threshold", field.name, language),
            "value": plain(getattr(limits, field.name)),
            "unverified": field.name in limits.unverified,
        }
        for field in dataclasses.fields(limits)
        if field.name != "unverified"
    ]
    low_use = [
        {
            "name": f"low_use.{field.name}",
            "title": word("low_use", field.name, language),
            "value": plain(getattr(ruleset.low_use, field.name)),
            "unverified": False,
        }
        for field in dataclasses.fields(ruleset.low_use)
    ]
    return [*rows, *low_use]


def _fact(fact: Fact, language: str) -> dict[str, Any]:
    return {
        "id": fact.id,
        "subject": fact.subject,
        "text": fact.told(language),
        "when": list(fact.when),
        "then": list(fact.then),
        "open": fact.open,
    }


def _rule(rule: Rule, ruleset: Ruleset, language: str) -> dict[str, Any]:
    page = {
        "id": rule.id,
        "when": list(rule.when),
        "when_told": told_conditions(rule.when, language),
        "state": rule.state,
        "state_title": ruleset.state(rule.state).named(language),
        "clause": ruleset.cited(rule.articles, language),
        "reason": rule.reason if language == "zh" else rule.reason_en,
        "next_on": rule.next_on or None,
        "next_on_told": word("date", rule.next_on, language) if rule.next_on else None,
        "next_kind": rule.next_kind or None,
    }
    if isinstance(rule, SupplyRule):
        return {**page, "kind": rule.kind or None, "level": rule.level or None}
    assert isinstance(rule, ApprovalRule)
    return {**page, "flag": rule.flag or None}
