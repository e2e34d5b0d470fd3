"""Reading a rule file: shipped by name or the bureau's own by path; every mistake names the file and the key."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from landinv.errors import RulesetError
from landinv.i18n import gettext as _
from landinv.model.parcels import kinds
from landinv.rules import rule_types as r
from landinv.rules.merging import extended
from landinv.rules.rule_table import RuleTable
from landinv.rules.rule_types import Ruleset

__all__ = ["RULE_DIR", "Ruleset", "choose_ruleset", "load_ruleset", "ruleset_names"]

RULE_DIR: Final = Path(__file__).with_name("data")
MOST_EXTENSIONS: Final = 8  # deeper than any bureau's; a file that extends itself ends here


def ruleset_names() -> tuple[str, ...]:
    """Names of the shipped rulesets."""
    return tuple(sorted(path.stem for path in RULE_DIR.glob("*.toml")))


def choose_ruleset(names: Sequence[str | Path], as_of: date) -> Ruleset:
    """The ruleset in force on a day, of several; where two are, the one that came into force later.

    A replay of a past day is thus done under the rules of that day, whatever came after.

    Raises
    ------
    RulesetError
        If none is in force, or one cannot be read.

    Examples
    --------
    >>> choose_ruleset(["cn-2012-53"], date(2022, 10, 10)).id
    'cn-2012-53'
    """
    rulesets = [load_ruleset(name) for name in names]
    in_force = [ruleset for ruleset in rulesets if ruleset.is_in_force(as_of)]
    if not in_force:
        rulesets[-1].require_in_force(as_of)
    return max(in_force, key=lambda ruleset: ruleset.valid_from)


def load_ruleset(name_or_path: str | Path) -> Ruleset:
    """Read and check a ruleset; one that ``extends`` another is laid over it.

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
    content, bases = _whole(path)
    return _ruleset(RuleTable(content, path), str(name_or_path), bases)


def _whole(path: Path, depth: int = 0) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """The file's content with all that it extends, and the stamps' names of those."""
    content = _content(path)
    base = content.get("extends")
    if not base:
        return content, ()
    if depth >= MOST_EXTENSIONS or not isinstance(base, str):
        raise RulesetError(
            _("{path}: extends goes round in a circle, or names no ruleset.").format(path=path),
            hint=_("Extend a shipped ruleset, or a file that does."),
        )
    named = _find(base if base in ruleset_names() else path.parent / base)
    beneath, bases = _whole(named, depth + 1)
    whole = extended(beneath, content, place=str(path))
    return whole, (*bases, f"{beneath.get('id')}/{beneath.get('version')}")


def _content(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
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


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


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


def _ruleset(table: RuleTable, origin: str, bases: tuple[str, ...]) -> Ruleset:
    states = tuple(_state(t) for t in table.tables("states"))
    sources = tuple(_source(t) for t in table.tables("sources"))
    names = tuple(state.id for state in states)
    cited = tuple(f"{s.id}:{a.article}" for s in sources for a in s.articles)
    whole = Ruleset(
        id=table.text("id"),
        version=table.text("version"),
        title=table.text("title"),
        title_en=table.text("title_en", default=""),
        jurisdiction=table.text("jurisdiction"),
        valid_from=table.day("valid_from"),
        valid_to=table.optional_day("valid_to"),
        origin=origin,
        extends=bases,
        digest=_digest(table.content),
        sources=sources,
        thresholds=_thresholds(table.table("thresholds")),
        low_use=_low_use(table.table("low_use")),
        words=_words(table.table("words")),
        cites=_cites(table.table("cites"), cited),
        states=states,
        facts=tuple(_fact(t) for t in table.tables("facts")),
        supply_rules=tuple(_supply_rule(t, names, cited) for t in table.tables("supply_rules")),
        approval_rules=tuple(_approval_rule(t, names, cited) for t in table.tables("approval_rules")),
        shipped=origin in ruleset_names(),
    )
    table.nothing_else()
    _check_order(table, {"supply_rules": whole.supply_rules, "approval_rules": whole.approval_rules})
    return whole


def _state(table: RuleTable) -> r.RuleState:
    state = r.RuleState(table.text("id"), table.text("title"), table.text("title_en"))
    table.nothing_else()
    return state


def _fact(table: RuleTable) -> r.Fact:
    subject = table.choice("subject", r.SUBJECTS)
    known = r.SUPPLY_CONDITIONS if subject == "supply" else r.APPROVAL_CONDITIONS
    fact = r.Fact(
        id=table.text("id"),
        subject=subject,
        when=table.conditions("when", known),
        then=table.conditions("then", known, default=[]),
        open=table.flag("open"),
        text=table.text("text"),
        text_en=table.text("text_en"),
    )
    table.nothing_else()
    if fact.open == bool(fact.then):
        raise table.mistake("then", _("an open fact has no then, any other has one"))
    return fact


def _source(table: RuleTable) -> r.RuleSource:
    source = r.RuleSource(
        id=table.text("id"),
        name=table.text("name"),
        name_en=table.text("name_en"),
        number=table.text("number"),
        date=table.day("date"),
        articles=tuple(_article(t) for t in table.tables("articles")),
    )
    table.nothing_else()
    return source


def _article(table: RuleTable) -> r.Article:
    certainty = table.choice("certainty", r.CERTAINTIES)
    article = r.Article(
        article=table.text("article"),
        article_en=table.text("article_en"),
        text=table.text("text"),
        text_en=table.text("text_en"),
        certainty=certainty,
        unverified=table.flag("unverified"),
    )
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
        extension_years=table.count("extension_years"),
        temporary_use_years=table.count("temporary_use_years"),
        lapse_years=table.count("lapse_years"),
        leap_day_anniversary=table.choice("leap_day_anniversary", ("month_end", "next_day")),
        idle_counted_from=table.choice("idle_counted_from", r.COUNTED_FROM),
        cohort_first_years=table.rising_years("cohort_first_years"),
        bond_supplied_until=table.optional_day("bond_supplied_until"),
        unverified=table.words("unverified"),
    )
    unknown = [name for name in thresholds.unverified if not hasattr(thresholds, name)]
    if unknown:
        raise table.mistake("unverified", _("there is no threshold {name}").format(name=unknown[0]))
    table.nothing_else()
    if thresholds.forfeit_years <= thresholds.idle_years:
        raise table.mistake("forfeit_years", _("it must be greater than idle_years"))
    return thresholds


def _low_use(table: RuleTable) -> r.LowUse:
    names = ("area_share", "investment_share", "investment_wan_per_mu", "tax_wan_per_mu")
    limits = r.LowUse(**{name: table.optional_amount(name) for name in names})
    table.nothing_else()
    return limits


def _cites(table: RuleTable, cited: Sequence[str]) -> dict[str, tuple[str, ...]]:
    cites = {name: _articles(table, cited, key=name) for name in r.CITES}
    table.nothing_else()
    return cites


def _words(table: RuleTable) -> r.CauseWords:
    names = ("government", "not_government", "company", "suspension", "none")
    words = r.CauseWords(**{name: table.words(name) for name in names})
    table.nothing_else()
    return words


def _supply_rule(table: RuleTable, states: Sequence[str], cited: Sequence[str]) -> r.SupplyRule:
    names = ("", *kinds())
    rule = r.SupplyRule(
        id=table.text("id"),
        when=table.conditions("when", r.SUPPLY_CONDITIONS),
        state=table.choice("state", states),
        kind=table.choice("kind", names, default=""),
        level=table.level("level"),
        clock=table.choice("clock", ("", *r.CLOCKS), default=""),
        next_on=table.choice("next_on", ("", *r.SUPPLY_DATES), default=""),
        next_kind=table.choice("next_kind", names, default=""),
        articles=_articles(table, cited),
        reason=table.template("reason", r.SUPPLY_VALUES),
        reason_en=table.template("reason_en", r.SUPPLY_VALUES),
    )
    table.nothing_else()
    return rule


def _approval_rule(table: RuleTable, states: Sequence[str], cited: Sequence[str]) -> r.ApprovalRule:
    rule = r.ApprovalRule(
        id=table.text("id"),
        when=table.conditions("when", r.APPROVAL_CONDITIONS),
        state=table.choice("state", states),
        flag=table.text("flag", default=""),
        next_on=table.choice("next_on", ("", *r.APPROVAL_DATES), default=""),
        next_kind=table.choice("next_kind", ("", *kinds()), default=""),
        articles=_articles(table, cited),
        reason=table.template("reason", r.APPROVAL_VALUES),
        reason_en=table.template("reason_en", r.APPROVAL_VALUES),
    )
    table.nothing_else()
    return rule


def _articles(table: RuleTable, cited: Sequence[str], key: str = "articles") -> tuple[str, ...]:
    refs = table.words(key, default=[])
    for ref in refs:
        if ref not in cited:
            raise table.mistake(key, _("no source holds {article}").format(article=ref))
    return refs


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
