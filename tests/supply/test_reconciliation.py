"""The survey's approved and unbuilt land against what the approvals have left."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.geometry.area import ellipsoidal_area_m2
from landinv.supply.reconciliation import Reconciliation, reconcile_unbuilt, unbuilt_statistic

CRS = "EPSG:4525"
SPLIT = ("supplied_m2", "closed_m2", "unapproved_m2")
E, N = 37_548_000, 4_240_000
A, B = "晋政地字〔2015〕1号", "晋政地字〔2016〕2号"


def box(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    return shapely.box(E + x0, N + y0, E + x1, N + y1)


def layer(*rows: tuple[str, shapely.Polygon]) -> gpd.GeoDataFrame:
    count = range(1, len(rows) + 1)
    columns = {
        "source_ref": [f"pzwjstd#{k}" for k in count], "TBBH": [str(k) for k in count], "PZWH": [r[0] for r in rows],
        "PZYT": ["0601"] * len(rows), "TBMJ": [1.0] * len(rows),
    }  # fmt: skip
    return gpd.GeoDataFrame(columns, geometry=[r[1] for r in rows], crs=CRS)


def parts(*rows: tuple[str, shapely.Polygon]) -> gpd.GeoDataFrame:
    columns = {"approval_no": [r[0] for r in rows], "source_refs": [f"bp#{k}" for k in range(len(rows))],
               "is_sliver": [False] * len(rows)}  # fmt: skip
    return gpd.GeoDataFrame(columns, geometry=[r[1] for r in rows], crs=CRS)


def shapes(*polygons: shapely.Polygon) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(polygons), crs=CRS)


def reconciled(survey: gpd.GeoDataFrame, left: gpd.GeoDataFrame, **more: gpd.GeoDataFrame) -> Reconciliation:
    lines = {"approvals": shapes(box(0, 0, 1000, 1000)), "supplies": shapes(), **more}
    return reconcile_unbuilt(survey, left, crs=CRS, **lines)


def test_same_land_is_in_both() -> None:
    result = reconciled(layer((A, box(0, 0, 100, 100))), parts((A, box(0, 0, 100, 100.05))))
    assert result.rows["verdict"].tolist() == ["两者都有", "两者都有"]
    assert result.rows["other_approval_nos"].tolist() == [A, A]
    assert result.rows["alone_m2"].round(1).tolist() == [0.0, 5.0]
    assert result.findings.empty


def test_land_that_the_survey_alone_has_says_why() -> None:
    result = reconciled(
        layer((A, box(0, 0, 100, 100))), parts((A, box(0, 0, 40, 100))),
        approvals=shapes(box(0, 0, 90, 100)), supplies=shapes(box(40, 0, 70, 100)),
    )  # fmt: skip
    row = result.rows.iloc[0]
    assert row["verdict"] == "部分一致"
    assert [round(row[n], -1) for n in ("area_m2", "common_m2", "alone_m2", *SPLIT)] == [
        10_000, 4_000, 6_000, 3_000, 2_000, 1_000,
    ]  # fmt: skip
    assert result.findings["rule"].tolist() == ["S031"]
    assert "已供地2999.8" in result.findings["message"][0]


def test_land_of_either_alone_and_totals() -> None:
    result = reconciled(layer((A, box(0, 0, 100, 100))), parts((B, box(500, 0, 600, 100))))
    assert result.rows["verdict"].tolist() == ["仅调查有", "仅推算有"]
    assert {k: round(v, -1) for k, v in result.totals.items()} == {
        "survey_m2": 10_000, "derived_m2": 10_000, "common_m2": 0, "survey_only_m2": 10_000, "derived_only_m2": 10_000,
    }  # fmt: skip


def test_another_number_than_that_of_the_land_is_told_whatever_its_writing() -> None:
    left = parts((A, box(0, 0, 100, 100)), (B, box(100, 0, 200, 100)))
    result = reconciled(layer(("晋政地字[2015] 1 号", box(0, 0, 100, 100)), (A, box(100, 0, 200, 100))), left)
    told = result.findings
    assert told["rule"].tolist() == ["S030"]
    assert told["feature"].tolist() == ["pzwjstd#2"]
    assert B in told["message"][0]


def test_statistic_is_by_village_use_and_present_class_with_ridges_apart() -> None:
    dltb = gpd.GeoDataFrame(
        {"ZLDWDM": ["1411271002010000000", "1411271002020000000"], "ZLDWMC": ["甲村", "乙村"], "DLBM": ["0103", "0404"],
         "KCXS": [0.1, np.nan], "KCDLBM": ["1203", None]},
        geometry=[box(0, 0, 50, 100), box(50, 0, 90, 100)], crs=CRS,
    )  # fmt: skip
    table = unbuilt_statistic(layer((A, box(0, 0, 100, 100))), dltb, crs=CRS)
    found = {(r.village, r.approved_use, r.landclass_code): round(r.area_m2, -1) for r in table.itertuples()}
    assert found == {
        ("", "0601", ""): 1_000, ("甲村", "0601", "0103"): 4_500, ("甲村", "0601", "1203"): 500, ("乙村", "0601", "0404"): 4_000,
    }  # fmt: skip
    assert table["area_m2"].sum() == pytest.approx(
        ellipsoidal_area_m2([box(0, 0, 100, 100)], CRS)[0], abs=1e-4
    )


def test_no_survey_polygon_leaves_the_derived_land_alone() -> None:
    result = reconciled(layer(), parts((A, box(0, 0, 10, 10))))
    assert result.rows["verdict"].tolist() == ["仅推算有"]
    assert result.totals["survey_m2"] == 0.0


EDGE = st.integers(0, 12).map(lambda n: n * 10)


@st.composite
def rectangles(draw: Any) -> shapely.Polygon:
    x, y = draw(EDGE), draw(EDGE)
    return box(x, y, x + 10 + draw(EDGE), y + 10 + draw(EDGE))


@given(
    st.lists(rectangles(), max_size=4), st.lists(rectangles(), max_size=3), st.randoms(use_true_random=False)
)
@settings(max_examples=25, deadline=None)
def test_areas_add_up_whatever_the_order(drawn: list[Any], wanted: list[Any], random: Any) -> None:
    left: list[Any] = []
    for shape in wanted:  # parts never overlap
        rest = shapely.difference(shape, shapely.union_all(left)) if left else shape
        left += [p for p in shapely.get_parts(rest) if p.area > 1]
    survey, derived = layer(*((A, s) for s in drawn)), parts(*((B, s) for s in left))
    result = reconciled(survey, derived)
    rows, totals = result.rows, result.totals
    assert np.allclose(rows["common_m2"] + rows["alone_m2"], rows["area_m2"], rtol=0, atol=1e-6)
    common = ellipsoidal_area_m2(
        [shapely.intersection(shapely.union_all(drawn), shapely.union_all(left))], CRS
    )[0]
    assert totals["common_m2"] == pytest.approx(common, abs=1e-3)
    assert totals["survey_only_m2"] + totals["common_m2"] == pytest.approx(totals["survey_m2"], abs=1e-6)
    assert np.allclose(
        rows[list(SPLIT)].sum(axis=1), rows["alone_m2"].where(rows["origin"] == "survey", 0), atol=1e-6
    )
    alone = rows.loc[rows["origin"] == "derived", "alone_m2"].sum()
    assert totals["derived_only_m2"] == pytest.approx(alone, abs=1e-3)
    shuffled = survey.sample(frac=1, random_state=random.randint(0, 99)) if len(survey) else survey
    again = reconciled(shuffled, derived).rows
    pd.testing.assert_frame_equal(rows, again)
