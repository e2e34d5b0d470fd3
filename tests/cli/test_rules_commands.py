"""``landinv rules``, ``explain`` and ``due`` as a user meets them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from landinv.cli.app import application
from landinv.errors import OutputError, ParcelUnknownError, SourceMissingError
from landinv.i18n import set_language


@pytest.fixture(autouse=True)
def _no_language_asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("LANDINV_LANG", raising=False)
    set_language("")
    yield
    set_language("")


def call(*arguments: str) -> Result:
    return CliRunner().invoke(application, list(arguments), catch_exceptions=True)


def told(*arguments: str) -> dict[str, Any]:
    result = call(*arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    loaded: dict[str, Any] = json.loads(result.output)
    return loaded


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, _county_after_a_run: Path) -> Path:
    import shutil

    folder = tmp_path_factory.mktemp("rules") / "岚 县"
    return Path(shutil.copytree(_county_after_a_run, folder)) / "landinv.toml"


def test_rulesets_are_listed_and_shown() -> None:
    listed = told("rules", "list")["rulesets"]
    assert {"cn-2012-53"} <= {row["id"] for row in listed}
    page = call("rules", "show", "cn-2012-53").output
    assert "第二十二条〔未核实〕" in page
    assert "开发面积比例下限：1/3" in page
    assert "土地闲置费占价款比例：20%" in page
    english = call("--lang", "en", "rules", "show", "cn-2012-53").output
    assert "Art. 22 [unverified]" in english


def test_own_ruleset_is_listed_with_the_one_it_extends(
    make_county_after_a_run: Callable[[Path], Path], tmp_path: Path
) -> None:
    project = make_county_after_a_run(tmp_path / "own")
    (project.parent / "lan.toml").write_text(
        'extends = "cn-2012-53"\nid = "lan"\nversion = "3"\ntitle = "岚县规则"\nvalid_from = 2022-01-01\n',
        encoding="utf-8",
    )
    text = project.read_text(encoding="utf-8").replace(
        "[rules]\n", '[rules]\nruleset = ["cn-2012-53", "lan.toml"]\n'
    )
    project.write_text(text, encoding="utf-8")
    rows = {row["id"]: row for row in told("rules", "list", "--project", str(project))["rulesets"]}
    assert rows["lan"]["extends"] == ["cn-2012-53/2"]
    assert told("rules", "show", "lan", "--project", str(project))["version"] == "3"
    number = "1411272015B00011"
    old = told("explain", number, str(project), "--as-of", "2021-12-31")
    new = told("explain", number, str(project), "--as-of", "2022-10-10")
    assert old["ruleset"] == "cn-2012-53/2"
    assert new["ruleset"].startswith("lan/3+")
    assert new["stored"]["ruleset"] == "cn-2012-53/2"
    assert new["differs_from_stored"]
    page = call("explain", number, str(project)).output
    assert "不因规则更新而改写" in page


def test_parcel_is_explained_with_rule_law_rows_and_what_would_change_it(project: Path) -> None:
    page = told("explain", "1411272015B00011", str(project))
    assert page["schema"] == "landinv.explain/1"
    assert page["as_of"] == "2022-10-10"
    assert (page["judgement"]["kind"], page["judgement"]["idle_level"]) == ("suspected_idle", 1)
    assert page["judgement"]["fee_wan"] == 60.0
    assert page["judgement"]["next_change_on"] == "2023-10-10"
    assert page["next"]["state"] == "疑似闲置（满两年）"
    assert page["changes"][0]["fact"] == "start"
    assert "supplies" in page["source_refs"]
    assert not page["differs_from_stored"]
    text = call("explain", page["parcel_id"], str(project)).output
    for piece in (
        "疑似闲置",
        "2021-10-10",
        "第二条第一款",
        "最小的改变",
        "2023-10-10",
        "以《闲置土地认定书》为准",
    ):
        assert piece in text, piece


def test_replay_tells_what_held_on_another_day(project: Path) -> None:
    page = told("explain", "1411272015B00011", str(project), "--as-of", "2022-10-09")
    assert page["judgement"]["kind"] == "supplied_unstarted"
    text = call("explain", "1411272015B00011", str(project), "--as-of", "2022-10-09").output
    assert "按 2022-10-09 重新推算" in text


def test_english_explanation_holds_no_chinese_sentence(project: Path) -> None:
    text = call("--lang", "en", "explain", "1411272015B00011", str(project)).output
    assert "The smallest change" in text
    assert "Idle since 2022-10-10" in text


def test_residual_parcel_is_explained_by_its_approval(project: Path) -> None:
    page = told("explain", "晋政地字〔2016〕2号", str(project))
    assert page["judgement"]["state"] == "lapse_suspected"
    assert page["parcel_id"]
    text = call("explain", "晋政地字〔2016〕2号", str(project)).output
    assert "涉嫌失效" in text
    assert "〔未核实〕" in text


def test_what_the_register_does_not_know_is_refused(project: Path, tmp_path: Path) -> None:
    assert isinstance(call("explain", "XX", str(project)).exception, ParcelUnknownError)
    empty = tmp_path / "landinv.toml"
    empty.write_text(project.read_text(encoding="utf-8"), encoding="utf-8")
    assert isinstance(call("explain", "XX", str(empty)).exception, SourceMissingError)
    assert isinstance(call("due", str(empty)).exception, SourceMissingError)


def test_deadlines_are_listed_and_written(project: Path, tmp_path: Path) -> None:
    book, calendar = tmp_path / "due.xlsx", tmp_path / "due.ics"
    page = told("due", str(project), "--days", "365")
    assert page["schema"] == "landinv.due/1"
    found = {(row["code"], row["due_on"]) for row in page["due"]}
    assert ("investigation", "2022-11-09") in found
    assert ("two_years", "2023-10-10") in found
    assert ("one_year", "2023-03-01") in found
    result = call("due", str(project), "--days", "365", "--xlsx", str(book), "--ics", str(calendar))
    assert result.exit_code == 0
    assert book.stat().st_size > 5_000
    assert calendar.read_text(encoding="utf-8").count("BEGIN:VEVENT") == len(page["due"])
    assert isinstance(call("due", str(project), "--ics", str(tmp_path / "due.txt")).exception, OutputError)


def test_days_narrow_the_list(project: Path) -> None:
    near = told("due", str(project), "--days", "30")["due"]
    assert ("two_years", "2023-10-10") not in {(row["code"], row["due_on"]) for row in near}
    assert {row["days_left"] <= 30 for row in near} == {True}
