"""One change of the register as one transaction: plan every table, write what differs, and close the chain."""

from __future__ import annotations

import contextlib
import gc
import logging
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import pandas as pd
import pyproj

from landinv.errors import StoreLockedError
from landinv.i18n import gettext as _
from landinv.model.options import CountyOptions
from landinv.store.chain import (
    FIDS,
    TOTAL,
    Link,
    Written,
    close_batch,
    description_sums,
    fid_sum,
    head,
    last_sums,
    record_sum,
    state_sum,
)
from landinv.store.columns import ROWSUM, column_kinds
from landinv.store.finding_history import finding_changes, write_finding_changes
from landinv.store.gpkg.aliases import RECORDS, describe_columns
from landinv.store.gpkg.schema import CHANGE_COUNTER, FINDING_HISTORY, ROW_LOG, create_base
from landinv.store.gpkg.spatial_ref import srs_id_of
from landinv.store.gpkg.styles import create_styles
from landinv.store.gpkg.tables import create_table, declared_kinds, mark_changed
from landinv.store.plan import HistoryRow, TablePlan, plan_table
from landinv.store.state import ADDED, CHANGED, REMOVED, Commit, Descent, Event, State
from landinv.store.sums import row_sums, total_after
from landinv.store.writing import write_table

GONE: Final = "gone"
KEPT: Final = "kept"
NEW: Final = "new"
_BEIJING: Final = timezone(timedelta(hours=8))
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Change:
    """A state to be stored, the event that brings it, where its numbers came from, and the digest it builds upon.

    ``upon`` is the digest of the last batch the state was derived from (empty: of an empty store), or None where the
    store was not read before. ``always``: the event is written where the state is no other too. ``counter`` is the
    file's change counter as it was before it was opened, None where it tells nothing.
    """

    state: State
    event: Event
    descent: Descent = field(default_factory=Descent)
    upon: str | None = None
    always: bool = False
    counter: int | None = None


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
    frames = change.state.frames()
    if is_new:
        _create(connection, frames, county=county, at=utc_stamp(change.event.at))
    last = head(connection)
    refuse_other_base(last, change.upon)
    with _without_collecting():
        plans = [plan_table(connection, table, frame=frame, crs=crs) for table, frame in frames.items()]
        if not is_new and not change.always and all(plan.is_empty for plan in plans):
            return Commit(last.batch, 0, 0, 0, written=False)
        return _write(connection, plans, change=change, last=last)


def refuse_other_base(last: Link, upon: str | None) -> None:
    """Refuse to build upon a batch that is not the last any more.

    Raises
    ------
    StoreLockedError
        If someone else has changed the store since it was read.
    """
    if upon is not None and upon != last.digest:
        raise StoreLockedError(
            _("The store was changed by someone else (batch {batch}) since it was read.").format(
                batch=last.batch
            ),
            hint=_("Run the command again; it will build upon their change."),
        )


def close(connection: sqlite3.Connection, event: Event, *, last: Link, written: Written) -> Link:
    """Write a batch's event, with the sums of the tables it touched and of what the file says about itself."""
    full = {**written.sums, **description_sums(connection)}
    return close_batch(connection, event, last=last, written=replace(written, sums=full))


def expect_counter(connection: sqlite3.Connection, counter: int | None) -> None:
    """Remember the change counter the file will have once this transaction is in it."""
    connection.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (CHANGE_COUNTER, "" if counter is None else str(counter + 1)),
    )


def utc_stamp(at: str) -> str:
    """A time in the standard's form, UTC; without an offset it is Beijing time."""
    moment = datetime.fromisoformat(at)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=_BEIJING)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{aware.microsecond // 1000:03d}Z"


def _create(
    connection: sqlite3.Connection, frames: Mapping[str, pd.DataFrame], *, county: CountyOptions, at: str
) -> None:
    crs = pyproj.CRS.from_user_input(county.crs)
    create_base(connection, crs=crs, county_code=county.code, at=at)
    for table, frame in frames.items():
        kinds = column_kinds(table, frame, declared={})
        create_table(connection, table, kinds=kinds, srs_id=srs_id_of(crs), at=at)
    for record in RECORDS:
        describe_columns(connection, record, list(declared_kinds(connection, record)))
    create_styles(connection, at=at)
    expect_counter(connection, None)


def _write(connection: sqlite3.Connection, plans: list[TablePlan], *, change: Change, last: Link) -> Commit:
    batch = last.batch + 1
    before = last_sums(connection)
    stamp = utc_stamp(change.event.at)
    findings = finding_changes(connection, change.state.findings)
    # The first batch logs empty tables too, for the log is to know their columns.
    due = [plan for plan in plans if batch == 1 or not plan.is_empty]
    rows = [s for plan in due for s in write_table(connection, plan, batch=batch)]
    parcels = next(plan for plan in plans if plan.table == "parcels")
    history = _write_history(connection, parcels.history, batch=batch, fates=change.descent.fates)
    has_lineage = _write_lineage(connection, change.descent.lineage, batch=batch)
    has_findings = write_finding_changes(connection, findings, batch=batch, at=stamp)
    grown = [t for t, grew in (("lineage", has_lineage), (FINDING_HISTORY, has_findings)) if grew]
    records = ["events", *(["parcel_history"] if history else []), *([ROW_LOG] if rows else []), *grown]
    mark_changed(connection, [*(plan.table for plan in due), *records], at=stamp)
    expect_counter(connection, change.counter)
    sums: dict[str, Any] = {plan.table: _sum_after(connection, plan, before.get(plan.table)) for plan in due}
    sums |= {t: record_sum(connection, t) for t in (grown if batch > 1 else ("lineage", FINDING_HISTORY))}
    counts = parcels.counts()
    close(connection, change.event, last=last, written=Written(sums, [*history, *rows], counts))
    _log.info("batch %d: %s", batch, counts)
    return Commit(batch, counts[ADDED], counts[REMOVED], counts[CHANGED], written=True)


def _sum_after(
    connection: sqlite3.Connection, plan: TablePlan, before: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Rows and total of a table once its plan was written, of what it had before; with what the batch did to it."""
    if before is None or TOTAL not in before:
        return {**state_sum(connection, plan.table), **plan.counts()}
    total = total_after(
        int(before[TOTAL], 16), plus=(p.total for p in (*plan.inserts, *plan.updates)), minus=plan.gone_sums
    )
    rows = before["rows"] + len(plan.inserts) - len(plan.deletes)
    return {"rows": rows, TOTAL: f"{total:032x}", FIDS: fid_sum(connection, plan.table), **plan.counts()}


def _write_history(
    connection: sqlite3.Connection, rows: list[HistoryRow], *, batch: int, fates: Mapping[str, str]
) -> list[str]:
    """Write history rows by parcel number, and give their sums in that order."""
    rows = sorted(rows, key=lambda row: row.parcel_id)
    after = dict(connection.execute(f"SELECT parcel_id, {ROWSUM} FROM parcels").fetchall()) if rows else {}
    usual = {ADDED: NEW, REMOVED: GONE, CHANGED: KEPT}
    values = [
        (
            r.parcel_id, batch, r.action, r.before, r.after, after.get(r.parcel_id),
            GONE if r.action == REMOVED else fates.get(r.parcel_id, usual[r.action]),
        )
        for r in rows
    ]  # fmt: skip
    sums = row_sums(values, with_blob=False)
    connection.executemany(
        "INSERT INTO parcel_history (parcel_id, batch, action, before, after, after_sum, fate, rowsum)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
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


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """Keep the collector of cycles off: it walks a hundred thousand rows again and again and frees nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
