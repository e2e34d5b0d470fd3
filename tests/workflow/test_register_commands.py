"""Looking back, undoing, copying and correcting, on a county after its first run."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pyogrio
import pytest
from click.testing import CliRunner, Result

from landinv.cli.app import application
from landinv.errors import (
    CorrectionError,
    FieldValueError,
    SourceMissingError,
    StoreDamagedError,
    UndoConflictError,
)
from landinv.store import State, open_store
from landinv.workflow.author import Author
from landinv.workflow.correct import correct, corrections_of, withdraw
from landinv.workflow.decisions import back_up, restore, undo
from landinv.workflow.diff import diff, write_diff
from landinv.workflow.history import parcel_history, register_history
from landinv.workflow.outside_edits import adopt_edits, look_at_store, undo_edits
from landinv.workflow.project import read_project
from tests.store.test_verify import edited

BY = Author("示例甲", "合同扫描件")
S1 = "1411272015B00011"


@pytest.fixture
def project(make_county_after_a_run: Callable[[Path], Path], tmp_path: Path) -> Path:
    return make_county_after_a_run(tmp_path / "岚 县")


def state(project: Path) -> State:
    options = read_project(project)
    with open_store(options.store, county=options.county) as store:
        read = store.read_state()
    assert read is not None
    return read


def register(project: Path) -> Path:
    return Path(read_project(project).store)


def ask(project: Path, *words: str) -> Result:
    return CliRunner().invoke(application, ["--lang", "en", *words, "--project", str(project)])


def answer(project: Path, *words: str) -> dict[str, object]:
    result = ask(project, *words, "--format", "json")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    loaded: dict[str, object] = json.loads(result.stdout)
    return loaded


def test_correction_is_recorded_with_its_event_and_shown_at_once(project: Path) -> None:
    done = correct(project, S1, ("holder", "示例乙公司"), BY)
    row = done.corrections.iloc[0]
    assert (row["layer"], row["was"], row["value"], row["made_by"]) == (
        "supplies", "岚县甲木铸造有限公司", "示例乙公司", "示例甲",
    )  # fmt: skip
    supplies = state(project).supplies.set_index("supervision_no")
    assert supplies.loc[S1, "holder"] == "示例乙公司"
    events = register_history(project).events
    assert events[["command", "actor", "reason"]].iloc[-1].tolist() == [
        f"correct {S1} holder",
        "示例甲",
        "合同扫描件",
    ]
    assert events["touched"].iloc[-1]["corrections"] == {"added": 1, "removed": 0, "changed": 0}


def test_correction_of_a_parcel_goes_to_its_source_where_the_source_says_it(project: Path) -> None:
    done = correct(project, "141127-S00001", ("agreed_start_on", "2021-03-04"), BY)
    supply = state(project).parcels.set_index("parcel_id").loc["141127-S00001", "supervision_no"]
    assert done.corrections[["layer", "key"]].values.tolist() == [["supplies", supply]]
    done = correct(project, "141127-P00001", ("owner_unit", "甲村集体"), BY)
    assert done.corrections[["layer", "key"]].values.tolist() == [["parcels", "141127-P00001"]]


def test_second_thought_keeps_what_the_source_said_and_withdrawing_brings_it_back(project: Path) -> None:
    first = correct(project, S1, ("holder", "示例乙公司"), BY).corrections
    second = correct(project, S1, ("holder", "示例丙公司"), BY).corrections
    assert second["was"].tolist() == first["was"].tolist()
    assert len(corrections_of(project).corrections) == 1
    withdraw(project, str(second["correction_id"].iloc[0]), BY)
    assert corrections_of(project).corrections.empty
    assert state(project).supplies.set_index("supervision_no").loc[S1, "holder"] == "岚县甲木铸造有限公司"


@pytest.mark.parametrize(
    ("record", "field", "value", "said"),
    [
        ("1411272015B00012", "holder", "x", "no parcel"),
        (S1, "holdr", "x", "holdr"),
        ("141127-P00001", "area_m2", "5", "area_m2"),
        (S1, "agreed_start_on", "soon", "agreed_start_on"),
        (S1, "supervision_no", "1", "supervision_no"),
    ],
)
def test_what_cannot_be_corrected_is_refused(
    project: Path, record: str, field: str, value: str, said: str
) -> None:
    with pytest.raises(CorrectionError, match=said) as caught:
        correct(project, record, (field, value), BY)
    assert caught.value.hint
    assert len(register_history(project).events) == 1


def test_correction_without_name_or_reason_is_refused(project: Path) -> None:
    with pytest.raises(FieldValueError):
        correct(project, S1, ("holder", "x"), Author("示例甲"))


def test_run_is_undone_and_the_undoing_too(project: Path) -> None:
    correct(project, S1, ("holder", "示例乙公司"), BY)
    done = undo(project, 2, Author("示例甲", "误操作"))
    assert done.commit.written
    assert state(project).supplies.set_index("supervision_no").loc[S1, "holder"] == "岚县甲木铸造有限公司"
    undo(project, 3, BY)
    assert state(project).supplies.set_index("supervision_no").loc[S1, "holder"] == "示例乙公司"
    assert register_history(project).events["command"].tolist()[2:] == ["undo 2", "undo 3"]


def test_first_run_undone_leaves_an_empty_register_that_remembers(project: Path) -> None:
    assert undo(project, 1, BY).commit.removed == 5
    assert state(project).parcels.empty
    told = parcel_history(project, "141127-P00001")
    assert not told.is_current
    assert told.events["fate"].tolist() == ["new", "gone"]


def test_run_that_was_built_upon_is_not_undone(project: Path) -> None:
    correct(project, S1, ("holder", "示例乙公司"), BY)
    correct(project, S1, ("holder", "示例丙公司"), BY)
    with pytest.raises(UndoConflictError, match="Batch 2"):
        undo(project, 2, BY)


def test_difference_of_runs_dates_and_files(project: Path, tmp_path: Path) -> None:
    copy = back_up(project, tmp_path / "b.gpkg").target
    correct(project, "141127-P00001", ("owner_unit", "甲村集体"), BY)
    for old in ("1", "#1", str(copy)):
        found = diff(project, old)
        assert found.counts() == {"added": 0, "removed": 0, "changed": 1}
        assert found.rows[["parcel_id", "column", "after"]].values.tolist() == [
            ["141127-P00001", "owner_unit", "甲村集体"]
        ]
    assert diff(project, "2000-01-01").counts()["added"] == 5
    assert diff(project, "now", "now").rows.empty
    for wrong in ("7", "2000-13-01x", "nowhere.gpkg"):
        with pytest.raises(SourceMissingError):
            diff(project, wrong)


def test_difference_is_written_as_workbook_and_as_layer(project: Path, tmp_path: Path) -> None:
    found = diff(project, "2000-01-01")
    rows = pd.read_excel(write_diff(found, tmp_path / "d.xlsx"), dtype=str, keep_default_na=False)
    assert len(rows) == 5
    layer = pyogrio.read_dataframe(write_diff(found, tmp_path / "d.gpkg"))
    assert layer["change"].tolist() == ["added"] * 5


def test_backup_is_sound_and_restored_with_an_event(project: Path, tmp_path: Path) -> None:
    copied = back_up(project)
    assert copied.target.name == "register_backup_1.gpkg"
    correct(project, S1, ("holder", "示例乙公司"), BY)
    done = restore(project, copied.target, BY)
    assert state(project).corrections.empty
    assert register_history(project).events["command"].tolist() == ["run", "restore"]
    assert look_at_store(project).problems.empty
    assert done.kept is not None
    with open_store(done.kept, county=read_project(project).county) as kept:
        assert len(kept.known_corrections()) == 1


def test_damaged_backup_is_not_restored_and_a_damaged_register_is_replaced(project: Path) -> None:
    copied, path = back_up(project).target, register(project)
    sound, register_bytes = copied.read_bytes(), path.read_bytes()
    copied.write_bytes(sound.replace("岚县甲木铸造有限公司".encode(), "岚县乙木铸造有限公司".encode()))
    with pytest.raises((StoreDamagedError, ValueError), match="not sound"):
        restore(project, copied, BY)
    assert path.read_bytes() == register_bytes
    copied.write_bytes(sound)
    path.write_bytes(b"no database at all" * 99)
    done = restore(project, copied, BY)
    assert len(state(project).parcels) == 5
    assert done.kept is not None
    assert done.kept.read_bytes().startswith(b"no database")


def test_edit_of_a_source_layer_is_adopted_as_correction(project: Path) -> None:
    edited(
        register(project),
        "UPDATE supplies SET holder = '示例乙公司' WHERE supervision_no = '1411272015B00011'",
    )
    looked = look_at_store(project)
    assert looked.edits[["table", "row", "column", "found"]].values.tolist() == [
        ["supplies", S1, "holder", "示例乙公司"]
    ]
    adopt_edits(project, BY)
    assert corrections_of(project).corrections[["key", "field", "was", "value"]].values.tolist() == [
        [S1, "holder", "岚县甲木铸造有限公司", "示例乙公司"]
    ]
    assert look_at_store(project).problems.empty


def test_edit_of_a_shape_is_adopted_and_kept_as_shape(project: Path) -> None:
    edited(
        register(project),
        "UPDATE approvals SET geom = (SELECT geom FROM approvals WHERE fid = 2) WHERE fid = 1",
    )
    adopt_edits(project, BY)
    (row,) = corrections_of(project).corrections.to_dict("records")
    assert (row["field"], row["layer"]) == ("geometry", "approvals")
    shapes = state(project).approvals.set_index("approval_no").geometry
    assert shapes["晋政地字〔2015〕1号"].equals(shapes["晋政地字〔2016〕2号"])


def test_edit_of_what_is_computed_is_not_adopted_but_taken_back(project: Path) -> None:
    edited(
        register(project), "UPDATE parcels SET area_m2 = 1 WHERE fid = 1", "DELETE FROM shares WHERE fid = 2"
    )
    with pytest.raises(CorrectionError, match="2 edits") as caught:
        adopt_edits(project, BY)
    assert "141127-P00001" in caught.value.message
    done = undo_edits(project, BY)
    assert done.commit is not None
    assert look_at_store(project).problems.empty
    assert state(project).parcels["area_m2"].min() != 1


def test_commands_answer_as_json(project: Path) -> None:
    assert answer(project, "history")["schema"] == "landinv.history/1"
    told = answer(project, "history", "141127-P00001")
    assert (told["current"], told["ancestors"]) == (True, [])
    assert answer(project, "diff", "2000-01-01")["counts"] == {"added": 5, "removed": 0, "changed": 0}
    made = answer(project, "correct", S1, "holder", "示例乙公司", "--by", "示例甲", "--why", "x")
    assert made["schema"] == "landinv.correct/1"
    assert answer(project, "undo", "2")["run"] == 2
    copied = answer(project, "backup")
    assert answer(project, "restore", str(copied["target"]))["schema"] == "landinv.restore/1"
    assert answer(project, "state", "2030-01-01", "--known", "then")["schema"] == "landinv.state/1"


def test_commands_show_tables(project: Path) -> None:
    for words, said in (
        (("history",), "run"),
        (("history", "141127-P00001"), "new"),
        (("diff", "2000-01-01"), "5 parcels added"),
        (("correct", S1, "holder", "示例乙公司", "--by", "示例甲", "--why", "x"), "Recorded as run 2"),
        (("correct", "--list"), "示例乙公司"),
        (("undo", "2"), "undone as run 3"),
        (("backup",), "the copy is sound"),
        (("state", "2030-01-01", "--known", "then"), "By what was known then"),
    ):
        result = ask(project, *words)
        assert result.exit_code == 0, (words, result.output, result.exception)
        assert said in result.output, (words, result.output)


def test_check_of_the_store_names_the_edit_and_what_to_do(project: Path) -> None:
    def check(*words: str) -> Result:
        return CliRunner().invoke(application, ["--lang", "en", "check", "--store", *words, str(project)])

    assert check().exit_code == 0
    edited(register(project), "UPDATE parcels SET holder = '乙' WHERE fid = 1")
    result = check()
    assert result.exit_code == 1
    assert "141127-P00001" in result.output
    assert "--adopt" in result.output
    assert check("--adopt").exit_code == 2
    assert check("--adopt", "--undo").exit_code == 2
    assert check("--undo").exit_code == 0
    assert check().exit_code == 0
    told = json.loads(check("--format", "json").stdout)
    assert (told["schema"], told["problems"]) == ("landinv.check-store/1", [])


def test_unknown_parcel_names_near_ones(project: Path) -> None:
    with pytest.raises(SourceMissingError, match="141127-P0001") as caught:
        parcel_history(project, "141127-P0001")
    assert "141127-P00001" in caught.value.hint


def test_register_that_was_never_written_is_said(tmp_path: Path, make_county: Callable[[Path], Path]) -> None:
    project = make_county(tmp_path / "新")
    for use in (register_history, lambda p: undo(p, 1, BY), back_up, lambda p: diff(p, "1")):
        with pytest.raises(SourceMissingError, match=r"register\.gpkg"):
            use(project)


def test_store_opened_by_qgis_is_said_to_be_held(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from landinv.errors import StoreLockedError

    monkeypatch.setattr("landinv.workflow.register.open_store", _impatient)
    with closing(sqlite3.connect(register(project), isolation_level=None)) as qgis:
        qgis.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreLockedError, match="held by another"):
            correct(project, S1, ("holder", "x"), BY)
        qgis.execute("ROLLBACK")
    assert look_at_store(project).problems.empty


def _impatient(path: str, **given: object) -> object:
    return open_store(path, timeout_s=0.2, **given)  # type: ignore[arg-type]
