"""What is taken for a source in a folder, and what is told to be passed over."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from landinv.intake import source_walk
from landinv.intake.source_walk import walk_sources


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(paths: list[Path]) -> list[str]:
    return [p.name for p in paths]


def test_sidecars_and_other_files_are_no_sources(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "DLTB.shp",
        "DLTB.dbf",
        "DLTB.SHX",
        "DLTB.prj",
        "README.md",
        "图.png",
        "b/GD.XLSX",
        "b/~$GD.xlsx",
    )
    walk = walk_sources([tmp_path])
    assert names(walk.found) == ["DLTB.shp", "GD.XLSX"]
    assert walk.skipped == []


def test_a_geodatabase_is_one_source(tmp_path: Path) -> None:
    touch(tmp_path, "县.gdb/a00000001.gdbtable", "县.gdb/inner.shp")
    assert names(walk_sources([tmp_path]).found) == ["县.gdb"]
    assert names(walk_sources([tmp_path / "县.gdb"]).named) == ["县.gdb"]


def test_a_table_without_its_shapes_is_told(tmp_path: Path) -> None:
    touch(tmp_path, "DK.dbf", "DK.prj", "GD.shp", "gd.dbf", "旧.mdb")
    walk = walk_sources([tmp_path])
    assert [s.path.name for s in walk.skipped] == ["DK.dbf", "旧.mdb"]


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of the POSIX kind")
def test_links_and_pipes_are_told_and_never_followed(tmp_path: Path) -> None:
    touch(tmp_path, "a/DLTB.shp")
    (tmp_path / "a" / "ring").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "a" / "link.shp").symlink_to("DLTB.shp")
    os.mkfifo(tmp_path / "a" / "pipe.csv")
    walk = walk_sources([tmp_path])
    assert names(walk.found) == ["DLTB.shp"]
    assert sorted(s.path.name for s in walk.skipped) == ["link.shp", "pipe.csv", "ring"]
    reasons = {s.path.name: s.reason for s in walk.skipped}
    assert reasons["ring"] == reasons["link.shp"] != reasons["pipe.csv"]


def test_results_of_a_run_and_hidden_folders_are_no_sources(tmp_path: Path) -> None:
    touch(tmp_path, "maps/parcels.xlsx", ".git/x.csv", "layers/BP.shp", "other/run.json")
    (tmp_path / "maps" / "run.json").write_text('{\n "schema": "landinv.run/1"}')
    walk = walk_sources([tmp_path])
    assert names(walk.found) == ["BP.shp", "run.json"]
    assert names([s.path for s in walk.skipped]) == ["maps"]


def test_depth_and_number_have_limits_that_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_walk, "MOST_DEPTH", 2)
    monkeypatch.setattr(source_walk, "MOST_FILES", 2)
    touch(tmp_path, "1.csv", "2.csv", "3.csv", "a/b/c/deep.csv")
    walk = walk_sources([tmp_path])
    assert names(walk.found) == ["1.csv", "2.csv"]
    assert sorted(s.path.name for s in walk.skipped) == ["3.csv", "c"]


def test_what_is_named_itself_is_taken_as_it_is_and_once(tmp_path: Path) -> None:
    touch(tmp_path, "a.csv")
    walk = walk_sources([tmp_path / "a.csv", tmp_path, tmp_path / "nowhere.shp"])
    assert names(walk.named) == ["a.csv", "nowhere.shp"]
    assert walk.found == []
