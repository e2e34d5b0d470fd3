from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from landinv.errors import UnreadableFileError
from landinv.intake.worker.answer import Request
from landinv.intake.worker.shp_structure import ShapeIndex, check_structure

REQUEST = Request("t.shp", ".", "DLTB.shp")
Ring = list[tuple[float, float]]
Writer = Callable[..., Path]
X, Y = 37_548_000.0, 4_240_000.0


def square(x: float, y: float, size: float = 100.0, *, closed: bool = True) -> Ring:
    ring = [(x, y), (x, y + size), (x + size, y + size), (x + size, y)]
    return [(X + a, Y + b) for a, b in ([*ring, ring[0]] if closed else ring)]


SQUARES = [[square(200.0 * i, 0)] for i in range(6)]


def checked(shp: bytes, shx: bytes) -> ShapeIndex:
    return check_structure(np.frombuffer(shp, np.uint8), np.frombuffer(shx, np.uint8), REQUEST)


def parts(path: Path) -> tuple[bytes, bytes]:
    return path.read_bytes(), path.with_suffix(".shx").read_bytes()


def test_sound_file_has_nothing_to_notice(raw_shapefile: Writer) -> None:
    index = checked(*parts(raw_shapefile(SQUARES)))
    assert len(index.offsets) == 6
    assert index.noticed == ()


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_cut_passes(raw_shapefile: Writer, data: st.DataObject) -> None:
    shp, shx = parts(raw_shapefile(SQUARES))
    kept = data.draw(st.integers(0, len(shp) - 1))
    with pytest.raises(UnreadableFileError, match=r"\.sh"):
        checked(shp[:kept], shx)
    kept = data.draw(st.integers(0, len(shx) - 1))
    with pytest.raises(UnreadableFileError, match=r"\.shx"):
        checked(shp, shx[:kept])


@given(st.integers(100, 100 + 6 * 136 - 64))
@example(108)  # the content of a record, which then calls itself a null shape
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_lost_block_passes(raw_shapefile: Writer, at: int) -> None:
    shp, shx = parts(raw_shapefile(SQUARES))
    with pytest.raises(UnreadableFileError, match=r"\.sh"):
        checked(shp[:at] + bytes(64) + shp[at + 64 :], shx)


def entry(shx: bytes, number: int) -> bytes:
    return shx[92 + 8 * number : 100 + 8 * number]


def test_swapped_entries_are_refused(raw_shapefile: Writer) -> None:
    shp, shx = parts(raw_shapefile(SQUARES))
    swapped = shx[:108] + entry(shx, 4) + shx[116:124] + entry(shx, 2) + shx[132:]
    with pytest.raises(UnreadableFileError, match=r"\.shx.*record 2"):
        checked(shp, swapped)


def test_doubled_entry_is_refused(raw_shapefile: Writer) -> None:
    shp, shx = parts(raw_shapefile(SQUARES))
    with pytest.raises(UnreadableFileError, match=r"\.shx"):
        checked(shp, shx[:108] + entry(shx, 1) + shx[116:])


def test_lost_last_entry_is_refused(raw_shapefile: Writer) -> None:
    shp, shx = parts(raw_shapefile(SQUARES))
    shorter = shx[:24] + struct.pack(">i", (len(shx) - 8) // 2) + shx[28:-8]
    with pytest.raises(UnreadableFileError, match="more records than the 5"):
        checked(shp, shorter)


@pytest.mark.parametrize(
    ("offset", "data", "word"),
    [
        (0, struct.pack(">i", 9993), "9994"),
        (32, struct.pack("<i", 7), "shape type 7"),
        (32, struct.pack("<i", 1), "record 1"),
        (100 + 8, struct.pack("<i", 3), "record 1"),
        (100 + 44, struct.pack("<i", 10_000), "record 1"),
        (100 + 48, struct.pack("<i", 0), "record 1"),
        (100 + 52, struct.pack("<i", 2), "part list"),
        (100 + 136 + 56, struct.pack("<d", X + 1e7), "record 2: its box"),
        (104, struct.pack(">i", 4), "lengths"),
    ],
)
def test_damage_names_part_record_and_cause(
    raw_shapefile: Writer, offset: int, data: bytes, word: str
) -> None:
    shp, shx = parts(raw_shapefile(SQUARES))
    with pytest.raises(UnreadableFileError, match=word):
        checked(shp[:offset] + data + shp[offset + len(data) :], shx)


@pytest.mark.parametrize(("offset", "data"), [(28, struct.pack("<i", 999)), (24, struct.pack(">i", 60))])
def test_header_that_only_lies_of_itself_is_told(raw_shapefile: Writer, offset: int, data: bytes) -> None:
    shp, shx = parts(raw_shapefile(SQUARES))
    index = checked(shp[:offset] + data + shp[offset + len(data) :], shx)
    assert [n.rule for n in index.noticed] == ["I006"]


def test_box_of_the_file_far_from_its_shapes_is_told(raw_shapefile: Writer) -> None:
    shp, shx = parts(raw_shapefile(SQUARES))
    index = checked(shp[:36] + struct.pack("<4d", 0, 0, 1, 1) + shp[68:], shx)
    assert [n.rule for n in index.noticed] == ["I006"]


def test_wrong_record_numbers_are_told(raw_shapefile: Writer) -> None:
    shp, shx = parts(raw_shapefile(SQUARES))
    index = checked(shp[:236] + struct.pack(">i", 77) + shp[240:], shx)
    assert [(n.rule, n.record) for n in index.noticed] == [("I007", 2)]


@pytest.mark.parametrize(
    ("ring", "rule"),
    [
        (square(0, 0, closed=False), "I018"),
        (square(0, 0)[:2] + square(0, 0)[:1], "I018"),
        ([*square(0, 0)[:2], (float("nan"), Y), *square(0, 0)[3:]], "I014"),
    ],
)
def test_one_bad_ring_condemns_its_record_alone(raw_shapefile: Writer, ring: Ring, rule: str) -> None:
    index = checked(*parts(raw_shapefile([SQUARES[0], [ring], SQUARES[2]])))
    assert [(n.rule, n.record, n.quarantine) for n in index.noticed] == [(rule, 2, True)]


def test_area_by_ring_direction_is_known_where_there_are_holes(raw_shapefile: Writer) -> None:
    hole = square(20, 20, 40)[::-1]
    index = checked(
        *parts(raw_shapefile([[square(0, 0), hole], [square(300, 0)], [square(600, 0), square(900, 0)]]))
    )
    assert index.signed_areas[0] == pytest.approx(10_000 - 1_600)
    assert np.isnan(index.signed_areas[1])
    assert index.signed_areas[2] == pytest.approx(20_000)


def test_box_a_little_wider_than_its_shape_is_told_and_a_narrower_one_refused(raw_shapefile: Writer) -> None:
    shp, shx = parts(raw_shapefile(SQUARES))
    low = struct.pack("<d", Y - 3.0)
    index = checked(shp[:120] + low + shp[128:], shx)
    assert [(n.rule, n.record, n.quarantine) for n in index.noticed] == [("I059", 1, False)]
    with pytest.raises(UnreadableFileError, match="record 1: its box"):
        checked(shp[:120] + struct.pack("<d", Y + 3.0) + shp[128:], shx)


POINTS = st.tuples(st.integers(0, 50), st.integers(0, 50))
RINGS = st.lists(POINTS, min_size=3, max_size=8, unique=True)


@given(st.lists(RINGS, min_size=1, max_size=5), st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_plain_rings_are_the_shapes_that_the_library_reads(
    raw_shapefile: Writer, rings: list[list[tuple[int, int]]], with_a_hole: bool
) -> None:
    records = [[[(X + x, Y + y) for x, y in [*ring, ring[0]]]] for ring in rings]
    if with_a_hole:
        records.append([square(0, 0), square(20, 20, 50)[::-1]])
    path = raw_shapefile(records)
    index = checked(*parts(path))
    assert (index.plain_counts > 0).tolist() == [len(r) == 1 for r in records]
    ends = np.cumsum(index.plain_counts)
    shapes = pyogrio.read_dataframe(path, read_geometry=True).geometry
    for count, end, shape in zip(index.plain_counts, ends, shapes, strict=True):
        if count:
            ring = index.plain_points[end - count : end]
            assert shapely.Polygon(ring).wkb == shape.wkb


def test_open_short_and_endless_rings_are_not_plain(raw_shapefile: Writer) -> None:
    records = [
        [square(0, 0, closed=False)],
        [square(0, 0)[:3]],
        [[*square(0, 0)[:-1], (X, np.nan), (X, Y)]],
        SQUARES[0],
    ]
    assert checked(*parts(raw_shapefile(records))).plain_counts.tolist() == [0, 0, 0, 5]
