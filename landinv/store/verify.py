"""Is the store sound? SQLite's own checks, every row sum, the chain of batches, and the spatial index."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from landinv.errors import LandinvError
from landinv.i18n import gettext as _
from landinv.store.chain import EVENT_COLUMNS, batch_content, batch_digest, stored_row_sums, table_sum
from landinv.store.columns import FID, GEOM, ROWSUM
from landinv.store.gpkg.geometry import boxes, from_blobs
from landinv.store.gpkg.rtree import index_name
from landinv.store.gpkg.tables import read_rows
from landinv.store.state import FEATURE_TABLES

PROBLEM_COLUMNS: Final = ("check", "table", "row", "message")
# The R-tree keeps 32-bit floats, rounded outward: half a metre at a northing of 4 240 000 m, two at an easting with
# its zone number.
_BOX_TOLERANCE_M: Final = 8.0
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
        ("chain", _chain),
        ("table_sums", _table_sums),
        ("index", _index),
    )
    problems: list[Problem] = []
    for name, check in checks:
        try:
            problems.extend(_lenient(check, connection))
        except (sqlite3.DatabaseError, LandinvError, ValueError, TypeError, KeyError) as error:
            problems.append(
                (name, "", "", _("This check could not be finished: {reason}.").format(reason=error))
            )
    return pd.DataFrame(problems, columns=list(PROBLEM_COLUMNS), dtype="str")


def _lenient(
    check: Callable[[sqlite3.Connection], Iterator[Problem]], connection: sqlite3.Connection
) -> list[Problem]:
    """Run a check; where text is not even UTF-8, once more with that text replaced, so that its row is named."""
    try:
        return list(check(connection))
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    try:
        return list(check(connection))
    finally:
        connection.text_factory = str


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
    names = dict(connection.execute(f"SELECT {FID}, parcel_id FROM parcels").fetchall())
    for table in (*FEATURE_TABLES, "parcel_history"):
        for fid, stored, true in stored_row_sums(connection, table):
            if stored != true:
                row = names.get(fid, fid) if table == "parcels" else fid
                yield ("row_sums", table, str(row), _("The row was damaged, or changed by another program."))


def _chain(connection: sqlite3.Connection) -> Iterator[Problem]:
    sums: dict[int, list[str]] = {}
    for batch, total in connection.execute(f"SELECT batch, {ROWSUM} FROM parcel_history ORDER BY {FID}"):
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
    latest: dict[str, Any] = {}
    for (tables,) in connection.execute(f"SELECT tables FROM events ORDER BY {FID}"):
        latest.update(json.loads(tables))
    for table, expected in latest.items():
        found = table_sum(connection, table)
        if found != expected:
            message = _("The content is not what the last batch left: {found} rows, {expected} expected.")
            rows = {"found": found["rows"], "expected": expected["rows"]}
            yield ("table_sums", table, "", message.format(**rows))


def _index(connection: sqlite3.Connection) -> Iterator[Problem]:
    for table in FEATURE_TABLES:
        rows = [row for row in read_rows(connection, table, columns=[FID, GEOM]) if row[1] is not None]
        true = boxes(from_blobs([blob for _fid, blob in rows], layer=table))
        wanted = pd.DataFrame(true, index=[fid for fid, _blob in rows], columns=range(4))
        entries = connection.execute(f"SELECT id, minx, maxx, miny, maxy FROM {index_name(table)}").fetchall()
        held = pd.DataFrame(
            [e[1:] for e in entries], index=[e[0] for e in entries], columns=range(4), dtype="float64"
        )
        for fid in wanted.index.symmetric_difference(held.index):
            yield ("index", table, str(fid), _("The spatial index and the rows do not agree."))
        both = wanted.index.intersection(held.index)
        gap = np.abs(wanted.loc[both].to_numpy() - held.loc[both].to_numpy()).max(axis=1, initial=0.0)
        for fid in both[gap > _BOX_TOLERANCE_M]:
            yield ("index", table, str(fid), _("The box in the spatial index is not that of the shape."))
