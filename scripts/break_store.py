"""Try to break the register: kills, power cuts, full disks, several writers, another reader, clocks, flipped bytes.

    python scripts/break_store.py --kills 520 --cuts 2600 --flips 2000 --report report.json
    python scripts/break_store.py --only kills cuts

Everything happens in a folder of its own. The exit code is 0 where nothing was lost, half written or unreadable.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.breaking import cuts, faults, flips, kills  # noqa: E402

PARTS: dict[str, Callable[[Path, argparse.Namespace], dict[str, object]]] = {
    "import": lambda folder, asked: kills.campaign(folder, "import", asked.kills, asked.seed),
    "update": lambda folder, asked: kills.campaign(folder, "update", asked.kills, asked.seed),
    "undo": lambda folder, asked: kills.campaign(folder, "undo", asked.kills, asked.seed),
    "export": lambda folder, asked: kills.campaign(folder, "export", asked.kills, asked.seed),
    "run": lambda folder, asked: kills.campaign(folder, "run", asked.runs or asked.kills, asked.seed),
    "cuts": lambda folder, asked: cuts.campaign(folder, asked.cuts, asked.seed),
    "full_disk": lambda folder, asked: faults.full_disk(folder, asked.faults, asked.seed),
    "size_limit": lambda folder, asked: faults.size_limit(folder, asked.faults, asked.seed),
    "read_only": lambda folder, asked: faults.read_only(folder),
    "writers": lambda folder, asked: faults.writers(folder, asked.commits),
    "clock": lambda folder, asked: faults.clock_set_back(folder),
    "flips": lambda folder, asked: flips.campaign(folder, asked.flips, asked.seed),
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default, meaning in (
        ("kills", 520, "kills of each kind"),
        ("runs", 0, "kills of the whole command run (0: as --kills)"),
        ("cuts", 2600, "states after a power cut"),
        ("faults", 40, "trials with a full disk, and with a size limit"),
        ("commits", 40, "commits of each of four writers"),
        ("flips", 2000, "flipped bits"),
        ("seed", 7, "seed of what is left to chance"),
    ):
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{meaning} (default {default})")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--report", type=Path)
    asked = parser.parse_args()
    report = {}
    for name in asked.only:
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="landinv-break-") as folder:
            report[name] = PARTS[name](Path(folder), asked)
        report[name]["seconds"] = round(time.monotonic() - started, 1)
        sys.stdout.write(f"{name}: {json.dumps(report[name], ensure_ascii=False)}\n")
        sys.stdout.flush()
    if asked.report:
        asked.report.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    return 1 if any(part["bad"] for part in report.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
