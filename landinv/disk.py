"""Files that are either whole or absent: written beside under a name of ours, synced, put in place at once."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import os
import secrets
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from landinv.errors import LandinvError, OutputError
from landinv.i18n import gettext as _

TEMP_PREFIX: Final = ".landinv-"
_STALE_AFTER_S: Final = 24 * 3600
_MOST_COPIES_BESIDE: Final = 99
_log = logging.getLogger(__name__)


def write_atomically(path: Path, write: Callable[[Path], None]) -> Path:
    """Write a file so that a reader, a crash or a power cut finds the old one or the new one, never a part.

    ``write`` gets a path of the same file name in a private folder beside the target; what it leaves there is
    synced and then put in place. Missing folders are made. A target that is open in Excel, WPS or LibreOffice is
    left alone and the result is written beside it as ``<stem>_新1<suffix>``.

    Parameters
    ----------
    path
        The file wanted.
    write
        Writes the whole content to the path it is given; anything it raises goes on after the clean-up, but an
        ``OSError`` becomes an :class:`~landinv.errors.OutputError` that names the target.

    Returns
    -------
    Path
        The file actually written: ``path``, or its neighbour where ``path`` is held open.

    Raises
    ------
    OutputError
        If the folder cannot be written, the disk is full, or ``write`` left no file; what stood before still does.

    Notes
    -----
    On Windows the replacement is asked to be written through; a folder cannot be synced there.
    """
    if path.is_dir():
        raise OutputError(
            _("{path} cannot be written: a folder of that name is there.").format(path=path),
            hint=_("Rename the folder or choose another output folder."),
        )
    with _output_errors(path), workshop(path.parent) as folder:
        made = folder / path.name
        write(made)
        if not made.is_file():
            raise OutputError(
                _("{path} was not written: its writer left no file.").format(path=path),
                hint=_("Run the command again; if it happens again, report it."),
            )
        _sync_file(made)
        return _put_in_place(made, path)


@contextlib.contextmanager
def workshop(folder: Path) -> Iterator[Path]:
    """Give a private folder inside ``folder`` (made where it is missing), and take it away afterwards.

    What a killed process left there is swept by the next one.

    Raises
    ------
    OutputError
        If the folder cannot be made.
    """
    with _output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        sweep_stale(folder)
        place = folder / f"{TEMP_PREFIX}{_host()}-{os.getpid()}-{secrets.token_hex(4)}"
        place.mkdir()
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hexadecimal digits.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Make renames and new names in a folder durable; does nothing on Windows, which has no such call."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        except OSError as error:
            # Some network file systems refuse to sync a folder; they make renames durable by themselves.
            if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
                raise
        finally:
            os.close(handle)


def sweep_stale(folder: Path) -> list[Path]:
    """Remove what killed runs left in a folder, and return it.

    Stale is what carries our prefix and either the number of a process of this machine that is gone, or an age over
    a day; the work of a living process, and of a colleague's machine on a shared folder, stays.
    """
    stale = [p for p in folder.glob(f"{TEMP_PREFIX}*") if _is_stale(p)]
    for leftover in stale:
        _log.info("removing %s, left by a run that was stopped", leftover)
        shutil.rmtree(leftover, ignore_errors=True)
    return stale


def _put_in_place(made: Path, path: Path) -> Path:
    for target in _candidates(path):
        if _is_open_elsewhere(target):
            continue
        try:
            _replace(made, target)
        except PermissionError:
            # Windows refuses to replace an open file; a folder that may not be written was refused before.
            if not target.exists():
                raise
            continue
        sync_folder(target.parent)
        if target != path:
            _log.warning("%s is open in another program; written to %s", path, target)
        return target
    raise OutputError(
        _("{path} is open in another program, and so are all its copies.").format(path=path),
        hint=_("Close the file in Excel or WPS and run the command again."),
    )


def _candidates(path: Path) -> Iterator[Path]:
    yield path
    for number in range(1, _MOST_COPIES_BESIDE + 1):
        yield path.with_name(f"{path.stem}_新{number}{path.suffix}")


def _is_open_elsewhere(path: Path) -> bool:
    # Excel and LibreOffice put a prefix before the name, Word takes two characters off a long one, WPS uses ".~".
    name = path.name
    marks = (f"~${name}", f"~${name[2:]}", f".~{name}", f".~lock.{name}#")
    return path.exists() and any((path.parent / mark).exists() for mark in marks)


def _replace(made: Path, target: Path) -> None:
    if sys.platform == "win32":
        import ctypes

        replace_existing, write_through = 0x1, 0x8
        move = ctypes.windll.kernel32.MoveFileExW
        if not move(str(made), str(target), replace_existing | write_through):
            raise ctypes.WinError()
    else:
        made.replace(target)


def _sync_file(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _host() -> str:
    return hashlib.blake2b(socket.gethostname().encode(), digest_size=4).hexdigest()


def _is_stale(path: Path) -> bool:
    try:
        host, pid, _token = path.name.removeprefix(TEMP_PREFIX).split("-")
        age_s = time.time() - path.stat().st_mtime
        return age_s > _STALE_AFTER_S or (host == _host() and not _is_alive(int(pid)))
    except (ValueError, FileNotFoundError):
        return False


def _is_alive(pid: int) -> bool:
    # On Windows os.kill(pid, 0) would end the process; without a harmless question there, only age tells.
    if sys.platform != "win32":
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
    return True


@contextlib.contextmanager
def _output_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except LandinvError:
        raise
    except OSError as error:
        raise output_error(path, error) from error


def output_error(path: Path, error: OSError) -> OutputError:
    """The error to raise where the operating system refused to write a file, with what can be done about it."""
    reason = error.strerror or str(error)
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return OutputError(
            _("{path} cannot be written: the disk is full ({reason}).").format(path=path, reason=reason),
            hint=_("Free some space, or choose an output folder on another disk; nothing was changed."),
        )
    return OutputError(
        _("{path} cannot be written: {reason}.").format(path=path, reason=reason),
        hint=_("Check that the folder is there and may be written; nothing was changed."),
    )
