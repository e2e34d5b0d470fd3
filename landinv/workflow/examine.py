"""Everything that can be found out about a project without changing anything: read, derive, number, link, remember."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import pandas as pd

from landinv.i18n import gettext as _
from landinv.intake import read_sources
from landinv.intake.county_extent import held_against_county
from landinv.intake.survey_checks.across import survey_findings_across
from landinv.inventory.corrections import correction_findings
from landinv.inventory.finding_ids import finding_ids
from landinv.inventory.finding_states import with_states
from landinv.inventory.identity import assign_parcel_ids
from landinv.ledger.links import link_projects
from landinv.model.corrections import no_corrections
from landinv.model.findings import concat_findings
from landinv.model.options import ProjectOptions
from landinv.model.parcels import LINK_COLUMNS, SHARE_COLUMNS
from landinv.rules.ruleset import choose_ruleset
from landinv.store import Descent, Store, no_known_parcels
from landinv.workflow.corrected_sources import corrected_parcels, with_corrections, with_outcomes
from landinv.workflow.derive import Derived, Sources, derive
from landinv.workflow.happened import until
from landinv.workflow.progress import Steps, Tell, silent
from landinv.workflow.publish import Results
from landinv.workflow.year_layers import with_year_layers


@dataclass(frozen=True)
class Memory:
    """What the register remembers: every parcel it ever knew, its findings (None: never written), and corrections.

    ``looks_back``: of the sources, what had not happened by the date asked for is left out.
    """

    parcels: gpd.GeoDataFrame
    findings: pd.DataFrame | None
    corrections: pd.DataFrame = dataclasses.field(default_factory=no_corrections)
    looks_back: bool = False

    @classmethod
    def of(cls, store: Store) -> Memory:
        """What a register remembers.

        Raises
        ------
        StoreLockedError, StoreDamagedError, OutputError
            If it cannot be read.
        """
        return cls(store.known_parcels(), store.known_findings(), store.known_corrections())

    @classmethod
    def nothing(cls, crs: str) -> Memory:
        """As of a register that was never written."""
        return cls(no_known_parcels(crs), None)


@dataclass(frozen=True)
class Examined:
    """Results as a run publishes them, where the numbers came from, and what became of corrections."""

    results: Results
    descent: Descent
    corrections: pd.DataFrame


def examine(
    options: ProjectOptions,
    memory: Memory,
    *,
    as_of: date,
    steps: Steps,
    tell: Tell = silent,
) -> Examined:
    """Read and derive everything, and look at it beside what the register remembers.

    Parameters
    ----------
    options
        The project.
    memory
        What its register remembers.
    as_of
        Date the rules are applied for, and new findings are first seen on.
    steps
        Keeps the seconds of each step.
    tell
        Is told what is being done.

    Raises
    ------
    LandinvError
        Where it cannot go on; defects of the data are findings.
    """
    ruleset = choose_ruleset(options.rules.rulesets, as_of)
    with steps.step("intake", _("Reading and checking the sources …")):
        read = read_sources(options.sources, options.county, progress=tell)
        held = held_against_county(read, options.county.crs)
        sources = with_year_layers(Sources(tuple(held), options.county.crs))
        across = survey_findings_across(sources.datasets, options.county.crs)
        sources, laid = with_corrections(sources, memory.corrections)
        sources = until(sources, as_of) if memory.looks_back else sources
    derived = derive(sources, options, ruleset, as_of=as_of, steps=steps)
    with steps.step("identity", _("Finding known parcels again …")):
        identity = assign_parcel_ids(derived.parcels, memory.parcels, county_code=options.county.code)
        numbered = _stamped(derived.parcels, identity.ids, as_of)
        links = link_projects(numbered, derived.projects, crs=options.county.crs)
        parcels, laid_later = corrected_parcels(_with_projects(numbered, links.links), memory.corrections)
        laid += laid_later
        found = concat_findings([across, derived.findings, links.findings, correction_findings(laid)])
        stated = with_states(
            found.assign(finding_id=finding_ids(found, sources.datasets)), memory.findings, as_of=as_of
        )
    results = Results(
        parcels,
        _long_shares(derived, parcels),
        links.links[list(LINK_COLUMNS)],
        dataclasses.replace(derived, findings=stated),
        sources,
        ruleset,
        as_of,
    )
    fates = dict(zip(identity.ids, identity.fate, strict=True))
    return Examined(results, Descent(identity.lineage, fates), with_outcomes(memory.corrections, laid))


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
