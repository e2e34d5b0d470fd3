from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, Polygon, box

from landinv.errors import CRSError
from landinv.ledger.links import Links, link_projects
from landinv.model.parcels import LINK_COLUMNS

CRS = "EPSG:4525"
E0, N0 = 37548000, 4240000
CODE = "2209-141127-89-01-123456"


def square(east: int, side: int = 100) -> Polygon:
    return box(E0 + east, N0, E0 + east + side, N0 + side)


def parcels(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    given = [
        {"parcel_id": f"141127-S0000{n + 1}", "geometry": square(1000 * n), **row}
        for n, row in enumerate(rows)
    ]
    return gpd.GeoDataFrame(given, geometry="geometry", crs=CRS)


def projects(*rows: dict[str, Any]) -> pd.DataFrame:
    named = {"project_code": None, "project_name": "示例一号项目"}
    table = pd.DataFrame([{"project_key": f"P{n + 1}", **named, **row} for n, row in enumerate(rows)])
    return gpd.GeoDataFrame(table, geometry="geometry", crs=CRS) if "geometry" in table else table


def link(land: gpd.GeoDataFrame, wanted: pd.DataFrame) -> Links:
    return link_projects(land, wanted, crs=CRS)


def test_project_code_links_however_it_is_written() -> None:
    found = link(parcels({"project_code": CODE.replace("-", "")}), projects({"project_code": CODE}))
    row = found.links.iloc[0]
    assert tuple(found.links.columns) == LINK_COLUMNS
    assert (row["parcel_id"], row["project_key"], row["method"], row["score"]) == (
        "141127-S00001", "P1", "project_code", 1.0,
    )  # fmt: skip
    assert row["project_code"] == CODE
    assert row["evidence"].startswith("项目代码一致")
    assert len(found.findings) == 0


def test_supervision_and_contract_numbers_link() -> None:
    land = parcels({"supervision_no": "1411272015B00012"}, {"contract_no": "岚出让[2019]5号"})
    wanted = projects({"supervision_no": "1411272015b00012"}, {"contract_no": "岚出让〔2019〕5号"})
    links = link(land, wanted).links
    assert links[["project_key", "method"]].values.tolist() == [
        ["P1", "supervision_no"],
        ["P2", "contract_no"],
    ]


def test_one_row_per_parcel_and_project_by_the_best_method() -> None:
    land = parcels({"project_code": CODE, "contract_no": "合1"})
    links = link(land, projects({"project_code": CODE, "contract_no": "合1", "geometry": square(0)})).links
    assert links["method"].tolist() == ["project_code"]
    assert [part[:6] for part in links["evidence"].iloc[0].split("；")] == [
        "项目代码一致",
        "合同编号一致",
        "项目范围与地",
    ]


@pytest.mark.parametrize(("east", "score"), [(0, 1.0), (50, 0.5), (51, None), (100, None)])
def test_overlap_links_from_half_of_the_smaller(east: int, score: float | None) -> None:
    links = link(parcels({}), projects({"geometry": square(east)})).links
    assert links["score"].tolist() == ([] if score is None else [pytest.approx(score)])


def test_small_site_within_a_large_parcel_overlaps_wholly() -> None:
    links = link(parcels({}), projects({"geometry": square(10, side=20)})).links
    assert links[["method", "score"]].values.tolist() == [["overlap", 1.0]]


def test_point_inside_links_with_a_lower_score() -> None:
    inside, outside = Point(E0 + 50, N0 + 50), Point(E0 + 500, N0 + 50)
    links = link(parcels({}), projects({"geometry": inside}, {"geometry": outside})).links
    assert links[["project_key", "score"]].values.tolist() == [["P1", 0.9]]


def test_best_link_of_a_parcel_comes_first() -> None:
    wanted = projects(
        {"geometry": square(30)}, {"geometry": square(10)}, {"geometry": None, "project_code": CODE}
    )
    links = link(parcels({"project_code": CODE}), wanted).links
    assert links["project_key"].tolist() == ["P3", "P2", "P1"]
    turned = link(parcels({"project_code": CODE}), wanted.iloc[::-1]).links
    pd.testing.assert_frame_equal(links, turned)


def test_unknown_code_is_found_and_a_slip_is_named_not_linked() -> None:
    land = parcels({"project_code": CODE[:-1] + "7"}, {"project_code": "2001-141127-01-01-000000"})
    found = link(land, projects({"project_code": CODE}))
    assert len(found.links) == 0
    assert sorted(found.findings["rule"]) == ["L031", "L032"]
    slip = found.findings.set_index("rule").loc["L032"]
    assert slip["feature"] == "141127-S00001"
    assert CODE.replace("-", "") in slip["message"]


def test_no_ledger_finds_no_unknown_codes() -> None:
    found = link(parcels({"project_code": CODE}), projects({}).iloc[:0])
    assert (len(found.links), len(found.findings)) == (0, 0)
    assert tuple(found.links.columns) == LINK_COLUMNS


def test_numbers_that_lead_apart_are_found() -> None:
    land = parcels({"project_code": CODE, "supervision_no": "1411272015B00012"})
    wanted = projects({"project_code": CODE}, {"supervision_no": "1411272015B00012"})
    found = link(land, wanted)
    assert found.links["project_key"].tolist() == ["P1", "P2"]
    assert found.findings["rule"].tolist() == ["L033"]
    assert found.findings["value"].tolist() == ["项目代码：P1；监管号或合同编号：P2"]


def test_parcel_without_shape_links_by_number_only() -> None:
    land = parcels({"geometry": None, "project_code": CODE})
    links = link(land, projects({"project_code": CODE, "geometry": square(0)})).links
    assert links["method"].tolist() == ["project_code"]


def test_empty_numbers_link_nothing() -> None:
    links = link(parcels({"contract_no": " "}), projects({"contract_no": ""}, {"contract_no": None})).links
    assert len(links) == 0


def test_shapes_of_another_crs_are_refused() -> None:
    with pytest.raises(CRSError, match="EPSG:4526"):
        link(parcels({}).set_crs("EPSG:4526", allow_override=True), projects({}))
