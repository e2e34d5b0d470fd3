"""Structural check of .shp and .shx, vectorised over all records.

A shapefile is redundant: lengths, offsets, record numbers, boxes per record and file, ring closure. Readers use little
of it and hand out wrong parcels in silence when a copy was cut or a block lost; here all of it must agree. Damage of
the structure refuses the file; a single bad ring is noticed for its record alone.

Source: ESRI Shapefile Technical Description (July 1998).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from landinv.errors import UnreadableFileError
from landinv.i18n import gettext as _
from landinv.intake.worker.answer import Noticed, Request

ByteArray = npt.NDArray[np.uint8]
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

TYPE_NAMES: Final = {
    0: "null", 1: "point", 3: "line", 5: "polygon", 8: "multipoint", 11: "point", 13: "line", 15: "polygon",
    18: "multipoint", 21: "point", 23: "line", 25: "polygon", 28: "multipoint", 31: "multipatch",
}  # fmt: skip
_PARTED: Final = (3, 5, 13, 15, 23, 25)
_POLYGONS: Final = (5, 15, 25)
_PLANE_POLYGON: Final = 5
_LEAST_POINTS: Final = 4
_HEADER: Final = 100
# Writers compute boxes from the stored coordinates; a hair is left for those that rounded afterwards.
_BOX_TOLERANCE: Final = 1e-6
# ArcGIS computes the box of a true curve from the curve and stores its chords: the box then reaches a little further.
_LOOSE_BOX: Final = 0.05
_MAGIC: Final = 9994
_VERSION: Final = 1000


@dataclass(frozen=True)
class ShapeIndex:
    """A checked pair of .shp and .shx: type, byte offset and content length of each record, null shapes, defects.

    ``signed_areas`` is the shoelace sum over a record's rings by their direction, NaN where it has one ring or none: a
    reader that takes a ring for something else than its writer did gives another area.

    ``plain_points`` (k×2) are the vertices of plane polygons of one sound ring, one record after the other;
    ``plain_counts`` how many of them are each record's, 0 where it is another kind of shape.
    """

    shape_type: int
    offsets: IntArray
    lengths: IntArray
    is_null: npt.NDArray[np.bool_]
    signed_areas: FloatArray
    noticed: tuple[Noticed, ...]
    plain_points: FloatArray
    plain_counts: IntArray


@dataclass(frozen=True)
class _Records:
    """Records with a shape: position in the file, first byte and length of the content, shape type of the file."""

    shp: ByteArray
    at: IntArray
    starts: IntArray
    lengths: IntArray
    shape_type: int
    request: Request

    def refuse_first(self, bad: npt.NDArray[np.bool_], cause: str) -> None:
        """Refuse the file for the first record of ``bad``, if any."""
        if bad.any():
            raise _damaged(self.request, ".shp", _at(int(self.at[np.flatnonzero(bad)[0]]), cause))


@dataclass(frozen=True)
class _Rings:
    """Coordinates of all parted records in one array, and where records and rings begin in it."""

    records: IntArray  # position of the record in the file, one per parted record
    points: FloatArray  # P×2
    record_starts: IntArray
    ring_starts: IntArray
    ring_sizes: IntArray
    ring_records: IntArray  # position in ``records`` of each ring


def check_structure(shp: ByteArray, shx: ByteArray, request: Request) -> ShapeIndex:
    """Check every redundancy of a shapefile's geometry.

    Raises
    ------
    UnreadableFileError
        If the structure contradicts itself; the message names the part, the record and the cause.
    """
    shape_type, noticed = _check_header(shp, ".shp", request)
    _index_type, index_noticed = _check_header(shx, ".shx", request)
    if (len(shx) - _HEADER) % 8:
        raise _damaged(
            request, ".shx", _("its length of {size} bytes is not whole entries").format(size=len(shx))
        )
    entries = shx[_HEADER:].view(">i4").reshape(-1, 2).astype(np.int64) * 2
    offsets, lengths = entries[:, 0], entries[:, 1]
    noticed += index_noticed
    noticed += _check_entries(shp, offsets, lengths, request)
    types = _ints(shp, offsets + 8)
    wrong = (types != shape_type) & (types != 0)
    if wrong.any():
        cause = _("its shape type is not that of the file ({type})").format(type=TYPE_NAMES[shape_type])
        raise _damaged(request, ".shp", _at(int(np.flatnonzero(wrong)[0]), cause))
    is_null = types == 0
    emptied = np.flatnonzero(is_null & (lengths != 4))
    if len(emptied):
        cause = _("it calls itself empty but has {size} bytes").format(size=int(lengths[emptied[0]]))
        raise _damaged(request, ".shp", _at(int(emptied[0]), cause))
    signed = np.full(len(offsets), np.nan)
    counts, points = np.zeros(len(offsets), np.int64), np.empty((0, 2))
    if shape_type in _PARTED and not is_null.all():
        at = np.flatnonzero(~is_null)
        records = _Records(shp, at, offsets[at] + 8, lengths[at], shape_type, request)
        rings = _rings(records)
        noticed += _check_boxes(records, rings)
        if shape_type in _POLYGONS:
            signed[at] = _signed_areas(rings)
        if shape_type == _PLANE_POLYGON:
            counts[at], points = _plain_rings(rings)
    return ShapeIndex(shape_type, offsets, lengths, is_null, signed, tuple(noticed), points, counts)


def _plain_rings(rings: _Rings) -> tuple[IntArray, FloatArray]:
    """Vertex counts of records of a single ring that is closed, finite and long enough, and their vertices."""
    single = np.bincount(rings.ring_records, minlength=len(rings.records)) == 1
    sizes = np.diff(rings.record_starts, append=len(rings.points))
    last = rings.record_starts + sizes - 1
    closed = (rings.points[rings.record_starts] == rings.points[last]).all(axis=1)
    finite = np.logical_and.reduceat(np.isfinite(rings.points).all(axis=1), rings.record_starts)
    plain = single & closed & finite & (sizes >= _LEAST_POINTS)
    if plain.all():
        return sizes, rings.points
    return np.where(plain, sizes, 0), rings.points[np.repeat(plain, sizes)]


def rebuilt_index(shp: ByteArray, request: Request) -> bytes:
    """Bytes of the .shx that belongs to a .shp, from the record headers one after the other.

    Raises
    ------
    UnreadableFileError
        If the records do not fill the file exactly.
    """
    _check_header(shp, ".shp", request)
    raw = shp.tobytes()
    entries = bytearray()
    at, count = _HEADER, 0
    while at < len(raw):  # each record's length says where the next begins
        size = int.from_bytes(raw[at + 4 : at + 8], "big", signed=True) * 2
        if at + 8 > len(raw) or size < 4 or at + 8 + size > len(raw):
            raise _damaged(request, ".shp", _at(count, _("it reaches beyond the end of the file")))
        entries += (at // 2).to_bytes(4, "big") + (size // 2).to_bytes(4, "big")
        at, count = at + 8 + size, count + 1
    length = ((_HEADER + len(entries)) // 2).to_bytes(4, "big")
    return raw[:24] + length + raw[28:_HEADER] + bytes(entries)


def _check_header(data: ByteArray, part: str, request: Request) -> tuple[int, list[Noticed]]:
    if len(data) < _HEADER:
        raise _damaged(request, part, _("it ends inside its header ({size} bytes)").format(size=len(data)))
    raw = data[:_HEADER].tobytes()
    if int.from_bytes(raw[:4], "big") != _MAGIC:
        raise _damaged(request, part, _("its file code is not 9994"))
    shape_type = int.from_bytes(raw[32:36], "little", signed=True)
    if shape_type not in TYPE_NAMES:
        raise _damaged(request, part, _("its shape type {type} does not exist").format(type=shape_type))
    noticed = []
    version = int.from_bytes(raw[28:32], "little")
    if version != _VERSION:
        noticed.append(Noticed("I006", 0, part, str(version), f"{part}版本号应为1000"))
    said = int.from_bytes(raw[24:28], "big", signed=True) * 2
    if said != len(data):
        if part == ".shx":
            raise _damaged(
                request, part,
                _("its header says {said} bytes, it has {size}").format(said=said, size=len(data)),
            )  # fmt: skip
        noticed.append(Noticed("I006", 0, part, str(said), f"{part}文件头长度{said}，实际{len(data)}字节"))
    return shape_type, noticed


@dataclass(frozen=True)
class _Entries:
    """Entries of the index: first byte and content length of each record, and the number its header bears."""

    offsets: IntArray
    lengths: IntArray
    numbers: IntArray

    @property
    def ends(self) -> IntArray:
        """First byte after each record."""
        return self.offsets + 8 + self.lengths

    @property
    def is_numbered(self) -> npt.NDArray[np.bool_]:
        """Where a record bears the number of its place."""
        result: npt.NDArray[np.bool_] = self.numbers == np.arange(1, len(self.numbers) + 1)
        return result


def _check_entries(shp: ByteArray, offsets: IntArray, lengths: IntArray, request: Request) -> list[Noticed]:
    """Entries of the index against the record headers they point to, and against the end of the file."""
    ends = offsets + 8 + lengths
    bad = (offsets < _HEADER) | (lengths < 4) | (ends > len(shp)) | (offsets % 4 != 0)
    if bad.any():
        cause = _("the .shx entry points outside the .shp, which has {size} bytes").format(size=len(shp))
        raise _damaged(request, ".shp/.shx", _at(int(np.flatnonzero(bad)[0]), cause))
    stored = _ints(shp, offsets + 4, ">i4") * 2
    if (stored != lengths).any():
        first = int(np.flatnonzero(stored != lengths)[0])
        raise _damaged(request, ".shp/.shx", _at(first, _("the lengths in .shp and .shx differ")))
    return _check_order(shp, _Entries(offsets, lengths, _ints(shp, offsets, ">i4")), request)


def _check_order(shp: ByteArray, entries: _Entries, request: Request) -> list[Noticed]:
    """Every record once, under its own number; bytes that belong to no record are noticed."""
    order = np.argsort(entries.offsets, kind="stable")
    starts, ends = entries.offsets[order], entries.ends[order]
    if (starts[1:] < ends[:-1]).any():
        raise _damaged(request, ".shx", _("two entries point into the same bytes of the .shp"))
    gapless = bool((starts[1:] == ends[:-1]).all() and (not len(starts) or starts[0] == _HEADER))
    wrong = np.flatnonzero(~entries.is_numbered)
    if len(wrong) and (order != np.arange(len(order))).any():
        raise _damaged(request, ".shx", _at(int(wrong[0]), _("the entry points to another record")))
    if len(wrong) and not gapless:
        raise _damaged(request, ".shp", _at(int(wrong[0]), _("its number is wrong and bytes are lost")))
    end = int(ends[-1]) if len(ends) else _HEADER
    if _has_unlisted_record(shp, end, len(order)):
        cause = _("the .shp has more records than the {count} of the .shx").format(count=len(order))
        raise _damaged(request, ".shp/.shx", cause)
    noticed = []
    if len(wrong):
        noticed.append(Noticed("I007", int(wrong[0]) + 1, ".shp", str(entries.numbers[wrong[0]])))
    if end < len(shp) or not gapless:
        noticed.append(Noticed("I006", 0, ".shp", str(len(shp) - end), "文件中有不属于任何记录的字节"))
    return noticed


def _has_unlisted_record(shp: ByteArray, end: int, count: int) -> bool:
    if end + 12 > len(shp):
        return False
    number, words = (int.from_bytes(shp[end + i : end + i + 4].tobytes(), "big", signed=True) for i in (0, 4))
    # A GDAL edit leaves old copies (numbers up to count) behind; a record beyond is one that the index lost.
    return number > count and words >= 2 and end + 8 + words * 2 <= len(shp)


def _check_boxes(records: _Records, rings: _Rings) -> list[Noticed]:
    """Boxes of records and of the file against the coordinates; defects of single rings."""
    whole = np.logical_and.reduceat(np.isfinite(rings.points).all(axis=1), rings.record_starts)
    boxes = _doubles(records.shp, records.starts + 4, np.full(len(records.at), 4)).reshape(-1, 4)
    low = np.minimum.reduceat(rings.points, rings.record_starts, axis=0)
    high = np.maximum.reduceat(rings.points, rings.record_starts, axis=0)
    found = np.hstack([low, high])
    with np.errstate(invalid="ignore", over="ignore"):
        allowed = _BOX_TOLERANCE * np.clip(np.abs(found), 1.0, 1e6)
        loose = (boxes - found) * [-1.0, -1.0, 1.0, 1.0]  # how far the box reaches beyond the coordinates
        slack = _LOOSE_BOX * np.hypot(*(high - low).T)[:, None]
        tight = (np.abs(loose) <= allowed).all(axis=1)
        holds = ((loose >= -allowed) & (loose <= slack)).all(axis=1)
    records.refuse_first(~tight & ~holds & whole, _("its box is not that of its coordinates"))
    noticed = _ring_defects(rings, whole) if records.shape_type in _POLYGONS else []
    noticed += [Noticed("I014", int(records.at[i]) + 1, quarantine=True) for i in np.flatnonzero(~whole)]
    noticed += [Noticed("I059", int(records.at[i]) + 1) for i in np.flatnonzero(~tight & holds & whole)]
    return noticed + _file_box(records.shp, low[whole], high[whole])


def _signed_areas(rings: _Rings) -> FloatArray:
    """Shoelace sums by ring direction, clockwise positive as the format has exteriors; NaN for a single ring."""
    many = np.bincount(rings.ring_records, minlength=len(rings.records)) > 1
    asked = many[rings.ring_records]
    if not asked.any():
        return np.full(len(rings.records), np.nan)
    points = rings.points[np.repeat(asked, rings.ring_sizes)]
    sizes = rings.ring_sizes[asked]
    starts = np.cumsum(sizes) - sizes
    with np.errstate(invalid="ignore", over="ignore"):
        xy = points - np.repeat(points[starts], sizes, axis=0)
        following = np.roll(xy, -1, axis=0)
        cross = xy[:, 1] * following[:, 0] - xy[:, 0] * following[:, 1]
        # The last point of a ring repeats its first: its product reaches into the next ring and counts nothing.
        cross[starts + sizes - 1] = 0.0
        areas = np.add.reduceat(cross, starts) / 2.0
        sums = np.bincount(rings.ring_records[asked], weights=areas, minlength=len(rings.records))
    result: FloatArray = np.where(many, sums, np.nan)
    return result


def _file_box(shp: ByteArray, low: FloatArray, high: FloatArray) -> list[Noticed]:
    if not len(low):
        return []
    said = np.frombuffer(shp[36:68].tobytes(), "<f8")
    found = np.concatenate([low.min(axis=0), high.max(axis=0)])
    # 1e-3: the header's box is often rounded by the writer; only a box that hides shapes matters
    if not (np.abs(said - found) <= 1e-3 * np.maximum(1.0, np.abs(found) * 1e-6)).all():
        return [Noticed("I006", 0, ".shp", "", ".shp文件头的范围与图形不符")]
    return []


def _ring_defects(rings: _Rings, whole: npt.NDArray[np.bool_]) -> list[Noticed]:
    first = rings.points[rings.ring_starts]
    last = rings.points[rings.ring_starts + rings.ring_sizes - 1]
    open_ring = ~(first == last).all(axis=1)
    short = rings.ring_sizes < _LEAST_POINTS
    noticed = []
    for bad, why in ((open_ring & ~short, "环未闭合"), (short, "环的点数少于4")):
        owners = np.unique(rings.ring_records[bad])
        noticed += [
            Noticed("I018", int(rings.records[o]) + 1, "", "", why, quarantine=True)
            for o in owners
            if whole[o]
        ]
    return noticed


def _rings(records: _Records) -> _Rings:
    """Gather parts and points of all records after checking their counts against the content length."""
    records.refuse_first(records.lengths < 44, _("it is too short for its shape type"))
    parts, points = _ints(records.shp, records.starts + 36), _ints(records.shp, records.starts + 40)
    records.refuse_first((parts < 1) | (points < 1), _("it has no part or no point"))
    fits = _length_fits(records, parts, points)
    records.refuse_first(~fits, _("its counts of parts and points do not fit its length"))
    part_indexes = _ints(records.shp, _ragged(records.starts + 44, parts, 4))
    part_owner = np.repeat(np.arange(len(records.at)), parts)
    is_first = np.diff(part_owner, prepend=-1) != 0
    previous = np.where(is_first, -1, np.roll(part_indexes, 1))
    wrong = (
        (part_indexes <= previous) | (part_indexes >= points[part_owner]) | (is_first & (part_indexes != 0))
    )
    if wrong.any():
        owner = part_owner[int(np.flatnonzero(wrong)[0])]
        cause = _("its part list is out of order or range")
        raise _damaged(records.request, ".shp", _at(int(records.at[owner]), cause))
    record_starts = (np.cumsum(points) - points).astype(np.int64)
    coordinates = _doubles(records.shp, records.starts + 44 + 4 * parts, points * 2).reshape(-1, 2)
    ring_starts = record_starts[part_owner] + part_indexes
    ring_sizes = np.diff(ring_starts, append=len(coordinates))
    return _Rings(records.at, coordinates, record_starts, ring_starts, ring_sizes, part_owner)


def _length_fits(records: _Records, parts: IntArray, points: IntArray) -> npt.NDArray[np.bool_]:
    """Content length by shape type: plane, with Z, with Z and M, or with M."""
    plane = 44 + 4 * parts + 16 * points
    block = 16 + 8 * points
    extra = {3: (0,), 5: (0,), 13: (1, 2), 15: (1, 2)}.get(records.shape_type, (0, 1))
    result: npt.NDArray[np.bool_] = np.any([records.lengths == plane + n * block for n in extra], axis=0)
    return result


def _ragged(starts: IntArray, counts: IntArray, step: int) -> IntArray:
    """Byte positions of ``counts`` items of ``step`` bytes after each start, in one array."""
    total = int(counts.sum())
    begin = np.repeat(starts - np.concatenate([[0], np.cumsum(counts)[:-1]]) * step, counts)
    result: IntArray = begin + np.arange(total) * step
    return result


def _ints(data: ByteArray, positions: IntArray, code: str = "<i4") -> IntArray:
    """Integers of four bytes at positions that are multiples of four."""
    whole = data[: len(data) // 4 * 4].view(code)
    return whole[positions // 4].astype(np.int64)


def _doubles(data: ByteArray, starts: IntArray, counts: IntArray) -> FloatArray:
    """Doubles in runs that begin anywhere; read-only."""
    raw = data.data
    # Slices joined at once copy each byte once; an index for every number takes ten times as long.
    ends = (starts + 8 * counts).tolist()
    runs = [raw[start:end] for start, end in zip(starts.tolist(), ends, strict=True)]
    return np.frombuffer(b"".join(runs), "<f8")


def _at(record: int, cause: str) -> str:
    return _("record {record}: {cause}").format(record=record + 1, cause=cause)


def _damaged(request: Request, part: str, cause: str) -> UnreadableFileError:
    return UnreadableFileError(
        _("{path}: the {part} file is damaged: {cause}.").format(path=request.title, part=part, cause=cause),
        hint=_("Copy the shapefile again from its source, all parts together, or export it again."),
    )
