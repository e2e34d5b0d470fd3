"""Copies of the store that are whole, made while others may be writing."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from landinv.disk import write_atomically
from landinv.errors import SourceMissingError, StoreDamagedError
from landinv.i18n import gettext as _
from landinv.store.connection import connected, errors_of


def backup(path_from: Path, path_to: Path, *, timeout_s: float = 30.0) -> Path:
    """Copy a store page by page through SQLite, then put the copy in place at once.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    SourceMissingError
        If there is no store to copy.
    StoreLockedError, StoreDamagedError
        If the store is held or damaged.
    OutputError
        If the copy cannot be written; an older copy still stands.
    """
    if not path_from.is_file():
        raise SourceMissingError(
            _("{path} is not there.").format(path=path_from),
            hint=_("Check [store] path in the project file."),
        )
    return write_atomically(path_to, lambda path: _copy(path_from, path, timeout_s=timeout_s))


def _copy(path_from: Path, path_to: Path, *, timeout_s: float) -> None:
    with connected(path_from, timeout_s=timeout_s) as source, errors_of(path_to):
        target = sqlite3.connect(path_to)
        with contextlib.closing(target):
            source.backup(target)


def overwrite(path_from: Path, path_to: Path, *, timeout_s: float = 30.0) -> Path:
    """Bring a store to the content of another: in one transaction, so that who has it open is heard.

    A file there that is no database is replaced as a whole.

    Raises
    ------
    StoreLockedError
        If somebody holds it; then it is as it was.
    OutputError
        If it cannot be written; what stood before still does.
    """
    try:
        with connected(path_to, timeout_s=timeout_s, create=True) as target:
            target.execute("SELECT count(*) FROM sqlite_master").fetchone()
            with connected(path_from, timeout_s=timeout_s) as source, errors_of(path_to):
                source.backup(target)
        return path_to
    except StoreDamagedError:
        return write_atomically(path_to, lambda path: _copy(path_from, path, timeout_s=timeout_s))


def backup_name(path: Path, word: str) -> Path:
    """A name beside a store that no file has yet: ``inventory_<word>.gpkg``, ``inventory_<word>_2.gpkg``, …."""
    first = path.with_name(f"{path.stem}_{word}{path.suffix}")
    later = (path.with_name(f"{path.stem}_{word}_{n}{path.suffix}") for n in range(2, 10_000))
    return next(name for name in (first, *later) if not name.exists())
