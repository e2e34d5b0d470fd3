"""Copies of the store that are whole, made while others may be writing."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from landinv.disk import write_atomically
from landinv.errors import SourceMissingError
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
