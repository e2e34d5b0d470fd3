from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.errors import EncodingUndecidedError
from landinv.intake.worker.text_encoding import Label, TextEncoding, decide, named_encoding

WORDS = ["东村镇", "普明镇一期标准厂房项目", "集体土地所有权", "水浇地", "农村宅基地", "示例铸造有限公司"]
TRADITIONAL = ["農村宅基地", "國有土地使用權", "東村鎮", "標準廠房項目", "水澆地"]


def decided(words: list[str], encoding: str, label: Label | None = None, **more: str) -> TextEncoding:
    samples = [(w.encode(encoding), 0) for w in words]
    return decide(samples, label or Label(), title="DLTB.shp", **more)


def noticed(encoding: TextEncoding) -> list[str]:
    return [n.rule for n in encoding.noticed]


@pytest.mark.parametrize(
    ("written", "found"), [("gbk", "gb18030"), ("utf-8", "utf-8"), ("gb18030", "gb18030")]
)
def test_bytes_without_a_label_are_decided_by_themselves(written: str, found: str) -> None:
    encoding = decided(WORDS, written)
    assert encoding.name == found
    assert encoding.decode(WORDS[0].encode(written)) == (WORDS[0], ())
    assert encoding.decided[0].confidence > 0.6


def test_big5_is_found_and_told() -> None:
    encoding = decided(TRADITIONAL, "big5")
    assert encoding.name == "big5"
    assert noticed(encoding) == ["I053"]


@pytest.mark.parametrize(
    ("written", "cpg"), [("gbk", b"UTF-8"), ("utf-8", b"GBK"), ("utf-8", b"\xef\xbb\xbfANSI 936\r\n")]
)
def test_wrong_label_loses_against_the_bytes_and_is_told(written: str, cpg: bytes) -> None:
    encoding = decided(WORDS, written, Label(cpg))
    assert encoding.decode(WORDS[1].encode(written))[0] == WORDS[1]
    assert noticed(encoding) == ["I001"]


@pytest.mark.parametrize("cpg", [b"GBK", b"ANSI 936", b"cp936", b"\xef\xbb\xbfgb2312\n", b""])
def test_right_or_empty_label_is_silent(cpg: bytes) -> None:
    encoding = decided(WORDS, "gbk", Label(cpg))
    assert encoding.name == "gb18030"
    assert noticed(encoding) == []


def test_western_language_byte_proves_nothing() -> None:
    assert decided(WORDS, "gbk", Label(None, "cp1252")).name == "gb18030"


def test_nonsense_label_is_told() -> None:
    assert noticed(decided(WORDS, "gbk", Label(b"<html>"))) == ["I001"]


def test_short_text_that_fits_two_encodings_is_asked_for() -> None:
    # 路 in GBK is the middle dot in UTF-8
    with pytest.raises(EncodingUndecidedError, match="路") as caught:
        decided(["路"], "gbk")
    assert "encoding =" in caught.value.hint


def test_label_decides_short_text() -> None:
    assert decided(["路"], "gbk", Label(b"GBK")).name == "gb18030"
    assert decided(["·"], "utf-8", Label(b"UTF-8")).name == "utf-8"


def test_gbk_that_happens_to_be_valid_utf8_is_not_taken_for_it() -> None:
    assert decided(["联通"], "gbk").name == "gb18030"
    assert decided(["一路"], "gbk").name == "gb18030"
    with pytest.raises(EncodingUndecidedError, match="一路一路"):
        decided(["一路一路一路"], "gbk")


def test_another_script_is_not_read_as_chinese() -> None:
    with pytest.raises(EncodingUndecidedError, match="Гренада"):
        decided(["Гренада", "ηελλο"], "utf-8")
    assert decided(["Гренада"], "utf-8", Label(b"UTF-8")).name == "utf-8"


def test_project_file_beats_everything() -> None:
    assert decided(WORDS, "gbk", override="GB18030").name == "gb18030"
    with pytest.raises(EncodingUndecidedError, match="klingon"):
        decided(WORDS, "gbk", override="klingon")


def test_ascii_needs_no_decision() -> None:
    assert decided(["DLBM", "0601"], "ascii").decided[0].decision == "ascii"


def test_mixed_rows_are_told_and_each_is_read_by_itself() -> None:
    samples = [(w.encode("gbk"), 0) for w in WORDS] + [(w.encode("utf-8"), 0) for w in WORDS]
    encoding = decide(samples, Label(), title="DLTB.shp")
    assert noticed(encoding) == ["I002"]
    assert [encoding.decode(raw)[0] for raw, _ in samples] == WORDS * 2


@pytest.mark.parametrize(
    ("written", "width", "left"), [("gbk", 10, "A普明镇一"), ("utf-8", 9, "A普明"), ("gbk", 9, "A普明镇一")]
)
def test_character_cut_by_the_field_is_dropped_and_told(written: str, width: int, left: str) -> None:
    raw = "A普明镇一期标准".encode(written)[:width]
    text, rules = TextEncoding({"gbk": "gb18030"}.get(written, written)).decode(raw, width)
    assert text == left
    assert rules == (() if len(left.encode(written)) == width else ("I004",))


def test_bytes_that_fit_nothing_are_marked() -> None:
    text, rules = TextEncoding("gb18030").decode(b"\xb6\xab\xff\xff\xb4\xe5")
    assert rules == ("I003",)
    assert "\ufffd" in text


def test_nul_inside_text_is_dropped_and_told() -> None:
    assert TextEncoding("utf-8").decode(b"ab\x00cd\x00\x00  ") == ("abcd", ("I005",))


def test_names_of_encodings() -> None:
    assert named_encoding("UTF8") == "utf-8"
    assert named_encoding("") == ""
    assert named_encoding("no such thing") is None


@given(st.lists(st.sampled_from([*WORDS, "岚城镇", "土地使用权人", "约定开工时间"]), min_size=2, max_size=8))
@settings(max_examples=40, deadline=None)
def test_what_was_written_in_gbk_is_read_again(words: list[str]) -> None:
    encoding = decided(words, "gbk")
    assert [encoding.decode(w.encode("gbk"))[0] for w in words] == words
