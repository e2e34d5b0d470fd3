from __future__ import annotations

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from landinv.store.gpkg.rounding import as_kept
from landinv.store.gpkg.rtree_bulk import can_fill, fill


def trees(count: int) -> tuple[sqlite3.Connection, list[tuple[float, ...]]]:
    """An R-tree filled at once and one filled entry by entry, of the same boxes."""
    chance = np.random.default_rng(count)
    x, y = 37_500_000 + chance.random(count) * 60_000, 4_200_000 + chance.random(count) * 60_000
    width, height = chance.random(count) * 300, chance.random(count) * 300
    boxes = zip(
        range(1, count + 1), x.tolist(), (x + width).tolist(), y.tolist(), (y + height).tolist(), strict=True
    )
    rows = list(boxes)
    connection = sqlite3.connect(":memory:")
    for name in ("bulk", "usual"):
        connection.execute(f"CREATE VIRTUAL TABLE {name} USING rtree(id, minx, maxx, miny, maxy)")
    connection.executemany("INSERT INTO usual VALUES (?, ?, ?, ?, ?)", rows)
    assert can_fill(connection, "bulk")
    fill(connection, "bulk", rows=rows)
    return connection, rows


@pytest.mark.parametrize("count", [1, 51, 52, 700, 6000])
def test_tree_filled_at_once_answers_as_one_filled_entry_by_entry(count: int) -> None:
    connection, rows = trees(count)
    with closing(connection):
        assert connection.execute("SELECT rtreecheck('bulk')").fetchone() == ("ok",)
        bulk, usual = (
            connection.execute(f"SELECT * FROM {name} ORDER BY id").fetchall() for name in ("bulk", "usual")
        )
        assert bulk == usual
        window = "WHERE minx < 37520000 AND maxx > 37510000 AND miny < 4230000 AND maxy > 4210000 ORDER BY id"
        asked = [connection.execute(f"SELECT id FROM {n} {window}").fetchall() for n in ("bulk", "usual")]
        assert asked[0] == asked[1]
        # Later changes go through SQLite.
        for name in ("bulk", "usual"):
            connection.execute(f"DELETE FROM {name} WHERE id % 3 = 0")
            connection.executemany(
                f"INSERT INTO {name} VALUES (?, ?, ?, ?, ?)", [(r[0] + 10_000, *r[1:]) for r in rows]
            )
        assert connection.execute("SELECT rtreecheck('bulk')").fetchone() == ("ok",)
        counts = [connection.execute(f"SELECT count(*) FROM {n}").fetchone() for n in ("bulk", "usual")]
        assert counts[0] == counts[1]


def test_rounding_is_that_of_sqlite() -> None:
    chance = np.random.default_rng(7)
    low = np.column_stack([chance.uniform(-5e7, 5e7, 500), chance.uniform(-5e6, 5e6, 500)])
    boxes = np.column_stack([low[:, 0], low[:, 0] + 9, low[:, 1], low[:, 1] + 9])
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE VIRTUAL TABLE t USING rtree(id, minx, maxx, miny, maxy)")
        connection.executemany(
            "INSERT INTO t VALUES (?, ?, ?, ?, ?)", [(n, *box) for n, box in enumerate(boxes.tolist())]
        )
        kept = connection.execute("SELECT minx, maxx, miny, maxy FROM t ORDER BY id").fetchall()
    assert np.array_equal(np.array(kept), as_kept(boxes))
