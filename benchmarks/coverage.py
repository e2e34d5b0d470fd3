"""Time the checks of a survey layer on a made tessellation: coverage, single shapes, records; with peak memory.

    python benchmarks/coverage.py --patches 20000 100000

Seconds of one run in one process, and what the checks add to the memory that the layer itself takes.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
import shapely
from county import CRS, survey_frame, tessellation

from landinv.geometry.coverage import coverage_defects
from landinv.intake.survey_checks import record_findings
from landinv.intake.survey_checks.rule import Patches
from landinv.intake.survey_checks.shapes import shapes_drawn_wrong


def timed(work: Callable[[], Iterable[object]]) -> tuple[float, int]:
    """Seconds, and how many findings frames or rows came out."""
    begun = time.perf_counter()
    count = sum(1 for _ in work())
    return time.perf_counter() - begun, count


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(patches: int, vertices: int) -> dict[str, float]:
    rng = np.random.default_rng(141127)
    grid = tessellation(patches, vertices, rng)
    layer = survey_frame(grid, rng)
    shapes = np.asarray(layer.geometry.array, dtype=object)
    frame = pd.DataFrame(layer.drop(columns="geometry")).replace("", None)
    text = [c for c in frame if frame[c].dtype not in ("float64", "int64")]
    frame = frame.astype(dict.fromkeys(text, "str")).assign(source_ref=[f"dltb#{i}" for i in range(patches)])
    area = frame["TBMJ"].to_numpy(dtype="float64")
    of_layer = Patches(frame, area, "141127", "dltb", shapes, CRS)
    before = peak_mb()
    flawed = shapes.copy()
    some = rng.choice(patches, patches // 1000, replace=False)
    flawed[some] = shapely.buffer(flawed[some], 0.05, join_style="mitre")
    return {
        "vertices": float(shapely.get_num_coordinates(shapes).sum()),
        "records s": timed(lambda: record_findings(of_layer, "dltb"))[0],
        "coverage s": timed(lambda: [coverage_defects(shapes, CRS)])[0],
        "with 0.1 % flawed s": timed(lambda: [coverage_defects(flawed, CRS)])[0],
        "shapes s": timed(lambda: shapes_drawn_wrong(of_layer, "dltb"))[0],
        "memory added MB": peak_mb() - before,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--patches", type=int, nargs="+", default=[20_000])
    parser.add_argument("--vertices", type=int, default=60)
    options = parser.parse_args()
    for patches in options.patches:
        figures = measure(patches, options.vertices)
        print(patches, ", ".join(f"{name} {value:,.2f}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
