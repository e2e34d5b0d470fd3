from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from landinv.geometry.difference import explode, merged, overlay, overlay_within, subtract

E, N = 37548000, 4240000


def box(x0, y0, x1, y1):
    return shapely.box(E + x0, N + y0, E + x1, N + y1)


rectangles = st.builds(
    lambda x, y, w, h: box(x, y, x + w, y + h),
    st.integers(0, 80), st.integers(0, 80), st.integers(1, 60), st.integers(1, 60),
)  # fmt: skip


def test_every_cutter_is_taken_off():
    left = subtract([box(0, 0, 10, 10)], [box(0, 0, 4, 10), box(3, 0, 5, 10), box(50, 50, 60, 60)])
    assert left[0].equals(box(5, 0, 10, 10))


def test_subtracting_nothing_returns_the_target():
    target = box(0, 0, 10, 10)
    assert subtract([target], [])[0] is target
    assert subtract([target], [None, shapely.Polygon(), box(10, 0, 20, 10)])[0] is target


def test_null_target_stays_null_and_eaten_target_is_empty():
    left = subtract([None, box(0, 0, 10, 10)], [box(-1, -1, 11, 11)])
    assert left[0] is None
    assert left[1].is_empty


slanted = st.builds(
    lambda shape, angle: affinity.rotate(shape, angle, origin=(E, N)), rectangles, st.integers(1, 44)
)


@settings(max_examples=20, deadline=None)
@given(st.lists(slanted, min_size=3, max_size=6), st.randoms(use_true_random=False))
def test_order_and_ring_starts_of_cutters_change_no_bit(cutters, random):
    shuffled = random.sample(cutters, len(cutters))
    turned = [shapely.Polygon(list(c.exterior.coords)[1:-1] + list(c.exterior.coords)[:1]) for c in shuffled]
    target = [box(0, 0, 100, 100)]
    assert subtract(target, cutters)[0].wkb == subtract(target, turned)[0].wkb


@settings(max_examples=20, deadline=None)
@given(st.lists(rectangles, max_size=6))
def test_rest_and_common_land_make_the_target(cutters):
    target = box(0, 0, 100, 100)
    pairs = overlay([target], cutters)
    common = merged(pairs.shape, pairs.target, 1)
    assert subtract([target], cutters)[0].area + (common[0].area if common[0] else 0) == 10000


def test_neighbours_that_only_touch_are_no_pair():
    assert len(overlay([box(0, 0, 10, 10)], [box(10, 0, 20, 10), box(10, 10, 20, 20)]).target) == 0


def test_pair_within_is_told_once_with_the_higher_rank_as_target():
    pairs = overlay_within([box(0, 0, 10, 10), box(5, 0, 15, 10), box(20, 0, 30, 10)], [2, 1, 0])
    assert (pairs.target.tolist(), pairs.cutter.tolist(), pairs.area_plane_m2.tolist()) == ([0], [1], [50])


def test_union_of_each_group():
    shapes = np.array([box(0, 0, 10, 10), box(5, 0, 15, 10), box(20, 0, 30, 10)], dtype=object)
    whole = merged(shapes, np.array([2, 2, 0]), 3)
    assert [s and s.area for s in whole] == [100, None, 150]


def test_multipolygon_falls_into_single_polygons_and_lines_are_left_out():
    mixed = shapely.GeometryCollection([box(0, 0, 1, 1), shapely.LineString([(E, N), (E + 1, N)])])
    two = shapely.MultiPolygon([box(0, 0, 1, 1), box(5, 5, 6, 6)])
    parts, source = explode([None, two, shapely.Polygon(), mixed])
    assert shapely.get_type_id(parts).tolist() == [3, 3, 3]
    assert source.tolist() == [1, 1, 3]


def test_overlay_turned_and_joined_keeps_its_pairs():
    pairs = overlay([box(0, 0, 10, 10)], [box(5, 0, 15, 10)])
    both = pairs.and_also(pairs.turned())
    assert both.area_plane_m2.tolist() == [50, 50]
    assert both.only(np.array([True, False])).target.tolist() == [0]
