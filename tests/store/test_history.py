from __future__ import annotations

import pandas as pd
import pytest

from landinv.inventory.identity import assign_parcel_ids
from landinv.store import Descent, Store
from tests.store.registers import event, parcels, register, square

P1, P2 = "141127-P00001", "141127-P00002"


def test_event_says_who_when_why_and_from_which_files(store: Store) -> None:
    store.commit(register(), event(reason="首次导入"))
    (row,) = store.events().to_dict("records")
    told = {
        key: row[key] for key in ("batch", "at", "actor", "command", "reason", "as_of", "n_added", "sources")
    }
    assert told == {
        "batch": 1, "at": "2022-10-10T08:30:00", "actor": "示例甲", "command": "run", "reason": "首次导入",
        "as_of": "2022-10-10", "n_added": 3, "sources": {"dltb": "ab" * 32},
    }  # fmt: skip


def test_events_form_a_chain(store: Store) -> None:
    for count in (1, 2, 1, 2):
        store.commit(register(parcels(count)), event())
    events = store.events()
    assert events["prev"].tolist() == ["", *events["digest"].tolist()[:-1]]
    assert events["uid"].is_unique


def test_uid_comes_of_content_so_that_a_retry_is_the_same(
    store: Store, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from landinv.store import open_store
    from tests.store.registers import COUNTY

    store.commit(register(), event())
    other = open_store(tmp_path_factory.mktemp("other") / "b.gpkg", county=COUNTY)
    other.commit(register(), event("2022-10-10T09:00:00"))
    assert store.events()["uid"].tolist() == other.events()["uid"].tolist()


def test_history_tells_what_changed_from_what_to_what(store: Store) -> None:
    store.commit(register(), event())
    store.commit(register(parcels(holder=["甲", None, None])), event())
    store.commit(register(parcels(holder=["乙", None, None]).iloc[1:]), event())
    history = store.history(P1)
    assert history["batch"].tolist() == [1, 2, 3]
    assert history["action"].tolist() == ["added", "changed", "removed"]
    assert (history["before"][1], history["after"][1]) == ({"holder": None}, {"holder": "甲"})
    assert "holder" not in history["after"][0]
    assert history["after"][0]["approval_no"] == "晋政地字〔2019〕1号"
    assert history["before"][2]["holder"] == "甲"
    assert history["before"][2]["geometry"] == square(1).wkb_hex


def test_moved_boundary_keeps_the_old_shape(store: Store) -> None:
    store.commit(register(), event())
    store.commit(
        register(parcels().set_geometry([square(1, 99), square(2), square(3)], crs="EPSG:4525")), event()
    )
    (before,) = store.history(P1)["before"].iloc[1:]
    assert before == {"geometry": square(1).wkb_hex}
    assert len(store.history(P2)) == 1


def test_parcel_that_never_was_has_no_history(store: Store) -> None:
    assert store.history("x").empty
    store.commit(register(), event())
    assert store.history("x").empty


def test_known_parcels_are_the_current_and_the_gone_as_they_last_were(store: Store) -> None:
    store.commit(register(), event())
    store.commit(register(parcels().iloc[1:]), event())
    known = store.known_parcels().set_index("parcel_id")
    assert known["current"].to_dict() == {P2: True, "141127-P00003": True, P1: False}
    assert set(known["family"]) == {"P"}
    assert known.loc[P1, "natural_key"] == "晋政地字〔2019〕1"
    assert known.loc[P1, "geometry"].equals(square(1))


def test_gone_number_comes_back_to_its_land_and_is_never_given_to_other_land(store: Store) -> None:
    store.commit(register(parcels(1)), event())
    store.commit(register(parcels(1).iloc[:0]), event())
    new = parcels(2).assign(family="P").set_geometry([square(8), square(1)], crs="EPSG:4525")
    ids = assign_parcel_ids(new, store.known_parcels(), county_code="141127").ids
    assert ids.tolist() == [P2, P1]


def test_lineage_is_kept_with_its_batch(store: Store) -> None:
    store.commit(register(), event())
    rows = pd.DataFrame({"parent_id": [P1], "child_id": ["141127-P00004"], "overlap_m2": [5000.0]})
    store.commit(register(parcels(4)), event(), descent=Descent(rows))
    assert store.lineage().to_dict("records") == [{"batch": 2, **rows.to_dict("records")[0]}]
    assert store.verify().empty
