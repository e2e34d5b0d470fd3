from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from landinv.inventory.finding_states import Decision, accepted, reopened, with_states
from landinv.model.findings import findings
from landinv.store import State, Store
from tests.store.registers import event, register

DAY = date(2022, 10, 10)
WORD = Decision("示例甲", "外业已核实", DAY)


def holding(findings_: pd.DataFrame) -> State:
    return replace(register(), findings=findings_)


def found(*ids: str) -> pd.DataFrame:
    frame = findings("A001", dataset="dltb", feature=list(ids))
    return frame.assign(finding_id=pd.Series(list(ids), dtype="str", index=frame.index))


def known(store: Store) -> pd.DataFrame:
    read = store.known_findings()
    assert read is not None
    return read


def told(store: Store) -> list[tuple[int, str, str]]:
    history = store.finding_history()
    return list(zip(history["batch"], history["finding_id"], history["action"], strict=True))


def test_what_becomes_of_a_finding_is_told_batch_by_batch(store: Store) -> None:
    store.commit(holding(with_states(found("F-1", "F-2"), None, as_of=DAY)), event())
    assert told(store) == []
    store.commit(
        holding(accepted(known(store), ["F-2"], WORD)), event(command="check --accept", actor="示例甲")
    )
    store.commit(holding(with_states(found("F-2"), known(store), as_of=DAY)), event())
    store.commit(holding(with_states(found("F-1", "F-2"), known(store), as_of=DAY)), event())
    store.commit(holding(reopened(known(store), ["F-2"], WORD)), event())
    assert told(store) == [
        (2, "F-2", "accepted"), (3, "F-1", "fixed"), (4, "F-1", "reopened"), (5, "F-2", "withdrawn"),
    ]  # fmt: skip
    first = store.finding_history().iloc[0]
    assert (first["actor"], first["command"], first["by"], first["why"]) == (
        "示例甲", "check --accept", "示例甲", "外业已核实",
    )  # fmt: skip
    assert store.verify().empty


def test_states_are_read_back_as_they_were_and_the_same_again_writes_nothing(
    store: Store, path: Path
) -> None:
    state = holding(accepted(with_states(found("F-1"), None, as_of=DAY), ["F-1"], WORD))
    store.commit(state, event())
    pd.testing.assert_frame_equal(known(store)[list(state.findings)], state.findings)
    before = path.read_bytes()
    assert not store.commit(holding(with_states(found("F-1"), known(store), as_of=DAY)), event()).written
    assert path.read_bytes() == before


def test_other_reason_of_an_exception_is_told(store: Store) -> None:
    once = accepted(with_states(found("F-1"), None, as_of=DAY), ["F-1"], WORD)
    store.commit(holding(once), event())
    store.commit(holding(accepted(once, ["F-1"], Decision("示例乙", "另有批复", DAY))), event())
    assert told(store) == [(2, "F-1", "accepted")]
    assert store.finding_history()["by"].tolist() == ["示例乙"]


def test_store_of_before_states_is_brought_along_in_the_same_transaction(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr("landinv.store.gpkg.schema.create_finding_history", lambda *_args, **_named: None)
        older.setattr("landinv.store.commit.FINDING_HISTORY", "lineage")
        store.commit(holding(found("F-1").drop(columns="finding_id")), event())
    assert "finding_history" not in tables(path)
    assert store.verify().empty
    assert store.finding_history().empty
    store.commit(holding(with_states(found("F-1", "F-2"), known(store), as_of=DAY)), event())
    assert store.verify().empty
    assert known(store)["state"].tolist() == ["open", "open"]
    store.commit(holding(accepted(known(store), ["F-1"], WORD)), event())
    assert told(store) == [(3, "F-1", "accepted")]
    assert "finding_history" in tables(path)
    assert store.verify().empty


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {name for (name,) in connection.execute("SELECT table_name FROM gpkg_contents")}


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE findings SET state = 'open', accepted_by = NULL WHERE finding_id = 'F-1'", "findings"),
        ("UPDATE finding_history SET why = '别的'", "finding_history"),
        ("DELETE FROM finding_history", "finding_history"),
    ],
)
def test_edits_from_outside_are_found(store: Store, path: Path, statement: str, table: str) -> None:
    store.commit(holding(with_states(found("F-1"), None, as_of=DAY)), event())
    store.commit(holding(accepted(known(store), ["F-1"], WORD)), event())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
    assert store.verify()["table"].tolist() == [table]
