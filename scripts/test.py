"""Install what the tests need and run everything: lint, types, tests of Python and of the map's scripts.

    python3 scripts/test.py [--wheels FOLDER] [--no-system] [arguments for pytest]

Standard library only. On Debian and Ubuntu, Chromium, Chinese fonts and Node.js come from the system's package manager
(as root or through sudo); elsewhere install a Chromium-like browser and Node.js yourself.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from run import ROOT, check_python, make_environment

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")


def missing_packages() -> list[str]:
    """Debian packages for the programs that the tests drive and that are not here yet."""
    wanted = []
    if not any(shutil.which(name) for name in BROWSERS):
        wanted.append("chromium")
    if not shutil.which("node"):
        wanted.append("nodejs")
    fonts = (
        subprocess.run(["fc-list", ":lang=zh"], check=False, capture_output=True)
        if shutil.which("fc-list")
        else None
    )
    if fonts is None or not fonts.stdout.strip():
        wanted += ["fontconfig", "fonts-noto-cjk"]
    return wanted


def install_system_packages() -> None:
    """Ask the system package manager for a browser, fonts and Node.js where it can be asked."""
    packages = missing_packages()
    if not packages:
        return
    apt = shutil.which("apt-get")
    prefix = (
        []
        if hasattr(os, "geteuid") and os.geteuid() == 0
        else ([shutil.which("sudo")] if shutil.which("sudo") else None)
    )
    if apt is None or prefix is None:
        print(
            f"Note: please install {', '.join(packages)} by hand; tests that need them will fail.", flush=True
        )
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print(f"Installing {', '.join(packages)} …", flush=True)
    for command in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *packages]):
        subprocess.run([*prefix, apt, *command], check=False, env=environment, stdout=subprocess.DEVNULL)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--wheels", type=Path, help="install from this folder instead of the network")
    parser.add_argument(
        "--venv", type=Path, default=ROOT / ".venv", help="virtual environment (default: .venv)"
    )
    parser.add_argument("--no-system", action="store_true", help="leave the system's packages alone")
    options, passed_on = parser.parse_known_args()
    check_python()
    if not options.no_system:
        install_system_packages()
    python = make_environment(options.venv, options.wheels, extra="[dev]")
    steps = [
        [str(python), "-m", "ruff", "check", "."],
        [str(python), "-m", "ruff", "format", "--check", "."],
        [str(python), "-m", "mypy"],
        [str(python), "-m", "pytest", "--doctest-modules", "landinv", "tests", "-q", "-n", "2", *passed_on],
    ]
    failed = []
    for step in steps:
        print("$", " ".join(step[1:]), flush=True)
        if subprocess.run(step, cwd=ROOT, check=False).returncode:
            failed.append(" ".join(step[2:4]))
    print(f"Failed: {', '.join(failed)}" if failed else "All passed.", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
