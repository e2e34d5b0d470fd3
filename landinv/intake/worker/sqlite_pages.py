"""Pages of an SQLite database: bytes in the space that a page does not use, where nothing of SQLite's own puts them.

The integrity check follows pages through what they use; damage that falls beside it changes nothing that is read, but
tells that the copy is not the file that was written.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

_LEAVES: Final = (10, 13)
_FILE_HEAD: Final = 100
_PAGE_HEAD: Final = 8
_LARGEST_PAGE: Final = 65_536
# What deleting and splitting leaves behind borders on the page's cells or is a few bytes of pointers. An island with
# that much nothing on both sides, longer than those and as various as chance makes it, was seen in none of 60 databases
# written and edited in the usual ways.
_APART: Final = 64
_SHORTEST: Final = 8
_LONGEST: Final = 512
_VARIOUS: Final = 0.8


def stray_bytes(path: Path) -> list[tuple[int, int]]:
    """Page number and length of each island of stray bytes; at most one a page.

    Parameters
    ----------
    path
        A database whose integrity check has passed.

    Returns
    -------
    list of (int, int)
        Pages counted from 1, lengths in bytes.
    """
    found = []
    with path.open("rb") as file:
        head = file.read(_FILE_HEAD)
        (size,) = struct.unpack(">H", head[16:18])
        size = _LARGEST_PAGE if size == 1 else size
        file.seek(0)
        # Page by page, for a page is the unit in which SQLite lays its cells out.
        for number, page in enumerate(iter(lambda: file.read(size), b""), start=1):
            length = _stray(page, _FILE_HEAD if number == 1 else 0)
            if length:
                found.append((number, length))
    return found


def _stray(page: bytes, start: int) -> int:
    """Length of the island in a leaf page's unused space; 0 where there is none."""
    if len(page) <= start + _PAGE_HEAD or page[start] not in _LEAVES:
        return 0
    _kind, _free, cells, content = struct.unpack_from(">BHHH", page, start)
    unused = page[start + _PAGE_HEAD + 2 * cells : content or _LARGEST_PAGE]
    island = unused.strip(b"\0")
    if not _SHORTEST <= len(island) <= _LONGEST:
        return 0
    before = len(unused) - len(unused.lstrip(b"\0"))
    apart = before >= _APART and len(unused) - before - len(island) >= _APART
    by_chance = 256 * (1 - (255 / 256) ** len(island))
    return len(island) if apart and len(set(island)) >= _VARIOUS * by_chance else 0
