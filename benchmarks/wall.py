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
OURS = (ROOT / "landinv", ROOT / "landinv.egg-info")
NOWHERE = "http://127.0.0.1:9/layer.geojson"
CRS = "EPSG:4525"
SYSTEM = ("/usr", "/lib", "/lib64", "/etc", "/proc", "/sys", "/dev", "/opt", "/var/cache/fontconfig", "/run")
# strace writes the real path beside the handle that comes back: links are seen through, relative names are whole.
OPENED = re.compile(r"\bopen(?:at2?)?\b.*= \d+<([^>]*)>")
STARTED = re.compile(r'\bexecve\("([^"]*)"')
NETWORK = re.compile(r"\bsocket\((AF_INET6?|AF_PACKET|AF_NETLINK)|\bconnect\([^)]*AF_INET")
PYTHON = re.compile(r"/python[\d.]*$|/landinv$")


# One square each; words are lines.
DXF = """0 SECTION 2 HEADER 9 $ACADVER 1 AC1015 9 $DWGCODEPAGE 3 ANSI_936 0 ENDSEC 0 SECTION 2 ENTITIES
0 LWPOLYLINE 8 红线 90 4 70 1 10 37548000 20 4240000 10 37548100 20 4240000 10 37548100 20 4240100 10 37548000 20 4240100
0 ENDSEC 0 EOF"""
VCT = """HeadBegin Datamark:LANDUSE-VCT Version:3.0 CoordinateSystemType:P Dim:2 XAxisDirection:E YAxisDirection:N XYUnit:M
Spheroid:CGCS2000,6378137.0,298.257222101 Projection:高斯-克吕格投影 Parameters:111,1,37500000,0,3,37 Separator:, HeadEnd
FeatureCodeBegin 2001010100,地类图斑,Polygon,DLTB 1099000000,边界线,Line,BJX FeatureCodeEnd
TableStructureBegin DLTB,1 BSM,Char,18 0 TableStructureEnd PointBegin PointEnd
LineBegin 1 1099000000 unknown 1 1 11 5 37548000.0,4240000.0 37548000.0,4240100.0 37548100.0,4240100.0
37548100.0,4240000.0 37548000.0,4240000.0 0 LineEnd
PolygonBegin 11 2001010100 unknown 100 37548050,4240050 21 1 1 0 PolygonEnd
AttributeBegin DLTB 11,000000000000000011 TableEnd AttributeEnd"""
POINTS = """[属性描述] 坐标系=2000国家大地坐标系 几度分带=3 投影类型=高斯克吕格 计量单位=米 带号=37 精度=0.001 转换参数=0,0,0,0,0,0,0
[地块坐标] 5,10000.00,DK-01,甲地块,面,J49,工业用地,0601,@ J1,1,4240000.000,37548000.000 J2,1,4240100.000,37548000.000
J3,1,4240100.000,37548100.000 J4,1,4240000.000,37548100.000 J1,1,4240000.000,37548000.000"""


@dataclass(frozen=True)
class Touched:
    """What one run did: its exit code, network calls, programs started, files opened elsewhere."""

    code: int
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
    with zipfile.ZipFile(folder / "b.kmz", "w") as archive:
        archive.write(folder / "a.kml", "doc.kml")
    yield folder / "b.kmz"
    for name, text in (("b.dxf", DXF), ("b.vct", VCT), ("红线.txt", POINTS)):
        (folder / name).write_text("\n".join(text.split()) + "\n", encoding="gb18030")
        yield folder / name


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
    code = subprocess.run(
        ["strace", "-f", "-y", "-qq", "-e", calls, "-o", str(log), *command],
        check=False, capture_output=True, env=environment, cwd=place,
    ).returncode  # fmt: skip
    text = log.read_text(encoding="utf-8", errors="replace")
    roots = [place, private, Path(sys.prefix), Path(sys.base_prefix), *OURS, *map(Path, SYSTEM)]
    opened = {_unescaped(name) for name in OPENED.findall(text) if name.startswith("/")}
    elsewhere = sorted(name for name in opened if not _is_expected(Path(name), roots, source))
    programs = sorted({p for p in STARTED.findall(text) if not PYTHON.search(p)})
    return Touched(code, len(NETWORK.findall(text)), programs, elsewhere)


def _unescaped(name: str) -> str:
    """A path as strace writes it, bytes outside ASCII as octal numbers, in plain letters."""
    return (
        name.encode("latin-1").decode("unicode_escape").encode("latin-1").decode("utf-8", "surrogateescape")
    )


def _is_expected(opened: Path, roots: list[Path], source: Path | str) -> bool:
    """Whether a file belongs to the program, the private copy, or the source and its parts (not its neighbours)."""
    if opened == ROOT or any(opened.is_relative_to(root) for root in roots):  # ROOT itself is only listed
        return True
    if isinstance(source, str):
        return False
    part = opened.parent == source.parent and opened.name.startswith(source.stem + ".")
    return part or opened == source.parent or opened.is_relative_to(source)


def check_counting(base: Path) -> None:
    """See that a program which connects, starts another and follows a link to a neighbour is caught at all three."""
    neighbour = base / "neighbour.txt"
    neighbour.write_text("x", encoding="utf-8")
    code = (
        f"import os, socket, subprocess; os.symlink({str(neighbour)!r}, 'inside'); open('inside'); subprocess.run(['true'])\n"
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
        sources = [*sound(base / "sound"), *hostile(base / "hostile"), *(f.absolute() for f in options.files)]
        for source in sources:
            seen = traced(source, base / "trace")
            if isinstance(source, Path) and source.parent == base / "sound" and seen.code not in (0, 1):
                sys.exit(f"{source.name} is a sound file and was refused ({seen.code}): nothing is measured")
            totals["files"] += 1
            totals["network"] += seen.network
            totals["programs"] += len(seen.programs)
            totals["elsewhere"] += len(seen.elsewhere)
            shown = source.name if isinstance(source, Path) else source
            print(
                f"{shown}: exit {seen.code}, {seen.network} network, programs {seen.programs}, elsewhere {seen.elsewhere[:4]}",
                flush=True,
            )
    print("| files | network calls | other programs | files opened elsewhere |\n|---:|---:|---:|---:|")
    print("| " + " | ".join(str(n) for n in totals.values()) + " |")


if __name__ == "__main__":
    main()
