"""Connections to the store's file, and what SQLite's refusals mean to a user."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from landinv.errors import LandinvError, OutputError, StoreDamagedError, StoreLockedError
from landinv.i18n import gettext as _

_T = TypeVar("_T")
_PRIMARY: Final = 0xFF
_WAL: Final = 2
_LOCKED: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_REFUSED: Final = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
}


@contextlib.contextmanager
def connected(path: Path, *, timeout_s: float, create: bool = False) -> Iterator[sqlite3.Connection]:
    """Open the store for one piece of work and close it after; nothing is left open between two pieces.

    The journal mode is left as found: a new file has DELETE; QGIS may have chosen WAL, and EXTRA is right for both.

    Raises
    ------
    StoreLockedError, StoreDamagedError, OutputError
        What SQLite refused, by its cause.
    """
    mode = "rwc" if create else "rw"
    with errors_of(path):
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=timeout_s, isolation_level=None
        )
        with contextlib.closing(connection):
            # With FULL, the default, a power cut can take the last commit back after it was reported.
            connection.execute("PRAGMA synchronous=EXTRA")
            # A change that fits into memory is written once, at its commit.
            connection.execute("PRAGMA cache_size=-262144")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA cell_size_check=ON")
            yield connection


def change_counter(path: Path) -> int | None:
    """The file's change counter, which every commit of whoever raises by one; None where it tells nothing.

    To be asked while this process has no connection to the file, for closing it would drop the connection's locks. A
    file in WAL mode, or with a journal beside it, tells nothing.
    """
    with errors_of(path):
        if any(path.with_name(path.name + suffix).exists() for suffix in ("-journal", "-wal")):
            return None
        try:
            with path.open("rb") as file:
                head = file.read(100)
        except OSError:
            return 0 if not path.exists() else None
    if not head:
        return 0
    if len(head) < 100 or _WAL in (head[18], head[19]):
        return None
    return int.from_bytes(head[24:28], "big")


@contextlib.contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[None]:
    """One consistent view for several reads."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


@contextlib.contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction over all tables: COMMIT at the end, ROLLBACK where anything is raised."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        # A failed statement may have rolled back by itself; after COMMIT nothing is open.
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def with_bad_text_replaced(connection: sqlite3.Connection, ask: Callable[[], _T]) -> _T:
    """Ask; where some text is not even UTF-8, once more with it replaced, so that its row can be named.

    To be used where the text is compared with a sum or the log, which it then does not agree with.
    """
    try:
        return ask()
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    try:
        return ask()
    finally:
        connection.text_factory = str


@contextlib.contextmanager
def errors_of(path: Path) -> Iterator[None]:
    """Turn what SQLite raises about a file into errors that name it and say what to do."""
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.IntegrityError):
        raise
    except sqlite3.DatabaseError as error:
        raise _meaning(path, error) from error


def _meaning(path: Path, error: sqlite3.DatabaseError) -> LandinvError:
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    if code in _LOCKED:
        return StoreLockedError(
            _("{path} is held by another program or person.").format(path=path),
            hint=_("Close it in QGIS or ask your colleague to finish, then run the command again."),
        )
    if code in _REFUSED:
        return OutputError(
            _("{path} cannot be opened or written: {reason}.").format(path=path, reason=error),
            hint=_("Check that the disk has space and that the file and its folder may be written."),
        )
    return StoreDamagedError(
        _("{path} cannot be read as a store: {reason}.").format(path=path, reason=error),
        hint=_("It was left as it is. Restore the last backup, or name another file in [store] path."),
    )
