"""Disks that are full, sizes that are limited, folders that may not be written, colleagues, and clocks."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyogrio

from benchmarks.breaking.county import event, faults_of, opened, state
from landinv.errors import LandinvError, OutputError

_NOBODY = 65534


def full_disk(folder: Path, trials: int, seed: int) -> dict[str, Any]:
    """Commits upon a small disk in memory that other files fill up."""
    disk = folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)], check=False)
    if mounted.returncode:
        return {"trials": 0, "bad": [], "skipped": "a small disk cannot be mounted here"}
    try:
        return _refused(disk, trials, seed, _with_disk_filled)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def size_limit(folder: Path, trials: int, seed: int) -> dict[str, Any]:
    """Commits of a process whose files may not grow beyond a size."""
    return _refused(folder, trials, seed, _with_size_limit)


def _refused(
    folder: Path, trials: int, seed: int, limited: Callable[[Path, int, Callable[[], None]], None]
) -> dict[str, Any]:
    chance, path = random.Random(seed), folder / "register.gpkg"
    opened(path).commit(state(20, "1"), event())
    bad: list[str] = []
    refused = 0
    for trial in range(trials):
        before = len(opened(path).events())
        out, pipe = os.pipe()

        def commit(mark: str = str(trial + 2), pipe: int = pipe) -> None:
            try:
                opened(path).commit(state(400, mark), event(f"step {mark}"))
                told = "done"
            except OutputError:
                told = "refused"
            except LandinvError as error:
                told = f"{type(error).__name__}: {error}"
            os.write(pipe, told.encode())

        child = os.fork()
        if not child:
            try:
                limited(folder, chance.randrange(4_000, 400_000), commit)
            finally:
                os._exit(0)
        os.close(pipe)
        with os.fdopen(out) as read:
            told = read.read()
        os.waitpid(child, 0)
        (folder / "filler").unlink(missing_ok=True)
        after, faults = len(opened(path).events()), faults_of(path)
        refused += told == "refused"
        right = (told, after) in (("done", before + 1), ("refused", before))
        bad += [f"{trial}: {f}" for f in (*faults, *([] if right else [f"{told}, {before} then {after}"]))]
        if told == "done":
            path.unlink()
            opened(path).commit(state(20, "1"), event())
    return {"trials": trials, "refused": refused, "bad": bad[:20]}


def _with_disk_filled(folder: Path, left: int, commit: Callable[[], None]) -> None:
    free = os.statvfs(folder)
    with (folder / "filler").open("wb") as filler:
        filler.write(b"x" * max(0, free.f_bavail * free.f_frsize - left))
    commit()


def _with_size_limit(folder: Path, left: int, commit: Callable[[], None]) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    size = (folder / "register.gpkg").stat().st_size + left // 4
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    commit()


def read_only(_folder: Path) -> dict[str, Any]:
    """A folder and file that may only be read: reading works, writing is refused, nothing changes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "register.gpkg"
        opened(path).commit(state(20, "1"), event())
        before = path.read_bytes()
        path.chmod(0o444)
        folder.chmod(0o555)
        told = _as_nobody(lambda: _use(path))
        folder.chmod(stat.S_IRWXU)
        right = told == {"read": 20, "sound": True, "write": "OutputError"}
        return {"told": told, "bad": [] if right and path.read_bytes() == before else [json.dumps(told)]}


def _use(path: Path) -> dict[str, Any]:
    store = opened(path, 0.2)
    read = store.read_state()
    told = {"read": 0 if read is None else len(read.parcels), "sound": store.verify().empty, "write": "done"}
    try:
        store.commit(state(30, "2"), event())
    except LandinvError as error:
        told["write"] = type(error).__name__
    return told


def _as_nobody(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    out, pipe = os.pipe()
    if not os.fork():
        try:
            if os.geteuid() == 0:
                os.setgid(_NOBODY)
                os.setuid(_NOBODY)
            os.write(pipe, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(pipe)
    with os.fdopen(out) as read:
        told: dict[str, Any] = json.loads(read.read() or "{}")
    os.wait()
    return told


def writers(folder: Path, commits: int, count: int = 4) -> dict[str, Any]:
    """Several writers at once, and another program (GDAL) that reads meanwhile."""
    path = folder / "register.gpkg"
    opened(path).commit(state(10, "1"), event())
    pipes, children = [], []
    for number in range(count):
        out, pipe = os.pipe()
        child = os.fork()
        if not child:
            try:
                os.write(pipe, json.dumps(_write(path, number, commits)).encode())
            finally:
                os._exit(0)
        os.close(pipe)
        pipes.append(out)
        children.append(child)
    reads, bad = _read_meanwhile(path, children)
    told = []
    for out in pipes:
        with os.fdopen(out) as read:
            told.append(json.loads(read.read()))
    waits = sorted(s for t in told for s in t["seconds"])
    events = opened(path).events()
    if len(events) != 1 + count * commits:
        bad.append(f"{len(events)} events, {count * commits} acknowledged")
    bad += faults_of(path)
    return {
        "acknowledged": sum(t["done"] for t in told), "again": sum(t["again"] for t in told),
        "p95_ms": round(1000 * waits[int(0.95 * len(waits))], 1), "reads": reads, "bad": bad[:20],
    }  # fmt: skip


def _write(path: Path, number: int, commits: int) -> dict[str, Any]:
    seconds, again = [], 0
    for step in range(commits):
        new = state(10 + number, f"{number}-{step}")
        while True:
            started = time.monotonic()
            try:
                store = opened(path)
                done = store.commit(new, event(f"writer {number} step {step}"))
                assert done.written
                break
            except LandinvError:
                again += 1
        seconds.append(time.monotonic() - started)
    return {"done": commits, "again": again, "seconds": seconds}


def _read_meanwhile(path: Path, children: list[int]) -> tuple[int, list[str]]:
    """Reads by GDAL in a process of its own until every writer has ended."""
    out, pipe = os.pipe()
    reader = os.fork()
    if not reader:
        count, bad = 0, []
        stop = False
        signal.signal(signal.SIGTERM, lambda *_given: globals().update(_stop=True))
        globals()["_stop"] = False
        while not (stop := globals()["_stop"]):
            try:
                frame = pyogrio.read_dataframe(path, layer="parcels")
                marks = set(frame["holder"])
                if len(marks) != 1:
                    bad.append(f"read half a batch: {sorted(marks)}")
                count += 1
            except Exception as error:  # noqa: BLE001 - whatever is raised is what the campaign looks for
                bad.append(f"reader: {type(error).__name__} {error}")
        os.write(pipe, json.dumps([count, bad[:5]]).encode())
        os._exit(0 if stop else 1)
    os.close(pipe)
    for child in children:
        os.waitpid(child, 0)
    os.kill(reader, signal.SIGTERM)
    with os.fdopen(out) as read:
        count, bad = json.loads(read.read())
    os.waitpid(reader, 0)
    return count, bad


def clock_set_back(folder: Path) -> dict[str, Any]:
    """Batches whose times run backwards: order, chain and looking back stay those of the batches."""
    path = folder / "register.gpkg"
    days = ("2024-05-01", "2019-01-01", "2030-12-31", "1999-09-09", "2024-05-02")
    for number, day in enumerate(days, 1):
        opened(path).commit(state(10 + number, str(number)), event(at=f"{day}T08:00:00"))
    store = opened(path)
    bad = faults_of(path)
    for number in range(1, len(days) + 1):
        if len(store.state_after(number).parcels) != 10 + number:
            bad.append(f"state after {number}")
    asked = [store.batch_at(day) for day in ("2024-04-30", "2024-05-01", "2030-12-30", "2031-01-01")]
    if asked != [0, 2, 2, 5]:
        bad.append(f"batches by day {asked}")
    return {"batches": len(days), "bad": bad}
