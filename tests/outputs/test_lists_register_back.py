from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from landinv.errors import FieldMissingError, FieldValueError, SourceMissingError, UnreadableFileError
from landinv.outputs.lists.content import IDLE_LAND, REGISTERS, UNDECIDED, UNSUPPLIED, WorkbookContent
from landinv.outputs.lists.registers import printed_parcels
from landinv.outputs.lists.reimport import read_register
from landinv.outputs.lists.workbook import write_workbook

from .test_lists_sample import make_content


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDINV_LANG", "en")


@pytest.fixture(scope="module")
def content() -> WorkbookContent:
    return make_content()


@pytest.fixture(scope="module")
def written(content: WorkbookContent, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_workbook(content, tmp_path_factory.mktemp("book") / "parcels.xlsx")


@pytest.fixture
def path(written: Path, tmp_path: Path) -> Path:
    """A copy to edit."""
    return Path(shutil.copy(written, tmp_path / "parcels.xlsx"))


def save(book: openpyxl.Workbook, path: Path) -> Path:
    book.save(path)
    return path


def column_of(sheet, title: str) -> int:
    titles = {str(c.value).replace("\n", ""): c.column for c in sheet[3]}
    return titles[title]


def test_registers_come_back_without_totals(content: WorkbookContent, path: Path) -> None:
    found = pd.concat([read_register(path, name) for name in REGISTERS])
    assert sorted(found["parcel_id"]) == sorted(content.parcels["parcel_id"])


def test_values_come_back_under_canonical_names(content: WorkbookContent, path: Path) -> None:
    back = read_register(path, IDLE_LAND).set_index("parcel_id")
    true = printed_parcels(content.parcels).set_index("parcel_id").loc[back.index]
    for name in (
        "kind",
        "township",
        "holder",
        "parcel_code",
        "contract_no",
        "supervision_no",
        "clause",
        "idle_cause",
    ):
        assert back[name].fillna("").tolist() == true[name].fillna("").tolist(), name
    for name in ("area_ha", "area_mu", "price_wan", "fee_wan"):
        pd.testing.assert_series_equal(back[name], true[name], atol=5e-5)
    assert back["idle_level"].tolist() == true["idle_level"].tolist()
    assert back["idle_since"].tolist() == true["idle_since"].tolist()
    assert str(back["idle_days"].dtype) == "Int64"


def test_words_come_back_as_codes(content: WorkbookContent, path: Path) -> None:
    back = read_register(path, UNSUPPLIED).set_index("parcel_id")
    assert back.loc["141127-P00000", "flags"] == "built_on;redline"
    assert back["available"].tolist() == [True] * 6
    assert back.loc["141127-P00000", "farmland_m2"] == 700.0
    assert back.loc["141127-P00005", "compensated"] == False  # noqa: E712


def test_an_unknown_township_comes_back_as_missing(content: WorkbookContent, tmp_path: Path) -> None:
    nowhere = content.parcels.assign(township=None, township_code=None)
    path = write_workbook(dataclasses.replace(content, parcels=nowhere), tmp_path / "parcels.xlsx")
    assert read_register(path, IDLE_LAND)["township"].isna().all()


def test_moved_and_added_columns_do_no_harm(path: Path) -> None:
    before = read_register(path, UNDECIDED)
    book = openpyxl.load_workbook(path)
    sheet = book[UNDECIDED]
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))
    sheet.insert_cols(2)
    sheet.cell(3, 2).value = "自编号"
    sheet.insert_rows(1)
    after = read_register(save(book, path), UNDECIDED)
    pd.testing.assert_frame_equal(after.drop(columns="row"), before.drop(columns="row"))
    assert (after["row"] == before["row"] + 1).all()


def test_totals_are_known_without_the_sequence_column(path: Path) -> None:
    before = read_register(path, UNDECIDED)
    book = openpyxl.load_workbook(path)
    sheet = book[UNDECIDED]
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))
    sheet.delete_cols(1)
    pd.testing.assert_frame_equal(read_register(save(book, path), UNDECIDED), before)


def test_what_people_type_is_understood(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book[IDLE_LAND]
    for title, value in (
        ("签订日期", "2020年5月1日"),
        ("成交价款（万元）", "1,234.5"),
        ("认定状态", "闲置土地 "),
    ):
        sheet.cell(4, column_of(sheet, title)).value = value
    row = read_register(save(book, path), IDLE_LAND).iloc[0]
    assert (row["signed_on"], row["price_wan"], row["kind"]) == (pd.Timestamp(2020, 5, 1), 1234.5, "idle")


@pytest.mark.parametrize(
    ("title", "value", "said"),
    [
        ("电子监管号", 1411272016000071234, "digits may be lost"),
        ("签订日期", "2020年5月", "no date"),
        ("签订日期", "2020-13-01", "no date"),
        ("成交价款（万元）", "面议", "no number"),
    ],
)
def test_what_cannot_be_is_refused_by_row_and_column(
    path: Path, title: str, value: object, said: str
) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book[IDLE_LAND]
    sheet.cell(4, column_of(sheet, title)).value = value
    with pytest.raises(FieldValueError, match=f"row 4.*{title[:4]}.*{said}"):
        read_register(save(book, path), IDLE_LAND)


def test_a_parcel_that_stands_twice_is_refused(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    book[IDLE_LAND]["B5"].value = book[IDLE_LAND]["B4"].value
    with pytest.raises(FieldValueError, match="4、5"):
        read_register(save(book, path), IDLE_LAND)


def test_what_is_no_register_is_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceMissingError, match="nowhere"):
        read_register(tmp_path / "nowhere.xlsx", IDLE_LAND)
    with pytest.raises(SourceMissingError, match="台账X"):
        read_register(path, "台账X")
    book = openpyxl.load_workbook(path)
    book[IDLE_LAND]["B3"].value = "编号"
    with pytest.raises(FieldMissingError, match="地块编号"):
        read_register(save(book, path), IDLE_LAND)
    for body in (b"", b"PK\x03\x04 no archive", path.read_bytes()[:3000]):
        broken = tmp_path / "broken.xlsx"
        broken.write_bytes(body)
        with pytest.raises(UnreadableFileError, match="broken"):
            read_register(broken, IDLE_LAND)
