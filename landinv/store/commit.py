"""One change of the register as one transaction: plan every table, write what differs, and close the chain."""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import pandas as pd
import pyproj

from landinv.errors import StoreLockedError
from landinv.i18n import gettext as _
from landinv.model.options import CountyOptions
from landinv.store.chain import Link, batch_content, close_batch, head, table_sums
from landinv.store.columns import FID, GEOM, ROWSUM, column_kinds
from landinv.store.finding_history import finding_changes, write_finding_changes
from landinv.store.gpkg.rtree import create_triggers, drop_triggers, index_rows, unindex_rows
from landinv.store.gpkg.schema import FINDING_HISTORY, create_base
from landinv.store.gpkg.spatial_ref import srs_id_of
from landinv.store.gpkg.tables import add_columns, create_table, mark_changed, quoted, retype_columns
from landinv.store.plan import HistoryRow, Row, TablePlan, plan_table, row_boxes
from landinv.store.state import ADDED, CHANGED, FEATURE_TABLES, REMOVED, Commit, Event, State
from landinv.store.sums import row_sum

_BEIJING: Final = timezone(timedelta(hours=8))
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Change:
    """A state to be stored, the event that brings it, the lineage of new numbers, and the digest it builds upon.

    ``upon`` is the digest of the last batch the state was derived from (empty: of an empty store), or None where the
    store was not read before.
    """

    state: State
    event: Event
    lineage: pd.DataFrame | None = None
    upon: str | None = None


def write_change(
    connection: sqlite3.Connection, change: Change, *, county: CountyOptions, is_new: bool
) -> Commit:
    """Bring the store to a new state; within the caller's transaction.

    Returns
    -------
    Commit
        ``written`` is false where the store said all this already: then nothing was touched.

    Raises
    ------
    StoreLockedError
        If someone else has changed the store since it was read.
    """
    crs = pyproj.CRS.from_user_input(county.crs)
    stamp = _utc_stamp(change.event.at)
    frames = change.state.frames()
    if is_new:
        create_base(connection, crs=crs, county_code=county.code, at=stamp)
        for table, frame in frames.items():
            kinds = column_kinds(table, frame, declared={})
            create_table(connection, table, kinds=kinds, srs_id=srs_id_of(crs), at=stamp)
    last = head(connection)
    if change.upon is not None and change.upon != last.digest:
        raise StoreLockedError(
            _("The store was changed by someone else (batch {batch}) since it was read.").format(
                batch=last.batch
            ),
            hint=_("Run the command again; it will build upon their change."),
        )
    plans = [plan_table(connection, table, frame=frame, crs=crs) for table, frame in frames.items()]
    if not is_new and all(plan.is_empty for plan in plans):
        return Commit(last.batch, 0, 0, 0, written=False)
    return _write(connection, plans, change=change, last=last, stamp=stamp)


def _write(
    connection: sqlite3.Connection, plans: list[TablePlan], *, change: Change, last: Link, stamp: str
) -> Commit:
    batch = last.batch + 1
    is_first = batch == 1
    findings = finding_changes(connection, change.state.findings)
    for plan in plans:
        if not plan.is_empty:
            _write_table(connection, plan)
    parcels = next(plan for plan in plans if plan.table == "parcels")
    history = _write_history(connection, parcels.history, batch=batch)
    has_lineage = _write_lineage(connection, change.lineage, batch=batch)
    touched = [plan.table for plan in plans if is_first or not plan.is_empty]
    has_findings = write_finding_changes(connection, findings, batch=batch, at=stamp)
    grown = {"lineage": has_lineage, FINDING_HISTORY: has_findings}
    records = ["events", *(["parcel_history"] if history else []), *(t for t, grew in grown.items() if grew)]
    mark_changed(connection, [*touched, *records], at=stamp)
    sums = table_sums(connection, [*touched, *(t for t, grew in grown.items() if grew or is_first)])
    counts = {
        action: sum(row.action == action for row in parcels.history) for action in (ADDED, REMOVED, CHANGED)
    }
    close_batch(
        connection,
        change.event,
        counts=counts,
        sums=sums,
        link=Link(batch, last.digest, batch_content(sums, history)),
    )
    _log.info("batch %d: %s", batch, dict(counts))
    return Commit(batch, counts[ADDED], counts[REMOVED], counts[CHANGED], written=True)


def _write_table(connection: sqlite3.Connection, plan: TablePlan) -> None:
    retype_columns(connection, plan.table, names=plan.retyped, kinds=plan.kinds)
    add_columns(connection, plan.table, kinds=plan.new_columns)
    connection.executemany(f"DELETE FROM {plan.table} WHERE {FID} = ?", [(fid,) for fid in plan.deletes])
    first = _next_fid(connection, plan.table)
    inserts = list(enumerate(plan.inserts, start=first))
    if plan.table not in FEATURE_TABLES:
        _insert(connection, plan, rows=[(fid, *row) for fid, row in inserts])
        return
    # Our connection has no ST_ functions for the triggers to call; the index is written here instead.
    drop_triggers(connection, plan.table)
    _insert(connection, plan, rows=[(fid, *row, _sum(row)) for fid, row in inserts])
    _update(connection, plan, rows=[(*row, _sum(row), fid) for fid, row in plan.updates])
    unindex_rows(connection, plan.table, fids=[*plan.deletes, *(fid for fid, _row in plan.updates)])
    index_rows(connection, plan.table, rows=row_boxes([*inserts, *plan.updates]))
    create_triggers(connection, plan.table)


def _insert(connection: sqlite3.Connection, plan: TablePlan, *, rows: list[Row]) -> None:
    names = [FID, *_row_columns(plan)]
    marks = ", ".join("?" * len(names))
    connection.executemany(f"INSERT INTO {plan.table} ({', '.join(names)}) VALUES ({marks})", rows)


def _update(connection: sqlite3.Connection, plan: TablePlan, *, rows: list[Row]) -> None:
    settings = ", ".join(f"{name} = ?" for name in _row_columns(plan))
    connection.executemany(f"UPDATE {plan.table} SET {settings} WHERE {FID} = ?", rows)


def _row_columns(plan: TablePlan) -> list[str]:
    names = [quoted(name) for name in plan.kinds]
    return [GEOM, *names, ROWSUM] if plan.table in FEATURE_TABLES else names


def _sum(row: Row) -> str:
    return row_sum(row[1:], row[0])


def _next_fid(connection: sqlite3.Connection, table: str) -> int:
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return int(row[0]) + 1 if row else 1


def _write_history(connection: sqlite3.Connection, rows: list[HistoryRow], *, batch: int) -> list[str]:
    """Write history rows and give their sums, in order."""
    after = dict(connection.execute(f"SELECT parcel_id, {ROWSUM} FROM parcels").fetchall()) if rows else {}
    values = [(r.parcel_id, batch, r.action, r.before, r.after, after.get(r.parcel_id)) for r in rows]
    sums = [row_sum(value) for value in values]
    connection.executemany(
        "INSERT INTO parcel_history (parcel_id, batch, action, before, after, after_sum, rowsum)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(*value, total) for value, total in zip(values, sums, strict=True)],
    )
    return sums


def _write_lineage(connection: sqlite3.Connection, lineage: pd.DataFrame | None, *, batch: int) -> bool:
    if lineage is None or lineage.empty:
        return False
    rows = lineage[["parent_id", "child_id", "overlap_m2"]].itertuples(index=False, name=None)
    connection.executemany(
        "INSERT INTO lineage (batch, parent_id, child_id, overlap_m2) VALUES (?, ?, ?, ?)",
        [(batch, str(parent), str(child), float(area)) for parent, child, area in rows],
    )
    return True


def _utc_stamp(at: str) -> str:
    moment = datetime.fromisoformat(at)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=_BEIJING)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{aware.microsecond // 1000:03d}Z"
