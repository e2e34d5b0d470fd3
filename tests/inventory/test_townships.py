"""Townships over time: what the bureau's table says, what it must not say, and where land stands then."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.inventory.townships import township_findings, with_current_townships, with_former_said
from landinv.model.tables import table
from landinv.model.townships import TownshipUnits, listed_townships, township_units

DAY = date(2022, 10, 10)
COLUMNS = ["old_code", "old_name", "new_code", "new_name", "from_year"]


def told(*rows: tuple[str | None, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=COLUMNS, dtype="str")
    return frame.assign(source_ref=[f"townships#{n + 2}" for n in range(len(rows))])


def units(*rows: tuple[str | None, ...], day: date = DAY) -> TownshipUnits:
    return township_units("141127", told(*rows) if rows else None, day)


JOINED = ("141127205", "河口乡", "141127103", "界河口镇", "2021")


def shares(*rows: tuple[int, str, str, float]) -> pd.DataFrame:
    given_rows = pd.DataFrame(list(rows), columns=["parcel", "code", "name", "area_m2"])
    return given_rows.assign(theme="township")[["parcel", "theme", "code", "name", "area_m2"]]


def test_no_successor_is_shipped_that_was_not_verified() -> None:
    assert all(row["successor_code"] == "" for row in table("townships"))
    gone = {unit.name for unit in listed_townships("141127").values() if unit.until_year}
    assert gone == {"土峪乡", "河口乡", "大蛇头乡"}
    assert len(listed_townships("141127")) - 1 == 12, (
        "twelve townships, and the park that statistics count as one"
    )


def test_without_a_table_the_survey_s_unit_stands_and_is_told_once() -> None:
    rows = shares(
        (0, "141127205", "河口乡", 60.0), (1, "141127205", "河口乡", 10.0), (1, "141127100", "东村镇", 5.0)
    )
    now = with_current_townships(rows, units())
    assert now.equals(rows)
    found = township_findings(now, units())
    assert found[["rule", "value"]].to_numpy().tolist() == [["I117", "141127205"]]
    assert "河口乡，涉及2宗" in found["message"].iloc[0]
    assert "[county]" in found["message"].iloc[0]


def test_before_it_was_abolished_nothing_is_told() -> None:
    rows = shares((0, "141127205", "河口乡", 60.0))
    assert township_findings(rows, units(day=date(2020, 12, 31))).empty


def test_with_the_table_land_stands_under_the_current_unit_and_adds_up() -> None:
    rows = shares(
        (0, "141127205", "河口乡", 60.0), (0, "141127103", "界河口镇", 30.0), (0, "141127100", "东村镇", 70.0)
    )
    now = with_current_townships(rows, units(JOINED))
    assert now[["code", "name", "area_m2"]].to_numpy().tolist() == [
        ["141127103", "界河口镇", 90.0],
        ["141127100", "东村镇", 70.0],
    ]
    assert township_findings(now, units(JOINED)).empty


def test_other_themes_are_left_alone() -> None:
    other = shares((0, "141127205", "x", 1.0)).assign(theme="village")
    assert with_current_townships(other, units(JOINED)).equals(other)


def test_a_name_that_the_layer_lacks_comes_from_the_list() -> None:
    now = with_current_townships(shares((0, "141127100", "", 1.0), (1, "uncovered", "未覆盖", 1.0)), units())
    assert now["name"].tolist() == ["东村镇", "未覆盖"]


def test_the_layer_s_own_name_beats_the_table_s() -> None:
    rows = shares((0, "141127103", "界河口（新）镇", 1.0), (1, "141127205", "河口乡", 1.0))
    assert set(with_current_townships(rows, units(JOINED))["name"]) == {"界河口（新）镇"}


def test_a_row_counts_from_its_year_on() -> None:
    assert units(JOINED, day=date(2020, 12, 31)).successors == {}
    assert units(JOINED, day=date(2021, 1, 1)).successors == {"141127205": "141127103"}
    assert units((*JOINED[:4], None), day=date(2001, 1, 1)).successors == {"141127205": "141127103"}


def test_chains_lead_to_their_end() -> None:
    found = units(("141127205", None, "141127207", None, None), ("141127207", None, "141127103", None, None))
    assert found.successors == {"141127205": "141127103", "141127207": "141127103"}


@pytest.mark.parametrize(
    ("rows", "cause"),
    [
        ([("14112720", None, "141127103", None, None)], "9位"),
        ([("141127205", None, "140100103", None, None)], "本县"),
        ([("141127205", None, "141127103", None, "二〇二一")], "年份"),
        ([("141127205", None, "141127205", None, None)], "循环"),
        (
            [("141127205", None, "141127207", None, None), ("141127207", None, "141127205", None, None)],
            "循环",
        ),
        (
            [("141127205", None, "141127103", None, None), ("141127205", None, "141127100", None, None)],
            "多个现代码",
        ),
    ],
)
def test_a_row_that_cannot_be_used_is_told_and_left_out(
    rows: list[tuple[str | None, ...]], cause: str
) -> None:
    found = units(*rows)
    assert found.successors == {}
    findings = township_findings(shares(), found)
    assert findings["rule"].tolist() == ["I118"] * len(rows)
    assert findings["dataset"].tolist() == ["townships"] * len(rows)
    assert findings["feature"].tolist() == [f"townships#{n + 2}" for n in range(len(rows))]
    assert cause in findings["message"].iloc[0]


def test_a_parcel_says_which_unit_it_was_surveyed_in() -> None:
    parcels = gpd.GeoDataFrame(
        {
            "reason": pd.Series(["剩余。", None], dtype="str"),
            "flags": pd.Series(["built_on", ""], dtype="str"),
        },
        geometry=[None, None],
        crs="EPSG:4525",
    )
    rows = shares((0, "141127205", "河口乡", 60.0), (1, "141127100", "东村镇", 1.0))
    said = with_former_said(parcels, rows, units(JOINED))
    assert said["reason"].iloc[0] == "剩余。调查时属河口乡（141127205）。"
    assert pd.isna(said["reason"].iloc[1])
    assert said["flags"].tolist() == ["built_on;former_township", ""]


def test_wishes_are_understood_in_old_and_new_names() -> None:
    known = units(JOINED)
    assert known.codes_in("河口、东村镇") == ("141127103", "141127100")
    assert known.codes_in("界河口镇；河口乡") == ("141127103",)
    assert known.codes_in("141127205,141127100000") == ("141127103", "141127100")
    assert known.codes_in("别处乡") == ()


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=9))
@settings(max_examples=60, deadline=None)
def test_no_table_makes_land_change_its_unit_for_ever(pairs: list[tuple[int, int]]) -> None:
    rows = [(f"14112720{a}", None, f"14112720{b}", None, None) for a, b in pairs]
    found = units(*rows)
    assert not set(found.successors.values()) & set(found.successors), "a successor has no successor"
