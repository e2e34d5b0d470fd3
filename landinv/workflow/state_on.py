"""The register as of a past date: with what was known then, and with what is known now, told apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd

from landinv.reports.summary import summary_by_kind_and_township
from landinv.store import open_store
from landinv.workflow.diff import Diff, Side, compared
from landinv.workflow.examine import Memory, examine
from landinv.workflow.progress import Steps, Tell, silent
from landinv.workflow.project import read_project
from landinv.workflow.register import document, opened, records

KNOWN: Final = ("then", "now", "both")


@dataclass(frozen=True)
class StateOn:
    """Parcels as of a date by what was known: ``then`` from the register, ``now`` derived anew; None: not asked for.

    ``hindsight`` is what is told differently now, then → now, where both were asked for.
    """

    register: Path
    on: date
    then: Side | None
    now: Side | None
    hindsight: Diff | None

    def sides(self) -> dict[str, Side]:
        """The sides asked for, by name."""
        return {name: side for name, side in (("then", self.then), ("now", self.now)) if side is not None}

    def summary(self) -> dict[str, pd.DataFrame]:
        """Parcels and areas by kind and township of each side."""
        return {
            name: summary_by_kind_and_township(side.parcels)
            for name, side in self.sides().items()
            if len(side.parcels)
        }

    def to_json(self) -> dict[str, Any]:
        """Both sides as plain JSON, ``landinv.state/1``; parcels without their shapes."""
        told: dict[str, Any] = {"on": self.on.isoformat()}
        for name, side in self.sides().items():
            parcels = pd.DataFrame(side.parcels.drop(columns=side.parcels.geometry.name))
            told[name] = {
                "batch": side.batch,
                "count": len(parcels),
                "area_m2": side.area_m2(),
                "parcels": records(parcels),
            }
        if self.hindsight is not None:
            told["hindsight"] = {"counts": self.hindsight.counts(), "rows": records(self.hindsight.rows)}
        return document("state", self.register, **told)


def state_on(project: Path, day: date, *, known: str = "both", tell: Tell = silent) -> StateOn:
    """Tell how the county's land stood on a day.

    Parameters
    ----------
    project
        The project file.
    day
        The day; rules are applied for it.
    known
        ``then``: the register as it stood at the end of that day. ``now``: the sources of today, corrected, without
        what had not happened by that day, and derived anew; nothing is written. ``both``: both, and what differs.
    tell
        Is told what is being done.

    Raises
    ------
    LandinvError
        If the register or a source cannot be read.
    """
    then = now = None
    with opened(project) as register:
        if known != "now":
            batch = register.store.batch_at(day.isoformat())
            then = Side("then", batch, register.store.state_after(batch).parcels)
        path = register.path
    if known != "then":
        options = read_project(project)
        with open_store(options.store, county=options.county) as store:
            memory = replace(Memory.of(store), looks_back=True)
        found = examine(options, memory, as_of=day, steps=Steps(tell), tell=tell)
        now = Side("now", None, found.results.parcels)
    hindsight = compared(path, then, now) if then is not None and now is not None else None
    return StateOn(path, day, then, now, hindsight)
