"""Layers and tables whose columns follow their frames: made, widened, described and read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pyproj

from landinv.errors import StoreDamagedError
from landinv.i18n import gettext as _
from landinv.store.columns import FID, GEOM, KINDS, OWN_COLUMNS, ROWSUM, SQL_TYPES, to_series
from landinv.store.gpkg.aliases import describe_columns
from landinv.store.gpkg.geometry import from_blobs
from landinv.store.gpkg.rtree import create_index, create_triggers, index_name
from landinv.store.state import FEATURE_TABLES

_TITLES: Final = {
    "parcels": "地块", "approvals": "报批", "supplies": "供地", "slivers": "碎片",
    "findings": "问题", "shares": "面积构成", "links": "项目关联", "corrections": "人工更正",
}  # fmt: skip


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever characters a source's column has."""
    return '"' + name.replace('"', '""') + '"'


def declared_kinds(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    """Kind of each column of a table, in its order, without fid, geom and rowsum; empty where there is no table."""
    rows = connection.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
    return {row[1]: KINDS.get(row[2], "text") for row in rows if row[1] not in OWN_COLUMNS}


def create_table(
    connection: sqlite3.Connection, table: str, *, kinds: Mapping[str, str], srs_id: int, at: str
) -> None:
    """Make a layer (multipolygons, R-tree, triggers, row sums) or an attribute table, and register it."""
    is_layer = table in FEATURE_TABLES
    columns = [f"{FID} INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"]
    columns += [f"{GEOM} MULTIPOLYGON"] if is_layer else []
    columns += [f"{quoted(name)} {SQL_TYPES[kind]}" for name, kind in kinds.items()]
    columns += [f"{ROWSUM} TEXT"]
    connection.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change, srs_id) VALUES (?, ?, ?, ?, ?)",
        (table, "features" if is_layer else "attributes", _TITLES[table], at, srs_id if is_layer else None),
    )
    if is_layer:
        connection.execute(
            "INSERT INTO gpkg_geometry_columns VALUES (?, ?, 'MULTIPOLYGON', ?, 0, 0)", (table, GEOM, srs_id)
        )
        create_index(connection, table)
        create_triggers(connection, table)
    if table == "parcels":
        connection.execute("CREATE UNIQUE INDEX parcels_parcel_id ON parcels (parcel_id)")
    describe_columns(connection, table, kinds)


def add_columns(connection: sqlite3.Connection, table: str, *, kinds: Mapping[str, str]) -> None:
    """Add columns at the end of a table; old rows hold nothing there."""
    for name, kind in kinds.items():
        connection.execute(f"ALTER TABLE {table} ADD COLUMN {quoted(name)} {SQL_TYPES[kind]}")
    describe_columns(connection, table, kinds)


def retype_columns(
    connection: sqlite3.Connection, table: str, *, names: Sequence[str], kinds: Mapping[str, str]
) -> None:
    """Replace columns by empty ones of another type; the caller writes every row anew."""
    for name in names:
        connection.execute(f"ALTER TABLE {table} DROP COLUMN {quoted(name)}")
    add_columns(connection, table, kinds={name: kinds[name] for name in names})


def mark_changed(connection: sqlite3.Connection, tables: Iterable[str], *, at: str) -> None:
    """Write the time of change, and of layers the extent as the R-tree has it."""
    for table in tables:
        connection.execute("UPDATE gpkg_contents SET last_change = ? WHERE table_name = ?", (at, table))
        if table in FEATURE_TABLES:
            connection.execute(
                "UPDATE gpkg_contents SET (min_x, min_y, max_x, max_y) ="
                f" (SELECT min(minx), min(miny), max(maxx), max(maxy) FROM {index_name(table)}) WHERE table_name = ?",
                (table,),
            )


def read_rows(
    connection: sqlite3.Connection,
    table: str,
    *,
    columns: Iterable[str],
    fids: Collection[int] | None = None,
) -> list[tuple[Any, ...]]:
    """Rows of a table by fid, as SQLite gives them; all, or those of the fids named."""
    query = f"SELECT {', '.join(quoted(c) for c in columns)} FROM {table}"
    if fids is None:
        return connection.execute(f"{query} ORDER BY {FID}").fetchall()
    chosen = json.dumps(list(fids))
    return connection.execute(
        f"{query} WHERE {FID} IN (SELECT value FROM json_each(?)) ORDER BY {FID}", (chosen,)
    ).fetchall()


def read_frame(
    connection: sqlite3.Connection,
    table: str,
    *,
    crs: pyproj.CRS,
    only: Collection[str] | None = None,
    fids: Collection[int] | None = None,
) -> pd.DataFrame:
    """A layer or table as a frame with the types of :class:`~landinv.store.state.State`, by fid, index 0..n-1.

    Of the columns named in ``only`` those that are there, of the rows those in ``fids``; shapes come with every layer.

    Raises
    ------
    StoreDamagedError
        If a value is not of its column's type; names table and column.
    """
    declared = declared_kinds(connection, table)
    kinds = {name: kind for name, kind in declared.items() if only is None or name in only}
    is_layer = table in FEATURE_TABLES
    own = [FID, GEOM] if is_layer else [FID]
    rows = read_rows(connection, table, columns=[*own, *kinds], fids=fids)
    return frame_of(table, [row[1:] for row in rows], kinds=kinds, crs=crs)


def frame_of(
    table: str, rows: Sequence[tuple[Any, ...]], *, kinds: Mapping[str, str], crs: pyproj.CRS
) -> pd.DataFrame:
    """Rows (of layers the geometry blob first, then the values of ``kinds``) as a frame, index 0..n-1.

    Raises
    ------
    StoreDamagedError
        If a value is not of its column's type; names table and column.
    """
    head = 1 if table in FEATURE_TABLES else 0
    values = list(zip(*rows, strict=True)) if rows else [()] * (head + len(kinds))
    columns = {
        name: _checked(table, name, kind=kind, values=column)
        for (name, kind), column in zip(kinds.items(), values[head:], strict=True)
    }
    frame = pd.DataFrame(columns, index=range(len(rows)))
    if not head:
        return frame
    layer: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=from_blobs(values[0], layer=table), crs=crs)
    return layer


def _checked(table: str, name: str, *, kind: str, values: Sequence[Any]) -> pd.Series[Any]:
    try:
        return to_series(values, kind)
    except (ValueError, TypeError) as error:
        raise StoreDamagedError(
            _("Table {table}, column {column}: a value is not of the column's type ({reason}).").format(
                table=table, column=name, reason=error
            ),
            hint=_("Another program has written it. Mend the value there, or restore the last backup."),
        ) from error
