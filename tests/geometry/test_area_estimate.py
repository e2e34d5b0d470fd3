"""The cheap area against the survey's own procedure."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.geometry.area import statutory_area_m2
from landinv.geometry.area_estimate import statutory_area_estimate_m2

CRS = "EPSG:4525"


@given(
    st.floats(37_450_000, 37_575_000),
    st.floats(2_500_000, 5_800_000),
    st.integers(3, 40),
    st.floats(20.0, 3000.0),
)
@settings(max_examples=25, deadline=None)
def test_estimate_is_the_statutory_area_but_for_its_roundings(
    x: float, y: float, corners: int, radius: float
) -> None:
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    ring = np.column_stack([x + radius * np.cos(turn), y + 0.7 * radius * np.sin(turn)])
    shape = shapely.Polygon(np.round(ring, 3))
    exact = statutory_area_m2([shape], CRS)[0]
    # the survey rounds plane coordinates to 0.1 mm and angles to some 0.03 mm: at most that along the whole outline
    roundings = 0.01 + 1e-4 * shape.length
    assert (
        abs(statutory_area_estimate_m2([shape], CRS)[0] - exact) <= roundings + (radius / 6.3e6) ** 2 * exact
    )


def test_hole_parts_and_other_spellings_of_the_zone() -> None:
    ring = shapely.box(37548000, 4240000, 37549000, 4241000)
    hole = ring.difference(shapely.box(37548200, 4240200, 37548800, 4240800))
    both = shapely.union_all([hole, shapely.transform(ring, lambda xy: xy + np.array([5000, 0]))])
    estimate = statutory_area_estimate_m2([hole, both], CRS)
    assert estimate[0] == pytest.approx(639962.94, abs=0.02)
    assert estimate[1] == pytest.approx(statutory_area_m2([both], CRS)[0], rel=(3000 / 6.3e6) ** 2)
    assert statutory_area_estimate_m2([shapely.Polygon(), None], CRS).tolist() == [0.0, 0.0]


def test_degrees_are_measured_in_full() -> None:
    shape = shapely.box(111.5, 38.2, 111.51, 38.21)
    assert statutory_area_estimate_m2([shape], "EPSG:4490") == statutory_area_m2([shape], "EPSG:4490")
