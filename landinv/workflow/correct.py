"""A correction made by hand: recorded with its reason, laid over every later import."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from landinv.errors import CorrectionError, FieldValueError
from landinv.i18n import gettext as _
from landinv.inventory.corrections import as_text, correction_id, of_text, put_value, rows_of
from landinv.model.corrections import CORRECTABLE_OF_PARCELS, CORRECTION_COLUMNS, STANDS
from landinv.model.roles import role_fields
from landinv.store import Commit, State
from landinv.workflow.author import Author
from landinv.workflow.register import document, opened, records

KEYS: Final = {
    "supplies": ("supervision_no", "contract_no", "parcel_code"),
    "approvals": ("approval_no",),
    "parcels": ("parcel_id",),
}
_SHOWN: Final = 3


@dataclass(frozen=True)
class Corrections:
    """Corrections of the register, or those a command touched; ``commit`` where something was recorded."""

    register: Path
    corrections: pd.DataFrame
    commit: Commit | None = None

    def to_json(self) -> dict[str, Any]:
        """The corrections as plain JSON, ``landinv.correct/1``."""
        batch = self.commit.batch if self.commit else None
        return document("correct", self.register, batch=batch, corrections=records(self.corrections))


@dataclass(frozen=True)
class _Place:
    layer: str
    key_field: str
    key: str
    field: str


def corrections_of(project: Path) -> Corrections:
    """The corrections the register keeps."""
    with opened(project) as register:
        return Corrections(register.path, register.store.known_corrections())


def correct(project: Path, record: str, value: tuple[str, str], author: Author) -> Corrections:
    """Correct one value by hand.

    Parameters
    ----------
    project
        The project file.
    record
        A parcel's number, or a supervision, contract or approval number.
    value
        The field, and what is right (text as in the lists; empty: nothing).
    author
        Who corrects, and why; both are asked for.

    Raises
    ------
    CorrectionError
        If there is no such record or field, or the value is none of that field.
    FieldValueError
        If nobody or no reason is named.
    """
    field, text = value
    _refuse_nobody(author)
    with opened(project) as register:
        register.store.refuse_edits()
        state = register.store.read_state() or State(register.store.known_parcels())
        place = _place(state, record.strip(), field)
        new = with_correction(state, place_row(state, place, text, author))
        event = author.event(f"correct {place.key} {field}", as_of=register.options.rules.as_of)
        done = register.store.commit(new, event)
        number = correction_id(place.layer, place.key, field)
        rows = new.corrections[new.corrections["correction_id"] == number]
        return Corrections(register.path, rows, done)


def withdraw(project: Path, number: str, author: Author) -> Corrections:
    """Take a correction back; the source's value stands again.

    Raises
    ------
    CorrectionError
        If the register has no such correction.
    FieldValueError
        If nobody or no reason is named.
    """
    _refuse_nobody(author)
    with opened(project) as register:
        register.store.refuse_edits()
        state = register.store.read_state() or State(register.store.known_parcels())
        is_it = state.corrections["correction_id"] == number
        if not is_it.any():
            raise CorrectionError(
                _("The register has no correction {number}.").format(number=number),
                hint=_("See landinv correct --list."),
            )
        rows = state.corrections[is_it]
        row = rows.iloc[0].to_dict()
        frames = {row["layer"]: _patched(state, row, old=row["value"], new=row["was"])}
        kept = state.corrections[~is_it].reset_index(drop=True)
        new = dataclasses.replace(state, **frames, corrections=kept)
        done = register.store.commit(new, author.event(f"correct --withdraw {number}"))
        return Corrections(register.path, rows, done)


def place_row(state: State, place: _Place, text: str, author: Author) -> dict[str, Any]:
    """A row of corrections for a place; what was corrected before keeps what it was before that."""
    number = correction_id(place.layer, place.key, place.field)
    frame = state.frames()[place.layer]
    rows = rows_of(frame, place.key_field, place.key)
    of_text(text, frame[place.field], field=place.field)
    said = as_text(frame.loc[rows, place.field])
    was = str(said.iloc[0]) if len(said) else ""
    earlier = state.corrections[state.corrections["correction_id"] == number]
    if len(earlier) and earlier.iloc[0]["state"] == STANDS:
        was = str(earlier["was"].fillna("").iloc[0])
    return {
        "correction_id": number, "layer": place.layer, "key_field": place.key_field, "key": place.key,
        "field": place.field, "was": was, "value": text, "made_on": date.today().isoformat(),
        "made_by": author.by.strip(), "made_why": author.why.strip(), "state": STANDS,
    }  # fmt: skip


def with_correction(state: State, row: dict[str, Any]) -> State:
    """The register with a correction recorded, and its value already where it belongs."""
    others = state.corrections[state.corrections["correction_id"] != row["correction_id"]]
    new = pd.DataFrame([row], columns=list(CORRECTION_COLUMNS)).astype("str")
    kept = pd.concat([others, new], ignore_index=True).sort_values("correction_id", ignore_index=True)
    frame = _patched(state, row, old=None, new=row["value"])
    return dataclasses.replace(state, **{row["layer"]: frame}, corrections=kept)


def _patched(state: State, row: Mapping[Any, Any], *, old: str | None, new: Any) -> pd.DataFrame:
    frame = state.frames()[row["layer"]].copy()
    rows = rows_of(frame, row["key_field"], row["key"])
    if old is not None and row["field"] in frame:
        rows = rows & (as_text(frame[row["field"]]) == old).to_numpy()
    put_value(frame, np.asarray(rows, dtype=bool), row["field"], "" if pd.isna(new) else str(new))
    return frame


def _place(state: State, record: str, field: str) -> _Place:
    parcel = state.parcels[state.parcels["parcel_id"] == record]
    if len(parcel):
        return _place_of_parcel(parcel.iloc[0], record, field)
    for layer in ("supplies", "approvals"):
        frame = state.frames()[layer]
        for key_field in KEYS[layer]:
            if rows_of(frame, key_field, record).any():
                return _checked(_Place(layer, key_field, record, field))
    known = [
        *state.parcels["parcel_id"],
        *state.approvals.get("approval_no", pd.Series(dtype="str")).dropna(),
    ]
    near = difflib.get_close_matches(record, [str(k) for k in known], n=_SHOWN)
    raise CorrectionError(
        _("The register has no parcel, supply or approval {record}.").format(record=record),
        hint=_("Did you mean {near}?").format(near=", ".join(near))
        if near
        else _("Give a parcel's number, or a supervision, contract or approval number."),
    )


def _place_of_parcel(parcel: pd.Series[Any], record: str, field: str) -> _Place:
    layer = "supplies" if "-S" in record else "approvals"
    if field in _fields(layer) and field not in KEYS[layer]:
        for key_field in KEYS[layer]:
            if pd.notna(parcel.get(key_field)):
                return _Place(layer, key_field, str(parcel[key_field]), field)
    return _checked(_Place("parcels", "parcel_id", record, field))


def _checked(place: _Place) -> _Place:
    known = CORRECTABLE_OF_PARCELS if place.layer == "parcels" else _fields(place.layer)
    if place.field in known and place.field not in KEYS[place.layer]:
        return place
    near = difflib.get_close_matches(place.field, known, n=_SHOWN)
    raise CorrectionError(
        _("{field} of {record} cannot be corrected by hand.").format(field=place.field, record=place.key),
        hint=_("Did you mean {near}?").format(near=", ".join(near))
        if near
        else _("What is computed is corrected in its source: {known}.").format(known=", ".join(known)),
    )


def _fields(layer: str) -> tuple[str, ...]:
    return tuple(f.name for f in role_fields(layer))


def _refuse_nobody(author: Author) -> None:
    if not author.by.strip() or not author.why.strip():
        raise FieldValueError(
            _("A correction needs a name and a reason."), hint=_("Give --by NAME --why TEXT.")
        )
