from __future__ import annotations

import dataclasses
import math
import re
import zipfile
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils.escape import unescape

from landinv.outputs.lists.content import (
    BALANCE,
    COVER,
    FINDINGS,
    IDLE_LAND,
    PROJECTS,
    REGISTERS,
    SLIVERS,
    SUMMARY,
    UNDECIDED,
    UNSTARTED,
    UNSUPPLIED,
    VISITS,
    WorkbookContent,
)
from landinv.outputs.lists.csv import read_parcels_csv, write_parcels_csv
from landinv.outputs.lists.workbook import write_workbook

from .test_lists_sample import PAYLOADS, make_content

SHEETS = [COVER, SUMMARY, *REGISTERS, BALANCE, PROJECTS, VISITS, FINDINGS, SLIVERS]
KINDS_OF = {
    UNSUPPLIED: ["approved_unsupplied"],
    UNSTARTED: ["supplied_unstarted"],
    IDLE_LAND: ["suspected_idle", "idle"],
    UNDECIDED: ["cannot_judge"],
}
UNITS = {"公顷": (Decimal(10_000), 4), "亩": (Decimal(2000) / 3, 2), "平方米": (Decimal(1), 2)}


@pytest.fixture(scope="module")
def content() -> WorkbookContent:
    return make_content()


@pytest.fixture(scope="module")
def path(content: WorkbookContent, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_workbook(content, tmp_path_factory.mktemp("book") / "parcels.xlsx")


@pytest.fixture(scope="module")
def book(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def parcels(content: WorkbookContent, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The register as the CSV tells it: what every total has to be recomputed from."""
    return read_parcels_csv(
        write_parcels_csv(content.parcels, tmp_path_factory.mktemp("csv") / "parcels.csv")
    )


def lines(sheet: Any) -> list[dict[str, Any]]:
    """Rows below the header, by title without its line break."""
    rows = list(sheet.iter_rows(min_row=3, values_only=True))
    titles = [str(t).replace("\n", "") for t in rows[0]]
    found = [dict(zip(titles, row, strict=True)) for row in rows[1:]]
    return [row for row in found if isinstance(row["序号"], int) or row["序号"] in ("小计", "合计")]


def data(sheet: Any) -> list[dict[str, Any]]:
    return [row for row in lines(sheet) if isinstance(row["序号"], int)]


def half_up(values: pd.Series, unit: str) -> Decimal:
    """Sum of m² in a unit, rounded half up to its decimals."""
    factor, decimals = UNITS[unit]
    total = sum((Decimal(str(v)) for v in values.dropna()), Decimal(0)) / factor
    return total.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def shown(value: float, unit: str) -> Decimal:
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-UNITS[unit][1]))


def test_sheets_stand_in_their_order(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == SHEETS


def test_first_rows_are_title_units_and_header(book: openpyxl.Workbook) -> None:
    for name in SHEETS[2:]:
        sheet = book[name]
        assert sheet["A1"].value.startswith(name)
        assert "2022-10-10" in sheet["A2"].value
        assert sheet["A3"].value == "序号"
    assert [book[name]["B3"].value for name in REGISTERS] == ["地块编号"] * 4


@pytest.mark.parametrize("name", REGISTERS)
@pytest.mark.parametrize(("title", "unit"), [("（公顷）", "公顷"), ("（亩）", "亩")])
def test_register_totals_are_the_parcels_own(
    book: openpyxl.Workbook, parcels: pd.DataFrame, name: str, title: str, unit: str
) -> None:
    rows = lines(book[name])
    column = next(t for t in rows[0] if re.fullmatch(rf"(未供)?面积{title}", t))
    mine = parcels[parcels["kind"].isin(KINDS_OF[name])]
    whole = sum(half_up(mine.loc[mine["kind"] == kind, "area_m2"], unit) for kind in KINDS_OF[name])
    assert shown(rows[-1][column], unit) == whole
    assert rows[-1]["地块编号"] == f"{len(mine)} 宗"
    for row in (r for r in rows if r["序号"] == "小计"):
        here = [r for r in data(book[name]) if r["乡镇"] == row["乡镇"]]
        assert shown(row[column], unit) == sum(shown(r[column] or 0, unit) for r in here)
        true = mine.loc[mine["township"] == row["乡镇"], "area_m2"]
        last_place = Decimal(1).scaleb(-UNITS[unit][1])
        assert abs(shown(row[column], unit) - half_up(true, unit)) <= last_place * len(KINDS_OF[name])


@pytest.mark.parametrize(
    ("name", "title", "field"),
    [
        (UNSUPPLIED, "其中农用地（公顷）", "farmland_m2"),
        (UNSUPPLIED, "其中耕地（公顷）", "cropland_m2"),
        (UNSUPPLIED, "压占永久基本农田（公顷）", "permanent_farmland_m2"),
        (UNSUPPLIED, "压占生态保护红线（公顷）", "redline_m2"),
        (UNSUPPLIED, "城镇开发边界外（公顷）", "outside_boundary_m2"),
    ],
)
def test_other_area_totals_are_the_parcels_own(
    book: openpyxl.Workbook, parcels: pd.DataFrame, name: str, title: str, field: str
) -> None:
    mine = parcels[parcels["kind"].isin(KINDS_OF[name])]
    rows = lines(book[name])
    assert shown(rows[-1][title], "公顷") == half_up(mine[field], "公顷")
    assert shown(rows[-1][title], "公顷") == sum(shown(r[title] or 0, "公顷") for r in data(book[name]))


@pytest.mark.parametrize(
    ("name", "title", "field"),
    [
        (UNSTARTED, "成交价款（万元）", "price_wan"),
        (IDLE_LAND, "成交价款（万元）", "price_wan"),
        (IDLE_LAND, "闲置费测算（万元）", "fee_wan"),
    ],
)
def test_money_totals_are_the_parcels_own(
    book: openpyxl.Workbook, parcels: pd.DataFrame, name: str, title: str, field: str
) -> None:
    mine = parcels.loc[parcels["kind"].isin(KINDS_OF[name]), field]
    assert lines(book[name])[-1][title] == pytest.approx(math.fsum(mine.dropna()), abs=5e-5)


def test_summary_is_recomputed_from_the_parcels(book: openpyxl.Workbook, parcels: pd.DataFrame) -> None:
    sheet = book[SUMMARY]
    kinds = [k for names in KINDS_OF.values() for k in names]
    heads = {"批而未供": 2, "供而未用": 5, "疑似闲置": 8, "闲置": 11, "无法判断": 14}
    assert {sheet.cell(3, column).value: column for column in heads.values()} == heads
    rows = {sheet.cell(r, 1).value: r for r in range(5, 9)}
    assert list(rows) == ["东村镇", "岚城镇", "普明镇", "合计"]
    for kind, column in zip(kinds, heads.values(), strict=True):
        mine = parcels[parcels["kind"] == kind]
        assert sheet.cell(rows["合计"], column).value == len(mine)
        for offset, unit in ((1, "公顷"), (2, "亩")):
            figures = [shown(sheet.cell(r, column + offset).value, unit) for r in rows.values()]
            assert figures[-1] == half_up(mine["area_m2"], unit) == sum(figures[:-1])
    for row in rows.values():
        for offset in range(3):
            parts = [sheet.cell(row, column + offset).value for column in heads.values()]
            assert sheet.cell(row, 17 + offset).value == pytest.approx(sum(parts), abs=1e-9)
    assert sheet.cell(rows["合计"], 17).value == len(parcels)


def test_cohorts_are_recomputed_from_the_parcels(book: openpyxl.Workbook, parcels: pd.DataFrame) -> None:
    sheet = book[SUMMARY]
    first = next(r for r in range(1, 30) if sheet.cell(r, 1).value == "批准年份段")
    rows = {sheet.cell(r, 1).value: r for r in range(first + 1, first + 4)}
    mine = parcels[parcels["kind"] == "approved_unsupplied"]
    for cohort, row in rows.items():
        true = mine if cohort == "合计" else mine[mine["cohort"] == cohort]
        assert sheet.cell(row, 2).value == len(true)
        assert abs(shown(sheet.cell(row, 3).value, "公顷") - half_up(true["area_m2"], "公顷")) < Decimal(
            "0.0003"
        )
    assert shown(sheet.cell(rows["合计"], 3).value, "公顷") == half_up(mine["area_m2"], "公顷")


@pytest.mark.parametrize("unit", ["公顷", "平方米"])
def test_balance_foots_down_and_across(book: openpyxl.Workbook, content: WorkbookContent, unit: str) -> None:
    parts = [f"{p}（{unit}）" for p in ("与他批文重叠", "已撤回", "核减", "已供", "未供", "碎片")]
    rows = lines(book[BALANCE])
    for row in rows:
        across = sum(shown(row[p] or 0, unit) for p in parts)
        assert shown(row[f"批准面积（{unit}）"], unit) == across
    shaped = [row for row in data(book[BALANCE]) if row["核算依据"] == "图形核算"]
    subtotal = next(row for row in rows if row["序号"] == "小计" and row["核算依据"] == "图形核算")
    for title in [f"批准面积（{unit}）", *parts]:
        assert shown(subtotal[title], unit) == sum(shown(row[title], unit) for row in shaped)
    assert shown(subtotal[f"未供（{unit}）"], unit) == half_up(content.balance["unsupplied_m2"], unit)
    assert abs(
        shown(subtotal[f"批准面积（{unit}）"], unit) - half_up(content.balance["approved_m2"], unit)
    ) <= Decimal(1).scaleb(-UNITS[unit][1])


def test_unsupplied_land_is_one_figure_on_all_sheets(book: openpyxl.Workbook) -> None:
    register = lines(book[UNSUPPLIED])[-1]["未供面积（公顷）"]
    balance = next(r for r in lines(book[BALANCE]) if r["序号"] == "小计")["未供（公顷）"]
    assert register == balance == book[SUMMARY].cell(8, 3).value


@pytest.mark.parametrize("title", ["（公顷）", "（亩）"])
def test_a_parcel_has_one_figure_on_all_sheets(book: openpyxl.Workbook, title: str) -> None:
    visits = {row["地块编号"]: row[f"面积{title}"] for row in data(book[VISITS])}
    linked = {row["地块编号"]: row[f"地块面积{title}"] for row in data(book[PROJECTS]) if row["地块编号"]}
    registers = {
        row["地块编号"]: row.get(f"面积{title}", row.get(f"未供面积{title}"))
        for name in REGISTERS
        for row in data(book[name])
    }
    assert visits == registers
    assert linked == {parcel: registers[parcel] for parcel in linked}


def test_an_approval_has_one_unsupplied_area_in_register_and_balance(book: openpyxl.Workbook) -> None:
    register: dict[str, Decimal] = {}
    for row in data(book[UNSUPPLIED]):
        number = row["批准文号"]
        register[number] = register.get(number, Decimal(0)) + shown(row["未供面积（公顷）"] or 0, "公顷")
    balance = {row["批准文号"]: shown(row["未供（公顷）"], "公顷") for row in data(book[BALANCE])}
    assert register == {number: balance[number] for number in register}


def test_difference_is_shown_unrounded_to_area(book: openpyxl.Workbook) -> None:
    assert [row["闭合差（平方米）"] for row in data(book[BALANCE])][:4] == [0.0004] * 4


def test_visit_list_and_slivers_foot(
    book: openpyxl.Workbook, content: WorkbookContent, parcels: pd.DataFrame
) -> None:
    visits, slivers = lines(book[VISITS]), lines(book[SLIVERS])
    by_kind = sum(
        half_up(parcels.loc[parcels["kind"] == k, "area_m2"], "公顷") for k in parcels["kind"].unique()
    )
    assert shown(visits[-1]["面积（公顷）"], "公顷") == by_kind
    assert visits[-1]["距上一处（米）"] == pytest.approx(content.visits["distance_m"].sum(), abs=0.5)
    assert visits[-1]["地块编号"] == "30 宗"
    assert slivers[-1]["椭球面积（平方米）"] == 120.0 == content.slivers["area_m2"].sum()


def test_suspected_and_determined_are_told_apart(book: openpyxl.Workbook, parcels: pd.DataFrame) -> None:
    state = {row["地块编号"]: row["认定状态"] for row in data(book[IDLE_LAND])}
    kinds = parcels.set_index("parcel_id")["kind"]
    assert {kinds[parcel]: word for parcel, word in state.items()} == {
        "suspected_idle": "疑似闲置",
        "idle": "闲置土地",
    }
    elsewhere = [
        cell.value
        for name in (SUMMARY, UNSTARTED, UNDECIDED, VISITS, PROJECTS)
        for row in book[name].iter_rows(min_row=3)
        for cell in row
        if isinstance(cell.value, str)
    ]
    assert "闲置土地" not in elsewhere


def test_codes_are_text_cells(book: openpyxl.Workbook) -> None:
    row = data(book[IDLE_LAND])[0]
    assert row["宗地代码"] == "141127001001GB00007"
    assert row["电子监管号"] == "1411272016B00007"
    cell = book[IDLE_LAND]["B4"]
    assert (cell.data_type, cell.number_format) == ("s", "@")


def test_nineteen_digits_survive(tmp_path: Path) -> None:
    content = make_content()
    digits = "3301102021000123456"
    parcels = content.parcels.assign(supervision_no=digits)
    book = openpyxl.load_workbook(
        write_workbook(dataclasses.replace(content, parcels=parcels), tmp_path / "p.xlsx")
    )
    assert {row["电子监管号"] for row in data(book[UNSTARTED])} == {digits}


def test_no_payload_becomes_a_formula_and_all_are_recoverable(tmp_path: Path) -> None:
    content = make_content(40)
    texts = pd.Series([PAYLOADS[i % 20] for i in range(40)], dtype="str")
    parcels = content.parcels.assign(
        kind="supplied_unstarted", holder=texts, project_name=texts, reason=texts
    )
    county = dataclasses.replace(content.county, name="=1+1")
    dirty = dataclasses.replace(
        content,
        county=county,
        parcels=parcels,
        findings=content.findings.assign(value="=1+1", message="@x"),
        unverified=("=1+1", "{=1+1}"),
        accounts=tuple(dataclasses.replace(a, path="layers/=1+1.shp", crs="=1") for a in content.accounts),
        ruleset="=1+1",
    )
    path = write_workbook(dirty, tmp_path / "p.xlsx")
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert [c.coordinate for c in cells if c.data_type == "f"] == []
    with zipfile.ZipFile(path) as archive:
        assert not any(b"<f>" in archive.read(n) or b"<f " in archive.read(n) for n in archive.namelist())
    rows = data(book[UNSTARTED])
    read = {row["地块编号"]: unescape(row["土地使用权人"]) for row in rows}
    assert read == dict(zip(parcels["parcel_id"], texts, strict=True))
    holders = [cell for cell in book[UNSTARTED]["D"] if cell.value]
    quoted = {text: cell.quotePrefix for cell in holders if (text := unescape(cell.value)) in PAYLOADS}
    assert all(mark for text, mark in quoted.items() if not text.startswith("{"))
    assert set(quoted) == set(PAYLOADS)


def test_same_content_gives_the_same_bytes(content: WorkbookContent, path: Path, tmp_path: Path) -> None:
    again = write_workbook(make_content(), tmp_path / "again.xlsx")
    assert again.read_bytes() == path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2022-10-10T00:00:00Z" in archive.read("docProps/core.xml")


def test_lists_are_set_up_for_print_and_screen(book: openpyxl.Workbook) -> None:
    for name in REGISTERS:
        sheet = book[name]
        assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (8, "landscape")
        # As wide as one page (the format's default) and as many pages long as it takes.
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (None, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows == "$1:$3"
        assert sheet.freeze_panes == "C4"
        assert sheet.auto_filter.ref.startswith("A3:")
        assert "第 &P 页" in sheet.oddFooter.center.text
        assert "内部资料" in sheet.oddFooter.left.text


def test_cover_names_sources_counts_and_what_is_unverified(book: openpyxl.Workbook) -> None:
    cells = [c.value for row in book[COVER].iter_rows() for c in row if c.value is not None]
    assert {"dltb.shp", "ab" * 6, "GB18030", "EPSG:4525", "批文失效年限的口径"} <= set(cells)
    assert any("cn-2012-53" in str(c) and "2022-10-10" in str(c) for c in cells)
    links = {c.hyperlink.location for row in book[COVER].iter_rows() for c in row if c.hyperlink}
    assert links == {f"'{name}'!A1" for name in SHEETS[1:]}


def test_projects_without_land_are_listed_last(book: openpyxl.Workbook) -> None:
    rows = data(book[PROJECTS])
    assert rows[-1]["项目名称"] == "示例无地项目"
    assert rows[-1]["地块编号"] is None
    assert rows[-1]["用地需求（公顷）"] == 0.6


def test_findings_stand_by_who_has_to_act(book: openpyxl.Workbook) -> None:
    rows = data(book[FINDINGS])
    assert [(r["责任方"], r["程度"]) for r in rows] == [("供地科", "错误"), ("调查科", "警告")]


def test_empty_run_makes_a_workbook(tmp_path: Path) -> None:
    content = make_content()
    empty = {
        f.name: getattr(content, f.name).iloc[:0]
        for f in dataclasses.fields(content)
        if isinstance(getattr(content, f.name), pd.DataFrame)
    }
    book = openpyxl.load_workbook(write_workbook(dataclasses.replace(content, **empty), tmp_path / "p.xlsx"))
    assert book.sheetnames == SHEETS
    assert data(book[UNSUPPLIED]) == []


def test_text_too_long_for_a_cell_is_cut_and_says_so(tmp_path: Path) -> None:
    content = make_content()
    long = dataclasses.replace(content, findings=content.findings.assign(value="长" * 40_000))
    book = openpyxl.load_workbook(write_workbook(long, tmp_path / "p.xlsx"))
    value = data(book[FINDINGS])[0]["原值"]
    assert value.startswith("长" * 32_000)
    assert value.endswith("全文见 CSV 文件）")


def test_a_key_of_two_supplies_is_not_used(tmp_path: Path) -> None:
    content = make_content()
    twice = content.supplies.assign(supervision_no="1411272016B99999", contract_no=None, source_refs="x")
    parcels = content.parcels.assign(supervision_no="1411272016B99999")
    changed = dataclasses.replace(content, parcels=parcels, supplies=twice)
    book = openpyxl.load_workbook(write_workbook(changed, tmp_path / "p.xlsx"))
    assert {row["签订日期"] for row in data(book[UNSTARTED])} == {None}
