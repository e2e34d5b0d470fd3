"""Findings that remember, on the county small enough to work out by hand."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

from landinv.errors import FindingUnknownError, OutputError, SourceMissingError
from landinv.model.finding_state import STATE_COLUMNS
from landinv.store import open_store
from landinv.workflow.check import (
    Check,
    accept_findings,
    check_files,
    check_project,
    counts_at,
    reopen_findings,
    selected,
    write_findings,
)
from landinv.workflow.project import read_project
from landinv.workflow.run import run

WHO = {"by": "示例甲", "why": "外业已核实"}


@pytest.fixture(scope="module")
def after_a_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the small county, its records alone, after the first run; only copies of it are changed."""
    spec = importlib.util.spec_from_file_location("county", Path(__file__).parents[1] / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    county = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(county)
    folder = tmp_path_factory.mktemp("岚 县")
    project = county.write_county(folder)
    kept = ("[county]", "[store]", "[output]", "[sources.approvals]", "[sources.supplies", "[rules]")
    tables = re.split(r"^(?=\[)", project.read_text(encoding="utf-8"), flags=re.MULTILINE)
    project.write_text("".join(t for t in tables if t.startswith(kept)), encoding="utf-8")
    run(project)
    return folder


@pytest.fixture(scope="module")
def checked(after_a_run: Path) -> Check:
    """A check of the county as its first run left it; it changes nothing."""
    before = files(after_a_run)
    check = check_project(after_a_run / "landinv.toml")
    assert files(after_a_run) == before
    return check


@pytest.fixture
def folder(after_a_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(after_a_run, tmp_path / "岚 县"))


def listed(folder: Path) -> pd.DataFrame:
    path = folder / "out" / "findings.csv"
    return pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def one(folder: Path, rule: str) -> str:
    """The number of the first finding of a rule."""
    found = listed(folder)
    return str(found.loc[found["rule"] == rule, "finding_id"].iloc[0])


def state_of(folder: Path, finding: str) -> str:
    found = listed(folder).set_index("finding_id")
    return str(found.loc[finding, "state"])


def test_check_sees_what_a_run_lists(checked: Check, after_a_run: Path) -> None:
    assert checked.findings["finding_id"].tolist() == listed(after_a_run)["finding_id"].tolist()
    assert len(checked.findings) > 0
    assert checked.problems.empty
    assert checked.register == str(after_a_run / "register.gpkg")


def test_without_a_register_everything_is_open(folder: Path) -> None:
    numbers = listed(folder)["finding_id"].tolist()
    (folder / "register.gpkg").unlink()
    check = check_project(folder / "landinv.toml")
    assert check.register == ""
    assert set(check.findings["state"]) == {"open"}
    assert check.findings["finding_id"].tolist() == numbers
    assert not (folder / "register.gpkg").exists()


def test_exception_stays_while_it_is_found_though_record_numbers_shift(folder: Path) -> None:
    project, finding = folder / "landinv.toml", one(folder, "L002")
    ledger = (folder / "供地台账.xlsx").read_bytes()
    assert "#5）" in listed(folder).set_index("finding_id").loc[finding, "message"]
    accept_findings(project, [finding], **WHO)
    _rewrite(folder, "1411272015B00011")
    run(project)
    row = listed(folder).set_index("finding_id").loc[finding]
    assert (row["state"], row["accepted_by"], row["accepted_why"]) == ("accepted", "示例甲", "外业已核实")
    assert "#4）" in row["message"]
    told = json.loads((folder / "out" / "run.json").read_text(encoding="utf-8"))["findings"]
    assert told["by_state"]["accepted"] == 1
    assert "L002" not in told["by_rule"]
    before = files(folder)
    run(project)
    after = files(folder)
    assert {k for k in before | after if before.get(k) != after.get(k)} == {str(Path("out", "run.json"))}

    _rewrite(folder, "1411272018B00044")
    assert run(project).findings_by_state["accepted"] == 0
    assert state_of(folder, finding) == "fixed"
    (folder / "供地台账.xlsx").write_bytes(ledger)
    run(project)
    assert state_of(folder, finding) == "open"


def _rewrite(folder: Path, without: str) -> None:
    """Take a row off the contracts, so that those after it move up."""
    path = folder / "供地台账.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book.active
    assert sheet is not None
    numbers = [sheet.cell(row, 1).value for row in range(1, sheet.max_row + 1)]
    sheet.delete_rows(numbers.index(without) + 1)
    book.save(path)


def test_exception_is_an_event_and_can_be_taken_back(folder: Path) -> None:
    project, finding = folder / "landinv.toml", one(folder, "L002")
    accept_findings(project, [finding], **WHO)
    assert not accept_findings(project, [finding], **WHO).written
    reopen_findings(project, [finding], by="示例乙", why="核实有误")
    options = read_project(project)
    with open_store(options.store, county=options.county) as store:
        events, history = store.events(), store.finding_history()
        assert store.verify().empty
    assert events["actor"].tolist()[1:] == ["示例甲", "示例乙"]
    assert events["command"].tolist()[1:] == [f"check --accept {finding}", f"check --reopen {finding}"]
    assert history["action"].tolist() == ["accepted", "withdrawn"]


def test_unknown_number_is_refused_and_nothing_is_written(folder: Path) -> None:
    before = files(folder)
    with pytest.raises(FindingUnknownError, match="F-0000000000"):
        accept_findings(folder / "landinv.toml", ["F-0000000000"], **WHO)
    assert files(folder) == before


def test_exception_needs_a_register(folder: Path) -> None:
    (folder / "register.gpkg").unlink()
    with pytest.raises(SourceMissingError, match="register"):
        accept_findings(folder / "landinv.toml", ["F-0000000000"], **WHO)


def test_damaged_register_is_told_and_counts_as_an_error(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "register.gpkg")) as connection, connection:
        connection.execute("UPDATE findings SET severity = 'notice' WHERE fid = 1")
    check = check_project(folder / "landinv.toml")
    assert check.problems["table"].tolist() == ["findings"]
    none = selected(check, rules=["Z999"])
    assert (counts_at(none, ["error"]), counts_at(none, [])) == (1, 0)


def test_register_that_cannot_be_read_does_not_stop_the_check(folder: Path) -> None:
    (folder / "register.gpkg").write_bytes(b"no database at all" * 100)
    check = check_project(folder / "landinv.toml")
    assert len(check.problems) == 1
    assert set(check.findings["state"]) == {"open"}


def test_single_file_is_checked_without_project(folder: Path) -> None:
    alone = check_files([folder / "供地台账.xlsx"], role="supplies")
    assert [(a.declared, a.role) for a in alone.accounts] == [(3, "supplies")]
    assert (alone.register, alone.project) == ("", "")
    two = check_files([folder / "BP.shp", folder / "GD.shp"])
    assert [a.key for a in two.accounts] == ["BP", "GD"]
    assert set(two.findings["state"]) <= {"open"}


def test_choice_of_severity_rule_and_state(checked: Check) -> None:
    rules = set(checked.findings["rule"])
    assert "L002" in rules
    assert set(selected(checked, rules=["l002"]).findings["rule"]) == {"L002"}
    assert set(selected(checked, severities=["warning"]).findings["severity"]) == {"warning"}
    assert selected(checked, states=["fixed"]).findings.empty
    warnings = (checked.findings["severity"] == "warning").sum()
    assert counts_at(checked, ["warning"]) == warnings


def test_findings_are_points_for_a_map(checked: Check, tmp_path: Path) -> None:
    places = pd.Series([37_548_010.5, None] * len(checked.findings))[: len(checked.findings)]
    check = dataclasses.replace(checked, findings=checked.findings.assign(x=places, y=4_240_000.0))
    layer = gpd.read_file(write_findings(check, tmp_path / "找.gpkg"))
    assert len(layer) == len(checked.findings)
    placed = check.findings["x"].notna()
    assert layer.crs.to_epsg() == 4525
    assert layer.geometry[placed].x.tolist() == check.findings.loc[placed, "x"].tolist()
    assert layer.geometry.isna().tolist() == (~placed).tolist()
    assert set(STATE_COLUMNS) <= set(layer)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_findings_are_a_table(checked: Check, tmp_path: Path, suffix: str) -> None:
    path = write_findings(checked, tmp_path / f"f{suffix}")
    read = pd.read_csv(path, dtype=str) if suffix == ".csv" else pd.read_excel(path, dtype=str)
    assert read["finding_id"].tolist() == checked.findings["finding_id"].tolist()


def test_neither_register_nor_source_is_overwritten(checked: Check, after_a_run: Path) -> None:
    for name in ("register.gpkg", "供地台账.xlsx"):
        before = (after_a_run / name).read_bytes()
        with pytest.raises(OutputError, match=name.split(".")[0]):
            write_findings(checked, after_a_run / name)
        assert (after_a_run / name).read_bytes() == before
    with pytest.raises(OutputError, match="pdf"):
        write_findings(checked, after_a_run / "f.pdf")


def test_json_tells_everything(checked: Check) -> None:
    told = json.loads(json.dumps(checked.to_json()))
    assert told["schema"] == "landinv.check/1"
    assert told["as_of"] == "2022-10-10"
    assert len(told["findings"]) == len(checked.findings)
    assert told["findings"][0]["first_seen_on"] == "2022-10-10"
    assert told["findings"][0]["fixed_on"] is None
    assert sum(rule["open"] for rule in told["rules"]) == told["counts"]["by_state"]["open"]
    assert told["register"]["problems"] == []
