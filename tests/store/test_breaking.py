"""A short fault campaign; scripts/break_store.py does the long one."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from benchmarks.breaking import cuts, faults, flips, kills
from benchmarks.breaking.county import event, opened, state


@pytest.mark.parametrize("kind", ["import", "undo", "export"])
def test_killed_work_leaves_the_old_or_the_new(tmp_path: Path, kind: str) -> None:
    told = kills.campaign(tmp_path, kind, 5, seed=3)
    assert told["bad"] == []
    assert told["alive"] >= 3


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace logs the writes")
def test_power_cut_between_any_two_writes_loses_nothing(tmp_path: Path) -> None:
    log = cuts.logged(tmp_path, 2)
    chance = random.Random(5)
    bad = []
    for place in chance.sample(range(len(log.calls)), 25):
        files, acknowledged = log.until(place)
        target = tmp_path / f"after{place}"
        target.mkdir()
        cuts.write_out(files, target, chance)
        bad += cuts.looked(target / "register.gpkg", acknowledged)
    assert bad == []
    assert len(log.calls) > 100


def test_power_cut_model_finds_what_is_not_synced() -> None:
    """Without the sync of the folder the deleted journal can come back, and with it the state before."""
    log = cuts.Log(
        {"a": b"old", "a-journal": b"journal"},
        [("write", "a", 0, b"new", 0), ("sync", "a"), ("unlink", "a-journal"), ("acknowledged", "", 2)],
    )
    files, acknowledged = log.until(3)
    assert acknowledged == 2
    assert bytes(files["a"].durable) == b"new"
    assert any(name.startswith("a-journal?") for name in files)
    synced = cuts.Log(log.first, [*log.calls, ("sync", ".")])
    assert set(synced.until(4)[0]) == {"a"}


def test_flipped_bits_of_live_cells_are_found(tmp_path: Path) -> None:
    told = flips.campaign(tmp_path, 25, seed=11)
    assert (told["found"], told["missed"]) == (25, [])


def test_limits_and_clocks_lose_nothing(tmp_path: Path) -> None:
    for name, told in (
        ("size", faults.size_limit(tmp_path / "size", 3, seed=2)),
        ("read", faults.read_only(tmp_path)),
        ("clock", faults.clock_set_back(tmp_path / "clock")),
    ):
        assert told["bad"] == [], (name, told)


def test_writers_at_once_and_a_reader_of_another_program(tmp_path: Path) -> None:
    told = faults.writers(tmp_path, 2, count=2)
    assert told["bad"] == []
    assert told["acknowledged"] == 4
    assert told["reads"] > 0


def test_cut_off_commit_tried_again_does_not_double(tmp_path: Path) -> None:
    path = tmp_path / "register.gpkg"
    opened(path).commit(state(10, "1"), event())
    first = opened(path).commit(state(12, "2"), event())
    again = opened(path).commit(state(12, "2"), event())
    assert (first.written, again.written, again.batch) == (True, False, 2)
