"""Layers and tables whose columns follow their frames: made, widened, described and read."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pyproj

from landinv.errors import StoreDamagedError
from landinv.i18n import gettext as _
from landinv.model.parcels import parcel_columns
from landinv.store.columns import FID, GEOM, KINDS, OWN_COLUMNS, ROWSUM, SQL_TYPES, to_series
from landinv.store.gpkg.geometry import from_blobs
from landinv.store.gpkg.rtree import create_index, create_triggers, index_name
from landinv.store.state import FEATURE_TABLES

_TITLES: Final = {
    "parcels": "地块", "approvals": "报批", "supplies": "供地", "slivers": "碎片",
    "findings": "问题", "shares": "面积构成", "links": "项目关联",
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
    columns += [f"{ROWSUM} TEXT"] if is_layer else []
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
        _describe_parcels(connection, kinds)


def add_columns(connection: sqlite3.Connection, table: str, *, kinds: Mapping[str, str]) -> None:
    """Add columns at the end of a table; old rows hold nothing there."""
    for name, kind in kinds.items():
        connection.execute(f"ALTER TABLE {table} ADD COLUMN {quoted(name)} {SQL_TYPES[kind]}")


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


def read_rows(connection: sqlite3.Connection, table: str, *, columns: Iterable[str]) -> list[tuple[Any, ...]]:
    """Rows of a table by fid, as SQLite gives them."""
    names = ", ".join(quoted(c) for c in columns)
    return connection.execute(f"SELECT {names} FROM {table} ORDER BY {FID}").fetchall()


def read_frame(
    connection: sqlite3.Connection,
    table: str,
    *,
    crs: pyproj.CRS,
    only: Collection[str] | None = None,
    with_fid: bool = False,
) -> pd.DataFrame:
    """A layer or table as a frame with the types of :class:`~landinv.store.state.State`, by fid, index 0..n-1.

    Of the columns named in ``only`` those that are there; shapes come with every layer.

    Raises
    ------
    StoreDamagedError
        If a value is not of its column's type; names table and column.
    """
    declared = declared_kinds(connection, table)
    kinds = {name: kind for name, kind in declared.items() if only is None or name in only}
    is_layer = table in FEATURE_TABLES
    own = [FID, GEOM] if is_layer else [FID]
    rows = read_rows(connection, table, columns=[*own, *kinds])
    values = list(zip(*rows, strict=True)) if rows else [()] * (len(own) + len(kinds))
    columns = {FID: pd.Series(values[0], dtype="int64")} if with_fid else {}
    for (name, kind), column in zip(kinds.items(), values[len(own) :], strict=True):
        columns[name] = _checked(table, name, kind=kind, values=column)
    frame = pd.DataFrame(columns, index=range(len(rows)))
    if not is_layer:
        return frame
    layer: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=from_blobs(values[1], layer=table), crs=crs)
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


def _describe_parcels(connection: sqlite3.Connection, kinds: Mapping[str, str]) -> None:
    connection.executemany(
        "INSERT INTO gpkg_data_columns (table_name, column_name, name, title, description)"
        " VALUES ('parcels', ?, ?, ?, ?)",
        [(c.name, c.zh, c.zh, c.en) for c in parcel_columns() if c.name in kinds],
    )
