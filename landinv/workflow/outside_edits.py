"""What other programs did to the register: shown, adopted as corrections, or taken back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
import shapely

from landinv.errors import CorrectionError
from landinv.i18n import gettext as _
from landinv.inventory.corrections import as_text, correction_id, put_value
from landinv.model.corrections import (
    CORRECTABLE_OF_PARCELS,
    CORRECTION_COLUMNS,
    GEOMETRY_FIELD,
    STANDS,
)
from landinv.model.roles import role_fields
from landinv.store import Commit, State, shape_of
from landinv.workflow.author import Author
from landinv.workflow.correct import KEYS
from landinv.workflow.register import document, opened, records

_SHOWN: Final = 5


@dataclass(frozen=True)
class Looked:
    """Problems of a register (check, table, row, message) and edits found in it, with what became of them.

    ``edits``: table, fid, row, what, column, recorded, found (text); ``action``: adopt, undo or empty.
    """

    register: Path
    problems: pd.DataFrame
    edits: pd.DataFrame
    action: str = ""
    commit: Commit | None = None

    def to_json(self) -> dict[str, Any]:
        """What was found and done as plain JSON, ``landinv.check-store/1``."""
        return document(
            "check-store",
            self.register,
            problems=records(self.problems),
            edits=records(self.edits),
            action=self.action or None,
            batch=self.commit.batch if self.commit else None,
        )


def look_at_store(project: Path) -> Looked:
    """Check the register by itself: damage, and edits by other programs; nothing is changed."""
    with opened(project) as register:
        problems = register.store.verify()
        edits = register.store.edits() if set(problems["check"]) & {"row_sums", "edits"} else _none()
        return Looked(register.path, problems, _as_text(edits))


def undo_edits(project: Path, author: Author) -> Looked:
    """Take back all that other programs did, and mend damaged rows, from the register's log; one event says so.

    Raises
    ------
    StoreDamagedError
        If the log itself is damaged.
    """
    with opened(project) as register:
        problems, edits = register.store.verify(), register.store.edits()
        state = register.store.recorded_state()
        done = register.store.commit_instead_of_edits(state, author.event("check --store --undo"))
        return Looked(register.path, problems, _as_text(edits), "undo", done)


def adopt_edits(project: Path, author: Author) -> Looked:
    """Keep what was edited in other programs, as corrections that survive the next import; one event says so.

    Raises
    ------
    CorrectionError
        If an edit is of something that is computed, or adds or deletes rows; nothing was changed.
    """
    with opened(project) as register:
        problems, edits = register.store.verify(), register.store.edits()
        told = _as_text(edits)
        _refuse_computed(told)
        state = _adopted(register.store.recorded_state(), edits, author)
        done = register.store.commit_instead_of_edits(state, author.event("check --store --adopt"))
        return Looked(register.path, problems, told, "adopt", done)


def _adopted(state: State, edits: pd.DataFrame, author: Author) -> State:
    frames = {name: frame.copy() for name, frame in state.frames().items() if name in KEYS}
    rows = []
    for edit in edits[edits["what"] == "changed"].to_dict("records"):
        frame = frames[edit["table"]]
        is_it = frame.index == edit["fid"]
        key_field = next(c for c in KEYS[edit["table"]] if c in frame and frame.loc[is_it, c].notna().all())
        field = frame.geometry.name if edit["column"] == GEOMETRY_FIELD else edit["column"]
        was = str(as_text(frame.loc[is_it, field]).iloc[0])
        put_value(frame, is_it, edit["column"], _value_text(edit, edit["found"]))
        value = str(as_text(frame.loc[is_it, field]).iloc[0])
        key = str(frame.loc[is_it, key_field].iloc[0])
        rows.append(_row(edit, (key_field, key), (was, value), author))
    made = pd.DataFrame(rows, columns=list(CORRECTION_COLUMNS)).astype("str")
    earlier = state.corrections.set_index("correction_id")
    first = made["correction_id"].map(earlier["was"]) if len(earlier) else pd.Series(None, index=made.index)
    made = made.assign(was=first.where(first.notna(), made["was"]).astype("str"))
    others = state.corrections[~state.corrections["correction_id"].isin(made["correction_id"])]
    kept = pd.concat([others, made], ignore_index=True).sort_values("correction_id", ignore_index=True)
    return dataclasses.replace(state, **frames, corrections=kept)


def _row(
    edit: Mapping[Any, Any], key: tuple[str, str], values: tuple[str, str], author: Author
) -> dict[str, Any]:
    event = author.event("")
    number = correction_id(edit["table"], key[1], edit["column"])
    if edit["column"] == GEOMETRY_FIELD:
        number = correction_id(edit["table"], f"{key[1]}\n{values[0]}", edit["column"])
    return {
        "correction_id": number, "layer": edit["table"], "key_field": key[0], "key": key[1], "field": edit["column"],
        "was": values[0], "value": values[1], "made_on": event.at[:10], "made_by": event.actor,
        "made_why": event.reason, "state": STANDS,
    }  # fmt: skip


def _refuse_computed(edits: pd.DataFrame) -> None:
    refused = edits[[not _is_adoptable(row) for row in edits.to_dict("records")]]
    if len(refused):
        named = [
            " ".join(w for w in (r["table"], r["row"], r["column"]) if w) for r in refused.to_dict("records")
        ]
        raise CorrectionError(
            _("{count} edits cannot be adopted, for the next run computes them anew: {named}.").format(
                count=len(refused), named="; ".join(dict.fromkeys(named[:_SHOWN]))
            ),
            hint=_(
                "Mend the source, or edit the layers approvals and supplies; --undo takes all edits back."
            ),
        )


def _is_adoptable(row: Mapping[Any, Any]) -> bool:
    if row["what"] == "sum":
        return True
    if row["what"] != "changed" or row["table"] not in KEYS:
        return False
    if row["table"] == "parcels":
        return row["column"] in CORRECTABLE_OF_PARCELS
    known = (GEOMETRY_FIELD, *(f.name for f in role_fields(row["table"])))
    return row["column"] in known and row["column"] not in KEYS[row["table"]]


def _value_text(edit: Mapping[Any, Any], value: Any) -> str:
    if value is None:
        return ""
    if edit["column"] == GEOMETRY_FIELD:
        shape = shape_of(value)
        return "" if shape is None else str(shapely.to_wkb(shape, hex=True))
    return str(value)


def _as_text(edits: pd.DataFrame) -> pd.DataFrame:
    """Edits to be shown: a shape by its plane area."""
    told = edits.assign(fid=edits["fid"].astype("int64"))
    for side in ("recorded", "found"):
        told[side] = [_shown(row, row[side]) for row in edits.to_dict("records")]
    return told.reset_index(drop=True)


def _shown(row: Mapping[Any, Any], value: Any) -> str:
    if row["column"] == GEOMETRY_FIELD and isinstance(value, bytes):
        shape = shape_of(value)
        return "" if shape is None else f"{shape.area:.2f} m²"
    return "" if value is None else str(value)


def _none() -> pd.DataFrame:
    return pd.DataFrame(columns=["table", "fid", "row", "what", "column", "recorded", "found"])
