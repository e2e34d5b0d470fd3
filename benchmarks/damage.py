"""Damage a sound shapefile in every way a cable, a disk or a stopped copy does, and count what passes in silence.

    python benchmarks/damage.py --seeds 1 2 3

Cuts .shp, .shx and .dbf at every 8 bytes, zeroes 64-byte blocks and flips single bits, and sends each damaged copy through
the intake (structure checks, decoding, shapes; the wall's process stands once a batch instead of once a file). For each case
it compares what was accepted with what was written: records, texts, areas. A change counts as silent where neither an error nor
a finding told of it.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from landinv.intake.drivers import skipped_drivers

# GDAL reads this once, when it is loaded: the worker's wall stands in these processes too.
os.environ["CPL_LOG"] = os.devnull
os.environ["GDAL_SKIP"] = ",".join(skipped_drivers("ESRI Shapefile"))

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from landinv.errors import LandinvError
from landinv.i18n import current_language
from landinv.intake import read as intake_read
from landinv.intake import read_every_column, sandbox
from landinv.intake.worker import reading
from landinv.model.options import SourceOptions

PARCELS = 20
PARTS = (".shp", ".shx", ".dbf")
CRS = "EPSG:4526"
# A shape may move by so much before it counts: half the square of the smallest step a clerk could measure.
AREA_M2 = 0.03
BATCH = 64


@dataclass(frozen=True)
class Case:
    """One damage: the part, what was done to it, and where."""

    kind: str
    part: str
    at: int
    value: int = 0


@dataclass(frozen=True)
class Truth:
    """What was written: texts row by row, area and place of each shape."""

    texts: list[tuple[str, ...]]
    shapes: np.ndarray


def make(folder: Path, seed: int) -> Truth:
    """Write parcels of irregular outline in GBK, and return what is in them."""
    rng = np.random.default_rng(seed)
    shapes = []
    for i in range(PARCELS):
        angles = np.sort(rng.uniform(0, 2 * np.pi, 12))
        radius = rng.uniform(20, 40, 12)
        x, y = 38_500_000 + 120 * i, 4_240_000 + rng.uniform(0, 500)
        ring = np.column_stack([x + radius * np.cos(angles), y + radius * np.sin(angles)])
        shapes.append(shapely.Polygon(np.round(ring, 4)))
    towns, works = ("东村镇", "普明镇", "岚城镇", "上明乡"), ("标准厂房", "安置小区", "储备地块", "土地整治")
    frame = gpd.GeoDataFrame(
        {
            "BSM": [f"1411272110{n:08d}" for n in rng.integers(1, 10**8, PARCELS)],
            "XMMC": [f"{towns[a]}{b}期{works[c]}项目" for a, b, c in rng.integers(0, 4, (PARCELS, 3))],
            "DLBM": rng.choice(["0601", "0701", "1003", "0103"], PARCELS),
            "TBMJ": [round(s.area, 2) for s in shapes],
        },
        geometry=shapes,
        crs=CRS,
    )
    pyogrio.write_dataframe(frame, folder / "dk.shp", encoding="GBK")
    texts = [tuple(map(str, row)) for row in frame[["BSM", "XMMC", "DLBM"]].itertuples(index=False)]
    return Truth(texts, np.asarray(frame.geometry.array, dtype=object))


def cases(folder: Path, seed: int, blocks: int, flips: int) -> list[Case]:
    """Every cut, and random blocks and bits over the bytes of all parts."""
    rng = np.random.default_rng(seed + 1000)
    size = {part: (folder / f"dk{part}").stat().st_size for part in PARTS}
    all_cuts = [Case("cut", part, at) for part in PARTS for at in range(0, size[part], 8)]
    weights = np.array([size[p] for p in PARTS], float)
    parts = rng.choice(PARTS, blocks + flips, p=weights / weights.sum())
    zeroed = [Case("zero block", p, int(rng.integers(0, max(1, size[p] - 64)))) for p in parts[:blocks]]
    flipped = [
        Case("bit flip", p, int(rng.integers(0, size[p])), 1 << int(rng.integers(0, 8)))
        for p in parts[blocks:]
    ]
    return [*all_cuts, *zeroed, *flipped]


def damaged(folder: Path, case: Case) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every part, one of them damaged."""
    for source in sorted(folder.glob("dk.*")):
        raw = bytearray(source.read_bytes())
        if source.suffix == case.part:
            if case.kind == "cut":
                raw = raw[: case.at]
            elif case.kind == "zero block":
                raw[case.at : case.at + 64] = bytes(len(raw[case.at : case.at + 64]))
            else:
                raw[case.at] ^= case.value
        yield source.name, bytes(raw)


def read_here(staged, *, layer="", encoding="", limits=None):  # type: ignore[no-untyped-def]
    """As the wall's process does, in this process."""
    request = {
        "format": staged.format, "path": str(staged.main), "folder": str(staged.folder), "title": staged.title,
        "layer": layer, "encoding": encoding, "language": current_language(), "driver": "ESRI Shapefile",
    }  # fmt: skip
    facts = reading.read(request)
    return sandbox.Answer(
        {name: sandbox._table(staged.folder / f) for name, f in facts["tables"].items()}, facts
    )


def outcome(folder: Path, case: Case, truth: Truth) -> tuple[str, float]:
    """What became of a case, and the seconds it took: refused, told, unchanged, silent text, silent shape, defect."""
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        for name, raw in damaged(folder, case):
            (Path(place) / name).write_bytes(raw)
        try:
            got = read_every_column(SourceOptions("x", "", Path(place) / "dk.shp"), None)
        except LandinvError as error:
            named = "dk" in str(error) and bool(error.hint)
            return "refused" if named else "refused without name or cure", time.perf_counter() - begun
        except Exception as error:  # noqa: BLE001 - the count of these is what is asked
            return f"defect {type(error).__name__}", time.perf_counter() - begun
    return judged(got, truth), time.perf_counter() - begun


def judged(got, truth: Truth) -> str:  # type: ignore[no-untyped-def]
    """Compare what was accepted with what was written."""
    frame = got.frame
    texts = [
        tuple(str(v) for v in row)
        for row in frame.reindex(columns=["BSM", "XMMC", "DLBM"]).itertuples(index=False)
    ]
    shapes = np.asarray(frame.geometry.array, dtype=object)
    same_shapes = len(shapes) == len(truth.shapes) and bool(
        (shapely.area(shapely.symmetric_difference(shapes, truth.shapes)) <= AREA_M2).all()
    )
    if texts == truth.texts and same_shapes:
        return "unchanged"
    if len(got.findings):
        return "told"
    return "silent text" if same_shapes else "silent shape"


def batch(folder: Path, some: list[Case], truth: Truth) -> list[tuple[Case, str, float]]:
    """Outcomes of several cases in a process of their own."""
    intake_read.read_staged = read_here
    os.dup2(
        os.open(os.devnull, os.O_WRONLY), 2
    )  # the libraries' complaints about damage are not what is measured
    return [(case, *outcome(folder, case, truth)) for case in some]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--blocks", type=int, default=500)
    parser.add_argument("--flips", type=int, default=2000)
    parser.add_argument("--examples", type=int, default=5, help="of each bad outcome")
    options = parser.parse_args()
    counts: Counter[tuple[str, str]] = Counter()
    examples: dict[str, list[str]] = {}
    slowest = 0.0
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as place, ProcessPoolExecutor(2) as pool:
            folder = Path(place)
            truth = make(folder, seed)
            todo = cases(folder, seed, options.blocks, options.flips)
            jobs = [
                pool.submit(batch, folder, todo[i : i + BATCH], truth) for i in range(0, len(todo), BATCH)
            ]
            for case, end, seconds in (r for job in jobs for r in job.result()):
                counts[case.kind, end] += 1
                slowest = max(slowest, seconds)
                if end not in ("refused", "told", "unchanged"):
                    examples.setdefault(end, []).append(f"seed {seed} {case}")
    ends = sorted({end for _kind, end in counts})
    print("| damage | " + " | ".join(ends) + " |")
    print("|---|" + "---:|" * len(ends))
    for kind in ("cut", "zero block", "bit flip"):
        print(f"| {kind} | " + " | ".join(f"{counts[kind, end]:,}" for end in ends) + " |")
    print(f"slowest case: {slowest:.2f} s")
    for end, some in examples.items():
        print(end, *some[: options.examples], sep="\n  ")


if __name__ == "__main__":
    main()
