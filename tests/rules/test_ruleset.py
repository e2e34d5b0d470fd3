from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from landinv.errors import RulesetError
from landinv.rules.ruleset import RULE_DIR, Ruleset, load_ruleset, ruleset_names

SHIPPED = (RULE_DIR / "cn-2012-53.toml").read_text(encoding="utf-8")


def changed(folder: Path, old: str, new: str) -> Path:
    assert old in SHIPPED
    path = folder / "own.toml"
    path.write_text(SHIPPED.replace(old, new, 1), encoding="utf-8")
    return path


def test_shipped_ruleset_holds_the_numbers_of_the_law(ruleset: Ruleset) -> None:
    limits = ruleset.thresholds
    assert (limits.idle_years, limits.forfeit_years, limits.lapse_years) == (1, 2, 2)
    assert (limits.area_ratio, limits.investment_ratio) == (Fraction(1, 3), Fraction(1, 4))
    assert (limits.fee_rate, limits.investigation_days) == (Fraction(1, 5), 30)
    assert (ruleset.valid_from, ruleset.valid_to) == (date(2012, 7, 1), None)
    assert ruleset_names() == ("cn-2012-53",)


def test_every_rule_that_makes_a_parcel_cites_its_clause(ruleset: Ruleset) -> None:
    for rule in ruleset.supply_rules:
        assert bool(rule.kind) <= bool(rule.articles), rule.id


def test_only_a_determination_makes_land_idle(ruleset: Ruleset) -> None:
    for rule in ruleset.supply_rules:
        assert (rule.kind == "idle") == ("determined" in rule.when), rule.id


def test_unverified_articles_are_listed(ruleset: Ruleset) -> None:
    articles = {article.article for _, article in ruleset.unverified()}
    assert {"第八条", "第二十二条", "第三十条（投资额）"} <= articles
    assert "第二条第一款" not in articles


def test_own_file_is_read_by_path(tmp_path: Path) -> None:
    path = changed(tmp_path, "forfeit_years = 2", "forfeit_years = 3")
    own = load_ruleset(path)
    assert (own.thresholds.forfeit_years, own.origin) == (3, str(path))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("forfeit_years", "forfiet_years", r"thresholds\.forfeit_years: the key is missing"),
        (
            "idle_years = 1 ",
            "idle_years = 1\nidle_yaers = 1 ",
            r"thresholds\.idle_yaers: unknown key.*idle_years",
        ),
        ('area_ratio = "1/3"', 'area_ratio = "1/0"', r"thresholds\.area_ratio"),
        ("fee_rate = 0.20", "fee_rate = 20", r"thresholds\.fee_rate"),
        ("forfeit_years = 2", "forfeit_years = 1", r"thresholds\.forfeit_years"),
        ("forfeit_years = 2", "forfeit_years = true", r"thresholds\.forfeit_years"),
        ("[2009, 2019, 2023]", "[2019, 2009]", r"thresholds\.cohort_first_years"),
        ('"month_end"', '"month-end"', r"thresholds\.leap_day_anniversary.*nearest is month_end"),
        ('when = ["finished"]', 'when = ["finnished"]', r"supply_rules\[1\]\.when.*nearest is finished"),
        ("{finished}竣工", "{finished.year}竣工", r"supply_rules\[1\]\.reason.*nearest is finished"),
        ("{finished}竣工", "{finished竣工", r"supply_rules\[1\]\.reason"),
        ('kind = "idle"', 'kind = "idel"', r"supply_rules\[2\]\.kind.*nearest is idle"),
        ('id = "on-schedule"', 'id = "built"', r"supply_rules: the rule id built stands twice"),
        (
            'id = "on-schedule"\nwhen = []',
            'id = "on-schedule"\nwhen = ["started"]',
            r"supply_rules: the last rule",
        ),
        ("level = 2", "level = 3", r"level"),
        ("valid_from = 2012-07-01", 'valid_from = "im Juli"', r"valid_from"),
        ('"K"\nunverified = true', '"K"', r"articles\[4\]\.unverified"),
        ('title = "闲置', 'titel = 1\ntitle = "闲置', r"titel: unknown key; the nearest known one is title"),
        ("[words]", "[words", r"not a TOML file"),
    ],
)
def test_mistake_names_file_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = changed(tmp_path, old, new)
    with pytest.raises(RulesetError, match=message) as caught:
        load_ruleset(path)
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_ruleset_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(RulesetError, match="no ruleset cn-1999") as caught:
        load_ruleset("cn-1999")
    assert "cn-2012-53" in caught.value.hint


def test_validity_includes_its_first_and_last_day(tmp_path: Path) -> None:
    own = load_ruleset(changed(tmp_path, 'valid_to = ""', "valid_to = 2030-12-31"))
    own.require_in_force(date(2012, 7, 1))
    own.require_in_force(date(2030, 12, 31))
    for day in (date(2012, 6, 30), date(2031, 1, 1)):
        with pytest.raises(RulesetError, match="not in force"):
            own.require_in_force(day)
