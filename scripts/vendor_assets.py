"""Fetch the browser files the map carries, check them, and lay them into the package with their licences.

Run it only to take up a new version: ``python scripts/vendor_assets.py``. It needs ``npm``. A file whose sum is not
the recorded one is refused; to take up a version, write its number and its sums here first.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent / "landinv" / "outputs" / "map" / "assets"


@dataclass(frozen=True)
class CarriedFile:
    """A file of the package: its path there, its name here, and the addresses it stands in for (a pattern)."""

    member: str
    file: str
    sha256: str
    answers: str = ""


@dataclass(frozen=True)
class Package:
    """An npm package at one version, the sum of its archive, and what is taken from it."""

    name: str
    version: str
    licence: str
    sha256: str
    files: tuple[CarriedFile, ...]


LEAFLET = Package(
    "leaflet",
    "1.9.4",
    "BSD-2-Clause",
    "84c65a256e50657896f54c33bd857b6849ebe94c817803be818bf32a3dde0b77",
    (
        CarriedFile(
            "dist/leaflet.js",
            "leaflet.js",
            "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a",
            r"/leaflet@1\.9\.\d+/dist/leaflet\.js$",
        ),
        CarriedFile(
            "dist/leaflet.css",
            "leaflet.css",
            "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6",
            r"/leaflet@1\.9\.\d+/dist/leaflet\.css$",
        ),
        CarriedFile(
            "dist/images/layers.png",
            "leaflet-layers.png",
            "1dbbe9d028e292f36fcba8f8b3a28d5e8932754fc2215b9ac69e4cdecf5107c6",
        ),
        CarriedFile(
            "dist/images/layers-2x.png",
            "leaflet-layers-2x.png",
            "066daca850d8ffbef007af00b06eac0015728dee279c51f3cb6c716df7c42edf",
        ),
        CarriedFile(
            "dist/images/marker-icon.png",
            "leaflet-marker-icon.png",
            "574c3a5cca85f4114085b6841596d62f00d7c892c7b03f28cbfa301deb1dc437",
        ),
        CarriedFile(
            "dist/images/marker-icon-2x.png",
            "leaflet-marker-icon-2x.png",
            "00179c4c1ee830d3a108412ae0d294f55776cfeb085c60129a39aa6fc4ae2528",
        ),
        CarriedFile(
            "dist/images/marker-shadow.png",
            "leaflet-marker-shadow.png",
            "264f5c640339f042dd729062cfc04c17f8ea0f29882b538e3848ed8f10edb4da",
        ),
        CarriedFile(
            "LICENSE",
            "leaflet.LICENSE.txt",
            "53e8dc25862014e4324741ca18fbe3611e11d42ef69f59f86ea8c5389647d4cb",
        ),
    ),
)

# What folium asks for with every map and this map never uses; a map that does use it is refused, not broken.
LEFT_OUT = (
    (r"/jquery-[\d.]+\.min\.js$", ["$(", "jQuery"]),
    (r"/bootstrap@[\d.]+/dist/js/bootstrap\.bundle\.min\.js$", ["bootstrap."]),
    (r"/bootstrap@[\d.]+/dist/css/bootstrap\.min\.css$", []),
    (r"/bootstrap-glyphicons\.css$", ["glyphicon"]),
    (r"/fontawesome-free@[\d.]+/css/all\.min\.css$", ["fa fa-", "fa-solid", "fa-regular", "fa-brands"]),
    (r"/leaflet\.awesome-markers\.(js|css)$", ["AwesomeMarkers"]),
    (r"/leaflet\.awesome\.rotate\.min\.css$", ["fa-rotate"]),
)


def main() -> None:
    """Fetch every package and write the manifest."""
    ASSETS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for package in (LEAFLET,) for row in vendor(package, Path(folder))]
    manifest = {
        "schema": "landinv.map_assets/1",
        "carried": rows,
        "left_out": [{"answers": pattern, "needed_by": symbols} for pattern, symbols in LEFT_OUT],
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    (ASSETS / "manifest.json").write_text(text, encoding="utf-8", newline="\n")
    print(f"{len(rows)} files in {ASSETS}")


def vendor(package: Package, folder: Path) -> list[dict[str, str]]:
    """Fetch one package, write its files, and return their manifest rows."""
    spec = f"{package.name}@{package.version}"
    packed = subprocess.run(
        ["npm", "pack", spec, "--pack-destination", str(folder), "--silent"],
        check=True,
        capture_output=True,
        text=True,
    )
    archive = folder / packed.stdout.strip().splitlines()[-1]
    refuse_other_sum(spec, archive.read_bytes(), package.sha256)
    rows = []
    with tarfile.open(archive) as tar:
        for carried in package.files:
            member = tar.extractfile(f"package/{carried.member}")
            if member is None:
                sys.exit(f"{spec} has no {carried.member}")
            content = member.read()
            refuse_other_sum(f"{spec}/{carried.member}", content, carried.sha256)
            (ASSETS / carried.file).write_bytes(content)
            rows.append(
                {
                    "file": carried.file,
                    "package": package.name,
                    "version": package.version,
                    "licence": package.licence,
                    "sha256": carried.sha256,
                    "answers": carried.answers,
                }
            )
    return rows


def refuse_other_sum(name: str, content: bytes, expected: str) -> None:
    """Stop where the content is not what was recorded."""
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        sys.exit(f"{name}: sha256 is {found}, recorded is {expected}")


if __name__ == "__main__":
    main()
