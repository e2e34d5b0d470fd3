"""Chinese titles of columns, which QGIS shows in place of their names (OGC 12-128r18, annex F.9)."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from functools import cache
from typing import Final

from landinv.model.parcels import parcel_columns
from landinv.model.roles import role_fields
from landinv.model.tables import table as model_table

RECORDS: Final = ("events", "parcel_history", "lineage", "finding_history", "row_log")


@cache
def titles(table: str) -> Mapping[str, tuple[str, str]]:
    """Chinese title and English description of each column of a layer or table that has one."""
    told = {r["column"]: (r["zh"], r["en"]) for r in model_table("store_columns") if r["table"] == table}
    if table == "parcels":
        return {**{c.name: (c.zh, c.en) for c in parcel_columns()}, **told}
    first = {f.name: (f.synonyms[0], f.name.replace("_", " ")) for f in role_fields(table)}
    return {**first, **told}


def describe_columns(connection: sqlite3.Connection, table: str, columns: Collection[str]) -> None:
    """Write the titles of columns; a title that another column of the table has is left out."""
    used = {
        title
        for (title,) in connection.execute(
            "SELECT name FROM gpkg_data_columns WHERE table_name = ?", (table,)
        ).fetchall()
    }
    for name in columns:
        zh, en = titles(table).get(name, ("", ""))
        if zh and zh not in used:
            used.add(zh)
            connection.execute(
                "INSERT OR REPLACE INTO gpkg_data_columns (table_name, column_name, name, title, description)"
                " VALUES (?, ?, ?, ?, ?)",
                (table, name, zh, zh, en),
            )
