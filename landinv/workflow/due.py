"""What falls due in the next days, from the register."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd

from landinv.errors import OutputError, SourceMissingError
from landinv.i18n import gettext as _
from landinv.intake import read_sources
from landinv.model.options import ProjectOptions
from landinv.outputs.lists.calendar import write_calendar
from landinv.outputs.lists.due_workbook import write_due_workbook
from landinv.reports.due import Register, due_dates, due_titles
from landinv.rules.ruleset import choose_ruleset
from landinv.store import State, open_store
from landinv.workflow.project import read_project

DUE_SCHEMA: Final = "landinv.due/1"


@dataclass(frozen=True)
class DueList:
    """Deadlines (:data:`~landinv.reports.due.DUE_COLUMNS`) from ``as_of`` to ``until``, under which ruleset."""

    county: str
    as_of: date
    until: date
    ruleset: str
    rows: pd.DataFrame

    def to_json(self, language: str = "zh") -> dict[str, Any]:
        """JSON values (``landinv.due/1``), dates ISO, missing null."""
        titled = self.rows.assign(title=self.rows["code"].map(due_titles(language)))
        text = titled.assign(due_on=titled["due_on"].dt.strftime("%Y-%m-%d")).astype("object")
        return {
            "schema": DUE_SCHEMA,
            "county": self.county,
            "as_of": self.as_of.isoformat(),
            "until": self.until.isoformat(),
            "ruleset": self.ruleset,
            "due": text.where(text.notna(), None).to_dict("records"),
        }


def due(project: Path, *, days: int, as_of: date | None = None) -> DueList:
    """Deadlines of the next days, and what is past and still has to be done.

    Parameters
    ----------
    project
        The project file.
    days
        How many days to look ahead, the last one included.
    as_of
        The day looked from; beats the project file's, else today.

    Raises
    ------
    SourceMissingError
        If there is no register yet.
    RulesetError
        If no ruleset named was in force on the day.
    """
    options = read_project(project)
    with open_store(options.store, county=options.county) as store:
        state = store.read_state()
    if state is None:
        raise SourceMissingError(
            _("There is no register {path}.").format(path=options.store),
            hint=_("Run landinv run first, or check [store] path in the project file."),
        )
    day = as_of or options.rules.as_of or date.today()
    ruleset = choose_ruleset(options.rules.rulesets, day)
    until = day + timedelta(days=days)
    rows = due_dates(_register(state, options), ruleset, as_of=day, until=until)
    return DueList(options.county.name, day, until, ruleset.stamp, rows)


def write_due(listed: DueList, path: Path) -> Path:
    """Write the list as a workbook (``.xlsx``) or a calendar (``.ics``).

    Raises
    ------
    OutputError
        If the suffix is another, or the file cannot be written.
    """
    writers = {".xlsx": write_due_workbook, ".ics": write_calendar}
    if path.suffix.lower() not in writers:
        raise OutputError(
            _("{path} is neither .xlsx nor .ics.").format(path=path),
            hint=_("Name a file with one of these endings."),
        )
    return writers[path.suffix.lower()](listed.rows, path, county=listed.county, as_of=listed.as_of)


def _register(state: State, options: ProjectOptions) -> Register:
    sources = tuple(s for s in options.sources if s.role == "lsyd")
    read = read_sources(sources, options.county) if sources else []
    frames = [pd.DataFrame(d.frame.drop(columns=d.frame.geometry.name)) for d in read]
    return Register(
        pd.DataFrame(state.parcels),
        pd.DataFrame(state.supplies),
        pd.DataFrame(state.approvals),
        pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(),
    )
