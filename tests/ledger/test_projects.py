from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box

from landinv.ledger.projects import PROJECT_COLUMNS, is_project_code, merge_projects

CODE = "2209-141127-89-01-123456"
OTHER = "2209-141127-89-01-654321"


def sheet(*rows: dict[str, Any], key: str = "projects") -> pd.DataFrame:
    return pd.DataFrame([{"source_ref": f"{key}#{n + 3}", **row} for n, row in enumerate(rows)])


def test_rows_of_one_code_are_one_project() -> None:
    projects, found = merge_projects(
        [
            sheet({"project_code": CODE, "project_name": "示例一号项目", "demand_area": 1e4}),
            sheet(
                {"project_code": CODE.replace("-", ""), "project_name": "示例 一号项目", "owner": "甲"},
                key="b",
            ),
        ]
    )
    row = projects.iloc[0]
    assert len(projects) == 1
    assert row["project_key"] == CODE.replace("-", "")
    assert (row["project_code"], row["project_name"]) == (CODE, "示例一号项目")
    assert (row["demand_area"], row["owner"], row["source_refs"]) == (1e4, "甲", "projects#3;b#3")
    assert found["rule"].tolist() == ["L022"]


def test_row_without_code_joins_the_only_project_of_its_name() -> None:
    projects, found = merge_projects(
        [sheet({"project_code": CODE, "project_name": "示例一号项目"}, {"project_name": "示例一号 项目"})]
    )
    assert projects["project_key"].tolist() == [CODE.replace("-", "")]
    assert sorted(found["rule"]) == ["L022", "L026"]


def test_name_of_two_projects_takes_no_third_row() -> None:
    projects, found = merge_projects(
        [
            sheet(
                {"project_code": CODE, "project_name": "示例"},
                {"project_code": OTHER, "project_name": "示例"},
                {"project_name": "示例"},
            )
        ]
    )
    assert len(projects) == 3
    assert sorted(found["rule"]) == ["L024", "L024", "L025"]


def test_project_without_code_is_known_by_its_name() -> None:
    projects, _ = merge_projects([sheet({"project_name": "示例二号项目"})])
    again, _ = merge_projects([sheet({"project_name": "示例 二号项目"}, {"project_name": "示例三号项目"})])
    assert projects["project_key"].str.fullmatch(r"P-[0-9a-f]{10}").all()
    assert again["project_key"].iloc[0] == projects["project_key"].iloc[0]
    assert again["project_key"].is_unique


def test_rows_with_neither_code_nor_name_stay_apart() -> None:
    projects, _ = merge_projects([sheet({"owner": "甲"}, {"owner": "乙"})])
    assert projects["owner"].tolist() == ["甲", "乙"]


def test_disagreements_stand_side_by_side_and_the_first_value_holds() -> None:
    projects, found = merge_projects(
        [
            sheet(
                {"project_code": CODE, "project_name": "示例", "demand_area": 1e4},
                {"project_code": CODE, "project_name": "示例", "demand_area": 2e4},
            )
        ]
    )
    assert projects["demand_area"].tolist() == [1e4]
    finding = found.set_index("rule").loc["L023"]
    assert (finding["field"], finding["value"]) == ("demand_area", "10000［projects#3］；20000［projects#4］")


def test_code_written_in_two_ways_is_no_disagreement() -> None:
    _, found = merge_projects(
        [sheet(*({"project_code": c, "project_name": "示例"} for c in (CODE, CODE.replace("-", ""))))]
    )
    assert found["rule"].tolist() == ["L022"]


def test_wrong_code_does_not_swallow_another_project() -> None:
    projects, found = merge_projects(
        [
            sheet(
                {"project_code": CODE, "project_name": "示例一号项目", "owner": "甲", "demand_area": 1e4},
                {"project_code": CODE, "project_name": "示例二号项目", "owner": "乙", "demand_area": 2e4},
                {"project_code": CODE, "project_name": "示例一号", "owner": "丙"},
            )
        ]
    )
    assert projects["project_name"].tolist() == ["示例一号项目", "示例二号项目"]
    assert projects["demand_area"].tolist() == [1e4, 2e4]
    assert projects["project_code"].tolist() == [CODE, CODE]
    assert projects["project_key"].is_unique
    assert projects["project_key"].iloc[1].startswith(CODE.replace("-", "") + "~")
    assert found.loc[found["rule"] == "L027", "feature"].tolist() == ["示例二号项目"]


@pytest.mark.parametrize(("other", "rules"), [(10003.3, ["L022"]), (10004.1, ["L022", "L023"])])
def test_areas_of_sheets_in_other_units_may_differ_by_their_rounding(other: float, rules: list[str]) -> None:
    rows = ({"project_code": CODE, "project_name": "示例", "demand_area": area} for area in (1e4, other))
    _, found = merge_projects([sheet(*rows)])
    assert found["rule"].tolist() == rules


@pytest.mark.parametrize(
    ("code", "good"),
    [
        (CODE, True),
        ("2016-141127-89-01-123456", True),
        ("2012-141127-89-01-123456", True),  # December 2020
        ("2213-141127-89-01-123456", False),  # month 13
        ("0905-141127-89-01-123456", False),
        ("2209-141127-89-01-12345", False),
        ("2209-141127-89-01-12345X", False),
    ],
)
def test_form_of_project_codes_is_checked(code: str, good: bool) -> None:
    assert is_project_code(pd.Series([code.replace("-", "")])).tolist() == [good]
    _, found = merge_projects([sheet({"project_code": code, "project_name": "示例"})])
    assert found["rule"].tolist() == ([] if good else ["L021"])


def test_small_investment_is_marked_and_missing_stays_unknown() -> None:
    rows = [
        {"project_name": f"示例{n}", "total_investment_wan": w} for n, w in enumerate((499.99, 500, None))
    ]
    projects, _ = merge_projects([sheet(*rows)])
    assert projects["below_threshold"].tolist() == [True, False, pd.NA]
    assert projects["below_threshold"].dtype == "boolean"


def test_shapes_of_a_project_are_kept() -> None:
    shape = box(37548000, 4240000, 37548100, 4240100)
    layer = gpd.GeoDataFrame(sheet({"project_name": "示例一号"}), geometry=[shape], crs="EPSG:4525")
    projects, _ = merge_projects([sheet({"project_name": "示例二号"}), layer])
    assert isinstance(projects, gpd.GeoDataFrame)
    assert projects.crs == "EPSG:4525"
    assert projects.geometry.tolist() == [None, shape]


def test_points_may_be_given() -> None:
    layer = gpd.GeoDataFrame(
        sheet({"project_name": "示例"}), geometry=[Point(37548000, 4240000)], crs="EPSG:4525"
    )
    projects, _ = merge_projects([layer])
    assert projects["geometry"].tolist() == [Point(37548000, 4240000)]


def test_no_sheet_gives_no_project() -> None:
    for frames in ([], [sheet({"project_name": "示例"}).iloc[:0]]):
        projects, found = merge_projects(frames)
        assert (len(projects), len(found)) == (0, 0)
        assert tuple(projects.columns) == PROJECT_COLUMNS
