from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from landinv.errors import (
    EmptyLayerError,
    EncodingUndecidedError,
    FieldMissingError,
    GeometryTypeError,
    SourceMissingError,
    UnreadableFileError,
)
from landinv.intake import read_every_column, read_source
from landinv.model.options import CountyOptions, SourceOptions

pytestmark = pytest.mark.usefixtures("quick")

Book = Callable[..., Path]
Source = Callable[..., SourceOptions]
Rules = Callable[[Any], dict[str, int]]
HEAD = ["序号", "电子监管号", "项目名称", "面积（亩）", "成交价款（万元）", "约定动工时间"]
KEY = "1411272015B{:05d}"


def line(number: int, area: Any = 30, day: Any = "2019-05-01") -> list[Any]:
    return [number, KEY.format(number), f"示例{number}号项目", area, 100, day]


def test_header_is_found_below_title_and_note_and_totals_are_no_record(
    write_book: Book, source: Source, county: CountyOptions, rules: Rules
) -> None:
    rows = [["岚县供地台账"], ["填报单位：示例局", None, None, "单位：亩、万元"], HEAD, line(1), line(2), [],
            ["合计", None, None, 60, 200]]  # fmt: skip
    got = read_source(source(write_book("台账.xlsx", {"供地": rows})), county)
    assert (got.account.declared, got.account.ok) == (2, 2)
    assert got.frame["supplied_area"].round(4).tolist() == [20_000.0] * 2
    assert got.frame["price_wan"].tolist() == [100.0] * 2
    assert got.frame["source_ref"].tolist() == ["supplies#4", "supplies#5"]
    assert rules(got) == {"I030": 1}
    assert isinstance(got.frame, pd.DataFrame)


def test_two_row_header_is_joined(
    write_book: Book, source: Source, county: CountyOptions, rules: Rules
) -> None:
    upper = ["电子监管号", "项目", None, "约定", None, "实际"]
    lower = [None, "名称", "面积(公顷)", "动工时间", "竣工时间", "动工时间"]
    record = [KEY.format(1), "示例一号项目", 1.5, "2019.5.1", "2021.5.1", "2019年6月1日"]
    got = read_source(source(write_book("台账.xlsx", {"供地": [["台账"], upper, lower, record]})), county)
    first = got.frame.iloc[0]
    assert first["project_name"] == "示例一号项目"
    assert first["agreed_start_on"] == pd.Timestamp(2019, 5, 1)
    assert first["agreed_finish_on"] == pd.Timestamp(2021, 5, 1)
    assert first["started_on"] == pd.Timestamp(2019, 6, 1)
    assert first["supplied_area"] == 15_000.0
    assert rules(got) == {"I054": 1}


def test_every_sheet_with_a_header_is_read_in_its_own_units(
    write_book: Book, source: Source, county: CountyOptions, rules: Rules
) -> None:
    other = ["项目名称", "监管号", "供应面积(公顷)"]
    sheets = {
        "填表说明": [["请按要求填写"], ["一、不得空项"]],
        "国土": [HEAD, line(1)],
        "园区": [["单位：公顷"], other, ["示例二号项目", KEY.format(2), 2.0]],
    }
    got = read_source(source(write_book("台账.xlsx", sheets)), county)
    assert got.frame["supplied_area"].round(4).tolist() == [20_000.0, 20_000.0]
    assert got.frame["source_ref"].tolist() == ["supplies#国土!2", "supplies#园区!3"]
    assert rules(got) == {"I047": 1}


def test_dates_of_all_styles_and_cells(
    write_book: Book, source: Source, county: CountyOptions, rules: Rules
) -> None:
    days = ["2019/5/1", dt.datetime(2019, 5, 1), 43586, "20190501", 20190501, "2019-02-30", "2019年5月"]
    rows = [HEAD, *(line(i, day=day) for i, day in enumerate(days))]
    got = read_source(source(write_book("台账.xlsx", {"供地": rows})), county)
    assert got.frame["agreed_start_on"][:5].tolist() == [pd.Timestamp(2019, 5, 1)] * 5
    assert got.frame["agreed_start_on"][5:].isna().all()
    assert rules(got) == {"I023": 1, "I024": 1}
    assert len(got.frame) == 7


def test_value_that_is_no_number_leaves_its_row_whole(
    write_book: Book, source: Source, county: CountyOptions
) -> None:
    got = read_source(source(write_book("台账.xlsx", {"供地": [HEAD, line(1), line(2, "约60亩")]})), county)
    assert got.account.ok == 2
    finding = got.findings.iloc[0]
    assert (finding["rule"], finding["feature"], finding["value"]) == ("I022", "supplies#3", "约60亩")
    assert finding["field"] == "supplied_area"
    assert pd.isna(got.frame["supplied_area"][1])


def test_cells_own_unit_beats_the_headers(write_book: Book, source: Source, county: CountyOptions) -> None:
    rows = [HEAD, line(1, "2公顷"), line(2, "300平方米"), line(3, "１，５００")]
    got = read_source(source(write_book("台账.xlsx", {"供地": rows})), county)
    assert got.frame["supplied_area"].round(4).tolist() == [20_000.0, 300.0, 1_000_000.0]


@pytest.mark.parametrize(("areas", "kept"), [([4_800, 52_000], True), ([4.8, 52.0], False)])
def test_area_without_a_unit_is_square_metres_only_where_that_is_plausible(
    write_book: Book, source: Source, county: CountyOptions, rules: Rules, areas: list[float], kept: bool
) -> None:
    rows = [["电子监管号", "项目名称", "面积"], *([KEY.format(i), "示例", a] for i, a in enumerate(areas))]
    path = write_book("台账.xlsx", {"供地": rows})
    got = read_source(source(path), county)
    assert got.frame["supplied_area"].tolist() == areas if kept else got.frame["supplied_area"].isna().all()
    assert rules(got) == ({"I027": 1} if kept else {"I028": 1})
    told = read_source(source(path, units={"supplied_area": "ha"}), county)
    assert told.frame["supplied_area"].tolist() == [a * 10_000 for a in areas]


def test_money_comes_out_in_wan(
    write_book: Book, source: Source, county: CountyOptions, rules: Rules
) -> None:
    rows = [["项目名称", "项目代码", "总投资(亿元)"], ["示例一号项目", "2022-141127-01-01-000001", 1.5]]
    got = read_source(source(write_book("项目.xlsx", {"项目": rows}), "projects"), county)
    assert got.frame["total_investment_wan"].tolist() == [15_000.0]
    bare = [["项目名称", "项目代码", "总投资"], ["示例一号项目", "2022-141127-01-01-000001", 9_000]]
    assert rules(read_source(source(write_book("b.xlsx", {"项目": bare}), "projects"), county)) == {"I027": 1}
    yuan = [["项目名称", "项目代码", "总投资"], ["示例一号项目", "2022-141127-01-01-000001", 90_000_000]]
    got = read_source(source(write_book("c.xlsx", {"项目": yuan}), "projects"), county)
    assert got.frame["total_investment_wan"].isna().all()


def test_code_that_lost_digits_sets_its_row_aside(
    write_book: Book, source: Source, county: CountyOptions, rules: Rules
) -> None:
    rows = [
        ["项目名称", "项目代码"],
        ["示例一号项目", 2.02214112701010e23],
        ["示例二号项目", "2022-141127-01-01-000001"],
    ]
    got = read_source(source(write_book("项目.xlsx", {"项目": rows}), "projects"), county)
    assert (got.account.ok, got.account.quarantined) == (1, 1)
    assert rules(got)["I026"] == 1
    assert got.quarantined["project_name"].tolist() == ["示例一号项目"]


def test_formula_without_a_result_and_error_cells_are_told(
    write_book: Book, source: Source, county: CountyOptions, rules: Rules
) -> None:
    rows = [HEAD, line(1, "=D3*2"), line(2, "#N/A"), line(3)]
    got = read_source(source(write_book("台账.xlsx", {"供地": rows})), county)
    assert rules(got) == {"I032": 1, "I033": 1}
    assert got.frame["supplied_area"].isna().tolist() == [True, True, False]


def test_hidden_sheet_is_left_out_and_told(
    write_book: Book, source: Source, county: CountyOptions, rules: Rules, tmp_path: Path
) -> None:
    import openpyxl

    path = write_book("台账.xlsx", {"旧": [HEAD, line(9)], "新": [HEAD, line(1)]})
    book = openpyxl.load_workbook(path)
    book["旧"].sheet_state = "hidden"
    book.save(path)
    got = read_source(source(path), county)
    assert got.frame["supervision_no"].tolist() == [KEY.format(1)]
    assert rules(got) == {"I031": 1}


def test_header_that_stands_twice_is_told(
    write_book: Book, source: Source, county: CountyOptions, rules: Rules
) -> None:
    rows = [["电子监管号", "项目名称", "面积(亩)", "面积(亩)"], [KEY.format(1), "示例一号项目", 30, 40]]
    got = read_source(source(write_book("台账.xlsx", {"供地": rows})), county)
    assert got.frame["supplied_area"].round(3).tolist() == [20_000.0]
    assert rules(got)["I042"] == 1


def test_workbook_without_a_header_says_what_it_found(
    write_book: Book, source: Source, county: CountyOptions
) -> None:
    path = write_book("台账.xlsx", {"供地": [[1, 2, 3], [4, 5, 6]]})
    with pytest.raises(FieldMissingError, match="1, 2, 3"):
        read_source(source(path), county)
    with pytest.raises(FieldMissingError, match="表头"):
        read_every_column(source(path, ""), None)


def test_header_without_records_is_told_and_refused_for_approvals(
    write_book: Book, source: Source, county: CountyOptions, rules: Rules
) -> None:
    got = read_source(source(write_book("台账.xlsx", {"供地": [HEAD]})), county)
    assert rules(got)["I121"] == 1
    assert len(got.frame) == 0
    with pytest.raises(EmptyLayerError, match="holds 0"):
        read_source(
            source(write_book("批次.xlsx", {"批次": [["批准文号", "批次名称"]]}), "approvals"), county
        )


def test_blank_rows_between_records_are_told_once(
    write_book: Book, source: Source, county: CountyOptions, rules: Rules
) -> None:
    blank: list[Any] = [None] * len(HEAD)
    rows = [HEAD, line(1), blank, blank, line(2), line(3), blank, blank]
    got = read_source(source(write_book("台账.xlsx", {"供地": rows})), county)
    told = got.findings[got.findings["rule"] == "I120"]
    assert told["value"].tolist() == ["2"]
    assert "第3、4行" in told["message"].iloc[0]
    assert len(got.frame) == 3


def test_a_table_cannot_be_a_layer(write_book: Book, source: Source, county: CountyOptions) -> None:
    with pytest.raises(GeometryTypeError, match="dltb"):
        read_source(source(write_book("台账.xlsx", {"供地": [HEAD, line(1)]}), "dltb"), county)


def test_two_sheets_without_a_role_must_be_chosen(write_book: Book, source: Source) -> None:
    path = write_book("台账.xlsx", {"一": [HEAD, line(1)], "二": [HEAD, line(2)]})
    with pytest.raises(SourceMissingError, match="一, 二"):
        read_every_column(source(path, ""), None)
    got = read_every_column(source(path, "", layer="二"), None)
    assert got.frame["电子监管号"].tolist() == [KEY.format(2)]


def text_table(rows: list[list[str]], separator: str = ",") -> str:
    return "\n".join(separator.join(r) for r in rows) + "\n"


CSV_ROWS = [
    ["电子监管号", "项目名称", "面积（亩）"],
    [KEY.format(1), "示例一号项目", "30"],
    [KEY.format(2), "示例二号项目", "15"],
]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_text_tables_of_every_export(
    tmp_path: Path, source: Source, county: CountyOptions, encoding: str, separator: str
) -> None:
    path = tmp_path / "台账.csv"
    path.write_bytes(text_table(CSV_ROWS, separator).encode(encoding))
    got = read_source(source(path), county)
    assert got.frame["project_name"].tolist() == ["示例一号项目", "示例二号项目"]
    assert got.frame["supplied_area"].round(4).tolist() == [20_000.0, 10_000.0]


def test_excel_tricks_with_text_codes_are_undone(
    tmp_path: Path, source: Source, county: CountyOptions
) -> None:
    path = tmp_path / "台账.csv"
    rows = [CSV_ROWS[0], ['="0012"', "示例一号项目", "30"], ["'0013", "示例二号项目", "30"]]
    path.write_bytes(text_table(rows).encode("gb18030"))
    assert read_source(source(path), county).frame["supervision_no"].tolist() == ["0012", "0013"]


@pytest.mark.parametrize(
    ("body", "word"),
    [(text_table(CSV_ROWS) + '"x', "quotation mark"), (text_table(CSV_ROWS).replace("示例一", "示\x00一"), "NUL"),
     (text_table(CSV_ROWS, "，"), "，")],
)  # fmt: skip
def test_broken_text_tables_are_refused(tmp_path: Path, source: Source, body: str, word: str) -> None:
    path = tmp_path / "台账.csv"
    path.write_bytes(body.encode("gb18030"))
    with pytest.raises(UnreadableFileError, match=word):
        read_source(source(path), None)


def test_lines_of_two_encodings_are_refused(tmp_path: Path, source: Source) -> None:
    path = tmp_path / "台账.csv"
    path.write_bytes(text_table(CSV_ROWS).encode("gb18030") + text_table(CSV_ROWS[1:]).encode("utf-8"))
    with pytest.raises(EncodingUndecidedError, match="编码"):
        read_source(source(path), None)


def test_row_with_a_cell_too_many_is_set_aside(
    tmp_path: Path, source: Source, county: CountyOptions, rules: Rules
) -> None:
    path = tmp_path / "台账.csv"
    rows = [*CSV_ROWS, [KEY.format(3), "示例,三号", "项目", "30"]]
    path.write_bytes(text_table(rows).encode("gb18030"))
    got = read_source(source(path), county)
    assert (got.account.ok, got.account.quarantined) == (2, 1)
    assert rules(got)["I034"] == 1


def test_without_a_role_any_words_are_a_header_but_figures_are_none(tmp_path: Path, source: Source) -> None:
    path = tmp_path / "表.csv"
    path.write_bytes("甲列,乙列\n1,x\n2,y\n".encode())
    got = read_every_column(source(path, ""), None)
    assert got.frame["甲列"].tolist() == ["1", "2"]
    path.write_bytes(b"360121425988661001,x\n360121425988661002,y\n")
    with pytest.raises(FieldMissingError, match="表头"):
        read_every_column(source(path, ""), None)


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (["名称", "面积"], True),
        (["序号", "名称"], False),
        (["code", "name"], False),
        (["宗地编号", "面积"], False),
    ],
)
def test_table_without_any_number_or_code_is_told(
    write_book: Book, source: Source, county: CountyOptions, rules: Rules, headers: list[str], told: bool
) -> None:
    path = write_book("表.xlsx", {"甲": [headers, ["一", "12.5"], ["二", "13.5"]]})
    assert ("I124" in rules(read_every_column(source(path, ""), county))) is told


def test_text_of_one_line_is_no_table_without_records(
    tmp_path: Path, source: Source, county: CountyOptions
) -> None:
    head = "项目名称,面积,备注\n"
    for name in ("a.csv", "a.txt"):
        (tmp_path / name).write_text(head, encoding="utf-8")
    assert len(read_every_column(source(tmp_path / "a.csv", ""), county).frame) == 0
    with pytest.raises(EmptyLayerError):
        read_every_column(source(tmp_path / "a.txt", ""), county)
