"""A store of version 1 is read as it is, and brought along with a copy kept first."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from landinv.errors import SourceMissingError
from landinv.store import Store, open_store
from landinv.store.chain import EVENT_COLUMNS, batch_content, batch_digest
from landinv.store.sums import joint_sum, row_sum, to_json
from tests.store.registers import COUNTY, event, parcels, register
from tests.store.test_log import contents

P1 = "141127-P00001"


def made_older(path: Path) -> None:
    """Take from a store what version 2 added, sums and chain as version 1 had them."""
    with closing(sqlite3.connect(path)) as c, c:
        for table in ("row_log", "corrections", "layer_styles"):
            c.execute(f"DROP TABLE {table}")
            c.execute("DELETE FROM gpkg_contents WHERE table_name = ?", (table,))
        for table in ("findings", "shares", "links"):
            c.execute(f"ALTER TABLE {table} DROP COLUMN rowsum")
        c.execute("ALTER TABLE parcel_history DROP COLUMN fate")
        c.execute("DELETE FROM gpkg_data_columns WHERE table_name <> 'parcels'")
        c.execute("DELETE FROM meta WHERE key = 'change_counter'")
        c.execute("UPDATE meta SET value = '1' WHERE key = 'schema_version'")
        for fid, *values in c.execute(
            "SELECT fid, parcel_id, batch, action, before, after, after_sum FROM parcel_history"
        ).fetchall():
            c.execute("UPDATE parcel_history SET rowsum = ? WHERE fid = ?", (row_sum(values), fid))
        _chain_as_before(c)


def _chain_as_before(c: sqlite3.Connection) -> None:
    sums = {}
    for table in ("parcels", "approvals", "supplies", "slivers"):
        totals = [s for (s,) in c.execute(f"SELECT rowsum FROM {table} ORDER BY rowsum")]
        sums[table] = {"rows": len(totals), "sum": joint_sum(totals)}
    for table in ("findings", "shares", "links"):
        rows = [row_sum(row[1:]) for row in c.execute(f"SELECT * FROM {table} ORDER BY fid")]
        sums[table] = {"rows": len(rows), "sum": joint_sum(rows)}
    previous = ""
    columns = ", ".join(EVENT_COLUMNS)
    for batch, *values in c.execute(f"SELECT fid, {columns} FROM events ORDER BY fid").fetchall():
        told = dict(zip(EVENT_COLUMNS, values, strict=True))
        history = [
            s
            for (s,) in c.execute("SELECT rowsum FROM parcel_history WHERE batch = ? ORDER BY fid", (batch,))
        ]
        told |= {"tables": to_json(sums), "content": batch_content(sums, history), "prev": previous}
        previous = batch_digest(batch, tuple(told.values()))
        c.execute(
            "UPDATE events SET tables = ?, content = ?, prev = ?, digest = ? WHERE fid = ?",
            (told["tables"], told["content"], told["prev"], previous, batch),
        )


@pytest.fixture
def older(store: Store, path: Path) -> Store:
    store.commit(register(), event())
    store.commit(register(parcels(holder=["甲", None, None])), event())
    made_older(path)
    return open_store(path, county=COUNTY, timeout_s=0.2)


def test_older_store_is_read_and_left_as_it_is(older: Store, path: Path) -> None:
    before = path.read_bytes()
    assert older.verify().empty, older.verify().to_string()
    state = older.read_state()
    assert state is not None
    assert state.parcels["holder"].fillna("").tolist() == ["甲", "", ""]
    assert state.corrections.empty
    assert older.history(P1)["action"].tolist() == ["added", "changed"]
    assert older.known_corrections().empty
    assert older.edits().empty
    assert path.read_bytes() == before


def test_older_store_is_brought_along_with_a_copy_kept(older: Store, path: Path) -> None:
    before = path.read_bytes()
    state = older.read_state()
    assert older.commit(register(parcels(4)), event(actor="示例乙")).changed == 1
    assert older.verify().empty, older.verify().to_string()
    assert older.events()["command"].tolist() == ["run", "run", "migrate", "run"]
    copy = path.with_name(f"{path.stem}_v1{path.suffix}")
    assert contents(open_store(copy, county=COUNTY).read_state()) == contents(state)
    assert contents(older.state_after(3)) == contents(state)
    with closing(sqlite3.connect(path)) as c:
        assert c.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone() == ("2",)
    assert before[:16] == path.read_bytes()[:16]
    assert not list(path.parent.glob("*_v1_2*"))


def test_what_was_before_the_migration_is_told_of_parcels_only(older: Store) -> None:
    older.commit(register(parcels(4)), event())
    with pytest.raises(SourceMissingError, match="since batch 3"):
        older.state_after(2)
    assert older.history(P1)["batch"].tolist() == [1, 2, 4]


def test_nothing_new_leaves_the_older_store(older: Store, path: Path) -> None:
    state = older.read_state()
    assert state is not None
    before = json.dumps(contents(state), ensure_ascii=False)
    done = older.commit(state, event())
    assert json.dumps(contents(older.read_state()), ensure_ascii=False) == before
    assert not done.written
