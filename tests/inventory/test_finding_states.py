from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from landinv.errors import FieldValueError, FindingUnknownError
from landinv.inventory.finding_states import (
    REGISTER_COLUMNS,
    Decision,
    accepted,
    found_now,
    open_findings,
    reopened,
    state_counts,
    with_states,
)
from landinv.model.findings import findings

FIRST, LATER, LAST = date(2022, 10, 10), date(2023, 1, 1), date(2024, 1, 1)
WORD = Decision("示例甲", "外业已核实", LATER)


def found(*ids: str) -> pd.DataFrame:
    frame = findings("A001", dataset="dltb", feature=list(ids), field="DLBM", value="0105")
    return frame.assign(finding_id=pd.Series(list(ids), dtype="str", index=frame.index))


def states(frame: pd.DataFrame) -> dict[str, str]:
    return dict(zip(frame["finding_id"], frame["state"], strict=True))


def row(frame: pd.DataFrame, finding: str) -> pd.Series:
    rows = frame[frame["finding_id"] == finding]
    assert len(rows) == 1
    return rows.iloc[0]


def test_without_a_register_everything_is_open_since_today() -> None:
    known = with_states(found("F-1", "F-2"), None, as_of=FIRST)
    assert list(known) == list(REGISTER_COLUMNS)
    assert states(known) == {"F-1": "open", "F-2": "open"}
    assert known["first_seen_on"].dt.date.tolist() == [FIRST, FIRST]
    assert known[["fixed_on", "accepted_on", "accepted_by", "accepted_why"]].isna().all(axis=None)


def test_what_is_not_found_any_more_is_fixed_and_keeps_its_day() -> None:
    known = with_states(found("F-1", "F-2"), None, as_of=FIRST)
    after = with_states(found("F-2"), known, as_of=LATER)
    assert states(after) == {"F-2": "open", "F-1": "fixed"}
    assert after["finding_id"].tolist() == ["F-2", "F-1"]
    assert row(after, "F-1")["fixed_on"].date() == LATER
    assert row(with_states(found("F-2"), after, as_of=LAST), "F-1")["fixed_on"].date() == LATER
    assert row(after, "F-2")["first_seen_on"].date() == FIRST


def test_fixed_one_that_returns_is_open_again_and_accepted_no_more() -> None:
    known = accepted(with_states(found("F-1"), None, as_of=FIRST), ["F-1"], WORD)
    gone = with_states(found(), known, as_of=LATER)
    assert (row(gone, "F-1")["state"], row(gone, "F-1")["accepted_by"]) == ("fixed", "示例甲")
    back = row(with_states(found("F-1"), gone, as_of=LAST), "F-1")
    assert (back["state"], back["first_seen_on"].date()) == ("open", FIRST)
    assert back[["fixed_on", "accepted_on", "accepted_by", "accepted_why"]].isna().all()


def test_accepted_stays_as_long_as_it_is_found() -> None:
    known = accepted(with_states(found("F-1", "F-2"), None, as_of=FIRST), ["F-2"], WORD)
    assert states(known) == {"F-1": "open", "F-2": "accepted"}
    again = row(with_states(found("F-1", "F-2"), known, as_of=LAST), "F-2")
    assert (again["state"], again["accepted_by"], again["accepted_why"]) == (
        "accepted",
        "示例甲",
        "外业已核实",
    )
    assert again["accepted_on"].date() == LATER


def test_exception_is_taken_back() -> None:
    known = accepted(with_states(found("F-1"), None, as_of=FIRST), ["F-1"], WORD)
    taken = reopened(known, ["F-1"], WORD)
    assert_frame_equal(taken, with_states(found("F-1"), None, as_of=FIRST))


def test_register_of_before_numbers_remembers_nothing() -> None:
    older = found("F-1").drop(columns="finding_id")
    assert states(with_states(found("F-2"), older, as_of=FIRST)) == {"F-2": "open"}


@pytest.mark.parametrize("change", [accepted, reopened])
def test_unknown_number_is_refused_with_the_nearest(
    change: Callable[[pd.DataFrame, list[str], Decision], pd.DataFrame],
) -> None:
    known = with_states(found("F-0123456789", "F-ffffffffff"), None, as_of=FIRST)
    with pytest.raises(FindingUnknownError, match="F-0123456780") as caught:
        change(known, ["F-0123456780"], WORD)
    assert "F-0123456789, F-ffffffffff" in caught.value.hint


@pytest.mark.parametrize("word", [Decision(" ", "why", FIRST), Decision("甲", "\t", FIRST)])
def test_nobody_or_no_reason_is_refused(word: Decision) -> None:
    known = with_states(found("F-1"), None, as_of=FIRST)
    with pytest.raises(FieldValueError):
        accepted(known, ["F-1"], word)


def test_fixed_finding_is_not_accepted_and_open_one_not_taken_back() -> None:
    known = with_states(found("F-2"), with_states(found("F-1"), None, as_of=FIRST), as_of=LATER)
    with pytest.raises(FieldValueError, match="F-1"):
        accepted(known, ["F-2", "F-1"], WORD)
    with pytest.raises(FieldValueError, match="F-2"):
        reopened(known, ["F-2"], WORD)


subsets = st.lists(st.sampled_from(["F-1", "F-2", "F-3"]), unique=True, max_size=3)


@given(st.lists(subsets, min_size=1, max_size=4))
@settings(max_examples=20, deadline=None)
def test_nothing_is_forgotten_and_the_same_again_changes_nothing(imports: list[list[str]]) -> None:
    known = None
    for ids in imports:
        known = with_states(found(*ids), known, as_of=FIRST)
    assert known is not None
    assert set(known["finding_id"]) == {i for ids in imports for i in ids}
    assert set(open_findings(known)["finding_id"]) == set(imports[-1])
    copy = known.copy(deep=True)
    assert_frame_equal(with_states(found(*imports[-1]), known, as_of=LAST), known)
    assert_frame_equal(known, copy)


def test_counts_know_states_and_frames_without() -> None:
    known = with_states(found("F-2"), with_states(found("F-1"), None, as_of=FIRST), as_of=LATER)
    assert state_counts(known) == {"open": 1, "accepted": 0, "fixed": 1}
    assert found_now(known)["finding_id"].tolist() == ["F-2"]
    assert state_counts(found("F-1", "F-2")) == {"open": 2, "accepted": 0, "fixed": 0}
