"""The first half of the reader's wall: a foreign file is accepted, copied under a plain name, and forgotten after.

Only regular files (no links, pipes or devices) with the right first bytes are copied, into a private folder and under
fixed ASCII names, so that no name, link or neighbour of the original reaches a reader.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from landinv.errors import LimitExceededError, SourceMissingError, UnreadableFileError
from landinv.i18n import gettext as _
from landinv.intake.archives import Member, extract
from landinv.intake.hash_lists import expected_sha256
from landinv.intake.layer_choice import chosen_file
from landinv.intake.limits import FILE_BYTES
from landinv.intake.naming import shown
from landinv.intake.sniffing import HEAD_BYTES, is_boundary_text

SHAPEFILE: Final = "shapefile"
GEOPACKAGE: Final = "geopackage"
GEOJSON: Final = "geojson"
FILEGDB: Final = "filegdb"
XLSX: Final = "xlsx"
XLS: Final = "xls"
CSV: Final = "csv"
BOUNDARY_POINTS: Final = "boundary points"
VCT: Final = "vct"
DXF: Final = "dxf"
KML: Final = "kml"
PARQUET: Final = "geoparquet"
TABLE_FORMATS: Final = (XLSX, XLS, CSV)

_FORMATS: Final = {
    ".shp": SHAPEFILE, ".gpkg": GEOPACKAGE, ".geojson": GEOJSON, ".json": GEOJSON, ".gdb": FILEGDB,
    ".xlsx": XLSX, ".xlsm": XLSX, ".xls": XLS, ".csv": CSV, ".txt": CSV, ".vct": VCT, ".dxf": DXF, ".kml": KML,
    ".parquet": PARQUET, ".geoparquet": PARQUET,
}  # fmt: skip
_STAGED_SUFFIX: Final = {
    GEOPACKAGE: ".gpkg", GEOJSON: ".geojson", XLSX: ".xlsx", XLS: ".xls", CSV: ".csv", BOUNDARY_POINTS: ".txt",
    VCT: ".vct", DXF: ".dxf", KML: ".kml", PARQUET: ".parquet",
}  # fmt: skip
_IN_ARCHIVE: Final = (".shp", ".gpkg", ".geojson", ".vct", ".dxf", ".kml", ".parquet", ".geoparquet")
_SIDECARS: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_SQLITE_SIDECARS: Final = ("", "-wal", "-journal")
_MAGIC: Final = {
    ".shp": b"\x00\x00\x27\x0a", ".shx": b"\x00\x00\x27\x0a", GEOPACKAGE: b"SQLite format 3\x00",
    XLSX: b"PK\x03\x04", XLS: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    PARQUET: b"PAR1",
}  # fmt: skip
_FIRST_SIGN: Final = {GEOJSON: b"{", KML: b"<"}
_KNOWN: Final = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OLE (.xls, password-protected .xlsx)"), (b"PK\x03\x04", "zip"),
    (b"Rar!", "rar"), (b"7z\xbc\xaf", "7z"), (b"SQLite format 3", "SQLite"), (b"\x89PNG", "png"), (b"%PDF", "pdf"),
    (b"\x00\x00\x27\x0a", "shp/shx"), (b"PAR1", "parquet"),
    (b"AutoCAD Binary DXF", "binary DXF"), (b"AC10", "DWG"), (b"<", "xml/html"), (b"{", "json"),
)  # fmt: skip
_CHUNK: Final = 1 << 20
# What GDAL would take for a connection: a scheme (of more letters than a Windows drive), its virtual folders, XML.
_ADDRESS: Final = re.compile(r"^(/vsi|[A-Za-z][\w+.-]+:|<)")


@dataclass(frozen=True)
class Staged:
    """A copy to read: private folder, format, staged main file, the original's name for messages, sum and bytes.

    ``sha256`` is of the file's bytes; of a shapefile or geodatabase, of its parts one after the other in a fixed order.
    ``layer`` is what is still to be asked for inside the main file; empty for its only layer.
    """

    folder: Path
    format: str
    main: Path
    title: str
    sha256: str
    size: int
    layer: str = ""


def known_suffixes() -> frozenset[str]:
    """Suffixes, in lower case, of files and folders that can be read."""
    return frozenset({*_FORMATS, ".zip", ".kmz"})


@contextmanager
def staged(path: Path, layer: str = "") -> Iterator[Staged]:
    """Private copy of a source, removed at the end whatever happens.

    ``layer`` names the file that is meant, where a folder or archive holds several, or a layer inside a file.

    Raises
    ------
    SourceMissingError
        If nothing has that name, or a folder or archive holds no layer, or several and none is named.
    UnreadableFileError
        If it is a link, a pipe or a device, may not be read, or begins with the bytes of something else.
    LimitExceededError
        If the file, or what an archive unpacks to, is too large.
    """
    folder = Path(tempfile.mkdtemp(prefix="landinv-"))
    try:
        folder.chmod(0o700)
        try:
            yield _stage(path, folder, layer)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise LimitExceededError(
                    _("{path} does not fit on the disk of {folder}.").format(path=shown(path), folder=folder),
                    hint=_("Make room there, or set TMPDIR to a larger disk."),
                ) from error
            raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _stage(path: Path, folder: Path, layer: str) -> Staged:
    mode = _mode(path)
    suffix = path.suffix.lower()
    if stat.S_ISDIR(mode):
        if suffix == ".gdb":
            return replace(_stage_geodatabase(path, folder, shown(path)), layer=layer)
        return _stage_folder(path, folder, layer)
    if suffix in (".zip", ".kmz"):
        return _stage_archive(path, folder, layer)
    if suffix not in _FORMATS or suffix == ".gdb":
        raise UnreadableFileError(
            _("{path} is of no format that can be read here ({suffix}).").format(
                path=shown(path), suffix=suffix or "-"
            ),
            hint=_(
                "Give a .shp, .gpkg, .gdb, .geojson, .parquet, .kml, .kmz, .dxf, .vct, boundary points as .txt, "
                "a .zip, .xlsx, .xls or .csv."
            ),
        )
    return replace(_stage_one(path, folder, shown(path), _FORMATS[suffix]), layer=layer)


def _mode(path: Path) -> int:
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        if _ADDRESS.match(path.as_posix()):
            raise UnreadableFileError(
                _("{path} is no local file (本地文件).").format(path=shown(path)),
                hint=_(
                    "Copy the data to this computer and give the path of the file; nothing is ever fetched."
                ),
            ) from error
        raise SourceMissingError(
            _("{path} does not exist.").format(path=shown(path)),
            hint=_("Check the path in the project file; relative paths start at the project file."),
        ) from error
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if stat.S_ISLNK(mode):
        raise UnreadableFileError(
            _("{path} is a link, not a file.").format(path=shown(path)),
            hint=_("Give the path of the file that the link points to."),
        )
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise UnreadableFileError(
            _("{path} is no regular file.").format(path=shown(path)), hint=_("Copy the data into a file.")
        )
    return mode


def _unreadable(path: Path, error: Exception) -> UnreadableFileError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return UnreadableFileError(
        _("{path} cannot be opened: {reason}.").format(path=shown(path), reason=reason),
        hint=_("Check the permission of the file, and whether another program holds it."),
    )


def copy_in(source: Path, target: Path, digest: hashlib._Hash) -> int:
    """Copy a regular file, feeding its bytes to ``digest``; returns the number of bytes.

    Raises
    ------
    UnreadableFileError
        If it is no regular file or may not be read.
    LimitExceededError
        If it is larger than any layer can be.
    """
    if not stat.S_ISREG(_mode(source)):
        raise UnreadableFileError(
            _("{path} is a folder, not a file.").format(path=shown(source)),
            hint=_("Give the file inside the folder."),
        )
    flags = (
        os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    try:
        handle = os.open(source, flags)
    except OSError as error:
        raise _unreadable(source, error) from error
    size = 0
    expected = expected_sha256(source)
    own = hashlib.sha256() if expected else None
    with os.fdopen(handle, "rb", buffering=0) as reader, target.open("xb") as writer:
        if not stat.S_ISREG(os.fstat(reader.fileno()).st_mode):
            raise UnreadableFileError(_("{path} is no regular file.").format(path=shown(source)))
        buffer = memoryview(bytearray(_CHUNK))
        while count := reader.readinto(buffer):
            chunk = buffer[:count]
            size += count
            if size > FILE_BYTES:
                raise LimitExceededError(
                    _("{path} is larger than {limit} bytes.").format(path=shown(source), limit=FILE_BYTES)
                )
            digest.update(chunk)
            if own is not None:
                own.update(chunk)
            writer.write(chunk)
    if own is not None and own.hexdigest() != expected:
        raise UnreadableFileError(
            _("{path} is not the file that its checksum list (.sha256) vouches for.").format(
                path=shown(source)
            ),
            hint=_("Copy the file again from its source together with its list; it was damaged or edited."),
        )
    return size


def _stage_one(path: Path, folder: Path, title: str, kind: str) -> Staged:
    if kind == SHAPEFILE:
        return _stage_shapefile(path, folder, title)
    digest = hashlib.sha256()
    main = folder / f"layer{_STAGED_SUFFIX[kind]}"
    size = copy_in(path, main, digest)
    if path.suffix.lower() == ".txt" and _begins_as_boundary_text(main):
        kind = BOUNDARY_POINTS
    if kind == GEOPACKAGE:
        for tail in _SQLITE_SIDECARS[1:]:
            beside = path.with_name(path.name + tail)
            if beside.exists():
                size += copy_in(beside, folder / (main.name + tail), hashlib.sha256())
    _check_magic(main, kind, title)
    return Staged(folder, kind, main, title, digest.hexdigest(), size)


def _begins_as_boundary_text(copy: Path) -> bool:
    with copy.open("rb") as file:
        return is_boundary_text(file.read(HEAD_BYTES))


def _check_magic(copy: Path, kind: str, title: str) -> None:
    with copy.open("rb") as file:
        head = file.read(512)
    if not head:
        raise UnreadableFileError(
            _("{path} is empty (0 bytes).").format(path=title), hint=_("Copy the file again from its source.")
        )
    wanted = _MAGIC.get(kind, b"")
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(wanted) and text.startswith(_FIRST_SIGN.get(kind, b"")):
        return
    found = next(
        (name for magic, name in _KNOWN if text.startswith(magic) or head.startswith(magic)), _("unknown")
    )
    raise UnreadableFileError(
        _("{path} is no {kind} file; its first bytes are those of: {found}.").format(
            path=title, kind=kind.lstrip("."), found=found
        ),
        hint=_(
            "Export it again in the right format; a password-protected workbook must be saved without one."
        ),
    )


def _stage_shapefile(path: Path, folder: Path, title: str) -> Staged:
    parts = _parts(path)
    for needed in (".shp", ".dbf"):  # an index that is missing can be made again from the .shp alone
        if needed not in parts:
            raise UnreadableFileError(
                _("{path}: the {part} file of this shapefile is missing.").format(path=title, part=needed),
                hint=_("A shapefile needs .shp, .shx and .dbf of the same name; copy all of them."),
            )
    digest = hashlib.sha256()
    size = 0
    for suffix in _SIDECARS:
        if suffix in parts:
            # The table lies under another name, so that GDAL reads shapes alone and we read the text ourselves.
            stem = "shape" if suffix in (".shp", ".shx") else "table"
            size += copy_in(parts[suffix], folder / f"{stem}{suffix}", digest)
    for suffix in (s for s in (".shp", ".shx") if s in parts):
        _check_magic(folder / f"shape{suffix}", suffix, f"{title} ({suffix})")
    return Staged(folder, SHAPEFILE, folder / "shape.shp", title, digest.hexdigest(), size)


def _parts(path: Path) -> dict[str, Path]:
    """Files of a shapefile by suffix; the suffix's case may differ (DK.SHP with dk.dbf)."""
    found: dict[str, Path] = {path.suffix.lower(): path}
    wanted = path.stem.casefold()
    for entry in sorted(os.scandir(path.parent), key=lambda e: (Path(e.name).stem != path.stem, e.name)):
        name = Path(entry.name)
        if name.stem.casefold() == wanted and name.suffix.lower() in _SIDECARS:
            found.setdefault(name.suffix.lower(), path.parent / entry.name)
    return found


def _stage_folder(path: Path, folder: Path, layer: str) -> Staged:
    shapes = sorted(p.name for p in path.iterdir() if p.suffix.lower() == ".shp" and not p.is_dir())
    if not shapes:
        raise SourceMissingError(
            _("{path} is a folder, not a file.").format(path=shown(path)),
            hint=_("Give the file inside the folder."),
        )
    name, inside = chosen_file(shapes, layer, title=shown(path))
    return replace(_stage_shapefile(path / name, folder, shown(path / name)), layer=inside)


def _stage_archive(path: Path, folder: Path, layer: str) -> Staged:
    digest = hashlib.sha256()
    archive = folder / "archive.zip"
    copy_in(path, archive, digest)
    _check_magic_zip(archive, shown(path))
    inside = folder / "inside"
    members = extract(archive, inside, title=shown(path))
    layers = _layers_of(members, path.suffix.lower())
    databases = sorted(
        {m.name[: m.name.lower().index(".gdb/") + 4] for m in members if ".gdb/" in m.name.lower()}
    )
    name, inner = chosen_file([*(m.name for m in layers), *databases], layer, title=shown(path))
    target = folder / "staged"
    target.mkdir()
    title = f"{shown(path)}/{shown(name)}"
    if name in databases:
        copy = _stage_geodatabase(inside / name, target, title)
    else:
        member = next(m.path for m in layers if m.name == name)
        copy = _stage_one(member, target, title, _FORMATS[member.suffix.lower()])
    return Staged(copy.folder, copy.format, copy.main, title, digest.hexdigest(), copy.size, inner)


def _layers_of(members: list[Member], suffix: str) -> list[Member]:
    """Files of an archive that are layers.

    Boundary points count where there is nothing else, for many a zip has a shapefile and its points.
    """
    if suffix == ".kmz":
        return [m for m in members if m.name.lower().endswith(".kml")]
    layers = [m for m in members if m.name.lower().endswith(_IN_ARCHIVE)]
    if layers or any(".gdb/" in m.name.lower() for m in members):
        return layers
    texts = [m for m in members if m.name.lower().endswith(".txt")]
    return [m for m in texts if _begins_as_boundary_text(m.path)]


def _check_magic_zip(archive: Path, title: str) -> None:
    with archive.open("rb") as file:
        head = file.read(4)
    if head not in (b"PK\x03\x04", b"PK\x05\x06"):
        _MAGIC_NAME = next((name for magic, name in _KNOWN if head.startswith(magic[:4])), _("unknown"))
        raise UnreadableFileError(
            _("{path} is no zip file; its first bytes are those of: {found}.").format(
                path=title, found=_MAGIC_NAME
            ),
            hint=_("Unpack it and pack it again as .zip."),
        )


def _stage_geodatabase(path: Path, folder: Path, title: str) -> Staged:
    target = folder / "layer.gdb"
    target.mkdir()
    digest = hashlib.sha256()
    size = 0
    for entry in sorted(path.iterdir()):
        # Locks of a running ArcGIS are no data; a name outside ASCII is none of the format's.
        if entry.name.isascii() and not entry.name.lower().endswith((".lock", ".xml")) and not entry.is_dir():
            digest.update(entry.name.encode("ascii"))
            size += copy_in(entry, target / entry.name.lower(), digest)
    if not (target / "gdb").exists() and not (target / "a00000001.gdbtable").exists():
        raise UnreadableFileError(
            _("{path} is no file geodatabase: its system catalogue (a00000001.gdbtable) is missing.").format(
                path=title
            ),
            hint=_("Copy the whole .gdb folder again."),
        )
    return Staged(folder, FILEGDB, target, title, digest.hexdigest(), size)
