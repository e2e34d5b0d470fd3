"""Files as bureaus have them, made in code on an integer metre grid, and a reader that skips the process start."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyogrio
import pytest
import shapely
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry

from landinv.errors import LandinvError
from landinv.i18n import current_language
from landinv.intake import read
from landinv.intake.sandbox import Answer, _as_error
from landinv.intake.staging import Staged
from landinv.intake.worker import filegdb, gdal_reader, reading
from landinv.intake.worker.__main__ import _answer
from landinv.intake.worker.answer import Request
from landinv.model.options import CountyOptions, SourceOptions

X0, Y0 = 37_548_000.0, 4_240_000.0
LayerWriter = Callable[..., Path]
BookWriter = Callable[..., Path]


@pytest.fixture
def county() -> CountyOptions:
    return CountyOptions("岚县", "141127", "EPSG:4525")


@pytest.fixture
def at() -> Callable[[float, float, float, float], Polygon]:
    """A rectangle in metres from the county's corner."""
    return lambda x1, y1, x2, y2: box(X0 + x1, Y0 + y1, X0 + x2, Y0 + y2)


@pytest.fixture
def source() -> Callable[..., SourceOptions]:
    return lambda path, role="supplies", **more: SourceOptions(
        more.pop("key", role or "x"), role, path, **more
    )


@pytest.fixture
def write_layer(tmp_path: Path) -> LayerWriter:
    """A shapefile with GBK text and no .cpg; ``crs`` None leaves the .prj out."""

    def write(
        name: str,
        shapes: list[BaseGeometry | None],
        columns: Mapping[str, list[Any]] | None = None,
        *,
        crs: str | None = "EPSG:4525",
        encoding: str = "GBK",
    ) -> Path:
        path = tmp_path / name
        data = columns or {"BZ": [f"第{i}块地" for i in range(len(shapes))]}
        frame = gpd.GeoDataFrame(dict(data), geometry=shapes, crs=crs or "EPSG:4525")
        pyogrio.write_dataframe(frame, path, encoding=encoding)
        path.with_suffix(".cpg").unlink(missing_ok=True)
        if crs is None:
            path.with_suffix(".prj").unlink()
        return path

    return write


@pytest.fixture
def write_book(tmp_path: Path) -> BookWriter:
    """A workbook: sheet title → rows of cells."""

    def write(name: str, sheets: Mapping[str, list[list[Any]]]) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)  # type: ignore[arg-type]
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        path = tmp_path / name
        book.save(path)
        return path

    return write


def _read_here(staged: Staged, *, layer: str = "", encoding: str = "", limits: object = None) -> Answer:
    """The worker's own code in this process: the same answer without the start of a process."""
    request = {
        "format": staged.format, "path": str(staged.main), "folder": str(staged.folder), "title": staged.title,
        "layer": layer, "encoding": encoding, "language": current_language(), "driver": "",
    }  # fmt: skip
    facts = _answer(request)
    if "error" in facts:
        raise _as_error(facts["error"])
    tables = {}
    for name, file in facts["tables"].items():
        with pa.OSFile(str(staged.folder / file)) as opened:
            tables[name] = pa.ipc.open_file(opened).read_all()
    return Answer(tables, facts)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in this process; the wall itself is tested in test_sandbox.py."""
    monkeypatch.setenv("LANDINV_LANG", "en")
    monkeypatch.setattr(gdal_reader, "checked_pyogrio", lambda _request: pyogrio)
    monkeypatch.setattr(filegdb, "checked_pyogrio", lambda _request: pyogrio)
    monkeypatch.setattr(read, "read_staged", _read_here)
    assert reading.read is not None


@pytest.fixture
def edit() -> Callable[[Path, int, bytes], None]:
    """Overwrite bytes of a file at an offset."""

    def change(path: Path, offset: int, data: bytes) -> None:
        raw = bytearray(path.read_bytes())
        raw[offset : offset + len(data)] = data
        path.write_bytes(bytes(raw))

    return change


@pytest.fixture
def raw_shapefile(tmp_path: Path) -> Callable[..., Path]:
    """A polygon shapefile written byte by byte, so that rings may be open or cut short."""

    def write(records: list[list[list[tuple[float, float]]]], name: str = "raw.shp") -> Path:
        path = tmp_path / name
        contents = [_polygon(rings) for rings in records]
        points = np.array([p for rings in records for ring in rings for p in ring])
        size = 100 + sum(8 + len(c) for c in contents)
        box_bytes = struct.pack("<4d", *np.nanmin(points, axis=0), *np.nanmax(points, axis=0))
        shp, shx, offset = bytearray(), bytearray(), 100
        for number, content in enumerate(contents, start=1):
            shp += struct.pack(">2i", number, len(content) // 2) + content
            shx += struct.pack(">2i", offset // 2, len(content) // 2)
            offset += 8 + len(content)
        for suffix, body, length in ((".shp", shp, size), (".shx", shx, 100 + len(shx))):
            head = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, length // 2) + struct.pack("<2i", 1000, 5)
            path.with_suffix(suffix).write_bytes(head + box_bytes + bytes(32) + bytes(body))
        frame = pd.DataFrame({"BSM": [f"{i:018d}" for i in range(1, len(records) + 1)]})
        path.with_suffix(".dbf").write_bytes(dbf([("BSM", "C", 18, 0)], [[v.encode()] for v in frame["BSM"]]))
        return path

    return write


def _polygon(rings: list[list[tuple[float, float]]]) -> bytes:
    points = np.array([p for ring in rings for p in ring], dtype="<f8")
    starts = np.cumsum([0] + [len(r) for r in rings[:-1]]).astype("<i4")
    bounds = np.concatenate([np.nanmin(points, axis=0), np.nanmax(points, axis=0)]).astype("<f8")
    head = struct.pack("<i", 5) + bounds.tobytes() + struct.pack("<2i", len(rings), len(points))
    return head + starts.tobytes() + points.tobytes()


def dbf(fields: list[tuple[str, str, int, int]], rows: list[list[bytes]], language: int = 0) -> bytes:
    """Bytes of a dBASE table: fields as (name, letter, width, decimals), values as raw bytes."""
    length = 1 + sum(f[2] for f in fields)
    head = struct.pack("<4BIHH", 3, 126, 1, 1, len(rows), 33 + 32 * len(fields), length)
    head += bytes(17) + bytes([language]) + bytes(2)
    for name, letter, width, decimals in fields:
        head += (
            name.encode("gbk").ljust(11, b"\x00")
            + letter.encode()
            + bytes(4)
            + bytes([width, decimals])
            + bytes(14)
        )
    body = b"".join(
        b" "
        + b"".join(v.ljust(f[2]) if f[1] == "C" else v.rjust(f[2]) for v, f in zip(row, fields, strict=True))
        for row in rows
    )
    return head + b"\r" + body + b"\x1a"


@pytest.fixture
def write_dbf() -> Callable[..., bytes]:
    return dbf


@pytest.fixture
def rules() -> Callable[[Any], dict[str, int]]:
    """How often each rule stands in the findings of a dataset."""
    return lambda dataset: dataset.findings["rule"].value_counts().to_dict()


@pytest.fixture
def sweep(tmp_path: Path) -> Callable[..., dict[int, dict[int, BaseGeometry]]]:
    """Read a file's bytes cut at each of ``cuts``: shapes by record where a reader takes them, {} where it refuses.

    Records that are condemned, and records a finding speaks of or that a finding of the whole file may concern, count
    as told of; they are left out. Any error but the package's own goes on.
    """

    def run(module: str, raw: bytes, cuts: Any, layer: str = "") -> dict[int, dict[int, BaseGeometry]]:
        reader = import_module(f"landinv.intake.worker.{module}").read_content
        path = tmp_path / "layer"
        found: dict[int, dict[int, BaseGeometry]] = {}
        for cut in cuts:
            path.write_bytes(raw[:cut])
            try:
                content = reader(Request(str(path), str(tmp_path), "layer", layer))
            except LandinvError:
                continue
            told = {n.record for n in content.noticed}
            table = content.tables["layer"]
            shapes = shapely.from_wkb(table.column("geometry").to_numpy(zero_copy_only=False))
            found[cut] = {
                n: s for n, s in zip(table.column("record").to_pylist(), shapes, strict=True) if n not in told
            }
        return found

    return run
