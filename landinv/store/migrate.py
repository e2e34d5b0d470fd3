"""Older stores brought to this version's form, in the transaction of the first change that is written to them."""

from __future__ import annotations

import sqlite3
from typing import Final

from landinv.model.corrections import no_corrections
from landinv.store.chain import Written, head, record_sum, state_sum, stored_row_sums
from landinv.store.columns import FID, GEOM, ROWSUM, column_kinds
from landinv.store.commit import close, utc_stamp
from landinv.store.gpkg.aliases import RECORDS, describe_columns
from landinv.store.gpkg.schema import FINDING_HISTORY, SCHEMA_VERSION, create_finding_history, create_row_log
from landinv.store.gpkg.styles import create_styles
from landinv.store.gpkg.tables import create_table, declared_kinds, mark_changed, read_rows
from landinv.store.log import Entry, write_log
from landinv.store.state import ADDED, ATTRIBUTE_TABLES, CHANGED, FEATURE_TABLES, REMOVED, STATE_TABLES, Event

COMMAND: Final = "migrate"


def migrate(connection: sqlite3.Connection, *, by: Event) -> None:
    """Bring a store of version 1 to version 2, as an event of its own; within the caller's transaction.

    Version 2 keeps a log of all rows, sums on the rows of every table, the fate of each number, corrections, styles,
    and titles of all columns. What was changed before it can be read of parcels only.
    """
    last = head(connection)
    batch, at = last.batch + 1, utc_stamp(by.at)
    connection.execute("ALTER TABLE parcel_history ADD COLUMN fate TEXT")
    connection.execute("DROP INDEX IF EXISTS parcel_history_batch")
    create_finding_history(connection, at=at)
    create_row_log(connection, at=at)
    for table in ATTRIBUTE_TABLES:
        if declared_kinds(connection, table):
            _add_sums(connection, table)
    kinds = column_kinds("corrections", no_corrections(), declared={})
    create_table(connection, "corrections", kinds=kinds, srs_id=0, at=at)
    for table in (*FEATURE_TABLES, *ATTRIBUTE_TABLES, *RECORDS):
        describe_columns(connection, table, list(declared_kinds(connection, table)))
    create_styles(connection, at=at)
    rows = [s for table in STATE_TABLES for s in _log_whole(connection, table, batch=batch)]
    connection.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", (SCHEMA_VERSION,))
    connection.execute("INSERT OR IGNORE INTO meta (key, value) VALUES ('change_counter', '')")
    mark_changed(connection, ["events", "row_log", "meta"], at=at)
    event = Event(
        at=by.at, actor=by.actor, command=COMMAND, reason=f"schema {SCHEMA_VERSION}", as_of=by.as_of
    )
    sums = {table: state_sum(connection, table) for table in STATE_TABLES}
    sums |= {table: record_sum(connection, table) for table in ("lineage", FINDING_HISTORY)}
    close(connection, event, last=last, written=Written(sums, rows, {ADDED: 0, REMOVED: 0, CHANGED: 0}))


def _add_sums(connection: sqlite3.Connection, table: str) -> None:
    connection.execute(f"ALTER TABLE {table} ADD COLUMN {ROWSUM} TEXT")
    sums = [(true, fid) for fid, _stored, true in stored_row_sums(connection, table)]
    connection.executemany(f"UPDATE {table} SET {ROWSUM} = ? WHERE {FID} = ?", sums)


def _log_whole(connection: sqlite3.Connection, table: str, *, batch: int) -> list[str]:
    kinds = declared_kinds(connection, table)
    own = [FID, GEOM] if table in FEATURE_TABLES else [FID]
    rows = read_rows(connection, table, columns=[*own, *kinds])
    return write_log(connection, table, batch=batch, entry=Entry(kinds, [(row[0], row[1:]) for row in rows]))
