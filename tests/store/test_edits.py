"""What other programs did to the store is named, and can be taken back to the byte."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from landinv.errors import StoreEditedError
from landinv.store import Store
from tests.store.registers import event, parcels, register, square
from tests.store.test_log import contents
from tests.store.test_verify import edited, two_batches

P3 = "141127-P00003"


def test_edit_is_told_with_what_was_recorded_and_what_is_found(store: Store, path: Path) -> None:
    two_batches(store)
    edited(
        path,
        "UPDATE parcels SET holder = '乙', area_m2 = 7 WHERE fid = 3",
        "DELETE FROM shares WHERE fid = 1",
    )
    told = store.edits()
    assert told[["table", "row", "what", "column", "found"]].values.tolist() == [
        ["parcels", P3, "changed", "area_m2", 7.0],
        ["parcels", P3, "changed", "holder", "乙"],
        ["shares", "141127-P00001", "removed", "", None],
    ]
    assert told["recorded"].tolist()[1] is None


def test_sound_store_has_no_edits(store: Store) -> None:
    assert store.edits().empty
    two_batches(store)
    assert store.edits().empty


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE parcels SET holder = '乙' WHERE fid = 3",
        "UPDATE parcels SET geom = (SELECT geom FROM parcels WHERE fid = 1) WHERE fid = 3",
        "UPDATE parcels SET geom = zeroblob(150) WHERE fid = 3",
        "UPDATE parcels SET holder = CAST(x'ff41' AS TEXT) WHERE fid = 3",
        "UPDATE parcels SET fid = 77 WHERE fid = 3",
        "UPDATE parcels SET rowsum = 'x' WHERE fid = 3",
        "DELETE FROM parcels WHERE fid < 3",
        "INSERT INTO parcels (parcel_id) VALUES ('141127-P00099')",
        "DELETE FROM rtree_parcels_geom WHERE id = 1",
        "UPDATE findings SET message = '别的'",
        "INSERT INTO shares (parcel_id) VALUES ('141127-P00001')",
        "ALTER TABLE parcels ADD COLUMN memo TEXT",
        "ALTER TABLE parcels DROP COLUMN holder",
        "UPDATE gpkg_spatial_ref_sys SET definition = 'x' WHERE srs_id = 4525",
        "UPDATE gpkg_data_columns SET title = 'x' WHERE table_name = 'parcels'",
    ],
)
def test_every_edit_is_found_and_taken_back(store: Store, path: Path, statement: str) -> None:
    two_batches(store)
    before = contents(store.read_state())
    edited(path, statement)
    assert not store.verify().empty
    store.commit_instead_of_edits(store.recorded_state(), event(command="check --store --undo"))
    assert store.verify().empty, store.verify().to_string()
    assert contents(store.read_state()) == before
    assert store.events()["command"].iloc[-1] == "check --store --undo"


def test_store_that_was_edited_is_not_built_upon(store: Store, path: Path) -> None:
    two_batches(store)
    edited(path, "UPDATE shares SET code = '1' WHERE fid = 1")
    for attempt in (store.refuse_edits, lambda: store.commit(register(parcels(4)), event())):
        with pytest.raises(StoreEditedError, match="shares") as caught:
            attempt()
    assert "--adopt" in caught.value.hint
    assert len(store.events()) == 2


def test_program_that_only_opened_the_store_does_not_hinder(store: Store, path: Path) -> None:
    two_batches(store)
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE qgis_projects (name TEXT)")
    store.refuse_edits()
    assert store.commit(register(parcels(4)), event()).added == 1
    assert store.verify().empty


def test_nobody_writing_in_between_is_seen_without_reading_the_rows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_batches(store)

    def never(*_given: object) -> None:
        raise AssertionError("the rows were read")

    monkeypatch.setattr("landinv.store.geopackage.refuse_edits", never)
    assert store.commit(register(parcels(4)), event()).written
    assert store.commit(register(parcels(5)), event()).written


def test_store_in_wal_mode_is_read_row_by_row(store: Store, path: Path) -> None:
    two_batches(store)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
    store.commit(register(parcels(4)), event())
    edited(path, "UPDATE parcels SET holder = '丁' WHERE fid = 1")
    with pytest.raises(StoreEditedError):
        store.commit(register(parcels(5)), event())


def test_shape_is_told_as_blob(store: Store, path: Path) -> None:
    from landinv.store import shape_of

    two_batches(store)
    edited(path, "UPDATE parcels SET geom = (SELECT geom FROM parcels WHERE fid = 1) WHERE fid = 3")
    (row,) = store.edits().to_dict("records")
    recorded, found = (shape_of(row[side]) for side in ("recorded", "found"))
    assert recorded is not None
    assert found is not None
    assert recorded.equals(square(3))
    assert found.equals(square(1))
