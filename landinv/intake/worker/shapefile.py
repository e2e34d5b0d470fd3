"""ESRI Shapefile: our own check of structure, GDAL for the shapes, our own bytes for the table."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from landinv.errors import UnreadableFileError
from landinv.i18n import gettext as _
from landinv.intake.worker.answer import Content, Noticed, Request
from landinv.intake.worker.dbf import DecodedTable, decode_table, parse_dbf, read_rows
from landinv.intake.worker.gdal_reader import read_layer
from landinv.intake.worker.shp_structure import TYPE_NAMES, ShapeIndex, check_structure, rebuilt_index

_THREADS: Final = 3  # two that work, and one that waits for what it decodes


def read_content(request: Request) -> Content:
    """Read a staged shapefile: shapes by record, attributes as exact text.

    Raises
    ------
    UnreadableFileError
        If any part is damaged or the parts do not belong together.
    """
    shape = Path(request.path)
    missing = _write_missing_index(shape, request)
    cpg = _bytes(shape.with_name("table.cpg"))
    with ThreadPoolExecutor(_THREADS) as pool:
        structure = pool.submit(copy_context().run, _structure, shape, request)
        rows = read_rows(shape.with_name("table.dbf"))
        parsed = pool.submit(copy_context().run, parse_dbf, rows, request)
        reading = pool.submit(copy_context().run, lambda: decode_table(parsed.result(), request, cpg))
        index, table = structure.result(), parsed.result()
    if len(table.rows) != len(index.offsets):
        raise UnreadableFileError(
            _("{path}: .shp has {shapes} shapes, .dbf has {rows} rows; they cannot be paired.").format(
                path=request.title, shapes=len(index.offsets), rows=len(table.rows)
            ),
            hint=_("Copy .shp, .shx and .dbf again, all three from the same export."),
        )
    decoded = reading.result()
    deleted = [Noticed("I008", int(i) + 1, quarantine=True) for i in np.flatnonzero(table.deleted)]
    return Content(
        {"layer": _as_table(decoded, _shapes(request, index), index)},
        {
            "layer": "",
            "columns": decoded.types,
            "declared": len(index.offsets),
            "encoding": decoded.encoding,
            "geometry": TYPE_NAMES[index.shape_type],
            "prj": _prj(shape.with_name("table.prj")),
        },
        (*missing, *index.noticed, *deleted, *decoded.noticed),
        tuple(decoded.decided),
    )


def _structure(shape: Path, request: Request) -> ShapeIndex:
    return check_structure(read_rows(shape), read_rows(shape.with_suffix(".shx")), request)


def _write_missing_index(shape: Path, request: Request) -> list[Noticed]:
    """Make the .shx of a shapefile that came without one; what is made is checked like any other."""
    index = shape.with_suffix(".shx")
    if index.exists():
        return []
    index.write_bytes(rebuilt_index(read_rows(shape), request))
    return [Noticed("I063", 0, ".shx", request.title)]


def _as_table(decoded: DecodedTable, shapes: pa.Array, index: ShapeIndex) -> pa.Table:
    names = [f"c{i}" for i in range(len(decoded.columns))]
    record = pa.array(np.arange(1, len(shapes) + 1))
    arrays = [record, shapes, _plain_rings(index), pa.array(index.signed_areas), *decoded.columns]
    return pa.Table.from_arrays(arrays, names=["record", "geometry", "ring", "signed", *names])


def _plain_rings(index: ShapeIndex) -> pa.Array:
    """Vertices of records that are one sound ring, as x, y, x, y …; null for the others."""
    ends = np.concatenate([[0], np.cumsum(2 * index.plain_counts)])
    return pa.LargeListArray.from_arrays(
        pa.array(ends), pa.array(index.plain_points.ravel()), mask=pa.array(index.plain_counts == 0)
    )


def _shapes(request: Request, index: ShapeIndex) -> pa.Array:
    """WKB of every record that is no plain ring, in file order; which ring is a hole in which is GDAL's to say.

    GDAL sees no table, so it cannot drop deleted rows.
    """
    count = len(index.offsets)
    if index.plain_counts.all():
        return pa.nulls(count, pa.binary())
    shapes = _shapes_by_gdal(request, index)
    return pc.if_else(pa.array(index.plain_counts > 0), pa.scalar(None, pa.binary()), shapes)


def _shapes_by_gdal(request: Request, index: ShapeIndex) -> pa.Array:
    meta, table, _warned = read_layer(request, None)
    fids = np.asarray(table.column(meta["fid_column"] or "OGC_FID"))
    shapes = table.column("wkb_geometry").combine_chunks()
    if len(fids) != len(index.offsets) or not (fids == np.arange(len(fids))).all():
        raise UnreadableFileError(
            _("{path}: {found} of {count} shapes can be read.").format(
                path=request.title, found=len(fids), count=len(index.offsets)
            ),
            hint=_("Copy the shapefile again from its source, all parts together."),
        )
    return shapes.cast(pa.binary()) if not pa.types.is_binary(shapes.type) else shapes


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes()[:4096] if path.exists() else None


def _prj(path: Path) -> str | None:
    raw = _bytes(path)
    return None if raw is None else raw.decode("utf-8-sig", errors="replace")
