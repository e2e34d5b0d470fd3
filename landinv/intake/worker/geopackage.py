"""GeoPackage: vetted with Python's sqlite3 on the private copy, then read in bulk.

A foreign database can hold views that never end, triggers and virtual tables; only plain feature tables are read.
"""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np
import shapely

from landinv.errors import UnreadableFileError
from landinv.i18n import gettext as _
from landinv.intake.worker.answer import Content, Noticed, Request
from landinv.intake.worker.gdal_reader import chosen_layer, curves_refused, read_layer
from landinv.intake.worker.layer_content import layer_content
from landinv.intake.worker.sqlite_pages import stray_bytes

_SECONDS: Final = 60.0
_OWN_TRIGGER: Final = re.compile(
    r"^(rtree_|trigger_(insert|delete)_feature_count_|gpkg_|fid_)", re.IGNORECASE
)
_APPLICATION_IDS: Final = (0x47504B47, 0x47503130, 0x47503131)


def read_content(request: Request) -> Content:
    """Vet and read one layer of a staged GeoPackage: of features, or a plain table where it has no features.

    Raises
    ------
    UnreadableFileError
        If the database is damaged or holds anything but plain tables and their spatial indexes.
    SourceMissingError
        If the layer is not there, or several are and none is named.
    """
    noticed = _lost_log(request)
    try:
        with closing(_opened(request)) as database:
            noticed += _vet(database, request)
            features = _feature_layers(database, request)
            plain = _plain_tables(database)
            # A plain table beside layers (styles, say) is read where it is asked for, and never in their place.
            layer = request.layer if request.layer in plain else chosen_layer(request, features or plain)
            declared = _count(database, layer)
            noticed += _false_count(database, layer, declared)
            if layer in features:
                geometry = _geometry_column(database, layer, request)
                noticed += _unlisted(database, layer)
                noticed += _index_state(database, layer, geometry)
                noticed += _false_envelopes(database, layer, geometry)
            database.execute("PRAGMA journal_mode=DELETE").fetchall()
    except sqlite3.Error as error:
        raise _damaged(request, str(error)) from error
    except NotImplementedError as error:  # shapely's word for arcs
        raise curves_refused(request) from error
    meta, table, warned = read_layer(request, layer)
    noticed += warned
    if table.num_rows != declared:
        raise _damaged(
            request,
            _("{found} of {declared} features can be read").format(found=table.num_rows, declared=declared),
        )
    return layer_content(request, (meta, table), layer, encoding="utf-8", noticed=noticed)


def _lost_log(request: Request) -> list[Noticed]:
    """A database in write-ahead mode that came without its log may lack its last changes."""
    with Path(request.path).open("rb") as file:
        head = file.read(20)
    in_wal_mode = len(head) == 20 and head[18] == 2
    if in_wal_mode and not Path(request.path + "-wal").exists():
        return [Noticed("I040", 0, "-wal")]
    return []


def _opened(request: Request) -> sqlite3.Connection:
    """Connection to the private copy; writable, so that a crashed writer's journal is rolled back."""
    database = sqlite3.connect(request.path)
    until = time.monotonic() + _SECONDS
    database.set_progress_handler(lambda: int(time.monotonic() > until), 10_000)
    for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", "query_only=OFF"):
        database.execute(f"PRAGMA {pragma}")
    return database


def _vet(database: sqlite3.Connection, request: Request) -> list[Noticed]:
    objects = database.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master").fetchall()
    for kind, name, sql in objects:
        if kind == "trigger" and not _OWN_TRIGGER.match(name):
            raise _refused(request, _("trigger (触发器) {name}").format(name=name))
        if kind == "view" and not name.startswith(("st_", "gpkg_")):
            raise _refused(request, _("view {name}").format(name=name))
        virtual = re.match(r"\s*CREATE\s+VIRTUAL\s+TABLE", sql, re.IGNORECASE)
        if virtual and not re.search(r"USING\s+\"?rtree", sql, re.IGNORECASE):
            raise _refused(request, _("virtual table {name}").format(name=name))
    rows = database.execute("PRAGMA integrity_check(3)").fetchall()
    if rows != [("ok",)]:
        raise _damaged(request, str(rows[0][0]).splitlines()[0][:120])
    noticed = [
        Noticed("I125", 0, "", str(length), f"第{page}页，{length}字节")
        for page, length in stray_bytes(Path(request.path))
    ]
    number = database.execute("PRAGMA application_id").fetchone()[0]
    if number not in _APPLICATION_IDS:
        noticed.append(Noticed("I006", 0, "", hex(number), "application_id不是GeoPackage"))
    return noticed


def _feature_layers(database: sqlite3.Connection, request: Request) -> list[str]:
    tables = {r[0] for r in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    missing = {"gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"} - tables
    if missing:
        raise UnreadableFileError(
            _("{path} is no GeoPackage: it has no table {table}.").format(
                path=request.title, table=", ".join(sorted(missing))
            ),
            hint=_("Export it again as GeoPackage."),
        )
    rows = database.execute("SELECT table_name FROM gpkg_geometry_columns ORDER BY rowid").fetchall()
    # GDAL leaves this empty table behind in files that hold plain tables only.
    listed = [str(row[0]) for row in rows if row[0] != "ogr_empty_table"]
    lost = [name for name in listed if name not in tables]
    if lost:
        raise _damaged(request, _("the table {table} is listed but not there").format(table=lost[0]))
    return listed


def _plain_tables(database: sqlite3.Connection) -> list[str]:
    """Tables without shapes that the file lists as its content."""
    rows = database.execute(
        "SELECT table_name FROM gpkg_contents JOIN sqlite_master ON name = table_name AND type = 'table' "
        "WHERE data_type IN ('attributes', 'aspatial') ORDER BY gpkg_contents.rowid"
    )
    return [str(row[0]) for row in rows]


def _unlisted(database: sqlite3.Connection, layer: str) -> list[Noticed]:
    """A layer that the list of contents lacks; it is put there in the private copy, for readers trust the list."""
    if database.execute("SELECT 1 FROM gpkg_contents WHERE table_name = ?", (layer,)).fetchone():
        return []
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
        "SELECT table_name, 'features', table_name, srs_id FROM gpkg_geometry_columns WHERE table_name = ?",
        (layer,),
    )
    database.commit()
    return [Noticed("I122", 0, "gpkg_contents", layer)]


def _count(database: sqlite3.Connection, layer: str) -> int:
    quoted = '"' + layer.replace('"', '""') + '"'
    return int(database.execute(f"SELECT count(*) FROM {quoted}").fetchone()[0])


def _geometry_column(database: sqlite3.Connection, layer: str, request: Request) -> str:
    row = database.execute(
        "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (layer,)
    ).fetchone()
    if row is None:
        raise _damaged(request, _("its geometry column is not listed"))
    return str(row[0])


def _false_count(database: sqlite3.Connection, layer: str, declared: int) -> list[Noticed]:
    """A stored number of features that is not theirs; it is dropped from the private copy, for readers trust it."""
    try:
        row = database.execute(
            "SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = ?", (layer,)
        ).fetchone()
    except sqlite3.OperationalError:
        return []
    if row is None or row[0] is None or int(row[0]) == declared:
        return []
    database.execute("DELETE FROM gpkg_ogr_contents WHERE table_name = ?", (layer,))
    database.commit()
    return [Noticed("I006", 0, "feature_count", str(row[0]), f"文件声明{row[0]}个要素，实有{declared}个")]


def _index_state(database: sqlite3.Connection, layer: str, geometry: str) -> list[Noticed]:
    name = f"rtree_{layer}_{geometry}"
    if database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone() is None:
        return []
    quoted = '"' + name.replace('"', '""') + '"'
    column = '"' + geometry.replace('"', '""') + '"'
    table = '"' + layer.replace('"', '""') + '"'
    indexed = int(database.execute(f"SELECT count(*) FROM {quoted}").fetchone()[0])
    shaped = int(database.execute(f"SELECT count({column}) FROM {table}").fetchone()[0])
    # Empty shapes are not indexed, so the index may hold a little less; features that it hides show as a large gap.
    return (
        [Noticed("I041", 0, "", str(indexed), f"索引{indexed}个，图形{shaped}个")] if indexed < shaped else []
    )


def _false_envelopes(database: sqlite3.Connection, layer: str, geometry: str) -> list[Noticed]:
    """Shapes whose header box is not that of their coordinates; programs that filter by box lose them."""
    column = '"' + geometry.replace('"', '""') + '"'
    table = '"' + layer.replace('"', '""') + '"'
    blobs = [r[0] for r in database.execute(f"SELECT {column} FROM {table}")]
    # Flags byte: little-endian header with a plane envelope is what every common writer makes.
    plain = [
        (n, b) for n, b in enumerate(blobs, 1) if isinstance(b, bytes) and len(b) > 40 and b[3] & 0x0F == 0x03
    ]
    if not plain:
        return []
    said = np.frombuffer(b"".join(b[8:40] for _n, b in plain), "<f8").reshape(-1, 4)
    bounds = shapely.bounds(shapely.from_wkb([b[40:] for _n, b in plain], on_invalid="ignore"))[
        :, [0, 2, 1, 3]
    ]
    with np.errstate(invalid="ignore"):
        wrong = (np.abs(said - bounds) > 1e-3).any(axis=1)
    return [
        Noticed("I041", plain[i][0], "", "", "图形头部记录的范围与坐标不符") for i in np.flatnonzero(wrong)
    ]


def _refused(request: Request, found: str) -> UnreadableFileError:
    return UnreadableFileError(
        _("{path} is refused: it holds a {found}, which a plain layer has no need of.").format(
            path=request.title, found=found
        ),
        hint=_("Export the layer alone into a new GeoPackage."),
    )


def _damaged(request: Request, cause: str) -> UnreadableFileError:
    return UnreadableFileError(
        _("{path}: the GeoPackage does not pass its integrity (完整性) check: {cause}.").format(
            path=request.title, cause=cause
        ),
        hint=_("Copy it again while no program holds it open, or export it again."),
    )
