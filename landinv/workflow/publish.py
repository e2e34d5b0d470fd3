"""Write everything a run leaves: built in a private folder first, put in place only after the register is safe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from landinv.disk import sha256_of, workshop, write_atomically
from landinv.fieldwork.visit_order import visit_order
from landinv.i18n import gettext as _
from landinv.model.options import ProjectOptions
from landinv.outputs.feed.package import FeedContent, write_feed
from landinv.outputs.layers.set_aside import keep_older, with_reasons, write_set_aside
from landinv.outputs.lists.content import WorkbookContent
from landinv.outputs.lists.csv import (
    write_findings_csv,
    write_parcels_csv,
    write_reconciliation_csv,
    write_slivers_csv,
)
from landinv.outputs.lists.supervision import write_supervision_csv
from landinv.outputs.lists.workbook import write_workbook
from landinv.outputs.map import MapContent, build_map, save_map
from landinv.reports.supervision import supervision
from landinv.rules.page import unverified_texts
from landinv.rules.ruleset import Ruleset
from landinv.workflow.derive import Derived, Sources
from landinv.workflow.progress import Steps

MAP_TITLE: Final = "批而未供与闲置土地分布图"
SET_ASIDE: Final = "quarantined"
STAMP: Final = "内部用图　注意保密"


@dataclass(frozen=True)
class Results:
    """What the outputs are made of: the numbered parcels with their shares and links, and all they came from."""

    parcels: gpd.GeoDataFrame
    shares: pd.DataFrame
    links: pd.DataFrame
    derived: Derived
    sources: Sources
    ruleset: Ruleset
    as_of: date


@dataclass(frozen=True)
class Output:
    """A published file: the name wanted (``lists/…`` relative to the output folder), where it stands, hash, bytes."""

    name: str
    path: Path
    sha256: str
    size: int


@contextmanager
def built_outputs(results: Results, options: ProjectOptions, *, steps: Steps) -> Iterator[Path]:
    """Build every output in a private folder inside the output folder; the folder is gone afterwards."""
    with workshop(options.output.dir) as folder:
        with steps.step("lists", _("Writing lists and workbook …")):
            _write_lists(results, options, folder)
            _write_set_aside(results, folder)
        with steps.step("map", _("Drawing the map …")):
            save_map(build_map(_map_content(results, options)), folder / "map.html")
        with steps.step("feed", _("Writing the feed …")):
            write_feed(_feed_content(results, options), folder / "feed")
        yield folder


def put_in_place(built: Path, target: Path) -> list[Output]:
    """Move the built files to the output folder, one by one, each whole; a file held open gets a neighbour."""
    outputs = []
    for made in sorted(p for p in built.rglob("*") if p.is_file()):
        name = made.relative_to(built)
        digest, size = sha256_of(made), made.stat().st_size
        wanted = target / name
        if name.parts[0] == SET_ASIDE and wanted.is_file() and sha256_of(wanted) != digest:
            keep_older(wanted)
        unchanged = wanted.is_file() and wanted.stat().st_size == size and sha256_of(wanted) == digest
        stands = wanted if unchanged else write_atomically(wanted, _moved_from(made))
        outputs.append(Output(name.as_posix(), stands, digest, size))
    for mended in sorted((target / SET_ASIDE).glob("*.gpkg")):
        if mended not in [o.path for o in outputs] and "_旧" not in mended.stem:
            keep_older(mended)
    return outputs


def _moved_from(made: Path) -> Callable[[Path], None]:
    def move(temporary: Path) -> None:
        made.replace(temporary)

    return move


def _write_set_aside(results: Results, folder: Path) -> None:
    """What the sources' records could not become part of the register for is there to be mended and read in again."""
    for dataset in results.sources.datasets:
        if len(dataset.quarantined):
            records = with_reasons(dataset.quarantined, dataset.findings)
            write_set_aside(
                records, folder / SET_ASIDE / f"{dataset.account.key}.gpkg", layer=dataset.account.key
            )


def _write_lists(results: Results, options: ProjectOptions, folder: Path) -> None:
    derived = results.derived
    write_parcels_csv(results.parcels, folder / "parcels.csv")
    write_findings_csv(derived.findings, folder / "findings.csv")
    write_slivers_csv(derived.slivers, folder / "slivers.csv")
    if len(derived.survey_check.rows):
        write_reconciliation_csv(derived.survey_check.rows, folder / "reconciliation.csv")
    write_supervision_csv(supervision(derived.supplies, derived.judged_supplies), folder / "supervision.csv")
    content = WorkbookContent(
        county=options.county,
        as_of=results.as_of,
        ruleset=f"{results.ruleset.stamp} {results.ruleset.title}",
        parcels=results.parcels,
        balance=derived.balance,
        balance_records=derived.balance_records,
        findings=derived.findings,
        slivers=derived.slivers,
        links=results.links,
        visits=visit_order(results.parcels, crs=options.county.crs),
        approvals=derived.approvals,
        supplies=derived.supplies,
        projects=derived.projects,
        reconciliation=derived.survey_check.rows,
        survey_statistic=derived.survey_check.statistic,
        accounts=tuple(d.account for d in results.sources.datasets),
        unverified=unverified_texts(results.ruleset),
    )
    write_workbook(content, folder / "parcels.xlsx")


def _map_content(results: Results, options: ProjectOptions) -> MapContent:
    sources = results.sources
    layers = {
        "townships": sources.layer("xzq"),
        "villages": sources.layer("cjdcq"),
        "approvals": results.derived.approvals,
        "supplies": results.derived.supplies,
        "planning": sources.layer("planning"),
        "zone": sources.layer("kfyq"),
        **sources.constraints(),
    }
    return MapContent(
        county_name=options.county.name,
        county_code=options.county.code,
        as_of=results.as_of,
        title=f"{options.county.name}{MAP_TITLE}",
        crs=options.county.crs,
        parcels=results.parcels,
        shares=results.shares,
        links=results.links,
        background=sources.layer("dltb"),
        outlines={name: layer for name, layer in layers.items() if layer is not None and len(layer)},
        stamp=STAMP,
    )


def _feed_content(results: Results, options: ProjectOptions) -> FeedContent:
    return FeedContent(
        county=options.county,
        as_of=results.as_of,
        parcels=results.parcels,
        links=results.links,
        projects=results.derived.projects,
    )
