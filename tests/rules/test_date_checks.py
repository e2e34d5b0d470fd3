from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from landinv.model.findings import finding_rules
from landinv.rules.date_checks import check_approvals, check_supplies
from landinv.rules.ruleset import Ruleset

AS_OF = date(2022, 10, 10)


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    table = pd.DataFrame(list(rows))
    dates = [name for name in table if str(name).endswith("_on")]
    return table.assign(**{name: pd.to_datetime(table[name]) for name in dates})


GOOD = {
    "record_key": "K1",
    "agreed_start_on": "2020-01-01",
    "started_on": "2020-01-01",
    "signed_on": "2019-01-01",
}
DUE = {"record_key": "K1", "agreed_start_on": "2021-10-10", "price_wan": 100.0}
HALTED = {**GOOD, "halted_on": "2021-10-10"}
RATIOS = {"developed_area": 1, "developable_area": 10, "invested_wan": 1, "total_investment_wan": 10}
SAME_DAY = {
    "record_key": "K1",
    "agreed_start_on": "2020-01-01",
    **dict.fromkeys(
        ("signed_on", "started_on", "halted_on", "finished_on", "agreed_finish_on"), "2020-01-01"
    ),
}
CASES: list[tuple[str, dict[str, Any]]] = [
    ("R001", {**DUE, "finished_on": "2022-01-01"}),
    ("R002", {**GOOD, "signed_on": "2020-01-02"}),
    ("R003", {**GOOD, "finished_on": "2019-12-31"}),
    ("R004", {**DUE, "determination_no": "认1", "determined_on": "2022-10-10", "notice_on": "2022-10-11"}),
    ("R005", {**DUE, "determination_no": "认1"}),
    ("R006", {**DUE, "determined_on": "2022-10-10"}),
    ("R007", {**HALTED, **RATIOS, "developable_area": 0}),
    ("R007", {**HALTED, **RATIOS, "invested_wan": -1}),
    ("R008", {**GOOD, **RATIOS, "halted_on": "2019-12-31"}),
    ("R009", {**DUE, "halted_on": "2022-01-01"}),
    ("R010", {"record_key": "K1"}),
    ("R011", {"record_key": "K1", "delivered_on": "2022-01-01"}),
    ("R012", {**DUE, "started_on": "2022-10-11"}),
    ("R013", {**DUE, "price_wan": None}),
    ("R014", {**DUE, "extension_start_on": "2021-10-10"}),
    ("R015", {"record_key": "K1", "agreed_start_on": "2022-01-01", "determination_no": "认1", "determined_on": "2022-02-01"}),
    ("R016", {**DUE, "idle_cause": "政府与企业双方原因"}),
    ("R017", HALTED),
    ("R018", {**DUE, "idle_cause": "司法查封"}),
    ("R019", {**GOOD, "finished_on": "2022-01-01", "determination_no": "认1", "determined_on": "2021-12-01"}),
    ("R020", {**DUE, "disposal": "收回"}),
    ("R020", {**DUE, "disposed_on": "2022-01-01"}),
    ("R021", {**DUE, "agreed_finish_on": "2021-10-09"}),
    ("R022", {**GOOD, "price_wan": -1}),
    ("R023", {**DUE, "suspensions": "去年查封半年"}),
    ("R023", {**DUE, "suspensions": "2021-02-30至2021-08-31 司法查封"}),
    ("R024", {**DUE, "suspended_on": "2022-03-01", "resumed_on": "2022-03-01", "suspension_cause": "司法查封"}),
    ("R024", {**DUE, "resumed_on": "2022-03-01", "suspension_cause": "司法查封"}),
    ("R025", {**DUE, "suspended_on": "2022-03-01", "resumed_on": "2022-03-11", "suspension_cause": "资金不足"}),
    ("R025", {**DUE, "suspensions": "2022-03-01至2022-03-11"}),
    ("R026", {**DUE, "suspended_on": "2022-03-01", "suspension_cause": "司法查封"}),
    ("R026", {**DUE, "suspensions": "2022-03-01至今 司法查封"}),
    ("R027", {**DUE, "extension_start_on": "2022-10-11"}),
    ("R027", {**DUE, "extension_start_on": "2023-03-02", "extension_signed_on": "2022-03-01"}),
    ("R028", {**DUE, "parcel_code": "141127001001JB00001"}),
    ("R028", {**DUE, "land_tenure": "集体"}),
]  # fmt: skip


SOUND = [
    GOOD, DUE, SAME_DAY, {**HALTED, **RATIOS, "price_wan": 1.0},
    {**DUE, "suspensions": "2022-03-01至2022-08-31 司法查封"},
    {**DUE, "suspended_on": "2022-03-01", "resumed_on": "2022-03-02", "suspension_cause": "不可抗力"},
    {**DUE, "suspended_on": "2022-03-01", "resumed_on": "2022-03-02", "suspension_cause": "查封", "idle_cause": "司法查封"},
    {**DUE, "extension_start_on": "2022-10-10"},
    {**DUE, "extension_start_on": "2023-03-01", "extension_signed_on": "2022-03-01"},
    {**DUE, "parcel_code": "141127001001GB00001"},
]  # fmt: skip


@pytest.mark.parametrize("supply", SOUND)
def test_sound_contract_has_no_findings(ruleset: Ruleset, supply: dict[str, Any]) -> None:
    assert len(check_supplies(frame(supply), ruleset, AS_OF)) == 0


@pytest.mark.parametrize(("code", "supply"), CASES, ids=[f"{c}-{n}" for n, (c, _) in enumerate(CASES)])
def test_defect_is_found_in_its_row_alone(ruleset: Ruleset, code: str, supply: dict[str, Any]) -> None:
    supplies = frame({**GOOD, "record_key": "K0"}, supply)
    found = check_supplies(supplies, ruleset, AS_OF)
    assert code in set(found["rule"])
    assert set(found["feature"]) == {"K1"}


def test_every_supply_rule_has_a_case() -> None:
    registered = {code for code in finding_rules() if "R001" <= code <= "R030"}
    assert registered == {code for code, _ in CASES}


def test_finding_shows_the_value_and_the_source_row(ruleset: Ruleset) -> None:
    supply = {**GOOD, "signed_on": "2020-01-02", "source_refs": "supplies#7"}
    finding = check_supplies(frame(supply), ruleset, AS_OF).iloc[0]
    assert (finding["field"], finding["value"]) == ("started_on", "2020-01-01")
    assert finding["message"].endswith("（supplies#7）")
    assert finding["dataset"] == "supplies"


def test_later_dates_are_not_known_in_a_replay(ruleset: Ruleset) -> None:
    supply = {**GOOD, "finished_on": "2019-12-31"}
    assert "R003" not in set(check_supplies(frame(supply), ruleset, date(2019, 12, 31))["rule"])


@pytest.mark.parametrize(
    ("code", "approval"),
    [
        ("R031", {"approval_no": "晋政地字〔2021〕1号", "approved_on": None}),
        ("R032", {"approval_no": "晋政地字〔2021〕1号", "approved_on": "2022-10-11"}),
        (
            "R033",
            {"approval_no": "晋政地字〔2021〕1号", "approved_on": "2021-01-01", "approval_status": "失效"},
        ),
    ],
)
def test_defect_of_an_approval_is_found(ruleset: Ruleset, code: str, approval: dict[str, Any]) -> None:
    sound = {"approval_no": "晋政地字〔2015〕1号", "approved_on": "2015-01-01", "approval_status": "失效"}
    found = check_approvals(frame(sound, approval), ruleset, AS_OF)
    assert found[["rule", "feature"]].values.tolist() == [[code, "晋政地字〔2021〕1号"]]


def test_empty_frames_have_no_findings(ruleset: Ruleset) -> None:
    assert len(check_supplies(frame(GOOD).iloc[:0], ruleset, AS_OF)) == 0
    assert len(check_approvals(frame({"approval_no": "1"}).iloc[:0], ruleset, AS_OF)) == 0
