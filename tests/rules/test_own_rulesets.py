"""A bureau's own file: it adds, overrides and takes out; what was computed before stays told apart."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from landinv.errors import RulesetError
from landinv.rules.page import ruleset_page, unverified_texts
from landinv.rules.rule_types import SUPPLY_CONDITIONS
from landinv.rules.ruleset import choose_ruleset, load_ruleset
from landinv.rules.supplies import judge_supplies

HEAD = 'extends = "cn-2012-53"\nid = "lan"\nversion = "1"\ntitle = "岚县补充规则"\n'
# A shipped ruleset never changes under its version: whoever alters it raises the version and renews this line.
SHIPPED = {"cn-2012-53/2": "639c568671ba3a11"}


def own(folder: Path, text: str, name: str = "own.toml", head: str = HEAD) -> Path:
    path = folder / name
    path.write_text(head + text, encoding="utf-8")
    return path


def test_shipped_ruleset_changes_only_with_its_version() -> None:
    ruleset = load_ruleset("cn-2012-53")
    assert {ruleset.stamp: ruleset.digest[:16]} == SHIPPED


def test_own_file_overrides_single_numbers_and_keeps_the_rest(tmp_path: Path) -> None:
    path = own(tmp_path, "[thresholds]\nfee_rate = 0.10\n[low_use]\ntax_wan_per_mu = 2.5\n")
    ruleset = load_ruleset(path)
    assert ruleset.thresholds.fee_rate == Fraction(1, 10)
    assert ruleset.thresholds.area_ratio == Fraction(1, 3)
    assert ruleset.low_use.tax_wan_per_mu == Fraction(5, 2)
    assert ruleset.extends == ("cn-2012-53/2",)
    assert ruleset.jurisdiction == "中华人民共和国"


def test_own_file_confirms_an_article(tmp_path: Path) -> None:
    text = (
        '[[sources]]\nid = "53"\n[[sources.articles]]\narticle = "第二十二条"\ncertainty = "V"\nunverified = false\n'
        '[thresholds]\nunverified = ["leap_day_anniversary"]\n'
    )
    ruleset = load_ruleset(own(tmp_path, text))
    assert "第二十二条" not in {a.article for _, a in ruleset.unverified()}
    supplies = pd.DataFrame({"delivered_on": pd.to_datetime(["2020-01-01"])})
    judged = judge_supplies(supplies, ruleset, date(2022, 10, 10)).iloc[0]
    assert "第二十二条" in judged["clause"]
    assert "未核实" not in judged["clause"]
    assert not any("第二十二条" in text for text in unverified_texts(ruleset))


def test_own_rule_stands_before_the_one_it_names(tmp_path: Path) -> None:
    rule = (
        '[[supply_rules]]\nid = "lan-hold"\nbefore = "53-8"\nwhen = ["start_first", "government"]\n'
        'state = "cannot_judge"\nkind = "cannot_judge"\narticles = ["53:第八条"]\nreason = "待核。"\nreason_en = "Wait."\n'
    )
    ruleset = load_ruleset(own(tmp_path, rule))
    names = [r.id for r in ruleset.supply_rules]
    assert names.index("lan-hold") == names.index("53-8") - 1
    supplies = pd.DataFrame({"agreed_start_on": pd.to_datetime(["2020-01-01"]), "idle_cause": ["政府原因"]})
    judged = judge_supplies(supplies, ruleset, date(2022, 10, 10)).iloc[0]
    assert (judged["rule_id"], judged["kind"]) == ("lan-hold", "cannot_judge")
    assert judged["ruleset"].startswith("lan/1+")


def test_own_file_alters_one_key_of_a_rule_and_takes_another_out(tmp_path: Path) -> None:
    text = '[[supply_rules]]\nid = "unstarted"\nreason = "逾期{days}天。"\n[[supply_rules]]\nid = "53-8"\ndrop = true\n'
    ruleset = load_ruleset(own(tmp_path, text))
    shipped = load_ruleset("cn-2012-53")
    assert len(ruleset.supply_rules) == len(shipped.supply_rules) - 1
    altered = next(r for r in ruleset.supply_rules if r.id == "unstarted")
    assert altered.reason == "逾期{days}天。"
    assert [r.id for r in ruleset.supply_rules] == [r.id for r in shipped.supply_rules if r.id != "53-8"]


def test_file_may_extend_a_file_that_extends(tmp_path: Path) -> None:
    own(
        tmp_path,
        "[thresholds]\nfee_rate = 0.10\ninvestigation_days = 20\n",
        "city.toml",
        HEAD.replace('"lan"', '"city"'),
    )
    path = own(tmp_path, "[thresholds]\nfee_rate = 0.15\n", head=HEAD.replace("cn-2012-53", "city.toml"))
    ruleset = load_ruleset(path)
    assert (ruleset.thresholds.fee_rate, ruleset.thresholds.investigation_days) == (Fraction(3, 20), 20)
    assert ruleset.extends == ("cn-2012-53/2", "city/1")


@pytest.mark.parametrize(
    ("text", "head", "message"),
    [
        ("", HEAD.replace('id = "lan"\n', ""), "id: a ruleset that extends another has its own id"),
        ("", HEAD.replace('version = "1"\n', ""), "version"),
        ("", HEAD.replace("cn-2012-53", "own.toml"), "circle"),
        ("", HEAD.replace("cn-2012-53", "nowhere.toml"), "no ruleset"),
        ('[[supply_rules]]\nid = "new"\nwhen = []\n', HEAD, "which it stands before"),
        ('[[supply_rules]]\nid = "new"\nbefore = "nobody"\nwhen = []\n', HEAD, "nobody"),
        ("[[supply_rules]]\nwhen = []\n", HEAD, "without id"),
        ('[[supply_rules]]\nid = "53-8"\narticles = ["53:第九十九条"]\n', HEAD, "第九十九条"),
        ('[[supply_rules]]\nid = "53-8"\nstate = "nowhere"\n', HEAD, "state"),
        ('[thresholds]\nunverified = ["nothing"]\n', HEAD, "nothing"),
        ("[low_use]\narea_share = -1\n", HEAD, r"low_use\.area_share"),
        ('[[facts]]\nid = "start"\nopen = true\n', HEAD, "open fact"),
        ('[cites]\nsomething = []\n', HEAD, "something"),
    ],
)  # fmt: skip
def test_mistake_in_an_own_file_is_named(tmp_path: Path, text: str, head: str, message: str) -> None:
    with pytest.raises(RulesetError, match=message) as caught:
        load_ruleset(own(tmp_path, text, head=head))
    assert caught.value.hint


def test_the_ruleset_of_the_day_is_applied_and_an_older_day_keeps_the_older_one(tmp_path: Path) -> None:
    newer = own(tmp_path, "valid_from = 2023-01-01\n[thresholds]\nfee_rate = 0.10\n")
    names = ["cn-2012-53", newer]
    supplies = pd.DataFrame({"agreed_start_on": pd.to_datetime(["2021-12-31"]), "price_wan": [100.0]})
    fees = {}
    for day in (date(2022, 12, 31), date(2023, 1, 1)):
        for order in (names, names[::-1]):
            judged = judge_supplies(supplies, choose_ruleset(order, day), day).iloc[0]
            fees[day, judged["ruleset"][:3]] = judged["fee_wan"]
    assert fees == {(date(2022, 12, 31), "cn-"): 20.0, (date(2023, 1, 1), "lan"): 10.0}
    with pytest.raises(RulesetError, match="not in force on 2012-06-30"):
        choose_ruleset(names, date(2012, 6, 30))


def test_stamp_tells_an_altered_file_of_the_same_version_apart(tmp_path: Path) -> None:
    before = load_ruleset(own(tmp_path, "[thresholds]\nfee_rate = 0.10\n")).stamp
    after = load_ruleset(own(tmp_path, "[thresholds]\nfee_rate = 0.11\n")).stamp
    assert before != after
    assert before.startswith("lan/1+")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_page_marks_every_unverified_fact(language: str) -> None:
    ruleset = load_ruleset("cn-2012-53")
    page = ruleset_page(ruleset, language)
    mark = {"zh": "〔未核实〕", "en": "[unverified]"}[language]
    unverified = {a["article"] for s in page["sources"] for a in s["articles"] if a["unverified"]}
    for rule in [*page["supply_rules"], *page["approval_rules"]]:
        for article in unverified:
            if article in rule["clause"].replace(f"{article}（", ""):
                assert mark in rule["clause"], rule["id"]
    assert {t["name"] for t in page["thresholds"] if t["unverified"]} == set(ruleset.thresholds.unverified)
    assert page["schema"] == "landinv.rules/1"
    assert all(rule["when_told"] and rule["state_title"] for rule in page["supply_rules"])


def test_every_text_is_there_in_both_languages() -> None:
    zh, en = (ruleset_page(load_ruleset("cn-2012-53"), language) for language in ("zh", "en"))
    for key in ("facts", "states", "supply_rules", "approval_rules"):
        for one, other in zip(zh[key], en[key], strict=True):
            name = "reason" if key.endswith("rules") else "text" if key == "facts" else "title"
            assert one[name] != other[name], one["id"]
            assert not any("\u4e00" <= c <= "\u9fff" for c in other[name]), one["id"]
    assert {c for rule in zh["supply_rules"] for c in rule["when"]} <= {
        *SUPPLY_CONDITIONS, *(f"!{c}" for c in SUPPLY_CONDITIONS)}  # fmt: skip
