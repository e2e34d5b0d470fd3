"""Rows that are not as the log has them: edited by another program, or damaged; found, named and put back."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyproj

from landinv.errors import StoreEditedError
from landinv.i18n import gettext as _
from landinv.model.corrections import GEOMETRY_FIELD
from landinv.store.chain import FIDS, TOTAL, last_sums, state_sum, stored_row_sums, summed_tables
from landinv.store.columns import FID, GEOM, ROWSUM
from landinv.store.connection import with_bad_text_replaced
from landinv.store.gpkg.aliases import RECORDS, describe_columns
from landinv.store.gpkg.rtree import fill_index
from landinv.store.gpkg.spatial_ref import insert_spatial_refs
from landinv.store.gpkg.tables import add_columns, declared_kinds, quoted, read_rows
from landinv.store.log import Recorded, read_log
from landinv.store.plan import Put, TablePlan, summed
from landinv.store.state import ADDED, CHANGED, FEATURE_TABLES, REMOVED, STATE_TABLES
from landinv.store.writing import write_rows

EDIT_COLUMNS: Final = ("table", "fid", "row", "what", "column", "recorded", "found")
SUM_ONLY: Final = "sum"
_NAMES: Final = ("parcel_id", "supervision_no", "record_key", "approval_no", "finding_id", "correction_id")
Row = tuple[Any, ...]


@dataclass(frozen=True)
class _Table:
    """A table as the log has it and as it is found, by fid; ``damaged`` are fids whose stored sum is not their own."""

    name: str
    recorded: Recorded
    found_kinds: dict[str, str]
    found: dict[int, Row]
    damaged: frozenset[int]

    def names(self) -> list[str]:
        """Columns of a row: the shape of layers, then the others as the log has them."""
        return [*([GEOMETRY_FIELD] if self.name in FEATURE_TABLES else []), *self.recorded.kinds]


def refuse_edits(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse to build upon rows that another program changed, or that are damaged.

    Raises
    ------
    StoreEditedError
        If there are any; names the first.
    """
    sums = last_sums(connection)
    for table in summed_tables(connection):
        wrong = _damaged(connection, table)
        if wrong or not _adds_up(connection, table, sums):
            raise StoreEditedError(
                _("{path} was edited by another program, or damaged: layer {table}, {count} rows.").format(
                    path=path, table=table, count=len(wrong) or _("added or deleted")
                ),
                hint=_(
                    "See what was changed with landinv check --store; --adopt keeps the edits, --undo takes them back."
                ),
            )


def find_edits(connection: sqlite3.Connection) -> pd.DataFrame:
    """Every value that is not as the log has it.

    Returns
    -------
    DataFrame
        :data:`EDIT_COLUMNS`, by table and fid: ``row`` is the parcel's number or another name of the row; ``what`` is
        added, removed, changed, or ``sum`` (only the row's stored sum is wrong); ``column``, ``recorded`` and
        ``found`` are of changed values, a shape under ``geometry`` as GeoPackage blob. Empty for stores without log.
    """
    sums = last_sums(connection)
    doubtful = [
        name
        for name in _logged(connection)
        if not _adds_up(connection, name, sums) or _damaged(connection, name)
    ]
    rows = [edit for name in doubtful for edit in _edits(_read(connection, name))]
    return pd.DataFrame(rows, columns=list(EDIT_COLUMNS), dtype="object")


def undo_edits(connection: sqlite3.Connection, crs: pyproj.CRS) -> None:
    """Bring every row back to what the log has, with its index; titles and reference systems too."""
    for name in _logged(connection):
        table = _read(connection, name)
        _mend_columns(connection, table)
        _mend_rows(connection, table)
        if name in FEATURE_TABLES:
            fill_index(connection, name)
    insert_spatial_refs(connection, crs)
    for name in (*STATE_TABLES, *RECORDS):
        connection.execute("DELETE FROM gpkg_data_columns WHERE table_name = ?", (name,))
        describe_columns(connection, name, list(declared_kinds(connection, name)))


def _adds_up(connection: sqlite3.Connection, table: str, sums: Mapping[str, Mapping[str, Any]]) -> bool:
    """True where the stored sums of a table's rows make the total that the last batch left."""
    expected = sums.get(table, {})
    if TOTAL not in expected:
        return True
    found = state_sum(connection, table)
    return all(found[key] == expected.get(key, found[key]) for key in ("rows", TOTAL, FIDS))


def _logged(connection: sqlite3.Connection) -> list[str]:
    return list(STATE_TABLES) if declared_kinds(connection, "row_log") else []


def _damaged(connection: sqlite3.Connection, table: str) -> list[int]:
    sums = with_bad_text_replaced(connection, lambda: stored_row_sums(connection, table))
    return [fid for fid, stored, true in sums if stored != true]


def _read(connection: sqlite3.Connection, name: str) -> _Table:
    return with_bad_text_replaced(connection, lambda: _read_strictly(connection, name))


def _read_strictly(connection: sqlite3.Connection, name: str) -> _Table:
    recorded = read_log(connection, name)
    found_kinds = declared_kinds(connection, name)
    kinds = recorded.kinds or found_kinds
    own = [FID, GEOM] if name in FEATURE_TABLES else [FID]
    present = [c for c in kinds if c in found_kinds]
    missing = (None,) * (len(kinds) - len(present))
    rows = read_rows(connection, name, columns=[*own, *present])
    if missing:
        order = [present.index(c) if c in present else -1 for c in kinds]
        rows = [(*row[: len(own)], *(None if n < 0 else row[len(own) + n] for n in order)) for row in rows]
    extra = _filled_extras(connection, name, [c for c in found_kinds if c not in kinds])
    sums = {fid: stored for fid, stored, _true in _sums(connection, name)}
    found = {row[0]: row[1:] for row in rows}
    true = {fid: put.total for fid, put in zip(found, summed(name, list(found.values())), strict=True)}
    damaged = frozenset(fid for fid, total in true.items() if sums.get(fid) != total) | extra
    return _Table(name, Recorded(dict(kinds), recorded.rows), found_kinds, found, damaged)


def _sums(connection: sqlite3.Connection, name: str) -> list[tuple[int, str | None, str]]:
    rows = connection.execute(f"SELECT {FID}, {ROWSUM} FROM {name}").fetchall()
    return [(fid, stored, "") for fid, stored in rows]


def _filled_extras(connection: sqlite3.Connection, name: str, columns: list[str]) -> frozenset[int]:
    """Fids of rows that hold something in columns another program added."""
    if not columns:
        return frozenset()
    filled = " OR ".join(f"{quoted(c)} NOT NULL" for c in columns)
    return frozenset(fid for (fid,) in connection.execute(f"SELECT {FID} FROM {name} WHERE {filled}"))


def _edits(table: _Table) -> list[Row]:
    edits: list[Row] = []
    for fid in sorted(table.recorded.rows.keys() | table.found.keys()):
        then, now = table.recorded.rows.get(fid), table.found.get(fid)
        name = _row_name(table, then or now or ())
        place = (table.name, fid, name or str(fid))
        if then is None or now is None:
            edits.append((*place, ADDED if then is None else REMOVED, "", None, None))
        elif then != now:
            edits += [
                (*place, CHANGED, column, old, new)
                for column, old, new in zip(table.names(), then, now, strict=True)
                if old != new
            ]
        elif fid in table.damaged:
            edits.append((*place, SUM_ONLY, "", None, None))
    return edits


def _row_name(table: _Table, row: Row) -> str:
    values: Mapping[str, Any] = dict(zip(table.names(), row, strict=False))
    return next((str(values[c]) for c in _NAMES if values.get(c)), "")


def _mend_columns(connection: sqlite3.Connection, table: _Table) -> None:
    for name in table.found_kinds:
        if name not in table.recorded.kinds:
            connection.execute(f"ALTER TABLE {table.name} DROP COLUMN {quoted(name)}")
    lost = {c: kind for c, kind in table.recorded.kinds.items() if c not in table.found_kinds}
    add_columns(connection, table.name, kinds=lost)


def _mend_rows(connection: sqlite3.Connection, table: _Table) -> None:
    plan = TablePlan(table.name, table.recorded.kinds, {})
    wrong = [
        fid for fid, row in table.recorded.rows.items() if table.found.get(fid) != row or fid in table.damaged
    ]
    puts = summed(table.name, [table.recorded.rows[fid] for fid in wrong])
    named = [Put(fid, put.row, put.total) for fid, put in zip(wrong, puts, strict=True)]
    write_rows(
        connection,
        plan,
        inserts=[put for put in named if put.fid not in table.found],
        updates=[put for put in named if put.fid in table.found],
        deletes=[fid for fid in table.found if fid not in table.recorded.rows],
    )
