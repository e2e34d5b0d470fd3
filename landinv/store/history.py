"""What can be read of the past: events, one parcel's history, lineage, and every parcel there ever was."""

from __future__ import annotations

import json
import sqlite3
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from landinv.store.chain import EVENT_COLUMNS
from landinv.store.columns import FID
from landinv.store.gpkg.tables import declared_kinds, quoted, read_frame, read_rows
from landinv.store.state import ADDED, REMOVED

HISTORY_COLUMNS: Final = (
    "batch", "at", "actor", "command", "reason", "as_of", "action", "fate", "before", "after",
)  # fmt: skip
_KNOWN: Final = ("parcel_id", "family", "natural_key")


def read_events(connection: sqlite3.Connection) -> pd.DataFrame:
    """Events in order: batch, :data:`~landinv.store.chain.EVENT_COLUMNS` and digest; sources and tables as mappings."""
    rows = connection.execute(
        f"SELECT {', '.join((FID, *EVENT_COLUMNS, 'digest'))} FROM events ORDER BY {FID}"
    )
    frame = pd.DataFrame(rows.fetchall(), columns=["batch", *EVENT_COLUMNS, "digest"])
    return frame.assign(sources=frame["sources"].map(json.loads), tables=frame["tables"].map(json.loads))


def read_history(connection: sqlite3.Connection, parcel_id: str) -> pd.DataFrame:
    """What happened to a parcel, oldest first: :data:`HISTORY_COLUMNS`.

    ``before`` and ``after`` are mappings of column to value: of all filled columns where the parcel was added or
    removed, else of the changed ones. A shape is hexadecimal WKB under ``geometry``, in ``before`` only.
    """
    fate = "h.fate" if "fate" in declared_kinds(connection, "parcel_history") else "NULL"
    rows = connection.execute(
        f"SELECT h.batch, e.at, e.actor, e.command, e.reason, e.as_of, h.action, {fate}, h.before, h.after"
        f" FROM parcel_history h JOIN events e ON e.{FID} = h.batch WHERE h.parcel_id = ? ORDER BY h.{FID} DESC",
        (parcel_id,),
    ).fetchall()
    state = _current_values(connection, parcel_id)
    told = []
    # Backwards from today, for the history keeps differences; a loop, for each step builds on the one after it.
    for *event, action, fate, before, after in rows:
        then, now = (json.loads(text) if text else {} for text in (before, after))
        told.append((*event, action, fate, then, _filled(state) if action == ADDED else now))
        state = {} if action == ADDED else then if action == REMOVED else {**state, **then}
    return pd.DataFrame(told[::-1], columns=list(HISTORY_COLUMNS))


def read_known_parcels(connection: sqlite3.Connection, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Every parcel ever registered: parcel_id, family, natural_key, current, geometry; gone ones as they last were.

    Family is the letter in the number where the register has no such column; current ones come first.
    """
    current = read_frame(connection, "parcels", crs=crs, only=_KNOWN)
    gone = [
        {"parcel_id": parcel_id, **json.loads(before)}
        for parcel_id, before in connection.execute(
            f"SELECT parcel_id, before FROM parcel_history WHERE {FID} IN (SELECT max({FID}) FROM parcel_history"
            " WHERE action = ? GROUP BY parcel_id) AND parcel_id NOT IN (SELECT parcel_id FROM parcels)"
            " ORDER BY parcel_id",
            (REMOVED,),
        )
    ]
    shapes = [shapely.from_wkb(row.get("geometry")) for row in gone]
    was = gpd.GeoDataFrame(pd.DataFrame(gone, columns=list(_KNOWN)), geometry=shapes, crs=crs)
    frames = [_known(current, is_current=True), _known(was, is_current=False)]
    present = [f for f in frames if len(f)] or frames[:1]
    return gpd.GeoDataFrame(pd.concat(present, ignore_index=True), crs=crs)


def no_known_parcels(crs: pyproj.CRS | str) -> gpd.GeoDataFrame:
    """What a register that was never written knows: the columns of :func:`read_known_parcels`, no rows."""
    columns = {c: pd.Series(dtype="str") for c in _KNOWN}
    return gpd.GeoDataFrame({**columns, "current": pd.Series(dtype="bool")}, geometry=[], crs=crs)


def read_lineage(connection: sqlite3.Connection) -> pd.DataFrame:
    """Lineage in order: batch, parent_id, child_id, overlap_m2 (plane)."""
    columns = ["batch", "parent_id", "child_id", "overlap_m2"]
    return pd.DataFrame(read_rows(connection, "lineage", columns=columns), columns=columns)


def _current_values(connection: sqlite3.Connection, parcel_id: str) -> dict[str, Any]:
    kinds = declared_kinds(connection, "parcels")
    names = ", ".join(quoted(name) for name in kinds)
    row = connection.execute(f"SELECT {names} FROM parcels WHERE parcel_id = ?", (parcel_id,)).fetchone()
    return dict(zip(kinds, row, strict=True)) if row else {}


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and name != "geometry"}


def _known(frame: gpd.GeoDataFrame, *, is_current: bool) -> gpd.GeoDataFrame:
    letter = frame["parcel_id"].astype("str").str.extract(r"-([A-Z])\d+$", expand=False)
    family = frame["family"].astype("str").fillna(letter) if "family" in frame else letter
    key = frame["natural_key"] if "natural_key" in frame else pd.Series(None, index=frame.index)
    return gpd.GeoDataFrame(
        {
            "parcel_id": frame["parcel_id"].astype("str"),
            "family": family,
            "natural_key": key.astype("str"),
            "current": is_current,
        },
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    )
