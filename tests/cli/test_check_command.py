"""``landinv check`` as a user meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import openpyxl
import pytest
from click.testing import CliRunner, Result

from landinv.cli.app import application
from landinv.cli.check_words import Asked, asked_for

NOTHING: dict[str, Any] = {"words": (), "role": "", "accept": (), "reopen": (), "by": "", "why": ""}
WHO = {"by": "示例甲", "why": "外业已核实"}


def asked(**options: Any) -> Asked:
    return asked_for({**NOTHING, **options})


def test_words_name_a_project_or_data_files(tmp_path: Path) -> None:
    (tmp_path / "landinv.toml").touch()
    assert asked() == Asked(Path("landinv.toml"))
    assert asked(words=("岚县.toml",)) == Asked(Path("岚县.toml"))
    assert asked(words=(str(tmp_path),)) == Asked(tmp_path / "landinv.toml")
    assert asked(words=("GD.shp", "BP.shp")).files == (Path("GD.shp"), Path("BP.shp"))


def test_several_numbers_follow_one_option() -> None:
    one = asked(accept=("F-0123456789",), words=("f-ABCDEF0123", "岚县.toml"), **WHO)
    assert one == Asked(Path("岚县.toml"), ids=("F-0123456789", "F-abcdef0123"))
    assert asked(reopen=("F-0123456789",), **WHO).reopen


@pytest.mark.parametrize(
    "options",
    [
        {"accept": ("F-1",)},
        {"accept": ("F-1",), "by": "甲", "why": " "},
        {"accept": ("F-1",), "reopen": ("F-2",), **WHO},
        {"accept": ("F-1",), "words": ("GD.shp",), **WHO},
        {"by": "甲"},
        {"words": ("a.toml", "GD.shp")},
        {"role": "supplies"},
        {"role": "supplies", "words": ("a.toml",)},
    ],
)
def test_contradictions_are_wrong_usage(options: dict[str, Any]) -> None:
    with pytest.raises(click.UsageError):
        asked(**options)


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Contracts with a date that is none, in a folder without a project."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["电子监管号", "供应面积（公顷）", "约定动工时间"], ["1411272015B00011", 2.0, "2019-02-30"]):
        sheet.append(row)
    book.save(tmp_path / "台账.xlsx")
    return tmp_path / "台账.xlsx"


def landinv(*words: str, lang: str = "en") -> Result:
    return CliRunner().invoke(application, ["--lang", lang, "check", *words], catch_exceptions=False)


def test_table_shows_rule_number_place_and_state(ledger: Path) -> None:
    done = landinv(str(ledger), "--role", "supplies")
    assert done.exit_code == 0
    for words in ("I023", "value not a date", "supplies#2", "agreed_start_on", "2019-02-30", "F-", "1 open"):
        assert words in done.stdout
    assert max(map(_width, done.stdout.splitlines())) <= 80


def test_chinese_table_says_what_is_wrong_in_chinese(ledger: Path) -> None:
    done = landinv(str(ledger), "--role", "supplies", lang="zh")
    assert "不是有效日期，已留空" in done.stdout
    assert max(map(_width, done.stdout.splitlines())) <= 80


def _width(line: str) -> int:
    return sum(2 if ord(c) >= 0x2E80 else 1 for c in line)


def test_json_is_json_alone(ledger: Path) -> None:
    told = json.loads(landinv(str(ledger), "--role", "supplies", "--format", "json").stdout)
    assert told["schema"] == "landinv.check/1"
    assert [f["rule"] for f in told["findings"]] == ["I023"]
    assert told["sources"][0]["declared"] == 1


def test_only_what_is_shown_and_open_counts_for_the_exit_code(ledger: Path) -> None:
    file = str(ledger), "--role", "supplies"
    assert landinv(*file, "--fail-on", "warning").exit_code == 1
    assert landinv(*file, "--fail-on", "error").exit_code == 0
    assert landinv(*file, "--fail-on", "notice", "--rule", "I001").exit_code == 0


def test_findings_are_written_beside(ledger: Path, tmp_path: Path) -> None:
    out = tmp_path / "找.csv"
    assert f"{out}" in landinv(str(ledger), "--role", "supplies", "--out", str(out)).stdout.replace("\n", "")
    assert "I023" in out.read_text(encoding="utf-8-sig")


def test_help_names_every_option() -> None:
    text = landinv("--help").stdout
    for name in ("--role", "--out", "--severity", "--rule", "--state", "--fail-on", "--accept", "--reopen"):
        assert name in text


def test_exception_goes_through_the_command_line(
    tmp_path: Path, make_county: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import date

    from landinv.inventory.finding_states import with_states
    from landinv.model.findings import findings
    from landinv.store import Event, State, open_store
    from landinv.workflow.project import read_project
    from tests.store.registers import parcels

    project = make_county(tmp_path)
    options = read_project(project)
    found = findings("A001", dataset="dltb", feature="dltb#1").assign(finding_id="F-0123456789")
    state = State(parcels(), findings=with_states(found, None, as_of=date(2022, 10, 10)))
    with open_store(options.store, county=options.county) as store:
        store.commit(state, Event("2022-10-10T08:00:00", "示例甲", "run"))
    done = landinv("--accept", "F-0123456789", "--by", "示例甲", "--why", "已核实", str(project))
    assert "F-0123456789" in done.stdout
    assert "batch 2" in done.stdout
    with open_store(options.store, county=options.county) as store:
        known = store.known_findings()
    assert known is not None
    assert known[["state", "accepted_by", "accepted_why"]].to_numpy().tolist() == [
        ["accepted", "示例甲", "已核实"]
    ]
    monkeypatch.chdir(tmp_path)
    again = landinv("--reopen", "F-0123456789", "--by", "示例乙", "--why", "核实有误", "--format", "json")
    assert json.loads(again.stdout)["findings"][0]["state"] == "open"
