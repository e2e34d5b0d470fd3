"""Look at a project, or at single files, and tell what is wrong; nothing is changed but the exceptions asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from landinv import __version__
from landinv.errors import OutputError, SourceMissingError, StoreDamagedError
from landinv.i18n import gettext as _
from landinv.intake import read_every_column, read_source
from landinv.inventory.finding_ids import finding_ids
from landinv.inventory.finding_states import Decision, accepted, reopened, with_states
from landinv.model.datasets import SourceAccount
from landinv.model.finding_state import OPEN, STATE_DATES
from landinv.model.findings import concat_findings
from landinv.model.options import CountyOptions, ProjectOptions, SourceOptions
from landinv.outputs.layers.writing import write_layer
from landinv.outputs.lists.csv import write_findings_csv
from landinv.reports.summary import finding_counts, findings_by_rule
from landinv.store import Store, open_store
from landinv.workflow.author import Author
from landinv.workflow.convert import source_to_convert
from landinv.workflow.examine import Memory, examine
from landinv.workflow.progress import Steps, Tell, silent
from landinv.workflow.project import read_project

SCHEMA: Final = "landinv.check/1"
OUT_SUFFIXES: Final = (".csv", ".xlsx", ".gpkg")
_COUNTS: Final = ("declared", "ok", "repaired", "quarantined")


@dataclass(frozen=True)
class Check:
    """What a check found.

    ``findings`` have their states (:data:`~landinv.inventory.finding_states.REGISTER_COLUMNS`; x and y in ``crs``,
    metres); ``register`` is the register's path, empty where there is none; ``problems`` are its own, as
    :meth:`~landinv.store.Store.verify` tells them; ``read`` are the files that were read.
    """

    as_of: date
    findings: pd.DataFrame
    accounts: tuple[SourceAccount, ...]
    read: tuple[Path, ...]
    crs: str = ""
    project: str = ""
    register: str = ""
    problems: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)

    def by_rule(self) -> pd.DataFrame:
        """Findings counted by rule and state (:func:`~landinv.reports.summary.findings_by_rule`)."""
        return findings_by_rule(self.findings)

    def counts(self) -> dict[str, dict[str, int]]:
        """Findings by severity, rule and state (:func:`~landinv.reports.summary.finding_counts`)."""
        return finding_counts(self.findings)

    def to_json(self) -> dict[str, Any]:
        """The check as plain JSON, ``landinv.check/1``."""
        return {
            "schema": SCHEMA,
            "landinv": __version__,
            "project": self.project or None,
            "as_of": self.as_of.isoformat(),
            "sources": [
                {"key": a.key, "role": a.role, "path": a.path, **{c: getattr(a, c) for c in _COUNTS}}
                for a in self.accounts
            ],
            "register": {"path": self.register or None, "problems": _records(self.problems)},
            "counts": self.counts(),
            "rules": _records(self.by_rule()),
            "findings": _records(self.findings),
        }


@dataclass(frozen=True)
class Recorded:
    """An exception made or taken back: the findings it touches as they are now, and the register's batch."""

    findings: pd.DataFrame
    batch: int
    written: bool
    register: str

    def to_json(self) -> dict[str, Any]:
        """What was recorded as plain JSON, ``landinv.check/1``."""
        return {
            "schema": SCHEMA,
            "landinv": __version__,
            "register": {"path": self.register, "batch": self.batch, "written": self.written},
            "findings": _records(self.findings),
        }


def check_project(project: Path, *, tell: Tell = silent) -> Check:
    """Read a project's sources, run every check a run makes, and look at its register; nothing is written.

    Raises
    ------
    LandinvError
        If the project or a source cannot be read, or somebody holds the register. A damaged register is a problem
        that is told, and its states are then unknown.
    """
    options = read_project(project)
    day = options.rules.as_of or date.today()
    with open_store(options.store, county=options.county) as store:
        problems = store.verify()
        memory = _memory(store, options)
    found = examine(options, memory, as_of=day, steps=Steps(tell), tell=tell).results
    return Check(
        as_of=day,
        findings=found.derived.findings,
        accounts=tuple(d.account for d in found.sources.datasets),
        read=(*(d.options.path for d in found.sources.datasets), Path(options.store), options.path),
        crs=options.county.crs,
        project=str(options.path),
        register=options.store if memory.findings is not None or len(problems) else "",
        problems=problems,
    )


def check_files(
    paths: Sequence[Path], *, role: str = "", county: CountyOptions | None = None, tell: Tell = silent
) -> Check:
    """Read single files as an import would, without project or register; every finding is open.

    Parameters
    ----------
    paths
        The files, of one role.
    role
        What they are; empty: every column is read as it stands, and only the file itself is checked.
    county
        Brings shapes to its CRS and holds codes against it; None: they stay as they are.
    tell
        Is told what is being done.

    Raises
    ------
    LandinvError
        If a file is refused.
    """
    datasets = [
        (read_source if source.role else read_every_column)(source, county, progress=tell)
        for source in _sources(paths, role)
    ]
    found = concat_findings([d.findings for d in datasets])
    day = date.today()
    systems = {str(d.frame.crs) for d in datasets if isinstance(d.frame, gpd.GeoDataFrame) and d.frame.crs}
    return Check(
        as_of=day,
        findings=with_states(found.assign(finding_id=finding_ids(found, datasets)), None, as_of=day),
        accounts=tuple(d.account for d in datasets),
        read=tuple(paths),
        crs=systems.pop() if len(systems) == 1 else "",
    )


def selected(
    check: Check, *, severities: Sequence[str] = (), rules: Sequence[str] = (), states: Sequence[str] = ()
) -> Check:
    """The check with the findings asked for; an empty choice chooses all."""
    found = check.findings
    for column, wanted in (("severity", severities), ("rule", [r.upper() for r in rules]), ("state", states)):
        if wanted:
            found = found[found[column].isin(list(wanted))]
    return dataclasses.replace(check, findings=found.reset_index(drop=True))


def counts_at(check: Check, severities: Sequence[str]) -> int:
    """Number of open findings of these severities; problems of the register count as errors."""
    found = check.findings
    is_open = (found["state"] == OPEN) & found["severity"].isin(list(severities))
    return int(is_open.sum()) + (len(check.problems) if severities else 0)


def write_findings(check: Check, path: Path) -> Path:
    """Write the findings of a check to a new file; as a GeoPackage they are points at x and y.

    Returns
    -------
    Path
        The file written, beside the one wanted where that is open elsewhere.

    Raises
    ------
    OutputError
        If the suffix is unknown, the file is one of those that were read, or it cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in OUT_SUFFIXES:
        raise OutputError(
            _("{path}: findings cannot be written as {suffix}.").format(path=path, suffix=suffix or "-"),
            hint=_("Give a name that ends in one of: {known}.").format(known=", ".join(OUT_SUFFIXES)),
        )
    if any(path.exists() and read.exists() and path.samefile(read) for read in check.read):
        raise OutputError(
            _("{path} is one of the files that were read; it will not be overwritten.").format(path=path),
            hint=_("Give another name for the result."),
        )
    if suffix == ".csv":
        return write_findings_csv(check.findings, path)
    frame = _points(check) if suffix == ".gpkg" else check.findings
    return write_layer(frame, path, dataset="check").path


def accept_findings(project: Path, ids: Sequence[str], *, by: str, why: str) -> Recorded:
    """Record findings of the register as accepted exceptions, in one transaction with its event.

    Raises
    ------
    FindingUnknownError, FieldValueError
        If the register has no such finding, a finding is fixed, or nobody or no reason is named.
    LandinvError
        If there is no register, or it cannot be read or written.
    """
    return _record(project, ids, by=by, why=why, reopen=False)


def reopen_findings(project: Path, ids: Sequence[str], *, by: str, why: str) -> Recorded:
    """Take exceptions back, in one transaction with its event.

    Raises
    ------
    FindingUnknownError, FieldValueError
        If the register has no such finding, one is no exception, or nobody or no reason is named.
    LandinvError
        If there is no register, or it cannot be read or written.
    """
    return _record(project, ids, by=by, why=why, reopen=True)


def _record(project: Path, ids: Sequence[str], *, by: str, why: str, reopen: bool) -> Recorded:
    options = read_project(project)
    decision = Decision(by, why, options.rules.as_of or date.today())
    with open_store(options.store, county=options.county) as store:
        state = store.read_state()
        if state is None:
            raise SourceMissingError(
                _("There is no register {path}.").format(path=options.store),
                hint=_("Run landinv run first; exceptions are kept in the register."),
            )
        changed = (reopened if reopen else accepted)(state.findings, ids, decision)
        command = " ".join(["check", "--reopen" if reopen else "--accept", *ids])
        event = Author(by, why).event(command, as_of=decision.on)
        done = store.commit(dataclasses.replace(state, findings=changed), event)
    touched = changed[changed["finding_id"].isin(list(ids))].reset_index(drop=True)
    return Recorded(touched, done.batch, done.written, options.store)


def _memory(store: Store, options: ProjectOptions) -> Memory:
    """What the register remembers; nothing where it is damaged, which verifying has told already."""
    try:
        return Memory.of(store)
    except StoreDamagedError:
        return Memory.nothing(options.county.crs)


def _sources(paths: Sequence[Path], role: str) -> list[SourceOptions]:
    """Single files as sources: one under its role, as a project has it; several under the stems of their names."""
    if role and len(paths) == 1:
        return [source_to_convert(paths[0], role)]
    stems = [path.stem for path in paths]
    keys = [f"{s}.{n}" if stems.count(s) > 1 else s for n, s in enumerate(stems, 1)]
    return [
        dataclasses.replace(source_to_convert(path, role), key=key)
        for path, key in zip(paths, keys, strict=True)
    ]


def _points(check: Check) -> gpd.GeoDataFrame:
    """Findings as points; those without a place have none."""
    found = check.findings
    places = gpd.points_from_xy(found["x"], found["y"])
    shapes = gpd.GeoSeries(places, index=found.index).where(found["x"].notna() & found["y"].notna(), None)
    return gpd.GeoDataFrame(found, geometry=shapes, crs=check.crs or None)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    days = {c: frame[c].dt.strftime("%Y-%m-%d") for c in STATE_DATES if c in frame}
    plain = frame.assign(**days).astype("object")
    rows = plain.where(plain.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]
