"""Time every step of a run on counties of several sizes, in fresh processes, with peak memory.

    python benchmarks/steps.py --patches 20000 100000 300000

Prints one table: seconds of each step as run.json has them, whole seconds and peak memory of the process, and the ratio to plain
pyogrio reading DLTB, so that figures of different machines can be compared.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from county import write_county

PLAIN_READ = "import sys, pyogrio; pyogrio.read_dataframe(sys.argv[1], encoding='GBK', use_arrow=True)"


def timed(command: list[str]) -> tuple[float, float]:
    """Wall seconds and the peak memory (MB) of the largest child so far."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.perf_counter() - begun
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def measure(patches: int, vertices: int) -> dict[str, float]:
    """Figures of one county."""
    with tempfile.TemporaryDirectory() as folder:
        project = write_county(Path(folder), patches, vertices)
        plain, _ = timed([sys.executable, "-c", PLAIN_READ, str(project.parent / "layers" / "DLTB.shp")])
        first, peak_mb = timed([sys.executable, "-m", "landinv", "run", str(project)])
        record = json.loads((project.parent / "maps" / "run.json").read_text(encoding="utf-8"))
        again, _ = timed([sys.executable, "-m", "landinv", "run", str(project)])
        map_mb = (project.parent / "maps" / "map.html").stat().st_size / 1e6
    whole = {
        "whole run": first,
        "second run": again,
        "plain DLTB read": plain,
        "run / plain read": first / plain,
    }
    return {**record["seconds"], **whole, "peak MB": peak_mb, "map MB": map_mb}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--patches", type=int, nargs="+", default=[20_000])
    parser.add_argument("--vertices", type=int, default=60)
    options = parser.parse_args()
    # smallest first: the peak of all children so far is then the peak of the last
    figures = {n: measure(n, options.vertices) for n in sorted(options.patches)}
    names = list(dict.fromkeys(name for row in figures.values() for name in row))
    print("| step | " + " | ".join(f"{n:,}" for n in figures) + " |")
    print("|---|" + "---:|" * len(figures))
    for name in names:
        print(
            f"| {name} | "
            + " | ".join(f"{row.get(name, float('nan')):.2f}" for row in figures.values())
            + " |"
        )


if __name__ == "__main__":
    main()
