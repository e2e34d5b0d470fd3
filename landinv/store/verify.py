"""Is the store sound? SQLite's own checks, every row sum, the chain of batches, and the spatial index."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from landinv.errors import LandinvError
from landinv.i18n import gettext as _
from landinv.i18n import message as marked
from landinv.store.chain import (
    EVENT_COLUMNS,
    FIDS,
    SUM,
    TOTAL,
    batch_content,
    batch_digest,
    found_sum,
    last_sums,
    stored_row_sums,
    summed_tables,
)
from landinv.store.columns import FID, GEOM, ROWSUM
from landinv.store.connection import with_bad_text_replaced
from landinv.store.edits import SUM_ONLY, find_edits
from landinv.store.gpkg.descriptions import DESCRIPTIONS, FOLLOWING
from landinv.store.gpkg.geometry import boxes, from_blobs
from landinv.store.gpkg.rounding import as_kept
from landinv.store.gpkg.rtree import index_name
from landinv.store.gpkg.tables import declared_kinds, read_rows
from landinv.store.log import log_sums
from landinv.store.state import ADDED, CHANGED, FEATURE_TABLES, REMOVED

PROBLEM_COLUMNS: Final = ("check", "table", "row", "message")
_CHANGED: Final = marked("The row was damaged, or changed by another program.")
Problem = tuple[str, str, str, str]


def verify_store(connection: sqlite3.Connection) -> pd.DataFrame:
    """Check everything that can be checked.

    Returns
    -------
    DataFrame
        One row a problem: check, table, row (parcel number, fid or batch), message; empty where the store is sound.
    """
    checks: tuple[tuple[str, Callable[[sqlite3.Connection], Iterator[Problem]]], ...] = (
        ("integrity", _integrity),
        ("foreign_keys", _foreign_keys),
        ("row_sums", _row_sums),
        ("log", _log),
        ("edits", _edits),
        ("chain", _chain),
        ("table_sums", _table_sums),
        ("index", _index),
    )
    problems: list[Problem] = []
    for name, check in checks:
        try:
            problems.extend(_asked(connection, check))
        except (sqlite3.DatabaseError, LandinvError, ValueError, TypeError, KeyError) as error:
            problems.append(
                (name, "", "", _("This check could not be finished: {reason}.").format(reason=error))
            )
    if any(check in ("row_sums", "edits") for check, *_rest in problems):
        problems = [p for p in problems if p[1] not in FOLLOWING]
    return pd.DataFrame(problems, columns=list(PROBLEM_COLUMNS), dtype="str")


def _asked(
    connection: sqlite3.Connection, check: Callable[[sqlite3.Connection], Iterator[Problem]]
) -> list[Problem]:
    return with_bad_text_replaced(connection, lambda: list(check(connection)))


def unreadable(path: Path, error: LandinvError) -> pd.DataFrame:
    """The one problem of a store that cannot even be opened."""
    return pd.DataFrame([("open", path.name, "", error.message)], columns=list(PROBLEM_COLUMNS), dtype="str")


def _integrity(connection: sqlite3.Connection) -> Iterator[Problem]:
    for (message,) in connection.execute("PRAGMA integrity_check").fetchall():
        if message != "ok":
            yield ("integrity", "", "", str(message))


def _foreign_keys(connection: sqlite3.Connection) -> Iterator[Problem]:
    for table, row, parent, _number in connection.execute("PRAGMA foreign_key_check").fetchall():
        message = _("Refers to a row of {table} that is not there.").format(table=parent)
        yield ("foreign_keys", str(table), str(row), message)


def _row_sums(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Rows whose content is not what their sum says; of the layers of stores with a log see :func:`_edits`."""
    has_log = bool(declared_kinds(connection, "row_log"))
    for table in ("parcel_history",) if has_log else (*summed_tables(connection), "parcel_history"):
        named = "parcel_id" if table == "parcels" else FID
        names = dict(connection.execute(f"SELECT {FID}, {named} FROM {table}").fetchall())
        for fid, stored, true in stored_row_sums(connection, table):
            if stored != true:
                yield ("row_sums", table, str(names.get(fid, fid)), _(_CHANGED))


def _log(connection: sqlite3.Connection) -> Iterator[Problem]:
    if not declared_kinds(connection, "row_log"):
        return
    for fid, batch, stored, true in log_sums(connection):
        if stored != true:
            message = _("The log of rows of batch {batch} was damaged.").format(batch=batch)
            yield ("log", "row_log", str(fid), message)


def _edits(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Rows that are not as the log has them."""
    edits = find_edits(connection).drop_duplicates(["table", "fid"])
    for row in edits.to_dict("records"):
        message = {
            ADDED: _("The row was added by another program."),
            REMOVED: _("The row was deleted by another program, or lost."),
        }.get(row["what"], _(_CHANGED))
        yield (
            "row_sums" if row["what"] in (CHANGED, SUM_ONLY) else "edits",
            row["table"],
            row["row"],
            message,
        )


def _chain(connection: sqlite3.Connection) -> Iterator[Problem]:
    sums: dict[int, list[str]] = {}
    for batch, total in connection.execute(f"SELECT batch, {ROWSUM} FROM parcel_history ORDER BY {FID}"):
        sums.setdefault(batch, []).append(total)
    if declared_kinds(connection, "row_log"):
        for batch, total in connection.execute(f"SELECT batch, {ROWSUM} FROM row_log ORDER BY {FID}"):
            sums.setdefault(batch, []).append(total)
    columns = ", ".join((FID, *EVENT_COLUMNS, "digest"))
    previous = ""
    for place, (batch, *values, digest) in enumerate(
        connection.execute(f"SELECT {columns} FROM events ORDER BY {FID}").fetchall(), start=1
    ):
        event = dict(zip(EVENT_COLUMNS, values, strict=True))
        faults = {
            _("The number does not follow on the batch before."): batch != place,
            _("The batch does not follow on the one before it."): event["prev"] != previous,
            _("The event was damaged or changed."): digest != batch_digest(batch, values),
            _("The history rows of this batch are not those it wrote."): event["content"]
            != batch_content(json.loads(event["tables"]), sums.get(batch, [])),
        }
        previous = digest
        for message, is_wrong in faults.items():
            if is_wrong:
                yield ("chain", "events", str(batch), message)


def _table_sums(connection: sqlite3.Connection) -> Iterator[Problem]:
    for table, expected in last_sums(connection).items():
        found = found_sum(connection, table, expected=expected)
        if any(found.get(key) != expected.get(key) for key in ("rows", SUM, TOTAL, FIDS)):
            message = _("The content is not what the last batch left: {found} rows, {expected} expected.")
            if table in DESCRIPTIONS:
                message = _("What the file says about itself is not what the last batch left.")
            rows = {"found": found["rows"], "expected": expected["rows"]}
            yield ("table_sums", table, "", message.format(**rows))


def _index(connection: sqlite3.Connection) -> Iterator[Problem]:
    for table in FEATURE_TABLES:
        (told,) = connection.execute("SELECT rtreecheck(?)", (index_name(table),)).fetchone()
        if told != "ok":
            yield ("index", table, "", str(told).splitlines()[0])
        rows = [row for row in read_rows(connection, table, columns=[FID, GEOM]) if row[1] is not None]
        true = as_kept(boxes(from_blobs([blob for _fid, blob in rows], layer=table)))
        wanted = pd.DataFrame(true, index=[fid for fid, _blob in rows], columns=range(4))
        entries = connection.execute(f"SELECT id, minx, maxx, miny, maxy FROM {index_name(table)}").fetchall()
        held = pd.DataFrame(
            [e[1:] for e in entries], index=[e[0] for e in entries], columns=range(4), dtype="float64"
        )
        for fid in wanted.index.symmetric_difference(held.index):
            yield ("index", table, str(fid), _("The spatial index and the rows do not agree."))
        both = wanted.index.intersection(held.index)
        gap = np.abs(wanted.loc[both].to_numpy() - held.loc[both].to_numpy()).max(axis=1, initial=0.0)
        for fid in both[gap > 0]:
            yield ("index", table, str(fid), _("The box in the spatial index is not that of the shape."))
