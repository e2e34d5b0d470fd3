"""A parcel's columns from its shares: main values, sums, tenure, restrictions, flags, availability."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Polygon, box

from landinv.inventory.assemble import join_parcels, record_parcels, residual_parcels, supply_parcels
from landinv.inventory.attributes import with_areas, with_shares
from landinv.inventory.themes import ThemeLayers, parcel_shares
from landinv.model.parcels import parcel_columns

CRS = "EPSG:4525"


def at(x1: float, y1: float, x2: float, y2: float) -> Polygon:
    return box(37_548_000 + x1, 4_240_000 + y1, 37_548_000 + x2, 4_240_000 + y2)


def layer(shapes: list[Polygon], **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def dltb(shapes: list[Polygon], codes: list[str], tenure: list[str]) -> gpd.GeoDataFrame:
    n = len(shapes)
    village = [f"14112710020{i + 1}0000000" for i in range(n)]
    return layer(
        shapes, DLBM=codes, DLMC=[""] * n, QSXZ=tenure, QSDWDM=village, QSDWMC=[f"村{i}" for i in range(n)],
        ZLDWDM=village, ZLDWMC=[f"村{i}" for i in range(n)],
    )  # fmt: skip


def residual(shapes: list[Polygon], numbers: list[str] | None = None) -> gpd.GeoDataFrame:
    names = numbers or [f"文{i}" for i in range(len(shapes))]
    parts = layer(shapes, approval_no=names, source_refs=[f"approvals#{i}" for i in range(len(shapes))])
    approvals = pd.DataFrame(
        {
            "approval_no": names,
            "approved_on": pd.to_datetime(["2015-06-01"] * len(names)),
            "reason": ["剩余"] * len(names),
        }
    )
    return residual_parcels(parts, approvals)


def described(parcels: gpd.GeoDataFrame, layers: ThemeLayers) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    bare = with_areas(join_parcels([parcels], crs=CRS), crs=CRS)
    shares = parcel_shares(bare, layers, crs=CRS).rows
    return with_shares(bare, shares, measured=layers.measured(), plan_code_system="体系"), shares


NOTHING = ThemeLayers(None, None, None, None, None, {})


def test_columns_are_the_contracts_in_their_order() -> None:
    parcels = residual([at(0, 0, 100, 100)])
    names = [c.name for c in parcel_columns()]
    assert [c for c in parcels.columns if c in names] == names


def test_what_was_not_measured_is_missing_not_zero() -> None:
    parcels, shares = described(residual([at(0, 0, 100, 100)]), NOTHING)
    assert shares.empty
    for column in (
        "redline_m2",
        "permanent_farmland_m2",
        "outside_boundary_m2",
        "farmland_m2",
        "village",
        "planned_use",
    ):
        assert parcels[column].isna().all(), column
    assert parcels["flags"].tolist() == [""]


def test_class_sums_and_main_class() -> None:
    survey = dltb([at(0, 0, 60, 100), at(60, 0, 90, 100)], ["0103", "1104A"], ["30", "30"])
    parcels, shares = described(
        residual([at(0, 0, 100, 100)]), ThemeLayers(survey, None, None, None, None, {})
    )
    row = parcels.iloc[0]
    assert row.landclass_code == "0103"
    assert row.cropland_m2 == pytest.approx(0.6 * row.area_m2, abs=0.01)
    assert row.farmland_m2 == pytest.approx(0.9 * row.area_m2, abs=0.01)
    assert row.unused_m2 == 0.0
    classes = shares[shares["theme"] == "landclass"]
    assert set(classes["code"]) == {"0103", "1104A", "uncovered"}
    assert classes["area_m2"].sum() == pytest.approx(row.area_m2, abs=1e-6)


def test_tenure_is_mixed_only_where_the_second_owner_has_more_than_a_strip() -> None:
    survey = dltb([at(0, 0, 50, 400), at(50, 0, 400, 400)], ["0103", "0103"], ["20", "30"])
    parcels, _ = described(
        residual([at(0, 0, 100, 100), at(49.6, 200, 149.6, 300), at(200, 0, 300, 100)]),
        ThemeLayers(survey, None, None, None, None, {}),
    )
    by_number = parcels.set_index("approval_no")["tenure"]
    assert by_number.to_dict() == {"文0": "混合", "文1": "集体", "文2": "集体"}


def test_built_on_without_supply_is_kept_marked_and_not_available() -> None:
    survey = dltb(
        [at(0, 0, 100, 100), at(100, 0, 200, 100), at(200, 0, 300, 100)], ["1003", "1201", "0103"], ["20"] * 3
    )
    parcels, _ = described(
        residual([at(0, 0, 100, 100), at(100, 0, 200, 100), at(200, 0, 300, 100)]),
        ThemeLayers(survey, None, None, None, None, {}),
    )
    rows = parcels.set_index("approval_no")
    assert rows["flags"].to_dict() == {"文0": "built_on", "文1": "", "文2": ""}  # 1201 is vacant land
    assert rows["available"].to_dict() == {"文0": False, "文1": True, "文2": True}


def test_outside_the_boundary_is_what_the_boundary_does_not_cover() -> None:
    boundary = layer([at(0, 0, 70, 100)], kind=["boundary"], name=["城镇开发边界"])
    redline = layer([at(0, 0, 100, 5)], kind=["redline"], name=["生态保护红线"])
    layers = ThemeLayers(None, None, None, None, None, {"boundary": boundary, "redline": redline})
    parcels, _ = described(residual([at(0, 0, 100, 100)]), layers)
    row = parcels.iloc[0]
    assert row.outside_boundary_m2 == pytest.approx(0.3 * row.area_m2, abs=0.01)
    assert row.redline_m2 == pytest.approx(0.05 * row.area_m2, abs=0.01)
    assert row["flags"] == "redline;outside_boundary"


def test_two_red_lines_that_overlap_count_once() -> None:
    redline = layer([at(0, 0, 100, 50), at(0, 30, 100, 60)], kind=["redline"] * 2, name=["红线"] * 2)
    parcels, _ = described(
        residual([at(0, 0, 100, 100)]), ThemeLayers(None, None, None, None, None, {"redline": redline})
    )
    assert parcels["redline_m2"][0] == pytest.approx(0.6 * parcels["area_m2"][0], abs=0.01)


def test_the_order_of_survey_patches_changes_nothing() -> None:
    survey = dltb([at(0, 0, 60, 100), at(50, 0, 100, 100)], ["0103", "0301"], ["30", "20"])  # they overlap
    parcels = residual([at(0, 0, 100, 100)])
    first = described(parcels, ThemeLayers(survey, None, None, None, None, {}))
    second = described(
        parcels, ThemeLayers(survey.iloc[::-1].reset_index(drop=True), None, None, None, None, {})
    )
    pd.testing.assert_frame_equal(first[1], second[1])


def test_a_supply_that_is_no_parcel_is_left_out_and_one_without_shape_says_so() -> None:
    supplies = gpd.GeoDataFrame(
        {
            "record_key": ["甲", "乙"], "supplied_area": [100.0, 200.0], "source_refs": ["a#1", "b#2"],
            "holder": ["岚县甲木铸造有限公司"] * 2,
        },
        geometry=[at(0, 0, 10, 10), None], crs=CRS,
    )  # fmt: skip
    columns = [
        "kind",
        "idle_level",
        "idle_since",
        "idle_days",
        "fee_wan",
        "rule_id",
        "clause",
        "reason",
        "flags",
    ]
    judged = pd.DataFrame(
        {c: [pd.NA, pd.NA] for c in [*columns, "next_change_on", "next_kind"]}, dtype="object"
    )
    judged["kind"] = [None, "cannot_judge"]
    judged["reason"] = ["", "缺少约定动工时间。"]
    parcels = supply_parcels(supplies, judged)
    assert parcels["natural_key"].tolist() == ["乙"]
    assert parcels["reason"].tolist() == ["缺少约定动工时间。只有台账记录，没有图形。"]
    assert parcels["flags"].tolist() == ["no_shape"]
    assert parcels["area_declared_m2"].tolist() == [200.0]


def test_approvals_without_shape_become_parcels_of_numbers() -> None:
    records = pd.DataFrame(
        {
            "approval_no": ["文1", "文2", "文3"],
            "unsupplied_m2": [500.0, 0.0, float("nan")],
            "source_refs": ["t#1", "t#2", "t#3"],
        }
    )
    parcels = record_parcels(
        records, pd.DataFrame({"approval_no": ["文1"], "cohort": ["2009-2018"]}), crs=CRS
    )
    assert parcels["approval_no"].tolist() == ["文1", "文3"]  # fully supplied is none; unknown area stays
    assert parcels["area_declared_m2"].fillna(-1).tolist() == [500.0, -1.0]
    assert parcels.geometry.isna().all()


def test_strip_along_an_outline_is_noise_in_every_theme_of_the_survey() -> None:
    survey = dltb([at(-9, -9, 99.9, 109), at(99.9, -9, 200, 109)], ["0103", "0601"], ["30", "20"])
    layers = ThemeLayers(survey, None, None, None, None, {})
    bare = with_areas(join_parcels([residual([at(0, 0, 100, 100)])], crs=CRS), crs=CRS)
    shares = parcel_shares(bare, layers, crs=CRS, noise_width_m=0.2).rows
    for theme in ("landclass", "owner", "village"):
        rows = shares[shares["theme"] == theme]
        assert rows["code"].tolist()[1:] == ["noise"]
        assert rows["area_m2"].round().tolist() == [9989.0, 10.0]
    assert set(shares[shares["code"] == "noise"]["name"]) == {"边界细缝"}
    parcel = with_shares(bare, shares, measured=layers.measured(), plan_code_system="体系").iloc[0]
    assert (parcel["landclass_code"], parcel["tenure"]) == ("0103", "集体")
    assert parcel["construction_m2"] == 0
    assert round(parcel["farmland_m2"]) == 9989


def test_strip_along_a_restriction_is_not_under_it_and_within_the_boundary_it_is() -> None:
    strip = gpd.GeoDataFrame({"name": ["线"]}, geometry=[at(99.9, -9, 200, 109)], crs=CRS)
    whole = gpd.GeoDataFrame({"name": ["线"]}, geometry=[at(-9, -9, 100, 109)], crs=CRS)
    layers = ThemeLayers(None, None, None, None, None, {"farmland": strip, "boundary": whole})
    bare = with_areas(join_parcels([residual([at(0, 0, 100, 100)])], crs=CRS), crs=CRS)
    shares = parcel_shares(bare, layers, crs=CRS, noise_width_m=0.2).rows
    parcel = with_shares(bare, shares, measured=layers.measured(), plan_code_system="体系").iloc[0]
    assert (parcel["permanent_farmland_m2"], round(parcel["outside_boundary_m2"], 6)) == (0.0, 0.0)
    assert "permanent_farmland" not in parcel["flags"]


def test_tie_of_main_values_is_flagged() -> None:
    survey = dltb([at(0, 0, 50, 100), at(50, 0, 100, 100)], ["0103", "0601"], ["30", "30"])
    parcels, _ = described(
        residual([at(0, 0, 100, 100), at(0, 0, 100, 40)]), ThemeLayers(survey, None, None, None, None, {})
    )
    one_sided, _ = described(residual([at(10, 0, 100, 40)]), ThemeLayers(survey, None, None, None, None, {}))
    assert {"tied_landclass", "tied_owner", "tied_village"} <= set(parcels["flags"].iloc[0].split(";"))
    assert "tied" not in one_sided["flags"].iloc[0]
