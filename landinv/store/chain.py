"""The chain of batches: what each contained, which one it follows, and sums of whole tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from landinv.store.columns import FID, GEOM, ROWSUM
from landinv.store.gpkg.tables import declared_kinds, read_rows
from landinv.store.state import ADDED, ATTRIBUTE_TABLES, CHANGED, FEATURE_TABLES, REMOVED, Event
from landinv.store.sums import joint_sum, row_sum, to_json

EVENT_COLUMNS: Final = (
    "uid", "at", "actor", "command", "reason", "as_of", "sources", "n_added", "n_removed", "n_changed",
    "tables", "content", "prev",
)  # fmt: skip
DESCRIPTION: Final = "gpkg"
# What QGIS may rightly change (time, extent) and tables of its own are left out.
_DESCRIPTIONS: Final = (
    "SELECT table_name, data_type, identifier, srs_id FROM gpkg_contents WHERE table_name IN ({ours}) ORDER BY 1",
    "SELECT table_name, column_name, geometry_type_name, srs_id, z, m FROM gpkg_geometry_columns"
    " WHERE table_name IN ({ours}) ORDER BY 1",
    "SELECT table_name, column_name, name, title, description FROM gpkg_data_columns"
    " WHERE table_name IN ({ours}) ORDER BY 1, 2",
    "SELECT srs_id, organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys"
    " WHERE srs_id IN (SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = 'parcels')",
)


@dataclass(frozen=True)
class Link:
    """A batch in its chain: number, the digest it ends with (the one before it, while it is being written), content."""

    batch: int
    digest: str
    content: str = ""


def head(connection: sqlite3.Connection) -> Link:
    """The last batch; number 0 and an empty digest where there is none."""
    row = connection.execute(f"SELECT {FID}, digest FROM events ORDER BY {FID} DESC LIMIT 1").fetchone()
    return Link(int(row[0]), str(row[1])) if row else Link(0, "")


def table_sum(connection: sqlite3.Connection, table: str) -> dict[str, Any]:
    """Rows of a table and the sum over them: of layers over the stored row sums, of tables over the rows in order."""
    if table == DESCRIPTION:
        ours = ", ".join(
            f"'{name}'" for name in (*FEATURE_TABLES, *ATTRIBUTE_TABLES, "events", "parcel_history")
        )
        rows = [row for query in _DESCRIPTIONS for row in connection.execute(query.format(ours=ours))]
        return {"rows": len(rows), "sum": joint_sum(row_sum(row) for row in rows)}
    if table in FEATURE_TABLES:
        sums = [str(s) for (s,) in connection.execute(f"SELECT {ROWSUM} FROM {table} ORDER BY {ROWSUM}")]
        return {"rows": len(sums), "sum": joint_sum(sums)}
    kinds = declared_kinds(connection, table)
    sums = [row_sum(row) for row in read_rows(connection, table, columns=kinds)]
    return {"rows": len(sums), "sum": joint_sum(sums)}


def table_sums(connection: sqlite3.Connection, tables: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Sums of the named tables, and of what the file says about itself."""
    return {table: table_sum(connection, table) for table in (*tables, DESCRIPTION)}


def batch_content(sums: Mapping[str, Any], history: Iterable[str]) -> str:
    """Digest of what a batch contained: the sums of the tables it left, and of the history rows it wrote."""
    return joint_sum([to_json(dict(sums)), *history])


def close_batch(
    connection: sqlite3.Connection,
    event: Event,
    *,
    counts: Mapping[str, int],
    sums: Mapping[str, Any],
    link: Link,
) -> None:
    """Write the event of a batch; its digest covers every field and the digest before it.

    The uid comes of content, so a retry of the same change upon the same store has the same one.
    """
    uid = joint_sum([link.digest, link.content, event.command, event.as_of, event.reason])
    values = (
        uid, event.at, event.actor, event.command, event.reason, event.as_of, to_json(dict(event.sources)),
        counts[ADDED], counts[REMOVED], counts[CHANGED], to_json(dict(sums)), link.content, link.digest,
    )  # fmt: skip
    columns = ", ".join((FID, *EVENT_COLUMNS, "digest"))
    connection.execute(
        f"INSERT INTO events ({columns}) VALUES ({', '.join('?' * (len(values) + 2))})",
        (link.batch, *values, batch_digest(link.batch, values)),
    )


def batch_digest(batch: int, values: Iterable[Any]) -> str:
    """Digest of a batch's number and the values of :data:`EVENT_COLUMNS`."""
    return row_sum((batch, *values))


def stored_row_sums(connection: sqlite3.Connection, table: str) -> list[tuple[int, str | None, str]]:
    """Fid, stored sum and true sum of each row of a layer or of the history."""
    kinds = list(declared_kinds(connection, table))
    is_layer = table in FEATURE_TABLES
    rows = read_rows(connection, table, columns=[FID, ROWSUM, GEOM if is_layer else FID, *kinds])
    return [(row[0], row[1], row_sum(row[3:], row[2] if is_layer else None)) for row in rows]
