"""What has to be written to bring one table from its stored rows to a new frame; nothing is written here."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from landinv.errors import CRSError
from landinv.i18n import gettext as _
from landinv.inventory.changes import ChangeSet, change_set
from landinv.store.columns import FID, GEOM, column_kinds, to_sql
from landinv.store.gpkg.geometry import to_blobs, written_boxes
from landinv.store.gpkg.spatial_ref import srs_id_of
from landinv.store.gpkg.tables import declared_kinds, read_frame, read_rows
from landinv.store.state import ADDED, CHANGED, FEATURE_TABLES, REMOVED
from landinv.store.sums import to_json

Row = tuple[Any, ...]


class HistoryRow(NamedTuple):
    """What happened to one parcel: before and after as JSON of what differs, a removed shape as hexadecimal WKB."""

    parcel_id: str
    action: str
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True)
class TablePlan:
    """Changes to one table.

    ``kinds`` are all its columns after the change, in order; ``new_columns`` and ``retyped`` those to be made.
    ``deletes`` are fids, ``inserts`` rows, ``updates`` pairs of fid and row; ``history`` is of parcels. A row is the
    geometry blob (layers only) and the values of ``kinds``.
    """

    table: str
    kinds: dict[str, str]
    new_columns: dict[str, str]
    retyped: tuple[str, ...] = ()
    deletes: list[int] = field(default_factory=list)
    inserts: list[Row] = field(default_factory=list)
    updates: list[tuple[int, Row]] = field(default_factory=list)
    history: list[HistoryRow] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """True where the table already says what the frame says."""
        return not (self.deletes or self.inserts or self.updates)


def plan_table(
    connection: sqlite3.Connection, table: str, *, frame: pd.DataFrame, crs: pyproj.CRS
) -> TablePlan:
    """Compare a table with its new frame.

    Parcels are compared by parcel_id and keep their fid; rows of other layers are kept where an equal one comes
    again; an attribute table is written anew as a whole, or not at all.

    Raises
    ------
    CRSError
        If the frame's shapes are in another CRS than the county's.
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
    if table == "parcels":
        return _plan_parcels(connection, frame, plan=plan, crs=crs)
    return _plan_rows(connection, frame, plan=plan, srs_id=srs_id_of(crs))


def sql_rows(frame: pd.DataFrame, plan: TablePlan, *, srs_id: int) -> list[Row]:
    """Rows of a frame as they are written."""
    nothing = [None] * len(frame)
    columns: list[Sequence[Any]] = [
        to_sql(frame[name], kind) if name in frame else nothing for name, kind in plan.kinds.items()
    ]
    if isinstance(frame, gpd.GeoDataFrame):
        columns.insert(0, to_blobs(frame.geometry.to_numpy(), srs_id, layer=plan.table))
    return list(zip(*columns, strict=True)) if columns else [()] * len(frame)


def row_boxes(rows: Sequence[tuple[int, Row]]) -> list[tuple[float, ...]]:
    """Index entries (fid, minx, maxx, miny, maxy) of the rows that have a shape."""
    shaped = [(fid, row[0]) for fid, row in rows if row[0] is not None]
    entries = written_boxes([blob for _fid, blob in shaped]).tolist()
    return [(fid, *box) for (fid, _blob), box in zip(shaped, entries, strict=True)]


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


def _plan_rows(
    connection: sqlite3.Connection, frame: pd.DataFrame, *, plan: TablePlan, srs_id: int
) -> TablePlan:
    is_layer = plan.table in FEATURE_TABLES
    new = sql_rows(frame, plan, srs_id=srs_id)
    stored = [name for name in plan.kinds if name not in plan.new_columns]
    old = read_rows(connection, plan.table, columns=[FID, *([GEOM] if is_layer else []), *stored])
    padding = (None,) * len(plan.new_columns)
    before = [(*row[1:], *padding) for row in old]
    if before == new and not plan.retyped:
        return plan
    if plan.retyped or not is_layer:
        return replace(plan, deletes=[row[0] for row in old], inserts=new)
    free: defaultdict[Row, list[int]] = defaultdict(list)
    for (fid, *_rest), row in zip(reversed(old), reversed(before), strict=True):
        free[row].append(fid)
    inserts = [row for row in new if not (free.get(row) and free[row].pop())]
    return replace(plan, deletes=sorted(fid for fids in free.values() for fid in fids), inserts=inserts)


def _plan_parcels(
    connection: sqlite3.Connection, frame: gpd.GeoDataFrame, *, plan: TablePlan, crs: pyproj.CRS
) -> TablePlan:
    old = read_frame(connection, "parcels", crs=crs, with_fid=True).set_index("parcel_id", drop=False)
    changes = change_set(old.drop(columns=[FID, *plan.retyped]), frame)
    new = frame.set_index("parcel_id", drop=False)
    srs_id = srs_id_of(crs)
    rewritten = new.index[new.index.isin(old.index)] if plan.retyped else changes.changed.index
    fids = old[FID]
    rows = sql_rows(new.loc[rewritten], plan, srs_id=srs_id)
    return replace(
        plan,
        deletes=fids.loc[changes.removed].tolist(),
        inserts=sql_rows(new.loc[changes.added.sort_values()], plan, srs_id=srs_id),
        updates=list(zip(fids.loc[rewritten].tolist(), rows, strict=True)),
        history=_history(old, new, changes=changes, plan=plan),
    )


def _history(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, *, changes: ChangeSet, plan: TablePlan
) -> list[HistoryRow]:
    """History rows by parcel number; a loop, for each parcel differs in columns of its own."""
    touched = [*changes.changed.index, *changes.removed]
    before = _documents(old.loc[touched], plan)
    after = _documents(new.loc[changes.changed.index], plan)
    rows = [HistoryRow(str(key), ADDED) for key in changes.added]
    rows += [
        HistoryRow(str(key), REMOVED, to_json({k: v for k, v in before[key].items() if v is not None}))
        for key in changes.removed
    ]
    for key, columns in changes.changed.items():
        told = [c for c in columns if c != "geometry"]
        then = {c: before[key].get(c) for c in columns}
        rows.append(
            HistoryRow(str(key), CHANGED, to_json(then), to_json({c: after[key].get(c) for c in told}))
        )
    return sorted(rows, key=lambda row: row.parcel_id)


def _documents(frame: gpd.GeoDataFrame, plan: TablePlan) -> dict[Any, dict[str, Any]]:
    kinds = {
        name: "text" if name in plan.retyped else kind for name, kind in plan.kinds.items() if name in frame
    }
    columns = {name: to_sql(frame[name], kind) for name, kind in kinds.items()}
    columns["geometry"] = frame.geometry.to_wkb(hex=True).tolist()
    rows = zip(*columns.values(), strict=True)
    return {key: dict(zip(columns, row, strict=True)) for key, row in zip(frame.index, rows, strict=True)}
