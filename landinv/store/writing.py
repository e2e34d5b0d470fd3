"""Rows written into layers and tables, with their sums, their spatial index, and their place in the log."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from landinv.store.columns import FID, GEOM, ROWSUM
from landinv.store.gpkg.rtree import create_triggers, drop_triggers, index_rows, unindex_rows
from landinv.store.gpkg.tables import add_columns, quoted, retype_columns
from landinv.store.log import Entry, write_log
from landinv.store.plan import Put, TablePlan, row_boxes
from landinv.store.state import FEATURE_TABLES


def write_table(connection: sqlite3.Connection, plan: TablePlan, *, batch: int) -> list[str]:
    """Do what a plan says, and log it; gives the sums of the log's entries."""
    retype_columns(connection, plan.table, names=plan.retyped, kinds=plan.kinds)
    add_columns(connection, plan.table, kinds=plan.new_columns)
    first = _next_fid(connection, plan.table)
    inserts = [
        put if put.fid is not None else Put(first + n, put.row, put.total)
        for n, put in enumerate(plan.inserts)
    ]
    write_rows(connection, plan, inserts=inserts, updates=plan.updates, deletes=plan.deletes)
    put = [(put.fid or 0, put.row) for put in (*plan.updates, *inserts)]
    return write_log(connection, plan.table, batch=batch, entry=Entry(plan.kinds, put, plan.deletes))


def write_rows(
    connection: sqlite3.Connection,
    plan: TablePlan,
    *,
    inserts: Sequence[Put],
    updates: Sequence[Put],
    deletes: Sequence[int],
) -> None:
    """Delete, insert and replace rows, and bring the spatial index along."""
    is_layer = plan.table in FEATURE_TABLES
    if is_layer:
        # Our connection has no ST_ functions for the triggers to call; the index is written here instead.
        drop_triggers(connection, plan.table)
    connection.executemany(f"DELETE FROM {plan.table} WHERE {FID} = ?", [(fid,) for fid in deletes])
    names = [FID, *([GEOM] if is_layer else []), *(quoted(name) for name in plan.kinds), ROWSUM]
    marks = ", ".join("?" * len(names))
    connection.executemany(
        f"INSERT INTO {plan.table} ({', '.join(names)}) VALUES ({marks})",
        ((put.fid, *put.row, put.total) for put in inserts),
    )
    settings = ", ".join(f"{name} = ?" for name in names[1:])
    connection.executemany(
        f"UPDATE {plan.table} SET {settings} WHERE {FID} = ?",
        ((*put.row, put.total, put.fid) for put in updates),
    )
    if is_layer:
        unindex_rows(connection, plan.table, fids=[*deletes, *_fids(updates)])
        index_rows(connection, plan.table, rows=row_boxes([*inserts, *updates]))
        create_triggers(connection, plan.table)


def _fids(puts: Sequence[Put]) -> list[int]:
    return [put.fid for put in puts if put.fid is not None]


def _next_fid(connection: sqlite3.Connection, table: str) -> int:
    row: Any = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return int(row[0]) + 1 if row else 1
