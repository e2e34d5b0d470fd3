"""The table of a shapefile, read from its bytes: exact text, exact digits, and every oddity noticed.

GDAL recodes text by labels that are often wrong and turns unreadable numbers into nothing; here nothing is lost in
silence. Source: dBASE III–V and FoxPro table layout.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from landinv.errors import UnreadableFileError
from landinv.i18n import gettext as _
from landinv.intake.worker.answer import Decided, Noticed, Request
from landinv.intake.worker.text_encoding import Label, TextEncoding, decide

ByteArray = npt.NDArray[np.uint8]

_HEADER: Final = 32
_END: Final = 0x0D
_DELETED: Final = ord("*")
_BLANK: Final = 0x20
_BLOCK: Final = 8
_TYPES: Final = {
    "C": "text", "N": "number", "F": "number", "D": "date", "L": "bool", "I": "binary integer",
    "O": "binary real", "B": "binary real", "Y": "unreadable", "M": "memo", "G": "unreadable", "T": "unreadable",
    "@": "unreadable", "+": "binary integer",
}  # fmt: skip
_LDID: Final = {
    0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5", 0x78: "big5", 0x03: "cp1252", 0x57: "", 0x00: "",
}  # fmt: skip
_NUMBER: Final = re.compile(rb"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")


@dataclass(frozen=True)
class Field:
    """One field: raw name, letter, byte offset in the record, width and decimals."""

    raw_name: bytes
    letter: str
    start: int
    width: int
    decimals: int


@dataclass(frozen=True)
class DbfTable:
    """A table before decoding: fields, records as a byte matrix (rows × record length), deleted rows, language byte.

    ``low`` and ``high`` are the smallest and largest byte at each place of a record.
    """

    fields: tuple[Field, ...]
    rows: ByteArray
    deleted: npt.NDArray[np.bool_]
    language: int
    low: ByteArray
    high: ByteArray
    left_over: int = 0


@dataclass(frozen=True)
class DecodedTable:
    """Columns as text in file order, their names and types, and what was noticed on the way."""

    names: list[str]
    columns: list[pa.Array]
    types: list[dict[str, object]]
    encoding: str
    noticed: list[Noticed]
    decided: list[Decided]


def parse_dbf(data: ByteArray, request: Request) -> DbfTable:
    """Take a table apart, checking its header arithmetic against its length.

    Raises
    ------
    UnreadableFileError
        If header, field widths, record count and file length contradict each other.
    """
    if len(data) < _HEADER + 1:
        raise _damaged(request, _("it ends inside its header ({size} bytes)").format(size=len(data)))
    header = data[:_HEADER].tobytes()
    count = int.from_bytes(header[4:8], "little")
    header_length = int.from_bytes(header[8:10], "little")
    record_length = int.from_bytes(header[10:12], "little")
    fields = _fields(data, header_length, request)
    needed = 1 + sum(f.width for f in fields)
    if not fields:
        raise _damaged(request, _("it declares no field at all, not even an identifier (BSM)"))
    if needed != record_length:
        raise _damaged(
            request,
            _("its fields need {needed} bytes a record, its header says {said}").format(
                needed=needed, said=record_length
            ),
        )
    body = data[header_length:]
    present = len(body) // record_length
    left = body[present * record_length :]
    if present != count:
        raise _damaged(
            request,
            _("its header says {said} records, {present} are present ({left} bytes left over)").format(
                said=count, present=present, left=len(left)
            ),
        )
    rows = body[: count * record_length].reshape(count, record_length)
    _check_flags(rows, request)
    low, high = (f(axis=0, initial=start) for f, start in ((rows.min, 0xFF), (rows.max, 0)))
    if not low.all():
        _check_lost_blocks(rows, fields, request)
    # One end mark is the rule; a few bytes more than that come from writers that were interrupted in mending.
    return DbfTable(
        fields, rows, rows[:, 0] == _DELETED, header[29], low, high, left_over=max(0, len(left) - 1)
    )


def _fields(data: ByteArray, header_length: int, request: Request) -> tuple[Field, ...]:
    if header_length < _HEADER + 1 or header_length > len(data):
        raise _damaged(request, _("it ends inside its header ({size} bytes)").format(size=len(data)))
    fields: list[Field] = []
    start = 1
    at = _HEADER
    while at < header_length and data[at] != _END:
        if at + 32 > header_length:
            raise _damaged(request, _("its field list does not end where its header does"))
        raw = data[at : at + 32].tobytes()
        letter = chr(raw[11])
        # A text field of Clipper or FoxPro keeps the high byte of its width where decimals stand.
        width = raw[16] + (raw[17] << 8 if letter == "C" else 0)
        fields.append(
            Field(raw[:11].split(b"\x00")[0].rstrip(), letter, start, width, 0 if letter == "C" else raw[17])
        )
        start += width
        at += 32
    tail = header_length - at
    foxpro = data[0] in (0x30, 0x31, 0x32)
    if at >= header_length or tail not in ((1, 264) if foxpro else (1, 2)):
        raise _damaged(request, _("its field list does not end where its header does"))
    return tuple(fields)


def _check_flags(rows: ByteArray, request: Request) -> None:
    bad = np.flatnonzero((rows[:, 0] != 0x20) & (rows[:, 0] != _DELETED))
    if len(bad):
        raise _damaged(
            request,
            _("record {record} begins with the byte {byte} where a blank or * must stand").format(
                record=int(bad[0]) + 1, byte=hex(int(rows[bad[0], 0]))
            ),
        )


def _check_lost_blocks(rows: ByteArray, fields: tuple[Field, ...], request: Request) -> None:
    """Zero bytes where the other records of a field have none are a block that was never written."""
    foreign = np.zeros(len(rows), np.int64)
    for field in fields:
        zeros = rows[:, field.start : field.start + field.width] == 0
        if not zeros.any() or _TYPES.get(field.letter, "").startswith("binary"):
            continue
        blank_ended = rows[:, field.start + field.width - 1] == 0x20
        # Some writers pad text with zeros; then most values of the field end so.
        if field.letter != "C" or zeros.any(axis=1).sum() <= blank_ended.sum():
            foreign += zeros.sum(axis=1)
    lost = np.flatnonzero(foreign >= _BLOCK)
    if len(lost):
        raise _damaged(
            request, _("record {record} holds a block of zero bytes").format(record=int(lost[0]) + 1)
        )


def _damaged(request: Request, cause: str) -> UnreadableFileError:
    return UnreadableFileError(
        _("{path}: the .dbf file is damaged: {cause}.").format(path=request.title, cause=cause),
        hint=_("Copy or export the shapefile again; do not edit its .dbf in a spreadsheet."),
    )


def decode_table(table: DbfTable, request: Request, cpg: bytes | None) -> DecodedTable:
    """Decode every column; the encoding is decided by all texts together, against the file's own labels.

    Raises
    ------
    EncodingUndecidedError
        If the bytes fit several encodings and no label decides.
    UnreadableFileError
        If two fields have one name.
    """
    raw = [_column(table, f) for f in table.fields]
    samples = [
        (value, f.width)
        for column, f in zip(raw, table.fields, strict=True)
        if f.letter == "C" and pa.types.is_dictionary(column.type)
        for value in column.dictionary.to_pylist()
    ]
    names = [(f.raw_name, 10) for f in table.fields]
    encoding = decide(
        [*samples, *names],
        Label(cpg, _LDID.get(table.language)),
        title=request.title,
        override=request.encoding,
    )
    titles = _titles(table, encoding, request)
    result = DecodedTable(titles, [], [], encoding.name, list(encoding.noticed), list(encoding.decided))
    if table.left_over:
        result.noticed.append(Noticed("I006", 0, ".dbf", str(table.left_over), "表尾有多余字节"))
    for field, title, column in zip(table.fields, titles, raw, strict=True):
        _add(result, field, title, column, encoding)
    return result


def _titles(table: DbfTable, encoding: TextEncoding, request: Request) -> list[str]:
    titles = [
        encoding.decode(f.raw_name, 10)[0].strip() or f"FIELD{i}" for i, f in enumerate(table.fields, 1)
    ]
    twice = next((t for t in titles if titles.count(t) > 1), None)
    if twice is not None:
        raise UnreadableFileError(
            _("{path}: two fields of the .dbf file are named {field}.").format(
                path=request.title, field=twice
            ),
            hint=_("Rename one of them and export again."),
        )
    return titles


def _column(table: DbfTable, field: Field) -> pa.Array:
    """Bytes of one field, record by record, without the blanks that no record fills.

    Text that is not ASCII alone comes as a dictionary, everything else as plain binary.
    """
    kind = _TYPES.get(field.letter, "unreadable")
    first, last = _filled(table, field) if not kind.startswith("binary") else (0, field.width)
    if kind == "text":
        first = 0  # whether a value reaches the end of its field is counted from its beginning
    block = np.ascontiguousarray(table.rows[:, field.start + first : field.start + last])
    if not block.size:
        return pa.array([b""] * len(block), pa.binary())
    fixed = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(last - first), len(block), [None, pa.py_buffer(block)]
    )
    if kind == "text" and not _is_plain(block):
        return fixed.cast(pa.binary()).dictionary_encode()
    return fixed.cast(pa.binary())


def _filled(table: DbfTable, field: Field) -> tuple[int, int]:
    """First and last-but-one place within a field at which any record has more than a blank."""
    places = slice(field.start, field.start + field.width)
    filled = np.flatnonzero((table.low[places] != _BLANK) | (table.high[places] != _BLANK))
    return (int(filled[0]), int(filled[-1]) + 1) if len(filled) else (0, 0)


def _add(result: DecodedTable, field: Field, title: str, column: pa.Array, encoding: TextEncoding) -> None:
    kind = _TYPES.get(field.letter, "unreadable")
    if kind == "text":
        array = _decode_text(result, field, title, column, encoding)
    elif kind in ("number", "date", "bool"):
        array, kind = _decode_plain(result, field, title, column, kind)
    elif kind == "binary integer" and field.width == 4:
        values = np.frombuffer(b"".join(column.to_pylist()), "<i4")
        array, kind = pa.array([str(v) for v in values.tolist()], pa.large_string()), "integer"
    elif kind == "binary real" and field.width == 8:
        values = np.frombuffer(b"".join(column.to_pylist()), "<f8")
        array, kind = pa.array([repr(v) for v in values.tolist()], pa.large_string()), "real"
    else:
        array, kind = pa.nulls(len(column), pa.large_string()), "unreadable"
        result.noticed.append(Noticed("I046", field=title, value=field.letter))
    result.columns.append(array)
    result.types.append({"name": title, "type": kind, "width": field.width, "decimals": field.decimals})


def _decode_text(
    result: DecodedTable, field: Field, title: str, column: pa.Array, encoding: TextEncoding
) -> pa.Array:
    if not pa.types.is_dictionary(column.type):
        plain = pc.utf8_trim_whitespace(column.cast(pa.string()).cast(pa.large_string()))
        return pc.if_else(pc.equal(plain, ""), pa.scalar(None, pa.large_string()), plain)
    words: list[str | None] = []
    odd: dict[int, list[Noticed]] = {}
    for number, raw in enumerate(column.dictionary.to_pylist()):
        text, noticed = encoding.decode(raw, field.width)
        words.append(text.strip().strip("\u3000") or None)
        if noticed:
            odd[number] = [Noticed(rule, 0, title, text.strip()) for rule in noticed]
    if odd:
        codes = np.asarray(column.indices)
        for number, found in odd.items():
            for record in (np.flatnonzero(codes == number) + 1).tolist():
                result.noticed.extend(Noticed(n.rule, record, n.field, n.value) for n in found)
    return pa.array(words, pa.large_string()).take(column.indices)


def _is_plain(block: ByteArray) -> bool:
    """Whether every byte is an ASCII character that means itself in every encoding."""
    return bool(block.size == 0 or (block.max() < 0x80 and block.min() > 0))


def _quick_numbers(column: pa.Array, field: Field, kind: str) -> pa.Array | None:
    """Trimmed text of a column that holds digits, signs and points only; None where it needs a closer look."""
    if kind not in ("number", "date"):
        return None
    seen = np.bincount(np.frombuffer(column.buffers()[2] or b"", np.uint8), minlength=256)
    allowed = b" 0123456789" if kind == "date" else b" 0123456789+-." if field.decimals else b" 0123456789+-"
    if seen.sum() != seen[list(allowed)].sum():
        return None
    text = pc.utf8_trim_whitespace(column.cast(pa.string()).cast(pa.large_string()))
    if kind == "date" and pc.any(pc.match_substring_regex(text, "^0+$")).as_py():
        return None
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.large_string()), text)


def _decode_plain(
    result: DecodedTable, field: Field, title: str, column: pa.Array, kind: str
) -> tuple[pa.Array, str]:
    """Numbers, dates and flags are ASCII; what is not stays as it is for the value checks to name."""
    quick = _quick_numbers(column, field, kind)
    if quick is not None:
        return quick, ("real" if field.decimals else "integer") if kind == "number" else kind
    coded = column.dictionary_encode()
    words: list[str | None] = []
    real = field.decimals > 0
    for raw in coded.dictionary.to_pylist():
        text = raw.replace(b"\x00", b" ").strip()
        real = real or (bool(_NUMBER.match(text)) and any(c in text for c in b".eE"))
        words.append(text.decode("latin-1") or None)
    if kind == "date":
        words = [None if w is not None and not w.strip("0") else w for w in words]
    if kind == "number":
        words = _without_stars(result, title, words, coded)
    if kind == "bool":
        words = [None if w == "?" else w for w in words]
    array = pa.array(words, pa.large_string()).take(coded.indices)
    return array, ("real" if real else "integer") if kind == "number" else kind


def _without_stars(
    result: DecodedTable, title: str, words: list[str | None], coded: pa.DictionaryArray
) -> list[str | None]:
    """Numbers without values of nothing but stars: some writers mean nothing by them, others too wide a number."""
    starred = [n for n, w in enumerate(words) if w is not None and not w.strip("*")]
    if starred:
        records = np.flatnonzero(np.isin(np.asarray(coded.indices), starred)) + 1
        more = "等" if len(records) > 5 else ""
        first = f"第{'、'.join(map(str, records[:5].tolist()))}条{more}"
        result.noticed.append(Noticed("I068", 0, title, str(len(records)), first))
    return [None if n in starred else w for n, w in enumerate(words)]


def read_rows(path: Path) -> ByteArray:
    """Bytes of a file, mapped read-only."""
    if path.stat().st_size == 0:
        return np.zeros(0, np.uint8)
    return np.memmap(path, dtype=np.uint8, mode="r")
