from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from landinv.store import Store
from tests.store.registers import event, parcels, register, square


def edited(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        # The triggers call functions this connection has not.
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        triggers = connection.execute(query).fetchall()
        for name, _sql in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        for _name, sql in triggers:
            connection.execute(sql)


def two_batches(store: Store) -> None:
    store.commit(register(), event())
    store.commit(register(parcels(holder=["甲", None, None])), event())


@pytest.mark.parametrize(
    ("statement", "check", "table"),
    [
        ("UPDATE parcels SET area_m2 = area_m2 + 0.01 WHERE fid = 2", "row_sums", "parcels"),
        ("UPDATE parcels SET kind = 'idle' WHERE fid = 2", "row_sums", "parcels"),
        ("UPDATE parcels SET holder = '' WHERE fid = 2", "row_sums", "parcels"),
        ("UPDATE parcels SET geom = zeroblob(150) WHERE fid = 2", "row_sums", "parcels"),
        ("UPDATE approvals SET approval_no = 'x' WHERE fid = 1", "row_sums", "approvals"),
        ("DELETE FROM parcels WHERE fid = 2", "table_sums", "parcels"),
        ("UPDATE shares SET area_m2 = 1 WHERE fid = 1", "row_sums", "shares"),
        ("DELETE FROM findings", "table_sums", "findings"),
        ("UPDATE parcel_history SET before = NULL WHERE batch = 2", "row_sums", "parcel_history"),
        ("DELETE FROM parcel_history WHERE batch = 2", "chain", "events"),
        ("UPDATE events SET reason = 'x' WHERE fid = 1", "chain", "events"),
        ("DELETE FROM events WHERE fid = 1", "foreign_keys", "parcel_history"),
        ("DELETE FROM rtree_parcels_geom WHERE id = 1", "index", "parcels"),
        ("UPDATE rtree_parcels_geom SET maxx = maxx + 50 WHERE id = 1", "index", "parcels"),
        ("UPDATE gpkg_spatial_ref_sys SET definition = 'x' WHERE srs_id = 4525", "table_sums", "gpkg"),
    ],
)
def test_each_kind_of_damage_is_found(
    store: Store, path: Path, statement: str, check: str, table: str
) -> None:
    two_batches(store)
    assert store.verify().empty
    edited(path, statement)
    found = store.verify()
    assert ((found["check"] == check) & (found["table"] == table)).any(), found.to_string()


def test_damaged_row_is_named_by_parcel(store: Store, path: Path) -> None:
    two_batches(store)
    edited(path, "UPDATE parcels SET holder = '乙' WHERE fid = 3")
    assert store.verify()["row"].tolist() == ["141127-P00003"]


def test_text_that_is_no_text_is_found(store: Store, path: Path) -> None:
    two_batches(store)
    edited(path, "UPDATE parcels SET holder = CAST(x'ff41' AS TEXT) WHERE fid = 1")
    assert store.verify()["row"].tolist() == ["141127-P00001"]


def test_flipped_bytes_of_parcels_are_found(store: Store, path: Path) -> None:
    two_batches(store)
    sound = path.read_bytes()
    places = [sound.index(text.encode()) for text in ("晋政地字〔2019〕1号",)]
    places.append(sound.index(square(2).wkb[-40:]) + 20)
    chance = random.Random(1)
    for place in places * 3:
        bad = bytearray(sound)
        bad[place + chance.randrange(8)] ^= 1 << chance.randrange(8)
        path.write_bytes(bad)
        assert not store.verify().empty
    path.write_bytes(sound)
    assert store.verify().empty


def test_file_cut_short_is_a_problem_not_a_traceback(store: Store, path: Path) -> None:
    two_batches(store)
    sound = path.read_bytes()
    for length in (100, 4096, len(sound) // 2, len(sound) - 4096):
        path.write_bytes(sound[:length])
        assert not store.verify().empty
