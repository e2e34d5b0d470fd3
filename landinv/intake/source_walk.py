"""Find what could be a source in folders: data files and geodatabases, without their sidecars, following no link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from landinv.i18n import gettext as _
from landinv.intake.staging import known_suffixes

MOST_DEPTH: Final = 8
MOST_FILES: Final = 400
# Texts and settings carry these too: only one that can be read as data is told of.
DOUBTFUL: Final = (".txt", ".json", ".csv")
# Data of offices that nothing here reads: passing over them without a word would look like having seen them.
_UNREAD: Final = (
    ".mdb", ".rar", ".7z", ".dwg", ".tab", ".mif", ".wt", ".wl", ".wp", ".gpx", ".e00",
    ".gdbtable", ".wps", ".et", ".doc", ".docx", ".ods", ".sde", ".mxd", ".tif", ".accdb", ".dbf",
)  # fmt: skip
_RESULT: Final = b'"landinv.run/'
_RESULT_HEAD: Final = 400


@dataclass(frozen=True)
class Skipped:
    """A file or folder that was passed over, and why."""

    path: Path
    reason: str


@dataclass
class Walk:
    """What was found: files to look at (those that a folder held, not named themselves, in ``found``), and the rest."""

    named: list[Path] = field(default_factory=list)
    found: list[Path] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def walk_sources(paths: Sequence[Path]) -> Walk:
    """Data files below the given paths, in the order of their names.

    A path that is a file, a ``.gdb`` folder, a link or nothing at all is taken as it stands, for its reading to say
    what is wrong with it; any other folder is walked, to a depth of :data:`MOST_DEPTH` and for :data:`MOST_FILES`
    files, without hidden folders and without the results of an earlier run.
    """
    walk = Walk()
    for path in paths:
        if _is_folder(path) and not path.name.lower().endswith(".gdb"):
            _walk_folder(path, walk, depth=0)
        else:
            walk.named.append(path)
    walk.named = list(dict.fromkeys(walk.named))
    walk.found = [p for p in dict.fromkeys(walk.found) if p not in walk.named]
    for path in walk.found[MOST_FILES:]:
        walk.skipped.append(
            Skipped(path, _("more than {count} files; name it itself").format(count=MOST_FILES))
        )
    walk.found = walk.found[:MOST_FILES]
    return walk


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def _walk_folder(folder: Path, walk: Walk, *, depth: int) -> None:
    if depth > MOST_DEPTH:
        walk.skipped.append(
            Skipped(folder, _("folders deeper than {depth} are not walked").format(depth=MOST_DEPTH))
        )
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        walk.skipped.append(Skipped(folder, _("it cannot be opened: {reason}").format(reason=reason)))
        return
    if _holds_results(entries):
        walk.skipped.append(Skipped(folder, _("it holds the results of landinv run")))
        return
    shapes = {Path(e.name).stem.casefold() for e in entries if e.name.lower().endswith(".shp")}
    for entry in entries:
        _take(entry, shapes, walk, depth=depth)


def _take(entry: os.DirEntry[str], shapes: set[str], walk: Walk, *, depth: int) -> None:
    path, suffix = Path(entry.path), Path(entry.name).suffix.lower()
    if entry.name.startswith((".", "~$")):
        return
    if entry.is_symlink():
        walk.skipped.append(Skipped(path, _("it is a link; give the path it points to")))
    elif entry.is_dir(follow_symlinks=False) and suffix != ".gdb":
        _walk_folder(path, walk, depth=depth + 1)
    elif not entry.is_dir(follow_symlinks=False) and not entry.is_file(follow_symlinks=False):
        walk.skipped.append(Skipped(path, _("it is no regular file")))
    elif suffix in known_suffixes() and (suffix != ".gdb" or entry.is_dir(follow_symlinks=False)):
        walk.found.append(path)
    elif suffix in _UNREAD and not (suffix == ".dbf" and path.stem.casefold() in shapes):
        walk.skipped.append(Skipped(path, _why_unread(suffix)))


def _why_unread(suffix: str) -> str:
    if suffix == ".dbf":
        return _("a table of a shapefile whose .shp is missing")
    return _("files of the kind {suffix} are not read").format(suffix=suffix)


def _holds_results(entries: Sequence[os.DirEntry[str]]) -> bool:
    for entry in _records(entries):
        try:
            with Path(entry.path).open("rb") as file:
                return _RESULT in file.read(_RESULT_HEAD)
        except OSError:
            return False
    return False


def _records(entries: Sequence[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
    yield from (e for e in entries if e.name == "run.json" and e.is_file(follow_symlinks=False))
