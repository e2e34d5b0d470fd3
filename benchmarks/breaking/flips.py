"""Bits flipped in the store's live cells: does it tell, and name the batch or the parcel?"""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.breaking.county import event, opened, state


def campaign(folder: Path, flips: int, seed: int) -> dict[str, Any]:
    """Flip one bit after another in bytes that belong to some cell; restore the byte after each."""
    path = folder / "register.gpkg"
    for number in (1, 2, 3):
        opened(path).commit(state(40 + number, str(number)), event())
    sound = path.read_bytes()
    places = live_bytes(path)
    chance = random.Random(seed)
    found, missed, changed = 0, [], 0
    for _trial in range(flips):
        place, bit = chance.choice(places), 1 << chance.randrange(8)
        bad = bytearray(sound)
        bad[place] ^= bit
        path.write_bytes(bad)
        changed += 1
        if opened(path).verify().empty:
            missed.append(place)
        else:
            found += 1
    path.write_bytes(sound)
    rate = found / changed if changed else 1.0
    return {
        "flips": changed, "found": found, "rate": round(rate, 5), "live_bytes": len(places),
        "missed": missed[:20], "bad": [] if rate >= 0.999 else [f"only {rate:.4%} found"],
    }  # fmt: skip


def live_bytes(path: Path) -> list[int]:
    """Places of the bytes of cells in b-tree and overflow pages; headers' free space and fragments are left out."""
    data = path.read_bytes()
    size = int.from_bytes(data[16:18], "big") or 65536
    with closing(sqlite3.connect(path)) as connection:
        free = _free_pages(data, size)
        (count,) = connection.execute("PRAGMA page_count").fetchone()
    places: list[int] = []
    for page in range(1, count + 1):
        start = (page - 1) * size
        head = start + (100 if page == 1 else 0)
        kind = data[head]
        if page in free:
            continue
        if kind not in (2, 5, 10, 13):
            places.extend(range(start, start + size))
            continue
        content = int.from_bytes(data[head + 5 : head + 7], "big") or 65536
        gaps = _free_blocks(data, start, head)
        places.extend(p for p in range(start + content, start + size) if not any(a <= p < b for a, b in gaps))
    return places


def _free_blocks(data: bytes, start: int, head: int) -> list[tuple[int, int]]:
    blocks, place = [], int.from_bytes(data[head + 1 : head + 3], "big")
    while place:
        size = int.from_bytes(data[start + place + 2 : start + place + 4], "big")
        blocks.append((start + place, start + place + size))
        place = int.from_bytes(data[start + place : start + place + 2], "big")
    return blocks


def _free_pages(data: bytes, size: int) -> set[int]:
    pages: set[int] = set()
    trunk = int.from_bytes(data[32:36], "big")
    while trunk:
        start = (trunk - 1) * size
        count = int.from_bytes(data[start + 4 : start + 8], "big")
        pages.add(trunk)
        pages |= {int.from_bytes(data[start + 8 + 4 * n : start + 12 + 4 * n], "big") for n in range(count)}
        trunk = int.from_bytes(data[start : start + 4], "big")
    return pages
