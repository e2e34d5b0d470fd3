"""Make a virtual environment, install landinv, run the main job on the sample county, say where the map is.

    python3 scripts/run.py [--wheels FOLDER] [--venv FOLDER] [PROJECT.toml] [options of landinv run]

Standard library only. Without a connection, give a folder of wheels made on a connected PC:
    python3 -m pip download -d wheels -c constraints.txt -r constraints.txt setuptools
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 11), (3, 13)  # fiona has no wheels beyond


def venv_python(folder: Path) -> Path:
    """Interpreter of a virtual environment on this system."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def check_python() -> None:
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        sys.exit(
            f"Error: landinv needs Python 3.11, 3.12 or 3.13; this is {sys.version.split()[0]}.\n"
            "Hint: install one of them and start this script with it, for example: py -3.12 scripts/run.py"
        )


def make_environment(folder: Path, wheels: Path | None, extra: str = "") -> Path:
    """Create the environment and install landinv where that was not done yet; return its interpreter."""
    python, constraints = venv_python(folder), ROOT / "constraints.txt"
    wanted = extra.encode() + (ROOT / "setup.cfg").read_bytes() + constraints.read_bytes()
    stamp, mark = folder / f"landinv{extra}.installed", hashlib.sha256(wanted).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == mark:
        return python  # so that a PC without a connection can run it again
    if not python.exists():
        print(f"Making a virtual environment in {folder} …", flush=True)
        venv.create(folder, with_pip=True)
    command = [
        str(python),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-c",
        str(constraints),
    ]
    if wheels is not None:
        command += ["--no-index", "--find-links", str(wheels)]
    print("Installing landinv and what it needs …", flush=True)
    # pip before 25.3 takes constraints of the build from the first name, later ones from the second; it splits them at
    # spaces, which a path may hold and an address may not
    environment = {
        **os.environ,
        "PIP_CONSTRAINT": constraints.as_uri(),
        "PIP_BUILD_CONSTRAINT": constraints.as_uri(),
    }
    result = subprocess.run([*command, "--editable", f"{ROOT}{extra}"], check=False, env=environment)
    if result.returncode:
        sys.exit(
            "Error: the packages could not be installed.\n"
            "Hint: connect this PC, or bring a folder of wheels from a connected one and give it with --wheels "
            "(the top of this script says how it is made)."
        )
    stamp.write_text(mark, encoding="ascii")
    return python


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "project", nargs="?", default="landinv.toml", help="project file (default: the sample county)"
    )
    parser.add_argument("--wheels", type=Path, help="install from this folder instead of the network")
    parser.add_argument(
        "--venv", type=Path, default=ROOT / ".venv", help="virtual environment (default: .venv)"
    )
    options, passed_on = parser.parse_known_args()
    check_python()
    python = make_environment(options.venv, options.wheels)
    project = Path(options.project)
    project = project if project.is_absolute() or project.exists() else ROOT / project
    result = subprocess.run([str(python), "-m", "landinv", "run", str(project), *passed_on], check=False)
    if result.returncode in (0, 1):
        print("Open the map named above in a browser (double-click; no network needed).", flush=True)
    return result.returncode


if __name__ == "__main__":
    sys.exit(main())
