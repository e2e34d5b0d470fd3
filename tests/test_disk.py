from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from landinv import disk
from landinv.errors import OutputError, SourceMissingError


def test_content_arrives_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = tmp_path / "new" / "parcels.csv"
    assert disk.write_atomically(target, lambda p: p.write_text("甲", encoding="utf-8") and None) == target
    assert target.read_text(encoding="utf-8") == "甲"
    assert [p.name for p in target.parent.iterdir()] == ["parcels.csv"]


def test_writer_sees_the_targets_own_name_so_that_formats_by_suffix_work(tmp_path: Path) -> None:
    seen: list[str] = []

    def write(path: Path) -> None:
        seen.append(path.name)
        path.write_bytes(b"x")

    disk.write_atomically(tmp_path / "out.gpkg", write)
    assert seen == ["out.gpkg"]


def test_failing_writer_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_bytes(b"old")

    def write(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OutputError, match=r"a\.csv") as caught:
        disk.write_atomically(target, write)
    assert "space" in caught.value.hint
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]
    assert target.read_bytes() == b"old"


def test_our_own_errors_pass_as_they_are(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        raise SourceMissingError("gone")

    with pytest.raises(SourceMissingError, match="gone"):
        disk.write_atomically(tmp_path / "a.csv", write)


def test_writer_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="left no file"):
        disk.write_atomically(tmp_path / "a.csv", lambda _path: None)


def test_folder_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(OutputError, match="folder"):
        disk.write_atomically(tmp_path / "a.csv", lambda p: p.write_bytes(b"x") and None)


@pytest.mark.parametrize("mark", ["~$台账.xlsx", ".~台账.xlsx", ".~lock.台账.xlsx#"])
def test_workbook_open_elsewhere_is_written_beside(tmp_path: Path, mark: str) -> None:
    target = tmp_path / "台账.xlsx"
    target.write_bytes(b"open")
    (tmp_path / mark).write_bytes(b"")
    written = disk.write_atomically(target, lambda p: p.write_bytes(b"new") and None)
    assert written.name == "台账_新1.xlsx"
    assert (target.read_bytes(), written.read_bytes()) == (b"open", b"new")


def test_copy_beside_is_reused_rather_than_multiplied(tmp_path: Path) -> None:
    target = tmp_path / "a.xlsx"
    target.write_bytes(b"open")
    (tmp_path / "~$a.xlsx").write_bytes(b"")
    first = disk.write_atomically(target, lambda p: p.write_bytes(b"1") and None)
    second = disk.write_atomically(target, lambda p: p.write_bytes(b"2") and None)
    assert first == second
    assert second.read_bytes() == b"2"


def test_refused_replacement_is_written_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.xlsx"
    target.write_bytes(b"held")

    def refuse(made: Path, goal: Path) -> None:
        if goal == target:
            raise PermissionError(errno.EACCES, "held")
        made.replace(goal)

    monkeypatch.setattr(disk, "_replace", refuse)
    assert disk.write_atomically(target, lambda p: p.write_bytes(b"n") and None).name == "a_新1.xlsx"
    assert target.read_bytes() == b"held"


def test_rest_of_a_dead_process_is_swept_and_of_a_living_one_kept(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from landinv.disk import write_atomically;"
        "write_atomically(Path(sys.argv[1]), lambda p: (p.write_bytes(b'half'), os.kill(os.getpid(), 9)))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.csv")], check=False)
    (dead,) = tmp_path.glob(f"{disk.TEMP_PREFIX}*")
    host, _pid, token = dead.name.removeprefix(disk.TEMP_PREFIX).split("-")
    living = dead.with_name(f"{disk.TEMP_PREFIX}{host}-{os.getpid()}-{token}")
    colleague = dead.with_name(f"{disk.TEMP_PREFIX}ffffffff-1-{token}")
    ancient = dead.with_name(f"{disk.TEMP_PREFIX}ffffffff-2-{token}")
    strange = dead.with_name(f"{disk.TEMP_PREFIX}notes.txt")
    for folder in (living, colleague, ancient, strange):
        folder.mkdir()
    two_days_ago = time.time() - 2 * 86400
    os.utime(ancient, (two_days_ago, two_days_ago))
    disk.sweep_stale(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([living, colleague, strange])


def test_sha256_is_the_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert disk.sha256_of(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()
