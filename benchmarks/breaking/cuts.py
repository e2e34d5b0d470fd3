"""Power cuts: what the disk may hold when the current fails, rebuilt from the log of a commit's system calls.

A write that was not followed by fsync may have reached the disk or not, wholly or in part, and in any order; a new or
deleted name is durable once its folder, or for a new one the file, was synced (as on ext4). The store is opened upon
every such state, as after a restart; every batch that was acknowledged by then must be there, and the state whole.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.breaking.county import event, faults_of, opened, state

_SECTOR = 512
_HALF = 0.5
_MOST = 0.6
_CALL = re.compile(r"^\d+ +(?P<name>\w+)\((?P<given>.*)\) += (?P<done>-?\d+)", re.S)
_WORKER = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from benchmarks.breaking.county import event, opened, state
folder = Path(sys.argv[1])
marks = os.open(folder / "acknowledged", os.O_WRONLY | os.O_CREAT)
store = opened(folder / "register.gpkg")
os.write(marks, b"start")
for number in range(2, 2 + int(sys.argv[3])):
    new = store.state_without(number - 1) if number % 3 == 0 else state(12 + number % 4, str(number))
    store.commit(new, event(f"step {number}"))
    os.write(marks, str(number).encode())
"""


@dataclass
class Disk:
    """One file: what is surely on the disk, what was written since the last sync, and whether its name is there too."""

    durable: bytearray
    pending: list[tuple[int, bytes | None, int]] = field(default_factory=list)
    named: bool = True

    def sync(self) -> None:
        for write in self.pending:
            apply(self.durable, write)
        self.pending = []
        self.named = True


def campaign(folder: Path, states: int, seed: int, batches: int = 8) -> dict[str, Any]:
    """Log commits with strace, and rebuild that many states of the disk between two system calls."""
    if shutil.which("strace") is None:
        return {"states": 0, "bad": [], "skipped": "strace is not there"}
    log = logged(folder, batches)
    chance = random.Random(seed)
    bad: list[str] = []
    lost = 0
    per_call = max(1, -(-states // len(log.calls)))
    made = 0
    for place in range(len(log.calls)):
        files, acknowledged = log.until(place)
        for _variant in range(per_call):
            made += 1
            target = folder / "after"
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()
            write_out(files, target, chance)
            found = looked(target / "register.gpkg", acknowledged)
            lost += any(f.startswith("lost") for f in found)
            bad += [f"{place}: {f}" for f in found]
    return {"calls": len(log.calls), "states": made, "lost": lost, "bad": bad[:20]}


@dataclass
class Log:
    """System calls upon the register's folder, in order, and the files they began with."""

    first: dict[str, bytes]
    calls: list[tuple[Any, ...]]

    def until(self, place: int) -> tuple[dict[str, Disk], int]:
        """Files as the disk surely has them and what is pending, after the first calls; and the last acknowledged batch."""
        disks = {name: Disk(bytearray(content)) for name, content in self.first.items()}
        acknowledged = 1
        for number, call in enumerate(self.calls[: place + 1]):
            kind, name = call[0], call[1]
            if kind == "acknowledged":
                acknowledged = call[2]
            elif kind == "open":
                disks.setdefault(name, Disk(bytearray(), named=False))
            elif kind in ("write", "truncate"):
                disks[name].pending.append(call[2:])
            elif kind == "sync" and name == ".":
                disks = {n: d for n, d in disks.items() if "?" not in n}
                for disk in disks.values():
                    disk.named = True
            elif kind == "sync":
                disks[name].sync()
            elif kind == "unlink" and name in disks:
                disks[f"{name}?{number}"] = disks.pop(name)  # deleted, but perhaps not on the disk yet
        return disks, acknowledged


def apply(content: bytearray, write: tuple[int, bytes | None, int]) -> None:
    """A write (offset, bytes, 0), or a truncation (length, None, 0)."""
    offset, data, _unused = write
    if data is None:
        del content[offset:]
        content.extend(b"\0" * (offset - len(content)))
        return
    content.extend(b"\0" * (offset - len(content)))
    content[offset : offset + len(data)] = data


def write_out(files: dict[str, Disk], target: Path, chance: random.Random) -> None:
    """Let chance decide what reached the disk: nothing, all, some, torn or out of order."""
    how = chance.choice(("none", "all", "some", "torn", "turned"))
    for name, disk in files.items():
        real, _mark, is_gone = name.partition("?")
        if (is_gone and real in files) or ((is_gone or not disk.named) and chance.random() < _HALF):
            continue
        content = bytearray(disk.durable)
        for write in reached(disk.pending, how, chance):
            apply(content, write)
        (target / real).write_bytes(bytes(content))


def reached(
    pending: list[tuple[int, bytes | None, int]], how: str, chance: random.Random
) -> list[tuple[int, bytes | None, int]]:
    if how in ("none", "all"):
        return pending if how == "all" else []
    chosen = [write for write in pending if chance.random() < _MOST]
    if how == "turned":
        chance.shuffle(chosen)
    if how != "torn":
        return chosen
    torn = []
    for offset, data, unused in chosen:
        if data is None:
            torn.append((offset, data, unused))
            continue
        torn += [
            (offset + start, data[start : start + _SECTOR], unused)
            for start in range(0, len(data), _SECTOR)
            if chance.random() < _MOST
        ]
    return torn


def looked(path: Path, acknowledged: int) -> list[str]:
    """Open a state as after a restart, and tell what is wrong."""
    try:
        found = faults_of(path)
        events = opened(path).events()
    except Exception as error:  # noqa: BLE001 - whatever is raised is what the campaign looks for
        return [f"unreadable: {type(error).__name__} {error}"]
    if len(events) < acknowledged:
        found.append(f"lost: {acknowledged} acknowledged, {len(events)} there")
    return found


def logged(folder: Path, batches: int) -> Log:
    """Run commits under strace, and read what they did to the folder."""
    place = folder / "traced"
    place.mkdir()
    opened(place / "register.gpkg").commit(state(12, "1"), event())
    first = {p.name: p.read_bytes() for p in place.iterdir()}
    trace = folder / "trace"
    root = str(Path(__file__).resolve().parents[2])
    calls = "openat,pwrite64,pwritev,write,fsync,fdatasync,ftruncate,unlink,unlinkat,rename,close"
    subprocess.run(
        ["strace", "-f", "-y", "-xx", "-s", "200000", "-e", f"trace={calls}", "-o", str(trace),
         sys.executable, "-c", _WORKER, str(place), root, str(batches)],
        check=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    return Log(first, list(calls_of(trace.read_text(), place)))


def calls_of(text: str, place: Path) -> Any:
    """Calls upon files of the folder, from the first commit on."""
    begun = False
    inside = "".join(f"\\x{byte:02x}" for byte in os.fsencode(str(place)))
    for line in text.splitlines():
        match = _CALL.match(line)
        if not match or int(match["done"]) < 0 or (inside not in line and str(place) not in line):
            continue
        call = understood(match["name"], match["given"], int(match["done"]), inside)
        if call is None:
            continue
        if call[1] == "acknowledged":
            if call[0] == "write" and call[3] == b"start":
                begun = True
            elif call[0] == "write" and begun:
                yield ("acknowledged", "", int(call[3]))
        elif begun:
            yield call


def understood(name: str, given: str, done: int, inside: str) -> tuple[Any, ...] | None:  # noqa: PLR0911
    """One line of strace as (what, file, …); None where it changes nothing."""
    path = re.search(r"(?:<|\")" + re.escape(inside) + r"((?:\\x[0-9a-f]{2})*)", given) or re.search(
        r"<(/[^>]*)>", given
    )
    if path is None:
        return None
    file = unescaped(path[1]).lstrip(b"/").decode().rsplit("/", 1)[-1] or "."
    if name == "openat":
        opened_ = re.search(r"\"((?:\\x[0-9a-f]{2})*)\"", given)
        file = unescaped(opened_[1]).decode().rsplit("/", 1)[-1] if opened_ else file
        return ("open", file) if "O_CREAT" in given else None
    if name in ("pwrite64", "write"):
        data = unescaped(re.search(r"\"((?:\\x[0-9a-f]{2})*)\"", given)[1])  # type: ignore[index]
        offset = int(given.rsplit(",", 1)[1]) if name == "pwrite64" else 0
        assert len(data) >= done, "strace cut a write short"
        return ("write", file, offset, data[:done], 0)
    if name == "ftruncate":
        return ("truncate", file, int(given.rsplit(",", 1)[1]), None, 0)
    if name in ("fsync", "fdatasync"):
        return ("sync", file)
    if name in ("unlink", "unlinkat"):
        return (
            "unlink",
            unescaped(re.findall(r"\"((?:\\x[0-9a-f]{2})*)\"", given)[-1]).decode().rsplit("/", 1)[-1],
        )
    return None


def unescaped(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", "")) if text.startswith("\\x") else text.encode()
