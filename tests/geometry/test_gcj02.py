"""The shift of web maps and its undoing."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.geometry.gcj02 import apply_gcj02, undo_gcj02, with_gcj02, without_gcj02


def test_a_known_point_is_shifted_as_published() -> None:
    shifted = apply_gcj02(np.array([[116.404, 39.915]]))
    assert shifted[0] == pytest.approx([116.41024449916938, 39.91640428150164], abs=1e-10)


@given(st.floats(74.0, 135.0), st.floats(18.0, 53.0))
@settings(max_examples=50, deadline=None)
def test_undoing_gives_back_what_was_shifted_to_a_millimetre(lon: float, lat: float) -> None:
    true = np.array([[lon, lat]])
    assert undo_gcj02(apply_gcj02(true)) == pytest.approx(true, abs=1e-8)


def test_shapes_in_metres_are_moved_in_degrees_and_come_back() -> None:
    square = np.array([shapely.box(37_548_000, 4_240_000, 37_548_100, 4_240_100), None], dtype=object)
    shifted = with_gcj02(square, "EPSG:4525")
    way = shapely.get_coordinates(shifted) - shapely.get_coordinates(square)
    assert 500 < np.hypot(*way.mean(axis=0)) < 700
    assert (way > 0).all(), "web maps lie to the north-east here"
    back = without_gcj02(shifted, "EPSG:4525")
    assert back[1] is None
    assert shapely.get_coordinates(back) == pytest.approx(shapely.get_coordinates(square), abs=1e-3)
