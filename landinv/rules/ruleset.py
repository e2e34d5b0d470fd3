"""Reading a rule file: shipped by name or the bureau's own by path; every mistake names the file and the key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from landinv.errors import RulesetError
from landinv.i18n import gettext as _
from landinv.model.parcels import kinds
from landinv.rules import rule_types as r
from landinv.rules.rule_table import RuleTable
from landinv.rules.rule_types import Ruleset

__all__ = ["RULE_DIR", "Ruleset", "load_ruleset", "ruleset_names"]

RULE_DIR: Final = Path(__file__).with_name("data")


def ruleset_names() -> tuple[str, ...]:
    """Names of the shipped rulesets."""
    return tuple(sorted(path.stem for path in RULE_DIR.glob("*.toml")))


def load_ruleset(name_or_path: str | Path) -> Ruleset:
    """Read and check a ruleset.

    Parameters
    ----------
    name_or_path
        A shipped name (``cn-2012-53``) or the path of a TOML file of the bureau's own.

    Raises
    ------
    RulesetError
        If there is no such ruleset, the file is no TOML, or a key is missing, unknown or of a wrong value.

    Examples
    --------
    >>> load_ruleset("cn-2012-53").thresholds.area_ratio
    Fraction(1, 3)
    """
    path = _find(name_or_path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RulesetError(
            _("{path} is not a TOML file in UTF-8: {error}").format(path=path, error=error),
            hint=_("Correct the named line, or start from a copy of the shipped ruleset."),
        ) from error
    except OSError as error:
        raise RulesetError(
            _("{path} cannot be read: {error}").format(path=path, error=error.strerror),
            hint=_("Check the path and the rights of the ruleset file."),
        ) from error
    return _ruleset(RuleTable(content, path), str(name_or_path))


def _find(name_or_path: str | Path) -> Path:
    shipped = RULE_DIR / f"{name_or_path}.toml"
    if str(name_or_path) in ruleset_names():
        return shipped
    path = Path(name_or_path)
    if path.is_file():
        return path
    raise RulesetError(
        _("There is no ruleset {name}.").format(name=name_or_path),
        hint=_("Shipped rulesets: {names}. A ruleset of your own is named by its path.").format(
            names=", ".join(ruleset_names())
        ),
    )


def _ruleset(table: RuleTable, origin: str) -> Ruleset:
    whole = Ruleset(
        id=table.text("id"),
        title=table.text("title"),
        jurisdiction=table.text("jurisdiction"),
        valid_from=table.day("valid_from"),
        valid_to=table.optional_day("valid_to"),
        origin=origin,
        sources=tuple(_source(t) for t in table.tables("sources")),
        thresholds=_thresholds(table.table("thresholds")),
        words=_words(table.table("words")),
        supply_rules=tuple(_supply_rule(t) for t in table.tables("supply_rules")),
        approval_rules=tuple(_approval_rule(t) for t in table.tables("approval_rules")),
    )
    table.nothing_else()
    _check_order(table, {"supply_rules": whole.supply_rules, "approval_rules": whole.approval_rules})
    return whole


def _source(table: RuleTable) -> r.RuleSource:
    source = r.RuleSource(
        name=table.text("name"),
        number=table.text("number"),
        date=table.day("date"),
        articles=tuple(_article(t) for t in table.tables("articles")),
    )
    table.nothing_else()
    return source


def _article(table: RuleTable) -> r.Article:
    certainty = table.choice("certainty", r.CERTAINTIES)
    article = r.Article(table.text("article"), table.text("text"), certainty, table.flag("unverified"))
    table.nothing_else()
    if certainty == "K" and not article.unverified:
        raise table.mistake("unverified", _("an article of certainty K must say unverified = true"))
    return article


def _thresholds(table: RuleTable) -> r.Thresholds:
    thresholds = r.Thresholds(
        idle_years=table.count("idle_years"),
        forfeit_years=table.count("forfeit_years"),
        assumed_start_years=table.count("assumed_start_years"),
        area_ratio=table.share("area_ratio"),
        investment_ratio=table.share("investment_ratio"),
        fee_rate=table.share("fee_rate"),
        investigation_days=table.count("investigation_days"),
        lapse_years=table.count("lapse_years"),
        leap_day_anniversary=table.choice("leap_day_anniversary", ("month_end", "next_day")),
        idle_counted_from=table.choice("idle_counted_from", r.COUNTED_FROM),
        cohort_first_years=table.rising_years("cohort_first_years"),
        bond_supplied_until=table.optional_day("bond_supplied_until"),
    )
    table.nothing_else()
    if thresholds.forfeit_years <= thresholds.idle_years:
        raise table.mistake("forfeit_years", _("it must be greater than idle_years"))
    return thresholds


def _words(table: RuleTable) -> r.CauseWords:
    names = ("government", "not_government", "company", "suspension", "none")
    words = r.CauseWords(**{name: table.words(name) for name in names})
    table.nothing_else()
    return words


def _supply_rule(table: RuleTable) -> r.SupplyRule:
    names = ("", *kinds())
    rule = r.SupplyRule(
        id=table.text("id"),
        when=table.conditions("when", r.SUPPLY_CONDITIONS),
        kind=table.choice("kind", names, default=""),
        level=table.level("level"),
        clock=table.choice("clock", ("", *r.CLOCKS), default=""),
        next_on=table.choice("next_on", ("", *r.SUPPLY_DATES), default=""),
        next_kind=table.choice("next_kind", names, default=""),
        clause=table.text("clause", default=""),
        reason=table.template("reason", r.SUPPLY_VALUES),
    )
    table.nothing_else()
    return rule


def _approval_rule(table: RuleTable) -> r.ApprovalRule:
    rule = r.ApprovalRule(
        id=table.text("id"),
        when=table.conditions("when", r.APPROVAL_CONDITIONS),
        flag=table.text("flag", default=""),
        next_on=table.choice("next_on", ("", *r.APPROVAL_DATES), default=""),
        next_kind=table.choice("next_kind", ("", *kinds()), default=""),
        clause=table.text("clause", default=""),
        reason=table.template("reason", r.APPROVAL_VALUES),
    )
    table.nothing_else()
    return rule


def _check_order(
    table: RuleTable, lists: Mapping[str, tuple[r.SupplyRule, ...] | tuple[r.ApprovalRule, ...]]
) -> None:
    seen: set[str] = set()
    for key, rules in lists.items():
        rule: Any
        for rule in rules:
            if rule.id in seen:
                raise table.mistake(key, _("the rule id {id} stands twice").format(id=rule.id))
            seen.add(rule.id)
        if not rules or rules[-1].when:
            raise table.mistake(key, _("the last rule must hold for every row (when = [])"))
