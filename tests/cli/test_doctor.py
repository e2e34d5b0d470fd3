"""``landinv doctor`` and ``landinv template`` as a user meets them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from landinv.cli.app import application
from landinv.model.advice import mending, role_titles
from landinv.model.findings import finding_rules
from landinv.model.roles import CONSTRAINT_KINDS, ROLES


def invoke(*arguments: str | Path, lang: str = "en") -> Result:
    return CliRunner().invoke(application, ["--lang", lang, *map(str, arguments)])


@pytest.fixture
def county(tmp_path: Path, make_county: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return make_county(tmp_path / "县").parent


def test_exit_codes_tell_clean_from_found_from_nothing(county: Path, tmp_path: Path) -> None:
    assert invoke("doctor", county / "STBHHX.shp").exit_code == 0
    assert invoke("doctor", county / "DLTB.shp").exit_code == 1
    (tmp_path / "空").mkdir()
    assert type(invoke("doctor", tmp_path / "空").exception).__name__ == "SourceMissingError"
    assert invoke("doctor").exit_code == 2


def test_json_stands_alone_on_the_output(county: Path) -> None:
    told = json.loads(invoke("doctor", county / "BP.shp", "--format", "json").stdout)
    assert told["schema"] == "landinv.doctor/1"
    assert told["entries"][0]["role"]["role"] == "approvals"


@pytest.mark.parametrize(("lang", "word"), [("zh", "地类图斑"), ("en", "land class patches")])
def test_the_table_fits_a_hundred_columns_in_both_languages(county: Path, lang: str, word: str) -> None:
    shown = invoke("doctor", county / "DLTB.shp", county / "GD.shp", county / "gone.shp", lang=lang).stdout
    assert word in shown
    assert "I019" in shown
    assert "gone.shp" in shown
    names = {str(county / name) for name in ("DLTB.shp", "GD.shp", "gone.shp")}
    assert [line for line in shown.splitlines() if cell_len(line) > 100 and line not in names] == []


def test_mending_is_told_in_the_language_of_messages(county: Path) -> None:
    for lang in ("zh", "en"):
        assert mending()["I019"][lang] in invoke("doctor", county / "DLTB.shp", lang=lang).stdout.replace(
            "\n    ", ""
        )


def test_a_project_is_written_once(county: Path, tmp_path: Path) -> None:
    done = invoke("doctor", county / "DLTB.shp", "--write", tmp_path / "neu.toml")
    assert done.exit_code == 1
    assert "neu.toml" in done.stdout
    before = (tmp_path / "neu.toml").read_bytes()
    again = invoke("doctor", county / "DLTB.shp", "--write", tmp_path / "neu.toml")
    assert type(again.exception).__name__ == "OutputError"
    assert (tmp_path / "neu.toml").read_bytes() == before


def test_template_says_where_it_stands(tmp_path: Path) -> None:
    done = invoke("template", "approvals", "-o", tmp_path / "批文.xlsx")
    assert done.exit_code == 0
    assert "批文.xlsx" in done.stdout
    assert invoke("template", "ponds").exit_code == 2


def test_every_advice_is_for_a_rule_and_every_role_has_a_title() -> None:
    assert set(mending()) <= set(finding_rules())
    intake = {code for code in finding_rules() if code[0] == "I" and code < "I060"}
    assert intake <= set(mending())
    assert set(role_titles()) == {*ROLES, *(f"constraints.{kind}" for kind in CONSTRAINT_KINDS)}
