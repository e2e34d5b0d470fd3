"""Bytes beside what a database uses: damage tells itself, the traces of editing do not count as such."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import box

from landinv.intake import read_every_column
from landinv.intake.worker.sqlite_pages import stray_bytes
from landinv.model.options import CountyOptions, SourceOptions

pytestmark = pytest.mark.usefixtures("quick")

Source = Callable[..., SourceOptions]
Rules = Callable[[Any], dict[str, int]]
PAGE = 4096


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    path = tmp_path / "dk.gpkg"
    shapes = [box(37_548_000 + d, 4_240_000, 37_548_010 + d, 4_240_010) for d in range(0, 600, 20)]
    frame = gpd.GeoDataFrame({"BZ": ["示例地块"] * len(shapes)}, geometry=shapes, crs="EPSG:4525")
    frame.to_file(path)
    return path


def struck(path: Path, length: int) -> Path:
    """The same file with chance bytes in the middle of the emptiest leaf page."""
    raw = bytearray(path.read_bytes())
    gaps = {}
    for start in range(PAGE, len(raw), PAGE):
        if raw[start] in (10, 13):
            cells = start + 8 + 2 * int.from_bytes(raw[start + 3 : start + 5], "big")
            gaps[start + int.from_bytes(raw[start + 5 : start + 7], "big") - cells] = cells
    widest = max(gaps)
    at = gaps[widest] + widest // 2
    raw[at : at + length] = random.Random(length).randbytes(length)
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("length", [16, 200, 500])
def test_chance_bytes_in_unused_space_are_told(
    layer: Path, source: Source, county: CountyOptions, rules: Rules, length: int
) -> None:
    got = read_every_column(source(struck(layer, length), ""), county)
    assert rules(got) == {"I125": 1}
    assert f"{length}字节" in got.findings["message"].iloc[0]
    assert len(got.frame) == 30


def test_traces_of_editing_are_no_damage(layer: Path) -> None:
    assert stray_bytes(layer) == []
    with closing(sqlite3.connect(layer)) as database:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(name, 1, lambda _shape: 0)
        for turn in range(6):
            for fid in range(1 + turn, 31, 4):
                database.execute("UPDATE dk SET BZ = ? WHERE fid = ?", ("改" * (fid + 9 * turn), fid))
            database.execute("DELETE FROM dk WHERE fid % 9 = ?", (turn,))
            database.execute("CREATE TABLE note AS SELECT BZ || fid AS told FROM dk")
            database.execute("DROP TABLE note")
            database.commit()
    assert stray_bytes(layer) == []
