"""The log of rows: every row ever written, batch by batch, so that each state there was can be told again.

The layers show how the register stands; the log is how it came to stand so. A chunk holds the rows that one batch put
into one table (by fid, new or in place of the row before) and the fids it dropped, as a compressed Arrow stream.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from landinv.errors import StoreDamagedError
from landinv.i18n import gettext as _
from landinv.store.columns import FID, GEOM
from landinv.store.gpkg.schema import ROW_LOG
from landinv.store.state import FEATURE_TABLES
from landinv.store.sums import row_sum

Row = tuple[Any, ...]
_CHUNK_ROWS: Final = 50_000
_TYPES: Final = {
    "text": pa.string(), "number": pa.float64(), "integer": pa.int64(), "date": pa.string(), "bool": pa.int64(),
}  # fmt: skip
_DROPPED: Final = b"dropped"
_KINDS: Final = b"kinds"


@dataclass(frozen=True)
class Recorded:
    """A table as the log has it: kinds of its columns in order, and rows by fid.

    A row is the geometry blob (layers only) and the values of ``kinds``, as SQLite has them.
    """

    kinds: dict[str, str]
    rows: dict[int, Row]


@dataclass(frozen=True)
class Entry:
    """What a batch does to a table: ``put`` are pairs of fid and row, ``dropped`` fids, which go first."""

    kinds: Mapping[str, str]
    put: Sequence[tuple[int, Row]]
    dropped: Sequence[int] = ()


def write_log(connection: sqlite3.Connection, table: str, *, batch: int, entry: Entry) -> list[str]:
    """Write what a batch does to a table, in chunks; gives their sums, in order."""
    put = entry.put
    sums = []
    for start in range(0, max(len(put), 1), _CHUNK_ROWS):
        part, gone = put[start : start + _CHUNK_ROWS], list(entry.dropped) if not start else []
        content = _encoded(table, entry.kinds, part, gone)
        values = (batch, table, len(part), len(gone), content)
        sums.append(row_sum(values[:-1], content))
        connection.execute(
            f"INSERT INTO {ROW_LOG} (batch, layer, n_put, n_dropped, content, rowsum) VALUES (?, ?, ?, ?, ?, ?)",
            (*values, sums[-1]),
        )
    return sums


def read_log(connection: sqlite3.Connection, table: str, *, until: int | None = None) -> Recorded:
    """A table as it stood after batch ``until`` (None: the last), by fid.

    Raises
    ------
    StoreDamagedError
        If a chunk is not what was written.
    """
    kinds: dict[str, str] = {}
    rows: dict[int, Row] = {}
    for chunk in _chunks(connection, table, until):
        kinds, rows = _replayed(chunk, table, kinds=kinds, rows=rows)
    return Recorded(kinds, dict(sorted(rows.items())))


def logged_fids(connection: sqlite3.Connection, batch: int) -> dict[str, set[int]]:
    """Fids of the rows a batch put or dropped, by table."""
    touched: dict[str, set[int]] = {}
    for (table,) in connection.execute(
        f"SELECT DISTINCT layer FROM {ROW_LOG} WHERE batch = ?", (batch,)
    ).fetchall():
        for found, content, total, values in _raw(connection, table, "batch = ?", (batch,)):
            chunk = _decoded(found, content, total, values)
            fids = set(chunk.column(FID).to_pylist()) | set(_meta(chunk, _DROPPED))
            touched.setdefault(table, set()).update(fids)
    return touched


def log_sums(connection: sqlite3.Connection) -> Iterator[tuple[int, int, str, str]]:
    """Fid, batch, stored sum and true sum of each chunk."""
    query = f"SELECT {FID}, batch, layer, n_put, n_dropped, content, rowsum FROM {ROW_LOG} ORDER BY {FID}"
    for fid, *values, content, stored in connection.execute(query):
        yield fid, values[0], stored, row_sum(values, content if isinstance(content, bytes) else None)


def _chunks(connection: sqlite3.Connection, table: str, until: int | None) -> Iterator[pa.Table]:
    limit = until if until is not None else 1 << 62
    for found, content, total, values in _raw(connection, table, "batch <= ?", (limit,)):
        yield _decoded(found, content, total, values)


def _raw(
    connection: sqlite3.Connection, table: str, where: str, given: tuple[Any, ...]
) -> Iterator[tuple[int, bytes, str, tuple[Any, ...]]]:
    query = (
        f"SELECT {FID}, content, rowsum, batch, layer, n_put, n_dropped FROM {ROW_LOG}"
        f" WHERE layer = ? AND {where} ORDER BY {FID}"
    )
    for fid, content, total, *values in connection.execute(query, (table, *given)):
        yield fid, content, total, tuple(values)


def _encoded(
    table: str, kinds: Mapping[str, str], put: Sequence[tuple[int, Row]], dropped: Sequence[int]
) -> bytes:
    names = [GEOM, *kinds] if table in FEATURE_TABLES else list(kinds)
    types = [pa.binary(), *(_TYPES[k] for k in kinds.values())][-len(names) :] if names else []
    values = list(zip(*(row for _fid, row in put), strict=True)) if put else [()] * len(names)
    fids = pa.array([fid for fid, _row in put], pa.int64())
    # By place, for a source's column may be called like one of ours.
    columns = [pa.array(v, t) for v, t in zip(values, types, strict=True)]
    meta = {_DROPPED: json.dumps(list(dropped)), _KINDS: json.dumps(list(kinds.items()), ensure_ascii=False)}
    fields = [pa.field(FID, pa.int64()), *(pa.field(f"c{n}", t) for n, t in enumerate(types))]
    chunk = pa.table([fids, *columns], schema=pa.schema(fields, metadata=meta))
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", compression_level=1))
    with pa.ipc.new_stream(sink, chunk.schema, options=options) as stream:
        stream.write_table(chunk)
    return bytes(sink.getvalue().to_pybytes())


def _decoded(fid: int, content: Any, total: str, values: tuple[Any, ...]) -> pa.Table:
    if not isinstance(content, bytes) or row_sum(values, content) != total:
        raise StoreDamagedError(
            _("The log of rows is damaged (batch {batch}, {table}, entry {row}).").format(
                batch=values[0], table=values[1], row=fid
            ),
            hint=_("Restore the last backup; the damaged file was left as it is."),
        )
    with pa.ipc.open_stream(content) as stream:
        return stream.read_all()


def _replayed(
    chunk: pa.Table, table: str, *, kinds: dict[str, str], rows: dict[int, Row]
) -> tuple[dict[str, str], dict[int, Row]]:
    now = dict(_meta(chunk, _KINDS))
    if list(now) != list(kinds):
        rows = rearranged(rows, table, old=kinds, new=now)
    for fid in _meta(chunk, _DROPPED):
        rows.pop(fid, None)
    columns = [column.to_pylist() for column in chunk.columns]
    rows.update(
        zip(columns[0], zip(*columns[1:], strict=True) if columns[1:] else [()] * len(chunk), strict=True)
    )
    return now, rows


def rearranged(
    rows: Mapping[int, Row], table: str, *, old: Mapping[str, str], new: Mapping[str, str]
) -> dict[int, Row]:
    """Rows under another set of columns; a column that was not there holds nothing."""
    head = 1 if table in FEATURE_TABLES else 0
    place = {name: n + head for n, name in enumerate(old)}
    order = [place.get(name) for name in new]
    return {fid: (*row[:head], *(None if n is None else row[n] for n in order)) for fid, row in rows.items()}


def _meta(chunk: pa.Table, key: bytes) -> Any:
    return json.loads(chunk.schema.metadata[key])
