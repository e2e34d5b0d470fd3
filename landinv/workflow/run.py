"""The whole job: read, derive, number, build, commit, publish."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from landinv.i18n import gettext as _
from landinv.model.options import ProjectOptions
from landinv.outputs.run_record import RunRecord, write_run_record
from landinv.reports.summary import finding_counts, summary_by_kind_and_township
from landinv.store import Commit, Event, State, open_store
from landinv.workflow.author import Author
from landinv.workflow.examine import Memory, examine
from landinv.workflow.progress import Steps, Tell, silent
from landinv.workflow.project import read_project
from landinv.workflow.publish import Output, Results, built_outputs, put_in_place


@dataclass(frozen=True)
class RunResult:
    """What a run tells when it is done.

    ``summary``: parcels and areas by kind and township (:mod:`landinv.reports.summary`).
    ``findings_by_severity`` counts open findings, ``findings_by_state`` all of the register's. ``changes``: parcels
    added, removed and changed since the register's last state. ``beside``: outputs that somebody holds open, with
    where this run's stand. ``largest_difference_m2``: of the balance, over ``balanced`` approvals.
    ``reconciliation``: totals (m²) of the survey's approved and unbuilt land against the derived land; may be empty.
    """

    as_of: date
    summary: pd.DataFrame
    findings_by_severity: Mapping[str, int]
    findings_by_state: Mapping[str, int]
    changes: Mapping[str, int]
    outputs: tuple[Output, ...]
    beside: tuple[tuple[str, Path], ...]
    store: str
    map: Path
    balanced: int
    largest_difference_m2: float
    seconds: Mapping[str, float]
    reconciliation: Mapping[str, float] = dataclasses.field(default_factory=dict)


def run(
    project: Path,
    *,
    as_of: date | None = None,
    out: Path | None = None,
    author: Author | None = None,
    tell: Tell = silent,
) -> RunResult:
    """Do the whole job of a project file.

    Parameters
    ----------
    project
        The project file.
    as_of
        Date the rules are applied for; beats the project file; today where neither says.
    out
        Output folder; beats the project file.
    author
        Who runs it and why, for the register's event; the system's user where nobody is named.
    tell
        Is told what is being done.

    Raises
    ------
    LandinvError
        Before anything that existed was changed; once the register is committed, only where an output cannot be put
        in place (run again: the register is not changed twice).
    """
    options = read_project(project)
    if out is not None:
        options = dataclasses.replace(options, output=dataclasses.replace(options.output, dir=out.absolute()))
    day = as_of or options.rules.as_of or date.today()
    steps = Steps(tell)
    with open_store(options.store, county=options.county) as store:
        store.refuse_edits()
        examined = examine(options, Memory.of(store), as_of=day, steps=steps, tell=tell)
        results = examined.results
        with built_outputs(results, options, steps=steps) as built:
            with steps.step("store", _("Writing the register …")):
                state = dataclasses.replace(_state(results), corrections=examined.corrections)
                event = _event(results, options, author or Author())
                commit = store.commit(state, event, descent=examined.descent)
            with steps.step("publish", _("Putting the outputs in place …")):
                outputs = put_in_place(built, options.output.dir)
    written = _Written(commit, tuple(outputs), steps)
    write_run_record(_record(results, written, options), options.output.dir / "run.json")
    return _result(results, written, options)


@dataclass(frozen=True)
class _Written:
    """What became of a run's results."""

    commit: Commit
    outputs: tuple[Output, ...]
    steps: Steps

    def changes(self) -> dict[str, int]:
        return {"added": self.commit.added, "removed": self.commit.removed, "changed": self.commit.changed}


def _state(results: Results) -> State:
    derived = results.derived
    return State(
        parcels=results.parcels,
        approvals=derived.approvals,
        supplies=derived.supplies,
        slivers=derived.slivers,
        findings=derived.findings,
        shares=results.shares,
        links=results.links,
    )


def _event(results: Results, options: ProjectOptions, author: Author) -> Event:
    sources = {
        d.account.key: {"path": _told(d.options.path, options), "sha256": d.account.sha256}
        for d in results.sources.datasets
    }
    return author.event("run", as_of=results.as_of, sources=sources)


def _result(results: Results, written: _Written, options: ProjectOptions) -> RunResult:
    derived = results.derived
    found = finding_counts(derived.findings)
    stands = {output.name: output.path for output in written.outputs}
    beside = tuple((name, path) for name, path in stands.items() if path != options.output.dir / name)
    differences = derived.balance["difference_m2"].abs()
    return RunResult(
        as_of=results.as_of,
        summary=summary_by_kind_and_township(results.parcels),
        findings_by_severity=found["by_severity"],
        findings_by_state=found["by_state"],
        changes=written.changes(),
        outputs=written.outputs,
        beside=beside,
        store=options.store,
        map=stands["map.html"],
        balanced=len(differences),
        largest_difference_m2=float(differences.max()) if len(differences) else 0.0,
        seconds=written.steps.seconds,
        reconciliation=derived.survey_check.totals,
    )


def _record(results: Results, written: _Written, options: ProjectOptions) -> RunRecord:
    derived = results.derived
    accounts = [
        dataclasses.replace(d.account, path=_told(d.options.path, options)) for d in results.sources.datasets
    ]
    return RunRecord(
        county=options.county,
        as_of=results.as_of,
        ruleset=results.ruleset.id,
        ruleset_version=results.ruleset.version,
        ruleset_sha256=results.ruleset.digest,
        sources=tuple(accounts),
        balance=derived.balance,
        balance_records=derived.balance_records,
        reconciliation=derived.survey_check.totals,
        parcels=results.parcels,
        findings=derived.findings,
        outputs=tuple(output.path for output in written.outputs),
        finished_at=datetime.now().astimezone(),
        seconds=written.steps.seconds,
    )


def _told(path: Path, options: ProjectOptions) -> str:
    """A source's path as the project file could give it, so that a moved county folder tells the same."""
    folder = options.path.parent
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()
