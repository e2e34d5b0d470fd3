"""Processes killed at a random moment; what was acknowledged must be there, whole, and nothing half."""

from __future__ import annotations

import importlib.util
import os
import random
import select
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.breaking.county import event, faults_of, opened, state
from landinv.disk import sha256_of, sweep_stale, write_atomically

Work = Callable[[Path, int], None]


def campaign(folder: Path, kind: str, kills: int, seed: int) -> dict[str, Any]:
    """Kill one kind of work again and again upon one folder, and look at it after each kill."""
    if kind == "run":
        return runs(folder, kills, seed)
    path, chance = folder / "register.gpkg", random.Random(seed)
    prepare(folder, kind)
    work, usual_s = WORK[kind], _usual_s(folder, kind)
    alive = acknowledged = journals = 0
    bad: list[str] = []
    for trial in range(kills):
        if kind == "import":
            path.unlink(missing_ok=True)
        killed, told = _killed(lambda pipe: work(folder, pipe), chance.uniform(0.0, 1.6) * usual_s, trial % 2)
        alive, acknowledged = alive + killed, acknowledged + len(told)
        journals += path.with_name(f"{path.name}-journal").exists()
        bad += [f"{trial}: {fault}" for fault in _faults(folder, kind, told)]
    return {
        "kills": kills,
        "alive": alive,
        "acknowledged": acknowledged,
        "journals": journals,
        "bad": bad[:20],
    }


def prepare(folder: Path, kind: str) -> None:
    if kind != "import":
        opened(folder / "register.gpkg").commit(state(60, "0"), event())
    (folder / "out.csv").write_text("old\n" * 2000)


def imports(folder: Path, pipe: int) -> None:
    """A first import into an empty store, then more parcels."""
    for count in (80, 120, 160):
        done = opened(folder / "register.gpkg").commit(state(count, str(count)), event())
        os.write(pipe, f"{done.batch}\n".encode())


def updates(folder: Path, pipe: int) -> None:
    """Every row changes with every batch."""
    while True:
        store = opened(folder / "register.gpkg")
        number = len(store.events()) + 1
        done = store.commit(state(40 + number % 5 * 10, str(number)), event())
        os.write(pipe, f"{done.batch}\n".encode())


def undoes(folder: Path, pipe: int) -> None:
    """A change, and the change undone."""
    while True:
        store = opened(folder / "register.gpkg")
        last = len(store.events())
        new = store.state_without(last) if last > 1 and last % 2 == 0 else state(50, str(last + 1))
        done = store.commit(new, event(f"step {last + 1}"))
        os.write(pipe, f"{done.batch}\n".encode())


def exports(folder: Path, pipe: int) -> None:
    """A file written again and again; its first and last line tell which one it is."""
    number = 0
    while True:
        number += 1
        text = "".join(f"{number}\n" for _ in range(20_000))
        write_atomically(folder / "out.csv", lambda p, text=text: p.write_text(text) and None)
        os.write(pipe, f"{number}\n".encode())


WORK: dict[str, Work] = {"import": imports, "update": updates, "undo": undoes, "export": exports}


def _faults(folder: Path, kind: str, told: list[int]) -> list[str]:
    if kind == "export":
        lines = (folder / "out.csv").read_text().split("\n")
        whole = len(set(lines[:-1])) == 1 and len(lines) in (2001, 20001)
        last = max(told, default=0)
        sweep_stale(folder)
        left = [p.name for p in folder.glob(".landinv-*")]
        late = lines[0] != "old" and int(lines[0]) < last
        return [
            f for f, wrong in (("partial", not whole), ("lost", late), (f"left {left}", bool(left))) if wrong
        ]
    path = folder / "register.gpkg"
    if not path.exists():
        return ["acknowledged and not there"] if told else []
    found = faults_of(path)
    events = opened(path).events()
    batches = events["batch"].tolist() if len(events) else []
    if batches != list(range(1, len(batches) + 1)) or (told and max(told) > len(batches)):
        found.append(f"acknowledged {told[-1:]}, there are {len(batches)}")
    return found


def _usual_s(folder: Path, kind: str) -> float:
    started = time.monotonic()
    _killed(lambda pipe: WORK[kind](folder, pipe), 0.0, True)
    return time.monotonic() - started


def _killed(work: Callable[[int], None], delay_s: float, after_one: bool) -> tuple[bool, list[int]]:
    """Fork a worker, kill it after a while, and give whether it was alive and what it had acknowledged."""
    out, pipe = os.pipe()
    child = os.fork()
    if not child:
        try:
            work(pipe)
        finally:
            os._exit(0)
    os.close(pipe)
    if after_one:
        select.select([out], [], [], 60)
    time.sleep(delay_s)
    os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    with os.fdopen(out) as told:
        return os.WIFSIGNALED(status), [int(line) for line in told.read().split("\n")[:-1]]


def runs(folder: Path, kills: int, seed: int) -> dict[str, Any]:
    """The whole command, killed: every output is the old one or the new one, and the register is sound."""
    from landinv.workflow.run import run

    chance = random.Random(seed)
    county = folder / "county"
    project = _county(county)
    run(project)
    before = {True: _outputs(county)}
    _edit(county, flag=False)
    started = time.monotonic()
    run(project)
    usual_s = time.monotonic() - started
    before[False] = _outputs(county)
    alive, bad = 0, []
    for trial in range(kills):
        flag = trial % 2 == 0
        _edit(county, flag=flag)
        killed, _told = _killed(
            lambda _pipe: run(project) and None, chance.uniform(0.3, 1.1) * usual_s, False
        )
        alive += killed
        problems = faults_of_county(project)
        strange = [
            n for n, s in _outputs(county).items() if s not in (before[True].get(n), before[False].get(n))
        ]
        bad += [f"{trial}: {fault}" for fault in (*problems, *strange)]
    run(project)
    return {"kills": kills, "alive": alive, "bad": bad[:20]}


def faults_of_county(project: Path) -> list[str]:
    from landinv.workflow.outside_edits import look_at_store

    problems = look_at_store(project).problems
    return [" ".join(row) for row in problems.itertuples(index=False, name=None)]


def _county(folder: Path) -> Path:
    source = Path(__file__).resolve().parents[2] / "tests" / "conftest.py"
    spec = importlib.util.spec_from_file_location("county", source)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    project: Path = module.write_county(folder)
    shutil.copy(folder / "landinv.toml", folder / "first.toml")
    return project


def _edit(folder: Path, *, flag: bool) -> None:
    """Let the project say another date, so that the next run changes the register and every list."""
    text = (folder / "first.toml").read_text(encoding="utf-8")
    day = "2022-10-10" if flag else "2021-03-03"
    (folder / "landinv.toml").write_text(text.replace("2022-10-10", day), encoding="utf-8")


def _outputs(folder: Path) -> dict[str, str]:
    """Hashes of the outputs whose bytes depend on the input alone; first_seen days and run.json do not."""
    names = ("parcels.csv", "slivers.csv")
    return {n: sha256_of(folder / "out" / n) for n in names if (folder / "out" / n).is_file()}
