"""GeoParquet by pyarrow alone: what its metadata says of shapes and CRS, text exact, row groups all read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from landinv.errors import LimitExceededError, UnreadableFileError
from landinv.i18n import gettext as _
from landinv.intake.limits import GIB
from landinv.intake.worker.answer import Content, Decided, Noticed, Request
from landinv.intake.worker.gdal_reader import as_text

_MOST_ROWS: Final = 5_000_000
_MOST_BYTES: Final = 2 * GIB
_MOST_COLUMNS: Final = 1000
_NATIVE: Final = {
    "point": (shapely.GeometryType.POINT, 0), "linestring": (shapely.GeometryType.LINESTRING, 1),
    "polygon": (shapely.GeometryType.POLYGON, 2), "multipolygon": (shapely.GeometryType.MULTIPOLYGON, 3),
}  # fmt: skip


def read_content(request: Request) -> Content:
    """Read a staged GeoParquet file.

    Raises
    ------
    UnreadableFileError
        If it is damaged, or has no geometry metadata.
    LimitExceededError
        If it unpacks to more than a county's layer can be.
    """
    try:
        with pq.ParquetFile(request.path, page_checksum_verification=True) as file:
            _check_size(file, request)
            geo = _metadata(file, request)
            table = file.read()
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, UnreadableFileError | LimitExceededError):
            raise
        raise _damaged(request, str(error).splitlines()[0][:160] if str(error) else "") from error
    return _content(request, table, geo)


def _check_size(file: pq.ParquetFile, request: Request) -> None:
    found = file.metadata
    size = sum(found.row_group(n).total_byte_size for n in range(found.num_row_groups))
    if found.num_rows > _MOST_ROWS or size > _MOST_BYTES or found.num_columns > _MOST_COLUMNS:
        raise LimitExceededError(
            _(
                "{path}: the Parquet file holds {rows} rows of {columns} columns, {size} bytes unpacked."
            ).format(path=request.title, rows=found.num_rows, columns=found.num_columns, size=size),
            hint=_("Export the county's part of the layer."),
        )


def _metadata(file: pq.ParquetFile, request: Request) -> Mapping[str, Any]:
    """The ``geo`` metadata, with the description of the primary geometry column."""
    raw = (file.schema_arrow.metadata or {}).get(b"geo")
    if raw is None:
        raise _damaged(
            request, _("it has no geometry (几何图形) metadata; a plain Parquet table is no layer")
        )
    try:
        geo = json.loads(raw)
        column = geo["columns"][geo["primary_column"]]
        sound = isinstance(column, dict) and isinstance(column["encoding"], str)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(request, _("its geometry metadata is malformed")) from error
    names = file.schema_arrow.names
    if not sound or geo["primary_column"] not in names or len(set(names)) < len(names):
        raise _damaged(request, _("its geometry metadata is malformed"))
    return dict(geo)


def _content(request: Request, table: pa.Table, geo: Mapping[str, Any]) -> Content:
    primary = str(geo["primary_column"])
    described = geo["columns"][primary]
    shapes = _shapes(table.column(primary).combine_chunks(), str(described["encoding"]), request)
    helpers = {primary, *_covering(described)}
    names = [n for n in table.column_names if n not in helpers and not n.startswith("__index_level_")]
    plain = pa.table({n: _plain(table.column(n)) for n in names})
    arrays, columns = as_text(plain, names, request)
    noticed = [
        Noticed("I046", field=c["name"], value=str(table.schema.field(c["name"]).type)[:60])
        for c in columns
        if c["type"] == "unreadable"
    ]
    whole = pa.Table.from_arrays(
        [pa.array(np.arange(1, table.num_rows + 1)), shapes, *arrays],
        names=["record", "geometry", *(f"c{i}" for i in range(len(arrays)))],
    )
    kinds = described.get("geometry_types")
    facts = {
        "layer": "", "columns": columns, "declared": table.num_rows, "encoding": "utf-8",
        "geometry": "/".join(map(str, kinds)) if isinstance(kinds, list) else "", "prj": _crs(described),
    }  # fmt: skip
    decided = Decided("encoding", "utf-8", _("fixed by the format"), 1.0)
    return Content({"layer": whole}, facts, tuple(noticed), (decided,))


def _covering(described: Mapping[str, Any]) -> set[str]:
    """Columns that hold the boxes of the shapes."""
    box = described.get("covering", {})
    paths = (
        box.get("bbox", {}).values() if isinstance(box, dict) and isinstance(box.get("bbox"), dict) else ()
    )
    return {str(path[0]) for path in paths if isinstance(path, list) and path}


def _crs(described: Mapping[str, Any]) -> str | None:
    """Definition for the CRS evidence: a code where it has one, else PROJJSON; null means not known.

    A missing ``crs`` is longitude and latitude of WGS 84, by the specification.
    """
    if "crs" not in described:
        return "EPSG:4326"
    crs = described["crs"]
    if not isinstance(crs, dict):
        return None if crs is None else str(crs)
    code = crs.get("id")
    if isinstance(code, dict) and str(code.get("authority", "")).upper() == "EPSG":
        return f"EPSG:{code.get('code')}"
    if isinstance(code, dict) and str(code.get("code", "")).upper() == "CRS84":
        return "EPSG:4326"
    return json.dumps(crs, ensure_ascii=False)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Values without dictionaries; decimals and text of other layouts as text, digits exact."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    as_string = pa.types.is_decimal(kind) or kind in (pa.string_view(), pa.null())
    return column.cast(pa.large_string()) if as_string else column


def _shapes(column: pa.Array, encoding: str, request: Request) -> pa.Array:
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if encoding.upper() == "WKB":
        if not (pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)):
            raise _damaged(request, _("its geometry metadata is malformed"))
        return column.cast(pa.binary())
    if encoding not in _NATIVE:
        raise _damaged(request, _("its geometry encoding {name} is not known").format(name=encoding[:40]))
    return _from_native(column, encoding, request)


def _from_native(column: pa.Array, encoding: str, request: Request) -> pa.Array:
    """Shapes of nested lists of coordinates; a null record holds none."""
    kind, depth = _NATIVE[encoding]
    missing = np.asarray(pc.is_null(column))
    offsets = []
    values = column
    for _level in range(depth):
        if not (pa.types.is_list(values.type) or pa.types.is_large_list(values.type)):
            raise _damaged(request, _("its geometry metadata is malformed"))
        starts = np.asarray(values.offsets, dtype=np.int64)
        offsets.append(starts - starts[0])
        # Not flatten(): it leaves out what null records hold, and the offsets would no longer fit.
        values = values.values[int(starts[0]) : int(starts[-1])]
    if not pa.types.is_struct(values.type) or not {"x", "y"} <= {f.name for f in values.type}:
        raise _damaged(request, _("its geometry metadata is malformed"))
    xy = np.column_stack([np.asarray(values.field(axis), dtype=float) for axis in ("x", "y")])
    try:
        shapes = shapely.from_ragged_array(kind, xy, tuple(reversed(offsets)) or None)
    except (shapely.errors.ShapelyError, ValueError, IndexError) as error:
        raise _damaged(request, str(error)[:120]) from error
    wkb = np.asarray(shapely.to_wkb(shapes), dtype=object)
    wkb[missing] = None
    return pa.array(wkb.tolist(), pa.binary())


def _damaged(request: Request, cause: str) -> UnreadableFileError:
    return UnreadableFileError(
        _("{path}: the GeoParquet file cannot be read: {cause}.").format(path=request.title, cause=cause),
        hint=_("Copy the file again from its source, or export it again as GeoParquet."),
    )
