"""What the file says about itself, row by row, to be summed: a change there is told like one in the data."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any, Final

from landinv.store.gpkg.rtree import index_name
from landinv.store.gpkg.schema import CHANGE_COUNTER, FINDING_HISTORY, ROW_LOG
from landinv.store.gpkg.styles import LAYER_STYLES
from landinv.store.state import ATTRIBUTE_TABLES, FEATURE_TABLES

Rows = Iterable[tuple[Any, ...]]
_FIRST: Final = (
    *FEATURE_TABLES,
    "findings",
    "shares",
    "links",
    "events",
    "parcel_history",
    "corrections",
    ROW_LOG,
)
_ALL: Final = (
    *FEATURE_TABLES, *ATTRIBUTE_TABLES, "events", "parcel_history", "lineage", FINDING_HISTORY, ROW_LOG, "meta",
)  # fmt: skip
# What QGIS may rightly change and tables of its own are left out here; times and extents stand under "contents".
_GPKG: Final = (
    "SELECT table_name, data_type, identifier, srs_id FROM gpkg_contents WHERE table_name IN ({ours}) ORDER BY 1",
    "SELECT table_name, column_name, geometry_type_name, srs_id, z, m FROM gpkg_geometry_columns"
    " WHERE table_name IN ({ours}) ORDER BY 1",
    "SELECT table_name, column_name, name, title, description FROM gpkg_data_columns"
    " WHERE table_name IN ({ours}) ORDER BY 1, 2",
    "SELECT srs_id, organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys"
    " WHERE srs_id IN (SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = 'parcels')",
)
_CONTENTS: Final = (
    "SELECT table_name, description, last_change, min_x, min_y, max_x, max_y FROM gpkg_contents"
    " WHERE table_name IN ({ours}) ORDER BY 1",
    "SELECT * FROM gpkg_extensions WHERE (table_name IS NULL OR table_name IN ({ours},"
    " 'gpkg_data_columns', 'gpkg_data_column_constraints')) AND extension_name LIKE 'gpkg_%' ORDER BY 1, 2, 3",
    "SELECT * FROM gpkg_spatial_ref_sys WHERE srs_id IN (-1, 0, 4326)"
    " OR srs_id IN (SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = 'parcels') ORDER BY srs_id",
    "SELECT name, seq FROM sqlite_sequence WHERE name IN ({ours}) AND name <> 'events' ORDER BY 1",
)
_SCHEMA: Final = (
    "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE tbl_name IN ({ours})"
    " AND (type IN ('table', 'index') OR name LIKE 'rtree_%') AND sql NOT NULL ORDER BY 1, 2",
    "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name LIKE 'rtree_%' AND type = 'table' ORDER BY 2",
)


def _asking(queries: Iterable[str], tables: Iterable[str]) -> Callable[[sqlite3.Connection], Rows]:
    ours = ", ".join(f"'{name}'" for name in tables)

    def rows(connection: sqlite3.Connection) -> Rows:
        return [row for query in queries for row in connection.execute(query.format(ours=ours))]

    return rows


def _meta(connection: sqlite3.Connection) -> Rows:
    return connection.execute(
        "SELECT fid, key, value FROM meta WHERE key <> ? ORDER BY fid", (CHANGE_COUNTER,)
    ).fetchall()


def _styles(connection: sqlite3.Connection) -> Rows:
    return connection.execute(f"SELECT * FROM {LAYER_STYLES} WHERE owner = '' ORDER BY id").fetchall()


def _indexes(connection: sqlite3.Connection) -> Rows:
    """One row a table of each index, all its values one after the other: a hundred thousand sums would take long."""
    return [
        (
            part,
            *chain.from_iterable(connection.execute(f"SELECT * FROM {index_name(table)}_{part} ORDER BY 1")),
        )
        for table in FEATURE_TABLES
        for part in ("node", "parent", "rowid")
    ]


# What follows of itself where rows were edited.
FOLLOWING: Final = ("contents", "indexes")
DESCRIPTIONS: Final[Mapping[str, Callable[[sqlite3.Connection], Rows]]] = {
    "gpkg": _asking(_GPKG, _FIRST),
    "contents": _asking(_CONTENTS, _ALL),
    "schema": _asking(_SCHEMA, _ALL),
    "meta": _meta,
    "styles": _styles,
    "indexes": _indexes,
}
