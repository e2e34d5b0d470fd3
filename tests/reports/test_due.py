"""Deadlines worked out by hand, as seen on 10 October 2022."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from landinv.reports.due import DUE_COLUMNS, Register, due_dates, due_titles
from landinv.rules.ruleset import load_ruleset

AS_OF = date(2022, 10, 10)
RULES = load_ruleset("cn-2012-53")
HALF_BUILT = {"started_on": "2018-06-20", "developed_area": 1.0, "developable_area": 9.0}


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    table = pd.DataFrame(list(rows))
    dates = [name for name in table if str(name).endswith(("_on", "_until"))]
    return table.assign(**{str(name): pd.to_datetime(table[name]) for name in dates})


def parcels(*rows: dict[str, Any]) -> pd.DataFrame:
    blank = {
        "parcel_id": None,
        "family": None,
        "natural_key": None,
        "township": None,
        "location": None,
        "area_m2": 1.0,
    }
    return frame(*({**blank, **row} for row in rows or ({},)))


def due(until: date | None = None, **register: pd.DataFrame) -> list[tuple[str, str, int]]:
    given = {
        "supplies": frame({"record_key": "K"}).iloc[:0],
        "approvals": pd.DataFrame(),
        "parcels": parcels(),
    }
    found = due_dates(Register(**{**given, **register}), RULES, as_of=AS_OF, until=until)
    assert tuple(found.columns) == DUE_COLUMNS
    return [
        (code, day.date().isoformat(), left)
        for code, day, left in zip(found["code"], found["due_on"], found["days_left"], strict=True)
    ]


def of_supply(until: date | None = None, **supply: Any) -> list[tuple[str, str, int]]:
    return due(until, supplies=frame({"record_key": "K", "supervision_no": "1", **supply}))


CASES: dict[str, tuple[dict[str, Any], list[tuple[str, str, int]]]] = {
    "start and its marks": (
        {"agreed_start_on": "2022-10-11"},
        [("start", "2022-10-11", 1), ("one_year", "2023-10-11", 366), ("two_years", "2024-10-11", 732)]),
    "extended start": (
        {"agreed_start_on": "2020-01-01", "extension_start_on": "2022-11-09"},
        [("extension", "2022-11-09", 30), ("one_year", "2023-11-09", 395), ("two_years", "2024-11-09", 761)]),
    "suspected since today: thirty days to investigate": (
        {"agreed_start_on": "2021-10-10"}, [("investigation", "2022-11-09", 30), ("two_years", "2023-10-10", 365)]),
    "investigation long overdue": (
        {"agreed_start_on": "2018-01-01"}, [("investigation", "2019-01-31", -1348)]),
    "notice was given": ({"agreed_start_on": "2018-01-01", "notice_on": "2022-01-01"}, []),
    "determined": (
        {"agreed_start_on": "2021-06-01", "determination_no": "认1", "determined_on": "2022-09-01"},
        [("two_years", "2023-06-01", 234)]),
    "the government's doing has no second mark": (
        {"agreed_start_on": "2022-01-01", "idle_cause": "政府原因"}, [("one_year", "2023-01-01", 83)]),
    "collective land has no marks": ({"agreed_start_on": "2022-01-01", "land_tenure": "集体"}, []),
    "halted and its marks": (
        {"halted_on": "2022-01-01", **HALF_BUILT},
        [("halt_one_year", "2023-01-01", 83), ("halt_two_years", "2024-01-01", 448)]),
    "halted with both ratios reached": (
        {"halted_on": "2022-01-01", **HALF_BUILT, "developed_area": 9.0, "invested_wan": 1.0,
         "total_investment_wan": 1.0}, []),
    "finish": ({"started_on": "2020-01-01", "agreed_finish_on": "2022-10-31"}, [("finish", "2022-10-31", 21)]),
    "finished": ({"started_on": "2020-01-01", "finished_on": "2022-01-01", "agreed_finish_on": "2022-10-31"}, []),
    "seized without an end: nothing falls due": (
        {"agreed_start_on": "2022-01-01", "suspended_on": "2022-05-01", "suspension_cause": "司法查封"}, []),
    "temporary use, two years": (
        {"started_on": "2020-01-01", "disposal": "政府安排临时使用", "disposed_on": "2020-11-01"},
        [("temporary_use", "2022-11-01", 22)]),
    "temporary use that is over": (
        {"started_on": "2020-01-01", "disposal": "政府安排临时使用", "disposed_on": "2020-02-29"},
        [("temporary_use", "2022-02-28", -224)]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_supply_has_its_deadlines(name: str) -> None:
    supply, expected = CASES[name]
    assert of_supply(**supply) == expected


def test_last_day_is_inclusive_and_what_is_overdue_stays() -> None:
    assert of_supply(date(2022, 11, 9), agreed_start_on="2021-10-10") == [("investigation", "2022-11-09", 30)]
    assert of_supply(date(2022, 11, 8), agreed_start_on="2021-10-10") == []
    assert of_supply(date(2022, 10, 10), agreed_start_on="2018-01-01") == [
        ("investigation", "2019-01-31", -1348)
    ]


def test_approval_is_due_when_it_may_lapse_and_names_all_its_parcels() -> None:
    approvals = frame(
        {"approval_no": "晋政地字〔2021〕1号", "approved_on": "2021-02-28", "batch_name": "第一批次", "compensated": False},
        {"approval_no": "晋政地字[2021]1号", "approved_on": "2021-02-28", "batch_name": "第一批次", "compensated": False},
        {"approval_no": "晋政地字〔2021〕2号", "approved_on": "2021-02-28", "compensated": True},
    )  # fmt: skip
    pieces = parcels(
        {
            "parcel_id": "P1",
            "family": "P",
            "natural_key": "晋政地字〔2021〕1",
            "township": "东村镇",
            "area_m2": 10.0,
        },
        {
            "parcel_id": "P2",
            "family": "P",
            "natural_key": "晋政地字〔2021〕1",
            "township": "东村镇",
            "area_m2": 5.5,
        },
    )
    register = Register(pieces, frame({"record_key": "K"}).iloc[:0], approvals)
    found = due_dates(register, RULES, as_of=AS_OF)
    assert found[["code", "days_left"]].values.tolist() == [["approval_lapse", 141]]
    assert "〔未核实〕" in found["basis"].iloc[0]
    assert found["subject"].iloc[0] == "第一批次"


def test_holds_and_surveyed_temporary_use_are_listed() -> None:
    held = parcels(
        {
            "parcel_id": "P1",
            "held_for": "示例一号项目",
            "held_until": "2022-12-31",
            "family": "P",
            "natural_key": "a",
        },
        {"parcel_id": "P2", "held_for": None, "held_until": "2022-12-31", "family": "P", "natural_key": "b"},
    )
    patches = pd.DataFrame(
        {"BSM": ["1"], "PZWH": ["岚自然资临〔2021〕1号"], "PZRQ": ["20210601"], "TBMJ": [500.0]}
    )
    found = due(parcels=held, temporary=patches)
    assert found == [("hold", "2022-12-31", 82), ("temporary_use", "2023-06-01", 234)]


def test_parcel_place_and_area_stand_beside_the_deadline() -> None:
    supplies = frame(
        {"record_key": "K", "supervision_no": "1", "agreed_start_on": "2022-11-01", "supplied_area": 7.0}
    )
    own = parcels(
        {
            "parcel_id": "S1",
            "family": "S",
            "natural_key": "K",
            "township": "东村镇",
            "location": "甲村",
            "area_m2": 6.9,
        }
    )
    row = due_dates(Register(own, supplies, pd.DataFrame()), RULES, as_of=AS_OF).iloc[0]
    assert (row["parcel_id"], row["township"], row["location"], row["area_m2"]) == (
        "S1",
        "东村镇",
        "甲村",
        6.9,
    )
    bare = due_dates(Register(parcels(), supplies, pd.DataFrame()), RULES, as_of=AS_OF).iloc[0]
    assert bare["area_m2"] == 7.0


def test_every_kind_of_deadline_has_both_titles() -> None:
    codes = {"start", "extension", "one_year", "two_years", "halt_one_year", "halt_two_years", "finish", "investigation",
             "temporary_use", "approval_lapse", "hold"}  # fmt: skip
    assert set(due_titles("zh")) == set(due_titles("en")) == codes
