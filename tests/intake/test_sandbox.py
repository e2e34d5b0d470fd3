from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from landinv.errors import LimitExceededError, ReaderDefectError, UnreadableFileError
from landinv.intake import read_source, sandbox
from landinv.intake.drivers import skipped_drivers
from landinv.intake.limits import ReaderLimits
from landinv.intake.sandbox import environment, read_staged
from landinv.intake.staging import staged
from landinv.model.options import CountyOptions, SourceOptions

Writer = Callable[..., Path]
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")


@pytest.fixture
def shapefile(write_layer: Writer, at: Callable[..., Any]) -> Path:
    return write_layer("GD.shp", [at(0, 0, 100, 100)], {"DZJGH": ["0012"], "XMMC": ["示例一号标准厂房项目"]})


def worker(body: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a small script in the worker's place."""
    script = folder / "script.py"
    script.write_text(body, encoding="utf-8")
    monkeypatch.setattr(sandbox, "_WORKER", script)


def test_a_worker_process_reads_what_the_bureau_has(shapefile: Path, county: CountyOptions) -> None:
    got = read_source(SourceOptions("supplies", "supplies", shapefile), county)
    assert got.frame["project_name"].tolist() == ["示例一号标准厂房项目"]
    assert got.frame["supervision_no"].tolist() == ["0012"]


def test_error_of_the_worker_comes_back_as_itself(shapefile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDINV_LANG", "en")
    shapefile.write_bytes(shapefile.read_bytes()[:150])
    with (
        staged(shapefile) as copy,
        pytest.raises(UnreadableFileError, match=r"GD\.shp: the \.shp/\.shx file") as caught,
    ):
        read_staged(copy)
    assert caught.value.hint


def test_one_driver_is_registered_and_no_address_is_reached() -> None:
    code = (
        "import pyogrio, json; from pyogrio.errors import DataSourceError\n"
        "drivers = sorted(pyogrio.list_drivers())\n"
        "try:\n    pyogrio.read_info('/vsicurl/http://127.0.0.1:9/a.gpkg'); reached = True\n"
        "except DataSourceError: reached = False\n"
        "print(json.dumps([drivers, reached]))\n"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-c", code],
        env=environment("GPKG"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == '[["GPKG", "MEM"], false]'


def test_new_driver_of_gdal_makes_the_worker_start_over(
    shapefile: Path, county: CountyOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(driver: str) -> list[str]:
        return [name for name in skipped_drivers(driver) if name != "OGR_VRT"]

    monkeypatch.setattr(sandbox, "skipped_drivers", lacking)
    assert len(read_source(SourceOptions("supplies", "supplies", shapefile), county).frame) == 1


def test_a_worker_that_hangs_is_stopped(
    shapefile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker("import time; time.sleep(60)", tmp_path, monkeypatch)
    begun = time.monotonic()
    with staged(shapefile) as copy, pytest.raises(LimitExceededError, match=r"GD\.shp"):
        read_staged(copy, limits=ReaderLimits(base_seconds=0.5))
    assert time.monotonic() - begun < 10


def test_a_worker_that_dies_is_an_error_that_names_the_file(
    shapefile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker("import os; os.abort()", tmp_path, monkeypatch)
    with staged(shapefile) as copy, pytest.raises(UnreadableFileError, match=r"GD\.shp"):
        read_staged(copy)


def test_a_defect_of_the_reader_itself_is_told_apart_and_its_log_kept(
    shapefile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDINV_LANG", "en")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    worker("{}['never foreseen']", tmp_path, monkeypatch)
    with staged(shapefile) as copy, pytest.raises(ReaderDefectError, match=r"GD\.shp.*KeyError") as caught:
        read_staged(copy)
    kept = list(tmp_path.glob("landinv-reader-*.log"))
    assert len(kept) == 1
    assert str(kept[0]) in caught.value.hint
    assert "Traceback" in kept[0].read_text(encoding="utf-8")


def test_a_reader_out_of_memory_is_no_defect(
    shapefile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker("raise MemoryError", tmp_path, monkeypatch)
    with staged(shapefile) as copy, pytest.raises(LimitExceededError, match=r"GD\.shp"):
        read_staged(copy)


@POSIX
def test_memory_beyond_the_limit_is_refused(
    shapefile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker(
        "import json, resource, sys\n"
        "limit = json.load(sys.stdin)['memory_bytes']\n"
        "resource.setrlimit(resource.RLIMIT_AS, (limit, limit))\n"
        "x = bytearray(1 << 32)\n",
        tmp_path, monkeypatch,
    )  # fmt: skip
    with staged(shapefile) as copy, pytest.raises(LimitExceededError, match=r"GD\.shp"):
        read_staged(copy, limits=ReaderLimits(memory_bytes=1 << 28))


def test_environment_carries_no_more_than_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "secret")
    given = environment("GPKG")
    assert "PGPASSWORD" not in given
    assert given["PROJ_NETWORK"] == "OFF"
    assert "OGR_VRT" in given["GDAL_SKIP"].split(",")
