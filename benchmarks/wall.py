"""What reading a foreign file touches: network calls, programs started, files opened beyond the private copy.

    python benchmarks/wall.py [FILE …]

Runs `landinv convert` under strace on a file of every format, on files made to make a reader fetch, follow or run something, and on
any file given. Counts, over all processes of each run: sockets of the network, programs other than Python, and files opened that
are neither the source and its parts, nor in the private folder, nor libraries, settings and data of the system and of Python.
Linux with strace only.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import shapely

ROOT = Path(__file__).resolve().parents[1]
NOWHERE = "http://127.0.0.1:9/layer.geojson"
CRS = "EPSG:4525"
SYSTEM = ("/usr", "/lib", "/lib64", "/etc", "/proc", "/sys", "/dev", "/opt", "/var/cache/fontconfig", "/run")
OPENED = re.compile(r'\bopen(?:at2?)?\((?:[^,"]*, )?"([^"]*)"[^)]*\)\s*= \d')
STARTED = re.compile(r'\bexecve\("([^"]*)"')
NETWORK = re.compile(r"\bsocket\((AF_INET6?|AF_PACKET|AF_NETLINK)|\bconnect\([^)]*AF_INET")
PYTHON = re.compile(r"/python[\d.]*$|/landinv$")


@dataclass(frozen=True)
class Touched:
    """What one run did: network calls, programs started, files opened elsewhere."""

    network: int
    programs: list[str]
    elsewhere: list[str]


def parcels() -> gpd.GeoDataFrame:
    """Three squares with a code and a name."""
    shapes = [shapely.box(37_548_000 + 200 * i, 4_240_000, 37_548_100 + 200 * i, 4_240_100) for i in range(3)]
    return gpd.GeoDataFrame(
        {"BSM": ["1", "2", "3"], "XMMC": ["示例甲", "示例乙", "示例丙"]}, geometry=shapes, crs=CRS
    )


def sound(folder: Path) -> Iterator[Path]:
    """One file of each format that the libraries here can write."""
    frame = parcels()
    writers = {
        "a.shp": {"encoding": "GBK"}, "a.gpkg": {}, "a.geojson": {}, "a.gdb": {"driver": "OpenFileGDB"}, "a.kml": {"driver": "KML"},
    }  # fmt: skip
    for name, options in writers.items():
        written = frame.to_crs(4326) if name.endswith((".kml", ".geojson")) else frame
        written.to_file(folder / name, **options)
        yield folder / name
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        for part in folder.glob("a.[sdpc]??"):
            if part.suffix in (".shp", ".shx", ".dbf", ".prj"):
                archive.write(part, part.name)
    yield folder / "a.zip"
    frame.to_parquet(folder / "a.parquet")
    yield folder / "a.parquet"
    table = frame.drop(columns="geometry")
    table.to_csv(folder / "a.csv", index=False)
    yield folder / "a.csv"
    table.to_excel(folder / "a.xlsx", index=False)
    yield folder / "a.xlsx"


def hostile(folder: Path) -> Iterator[Path | str]:
    """Files and names that ask a reader to fetch, follow or run."""
    secret = folder / "elsewhere" / "secret.geojson"
    secret.parent.mkdir()
    parcels().to_crs(4326).to_file(secret)
    for name, text in (
        ("vrt.shp", f"<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"),
        ("wfs.geojson", f"<OGRWFSDataSource><URL>{NOWHERE}</URL></OGRWFSDataSource>"),
        ("address.geojson", NOWHERE),
        ("virtual.csv", f"/vsicurl/{NOWHERE}"),
        ("link.kml", f"<kml xmlns='http://www.opengis.net/kml/2.2'><Document><NetworkLink><Link><href>{NOWHERE}</href></Link></NetworkLink></Document></kml>"),
        ("entity.kml", f"<!DOCTYPE k [<!ENTITY x SYSTEM 'file://{secret}'>]><kml xmlns='http://www.opengis.net/kml/2.2'><Document><name>&x;</name></Document></kml>"),
        ("dxf.dxf", "0\nSECTION\n2\nENTITIES\n0\nENDSEC\n0\nEOF\n"),
    ):  # fmt: skip
        (folder / name).write_text(text, encoding="utf-8")
        yield folder / name
    (folder / "linked.geojson").symlink_to(secret)
    yield folder / "linked.geojson"
    with zipfile.ZipFile(folder / "up.zip", "w") as archive:
        archive.writestr("../../up.geojson", secret.read_text(encoding="utf-8"))
    yield folder / "up.zip"
    with zipfile.ZipFile(folder / "link.zip", "w") as archive:
        entry = zipfile.ZipInfo("a.geojson")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, str(secret))
    yield folder / "link.zip"
    shutil.copy(folder.parent / "sound" / "a.xlsx", folder / "formula.xlsx")
    with zipfile.ZipFile(folder / "formula.xlsx", "a") as archive:
        archive.writestr("xl/externalLinks/externalLink1.xml", f"<externalLink href='{NOWHERE}'/>")
    yield folder / "formula.xlsx"
    yield from (
        NOWHERE,
        f"/vsicurl/{NOWHERE}",
        f"/vsizip/{secret}",
        f"WFS:{NOWHERE}",
        "PG:host=127.0.0.1",
        f"CSV:{secret}",
    )


def traced(source: Path | str, place: Path) -> Touched:
    """Run `landinv convert` on a source under strace."""
    command = [sys.executable, "-m", "landinv", "convert", str(source), str(place / "out.gpkg")]
    return touched(command, source, place)


def touched(command: list[str], source: Path | str, place: Path) -> Touched:
    """Run a command under strace and read what it did."""
    log = place / "trace.log"
    for old in place.glob("*"):
        old.unlink()
    private = place.parent / "private"
    private.mkdir(exist_ok=True)
    environment = {**os.environ, "TMPDIR": str(private), "PYTHONDONTWRITEBYTECODE": "1"}
    calls = "trace=open,openat,openat2,execve,socket,connect"
    subprocess.run(
        ["strace", "-f", "-qq", "-e", calls, "-o", str(log), *command],
        check=False, capture_output=True, env=environment, cwd=place,
    )  # fmt: skip
    text = log.read_text(encoding="utf-8", errors="replace")
    own = [str(place), str(private), sys.prefix, sys.base_prefix, str(ROOT), *SYSTEM]
    if isinstance(source, Path):
        own.append(str(source.with_suffix("")))
        own.append(str(source.parent) + "\0")  # its folder is listed, its neighbours are not opened
    opened = {name for name in OPENED.findall(text) if name.startswith("/")}
    elsewhere = sorted(
        name for name in opened if not any(name == o.rstrip("\0") or (not o.endswith("\0") and name.startswith(o)) for o in own)
    )  # fmt: skip
    programs = sorted({p for p in STARTED.findall(text) if not PYTHON.search(p)})
    return Touched(len(NETWORK.findall(text)), programs, elsewhere)


def check_counting(base: Path) -> None:
    """See that a program which connects, starts another and opens a neighbour is caught at all three."""
    neighbour = base / "neighbour.txt"
    neighbour.write_text("x", encoding="utf-8")
    code = (
        f"import socket, subprocess; open({str(neighbour)!r}); subprocess.run(['true'])\n"
        "try: socket.create_connection(('127.0.0.1', 9), 1)\nexcept OSError: pass"
    )
    seen = touched([sys.executable, "-c", code], base / "a.txt", base / "trace")
    if not (seen.network and seen.programs and seen.elsewhere):
        sys.exit(f"the counting itself misses what it should see: {seen}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", type=Path, nargs="*")
    options = parser.parse_args()
    if shutil.which("strace") is None:
        sys.exit("strace is needed")
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        for name in ("sound", "hostile", "trace"):
            (base / name).mkdir()
        check_counting(base)
        totals = {"files": 0, "network": 0, "programs": 0, "elsewhere": 0}
        for source in [*sound(base / "sound"), *hostile(base / "hostile"), *options.files]:
            seen = traced(source, base / "trace")
            totals["files"] += 1
            totals["network"] += seen.network
            totals["programs"] += len(seen.programs)
            totals["elsewhere"] += len(seen.elsewhere)
            shown = source.name if isinstance(source, Path) else source
            print(
                f"{shown}: {seen.network} network, programs {seen.programs}, elsewhere {seen.elsewhere[:4]}",
                flush=True,
            )
    print("| files | network calls | other programs | files opened elsewhere |\n|---:|---:|---:|---:|")
    print("| " + " | ".join(str(n) for n in totals.values()) + " |")


if __name__ == "__main__":
    main()
