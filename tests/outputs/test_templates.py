"""Empty workbooks: their rules, their bytes, and what comes back when they are filled in."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from landinv.intake import read_source
from landinv.model.options import SourceOptions
from landinv.model.roles import role_fields
from landinv.outputs.templates.columns import SHEETS, TEMPLATE_ROLES, TemplateColumn, template_columns
from landinv.outputs.templates.workbook import GUIDE_SHEET, LISTS_SHEET, write_template


def book_of(role: str, folder: Path) -> Any:
    return openpyxl.load_workbook(write_template(role, folder / f"{role}.xlsx"))


def typed(column: TemplateColumn, row: int) -> Any:
    """The column's own example as a clerk would type it; numbers and names differ from row to row."""
    if column.kind == "date":
        return dt.date.fromisoformat(column.example)
    if column.unit:
        return float(column.example)
    if column.field in (
        "supervision_no",
        "contract_no",
        "parcel_code",
        "project_code",
        "project_name",
        "approval_no",
    ):
        return (
            column.example.replace("123", f"12{row}")
            if column.field == "approval_no"
            else f"{column.example[:-1]}{row}"
        )
    return column.example


@pytest.mark.parametrize("role", TEMPLATE_ROLES)
def test_a_filled_template_comes_back_without_a_finding(role: str, tmp_path: Path) -> None:
    path = tmp_path / f"{role}.xlsx"
    book, columns = book_of(role, tmp_path), template_columns(role)
    for row in (2, 3, 4):
        for place, column in enumerate(columns, start=1):
            book[SHEETS[role]].cell(row, place).value = typed(column, row)
    book.save(path)
    got = read_source(SourceOptions(role, role, path), None)
    assert got.findings["rule"].tolist() == []
    assert (got.account.declared, got.account.ok, len(got.frame)) == (3, 3, 3)
    first = got.frame.iloc[0]
    for column in columns:
        value, wanted = first[column.field], typed(column, 2)
        if column.kind == "area":
            assert value == pytest.approx(wanted * 10_000), column.field  # hectares
        elif column.kind == "date":
            assert value == dt.datetime.combine(wanted, dt.time()), column.field
        elif column.kind == "bool":
            assert bool(value) is True
        else:
            assert value == wanted, column.field


@pytest.mark.parametrize("role", TEMPLATE_ROLES)
def test_every_field_has_one_column_and_required_ones_a_star(role: str) -> None:
    columns = template_columns(role)
    assert [c.field for c in columns] == [f.name for f in role_fields(role)]
    assert [c.header.endswith("＊") for c in columns] == [f.required for f in role_fields(role)]
    assert len({c.header for c in columns}) == len(columns)


@pytest.mark.parametrize("role", TEMPLATE_ROLES)
def test_the_same_role_gives_the_same_bytes(role: str, tmp_path: Path) -> None:
    first = write_template(role, tmp_path / "a.xlsx").read_bytes()
    assert write_template(role, tmp_path / "b.xlsx").read_bytes() == first


@pytest.mark.parametrize("role", TEMPLATE_ROLES)
def test_cells_are_ready_for_what_is_typed(role: str, tmp_path: Path) -> None:
    sheet = book_of(role, tmp_path)[SHEETS[role]]
    assert sheet.freeze_panes is not None
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    rules = {
        str(rule.sqref).split(":")[0].rstrip("0123456789"): rule
        for rule in sheet.data_validations.dataValidation
    }
    for place, column in enumerate(template_columns(role), start=1):
        letter = get_column_letter(place)
        cell = sheet.cell(2, place)
        (width,) = [d.width for d in sheet.column_dimensions.values() if d.min <= place <= d.max]
        assert sheet.cell(1, place).value.replace("\n", "") == column.header
        assert column.meaning in sheet.cell(1, place).comment.text
        assert width == pytest.approx(column.width, abs=1)
        if column.kind in ("code", "text", "status", "choice", "bool"):
            assert cell.number_format == "@", column.field
        rule = rules[letter]
        assert str(rule.sqref).endswith("5001"), "rules reach below the rows that are drawn"
        if column.unit:
            assert (rule.type, rule.operator, rule.formula1) == ("decimal", "greaterThanOrEqual", "0")
        elif column.kind == "date":
            assert (rule.type, cell.number_format) == ("date", "yyyy-mm-dd")
        elif column.picks:
            assert rule.type == "list"
            assert rule.showErrorMessage is column.closed


def test_closed_lists_hold_the_words_that_intake_knows(tmp_path: Path) -> None:
    sheet = book_of("approvals", tmp_path)[SHEETS["approvals"]]
    said = {rule.formula1 for rule in sheet.data_validations.dataValidation if rule.type == "list"}
    assert {'"批次,单独选址"', '"有效,失效,撤回"', '"是,否"'} <= said


def test_a_long_list_stands_on_a_sheet_of_its_own(tmp_path: Path) -> None:
    book = book_of("supplies", tmp_path)
    (rule,) = [
        r for r in book[SHEETS["supplies"]].data_validations.dataValidation if LISTS_SHEET in str(r.formula1)
    ]
    letter, last = rule.formula1.rsplit(":$", 1)[1].split("$")
    cells = [book[LISTS_SHEET][f"{letter}{row}"].value for row in range(3, int(last) + 1)]
    assert "工业用地" in cells
    assert all(cells)
    assert book[LISTS_SHEET][f"{letter}{int(last) + 1}"].value is None


@pytest.mark.parametrize("role", TEMPLATE_ROLES)
def test_every_column_is_explained_and_nothing_is_hidden(role: str, tmp_path: Path) -> None:
    book = book_of(role, tmp_path)
    assert [s.title for s in book] == [SHEETS[role], GUIDE_SHEET, LISTS_SHEET]
    assert all(s.sheet_state == "visible" for s in book)
    told = {row[0].value: [c.value for c in row] for row in book[GUIDE_SHEET].iter_rows()}
    for column in template_columns(role):
        assert all(told[column.header][:6]), column.header
