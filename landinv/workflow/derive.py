"""From accepted sources to the register's state: residual land, judged supplies, shares, links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import geopandas as gpd
import pandas as pd

from landinv.i18n import gettext as _
from landinv.inventory.assemble import join_parcels, record_parcels, residual_parcels, supply_parcels
from landinv.inventory.attributes import with_areas, with_shares
from landinv.inventory.themes import ThemeLayers, parcel_shares
from landinv.inventory.townships import township_findings, with_current_townships, with_former_said
from landinv.ledger.approval_records import ApprovalJoin, join_approval_records
from landinv.ledger.projects import merge_projects
from landinv.ledger.supply_records import SupplyJoin, join_supply_records
from landinv.model.datasets import Dataset
from landinv.model.findings import concat_findings, findings, no_findings
from landinv.model.keys import normal_document_nos
from landinv.model.landclass import PLAN_CODE_SYSTEM_2023
from landinv.model.options import ProjectOptions
from landinv.model.roles import TOWNSHIPS
from landinv.model.townships import TownshipUnits, township_units
from landinv.rules.approvals import judge_approvals
from landinv.rules.date_checks import check_approvals, check_supplies
from landinv.rules.ruleset import Ruleset
from landinv.rules.supplies import judge_supplies
from landinv.supply.records import balance_records
from landinv.supply.residual import Residual, derive_residual
from landinv.workflow.progress import Steps
from landinv.workflow.survey_check import SurveyCheck, survey_check

SEEN_M2: Final = 1.0  # zones that overlap by less inside a parcel: two surveys of one boundary


@dataclass(frozen=True)
class Sources:
    """Accepted sources by role, in the order of the project file.

    ``survey``: the land class patches as year layers have changed them; None where there are none.
    """

    datasets: tuple[Dataset, ...]
    crs: str
    survey: gpd.GeoDataFrame | None = None

    def of(self, role: str) -> list[Dataset]:
        """Datasets of one role."""
        return [d for d in self.datasets if d.options.role == role]

    def layer(self, role: str) -> gpd.GeoDataFrame | None:
        """All features of a role in one frame, patches of the latest year; None where no source has it."""
        if role == "dltb" and self.survey is not None:
            return self.survey
        return _one_layer([d.frame for d in self.of(role)], self.crs)

    def constraints(self, effect: str | None = None) -> dict[str, gpd.GeoDataFrame]:
        """Constraint polygons by kind; with ``effect`` only those."""
        by_kind: dict[str, list[gpd.GeoDataFrame]] = {}
        for dataset in self.of("constraints"):
            if effect is None or dataset.options.effect == effect:
                by_kind.setdefault(dataset.options.kind, []).append(dataset.frame)
        return {
            kind: layer
            for kind, frames in by_kind.items()
            if (layer := _one_layer(frames, self.crs)) is not None
        }

    def theme_layers(self) -> ThemeLayers:
        """What parcels are overlaid with."""
        return ThemeLayers(
            dltb=self.layer("dltb"),
            xzq=self.layer("xzq"),
            cjdcq=self.layer("cjdcq"),
            kfyq=self.layer("kfyq"),
            planning=self.layer("planning"),
            constraints=self.constraints(),
        )

    def townships(self, county_code: str, as_of: date) -> TownshipUnits:
        """Townships on a day, by the shipped list and the bureau's tables."""
        tables = [pd.DataFrame(d.frame) for d in self.of(TOWNSHIPS)]
        return township_units(county_code, pd.concat(tables, ignore_index=True) if tables else None, as_of)

    def plan_code_system(self) -> str:
        """The code system of the planning layers; where they differ, all of them."""
        systems = {s for d in self.of("planning") for s in d.frame["code_system"].dropna().unique()}
        return "、".join(sorted(systems)) or PLAN_CODE_SYSTEM_2023


@dataclass(frozen=True)
class Derived:
    """All that a run knows before parcels have their numbers; areas m², shapes in the county's CRS.

    ``judged_supplies`` is the judgement of every supply, parcel or not, index of ``supplies``.
    """

    parcels: gpd.GeoDataFrame
    shares: pd.DataFrame
    approvals: gpd.GeoDataFrame
    supplies: gpd.GeoDataFrame
    projects: pd.DataFrame
    slivers: gpd.GeoDataFrame
    balance: pd.DataFrame
    balance_records: pd.DataFrame
    findings: pd.DataFrame
    judged_supplies: pd.DataFrame = field(default_factory=pd.DataFrame)
    survey_check: SurveyCheck = field(default_factory=SurveyCheck)


def _one_layer(frames: Sequence[gpd.GeoDataFrame], crs: str) -> gpd.GeoDataFrame | None:
    if not frames:
        return None
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry", crs=crs)


def derive(
    sources: Sources, options: ProjectOptions, ruleset: Ruleset, *, as_of: date, steps: Steps
) -> Derived:
    """Do the whole derivation.

    Raises
    ------
    LandinvError
        Only where it cannot go on; defects of the data are rows of ``findings``.
    """
    crs = options.county.crs
    with steps.step("records", _("Joining records to shapes …")):
        records = _joined(sources, crs)
    with steps.step("supply", _("Taking supplied land off the approvals …")):
        residual, counted = _residual(records, sources, options)
        held = _survey_check(residual, records, sources)
    with steps.step("rules", _("Applying the rules …")):
        judged = _judged(records, ruleset, as_of)
        bare = _bare_parcels(residual, counted[0], records, judged, crs=crs)
    with steps.step("shares", _("Measuring class, owner, plan and restrictions …")):
        units = sources.townships(options.county.code, as_of)
        parcels, shares, overlaps = _with_shares(
            bare, sources, units, noise_width_m=options.derive.noise_width_m
        )
    found = [d.findings for d in sources.datasets]
    found += [records.approvals.findings, records.supplies.findings, records.project_findings]
    found += [residual.findings, held.findings, counted[1], judged.findings, overlaps]
    return Derived(
        parcels=parcels,
        shares=shares,
        approvals=records.approvals.shapes,
        supplies=records.supplies.supplies,
        projects=records.projects,
        slivers=residual.parts[residual.parts["is_sliver"]].reset_index(drop=True),
        balance=residual.balance,
        balance_records=counted[0],
        findings=concat_findings(found),
        judged_supplies=judged.supplies,
        survey_check=held,
    )


@dataclass(frozen=True)
class _Records:
    """Records joined to their shapes."""

    approvals: ApprovalJoin
    supplies: SupplyJoin
    projects: pd.DataFrame
    project_findings: pd.DataFrame


@dataclass(frozen=True)
class _Judged:
    """Judgements: one row an approval number, one row a supply."""

    approvals: pd.DataFrame
    supplies: pd.DataFrame
    findings: pd.DataFrame


def _joined(sources: Sources, crs: str) -> _Records:
    projects, project_findings = merge_projects([d.frame for d in sources.of("projects")])
    return _Records(
        join_approval_records([d.frame for d in sources.of("approvals")], crs=crs),
        join_supply_records([d.frame for d in sources.of("supplies")], crs=crs),
        projects,
        project_findings,
    )


def _residual(
    records: _Records, sources: Sources, options: ProjectOptions
) -> tuple[Residual, tuple[pd.DataFrame, pd.DataFrame]]:
    supplies = records.supplies.supplies
    residual = derive_residual(
        records.approvals.shapes,
        gpd.GeoDataFrame(supplies[supplies["has_shape"]].reset_index(drop=True), crs=sources.crs),
        exclusions=_one_layer(list(sources.constraints("exclude").values()), sources.crs),
        options=options.derive,
        crs=sources.crs,
    )
    return residual, balance_records(records.approvals.records, supplies)


def _survey_check(residual: Residual, records: _Records, sources: Sources) -> SurveyCheck:
    supplies = records.supplies.supplies
    shaped = gpd.GeoDataFrame(supplies[supplies["has_shape"]], crs=sources.crs)
    lines = (records.approvals.shapes, shaped)
    return survey_check(
        sources.layer("pzwjstd"), residual.parts, lines=lines, dltb=sources.layer("dltb"), crs=sources.crs
    )


def _judged(records: _Records, ruleset: Ruleset, as_of: date) -> _Judged:
    approvals = pd.concat(
        [pd.DataFrame(records.approvals.shapes), records.approvals.records], ignore_index=True
    )
    one_each = approvals[~normal_document_nos(approvals["approval_no"]).duplicated()].reset_index(drop=True)
    judgement = judge_approvals(one_each, ruleset, as_of)
    supplies = records.supplies.supplies
    return _Judged(
        pd.concat([one_each[["approval_no", "approved_on"]], judgement], axis=1),
        judge_supplies(supplies, ruleset, as_of),
        concat_findings(
            [check_approvals(one_each, ruleset, as_of), check_supplies(supplies, ruleset, as_of)]
        ),
    )


def _bare_parcels(
    residual: Residual, counted: pd.DataFrame, records: _Records, judged: _Judged, *, crs: str
) -> gpd.GeoDataFrame:
    parts = residual.parts[~residual.parts["is_sliver"]]
    frames = [
        residual_parcels(parts, judged.approvals),
        record_parcels(counted, judged.approvals, crs=crs),
        supply_parcels(records.supplies.supplies, judged.supplies),
    ]
    return with_areas(join_parcels(frames, crs=crs), crs=crs)


def _with_shares(
    bare: gpd.GeoDataFrame, sources: Sources, units: TownshipUnits, *, noise_width_m: float
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, pd.DataFrame]:
    layers = sources.theme_layers()
    shares = parcel_shares(bare, layers, crs=sources.crs, noise_width_m=noise_width_m)
    rows = with_current_townships(shares.rows, units)
    parcels = with_shares(bare, rows, measured=layers.measured(), plan_code_system=sources.plan_code_system())
    found = [_overlap_findings(shares.excess, bare), township_findings(rows, units)]
    return with_former_said(parcels, shares.rows, units), rows, concat_findings(found)


def _overlap_findings(excess: pd.DataFrame, parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    """Zones of one theme that claim the same land within a parcel, a finding for each parcel and code."""
    seen = excess[excess["area_m2"] >= SEEN_M2]
    if seen.empty:
        return no_findings()
    points = parcels.geometry.iloc[seen["parcel"]].representative_point()
    return findings(
        "O001",
        dataset="shares",
        layer=seen["theme"].to_list(),
        feature=parcels["source_refs"].iloc[seen["parcel"]].to_list(),
        value=seen["code"].str.replace("\x1f", "/").to_list(),
        detail=[f"{area:.2f}平方米" for area in seen["area_m2"]],
        x=points.x.to_list(),
        y=points.y.to_list(),
    )
