from __future__ import annotations

import importlib.util
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.errors import FieldValueError, RulesetError
from landinv.model.parcels import CANNOT_JUDGE as UNSURE
from landinv.model.parcels import SUPPLIED_UNSTARTED as UNSTARTED
from landinv.model.parcels import SUSPECTED_IDLE as SUSPECTED
from landinv.rules.ruleset import Ruleset, load_ruleset
from landinv.rules.supplies import SUPPLY_JUDGEMENT_COLUMNS, judge_supplies

AS_OF = date(2022, 10, 10)
DAY = timedelta(1)
RULES = load_ruleset("cn-2012-53")


def load_oracle() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rules_oracle", Path(__file__).with_name("oracle.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


oracle = load_oracle()


def frame(*supplies: dict[str, Any]) -> pd.DataFrame:
    table = pd.DataFrame(list(supplies), index=range(len(supplies)))
    dates = [name for name in table if str(name).endswith("_on")]
    return table.assign(**{name: pd.to_datetime(table[name]) for name in dates})


def judge(supply: dict[str, Any], as_of: date = AS_OF, ruleset: Ruleset = RULES) -> dict[str, Any]:
    row = judge_supplies(frame(supply), ruleset, as_of).iloc[0]
    return {name: None if pd.isna(value) else value for name, value in row.items()}


STARTED = {"agreed_start_on": "2018-01-01", "started_on": "2018-01-01"}
HALTED = {**STARTED, "halted_on": "2021-10-10"}
ENOUGH = {"developed_area": 40, "developable_area": 90, "invested_wan": 40, "total_investment_wan": 100}
DETERMINED = {"determination_no": "岚自然资认〔2022〕1号", "determined_on": "2022-09-01"}

# name, contract, kind, level, due start or halt, next change, next kind
CASES: list[tuple[str, dict[str, Any], str | None, int | None, str | None, str | None]] = [
    ("start in the future", {"agreed_start_on": "2023-01-01"}, None, None, "2023-01-02", UNSTARTED),
    ("start on the day", {"agreed_start_on": "2022-10-10"}, None, None, "2022-10-11", UNSTARTED),
    ("start a day ago", {"agreed_start_on": "2022-10-09"}, UNSTARTED, None, "2023-10-09", SUSPECTED),
    ("a day short of a year", {"agreed_start_on": "2021-10-11"}, UNSTARTED, None, "2022-10-11", SUSPECTED),
    ("on the anniversary", {"agreed_start_on": "2021-10-10"}, SUSPECTED, 1, "2023-10-10", SUSPECTED),
    ("a day short of two years", {"agreed_start_on": "2020-10-11"}, SUSPECTED, 1, "2022-10-11", SUSPECTED),
    ("on the second anniversary", {"agreed_start_on": "2020-10-10"}, SUSPECTED, 2, None, None),
    ("long ago", {"agreed_start_on": "2013-05-01"}, SUSPECTED, 2, None, None),
    ("extension beats agreed",
     {"agreed_start_on": "2018-01-01", "extension_start_on": "2022-01-01"}, UNSTARTED, None, "2023-01-01", SUSPECTED),
    ("delivered and a year", {"delivered_on": "2020-10-10"}, SUSPECTED, 1, "2023-10-10", SUSPECTED),
    ("delivered less than two years ago", {"delivered_on": "2020-10-11"}, UNSTARTED, None, "2022-10-11", SUSPECTED),
    ("permit and a year", {"permit_on": "2019-10-10"}, SUSPECTED, 2, None, None),
    ("delivered beats permit",
     {"delivered_on": "2021-12-01", "permit_on": "2015-01-01"}, None, None, "2022-12-02", UNSTARTED),
    ("signing does not serve", {"signed_on": "2015-01-01", "supplied_on": "2015-01-01"}, UNSURE, None, None, None),
    ("agreed delivery does not serve", {"agreed_delivery_on": "2015-01-01"}, UNSURE, None, None, None),
    ("started without any due date", {"started_on": "2020-01-01"}, None, None, None, None),
    ("started", STARTED, None, None, None, None),
    ("finished", {**STARTED, "finished_on": "2020-01-01"}, None, None, None, None),
    ("finished without start",
     {"agreed_start_on": "2018-01-01", "finished_on": "2020-01-01"}, None, None, None, None),
    ("halted a year, area low", {**HALTED, **ENOUGH, "developed_area": 29}, SUSPECTED, 1, "2023-10-10", SUSPECTED),
    ("halted a year, money low", {**HALTED, **ENOUGH, "invested_wan": 24}, SUSPECTED, 1, "2023-10-10", SUSPECTED),
    ("halted two years, area low",
     {**HALTED, **ENOUGH, "developed_area": 29, "halted_on": "2020-10-10"}, SUSPECTED, 2, None, None),
    ("halted, area exactly a third", {**HALTED, **ENOUGH, "developed_area": 30}, None, None, None, None),
    ("halted, money exactly a quarter", {**HALTED, **ENOUGH, "invested_wan": 25}, None, None, None, None),
    ("halted, both enough", {**HALTED, **ENOUGH}, None, None, None, None),
    ("halted, money missing, area enough", {**HALTED, **ENOUGH, "invested_wan": None}, UNSURE, None, None, None),
    ("halted, money missing, area low",
     {**HALTED, **ENOUGH, "invested_wan": None, "developed_area": 1}, SUSPECTED, 1, "2023-10-10", SUSPECTED),
    ("halted, both missing", HALTED, UNSURE, None, None, None),
    ("halted, nothing to divide by", {**HALTED, **ENOUGH, "developable_area": 0}, UNSURE, None, None, None),
    ("halted a day short, area low",
     {**HALTED, **ENOUGH, "developed_area": 1, "halted_on": "2021-10-11"}, None, None, "2022-10-11", SUSPECTED),
    ("halted a day short, missing", {**HALTED, "halted_on": "2021-10-11"}, None, None, "2022-10-11", UNSURE),
    ("halted a day short, enough", {**HALTED, **ENOUGH, "halted_on": "2021-10-11"}, None, None, None, None),
    ("government, a year", {"agreed_start_on": "2019-01-01", "idle_cause": "政府原因"}, SUSPECTED, None, None, None),
    ("government, not yet a year",
     {"agreed_start_on": "2022-01-01", "idle_cause": "政府原因"}, UNSTARTED, None, "2023-01-01", SUSPECTED),
    ("government, halted",
     {**HALTED, **ENOUGH, "invested_wan": 1, "idle_cause": "不可抗力"}, SUSPECTED, None, None, None),
    ("determined at level 1", {"agreed_start_on": "2021-01-01", **DETERMINED}, "idle", 1, "2023-01-01", "idle"),
    ("determined at level 2", {"agreed_start_on": "2019-01-01", **DETERMINED}, "idle", 2, None, None),
    ("determined, halted", {**HALTED, **ENOUGH, "invested_wan": 1, **DETERMINED}, "idle", 1, "2023-10-10", "idle"),
    ("determined, government",
     {"agreed_start_on": "2019-01-01", "idle_cause": "政府原因", **DETERMINED}, "idle", None, None, None),
    ("determined, no dates", DETERMINED, "idle", None, None, None),
    ("determined, then built", {**STARTED, "finished_on": "2022-10-01", **DETERMINED}, None, None, None, None),
    ("number without date",
     {"agreed_start_on": "2021-01-01", "determination_no": "认1"}, SUSPECTED, 1, "2023-01-01", SUSPECTED),
    ("date without number",
     {"agreed_start_on": "2021-01-01", "determined_on": "2022-09-01"}, SUSPECTED, 1, "2023-01-01", SUSPECTED),
    ("determined later",
     {"agreed_start_on": "2021-01-01", **DETERMINED, "determined_on": "2022-10-11"},
     SUSPECTED, 1, "2023-01-01", SUSPECTED),
    ("started later",
     {"agreed_start_on": "2021-01-01", "started_on": "2022-10-11"}, SUSPECTED, 1, "2023-01-01", SUSPECTED),
    ("started on the day", {"agreed_start_on": "2021-01-01", "started_on": "2022-10-10"}, None, None, None, None),
    ("delivered later", {"delivered_on": "2022-10-11"}, UNSURE, None, None, None),
    ("halted without start",
     {"agreed_start_on": "2021-01-01", "halted_on": "2021-06-01"}, SUSPECTED, 1, "2023-01-01", SUSPECTED),
    ("nothing known", {"holder": "岚县甲木铸造有限公司"}, UNSURE, None, None, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("supply", "kind", "level", "change", "then"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_contract_is_judged_as_by_hand(
    supply: dict[str, Any], kind: str | None, level: int | None, change: str | None, then: str | None
) -> None:
    judged = judge(supply)
    assert (judged["kind"], judged["idle_level"]) == (kind, level)
    assert judged["next_change_on"] == (pd.Timestamp(change) if change else None)
    assert judged["next_kind"] == then
    assert judged["reason"]
    assert "缺（" not in judged["reason"]


def test_whole_table_is_judged_as_row_by_row() -> None:
    together = judge_supplies(frame(*(c[1] for c in CASES)), RULES, AS_OF)
    assert together["kind"].fillna("").tolist() == [c[2] or "" for c in CASES]


@pytest.mark.parametrize(
    ("start", "as_of", "kind", "level"),
    [
        ("2020-02-29", "2021-02-27", "supplied_unstarted", None),
        ("2020-02-29", "2021-02-28", "suspected_idle", 1),
        ("2020-02-29", "2022-02-27", "suspected_idle", 1),
        ("2020-02-29", "2022-02-28", "suspected_idle", 2),
        ("2019-02-28", "2020-02-27", "supplied_unstarted", None),
        ("2019-02-28", "2020-02-28", "suspected_idle", 1),
        ("2019-03-01", "2020-02-29", "supplied_unstarted", None),  # 365 days, and not yet a calendar year
        ("2019-03-01", "2020-03-01", "suspected_idle", 1),
        ("2022-12-31", "2023-12-30", "supplied_unstarted", None),
        ("2022-12-31", "2023-12-31", "suspected_idle", 1),
    ],
)
def test_years_are_calendar_years(start: str, as_of: str, kind: str, level: int | None) -> None:
    judged = judge({"agreed_start_on": start}, date.fromisoformat(as_of))
    assert (judged["kind"], judged["idle_level"]) == (kind, level)


def test_leap_day_may_be_kept_until_the_first_of_march() -> None:
    limits = replace(RULES.thresholds, leap_day_anniversary="next_day")
    rules = replace(RULES, thresholds=limits)
    supply = {"agreed_start_on": "2020-02-29"}
    assert judge(supply, date(2021, 2, 28), rules)["kind"] == "supplied_unstarted"
    assert judge(supply, date(2021, 3, 1), rules)["idle_level"] == 1


def test_fee_is_a_fifth_of_the_price_at_level_one_only() -> None:
    prices = {"price_wan": 1234.5}
    assert judge({"agreed_start_on": "2021-10-10", **prices})["fee_wan"] == 246.9
    assert judge({"agreed_start_on": "2020-10-10", **prices})["fee_wan"] is None
    assert judge({"agreed_start_on": "2022-01-01", **prices})["fee_wan"] is None
    assert judge({"agreed_start_on": "2021-10-10", "idle_cause": "政府原因", **prices})["fee_wan"] is None
    assert judge({"agreed_start_on": "2021-10-10", **DETERMINED, **prices})["fee_wan"] == 246.9
    assert judge({"agreed_start_on": "2021-10-10", "price_wan": -1.0})["fee_wan"] is None


def test_idle_since_is_the_day_land_became_idle() -> None:
    judged = judge({"agreed_start_on": "2021-10-01"})
    assert (judged["idle_since"], judged["idle_days"]) == (pd.Timestamp("2022-10-01"), 9)
    halted = judge({**HALTED, **ENOUGH, "invested_wan": 1})
    assert (halted["idle_since"], halted["idle_days"]) == (pd.Timestamp("2022-10-10"), 0)
    assert judge({"agreed_start_on": "2022-10-01"})["idle_since"] is None


def test_idle_since_may_be_counted_from_the_due_start() -> None:
    rules = replace(RULES, thresholds=replace(RULES.thresholds, idle_counted_from="start"))
    judged = judge({"agreed_start_on": "2021-10-01"}, ruleset=rules)
    assert (judged["idle_since"], judged["idle_days"]) == (pd.Timestamp("2021-10-01"), 374)


def test_assumed_start_is_flagged_and_its_basis_named() -> None:
    judged = judge({"delivered_on": "2020-01-01"})
    assert judged["flags"] == "start_assumed"
    assert judged["basis"] == "delivered_on"
    assert "推定" in judged["reason"]
    assert judge({"delivered_on": "2020-01-01", "agreed_start_on": "2021-01-01"})["flags"] is None
    assert judge({"delivered_on": "2020-01-01", "started_on": "2021-01-01"})["flags"] is None


def test_overdue_finish_is_a_flag_and_no_kind() -> None:
    judged = judge({**STARTED, "agreed_finish_on": "2022-10-09"})
    assert (judged["kind"], judged["flags"]) == (None, "overdue_finish")
    assert judge({**STARTED, "agreed_finish_on": "2022-10-10"})["flags"] is None
    assert judge({**STARTED, "agreed_finish_on": "2022-10-09", "finished_on": "2022-10-10"})["flags"] is None


def test_disposed_supply_keeps_its_kind_and_is_flagged() -> None:
    supply = {"agreed_start_on": "2019-01-01", "disposal": "收回", "disposed_on": "2022-10-10"}
    assert (judge(supply)["kind"], judge(supply)["flags"]) == ("suspected_idle", "disposed")
    assert judge(supply, date(2022, 10, 9))["flags"] is None


def test_bond_candidates_are_named_only_once_the_policy_exists() -> None:
    supply = {"agreed_start_on": "2019-01-01", "signed_on": "2018-01-01"}
    assert judge(supply, date(2024, 11, 6))["flags"] is None
    assert judge(supply, date(2024, 11, 7))["flags"] == "bond_candidate"
    late = {"agreed_start_on": "2024-11-09", "supplied_on": "2024-11-08"}
    assert judge(late, date(2025, 1, 1))["flags"] is None


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        ("政府原因", "政府原因"),
        ("因政府未完成征迁", "政府原因"),
        ("规划调整", "政府原因"),
        ("文物勘探", "政府原因"),
        ("企业原因", "企业原因"),
        ("企业自身规划调整", "企业原因"),
        ("非政府原因", "企业原因"),
        ("资金不足", "企业原因"),
        ("无", None),
        (" ", None),
        (None, None),
    ],
)
def test_cause_is_classified_by_the_words_of_the_ruleset(cause: str | None, expected: str | None) -> None:
    assert judge({"agreed_start_on": "2019-01-01", "idle_cause": cause})["cause_class"] == expected


@pytest.mark.parametrize(("part", "whole"), [(0.1, 0.3), (0.7, 2.1), (1234.56, 3703.68), (2000 / 3, 2000.0)])
def test_exact_third_is_not_below_a_third(part: float, whole: float) -> None:
    supply = {**HALTED, **ENOUGH, "developed_area": part, "developable_area": whole}
    assert judge(supply)["kind"] is None
    assert judge({**supply, "developed_area": part - 1e-6})["kind"] == "suspected_idle"


def test_share_just_below_the_limit_is_not_written_as_the_limit() -> None:
    supply = {**HALTED, **ENOUGH, "invested_wan": 24.9999}
    assert "24.99%" in judge(supply)["reason"]


def test_reason_carries_values_and_never_reads_them_as_templates() -> None:
    supply = {"agreed_start_on": "2020-01-01", "idle_cause": "政府 {as_of} {0.__class__}"}
    assert "{as_of} {0.__class__}" in judge(supply)["reason"]


def test_only_the_determined_are_called_idle() -> None:
    judged = judge_supplies(frame(*(c[1] for c in CASES)), RULES, AS_OF)
    suspected = judged[judged["kind"] == "suspected_idle"]
    assert suspected["reason"].str.contains("疑似闲置").all()
    assert not suspected["reason"].str.contains("认定").any()
    assert judged.loc[judged["kind"] == "idle", "reason"].str.contains("认定书").all()


def test_index_columns_and_types_hold_for_any_frame() -> None:
    some = frame(*(c[1] for c in CASES)).set_index(pd.Index([f"x{n}" for n in range(len(CASES))]))
    for supplies in (some, some.iloc[:0], some[["agreed_start_on"]]):
        judged = judge_supplies(supplies, RULES, AS_OF)
        assert judged.index.equals(supplies.index)
        assert tuple(judged.columns) == SUPPLY_JUDGEMENT_COLUMNS
        types = judged.dtypes.astype(str).to_dict()
        assert (types["kind"], types["idle_level"], types["idle_days"]) == ("str", "Int64", "Int64")
        assert (types["idle_since"], types["next_change_on"]) == ("datetime64[s]", "datetime64[s]")
        assert types["fee_wan"] == "float64"


def test_supplies_are_not_changed() -> None:
    supplies = frame(*(c[1] for c in CASES))
    before = supplies.copy(deep=True)
    judge_supplies(supplies, RULES, AS_OF)
    pd.testing.assert_frame_equal(supplies, before)


def test_day_outside_the_ruleset_is_refused() -> None:
    with pytest.raises(RulesetError, match="not in force on 2012-06-30"):
        judge_supplies(frame({"agreed_start_on": "2010-01-01"}), RULES, date(2012, 6, 30))


def test_column_of_something_else_than_dates_is_refused() -> None:
    with pytest.raises(FieldValueError, match="agreed_start_on"):
        judge_supplies(pd.DataFrame({"agreed_start_on": ["约2020年"]}), RULES, AS_OF)


AMOUNTS = ("developed_area", "developable_area", "invested_wan", "total_investment_wan")
agreed = st.dates(date(2016, 1, 1), date(2024, 1, 1))
days = st.dates(date(2016, 1, 1), date(2022, 10, 10))
numbers = st.sampled_from([None, 0, 10, 24, 25, 30, 33, 34, 90, 100])


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                **dict.fromkeys(("agreed_start_on", "extension_start_on"), agreed),
                **dict.fromkeys(
                    ("delivered_on", "permit_on", "started_on", "halted_on", "finished_on"), days
                ),
                **dict.fromkeys(AMOUNTS, numbers),
                "determined_on": days,
                "idle_cause": st.sampled_from(["政府原因", "资金不足"]),
            },
        ),
        min_size=1,
        max_size=40,
    )
)
def test_agrees_with_an_independent_reading(supplies: list[dict[str, Any]]) -> None:
    numbered = [{"determination_no": "认1" if s.get("determined_on") else None, **s} for s in supplies]
    judged = judge_supplies(frame(*numbered), RULES, AS_OF)
    found = [
        (None if pd.isna(kind) else kind, None if pd.isna(level) else level)
        for kind, level in zip(judged["kind"], judged["idle_level"], strict=True)
    ]
    assert found == [oracle.expected(supply, AS_OF) for supply in supplies]


@settings(max_examples=4, deadline=None)
@given(
    st.dates(date(2013, 1, 1), date(2024, 12, 31)),
    st.sampled_from(["agreed_start_on", "delivered_on", "halted_on"]),
)
def test_announced_change_happens_on_its_day_and_not_before(day: date, field: str) -> None:
    supply: dict[str, Any] = {field: day}
    if field == "halted_on":
        supply |= {**ENOUGH, "invested_wan": 1, "started_on": date(2012, 8, 1)}
    as_of, seen = day, []
    for _ in range(5):
        judged = judge(supply, as_of)
        seen.append((judged["kind"], judged["idle_level"]))
        change = judged["next_change_on"]
        if change is None:
            break
        eve = judge(supply, change.date() - DAY)
        assert (eve["kind"], eve["idle_level"]) == seen[-1]
        as_of = change.date()
        assert judge(supply, as_of)["kind"] == judged["next_kind"]
    started = [("supplied_unstarted", None)] if field != "halted_on" else []
    assert seen == [(None, None), *started, ("suspected_idle", 1), ("suspected_idle", 2)]


def test_started_but_unfinished_supply_is_a_bond_candidate_too() -> None:
    started = {"started_on": "2020-01-01", "supplied_on": "2024-11-07"}
    assert judge(started, date(2024, 11, 7))["flags"] == "bond_candidate"
    assert judge({**started, "finished_on": "2024-11-07"}, date(2024, 11, 7))["flags"] is None
    assert judge({"started_on": "2020-01-01"}, date(2024, 11, 7))["flags"] is None


LOW = {"started_on": "2018-01-01", "finished_on": "2020-01-01"}


@pytest.mark.parametrize(
    ("limits", "supply", "is_low"),
    [
        ({}, {**LOW, "developed_area": 1, "developable_area": 100}, False),
        ({"area_share": "1/2"}, {**LOW, "developed_area": 49.9, "developable_area": 100}, True),
        ({"area_share": "1/2"}, {**LOW, "developed_area": 50, "developable_area": 100}, False),
        ({"area_share": "1/2"}, LOW, False),
        ({"investment_share": "1/2"}, {**LOW, "invested_wan": 49, "total_investment_wan": 100}, True),
        ({"investment_wan_per_mu": "200"}, {**LOW, "invested_wan": 299, "supplied_area": 1000}, True),
        ({"investment_wan_per_mu": "200"}, {**LOW, "invested_wan": 300, "supplied_area": 1000}, False),
        ({"tax_wan_per_mu": "2"}, {**LOW, "tax_wan": 2.9, "supplied_area": 1000}, True),
        ({"tax_wan_per_mu": "2"}, {**LOW, "tax_wan": 2.9}, False),
        ({"tax_wan_per_mu": "2"}, {"started_on": "2018-01-01", "tax_wan": 0, "supplied_area": 1000}, False),
        ({"tax_wan_per_mu": "2"},
         {"started_on": "2018-01-01", "agreed_finish_on": "2022-10-09", "tax_wan": 0, "supplied_area": 1000}, True),
    ],
)  # fmt: skip
def test_low_use_is_suspected_by_the_bureaus_own_standard_alone(
    limits: dict[str, str], supply: dict[str, Any], is_low: bool
) -> None:
    standard = replace(RULES.low_use, **{name: Fraction(value) for name, value in limits.items()})
    flags = judge(supply, ruleset=replace(RULES, low_use=standard))["flags"] or ""
    assert ("low_use_suspected" in flags) == is_low


@pytest.mark.parametrize(
    ("given", "is_outside"),
    [
        ({"parcel_code": "141127001001JB00001"}, True),
        ({"parcel_code": "141127001001JC00001F00010001"}, True),
        ({"parcel_code": "141127001001GB00001"}, False),
        ({"parcel_code": "示例JB001"}, False),
        ({"land_tenure": "集体土地所有权"}, True),
        ({"land_tenure": "30"}, True),
        ({"land_tenure": "20"}, False),
        ({"land_tenure": "国有", "parcel_code": "141127001001JB00001"}, False),
    ],
)
def test_collective_land_is_told_by_the_supply_itself(given: dict[str, str], is_outside: bool) -> None:
    judged = judge({"agreed_start_on": "2019-01-01", "price_wan": 9.0, **given})
    assert ("outside_statute" in (judged["flags"] or "")) == is_outside
    assert (judged["kind"], judged["fee_wan"]) == (
        ("supplied_unstarted", None) if is_outside else ("suspected_idle", None)
    )
    assert ("疑似闲置" in judged["reason"]) != is_outside


def test_clock_that_stands_is_flagged_until_the_day_it_runs_again() -> None:
    seized = {"suspended_on": "2022-03-01", "resumed_on": "2022-09-01", "suspension_cause": "司法查封"}
    supply = {"agreed_start_on": "2022-01-01", **seized}
    flags = {day: judge(supply, date.fromisoformat(day))["flags"] for day in ("2022-02-28", "2022-03-01", "2022-03-02",
                                                                             "2022-08-31", "2022-09-01")}  # fmt: skip
    assert flags == {
        "2022-02-28": None, "2022-03-01": "suspended", "2022-03-02": "suspended;suspension_deducted",
        "2022-08-31": "suspended;suspension_deducted", "2022-09-01": "suspension_deducted",
    }  # fmt: skip
    cause = {**supply, "idle_cause": "司法查封"}
    assert "suspension_possible" not in str(judge(cause)["flags"])


def test_an_extension_is_known_from_the_day_it_was_signed() -> None:
    supply = {
        "agreed_start_on": "2020-01-01",
        "extension_start_on": "2022-06-01",
        "extension_signed_on": "2022-05-01",
    }
    assert judge(supply, date(2022, 4, 30))["basis"] == "agreed_start_on"
    assert judge(supply, date(2022, 5, 1))["basis"] == "extension_start_on"
    several = {**supply, "extensions": "2022-05-15；2022-07-01"}
    assert judge(several)["next_change_on"] == pd.Timestamp("2023-07-01")
    assert judge({**supply, "extensions": "2022-05-15"})["next_change_on"] == pd.Timestamp("2023-06-01")
    assert (
        judge({"agreed_start_on": "2020-01-01", "extensions": "2022-05-15"})["basis"] == "extension_start_on"
    )
