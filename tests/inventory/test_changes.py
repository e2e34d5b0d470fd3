from __future__ import annotations

from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.inventory.changes import change_set

E, N = 37548000, 4240000
SQUARE = shapely.box(E, N, E + 100, N + 100)


def state(geometry: list[Any] | None = None, **columns: list[Any]) -> gpd.GeoDataFrame:
    length = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(columns, geometry=geometry or [SQUARE] * length, crs="EPSG:4525")


def test_added_removed_and_changed_are_told_apart() -> None:
    old = state(parcel_id=["a", "b", "c"], holder=["甲", "乙", "丙"], area_m2=[1.0, 2.0, 3.0])
    new = state(parcel_id=["d", "c", "b"], holder=["丁", "丙", "己"], area_m2=[4.0, 3.0, 2.5])
    result = change_set(old, new)
    assert result.added.tolist() == ["d"]
    assert result.removed.tolist() == ["a"]
    assert result.changed.to_dict() == {"b": ("holder", "area_m2")}
    assert result.unchanged_count == 1
    assert not result.is_empty


def test_order_and_index_are_no_change() -> None:
    old = state(parcel_id=["a", "b"], holder=["甲", None])
    assert change_set(old, old.iloc[::-1].set_index(np.array([5, 9]))).is_empty


def test_ring_start_direction_and_one_part_are_no_change() -> None:
    turned = shapely.Polygon([(E + 100, N), (E + 100, N + 100), (E, N + 100), (E, N)])
    for shape in (turned, turned.reverse(), shapely.MultiPolygon([turned])):
        assert change_set(state(parcel_id=["a"]), state([shape], parcel_id=["a"])).is_empty


def test_moved_vertex_and_lost_shape_are_changes() -> None:
    near = shapely.transform(SQUARE, lambda xy: np.add(xy, [0.0, 1e-8]))
    for shape in (near, None):
        result = change_set(state(parcel_id=["a"]), state([shape], parcel_id=["a"]))
        assert result.changed.to_dict() == {"a": ("geometry",)}


def test_empty_shape_is_a_missing_one() -> None:
    assert change_set(state([None], parcel_id=["a"]), state([shapely.Polygon()], parcel_id=["a"])).is_empty


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([date(2019, 5, 1)], ["2019-05-01"]),
        ([pd.Timestamp("2019-05-01")], [date(2019, 5, 1)]),
        ([1], [1.0]),
        ([True], pd.array([1], dtype="Int64")),
        ([None], [np.nan]),
        ([pd.NaT], [None]),
        (pd.array([None], dtype="Int64"), [np.nan]),
        (pd.Series(["甲"], dtype="object"), pd.Series(["甲"], dtype="str")),
    ],
)
def test_same_meaning_in_another_type_is_no_change(one: Any, other: Any) -> None:
    assert change_set(state(parcel_id=["a"], x=one), state(parcel_id=["a"], x=other)).is_empty


@pytest.mark.parametrize(
    ("one", "other"),
    [([""], [None]), (["1"], [1]), ([0.1 + 0.2], [0.3]), ([0], [None]), (["甲"], ["乙"]), ([False], [None])],
)
def test_other_meaning_is_a_change(one: Any, other: Any) -> None:
    result = change_set(state(parcel_id=["a"], x=one), state(parcel_id=["a"], x=other))
    assert result.changed.to_dict() == {"a": ("x",)}


def test_absent_column_is_a_missing_value() -> None:
    old = state(parcel_id=["a", "b"])
    result = change_set(old, state(parcel_id=["a", "b"], x=[None, "甲"]))
    assert result.changed.to_dict() == {"b": ("x",)}


def test_several_keys_name_a_row_and_plain_frames_do() -> None:
    old = pd.DataFrame({"parcel_id": ["a", "a"], "theme": ["plan", "owner"], "area_m2": [1.0, 2.0]})
    result = change_set(old, old.assign(area_m2=[1.0, 3.0]), keys=("parcel_id", "theme"))
    assert result.changed.to_dict() == {("a", "owner"): ("area_m2",)}


def test_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="more than once"):
        change_set(state(parcel_id=["a"]), state(parcel_id=["a", "a"]))


cells = st.dictionaries(
    st.sampled_from("abcdef"), st.one_of(st.none(), st.sampled_from([0.0, 1.5])), max_size=6
)


@settings(max_examples=25, deadline=None)
@given(before=cells, after=cells)
def test_counts_add_up_and_a_state_does_not_differ_from_itself(
    before: dict[str, float | None], after: dict[str, float | None]
) -> None:
    old, new = (
        pd.DataFrame(
            {"parcel_id": pd.Series(list(c), dtype="str"), "x": pd.Series(list(c.values()), dtype="float64")}
        )
        for c in (before, after)
    )
    result = change_set(old, new)
    assert len(result.added) + len(result.changed) + result.unchanged_count == len(new)
    assert len(result.removed) + len(result.changed) + result.unchanged_count == len(old)
    assert change_set(new, new).is_empty
