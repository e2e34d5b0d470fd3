"""The whole job: read, derive, number, build, commit, publish."""

from __future__ import annotations

import dataclasses
import getpass
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd

from landinv.i18n import gettext as _
from landinv.intake import read_sources
from landinv.inventory.identity import assign_parcel_ids
from landinv.ledger.links import link_projects
from landinv.model.findings import concat_findings
from landinv.model.options import ProjectOptions
from landinv.model.parcels import LINK_COLUMNS, SHARE_COLUMNS
from landinv.outputs.run_record import RunRecord, write_run_record
from landinv.reports.summary import finding_counts, summary_by_kind_and_township
from landinv.rules.ruleset import load_ruleset
from landinv.store import Commit, Event, State, open_store
from landinv.workflow.derive import Derived, Sources, derive
from landinv.workflow.progress import Steps, Tell, silent
from landinv.workflow.project import read_project
from landinv.workflow.publish import Output, Results, built_outputs, put_in_place


@dataclass(frozen=True)
class RunResult:
    """What a run tells when it is done.

    ``summary``: parcels and areas by kind and township (:mod:`landinv.reports.summary`). ``changes``: parcels added,
    removed and changed since the register's last state. ``beside``: outputs that somebody holds open, with where this
    run's stand. ``largest_difference_m2``: of the balance, over ``balanced`` approvals.
    """

    as_of: date
    summary: pd.DataFrame
    findings_by_severity: Mapping[str, int]
    changes: Mapping[str, int]
    outputs: tuple[Output, ...]
    beside: tuple[tuple[str, Path], ...]
    store: str
    map: Path
    balanced: int
    largest_difference_m2: float
    seconds: Mapping[str, float]


def run(
    project: Path, *, as_of: date | None = None, out: Path | None = None, tell: Tell = silent
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
    ruleset = load_ruleset(options.rules.ruleset)
    with steps.step("intake", _("Reading and checking the sources …")):
        sources = Sources(
            tuple(read_sources(options.sources, options.county, progress=tell)), options.county.crs
        )
    derived = derive(sources, options, ruleset, as_of=day, steps=steps)
    with open_store(options.store, county=options.county) as store:
        with steps.step("identity", _("Finding known parcels again …")):
            identity = assign_parcel_ids(
                derived.parcels, store.known_parcels(), county_code=options.county.code
            )
            parcels = _stamped(derived.parcels, identity.ids, day)
            links = link_projects(parcels, derived.projects, crs=options.county.crs)
            derived = dataclasses.replace(
                derived, findings=concat_findings([derived.findings, links.findings])
            )
            parcels = _with_projects(parcels, links.links)
        results = Results(
            parcels,
            _long_shares(derived, parcels),
            links.links[list(LINK_COLUMNS)],
            derived,
            sources,
            ruleset,
            day,
        )
        with built_outputs(results, options, steps=steps) as built:
            with steps.step("store", _("Writing the register …")):
                commit = store.commit(_state(results), _event(sources, day), lineage=identity.lineage)
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


def _stamped(parcels: gpd.GeoDataFrame, ids: pd.Series, as_of: date) -> gpd.GeoDataFrame:
    day = pd.Series(pd.Timestamp(as_of), index=parcels.index).astype("datetime64[s]")
    return parcels.assign(parcel_id=ids, as_of=day)


def _with_projects(parcels: gpd.GeoDataFrame, links: pd.DataFrame) -> gpd.GeoDataFrame:
    """The best link of each parcel stands in its own columns."""
    best = links.drop_duplicates("parcel_id").set_index("parcel_id")
    ids = parcels["parcel_id"]
    code = parcels["project_code"].where(parcels["project_code"].notna(), ids.map(best["project_code"]))
    name = parcels["project_name"].where(parcels["project_name"].notna(), ids.map(best["project_name"]))
    return parcels.assign(
        project_code=code.astype("str"),
        project_name=name.astype("str"),
        link_method=ids.map(best["method"]).astype("str"),
        link_score=ids.map(best["score"]).astype("float64"),
    )


def _long_shares(derived: Derived, parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    """Shares under the parcel's number; tenure is a column of the parcel, not a theme of the register."""
    rows = derived.shares[derived.shares["theme"] != "tenure"]
    ids = parcels["parcel_id"].to_numpy()[rows["parcel"].to_numpy(dtype="int64")]
    named = rows.assign(parcel_id=ids)[list(SHARE_COLUMNS)]
    order = ["parcel_id", "theme", "area_m2", "code"]
    return named.sort_values(order, ascending=[True, True, False, True]).reset_index(drop=True)


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


def _event(sources: Sources, as_of: date) -> Event:
    return Event(
        at=datetime.now().astimezone().isoformat(timespec="seconds"),
        actor=getpass.getuser(),
        command="run",
        as_of=as_of.isoformat(),
        sources={d.account.key: d.account.sha256 for d in sources.datasets},
    )


def _result(results: Results, written: _Written, options: ProjectOptions) -> RunResult:
    derived = results.derived
    stands = {output.name: output.path for output in written.outputs}
    beside = tuple((name, path) for name, path in stands.items() if path != options.output.dir / name)
    differences = derived.balance["difference_m2"].abs()
    return RunResult(
        as_of=results.as_of,
        summary=summary_by_kind_and_township(results.parcels),
        findings_by_severity=finding_counts(derived.findings)["by_severity"],
        changes=written.changes(),
        outputs=written.outputs,
        beside=beside,
        store=options.store,
        map=stands["map.html"],
        balanced=len(differences),
        largest_difference_m2=float(differences.max()) if len(differences) else 0.0,
        seconds=written.steps.seconds,
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
        sources=tuple(accounts),
        balance=derived.balance,
        balance_records=derived.balance_records,
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
