"""The chain of batches: what each contained, which one it follows, and sums of whole tables."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from landinv.store.columns import FID, GEOM, ROWSUM
from landinv.store.gpkg.descriptions import DESCRIPTIONS
from landinv.store.gpkg.tables import declared_kinds, read_rows
from landinv.store.state import ADDED, CHANGED, FEATURE_TABLES, REMOVED, STATE_TABLES, Event
from landinv.store.sums import joint_sum, row_sum, row_sums, to_json, total_of

EVENT_COLUMNS: Final = (
    "uid", "at", "actor", "command", "reason", "as_of", "sources", "n_added", "n_removed", "n_changed",
    "tables", "content", "prev",
)  # fmt: skip
TOTAL: Final = "total"
SUM: Final = "sum"
FIDS: Final = "fids"


@dataclass(frozen=True)
class Link:
    """A batch in its chain: its number, and the digest it ends with."""

    batch: int
    digest: str


@dataclass(frozen=True)
class Written:
    """What a batch wrote: sums of the tables it touched, sums of its history and log rows, counts of parcels."""

    sums: Mapping[str, Any]
    rows: Sequence[str]
    counts: Mapping[str, int]


def head(connection: sqlite3.Connection) -> Link:
    """The last batch; number 0 and an empty digest where there is none."""
    row = connection.execute(f"SELECT {FID}, digest FROM events ORDER BY {FID} DESC LIMIT 1").fetchone()
    return Link(int(row[0]), str(row[1])) if row else Link(0, "")


def last_sums(connection: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    """The sums each table was left with by the last batch that touched it."""
    latest: dict[str, dict[str, Any]] = {}
    for (tables,) in connection.execute(f"SELECT tables FROM events ORDER BY {FID}").fetchall():
        latest.update(json.loads(tables))
    return latest


def state_sum(connection: sqlite3.Connection, table: str) -> dict[str, Any]:
    """Rows of a layer or table of the state, and the total of their stored sums as 32 hexadecimal digits."""
    sums = [str(s) for (s,) in connection.execute(f"SELECT {ROWSUM} FROM {table}")]
    total = f"{total_of(s for s in sums if len(s) == 32):032x}"
    return {"rows": len(sums), TOTAL: total, FIDS: fid_sum(connection, table)}


def fid_sum(connection: sqlite3.Connection, table: str) -> int:
    """Sum of the fids of a table, which tells that rows still stand under their numbers."""
    (total,) = connection.execute(f"SELECT sum({FID}) FROM {table}").fetchone()
    return int(total or 0)


def record_sum(connection: sqlite3.Connection, table: str) -> dict[str, Any]:
    """Rows of a record (lineage, finding_history), or of what the file says about itself, and their joint sum."""
    describe: Callable[[sqlite3.Connection], Iterable[tuple[Any, ...]]] | None = DESCRIPTIONS.get(table)
    if describe:
        rows: Iterable[tuple[Any, ...]] = describe(connection)
    else:
        rows = read_rows(connection, table, columns=declared_kinds(connection, table))
    sums = row_sums(list(rows), with_blob=False)
    return {"rows": len(sums), SUM: joint_sum(sums)}


def found_sum(connection: sqlite3.Connection, table: str, *, expected: Mapping[str, Any]) -> dict[str, Any]:
    """What a table adds up to now, in the form in which its sum was kept."""
    if TOTAL in expected:
        return state_sum(connection, table)
    if table in FEATURE_TABLES:
        sums = [str(s) for (s,) in connection.execute(f"SELECT {ROWSUM} FROM {table} ORDER BY {ROWSUM}")]
        return {"rows": len(sums), SUM: joint_sum(sums)}
    return record_sum(connection, table)


def description_sums(connection: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    """Sums of what the file says about itself."""
    return {name: record_sum(connection, name) for name in DESCRIPTIONS}


def batch_content(sums: Mapping[str, Any], rows: Iterable[str]) -> str:
    """Digest of what a batch contained: the sums of the tables it left, and of the history and log rows it wrote."""
    return joint_sum([to_json(dict(sums)), *rows])


def close_batch(
    connection: sqlite3.Connection,
    event: Event,
    *,
    last: Link,
    written: Written,
) -> Link:
    """Write the event of the batch that follows on ``last``; its digest covers every field and the digest before it.

    The uid comes of content and not of times, so a retry of the same change upon the same store has the same one.
    """
    sums, rows, counts = written.sums, written.rows, written.counts
    told = batch_content({name: s for name, s in sums.items() if name not in DESCRIPTIONS}, rows)
    uid = joint_sum([last.digest, told, event.command, event.as_of, event.reason])
    values = (
        uid, event.at, event.actor, event.command, event.reason, event.as_of, to_json(dict(event.sources)),
        counts[ADDED], counts[REMOVED], counts[CHANGED], to_json(dict(sums)), batch_content(sums, rows), last.digest,
    )  # fmt: skip
    link = Link(last.batch + 1, batch_digest(last.batch + 1, values))
    columns = ", ".join((FID, *EVENT_COLUMNS, "digest"))
    connection.execute(
        f"INSERT INTO events ({columns}) VALUES ({', '.join('?' * (len(values) + 2))})",
        (link.batch, *values, link.digest),
    )
    return link


def batch_digest(batch: int, values: Iterable[Any]) -> str:
    """Digest of a batch's number and the values of :data:`EVENT_COLUMNS`."""
    return row_sum((batch, *values))


def stored_row_sums(connection: sqlite3.Connection, table: str) -> list[tuple[int, str | None, str]]:
    """Fid, stored sum and true sum of each row of a layer, a table of the state, or the history."""
    kinds = list(declared_kinds(connection, table))
    is_layer = table in FEATURE_TABLES
    rows = read_rows(connection, table, columns=[FID, ROWSUM, *([GEOM] if is_layer else []), *kinds])
    sums = row_sums([row[2:] for row in rows], with_blob=is_layer)
    return [(row[0], row[1], total) for row, total in zip(rows, sums, strict=True)]


def summed_tables(connection: sqlite3.Connection) -> list[str]:
    """Tables of the state whose rows carry sums; of older stores only the layers."""
    return [t for t in STATE_TABLES if t in FEATURE_TABLES or _has_sums(connection, t)]


def _has_sums(connection: sqlite3.Connection, table: str) -> bool:
    return any(row[1] == ROWSUM for row in connection.execute(f"PRAGMA table_info({table})"))
