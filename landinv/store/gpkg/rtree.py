"""The spatial index of a layer, and the triggers that keep it right when QGIS edits (OGC 12-128r18, annex F.3)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from landinv.store.columns import FID, GEOM
from landinv.store.gpkg.geometry import boxes, from_blobs
from landinv.store.gpkg.rtree_bulk import can_fill, fill

EXTENSION: Final = "http://www.geopackage.org/spec120/#extension_rtree"
_MANY: Final = 200
_HAS_SHAPE: Final = f"NEW.{GEOM} NOT NULL AND NOT ST_IsEmpty(NEW.{GEOM})"
_NO_SHAPE: Final = f"NEW.{GEOM} IS NULL OR ST_IsEmpty(NEW.{GEOM})"
_PUT: Final = (
    "INSERT OR REPLACE INTO {index} VALUES (NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom),"
    " ST_MinY(NEW.geom), ST_MaxY(NEW.geom));"
)
_TRIGGERS: Final = {
    "insert": f"AFTER INSERT ON {{table}} WHEN ({_HAS_SHAPE}) BEGIN {_PUT} END",
    "update1": f"AFTER UPDATE OF {GEOM} ON {{table}} WHEN OLD.{FID} = NEW.{FID} AND ({_HAS_SHAPE}) BEGIN {_PUT} END",
    "update2": (
        f"AFTER UPDATE OF {GEOM} ON {{table}} WHEN OLD.{FID} = NEW.{FID} AND ({_NO_SHAPE})"
        f" BEGIN DELETE FROM {{index}} WHERE id = OLD.{FID}; END"
    ),
    "update3": (
        f"AFTER UPDATE ON {{table}} WHEN OLD.{FID} != NEW.{FID} AND ({_HAS_SHAPE})"
        f" BEGIN DELETE FROM {{index}} WHERE id = OLD.{FID}; {_PUT} END"
    ),
    "update4": (
        f"AFTER UPDATE ON {{table}} WHEN OLD.{FID} != NEW.{FID} AND ({_NO_SHAPE})"
        f" BEGIN DELETE FROM {{index}} WHERE id IN (OLD.{FID}, NEW.{FID}); END"
    ),
    "delete": (
        f"AFTER DELETE ON {{table}} WHEN OLD.{GEOM} NOT NULL BEGIN DELETE FROM {{index}} WHERE id = OLD.{FID}; END"
    ),
}


def index_name(table: str) -> str:
    """Name of a layer's R-tree."""
    return f"rtree_{table}_{GEOM}"


def create_index(connection: sqlite3.Connection, table: str) -> None:
    """Make an empty R-tree and register it; the triggers come with :func:`create_triggers`."""
    connection.execute(f"CREATE VIRTUAL TABLE {index_name(table)} USING rtree(id, minx, maxx, miny, maxy)")
    connection.execute(
        "INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope)"
        " VALUES (?, ?, 'gpkg_rtree_index', ?, 'write-only')",
        (table, GEOM, EXTENSION),
    )


def create_triggers(connection: sqlite3.Connection, table: str) -> None:
    """Put the standard's triggers in place."""
    index = index_name(table)
    for name, body in _TRIGGERS.items():
        connection.execute(f"CREATE TRIGGER {index}_{name} {body.format(table=table, index=index)}")


def drop_triggers(connection: sqlite3.Connection, table: str) -> None:
    """Take every trigger on the layer's index away, those of other versions of the standard too.

    They call ST_ functions, which this connection has not; within the transaction their absence is seen by nobody.
    """
    pattern = f"{index_name(table)}_%"
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ? AND name LIKE ?",
        (table, pattern),
    ).fetchall()
    for (name,) in names:
        connection.execute(f'DROP TRIGGER "{name}"')


def index_rows(connection: sqlite3.Connection, table: str, *, rows: Sequence[Sequence[Any]]) -> None:
    """Enter boxes (fid, minx, maxx, miny, maxy); an entry of the same fid is replaced."""
    if len(rows) >= _MANY and can_fill(connection, index_name(table)):
        fill(connection, index_name(table), rows=rows)
        return
    connection.executemany(f"INSERT OR REPLACE INTO {index_name(table)} VALUES (?, ?, ?, ?, ?)", rows)


def unindex_rows(connection: sqlite3.Connection, table: str, *, fids: Sequence[int]) -> None:
    """Take entries away."""
    connection.executemany(f"DELETE FROM {index_name(table)} WHERE id = ?", [(fid,) for fid in fids])


def fill_index(connection: sqlite3.Connection, table: str) -> None:
    """Make the entries anew from the shapes as they stand."""
    rows = connection.execute(
        f"SELECT {FID}, {GEOM} FROM {table} WHERE {GEOM} NOT NULL ORDER BY {FID}"
    ).fetchall()
    connection.execute(f"DELETE FROM {index_name(table)}")
    true = boxes(from_blobs([blob for _fid, blob in rows], layer=table)).tolist()
    index_rows(connection, table, rows=[(fid, *box) for (fid, _b), box in zip(rows, true, strict=True)])
