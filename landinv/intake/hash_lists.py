"""Checksums that came with a file: what they vouch for is compared byte by byte, for damage no reader can see.

A flipped bit in a table's text makes another valid text; only a checksum made at the source tells.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_LISTS: Final = ("sha256sums", "sha256sums.txt", "sha256.txt")
_LINE: Final = re.compile(r"^([0-9a-fA-F]{64})(?:[ \t]+\*?(.+))?$")
_MOST_BYTES: Final = 1 << 20


def expected_sha256(path: Path) -> str:
    """SHA-256 that a list beside the file gives for it, in lower case; empty where none does.

    Lists are ``<name>.sha256`` and ``SHA256SUMS`` (also with ``.txt``), one ``sum  name`` a line; a list for one file
    may hold the sum alone.
    """
    wanted = path.name.casefold()
    for beside in _beside(path):
        for line in _lines(beside):
            found = _LINE.match(line.strip())
            if (
                found
                and (found[2] or path.name).strip().replace("\\", "/").split("/")[-1].casefold() == wanted
            ):
                return found[1].lower()
    return ""


def _beside(path: Path) -> list[Path]:
    own = path.with_name(f"{path.name}.sha256")
    try:
        lists = [p for p in path.parent.iterdir() if p.name.casefold() in _LISTS]
    except OSError:
        lists = []
    return [
        p for p in (own, *lists) if p.is_file() and not p.is_symlink() and p.stat().st_size <= _MOST_BYTES
    ]


def _lines(path: Path) -> list[str]:
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding).splitlines()
        except UnicodeDecodeError:
            continue
    return []
