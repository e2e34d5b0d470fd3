from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landinv.errors import UnreadableFileError
from landinv.intake.worker.answer import Request
from landinv.intake.worker.dbf import DecodedTable, decode_table, parse_dbf

REQUEST = Request("t.dbf", ".", "DLTB.shp")
FIELDS = [("BSM", "C", 18, 0), ("XMMC", "C", 20, 0), ("TBMJ", "N", 12, 2), ("PZRQ", "D", 8, 0)]
ROWS = [
    [b"360121425988661001", "东村镇厂房".encode("gbk"), b"1234.50", b"20190501"],
    [b"0601", "普明镇安置小区".encode("gbk"), b"***", b"00000000"],
]
Writer = Callable[..., bytes]


def decoded(raw: bytes, cpg: bytes | None = None) -> DecodedTable:
    return decode_table(parse_dbf(np.frombuffer(raw, np.uint8), REQUEST), REQUEST, cpg)


def test_text_and_digits_come_out_exactly(write_dbf: Writer) -> None:
    table = decoded(write_dbf(FIELDS, ROWS))
    assert table.names == ["BSM", "XMMC", "TBMJ", "PZRQ"]
    assert [c.to_pylist() for c in table.columns] == [
        ["360121425988661001", "0601"], ["东村镇厂房", "普明镇安置小区"], ["1234.50", None], ["20190501", None],
    ]  # fmt: skip
    assert [(n.rule, n.field) for n in table.noticed] == [("I068", "TBMJ")]
    assert [t["type"] for t in table.types] == ["text", "text", "real", "date"]
    assert table.encoding == "gb18030"


def test_wide_integer_keeps_every_digit(write_dbf: Writer) -> None:
    table = decoded(write_dbf([("BSM", "N", 18, 0)], [[b"360121425988661001"]]))
    assert table.columns[0].to_pylist() == ["360121425988661001"]


@pytest.mark.parametrize("kept", [0, 1, 31, 40, 100, 160, 170, 200])
def test_every_cut_is_found(write_dbf: Writer, kept: int) -> None:
    with pytest.raises(UnreadableFileError, match=r"\.dbf"):
        decoded(write_dbf(FIELDS, ROWS)[:kept])


def test_missing_end_mark_is_no_damage(write_dbf: Writer) -> None:
    assert len(decoded(write_dbf(FIELDS, ROWS)[:-1]).columns[0]) == 2


@pytest.mark.parametrize(("offset", "value"), [(4, 3), (4, 1), (8, 99), (10, 50)])
def test_header_that_contradicts_the_table_is_refused(write_dbf: Writer, offset: int, value: int) -> None:
    raw = bytearray(write_dbf(FIELDS, ROWS))
    raw[offset] = value
    with pytest.raises(UnreadableFileError, match=r"\.dbf"):
        decoded(bytes(raw))


def test_zeroed_block_is_refused(write_dbf: Writer) -> None:
    raw = bytearray(write_dbf(FIELDS, ROWS * 8))
    raw[161 + 59 * 2 : 161 + 59 * 5] = bytes(59 * 3)
    with pytest.raises(UnreadableFileError, match="record 3"):
        decoded(bytes(raw))


def test_block_lost_inside_a_row_is_refused(write_dbf: Writer) -> None:
    raw = bytearray(write_dbf(FIELDS, ROWS * 8))
    raw[161 + 59 * 4 + 10 : 161 + 59 * 4 + 50] = bytes(40)
    with pytest.raises(UnreadableFileError, match="record 5 holds a block"):
        decoded(bytes(raw))


def test_table_padded_with_zeros_throughout_is_sound(write_dbf: Writer) -> None:
    rows = [
        [v.ljust(18, b"\x00") if i == 0 else v.ljust(20, b"\x00") for i, v in enumerate(r[:2])] for r in ROWS
    ]
    table = decoded(write_dbf(FIELDS[:2], rows))
    assert table.columns[0].to_pylist() == ["360121425988661001", "0601"]
    assert table.noticed == []
    one = [[*r[:1], r[1].ljust(20, b"\x00"), *r[2:]] for r in ROWS]
    assert decoded(write_dbf(FIELDS, one)).columns[1].to_pylist() == ["东村镇厂房", "普明镇安置小区"]


def test_two_fields_of_one_name_are_refused(write_dbf: Writer) -> None:
    with pytest.raises(UnreadableFileError, match="BSM"):
        decoded(write_dbf([("BSM", "C", 4, 0), ("BSM", "C", 4, 0)], [[b"1", b"2"]]))


def test_deleted_rows_are_marked(write_dbf: Writer) -> None:
    raw = bytearray(write_dbf(FIELDS, ROWS))
    raw[161] = ord("*")
    assert parse_dbf(np.frombuffer(bytes(raw), np.uint8), REQUEST).deleted.tolist() == [True, False]


def test_chinese_field_name_cut_inside_a_character_is_trimmed(write_dbf: Writer) -> None:
    raw = bytearray(write_dbf([("X", "C", 20, 0)], [["东村镇标准厂房项目".encode()]]))
    raw[32:43] = "批准文号".encode()[:10] + b"\x00"
    assert decoded(bytes(raw)).names == ["批准文"]


def test_memo_field_is_left_out_and_told(write_dbf: Writer) -> None:
    table = decoded(write_dbf([("BZ", "M", 10, 0)], [[b""]]))
    assert [n.rule for n in table.noticed] == ["I046"]


@given(st.lists(st.text(alphabet="岚县东村镇普明厂房AB12 ", max_size=9), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_values_survive_but_for_blanks_around_them(write_dbf: Writer, values: list[str]) -> None:
    raw = write_dbf([("XMMC", "C", 20, 0)], [[v.encode("gbk")] for v in [*values, "集体土地所有权"]])
    assert decoded(raw).columns[0].to_pylist()[:-1] == [v.strip() or None for v in values]
