"""Giving out an empty workbook never harms a filled one."""

from __future__ import annotations

from pathlib import Path

import pytest

from landinv.errors import GeometryTypeError, OutputError, ProjectFileError
from landinv.workflow.template import template


def test_the_ledgers_own_name_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert template("supplies") == Path("供地台账.xlsx")
    assert (tmp_path / "供地台账.xlsx").stat().st_size > 5000


def test_a_file_that_is_there_may_be_somebodys_work(tmp_path: Path) -> None:
    filled = tmp_path / "a.xlsx"
    filled.write_bytes(b"typed")
    with pytest.raises(OutputError):
        template("projects", filled)
    assert filled.read_bytes() == b"typed"


def test_only_a_workbook_is_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        template("projects", tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("role", ["dltb", "planning", "constraints"])
def test_roles_of_shapes_have_no_template(role: str) -> None:
    with pytest.raises(GeometryTypeError) as caught:
        template(role)
    assert "supplies" in caught.value.hint


def test_an_unknown_role_is_named() -> None:
    with pytest.raises(ProjectFileError, match="ponds"):
        template("ponds")
