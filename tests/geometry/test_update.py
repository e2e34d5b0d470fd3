"""A layer after a change: what is cut, what is replaced, and areas that balance."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from landinv.geometry.area import ellipsoidal_area_m2
from landinv.geometry.update import update_layer

CRS = "EPSG:4525"
X0, Y0 = 37_548_000.0, 4_240_000.0


def at(x1: float, y1: float, x2: float, y2: float) -> shapely.Polygon:
    return shapely.box(X0 + x1, Y0 + y1, X0 + x2, Y0 + y2)


GRID = [at(x, y, x + 100, y + 100) for y in (0, 100, 200) for x in (0, 100, 200)]


def test_a_patch_is_cut_its_neighbours_are_the_same_objects() -> None:
    after = update_layer(GRID, [at(50, 0, 100, 100)], CRS)
    assert after.base_row.tolist() == [*range(9), -1]
    assert after.change_row.tolist() == [-1] * 9 + [0]
    assert after.cut.tolist() == [True] + [False] * 9
    assert after.geometry[0].area == 5000.0
    assert all(after.geometry[n] is GRID[n] for n in range(1, 9))
    assert len(after.replaced) == 0


def test_a_patch_that_is_covered_is_replaced() -> None:
    after = update_layer(GRID, [at(0, 0, 100, 100), at(100, 0, 150, 100)], CRS)
    assert after.replaced.tolist() == [0]
    assert after.base_row.tolist() == [*range(1, 9), -1, -1]
    assert after.cut.tolist() == [True] + [False] * 9


def test_a_patch_cut_apart_stays_one_row() -> None:
    after = update_layer(GRID[:1], [at(40, 0, 60, 100)], CRS)
    assert after.geometry[0].geom_type == "MultiPolygon"
    assert after.geometry[0].area == 8000.0


def test_a_hole_is_cut_where_the_change_lies_inside() -> None:
    after = update_layer(GRID[:1], [at(40, 40, 60, 60)], CRS)
    assert len(after.geometry[0].interiors) == 1


def test_splinters_are_dropped_and_accounted_for() -> None:
    after = update_layer(GRID[:1], [at(0.00005, 0, 100, 100)], CRS)
    assert after.replaced.tolist() == [0]
    assert after.account.sliver_m2 == pytest.approx(0.005, abs=1e-5)
    assert after.account.difference_m2 == pytest.approx(0.0, abs=1e-4)


def test_land_outside_the_base_is_told_shape_by_shape() -> None:
    after = update_layer(GRID, [at(250, 0, 350, 100), at(0, 0, 10, 10), at(900, 900, 910, 910)], CRS)
    assert after.account.outside_m2 == pytest.approx([5000.0, 0.0, 100.0], abs=1.0)


def test_changes_that_claim_the_same_land_do_not_pass() -> None:
    after = update_layer(GRID, [at(0, 0, 60, 100), at(40, 0, 100, 100)], CRS)
    assert after.account.doubled_m2 == pytest.approx(2000.0, abs=1.0)


def test_null_shapes_stay_as_rows_and_meet_nothing() -> None:
    after = update_layer([GRID[0], None], [at(0, 0, 50, 100)], CRS)
    assert after.base_row.tolist() == [0, 1, -1]
    assert after.geometry[1] is None


def test_a_change_of_what_is_there_already_changes_no_area() -> None:
    after = update_layer(GRID, [GRID[4]], CRS)
    assert after.replaced.tolist() == [4]
    assert not after.cut.any()


@given(st.lists(st.tuples(*[st.floats(-40, 260)] * 2, *[st.floats(1, 120)] * 2), min_size=1, max_size=1),
       st.floats(0, 90))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_base_and_change_together_are_the_result(
    boxes: list[tuple[float, float, float, float]], turn: float
) -> None:
    change = [affinity.rotate(at(x, y, x + w, y + h), turn) for x, y, w, h in boxes]
    after = update_layer(GRID, change, CRS)
    together = shapely.union_all([*GRID, *change])
    result = ellipsoidal_area_m2(after.geometry, CRS).sum() + after.account.sliver_m2
    assert result == pytest.approx(ellipsoidal_area_m2([together], CRS)[0], abs=0.01)
    assert abs(after.account.difference_m2) <= 0.01
    assert shapely.is_valid(after.geometry).all()


def test_the_order_of_changes_changes_nothing() -> None:
    change = np.array([at(50, 50, 160, 160), at(200, 0, 220, 90), at(10, 210, 90, 250)])
    one, other = update_layer(GRID, change, CRS), update_layer(GRID, change[::-1], CRS)
    assert shapely.equals_exact(one.geometry[one.base_row >= 0], other.geometry[other.base_row >= 0]).all()
