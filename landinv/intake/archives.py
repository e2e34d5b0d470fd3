"""Unpacking of zip archives by rules that no archive can bend.

Source of the rules: measured attacks (paths that leave the folder, links, bombs, lying headers, doubled names).
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Final

from landinv.errors import LandinvError, LimitExceededError, UnreadableFileError
from landinv.i18n import gettext as _
from landinv.intake.limits import MIB, ArchiveLimits
from landinv.intake.naming import shown

_UTF8_FLAG: Final = 0x800
_ENCRYPTED_FLAG: Final = 0x1
_CHUNK: Final = 1 << 20
# A table of blanks compresses well; only beyond this size is a high ratio a bomb.
_RATIO_FROM_BYTES: Final = 20 * MIB
_JUNK: Final = ("__macosx/", ".ds_store", "thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class Member:
    """An unpacked file: its name inside the archive and where it lies now."""

    name: str
    path: Path


def extract(archive: Path, target: Path, *, title: str, limits: ArchiveLimits | None = None) -> list[Member]:
    """Unpack a zip into ``target`` under plain names.

    Member names are read as UTF-8 where flagged or valid, else as GB18030 (Windows in China sets no flag). Every member
    is read to its end, so that its checksum is tested.

    Raises
    ------
    UnreadableFileError
        If it is damaged, encrypted, or holds links, doubled names, paths that leave the folder, or archives.
    LimitExceededError
        If it holds too many files or unpacks to too much.
    """
    limits = limits or ArchiveLimits()
    target.mkdir()
    try:
        with zipfile.ZipFile(archive) as file:
            infos = _checked(file, title, limits)
            return _write_all(file, infos, target, title=title, limits=limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        if isinstance(error, LandinvError):
            raise
        cause = (
            _("its checksum (CRC) is wrong")
            if "CRC" in str(error)
            else _("the zip file is damaged or cut off")
        )
        raise UnreadableFileError(
            _("{path}: {cause}.").format(path=title, cause=cause), hint=_("Copy or pack the zip file again.")
        ) from error


def member_name(info: zipfile.ZipInfo) -> str:
    """Name of a member as its author wrote it.

    Examples
    --------
    >>> info = zipfile.ZipInfo("宗地.shp".encode("gbk").decode("cp437"))
    >>> member_name(info)
    '宗地.shp'
    """
    if info.flag_bits & _UTF8_FLAG:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _checked(file: zipfile.ZipFile, title: str, limits: ArchiveLimits) -> dict[str, zipfile.ZipInfo]:
    if len(file.infolist()) > max(limits.members * 10, 2000):
        raise _too_much(title, _("it holds {count} files").format(count=len(file.infolist())))
    wanted: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    spans: list[tuple[int, int]] = []
    for info in file.infolist():
        name = member_name(info)
        _check_member(info, name, title)
        spans.append((info.header_offset, info.header_offset + info.compress_size))
        if info.is_dir() or any(j in name.lower() for j in _JUNK):
            continue
        if name.casefold() in seen:
            raise _refused(title, _("the name {name} stands twice in it").format(name=shown(name)))
        seen.add(name.casefold())
        wanted[name] = info
    spans.sort()
    if any(end > start for (_begin, end), (start, _stop) in pairwise(spans)):
        raise _refused(title, _("its members overlap (a zip bomb)"))
    if not wanted:
        raise _refused(title, _("the zip file is empty"))
    if len(wanted) > limits.members:
        raise _too_much(title, _("the number of files in it is {count}").format(count=len(wanted)))
    return wanted


def _check_member(info: zipfile.ZipInfo, name: str, title: str) -> None:
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\\" in name or ":" in name or "\x00" in name:
        raise _refused(title, _("the path {name} leaves the folder").format(name=shown(name)))
    if stat.S_ISLNK(info.external_attr >> 16):
        raise _refused(title, _("{name} is a link").format(name=shown(name)))
    if info.flag_bits & _ENCRYPTED_FLAG:
        raise _refused(title, _("{name} is protected by a password").format(name=shown(name)))
    if name.lower().endswith((".zip", ".rar", ".7z", ".gz", ".tar")):
        raise _refused(title, _("{name} is an archive inside the zip file").format(name=shown(name)))


def _write_all(
    file: zipfile.ZipFile,
    infos: dict[str, zipfile.ZipInfo],
    target: Path,
    *,
    title: str,
    limits: ArchiveLimits,
) -> list[Member]:
    members: list[Member] = []
    folders: dict[str, Path] = {}
    stems: dict[str, str] = {}
    total = 0
    for name, info in infos.items():
        path = _plain_path(name, target, folders, stems)
        path.parent.mkdir(parents=True, exist_ok=True)
        written = 0
        with file.open(info) as reader, path.open("xb") as writer:
            while chunk := reader.read(_CHUNK):
                written += len(chunk)
                total += len(chunk)
                ratio = written / max(info.compress_size, 1)
                if total > limits.total_bytes or written > limits.member_bytes:
                    raise _too_much(
                        title, _("it unpacks to more than {size} bytes").format(size=limits.total_bytes)
                    )
                if written > _RATIO_FROM_BYTES and ratio > limits.ratio:
                    raise _too_much(
                        title, _("{name} unpacks to over 100 times its size").format(name=shown(name))
                    )
                writer.write(chunk)
        members.append(Member(name, path))
    return members


def _plain_path(name: str, target: Path, folders: dict[str, Path], stems: dict[str, str]) -> Path:
    """Place for a member; a geodatabase keeps its inner names, everything else gets a number for its stem."""
    pure = PurePosixPath(name)
    marker = name.lower().find(".gdb/")
    if marker >= 0:
        inner = PurePosixPath(name[marker + 5 :]).name
        return target / name[: marker + 4] / inner
    folder = folders.setdefault(str(pure.parent), target / f"f{len(folders):03d}")
    stem = stems.setdefault(f"{pure.parent}/{pure.stem}".casefold(), f"m{len(stems):04d}")
    return folder / f"{stem}{pure.suffix.lower() if pure.suffix.isascii() else ''}"


def _refused(title: str, cause: str) -> UnreadableFileError:
    return UnreadableFileError(
        _("{path} is refused: {cause}.").format(path=title, cause=cause),
        hint=_("Pack the files of one layer again, without folders of links, passwords or inner archives."),
    )


def _too_much(title: str, cause: str) -> LimitExceededError:
    return LimitExceededError(
        _("{path} is refused: {cause}.").format(path=title, cause=cause),
        hint=_("Unpack it yourself and give the path of the layer's file."),
    )
