from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.geometry.ring_defects import ring_defects, same_shapes

FIELD = [(0, 0), (100, 0), (100, 100), (0, 100)]


def polygon(*points: tuple[float, float]) -> shapely.Polygon:
    return shapely.Polygon([(37_548_000 + x, 4_240_000 + y) for x, y in points])


def spikes(shapes: Any) -> pd.DataFrame:
    return ring_defects(shapes, max_angle_deg=1, min_length_m=0.5, within_m=0.01).spikes


def close_vertices(shapes: Any) -> pd.DataFrame:
    return ring_defects(shapes, max_angle_deg=1, min_length_m=0.5, within_m=0.01).close_vertices


def test_spike_is_found_wherever_the_ring_starts() -> None:
    ring = [(0, 0), (100, 0), (100, 50), (130, 50), (100, 50.1), (100, 100), (0, 100)]
    for turn in range(len(ring)):
        found = spikes([polygon(*ring[turn:], *ring[:turn])])
        assert found[["shape", "x", "y"]].to_numpy().tolist() == [[0, 37_548_130, 4_240_050]]
        assert found["length_m"].round(2).tolist() == [30.0]


def test_cut_inward_is_a_spike_and_wide_or_short_tips_are_none() -> None:
    cut = polygon((0, 0), (100, 0), (100, 50), (60, 50.1), (100, 50.2), (100, 100), (0, 100))
    wide = polygon((0, 0), (100, 0), (130, 2), (100, 4), (0, 100))
    short = polygon((0, 0), (100, 0), (100, 50), (100.3, 50), (100, 50.001), (0, 100))
    found = spikes([wide, cut, short])
    assert found["shape"].tolist() == [1]


def test_spike_in_a_hole_of_a_later_part_belongs_to_its_shape() -> None:
    hole = [(10, 10), (20, 10), (20, 30), (20.05, 10), (60, 10), (60, 60), (10, 60)]
    ring = shapely.Polygon(polygon(*FIELD).exterior.coords, [polygon(*hole).exterior.coords])
    both = shapely.MultiPolygon([polygon((200, 0), (210, 0), (210, 10)), ring])
    found = spikes([None, polygon(*FIELD), both])
    assert found["shape"].tolist() == [2]


def test_vertices_on_one_place_and_closer_than_the_limit() -> None:
    twice = polygon((0, 0), (100, 0), (100, 0), (100, 100), (0, 100))
    close = polygon((0, 0), (100, 0), (100, 100), (0, 100), (0, 0.004))
    apart = polygon((0, 0), (100, 0), (100, 0.02), (100, 100))
    found = close_vertices([twice, apart, close])
    assert found["shape"].tolist() == [0, 2]
    assert found["distance_m"].round(4).tolist() == [0.0, 0.004]
    assert found["y"].round(3).tolist() == [4_240_000.0, 4_240_000.004]


def test_nothing_has_no_defect() -> None:
    assert len(spikes([])) == 0
    assert len(close_vertices(np.array([None, shapely.Polygon()], dtype=object))) == 0


def test_same_shape_is_told_from_its_neighbour_of_equal_box() -> None:
    plain, other = polygon(*FIELD), polygon((0, 0), (100, 0), (100, 100), (0, 100), (50, 50))
    turned = polygon(*FIELD[2:], *FIELD[:2])
    bent = polygon((0, 0), (100, 0), (100, 100), (0, 100), (40, 50))
    assert same_shapes([other, plain, bent, turned, None, None, plain]).tolist() == [0, 1, 2, 1, 4, 5, 1]


@settings(max_examples=20, deadline=None)
@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=12))
def test_first_of_equals_is_the_first(sizes: list[int]) -> None:
    shapes = [polygon((0, 0), (s, 0), (s, s), (0, s)) for s in sizes]
    assert same_shapes(shapes).tolist() == [sizes.index(s) for s in sizes]
