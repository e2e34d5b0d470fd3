"""Folders of other machines, on which locks and syncs are only as good as the server's."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

_NETWORK_TYPES: Final = (
    "nfs", "cifs", "smb", "afs", "9p", "ceph", "glusterfs", "davfs", "fuse.sshfs", "fuse.rclone", "ncpfs",
)  # fmt: skip
_MOUNTS: Final = Path("/proc/self/mounts")
_DRIVE_REMOTE: Final = 4
_KIND: Final = 2


def network_type(path: Path, *, mounts: Path = _MOUNTS) -> str:
    """Kind of network file system a path lies on; empty where it is a disk of this machine, or nothing tells."""
    absolute = str(path.absolute())
    if sys.platform == "win32":
        return _windows_type(absolute)
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    # Spaces in names are written as \\040 there.
    told = [line.split(" ") for line in lines]
    found = [(words[1].replace("\\040", " "), words[_KIND]) for words in told if len(words) > _KIND]
    inside = [(place, kind) for place, kind in found if (absolute + "/").startswith(place.rstrip("/") + "/")]
    _place, kind = max(inside, key=lambda pair: len(pair[0]), default=("", ""))
    return kind if kind.startswith(_NETWORK_TYPES) else ""


def _windows_type(absolute: str) -> str:
    if absolute.startswith("\\\\"):
        return "UNC"
    if sys.platform == "win32":
        import ctypes

        if ctypes.windll.kernel32.GetDriveTypeW(os.path.splitdrive(absolute)[0] + "\\") == _DRIVE_REMOTE:
            return "network drive"
    return ""
