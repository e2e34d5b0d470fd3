"""Rings become polygons by containment alone."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from landinv.intake.worker.rings import Rings, distinct_per_group, polygons_from_rings

X0, Y0 = 37_548_000.0, 4_240_000.0


def rings(*records: list[list[tuple[float, float]]]) -> Rings:
    flat = [np.add(np.reshape(ring, (-1, 2)), (X0, Y0)) for record in records for ring in record]
    owners = [n for n, record in enumerate(records) for _ring in record]
    xy = np.vstack(flat) if flat else np.zeros((0, 2))
    return Rings(xy, np.array([len(r) for r in flat], dtype=np.int64), np.array(owners, dtype=np.int64))


def square(low: float, high: float) -> list[tuple[float, float]]:
    return [(low, low), (low, high), (high, high), (high, low)]


def test_island_in_a_hole_is_a_part_again() -> None:
    nested = [square(40, 60), square(0, 100), square(20, 80), square(45, 55)]
    shape = polygons_from_rings(rings(nested), 1)[0]
    assert shapely.area(shape) == 10_000 - 3_600 + 400 - 100
    assert shapely.is_valid(shape)


def test_hole_that_touches_its_ring_is_a_hole() -> None:
    shape = polygons_from_rings(rings([square(0, 100), [(0, 0), (50, 20), (20, 50)]]), 1)[0]
    assert shapely.area(shape) == 10_000 - 1_050
    assert shapely.is_valid(shape)


def test_crossing_and_equal_rings_are_parts_for_the_repair_to_judge() -> None:
    for other in (square(50, 150), square(0, 100)):
        shape = polygons_from_rings(rings([square(0, 100), other]), 1)[0]
        assert shape.geom_type == "MultiPolygon"
        assert not shapely.is_valid(shape)


def test_record_with_a_useless_ring_has_no_shape() -> None:
    good, short, bad = (
        [square(0, 9)],
        [square(0, 9), [(1, 1), (2, 2), (1, 1)]],
        [[(0, 0), (np.nan, 1), (5, 5)]],
    )
    shapes = polygons_from_rings(rings(good, short, bad, []), 4)
    assert [s is None for s in shapes] == [False, True, True, True]
    assert polygons_from_rings(rings(), 2).tolist() == [None, None]


def test_points_are_counted_once_in_each_group() -> None:
    xy = np.array([(0, 0), (1, 0), (0, 0), (0, 0), (1, 0)], dtype=float)
    assert distinct_per_group(xy, np.array([0, 0, 0, 2, 2]), 3).tolist() == [2, 0, 2]


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_order_and_direction_of_rings_do_not_matter(data: st.DataObject) -> None:
    cells = data.draw(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1))
    shape = shapely.union_all([box(X0 + i, Y0 + j, X0 + i + 1, Y0 + j + 1) for i, j in cells])
    parts = shapely.get_parts(shape)
    found = [r for p in parts for r in (p.exterior, *p.interiors)]
    order = data.draw(st.permutations(found))
    turned = [shapely.get_coordinates(r)[:: data.draw(st.sampled_from([1, -1]))] for r in order]
    again = Rings(
        np.vstack(turned), np.array([len(r) for r in turned]), np.zeros(len(turned), dtype=np.int64)
    )
    back = polygons_from_rings(again, 1)[0]
    assert shapely.is_valid(back)
    assert shapely.equals(back, shape)


@pytest.mark.parametrize("closed", [True, False])
def test_closing_point_may_be_there_or_not(closed: bool) -> None:
    ring = square(0, 100)
    shape = polygons_from_rings(rings([[*ring, ring[0]] if closed else ring]), 1)[0]
    assert shapely.area(shape) == 10_000
