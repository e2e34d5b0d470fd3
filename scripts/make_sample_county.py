"""Make the sample county: ``python scripts/make_sample_county.py [--out FOLDER]``.

Writes ``layers/`` (shapefiles, truth.json, readmes) and ``tables/`` (workbooks) below FOLDER, by default
the repository itself. The same code gives the same bytes. It takes about half a minute.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import shapely

sys.path.insert(0, str(Path(__file__).resolve().parent))

from sample_county.approvals import Approval, approval_layer, approvals
from sample_county.contracts import typed_rows, write_contracts
from sample_county.planning import (
    development_layer,
    farmland_layer,
    planning_layer,
    red_line_layer,
    temporary_layer,
    unbuilt_layer,
    zone_layer,
)
from sample_county.projects import projects, write_projects
from sample_county.readme import readme
from sample_county.shapefile import Layer, write_layer
from sample_county.supplies import AS_OF, Supply, supplies, supply_layer
from sample_county.survey import (
    DLTB_FIELDS,
    Flaw,
    boundary_layers,
    dltb_frame,
    settlement_layer,
    with_flaws,
)
from sample_county.terrain import build_terrain
from sample_county.tessellate import build_patches
from sample_county.truth import build_truth

# Farmland stays protected under these two approvals, so that a conflict can be found.
ON_FARMLAND = {"A35", "A36"}


@dataclass(frozen=True)
class County:
    """All layers, with what was decided on the way."""

    layers: list[Layer]
    approvals: list[Approval]
    supplies: list[Supply]
    flaws: list[Flaw]


def build_county() -> County:
    """Build every layer in memory."""
    terrain = build_terrain()
    patches, areas = build_patches(terrain)
    clean, shapes = dltb_frame(patches)
    dltb, flaws = with_flaws(clean)
    granted = approvals()
    given = supplies(granted)
    layers = [Layer("DLTB", "地类图斑", DLTB_FIELDS, dltb, list(shapes)), *boundary_layers(clean, shapes)]
    layers.append(settlement_layer(clean, shapes))
    taken = shapely.union_all([s for a in granted if a.key not in ON_FARMLAND for s in a.shapes])
    for layer, found in (
        approval_layer(granted),
        supply_layer(given, granted),
        planning_layer(terrain, areas),
        farmland_layer(clean, shapes, taken),
        (red_line_layer(clean, shapes, shapely.union_all(areas)), []),
        (development_layer(), []),
        (zone_layer(), []),
        unbuilt_layer(granted),
        temporary_layer(granted),
    ):
        layers.append(layer)
        flaws = [*flaws, *found]
    return County(layers, granted, given, flaws)


def write_county(out: Path) -> None:
    """Write ``layers/`` and ``tables/`` below ``out``."""
    county = build_county()
    layer_folder, table_folder = out / "layers", out / "tables"
    for folder in (layer_folder, table_folder):
        folder.mkdir(parents=True, exist_ok=True)
    for layer in county.layers:
        write_layer(layer, layer_folder)
    contract_rows, contract_flaws = typed_rows(county.supplies, county.approvals)
    write_contracts(contract_rows, table_folder / "供地台账.xlsx")
    project_rows, project_flaws = projects(county.supplies)
    write_projects(project_rows, table_folder / "项目台账.xlsx")
    flaws = [*county.flaws, *contract_flaws, *project_flaws]
    truth = build_truth(county.layers, county.approvals, county.supplies, flaws=flaws)
    text = json.dumps(truth, ensure_ascii=False, indent=1) + "\n"
    (layer_folder / "truth.json").write_text(text, encoding="utf-8", newline="\n")
    for name, english in (("README.md", True), ("README.zh-CN.md", False)):
        page = readme(county.layers, flaws, as_of=AS_OF.isoformat(), english=english)
        (layer_folder / name).write_text(page, encoding="utf-8", newline="\n")


def main() -> None:
    """Read the command line and write the county."""
    parser = argparse.ArgumentParser(description="Make the sample county.")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent.parent)
    write_county(parser.parse_args().out)


if __name__ == "__main__":
    main()
