"""What happened to one parcel, or to the register as a whole."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from landinv.errors import SourceMissingError
from landinv.i18n import gettext as _
from landinv.inventory.lineage import walk
from landinv.workflow.register import document, opened, records

_SHOWN: Final = 3
_EVENT_COLUMNS: Final = (
    "batch", "at", "actor", "command", "reason", "as_of", "n_added", "n_removed", "n_changed", "sources", "tables",
)  # fmt: skip


@dataclass(frozen=True)
class ParcelHistory:
    """Events of a parcel (:data:`~landinv.store.history.HISTORY_COLUMNS`), and lineage to both sides.

    ``ancestors`` and ``descendants`` have batch, parent_id, child_id, overlap_m2 (plane) and steps.
    """

    register: Path
    parcel_id: str
    is_current: bool
    events: pd.DataFrame
    ancestors: pd.DataFrame
    descendants: pd.DataFrame

    def to_json(self) -> dict[str, Any]:
        """The history as plain JSON, ``landinv.history/1``."""
        return document(
            "history",
            self.register,
            parcel_id=self.parcel_id,
            current=self.is_current,
            events=records(self.events),
            ancestors=records(self.ancestors),
            descendants=records(self.descendants),
        )


@dataclass(frozen=True)
class RegisterHistory:
    """Events of the register, oldest first; ``touched`` maps each layer and table to rows added, removed, changed."""

    register: Path
    events: pd.DataFrame

    def to_json(self) -> dict[str, Any]:
        """The events as plain JSON, ``landinv.history/1``."""
        return document("history", self.register, events=records(self.events))


def parcel_history(project: Path, parcel_id: str) -> ParcelHistory:
    """What happened to a parcel, oldest first, and where it came from and went.

    Raises
    ------
    SourceMissingError
        If the register never had such a parcel; the hint names similar ones.
    """
    with opened(project) as register:
        store = register.store
        known = store.known_parcels()
        if parcel_id not in set(known["parcel_id"]):
            near = difflib.get_close_matches(parcel_id, known["parcel_id"].tolist(), n=_SHOWN)
            raise SourceMissingError(
                _("The register never had a parcel {parcel}.").format(parcel=parcel_id),
                hint=_("Did you mean {near}?").format(near=", ".join(near))
                if near
                else _("Numbers stand in parcels.csv, and as labels on the map."),
            )
        lineage = store.lineage()
        return ParcelHistory(
            register.path,
            parcel_id,
            bool(known.loc[known["parcel_id"] == parcel_id, "current"].iloc[0]),
            store.history(parcel_id),
            walk(lineage, parcel_id, towards="parents"),
            walk(lineage, parcel_id, towards="children"),
        )


def register_history(project: Path) -> RegisterHistory:
    """Every event of the register, oldest first."""
    with opened(project) as register:
        events = register.store.events()[list(_EVENT_COLUMNS)]
        touched = [
            {
                name: {k: told[k] for k in ("added", "removed", "changed")}
                for name, told in tables.items()
                if any(told.get(k) for k in ("added", "removed", "changed"))
            }
            for tables in events["tables"]
        ]
        shown = events.drop(columns="tables").assign(
            touched=pd.Series(touched, index=events.index, dtype="object")
        )
        return RegisterHistory(register.path, shown)
