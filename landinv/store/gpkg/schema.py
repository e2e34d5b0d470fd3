"""The tables a GeoPackage must have, and the store's own with a fixed shape."""

from __future__ import annotations

import sqlite3
from typing import Final

import pyproj

from landinv.store.gpkg.spatial_ref import insert_spatial_refs

APPLICATION_ID: Final = 0x47504B47  # "GPKG"
GPKG_VERSION: Final = 10300
SCHEMA_VERSION: Final = "2"
OLDER_VERSIONS: Final = ("1",)
RECORD_TABLES: Final = {
    "events": "事件",
    "parcel_history": "地块历史",
    "lineage": "地块沿革",
    "meta": "库信息",
}
FINDING_HISTORY: Final = "finding_history"
ROW_LOG: Final = "row_log"
CHANGE_COUNTER: Final = "change_counter"
_FINDING_HISTORY_TITLE: Final = "问题历史"
_ROW_LOG_TITLE: Final = "逐行日志"
_DATA_COLUMNS: Final = "http://www.geopackage.org/spec121/#extension_schema"

_REQUIRED: Final = """
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL,
  definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT,
  description TEXT, mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT,
  min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
"""
_RECORDS: Final = """
CREATE TABLE meta (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, key TEXT NOT NULL UNIQUE, value TEXT NOT NULL);
CREATE TABLE events (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, uid TEXT NOT NULL UNIQUE, at TEXT NOT NULL,
  actor TEXT NOT NULL, command TEXT NOT NULL, reason TEXT NOT NULL, as_of TEXT NOT NULL, sources TEXT NOT NULL,
  n_added INTEGER NOT NULL, n_removed INTEGER NOT NULL, n_changed INTEGER NOT NULL, tables TEXT NOT NULL,
  content TEXT NOT NULL, prev TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TABLE parcel_history (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, parcel_id TEXT NOT NULL,
  batch INTEGER NOT NULL REFERENCES events(fid) DEFERRABLE INITIALLY DEFERRED, action TEXT NOT NULL,
  before TEXT, after TEXT, after_sum TEXT, fate TEXT, rowsum TEXT NOT NULL);
CREATE INDEX parcel_history_parcel_id ON parcel_history (parcel_id);
CREATE TABLE lineage (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  batch INTEGER NOT NULL REFERENCES events(fid) DEFERRABLE INITIALLY DEFERRED,
  parent_id TEXT NOT NULL, child_id TEXT NOT NULL, overlap_m2 REAL NOT NULL);
"""
_CREATE_FINDING_HISTORY: Final = f"""
CREATE TABLE {FINDING_HISTORY} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  batch INTEGER NOT NULL REFERENCES events(fid) DEFERRABLE INITIALLY DEFERRED,
  finding_id TEXT NOT NULL, action TEXT NOT NULL, by TEXT, why TEXT)
"""

_CREATE_ROW_LOG: Final = f"""
CREATE TABLE {ROW_LOG} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  batch INTEGER NOT NULL REFERENCES events(fid) DEFERRABLE INITIALLY DEFERRED,
  layer TEXT NOT NULL, n_put INTEGER NOT NULL, n_dropped INTEGER NOT NULL, content BLOB NOT NULL, rowsum TEXT NOT NULL)
"""


def create_base(connection: sqlite3.Connection, *, crs: pyproj.CRS, county_code: str, at: str) -> None:
    """Make a GeoPackage of an empty file, with the store's records; within the caller's transaction.

    ``at`` is the time of the change in the standard's form, UTC.
    """
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={GPKG_VERSION}")
    # executescript would commit what is open.
    for statement in f"{_REQUIRED}{_RECORDS}".split(";"):
        if statement.strip():
            connection.execute(statement)
    insert_spatial_refs(connection, crs)
    connection.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
        [("gpkg_data_columns", _DATA_COLUMNS), ("gpkg_data_column_constraints", _DATA_COLUMNS)],
    )
    connection.executemany(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) VALUES (?, 'attributes', ?, ?)",
        [(name, title, at) for name, title in RECORD_TABLES.items()],
    )
    facts = {"schema_version": SCHEMA_VERSION, "county_code": county_code, "crs": crs.to_string()}
    connection.executemany("INSERT INTO meta (key, value) VALUES (?, ?)", facts.items())
    create_finding_history(connection, at=at)
    create_row_log(connection, at=at)


def create_row_log(connection: sqlite3.Connection, *, at: str) -> None:
    """Make the log of rows, from which every state there was can be told again."""
    connection.execute(_CREATE_ROW_LOG)
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change)"
        " VALUES (?, 'attributes', ?, ?)",
        (ROW_LOG, _ROW_LOG_TITLE, at),
    )


def create_finding_history(connection: sqlite3.Connection, *, at: str) -> None:
    """Make the history of findings where it is missing, as in stores of before it was kept."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (FINDING_HISTORY,)).fetchone():
        return
    connection.execute(_CREATE_FINDING_HISTORY)
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change)"
        " VALUES (?, 'attributes', ?, ?)",
        (FINDING_HISTORY, _FINDING_HISTORY_TITLE, at),
    )
