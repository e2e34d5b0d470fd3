"""The whole derivation against the plain geopandas pipeline of the same job, and its stages against spatial databases.

    python benchmarks/derivation.py --patches 20000 100000
    python benchmarks/derivation.py --patches 100000 --engines PYTHON [--postgis "host=/tmp dbname=bench"]

The job: read DLTB, villages, plan zones, permanent farmland, approvals and supplies (shapefiles, GBK); validity and ellipsoidal area of
every patch; approvals less supplies; shares of every parcel in four themes; write parcels and shares. Each side runs in a fresh
process. ``landinv`` is what a run does up to the register, with the reader's wall, all checks and findings; ``kernels`` is the plain
job done by landinv's geometry alone. ``--engines`` names a Python that has duckdb with duckdb-extension-spatial, sedonadb or psycopg2;
what they find is held against what we find, in plane square metres.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from county import CRS, write_county

sys.modules.setdefault("coverage", None)  # type: ignore[arg-type]  # else numba takes the benchmark of that name for the package

THEMES = {
    "landclass": ("DLTB", "DLBM"), "village": ("CJDCQ", "ZLDWDM"), "plan": ("GHFQ", "GHDLDM"), "farmland": ("YJJBNTTB", "BZ"),
}  # fmt: skip
MIN_AREA_M2 = 100.0


class Stages:
    """Seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun

    def told(self, **more: float) -> dict[str, float]:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        return {**self.seconds, **more, "peak MB": peak, "largest child MB": child}


def plain(folder: Path, work: Path) -> dict[str, float]:
    """What one writes with geopandas in an afternoon."""
    import geopandas as gpd
    import pandas as pd
    from pyproj import Geod

    stages = Stages()
    geod = Geod(ellps="GRS80")

    def measured(shapes: gpd.GeoSeries) -> list[float]:
        return [abs(geod.geometry_area_perimeter(g)[0]) for g in shapes.to_crs(4490)]

    with stages.stage("read"):
        layers = {
            name: gpd.read_file(folder / f"{name}.shp", encoding="GBK")
            for name in ("DLTB", "CJDCQ", "GHFQ", "YJJBNTTB", "BP", "GD")
        }
    with stages.stage("validity"):
        assert layers["DLTB"].is_valid.all()
    with stages.stage("area"):
        layers["DLTB"]["area_m2"] = measured(layers["DLTB"].geometry)
    with stages.stage("residual"):
        rest = gpd.overlay(layers["BP"], layers["GD"], how="difference").explode(ignore_index=True)
        rest = rest[rest.area >= MIN_AREA_M2]
    parcels = gpd.GeoDataFrame(pd.concat([rest, layers["GD"]], ignore_index=True), crs=layers["BP"].crs)
    parcels["parcel"] = range(len(parcels))
    shares = []
    for theme, (layer, code) in THEMES.items():
        with stages.stage(f"shares {theme}"):
            pieces = gpd.overlay(
                parcels[["parcel", "geometry"]], layers[layer][[code, "geometry"]], how="intersection"
            )
            pieces["area_m2"] = measured(pieces.geometry)
            shares.append(
                pieces.rename(columns={code: "code"})
                .groupby(["parcel", "code"])["area_m2"].sum().reset_index().assign(theme=theme)
            )  # fmt: skip
    with stages.stage("write"):
        parcels.to_file(work / "plain.gpkg", layer="parcels")
        layers["DLTB"].to_file(work / "plain.gpkg", layer="patches")
        pd.concat(shares).to_csv(work / "plain.csv")
    return stages.told(parcels=len(parcels))


def kernels(folder: Path, work: Path) -> dict[str, float]:
    """The plain job with landinv's geometry."""
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import pyogrio
    import shapely

    from landinv.geometry.area import ellipsoidal_area_m2
    from landinv.geometry.difference import explode, subtract
    from landinv.geometry.overlap_area import Parcels
    from landinv.geometry.shares import noise_summed, zone_shares
    from landinv.geometry.threads import in_threads

    stages = Stages()
    with stages.stage("read"):
        layers = {
            name: pyogrio.read_dataframe(folder / f"{name}.shp", encoding="GBK", use_arrow=True)
            for name in ("DLTB", "CJDCQ", "GHFQ", "YJJBNTTB", "BP", "GD")
        }
    shapes = {name: layer.geometry.to_numpy() for name, layer in layers.items()}
    with stages.stage("validity"):
        assert in_threads(shapely.is_valid, shapes["DLTB"]).all()
    with stages.stage("area"):
        layers["DLTB"]["area_m2"] = ellipsoidal_area_m2(shapes["DLTB"], CRS)
    with stages.stage("residual"):
        parts, owner = explode(subtract(shapes["BP"], shapes["GD"]))
        enough = ellipsoidal_area_m2(parts, CRS) >= MIN_AREA_M2
        rest = layers["BP"].iloc[owner[enough]].set_geometry(list(parts[enough]))
    frame = gpd.GeoDataFrame(pd.concat([rest, layers["GD"]], ignore_index=True), crs=CRS)
    shares = []
    with stages.stage("shares landclass"):
        parcels = Parcels.of(frame.geometry.to_numpy(), CRS)
    for theme, (layer, code) in THEMES.items():
        with stages.stage(f"shares {theme}"):
            found = zone_shares(
                parcels, shapes[layer], layers[layer][code].to_numpy(dtype=object), tessellating=theme != "farmland",
                thin_m=0.2,
            )  # fmt: skip
            shares.append(noise_summed(found.rows).assign(theme=theme))
    with stages.stage("write"):
        pyogrio.write_dataframe(frame, work / "kernels.gpkg", layer="parcels", use_arrow=True)
        pyogrio.write_dataframe(layers["DLTB"], work / "kernels.gpkg", layer="patches", use_arrow=True)
        pd.concat(shares).to_csv(work / "kernels.csv")
    told = stages.told(parcels=len(frame))
    tables = {"parcels": (frame.geometry, np.arange(len(frame)))}
    tables |= {theme: (layers[name].geometry, layers[name][code]) for theme, (name, code) in THEMES.items()}
    tables |= {name: (layers[name].geometry, np.arange(len(layers[name]))) for name in ("BP", "GD")}
    for name, (geometry, code) in tables.items():
        table = pd.DataFrame({"code": np.asarray(code), "wkb": shapely.to_wkb(geometry.to_numpy())})
        table.to_parquet(work / f"{name}.parquet")
    return told


def landinv(folder: Path, work: Path) -> dict[str, float]:
    """A run up to the register: sources behind the wall, checks, derivation, commit."""
    from landinv.store import Event, open_store
    from landinv.workflow.examine import Memory, examine
    from landinv.workflow.progress import Steps
    from landinv.workflow.project import read_project
    from landinv.workflow.run import _state

    options = read_project(folder.parent / "landinv.toml")
    steps = Steps(lambda _text: None)
    with open_store(str(work / "inventory.gpkg"), county=options.county) as store:
        examined = examine(options, Memory.of(store), as_of=date(2022, 10, 10), steps=steps)
        with steps.step("store", ""):
            state = dataclasses.replace(_state(examined.results), corrections=examined.corrections)
            event = Event("2022-10-10T08:00:00+08:00", "benchmark", "run")
            store.commit(state, event, descent=examined.descent)
    stages = Stages()
    stages.seconds = dict(steps.seconds)
    return stages.told(parcels=len(examined.results.parcels))


SIDES: dict[str, Callable[[Path, Path], dict[str, float]]] = {
    "plain": plain,
    "kernels": kernels,
    "landinv": landinv,
}


def in_fresh_process(side: str, folder: Path, work: Path) -> dict[str, float]:
    """Figures of one side, with the seconds of the whole process."""
    begun = time.perf_counter()
    told = subprocess.run(
        [sys.executable, __file__, "--side", side, str(folder), str(work)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    seconds = time.perf_counter() - begun
    return {**json.loads(told.splitlines()[-1]), "whole": seconds}


def printed(title: str, columns: dict[str, dict[str, Any]]) -> None:
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    print(f"\n**{title}**\n\n| | " + " | ".join(columns) + " |\n|---|" + "---:|" * len(columns))
    for name in names:
        cells = (f"{c[name]:,.2f}" if name in c else "" for c in columns.values())
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def against_engines(work: Path, engines: str, postgis: str) -> None:
    """Stages from loaded tables, and how far the engines' areas are from ours."""
    script = str(Path(__file__).with_name("engines.py"))
    command = [engines, script, str(work), *(["--postgis", postgis] if postgis else [])]
    columns = json.loads(
        subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]
    )
    from stages import landinv_stages

    ours, areas = landinv_stages(work)
    printed("Stages from loaded tables, seconds", {"landinv": ours, **columns})
    for engine in columns:
        for theme in THEMES:
            path = work / f"{engine}_{theme}.parquet"
            if path.exists():
                print(f"- {engine}, {theme}: {areas.compared(theme, path)}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--patches", type=int, nargs="+", default=[20_000])
    parser.add_argument("--vertices", type=int, default=60)
    parser.add_argument("--sides", nargs="+", choices=list(SIDES), default=list(SIDES))
    parser.add_argument("--engines", default="")
    parser.add_argument("--postgis", default="")
    parser.add_argument("--county", type=Path, help="a folder that county.py wrote, instead of a new one")
    parser.add_argument("--side", nargs=3, metavar=("SIDE", "LAYERS", "WORK"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        side, layers, work = options.side
        print(json.dumps(SIDES[side](Path(layers), Path(work))))
        return
    for patches in options.patches:
        with tempfile.TemporaryDirectory() as temporary:
            work = Path(temporary)
            county = options.county or write_county(work / "county", patches, options.vertices).parent
            columns = {side: in_fresh_process(side, county / "layers", work) for side in options.sides}
            for figures in columns.values():
                figures["plain / this"] = (
                    columns.get("plain", {}).get("whole", float("nan")) / figures["whole"]
                )
            printed(f"{patches:,} patches, seconds", columns)
            if options.engines:
                against_engines(work, options.engines, options.postgis)


if __name__ == "__main__":
    main()
