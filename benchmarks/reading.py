"""Reading and checking one DLTB behind the wall, against pyogrio's Arrow read and one validity pass of the same file.

The check of the coverage (overlaps and gaps of all patches) is timed apart: the plain side has nothing like it.

    python benchmarks/reading.py --patches 20000 100000

Each side runs in fresh processes, in turn; the medians and their ratio are printed, with the peak memory of the reading side:
parent and worker each for itself, and the most that both had at one time (looked at twenty times a second; Linux only).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from county import write_county

PLAIN = """
import sys, pyogrio, shapely
meta, table = pyogrio.raw.read_arrow(sys.argv[1], encoding="GBK")
shapely.is_valid(shapely.from_wkb(table.column(meta["geometry_name"] or "wkb_geometry").to_numpy()))
"""
OURS = """
import sys, json, resource, time
from pathlib import Path
from landinv.intake import read_source, survey_checks
from landinv.model.options import CountyOptions, SourceOptions
coverage = survey_checks.coverage_broken
spent = []
def timed(*given):
    begun = time.perf_counter()
    found = list(coverage(*given))
    spent.append(time.perf_counter() - begun)
    return found
survey_checks.coverage_broken = timed
begun = time.perf_counter()
got = read_source(SourceOptions("dltb", "dltb", Path(sys.argv[1])), CountyOptions("岚县", "141127", "EPSG:4525"))
seconds = time.perf_counter() - begun
own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([own / 1024, child / 1024, sum(spent), got.account.ok, len(got.findings)]))
"""


@dataclass(frozen=True)
class Run:
    """A fresh process: seconds, what it printed, most memory of it and its children at one time in MB."""

    seconds: float
    told: str
    together_mb: float


def resident_mb(process: int) -> float:
    """Memory in MB of a process and all below it; 0 where the system does not tell or it has ended."""
    place = Path(f"/proc/{process}")
    try:
        own = int((place / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
        children = (place / "task" / str(process) / "children").read_text().split()
    except (OSError, IndexError):
        return 0.0
    return own + sum(resident_mb(int(child)) for child in children)


def timed(code: str, path: Path) -> Run:
    """Run code in a fresh process."""
    begun = time.perf_counter()
    most = 0.0
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            most = max(most, resident_mb(process.pid))
            time.sleep(0.05)
        seconds = time.perf_counter() - begun
        told = process.stdout.read() if process.stdout else ""
    if process.returncode:
        sys.exit(f"a run failed with {process.returncode}")
    return Run(seconds, told, most)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--patches", type=int, nargs="+", default=[20_000])
    parser.add_argument("--vertices", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(
        "| patches | plain s | intake s | of it coverage s | ratio without coverage | ratio | parent MB | worker MB | together MB "
        "| accepted, findings |\n|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|"
    )
    for patches in options.patches:
        with tempfile.TemporaryDirectory() as folder:
            path = write_county(Path(folder), patches, options.vertices).parent / "layers" / "DLTB.shp"
            pairs = [(timed(PLAIN, path), timed(OURS, path)) for _ in range(options.rounds)]
        plain, ours = (statistics.median(p[i].seconds for p in pairs) for i in (0, 1))
        coverage = statistics.median(json.loads(p[1].told)[2] for p in pairs)
        parent, worker, _coverage, accepted, found = json.loads(pairs[0][1].told)
        together = max(p[1].together_mb for p in pairs)
        print(
            f"| {patches:,} | {plain:.2f} | {ours:.2f} | {coverage:.2f} | {(ours - coverage) / plain:.2f} | "
            f"{ours / plain:.2f} | {parent:.0f} | {worker:.0f} | {together:.0f} | {accepted}, {found} |"
        )


if __name__ == "__main__":
    main()
