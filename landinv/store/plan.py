"""What has to be written to bring one table from its stored rows to a new frame; nothing is written here."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from landinv.errors import CRSError
from landinv.i18n import gettext as _
from landinv.inventory.changes import GEOMETRY, ChangeSet, change_set
from landinv.store.columns import FID, ROWSUM, column_kinds, to_sql
from landinv.store.gpkg.geometry import to_blobs, written_boxes
from landinv.store.gpkg.spatial_ref import srs_id_of
from landinv.store.gpkg.tables import declared_kinds, read_frame
from landinv.store.state import ADDED, CHANGED, FEATURE_TABLES, REMOVED
from landinv.store.sums import row_sums, to_json

Row = tuple[Any, ...]


class HistoryRow(NamedTuple):
    """What happened to one parcel: before and after as JSON of what differs, a removed shape as hexadecimal WKB."""

    parcel_id: str
    action: str
    before: str | None = None
    after: str | None = None


class Put(NamedTuple):
    """A row to be written under a fid (None: the next free one), and its sum."""

    fid: int | None
    row: Row
    total: str


@dataclass(frozen=True)
class TablePlan:
    """Changes to one table.

    ``kinds`` are all its columns after the change, in order; ``new_columns`` and ``retyped`` those to be made.
    ``deletes`` are fids, ``inserts`` new rows, ``updates`` rows in place of others; ``gone_sums`` the sums of rows
    that are deleted or replaced; ``history`` is of parcels. A row is the geometry blob (layers only) and the values
    of ``kinds``.
    """

    table: str
    kinds: dict[str, str]
    new_columns: dict[str, str]
    retyped: tuple[str, ...] = ()
    deletes: list[int] = field(default_factory=list)
    inserts: list[Put] = field(default_factory=list)
    updates: list[Put] = field(default_factory=list)
    gone_sums: list[str] = field(default_factory=list)
    history: list[HistoryRow] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """True where the table already says what the frame says."""
        return not (self.deletes or self.inserts or self.updates)

    def counts(self) -> dict[str, int]:
        """Rows added, removed and changed."""
        return {ADDED: len(self.inserts), REMOVED: len(self.deletes), CHANGED: len(self.updates)}


def plan_table(
    connection: sqlite3.Connection, table: str, *, frame: pd.DataFrame, crs: pyproj.CRS
) -> TablePlan:
    """Compare a table with its new frame.

    Parcels are compared by parcel_id and keep their fid; of other tables a row is kept where an equal one comes again.
    Only the sums of stored rows are read, and of parcels those rows whose sums differ.

    Raises
    ------
    CRSError
        If the frame's shapes are in another CRS than the county's.
    ValueError
        If a parcel's number stands twice.
    """
    if table in FEATURE_TABLES:
        frame = _in_county_crs(table, frame, crs=crs)
    declared = declared_kinds(connection, table)
    held = column_kinds(table, frame, declared=declared)
    retyped = [name for name in declared if held.get(name, declared[name]) != declared[name]]
    new_columns = {name: kind for name, kind in held.items() if name not in declared}
    # As the table will have them: a column of another type is dropped and comes back behind the others.
    kinds = {name: kind for name, kind in declared.items() if name not in retyped}
    kinds |= {name: held[name] for name in retyped} | new_columns
    plan = TablePlan(table=table, kinds=kinds, new_columns=new_columns, retyped=tuple(retyped))
    puts = summed(table, sql_rows(frame, plan, srs_id=srs_id_of(crs)))
    if table == "parcels":
        return _plan_parcels(connection, frame, plan=plan, puts=puts)
    return _plan_rows(connection, plan, puts)


def sql_rows(frame: pd.DataFrame, plan: TablePlan, *, srs_id: int) -> list[Row]:
    """Rows of a frame as they are written."""
    nothing = [None] * len(frame)
    columns: list[Sequence[Any]] = [
        to_sql(frame[name], kind) if name in frame else nothing for name, kind in plan.kinds.items()
    ]
    if isinstance(frame, gpd.GeoDataFrame):
        columns.insert(0, to_blobs(frame.geometry.to_numpy(), srs_id, layer=plan.table))
    return list(zip(*columns, strict=True)) if columns else [()] * len(frame)


def summed(table: str, rows: Sequence[Row]) -> list[Put]:
    """Rows with their sums, to be written under new fids."""
    return list(map(Put, repeat(None), rows, row_sums(rows, with_blob=table in FEATURE_TABLES)))


def row_boxes(puts: Sequence[Put]) -> list[tuple[float, ...]]:
    """Index entries (fid, minx, maxx, miny, maxy) of the rows that have a shape."""
    shaped = [(put.fid or 0, put.row[0]) for put in puts if put.row[0] is not None]
    entries = written_boxes([blob for _fid, blob in shaped]).tolist()
    return [(fid, *box) for (fid, _blob), box in zip(shaped, entries, strict=True)]


def stored_sums(connection: sqlite3.Connection, table: str) -> list[tuple[int, str]]:
    """Fid and stored sum of every row, by fid."""
    return connection.execute(f"SELECT {FID}, {ROWSUM} FROM {table} ORDER BY {FID}").fetchall()


def _in_county_crs(table: str, frame: pd.DataFrame, *, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    if not isinstance(frame, gpd.GeoDataFrame):
        return gpd.GeoDataFrame(frame, geometry=np.full(len(frame), None, dtype=object), crs=crs)
    if frame.crs is None and frame.geometry.isna().all():
        return frame.set_crs(crs)
    if frame.crs is None or not crs.equals(frame.crs):
        raise CRSError(
            _("Layer {layer} is in {found}, but the store keeps {wanted}.").format(
                layer=table, found=frame.crs, wanted=crs.to_string()
            ),
            hint=_("Bring the layer to the county's CRS first."),
        )
    return frame


def _plan_rows(connection: sqlite3.Connection, plan: TablePlan, puts: list[Put]) -> TablePlan:
    old = stored_sums(connection, plan.table)
    if plan.retyped and old:
        return replace(plan, deletes=[fid for fid, _s in old], inserts=puts, gone_sums=[s for _f, s in old])
    free: defaultdict[str, list[int]] = defaultdict(list)
    for fid, total in reversed(old):
        free[total].append(fid)
    inserts = [put for put in puts if not (free.get(put.total) and free[put.total].pop())]
    left = sorted((fid, total) for total, fids in free.items() for fid in fids)
    return replace(plan, deletes=[f for f, _s in left], inserts=inserts, gone_sums=[s for _f, s in left])


def _plan_parcels(
    connection: sqlite3.Connection, frame: gpd.GeoDataFrame, *, plan: TablePlan, puts: list[Put]
) -> TablePlan:
    ids = frame["parcel_id"].tolist()
    new = dict(zip(ids, puts, strict=True))
    if len(new) < len(puts):
        twice = next(key for key in ids if ids.count(key) > 1)
        raise ValueError(f"key {twice!r} stands more than once in parcel_id")
    rows = connection.execute(f"SELECT parcel_id, {FID}, {ROWSUM} FROM parcels ORDER BY {FID}").fetchall()
    old = {key: (fid, total) for key, fid, total in rows}
    doubtful = [key for key, (_fid, total) in old.items() if key in new and new[key].total != total]
    added = sorted(key for key in new if key not in old)
    removed = [key for key in old if key not in new]
    before = read_frame(
        connection, "parcels", crs=frame.crs, fids=[old[key][0] for key in (*doubtful, *removed)]
    )
    keyed = frame.set_index("parcel_id", drop=False)
    changes = change_set(
        before[before["parcel_id"].isin(doubtful)].drop(columns=list(plan.retyped)), keyed.loc[doubtful]
    )
    rewritten = [key for key in old if key in new] if plan.retyped else list(changes.changed.index)
    return replace(
        plan,
        deletes=[old[key][0] for key in removed],
        inserts=[new[key] for key in added],
        updates=[new[key]._replace(fid=old[key][0]) for key in rewritten],
        gone_sums=[old[key][1] for key in (*removed, *rewritten)],
        history=[
            *(HistoryRow(str(key), ADDED) for key in added),
            *_removed(before.set_index("parcel_id", drop=False).loc[removed], plan),
            *_changed(before.set_index("parcel_id", drop=False), keyed, changes=changes, plan=plan),
        ],
    )


def _removed(gone: gpd.GeoDataFrame, plan: TablePlan) -> list[HistoryRow]:
    documents = _columns(gone, list(gone.columns), plan)
    return [
        HistoryRow(
            str(key),
            REMOVED,
            to_json({name: values[n] for name, values in documents.items() if values[n] is not None}),
        )
        for n, key in enumerate(gone.index)
    ]


def _changed(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, *, changes: ChangeSet, plan: TablePlan
) -> list[HistoryRow]:
    """What each changed parcel said before and says now; a loop, for each differs in columns of its own."""
    touched = sorted({column for columns in changes.changed for column in columns})
    before = _columns(old.loc[changes.changed.index], touched, plan)
    after = _columns(new.loc[changes.changed.index], [c for c in touched if c != GEOMETRY], plan)
    return [
        HistoryRow(
            str(key),
            CHANGED,
            to_json({c: before[c][n] if c in before else None for c in columns}),
            to_json({c: after[c][n] if c in after else None for c in columns if c != GEOMETRY}),
        )
        for n, (key, columns) in enumerate(changes.changed.items())
    ]


def _columns(frame: gpd.GeoDataFrame, names: Sequence[str], plan: TablePlan) -> Mapping[str, list[Any]]:
    kinds = {name: "text" if name in plan.retyped else plan.kinds.get(name, "text") for name in names}
    columns = {
        name: to_sql(frame[name], kind)
        for name, kind in kinds.items()
        if name in frame and name != frame.active_geometry_name
    }
    if GEOMETRY in names or frame.active_geometry_name in names:
        columns[GEOMETRY] = shapely.to_wkb(frame.geometry.to_numpy(), hex=True).tolist()
    return columns
