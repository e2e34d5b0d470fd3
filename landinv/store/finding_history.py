"""What became of findings, batch by batch: fixed, opened again, accepted as exceptions, exceptions taken back."""

from __future__ import annotations

import sqlite3
from typing import Final

import pandas as pd

from landinv.model.finding_state import ACCEPTED, FIXED, OPEN
from landinv.store.columns import FID
from landinv.store.gpkg.schema import FINDING_HISTORY, create_finding_history
from landinv.store.gpkg.tables import declared_kinds, read_rows

REOPENED: Final = "reopened"
WITHDRAWN: Final = "withdrawn"
COLUMNS: Final = ("batch", "finding_id", "action", "by", "why")
_COMPARED: Final = ("finding_id", "state", "accepted_by", "accepted_why")
_ACTIONS: Final = {
    (OPEN, FIXED): FIXED,
    (ACCEPTED, FIXED): FIXED,
    (FIXED, OPEN): REOPENED,
    (ACCEPTED, OPEN): WITHDRAWN,
    (OPEN, ACCEPTED): ACCEPTED,
    (FIXED, ACCEPTED): ACCEPTED,
    (ACCEPTED, ACCEPTED): ACCEPTED,
}


def finding_changes(connection: sqlite3.Connection, findings: pd.DataFrame) -> pd.DataFrame:
    """What a batch does to findings the register knew before: finding_id, action, by, why; by number.

    A finding that is new is no change: the day it was first seen stands in its row. ``by`` and ``why`` are of the
    exception that is made or ended. To be asked before the table is written.
    """
    empty = pd.DataFrame(columns=list(COLUMNS[1:]), dtype="str")
    if not set(_COMPARED) <= set(findings) or not set(_COMPARED) <= set(
        declared_kinds(connection, "findings")
    ):
        return empty
    before = pd.DataFrame(
        read_rows(connection, "findings", columns=_COMPARED), columns=list(_COMPARED), dtype="str"
    )
    both = before.merge(findings[list(_COMPARED)].astype("str"), on="finding_id", suffixes=("_old", "_new"))
    told = ["state", "accepted_by", "accepted_why"]
    changed = pd.concat([both[f"{c}_old"].fillna("") != both[f"{c}_new"].fillna("") for c in told], axis=1)
    rows = both[changed.any(axis=1)]
    pairs = list(zip(rows["state_old"], rows["state_new"], strict=True))
    is_accepted = rows["state_new"] == ACCEPTED
    changes = pd.DataFrame(
        {
            "finding_id": rows["finding_id"],
            "action": [_ACTIONS.get(pair, "changed") for pair in pairs],
            "by": rows["accepted_by_new"].where(is_accepted, rows["accepted_by_old"]),
            "why": rows["accepted_why_new"].where(is_accepted, rows["accepted_why_old"]),
        }
    )
    return changes.sort_values("finding_id") if len(changes) else empty


def write_finding_changes(
    connection: sqlite3.Connection, changes: pd.DataFrame, *, batch: int, at: str
) -> bool:
    """Append changes to the history, which is made where an older store has none; tells whether there were any."""
    if changes.empty:
        return False
    create_finding_history(connection, at=at)
    blank = changes.astype("object").where(changes.notna(), None)
    connection.executemany(
        f"INSERT INTO {FINDING_HISTORY} (batch, finding_id, action, by, why) VALUES (?, ?, ?, ?, ?)",
        [(batch, *row) for row in blank.itertuples(index=False, name=None)],
    )
    return True


def read_finding_history(connection: sqlite3.Connection) -> pd.DataFrame:
    """What became of findings, oldest first: batch, at, actor, command, as_of, finding_id, action, by, why."""
    columns = ["batch", "at", "actor", "command", "as_of", "finding_id", "action", "by", "why"]
    if not declared_kinds(connection, FINDING_HISTORY):
        return pd.DataFrame(columns=columns, dtype="str")
    rows = connection.execute(
        "SELECT h.batch, e.at, e.actor, e.command, e.as_of, h.finding_id, h.action, h.by, h.why"
        f" FROM {FINDING_HISTORY} h JOIN events e ON e.{FID} = h.batch ORDER BY h.{FID}"
    ).fetchall()
    return pd.DataFrame(rows, columns=columns)
