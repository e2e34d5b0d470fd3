from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from landinv.errors import CRSError, GeometryTypeError
from landinv.store import Commit, State, Store, open_store
from tests.store.registers import COUNTY, E, N, event, parcels, register, square

P = "141127-P0000{}".format


def test_nothing_is_made_before_the_first_commit(store: Store, path: Path) -> None:
    assert store.read_state() is None
    assert store.known_parcels().empty
    assert store.verify().empty
    assert not path.parent.exists()


def test_what_was_stored_is_read_back_as_it_was(store: Store) -> None:
    state = register()
    assert store.commit(state, event()) == Commit(1, 3, 0, 0, written=True)
    back = store.read_state()
    assert back is not None
    assert_geodataframe_equal(back.parcels, state.parcels, check_like=True)
    assert back.approvals["compensated"].tolist() == [True, pd.NA]
    assert back.approvals.geometry.isna().tolist() == [False, True]
    assert_frame_equal(back.shares, state.shares, check_dtype=False)
    assert back.findings["x"].tolist() == [37548000.5]
    assert back.links.empty


def test_the_same_state_again_leaves_the_bytes(store: Store, path: Path) -> None:
    store.commit(register(), event())
    before = path.read_bytes()
    done = store.commit(register(), event("2023-01-01T00:00:00"))
    assert done == Commit(1, 0, 0, 0, written=False)
    again = store.read_state()
    assert again is not None
    assert not store.commit(again, event()).written
    assert path.read_bytes() == before
    assert len(store.events()) == 1


def test_order_of_rows_and_start_of_rings_are_no_change(store: Store) -> None:
    store.commit(register(), event())
    turned = parcels().iloc[::-1]
    turned = turned.set_geometry(turned.geometry.normalize().reverse())
    assert not store.commit(State(turned, **_rest(register())), event()).written


def _rest(state: State) -> dict[str, pd.DataFrame]:
    return {name: frame for name, frame in state.frames().items() if name != "parcels"}


def test_changed_added_and_removed_parcels_are_counted_and_kept_ones_keep_their_fid(
    store: Store, path: Path
) -> None:
    store.commit(register(parcels(4)), event())
    fids = _fids(path)
    new = pd.concat([parcels(4).iloc[1:], parcels(1, first=9)], ignore_index=True)
    new.loc[0, "holder"] = "岚县甲木铸造有限公司"
    assert store.commit(register(new), event("2023-01-01T00:00:00")) == Commit(2, 1, 1, 1, written=True)
    assert {k: v for k, v in _fids(path).items() if k in fids} == {k: fids[k] for k in (P(2), P(3), P(4))}
    assert _fids(path)[P(9)] == 5


def _fids(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        return dict(connection.execute("SELECT parcel_id, fid FROM parcels"))


def test_fid_of_a_gone_parcel_is_not_given_again(store: Store, path: Path) -> None:
    store.commit(register(parcels(3)), event())
    store.commit(register(parcels(2)), event())
    store.commit(register(pd.concat([parcels(2), parcels(1, first=7)], ignore_index=True)), event())
    assert _fids(path) == {P(1): 1, P(2): 2, P(7): 4}


def test_only_tables_that_differ_are_marked_as_changed(store: Store, path: Path) -> None:
    store.commit(register(), event("2022-10-10T08:30:00"))
    new = register()
    store.commit(
        State(new.parcels, **(_rest(new) | {"shares": new.shares.assign(code="0101")})),
        event("2023-01-02T00:00:00+08:00"),
    )
    with closing(sqlite3.connect(path)) as connection:
        times = dict(connection.execute("SELECT table_name, last_change FROM gpkg_contents"))
    assert times["shares"] == times["events"] == "2023-01-01T16:00:00.000Z"
    assert times["parcels"] == times["findings"] == times["lineage"] == "2022-10-10T00:30:00.000Z"


def test_rows_of_other_layers_are_written_only_where_they_differ(store: Store, path: Path) -> None:
    def with_supplies(keys: list[str]) -> State:
        frame = gpd.GeoDataFrame({"record_key": keys}, geometry=[square(0)] * len(keys), crs=COUNTY.crs)
        return State(parcels(), supplies=frame)

    store.commit(with_supplies(["a", "b", "b", "c"]), event())
    store.commit(with_supplies(["c", "d", "b", "a"]), event())
    with closing(sqlite3.connect(path)) as connection:
        kept = connection.execute("SELECT fid, record_key FROM supplies ORDER BY fid").fetchall()
    assert kept == [(1, "a"), (2, "b"), (4, "c"), (5, "d")]
    assert store.verify().empty


def test_new_columns_are_added_and_absent_ones_become_empty(store: Store) -> None:
    store.commit(register(), event())
    done = store.commit(
        register(parcels().drop(columns="holder").assign(owner_unit=["甲木村", None, None])), event()
    )
    assert done.changed == 1
    back = store.read_state()
    assert back is not None
    assert back.parcels["owner_unit"].isna().tolist() == [False, True, True]
    assert store.verify().empty


def test_column_that_changes_its_type_keeps_every_value(store: Store) -> None:
    def noted(notes: list[object]) -> State:
        frame = parcels(note=notes)
        return register(frame[["note", *frame.columns.drop("note")]])

    store.commit(noted([1, None, 3]), event())
    store.commit(noted(["一", None, "3"]), event())
    back = store.read_state()
    assert back is not None
    assert back.parcels["note"].tolist() == ["一", np.nan, "3"]
    assert store.verify().empty
    assert not store.commit(back, event()).written


def test_multipolygons_holes_and_missing_shapes_are_kept(store: Store) -> None:
    holed = square(1).difference(shapely.box(E + 210, N + 10, E + 220, N + 20))
    two = shapely.MultiPolygon([square(5), square(7)])
    frame = parcels().set_geometry([holed, two, None], crs=COUNTY.crs)
    store.commit(register(frame), event())
    back = store.read_state()
    assert back is not None
    assert back.parcels.geometry.area.tolist()[:2] == [9900.0, 20000.0]
    assert back.parcels.geometry.geom_type.tolist()[:2] == ["Polygon", "MultiPolygon"]
    assert back.parcels.geometry.isna().tolist() == [False, False, True]
    assert store.verify().empty


def test_layer_in_another_crs_is_refused_and_nothing_is_stored(store: Store) -> None:
    with pytest.raises(CRSError, match="parcels"):
        store.commit(register(parcels().to_crs("EPSG:4490")), event())
    assert store.read_state() is None


def test_shape_that_is_no_polygon_is_refused_by_layer_and_row(store: Store) -> None:
    frame = parcels().set_geometry([square(1), shapely.Point(E, N), None], crs=COUNTY.crs)
    with pytest.raises(GeometryTypeError, match="parcels, row 2"):
        store.commit(register(frame), event())


def test_number_that_stands_twice_is_refused(store: Store) -> None:
    store.commit(register(), event())
    with pytest.raises(ValueError, match="more than once"):
        store.commit(register(pd.concat([parcels(), parcels(1)], ignore_index=True)), event())
    assert store.verify().empty
    assert len(store.events()) == 1


def test_arguments_are_not_touched(store: Store) -> None:
    state = register()
    copies = {name: frame.copy(deep=True) for name, frame in state.frames().items()}
    store.commit(state, event())
    assert all(copies[name].equals(frame) for name, frame in state.frames().items())


rows = st.dictionaries(st.integers(1, 6), st.sampled_from(["甲", "", None]), max_size=5)


@settings(max_examples=6, deadline=None)
@given(states=st.lists(rows, min_size=1, max_size=3))
def test_any_sequence_of_states_is_stored_soundly(
    states: list[dict[int, str | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = open_store(tmp_path_factory.mktemp("law") / "a.gpkg", county=COUNTY)
    for wanted in states:
        frame = pd.concat([parcels(0), *(parcels(1, first=n, holder=[h]) for n, h in wanted.items())])
        store.commit(State(gpd.GeoDataFrame(frame, crs=COUNTY.crs)), event())
        back = store.read_state()
        assert back is not None
        found = dict(zip(back.parcels["parcel_id"], back.parcels["holder"].astype(object), strict=True))
        assert {k: None if pd.isna(v) else v for k, v in found.items()} == {
            P(n): h for n, h in wanted.items()
        }
    assert store.verify().empty
