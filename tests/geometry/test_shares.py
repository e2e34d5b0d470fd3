from __future__ import annotations

from itertools import pairwise
from unittest import mock

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from landinv.geometry import overlap_area
from landinv.geometry.area import ellipsoidal_area_m2
from landinv.geometry.overlap_area import Parcels
from landinv.geometry.shares import main_share, noise_summed, overlay_shares, zone_shares

CRS = "EPSG:4525"
E, N = 37548000, 4240000
PARCEL = shapely.box(E, N, E + 100, N + 100)


def box(x0, y0, x1, y1):
    return shapely.box(E + x0, N + y0, E + x1, N + y1)


def shares(parcels, zones, codes, *, tessellating=True):
    return overlay_shares(parcels, zones, codes, crs=CRS, tessellating=tessellating)


def table(rows):
    return {(r.parcel, r.code): round(r.area_m2) for r in rows.itertuples()}


def test_parcel_is_divided_among_its_zones():
    result = shares([PARCEL], [box(0, 0, 60, 200), box(60, 0, 200, 200)], ["0103", "0601"])
    assert table(result.rows) == {(0, "0103"): 6000, (0, "0601"): 4000}
    assert result.excess.empty


def test_parcel_within_one_zone_and_zone_within_one_parcel():
    ring = box(-50, -50, 150, 150) - box(40, 40, 50, 50)
    result = shares([PARCEL], [ring, box(40, 40, 50, 50)], ["0103", "1104"])
    assert table(result.rows) == {(0, "0103"): 9900 - 1, (0, "1104"): 100}


def test_what_no_zone_covers_is_a_row_of_its_own():
    assert table(shares([PARCEL], [box(0, 0, 60, 200)], ["0103"]).rows) == {
        (0, "0103"): 6000,
        (0, "uncovered"): 4000,
    }
    assert table(shares([PARCEL], [], []).rows) == {(0, "uncovered"): 9999}
    assert table(shares([PARCEL], [box(0, 0, 60, 200)], ["x"], tessellating=False).rows) == {(0, "x"): 6000}


def test_land_twice_in_one_code_counts_once():
    zones = [box(0, 0, 60, 100), box(40, 0, 80, 100)]
    for tessellating in (True, False):
        rows = shares([PARCEL], zones, ["F", "F"], tessellating=tessellating).rows
        assert table(rows)[0, "F"] == pytest.approx(8000, abs=1)


def test_land_claimed_by_two_codes_goes_to_the_smaller_and_is_reported():
    result = shares([PARCEL], [box(40, 0, 100, 100), box(0, 0, 60, 100)], ["0601", "0103"])
    assert table(result.rows) == {(0, "0103"): 6000, (0, "0601"): 4000}
    assert table(result.excess) == {(0, "0601"): 2000}


def test_codes_of_a_theme_that_does_not_tessellate_may_overlap():
    result = shares([PARCEL], [box(0, 0, 60, 100), box(40, 0, 100, 100)], ["a", "b"], tessellating=False)
    assert table(result.rows) == {(0, "a"): 6000, (0, "b"): 6000}
    assert result.excess.empty


def test_gap_does_not_hide_an_overlap():
    # 10 m uncovered, 20 m claimed twice
    result = shares([PARCEL], [box(0, 0, 60, 100), box(40, 0, 90, 100)], ["a", "b"])
    assert table(result.rows) == {(0, "a"): 6000, (0, "b"): 3000, (0, "uncovered"): 1000}
    assert table(result.excess) == {(0, "b"): 2000}


def test_gap_as_large_as_an_overlap_does_not_hide_it_even_if_both_are_centred():
    result = shares([PARCEL], [box(10, 0, 60, 100), box(40, 0, 90, 100)], ["a", "b"])
    assert table(result.rows) == {(0, "a"): 5000, (0, "b"): 3000, (0, "uncovered"): 2000}


def test_less_than_the_last_decimal_goes_to_the_largest_row():
    zones = [box(0, 0, 99.99995, 100), box(99.99995, 0, 200, 100)]
    rows = shares([PARCEL], zones, ["0103", "0601"]).rows
    assert rows["code"].tolist() == ["0103"]
    assert rows["area_m2"][0] == ellipsoidal_area_m2([PARCEL], CRS)[0]


def test_missing_code_and_empty_shapes_are_borne():
    result = shares([None, PARCEL, shapely.Polygon()], [box(0, 0, 60, 200), None], [np.nan, "x"])
    assert table(result.rows) == {(1, ""): 6000, (1, "uncovered"): 4000}


cuts = st.lists(st.integers(1, 199), min_size=4, max_size=9, unique=True).map(sorted)
places = st.lists(st.tuples(st.integers(0, 150), st.integers(1, 50)), min_size=1, max_size=5)


@settings(max_examples=15, deadline=None)
@given(cuts, places, st.integers(0, 30), st.randoms(use_true_random=False))
def test_shares_add_up_and_no_order_changes_them(edges, spans, excess, random):
    edges = [0, *edges, 200]
    zones = [box(a, 0, b + excess, 100) for a, b in pairwise(edges[:-1])]
    codes = [f"c{i % 2}" for i in range(len(zones))]
    parcels = [box(x, 10, x + w, 60) for x, w in spans]
    zones, parcels = ([affinity.rotate(s, 17, origin=(E, N)) for s in shapes] for shapes in (zones, parcels))
    rows = shares(parcels, zones, codes).rows
    sums = rows.groupby("parcel")["area_m2"].sum().reindex(range(len(parcels)))
    assert sums.to_numpy() == pytest.approx(ellipsoidal_area_m2(parcels, CRS), abs=1e-6)
    order = random.sample(range(len(zones)), len(zones))
    again = shares(parcels, [zones[k] for k in order], [codes[k] for k in order]).rows
    pd.testing.assert_frame_equal(rows, again, check_exact=True)


def test_order_of_parcels_changes_only_their_positions():
    parcels = [box(0, 0, 50, 50), box(30, 30, 80, 80)]
    zones, codes = [box(0, 0, 40, 100), box(35, 0, 90, 100)], ["a", "b"]
    rows = shares(parcels, zones, codes).rows
    turned = shares(parcels[::-1], zones, codes).rows
    assert table(rows) == {(1 - parcel, code): area for (parcel, code), area in table(turned).items()}


def test_main_share_is_the_largest_and_ties_go_to_the_smaller_code():
    rows = pd.DataFrame(
        {
            "parcel": [0, 0, 1, 1, 2, 3, 3],
            "code": ["b", "a", "a", "b", "uncovered", "uncovered", "a"],
            "area_m2": [5.0, 5.0, 1.0, 3.0, 7.0, 9.0, 1.0],
        }
    )
    main = main_share(rows)
    assert main["code"].tolist() == ["a", "b", "uncovered", "a"]
    assert main["share"].tolist() == [0.5, 0.75, 1.0, 0.1]
    assert main["tied"].tolist() == [True, False, False, False]


def test_main_share_of_nothing_is_nothing():
    assert main_share(shares([], [], []).rows).empty


def test_many_small_zones_of_one_code_add_up_to_the_same_bit_in_any_order():
    strips = [affinity.rotate(box(2 * k, 0, 2 * k + 1.37, 90), 3, origin=(E, N)) for k in range(45)]
    sums = {
        shares([PARCEL], np.roll(strips, turn)[::step], ["a"] * 45, tessellating=False).rows["area_m2"][0]
        for turn in range(8)
        for step in (1, -1)
    }
    assert len(sums) == 1


def zoned(parcels, zones, codes, *, tessellating=True, thin_m=0.2):
    rows = zone_shares(Parcels.of(parcels, CRS), zones, codes, tessellating=tessellating, thin_m=thin_m).rows
    return table(noise_summed(rows))


def test_strips_of_nearly_coinciding_outlines_are_summed_as_noise():
    zones = [box(-50, -50, 99.9, 150), box(99.9, -50, 150, 99.85), box(99.9, 99.85, 150, 150)]
    assert zoned([PARCEL], zones, ["a", "b", "c"]) == {(0, "a"): 9989, (0, "noise"): 10}
    assert zoned([PARCEL], zones, ["a", "b", "b"], thin_m=0.05)[0, "b"] == 10


def test_strip_of_a_code_that_has_land_of_its_own_there_is_no_noise():
    zones = [box(-50, -50, 60, 150), box(60, -50, 99.9, 150), box(99.9, -50, 150, 150)]
    assert zoned([PARCEL], zones, ["a", "b", "a"]) == {(0, "a"): 6010, (0, "b"): 3990}


def test_small_but_compact_share_and_the_strip_that_is_all_are_no_noise():
    corner = box(99, 99, 150, 150)
    assert zoned([PARCEL], [corner], ["b"], tessellating=False) == {(0, "b"): 1}
    assert zoned([box(0, 0, 100, 0.1)], [corner, box(-9, -9, 200, 9)], ["b", "a"]) == {(0, "a"): 10}


def test_uncovered_strip_along_a_theme_is_noise_and_an_uncovered_corner_is_not():
    assert zoned([PARCEL], [box(-9, -9, 99.9, 200)], ["a"]) == {(0, "a"): 9989, (0, "noise"): 10}
    notched = box(-9, -9, 200, 200) - box(97, 97, 200, 200)
    assert zoned([PARCEL], [notched], ["a"]) == {(0, "a"): 9990, (0, "uncovered"): 9}


def test_noise_changes_no_sum():
    zones = [box(-50, -50, 99.9, 150), box(99.9, -50, 150, 99.85), box(0, 0, 99.95, 50)]
    rows = zone_shares(Parcels.of([PARCEL], CRS), zones, ["a", "b", "c"], tessellating=True, thin_m=0.2).rows
    told = noise_summed(rows)
    assert told["area_m2"].sum() == pytest.approx(ellipsoidal_area_m2([PARCEL], CRS)[0], abs=1e-9)
    assert "noise" in set(told["code"])


def test_noise_is_main_only_where_there_is_nothing_else():
    rows = pd.DataFrame({"parcel": [0, 0, 1], "code": ["noise", "a", "noise"], "area_m2": [9.0, 8.0, 1.0]})
    assert main_share(rows)["code"].tolist() == ["a", "noise"]


@pytest.mark.parametrize("tessellating", [True, False])
def test_without_the_compiler_shares_are_the_same(monkeypatch, tessellating):
    parcels = [box(x, y, x + 40, y + 30) for x in range(0, 200, 50) for y in range(0, 100, 40)]
    zones = [affinity.rotate(box(x, -50, x + 45, 200), 9, origin=(E, N)) for x in range(-40, 240, 40)]
    codes = [f"c{k % 3}" for k in range(len(zones))]
    compiled = shares(parcels, zones, codes, tessellating=tessellating)
    monkeypatch.setattr("landinv.geometry.overlap_area._compiled_strips", lambda: None)
    plain = shares(parcels, zones, codes, tessellating=tessellating)
    for one, other in ((compiled.rows, plain.rows), (compiled.excess, plain.excess)):
        assert len(one) > (0 if tessellating or one is compiled.rows else -1)
        pd.testing.assert_frame_equal(one, other, check_exact=False, atol=1e-5, rtol=0)


turns = st.tuples(st.integers(0, 3), st.booleans())


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(5, 60), turns), min_size=1, max_size=6))
def test_ring_starts_directions_and_threads_change_no_bit_of_shares(spans):
    def turned(shape, start, backward):
        xy = list(shape.exterior.coords)[:-1]
        xy = xy[start:] + xy[:start]
        return shapely.Polygon(xy[::-1] if backward else xy)

    zones = [affinity.rotate(box(x, 0, x + w, 80), 13, origin=(E, N)) for x, w, _ in spans]
    other = [turned(zone, *how) for zone, (_, _, how) in zip(zones, spans, strict=True)]
    codes = [f"c{k % 2}" for k in range(len(spans))]
    parcels = [affinity.rotate(PARCEL, 5), affinity.rotate(box(20, 20, 80, 40), 40)]
    whole = shares(parcels, zones, codes)
    with mock.patch.multiple(overlap_area, WORKERS=4, _CHUNK=1):
        again = shares([turned(p, 2, True) for p in parcels], other, codes)
    pd.testing.assert_frame_equal(whole.rows, again.rows, check_exact=True)
    pd.testing.assert_frame_equal(whole.excess, again.excess, check_exact=True)
