"""Hulls of layers, and areas beyond a border."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.geometry.extent import areas_outside, convex_hull

X0, Y0 = 37_548_000.0, 4_240_000.0


def at(x1: float, y1: float, x2: float, y2: float) -> shapely.Polygon:
    return shapely.box(X0 + x1, Y0 + y1, X0 + x2, Y0 + y2)


@given(st.lists(st.tuples(*[st.integers(0, 500)] * 2, *[st.integers(1, 90)] * 2), min_size=1, max_size=60))
@settings(max_examples=40, deadline=None)
def test_hull_is_that_of_all_vertices(boxes: list[tuple[int, int, int, int]]) -> None:
    shapes = [at(x, y, x + w, y + h) for x, y, w, h in boxes]
    wanted = shapely.convex_hull(shapely.union_all(shapes))
    assert shapely.symmetric_difference(convex_hull(shapes), wanted).area == pytest.approx(0.0, abs=1e-6)


def test_hull_of_nothing_is_empty() -> None:
    assert convex_hull([None, shapely.Polygon()]).is_empty


def test_areas_inside_across_and_away() -> None:
    county = at(0, 0, 1000, 1000)
    shapes = [at(10, 10, 20, 20), at(990, 0, 1010, 10), at(2000, 0, 2010, 10), None, at(0, 0, 1000, 1000)]
    assert areas_outside(shapes, county).tolist() == [0.0, 100.0, 100.0, 0.0, 0.0]


def test_what_lies_in_a_hole_of_the_county_lies_outside() -> None:
    county = shapely.difference(at(0, 0, 1000, 1000), at(400, 400, 600, 600))
    assert areas_outside([at(450, 450, 460, 460), at(390, 450, 410, 460)], county).tolist() == [100.0, 100.0]


@given(
    st.lists(st.tuples(*[st.integers(-300, 1300)] * 2, *[st.integers(1, 400)] * 2), min_size=1, max_size=25)
)
@settings(max_examples=40, deadline=None)
def test_inside_and_outside_make_the_whole(boxes: list[tuple[int, int, int, int]]) -> None:
    county = shapely.segmentize(shapely.difference(at(0, 0, 1000, 1000), at(300, 0, 500, 700)), 7.0)
    shapes = np.array([at(x, y, x + w, y + h) for x, y, w, h in boxes])
    wanted = shapely.area(shapely.difference(shapes, county))
    assert areas_outside(shapes, county) == pytest.approx(wanted, abs=1e-6)
