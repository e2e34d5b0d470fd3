from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.intake.area_units import contradicts_shapes, unit_as_part_of, unit_from_shapes, unit_from_size
from landinv.model.units import AREA_FACTORS

SHAPES = np.array([1_000.0, 25_000.0, 400_000.0])


@given(st.sampled_from(sorted(AREA_FACTORS)), st.lists(st.floats(100, 1e7), min_size=1, max_size=20))
@settings(max_examples=40, deadline=None)
def test_shapes_show_the_unit_they_were_declared_in(unit: str, areas: list[float]) -> None:
    shapes = np.array(areas)
    assert unit_from_shapes(shapes / AREA_FACTORS[unit], shapes).unit == unit


def test_a_minority_of_wrong_rows_does_not_hide_the_unit() -> None:
    values = np.append(SHAPES / 10_000, 7.0)
    assert unit_from_shapes(values, np.append(SHAPES, 1_000.0)).unit == "ha"


def test_values_that_fit_no_unit_stay_undecided() -> None:
    assert unit_from_shapes(np.array([7.0, 8.0]), np.array([1_000.0, 90_000.0])).unit == ""


def test_nothing_to_compare_stays_undecided() -> None:
    assert unit_from_shapes(np.array([np.nan]), np.array([1.0])).unit == ""


def test_parts_take_the_unit_of_their_whole_where_it_fits() -> None:
    assert unit_as_part_of(np.array([3.0, 6.0]), np.array([5_000.0, 5_000.0]), "mu").unit == "mu"


def test_parts_that_only_fit_as_square_metres_are_such() -> None:
    assert unit_as_part_of(np.array([3_000.0, 4_000.0]), np.array([5_000.0, 5_000.0]), "mu").unit == "m2"


@pytest.mark.parametrize(("values", "unit"), [([4_800.0, 900.0], "m2"), ([4.8, 12.0], ""), ([0.0], "m2")])
def test_size_alone_only_ever_speaks_for_square_metres(values: list[float], unit: str) -> None:
    assert unit_from_size(np.array(values)).unit == unit


def test_told_unit_that_shapes_contradict_is_named() -> None:
    assert contradicts_shapes(SHAPES / 10_000, "mu", SHAPES) == "ha"
    assert contradicts_shapes(SHAPES, "ha", SHAPES) == "m2"
    assert contradicts_shapes(SHAPES / 10_000, "ha", SHAPES) == ""
    assert contradicts_shapes(SHAPES * 7, "m2", SHAPES) == ""
