from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from landinv.errors import CRSError
from landinv.fieldwork.visit_order import NO_SHAPE, VISIT_COLUMNS, open_tour, visit_order

CRS = "EPSG:4525"
X0, Y0 = 37_548_000, 4_240_000


def parcels(offsets: list[tuple[str, str, int | None]]) -> gpd.GeoDataFrame:
    """Parcels of 10 m × 10 m: name, township, metres east of the corner (None: no shape)."""
    shapes = [None if x is None else box(X0 + x, Y0, X0 + x + 10, Y0 + 10) for _, _, x in offsets]
    return gpd.GeoDataFrame(
        {"parcel_id": [o[0] for o in offsets], "township": [o[1] for o in offsets]}, geometry=shapes, crs=CRS
    )


def length(xy: np.ndarray, order: np.ndarray) -> float:
    return float(np.hypot(*np.diff(xy[order], axis=0).T).sum())


def test_stops_along_a_road_are_visited_one_after_the_other() -> None:
    tour = visit_order(
        parcels([("a", "甲", 0), ("b", "甲", 2000), ("c", "甲", 500), ("d", "甲", 900)]), crs=CRS
    )
    assert tour["parcel_id"].tolist() in (["a", "c", "d", "b"], ["b", "d", "c", "a"])
    assert tour["stop"].tolist() == [1, 2, 3, 4]
    assert tour["distance_m"].iloc[0] == 0.0
    assert tour["distance_m"].sum() == pytest.approx(2000.0)
    assert list(tour.columns) == list(VISIT_COLUMNS)


def test_every_township_has_its_own_tour() -> None:
    tour = visit_order(parcels([("a", "甲", 0), ("b", "乙", 10), ("c", "甲", 20), ("d", "乙", 30)]), crs=CRS)
    assert tour.groupby("township")["stop"].apply(list).to_dict() == {"甲": [1, 2], "乙": [1, 2]}


def test_parcels_without_a_shape_come_last_with_a_reason() -> None:
    tour = visit_order(parcels([("a", "甲", None), ("b", "甲", 0)]), crs=CRS)
    assert tour["parcel_id"].tolist() == ["b", "a"]
    assert tour["stop"].isna().tolist() == [False, True]
    assert tour["reason"].tolist() == ["", NO_SHAPE]


def test_a_township_where_nothing_has_a_shape_is_listed() -> None:
    tour = visit_order(parcels([("a", "甲", None), ("b", "甲", None)]), crs=CRS)
    assert tour["reason"].tolist() == [NO_SHAPE, NO_SHAPE]
    assert tour["distance_m"].isna().all()


def test_no_parcels_make_no_tour() -> None:
    assert visit_order(parcels([]), crs=CRS).columns.tolist() == list(VISIT_COLUMNS)


def test_the_order_of_rows_does_not_matter() -> None:
    # Several parcels lie on one spot, so that ties have to be broken by number.
    offsets: list[tuple[str, str, int | None]] = [(f"p{i}", "甲乙"[i % 2], (i * 7919) % 5) for i in range(30)]
    forth, back = visit_order(parcels(offsets), crs=CRS), visit_order(parcels(offsets[::-1]), crs=CRS)
    assert forth.equals(back)


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:999999"])
def test_degrees_and_unknown_systems_are_refused(crs: str) -> None:
    with pytest.raises(CRSError, match=crs):
        visit_order(parcels([("a", "甲", 0)]), crs=crs)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000)), min_size=1, max_size=7, unique=True))
def test_a_tour_passes_every_point_once_and_no_turn_shortens_it(points: list[tuple[int, int]]) -> None:
    xy = np.array(points, dtype=float)
    order = open_tour(xy)
    assert sorted(order.tolist()) == list(range(len(xy)))
    for first, last in itertools.combinations(range(len(order)), 2):
        turned = np.concatenate([order[:first], order[first : last + 1][::-1], order[last + 1 :]])
        assert length(xy, turned) >= length(xy, order) - 1e-5


def test_a_crossing_is_undone() -> None:
    # Nearest neighbours from the far end jump over (0, 0) and have to come back; the shortest way does not.
    xy = np.array([[0.0, 0.0], [1.0, 0.0], [-1.6, 0.0], [3.2, 0.0], [-6.0, 0.0]])
    best = min(length(xy, np.array(p)) for p in itertools.permutations(range(len(xy))))
    assert length(xy, open_tour(xy)) == pytest.approx(best)
