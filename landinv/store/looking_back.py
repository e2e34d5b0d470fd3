"""States as they were: after a batch, at a date, and with one batch taken out again."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import pyproj

from landinv.errors import SourceMissingError, UndoConflictError
from landinv.i18n import gettext as _
from landinv.store.chain import head
from landinv.store.columns import FID
from landinv.store.gpkg.tables import declared_kinds, frame_of
from landinv.store.log import Recorded, read_log, rearranged
from landinv.store.migrate import COMMAND
from landinv.store.state import STATE_TABLES, State

_NAMED: Final = 3
_BEIJING_S: Final = 8 * 3600


def state_after(connection: sqlite3.Connection, batch: int, crs: pyproj.CRS) -> State:
    """The register as it stood after a batch (0: before the first); the index of each frame is the fid.

    Raises
    ------
    SourceMissingError
        If there is no such batch, or the store kept no whole states yet.
    """
    _check_batch(connection, batch)
    read = {table: read_log(connection, table, until=max(batch, 1)) for table in STATE_TABLES}
    frames: dict[str, Any] = {
        table: _frame(table, state if batch else Recorded(state.kinds, {}), crs)
        for table, state in read.items()
    }
    return State(**frames)


def state_without(connection: sqlite3.Connection, batch: int, crs: pyproj.CRS) -> State:
    """The register as it stands, with what one batch did taken back.

    Raises
    ------
    SourceMissingError
        If there is no such batch.
    UndoConflictError
        If a row it wrote or deleted was changed since; names rows and batches.
    """
    _check_batch(connection, batch)
    if batch < 1 or batch <= _first_whole(connection) > 1:
        raise UndoConflictError(
            _("Batch {batch} cannot be undone: what was before it was not kept.").format(batch=batch),
            hint=_("Restore a backup that is older."),
        )
    frames: dict[str, Any] = {}
    for table in STATE_TABLES:
        before, after, now = (read_log(connection, table, until=until) for until in (batch - 1, batch, None))
        rows = _without(connection, table, batch=batch, states=(before, after, now))
        frames[table] = _frame(table, Recorded(now.kinds, rows), crs)
    return State(**frames)


def batch_at(connection: sqlite3.Connection, day: str) -> int:
    """The last batch written by the end of a day (ISO date, Beijing time); 0 where there was none.

    Batches count, not clocks: where a clock was set back, a later batch is not taken for an earlier one.
    """
    latest, latest_day = 0, ""
    for batch, at in connection.execute(f"SELECT {FID}, at FROM events ORDER BY {FID}").fetchall():
        latest_day = max(latest_day, _beijing_day(at))
        if latest_day > day:
            break
        latest = batch
    return latest


def _beijing_day(at: str) -> str:
    moment = pd.Timestamp(at)
    if moment.tzinfo is not None:
        moment = (moment.tz_convert("UTC") + pd.Timedelta(seconds=_BEIJING_S)).tz_localize(None)
    return moment.strftime("%Y-%m-%d")


def _check_batch(connection: sqlite3.Connection, batch: int) -> None:
    last = head(connection).batch
    if not 0 <= batch <= last:
        raise SourceMissingError(
            _("The register has no batch {batch}; the last one is {last}.").format(batch=batch, last=last),
            hint=_("See landinv history for the batches there are."),
        )
    first = _first_whole(connection)
    if 0 < batch < first:
        raise SourceMissingError(
            _(
                "Whole states are kept since batch {first}; of batch {batch} only the parcels' history is."
            ).format(first=first, batch=batch),
            hint=_("Ask for a later batch, or look into a backup of that time."),
        )


def _first_whole(connection: sqlite3.Connection) -> int:
    """The batch since which every state can be told: 1, or the one that brought an older store along."""
    if not declared_kinds(connection, "row_log"):
        return head(connection).batch + 1
    row = connection.execute(f"SELECT min({FID}) FROM events WHERE command = ?", (COMMAND,)).fetchone()
    return int(row[0]) if row and row[0] is not None else 1


def _without(
    connection: sqlite3.Connection, table: str, *, batch: int, states: tuple[Recorded, Recorded, Recorded]
) -> dict[int, tuple[Any, ...]]:
    before, after, now = (_under(state, states[2].kinds, table) for state in states)
    touched = [fid for fid in before.keys() | after.keys() if before.get(fid) != after.get(fid)]
    clashes = [fid for fid in sorted(touched) if now.get(fid) != after.get(fid)]
    if clashes:
        raise UndoConflictError(
            _(
                "Batch {batch} cannot be undone: {count} rows of {table} were changed by later batches."
            ).format(batch=batch, count=len(clashes), table=table),
            hint=_("Undo the later batches first, the last one before the others."),
        )
    rows = {fid: row for fid, row in now.items() if fid not in touched}
    rows |= {fid: before[fid] for fid in touched if fid in before}
    return dict(sorted(rows.items()))


def _under(state: Recorded, kinds: Mapping[str, str], table: str) -> dict[int, tuple[Any, ...]]:
    return (
        state.rows
        if list(state.kinds) == list(kinds)
        else rearranged(state.rows, table, old=state.kinds, new=kinds)
    )


def _frame(table: str, recorded: Recorded, crs: pyproj.CRS) -> pd.DataFrame:
    frame = frame_of(table, list(recorded.rows.values()), kinds=recorded.kinds, crs=crs)
    return frame.set_axis(list(recorded.rows), axis=0)
