from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.errors import CRSError
from landinv.geometry.area import ellipsoidal_area_m2
from landinv.model.options import DeriveOptions
from landinv.supply.residual import BALANCE_AREAS, derive_residual

CRS = "EPSG:4525"
E, N = 37548000, 4240000
A, B = "晋政地字〔2015〕1号", "晋政地字〔2016〕2号"


def box(x0, y0, x1, y1):
    return shapely.box(E + x0, N + y0, E + x1, N + y1)


def approvals(*rows):
    """Rows of (number, shape, further canonical columns)."""
    frame = pd.DataFrame(
        [
            {"approval_no": no, "approval_status": np.nan, "approved_on": pd.NaT, **dict(*more)}
            for no, _, *more in rows
        ],
        columns=None if rows else ["approval_no"],
    )
    frame["source_ref"] = [f"approvals#{k + 1}" for k in range(len(rows))]
    return gpd.GeoDataFrame(frame, geometry=[r[1] for r in rows], crs=CRS)


def supplies(*rows):
    frame = pd.DataFrame(
        [{"approval_no": np.nan, "supplied_area": np.nan, **dict(*more)} for _, *more in rows],
        columns=None if rows else ["approval_no"],
    )
    frame["source_ref"] = [f"supplies#{k + 1}" for k in range(len(rows))]
    return gpd.GeoDataFrame(frame, geometry=[r[0] for r in rows], crs=CRS)


def derive(approved, supplied, exclusions=None, **options):
    return derive_residual(
        approved, supplied, exclusions=exclusions, options=DeriveOptions(**options), crs=CRS
    )


def balance(result, number):
    """Rounded areas of an approval: the metre grid is 1e-4 off the ellipsoid at most."""
    row = result.balance.set_index("approval_no").loc[number]
    return {name.removesuffix("_m2"): round(row[name], -1) for name in BALANCE_AREAS if abs(row[name]) > 0.01}


def rules(result):
    return result.findings["rule"].tolist()


def test_what_is_not_supplied_is_left():
    result = derive(approvals((A, box(0, 0, 200, 100))), supplies((box(0, 0, 150, 100),)))
    assert balance(result, A) == {"approved": 20000, "supplied": 15000, "unsupplied": 5000}
    part = result.parts.iloc[0]
    assert part.geometry.equals(box(150, 0, 200, 100))
    assert (part.approval_no, part.is_sliver, part.area_plane_m2) == (A, False, 5000)
    assert part.area_m2 == ellipsoidal_area_m2([part.geometry], CRS)[0]
    assert part.source_refs == "approvals#1;supplies#1"
    assert result.findings.empty


def test_features_of_one_number_are_one_approval_however_it_is_written():
    result = derive(
        approvals(("晋政地字[2015] １ 号", box(0, 0, 100, 100)), (A, box(100, 0, 200, 100))), supplies()
    )
    assert result.balance["approval_no"].tolist() == ["晋政地字[2015] １ 号"]
    assert result.balance["source_refs"].tolist() == ["approvals#1;approvals#2"]
    assert len(result.parts) == 1


def test_printed_number_is_that_of_the_first_record_not_of_the_first_text():
    rows = [(f"批 {k}", box(k * 300, 0, k * 300 + 100, 100)) for k in range(8)]
    result = derive(
        approvals(*rows, ("甲 1", box(0, 500, 100, 600)), ("甲1", box(0, 700, 100, 800))), supplies()
    )
    assert "甲 1" in result.balance["approval_no"].tolist()


def test_land_under_two_approvals_counts_under_the_earlier():
    rows = approvals(
        (A, box(0, 0, 100, 100), {"approved_on": pd.Timestamp("2016-01-01")}),
        (B, box(60, 0, 200, 100), {"approved_on": pd.Timestamp("2015-01-01")}),
    )
    result = derive(rows, supplies((box(80, 0, 120, 100),)))
    assert balance(result, A) == {"approved": 10000, "overlap": 4000, "unsupplied": 6000}
    assert balance(result, B) == {"approved": 14000, "supplied": 4000, "unsupplied": 10000}
    assert result.balance["overlaps_with"].tolist() == [B, A]
    assert rules(result) == ["S003"]
    assert all(text in result.findings["message"][0] for text in (A, B, "重叠3999.", f"计入{B}"))


@pytest.mark.parametrize(("status", "first"), [("失效", B), ("撤回", B), ("有效", A)])
def test_valid_approval_counts_before_a_lapsed_or_withdrawn_one(status, first):
    early = {"approved_on": pd.Timestamp("2010-01-01"), "approval_status": status}
    late = {"approved_on": pd.Timestamp("2020-01-01"), "approval_status": "有效"}
    result = derive(approvals((A, box(0, 0, 100, 100), early), (B, box(0, 0, 100, 100), late)), supplies())
    assert "overlap" not in balance(result, first)
    assert result.totals["overlap_m2"] == pytest.approx(9999.43, abs=0.01)


def test_approval_without_date_counts_last_and_the_number_settles_the_rest():
    dated = {"approved_on": pd.Timestamp("2020-01-01")}
    square = box(0, 0, 100, 100)
    result = derive(approvals((A, square), (B, square, dated), ("丙1", square)), supplies())
    assert "overlap" not in balance(result, B)
    assert result.balance["overlap_m2"].round(2).tolist().count(9999.43) == 2


def test_withdrawn_approval_has_no_parts_and_a_supply_on_it_is_found():
    withdrawn = approvals((A, box(0, 0, 100, 100), {"approval_status": "撤回"}))
    result = derive(withdrawn, supplies((box(0, 0, 30, 100),)))
    assert balance(result, A) == {"approved": 10000, "withdrawn": 7000, "supplied": 3000}
    assert result.parts.empty
    assert rules(result) == ["S008"]
    assert result.findings["feature"][0] == "supplies#1"


def test_lapsed_approval_still_gives_parcels():
    result = derive(approvals((A, box(0, 0, 100, 100), {"approval_status": "失效"})), supplies())
    assert balance(result, A) == {"approved": 10000, "unsupplied": 10000}


def test_disagreeing_status_keeps_the_land():
    rows = approvals(
        (A, box(0, 0, 100, 100), {"approval_status": "撤回"}),
        (A, box(100, 0, 200, 100), {"approval_status": "有效"}),
    )
    result = derive(rows, supplies())
    assert balance(result, A) == {"approved": 20000, "unsupplied": 20000}
    assert rules(result) == ["S002"]


def test_excluded_land_is_deducted_after_what_was_supplied():
    excluded = gpd.GeoDataFrame(geometry=[box(40, 0, 80, 100), box(60, 0, 90, 100), None], crs=CRS)
    result = derive(approvals((A, box(0, 0, 100, 100))), supplies((box(0, 0, 50, 100),)), excluded)
    assert balance(result, A) == {"approved": 10000, "supplied": 5000, "deducted": 4000, "unsupplied": 1000}


def test_supplies_on_one_another_count_once():
    result = derive(
        approvals((A, box(0, 0, 100, 100))), supplies((box(0, 0, 50, 100),), (box(30, 0, 80, 100),))
    )
    assert balance(result, A) == {"approved": 10000, "supplied": 8000, "unsupplied": 2000}
    assert rules(result) == ["S007"]
    assert "2000" in result.findings["value"][0] or "1999" in result.findings["value"][0]


def test_narrow_or_small_rest_is_a_sliver_and_stays_in_the_balance():
    supplied = supplies((box(0, 0, 98.5, 200),), (box(100, 9, 200, 200),))
    result = derive(approvals((A, box(0, 0, 200, 200))), supplied)
    # an L of 1.5 m and 9 m: its foot is wide enough, so the whole part is a parcel
    assert result.parts["is_sliver"].tolist() == [False]
    result = derive(approvals((A, box(0, 0, 200, 200))), supplies((box(0, 0, 198.5, 200),)))
    assert result.parts["is_sliver"].tolist() == [True]
    assert result.balance["sliver_m2"][0] == pytest.approx(300, abs=0.1)
    assert result.balance["unsupplied_m2"][0] == 0
    assert result.parts["width_m"][0] == pytest.approx(1.5, abs=0.02)


def test_part_of_exactly_the_least_area_and_width_is_a_parcel():
    on_meridian = shapely.transform(box(0, 0, 52, 2), lambda xy: xy - np.array([48000, 0]))
    rows = approvals((A, on_meridian))
    area = float(ellipsoidal_area_m2([on_meridian], CRS)[0])
    assert not derive(rows, supplies(), min_area_m2=round(area, 2)).parts["is_sliver"][0]
    assert derive(rows, supplies(), min_area_m2=round(area, 2) + 0.01).parts["is_sliver"][0]
    assert derive(rows, supplies(), min_width_m=2.01).parts["is_sliver"][0]


def test_missing_number_gets_a_key_of_its_shape_and_a_finding():
    rows = approvals((np.nan, box(0, 0, 100, 100)), ("  ", box(200, 0, 300, 100)), (A, box(400, 0, 500, 100)))
    result = derive(rows, supplies())
    made = [no for no in result.balance["approval_no"] if no.startswith("无文号-")]
    assert len(set(made)) == 2
    assert rules(result) == ["S001", "S001"]
    again = derive(rows.iloc[::-1], supplies())
    assert sorted(made) == [no for no in again.balance["approval_no"] if no.startswith("无文号-")]


def test_features_of_one_approval_on_one_another_count_once():
    result = derive(approvals((A, box(0, 0, 100, 100)), (A, box(90, 0, 200, 100))), supplies())
    assert balance(result, A) == {"approved": 20000, "unsupplied": 20000}
    assert rules(result) == ["S004"]
    assert "1000.00" in result.findings["message"][0]


def test_supply_outside_is_found_above_a_square_metre_and_a_hundredth():
    approved = approvals((A, box(0, 0, 100, 100)))
    assert rules(derive(approved, supplies((box(50, 0, 120, 100),)))) == ["S005"]
    assert rules(derive(approved, supplies((box(500, 0, 520, 100),)))) == ["S005"]
    assert rules(derive(approved, supplies((box(0, 0, 100.5, 100),)))) == []
    assert rules(derive(approved, supplies((box(99, 0, 100.09, 10),)))) == []


def test_supply_that_cites_another_approval_than_it_lies_in():
    approved = approvals((A, box(0, 0, 100, 100)), (B, box(200, 0, 300, 100)))
    cites = {"approval_no": "晋政地字[2016]2 号"}
    result = derive(approved, supplies((box(10, 10, 50, 50), cites), (box(210, 10, 250, 50), cites)))
    assert rules(result) == ["S006"]
    assert result.findings["feature"][0] == "supplies#1"
    assert result.findings["value"][0] == "晋政地字[2016]2 号"
    assert A in result.findings["message"][0]
    assert balance(result, B)["supplied"] == 1600


def test_supply_may_cite_either_of_two_approvals_that_hold_it_wholly():
    approved = approvals((A, box(0, 0, 100, 100)), (B, box(0, 0, 100, 100)))
    for number in (A, B):
        result = derive(approved, supplies((box(10, 10, 50, 50), {"approval_no": number})))
        assert rules(result) == ["S003"]


@pytest.mark.parametrize(
    ("declared", "rule", "text"),
    [
        (10005.0, None, ""),
        (10015.0, "S010", ""),
        (10600.0, "S011", ""),
        (15.0, "S012", "亩当作平方米"),
        (1.0, "S012", "公顷当作平方米"),
        (150000.0, "S012", "亩当作公顷"),
        (6666667.0, "S012", "平方米当作亩"),
    ],
)
def test_declared_areas_are_compared_and_wrong_units_named(declared, rule, text):
    result = derive(approvals((A, box(0, 0, 100, 100), {"approved_area": declared})), supplies())
    assert rules(result) == ([rule] if rule else [])
    assert text in "".join(result.findings["message"])
    supplied = derive(
        approvals((A, box(0, 0, 100, 100))), supplies((box(0, 0, 100, 100), {"supplied_area": declared}))
    )
    assert rules(supplied) == ([f"S{int(rule[1:]) + 3:03}"] if rule else [])


def test_declared_area_may_stand_whole_on_every_feature_or_in_parts():
    for values in ((20000.0, 20000.0), (15000.0, 5000.0)):
        rows = [
            (A, box(x, 0, x + 100, 100), {"approved_area": v}) for x, v in zip((0, 100), values, strict=True)
        ]
        assert rules(derive(approvals(*rows), supplies())) == []


def test_plane_area_is_as_good_a_declaration_as_the_ellipsoidal():
    far = box(0, 0, 2000, 1000)  # 113 m² apart on 2 km²
    assert rules(derive(approvals((A, far, {"approved_area": 2e6})), supplies())) == []


def test_nothing_approved_and_nothing_supplied():
    result = derive(approvals(), supplies((box(0, 0, 10, 10),)))
    assert (len(result.parts), len(result.balance)) == (0, 0)
    assert rules(result) == ["S005"]
    assert result.totals["approved_m2"] == 0.0


def test_rows_without_a_shape_are_left_out():
    result = derive(approvals((A, None), (B, box(0, 0, 10, 10))), supplies((None,)))
    assert result.balance["approval_no"].tolist() == [B]


def test_other_crs_is_refused():
    with pytest.raises(CRSError, match="EPSG:4546"):
        derive(approvals((A, box(0, 0, 1, 1))).set_crs("EPSG:4546", allow_override=True), supplies())


def test_inputs_are_not_changed():
    approved, supplied = approvals((A, box(0, 0, 100, 100))), supplies((box(0, 0, 50, 100),))
    before = approved.copy(), supplied.copy()
    derive(approved, supplied)
    pd.testing.assert_frame_equal(approved, before[0])
    pd.testing.assert_frame_equal(supplied, before[1])


def test_parts_are_ordered_by_approval_then_from_north_to_south_and_west_to_east():
    plots = [box(0, 0, 30, 30), box(100, 0, 130, 30), box(0, 100, 30, 130)]
    result = derive(approvals((A, shapely.MultiPolygon(plots))), supplies())
    assert [
        p.equals(q) for p, q in zip(result.parts.geometry, [plots[2], plots[0], plots[1]], strict=True)
    ] == [True] * 3


turned = st.tuples(
    st.integers(0, 900), st.integers(0, 900), st.integers(20, 600), st.integers(20, 600), st.integers(0, 89)
).map(
    lambda t: shapely.affinity.rotate(box(t[0], t[1], t[0] + t[2], t[1] + t[3]), t[4])
)  # fmt: skip
numbers = st.sampled_from([A, B, "丙1", np.nan])
statuses = st.sampled_from(["有效", "失效", "撤回", np.nan])


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.tuples(numbers, turned, statuses), min_size=1, max_size=5),
    st.lists(turned, max_size=5),
    st.lists(turned, max_size=2),
    st.randoms(use_true_random=False),
)
def test_balance_closes_and_no_order_changes_it(land, supplied, excluded, random):
    rows = approvals(*[(no, shape, {"approval_status": s}) for no, shape, s in land])
    taken = supplies(*[(s,) for s in supplied])
    outside = gpd.GeoDataFrame(geometry=excluded, crs=CRS)
    result = derive(rows, taken, outside)
    assert "S009" not in rules(result)
    assert (result.balance["difference_m2"].abs() <= 0.01).all()
    everything = ellipsoidal_area_m2([shapely.union_all(rows.geometry.to_numpy())], CRS)[0]
    counted = result.totals["approved_m2"] - result.totals["overlap_m2"]
    assert counted == pytest.approx(everything, abs=0.01)
    parts = result.parts.groupby("is_sliver")["area_m2"].sum()
    assert parts.get(False, 0.0) == pytest.approx(result.totals["unsupplied_m2"], abs=1e-6)
    assert parts.get(True, 0.0) == pytest.approx(result.totals["sliver_m2"], abs=1e-3)
    shuffled = [f.iloc[random.sample(range(len(f)), len(f))] for f in (rows, taken, outside)]
    again = derive(*shuffled)
    pd.testing.assert_frame_equal(result.balance, again.balance, check_exact=True)
    assert [g.wkb for g in result.parts.geometry] == [g.wkb for g in again.parts.geometry]
    pd.testing.assert_frame_equal(result.findings, again.findings)
