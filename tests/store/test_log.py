"""Every state there was can be told again, and a batch taken back."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.errors import SourceMissingError, UndoConflictError
from landinv.model.corrections import no_corrections
from landinv.store import Event, State, Store, open_store
from tests.store.registers import COUNTY, event, parcels, register, square

P = "141127-P0000{}".format


def contents(state: State | None) -> dict[str, list[tuple[object, ...]]]:
    """Rows of every table as text, whatever their order."""
    assert state is not None
    told = {}
    for name, frame in state.frames().items():
        plain = pd.DataFrame(frame).astype("object")
        told[name] = sorted(
            tuple(sorted((c, str(v)) for c, v in row.items() if v is not None and v == v))
            for row in plain.to_dict("records")
        )
    return told


def three_batches(store: Store) -> list[dict[str, list[tuple[object, ...]]]]:
    states = [
        register(),
        register(parcels(4, holder=["岚县甲木铸造有限公司", None, None, None]).set_geometry(
            [square(1, 90), square(2), square(3), square(4)], crs=COUNTY.crs
        )),
        register(parcels(2, first=2)),
    ]  # fmt: skip
    told = []
    for state in states:
        store.commit(state, event())
        told.append(contents(store.read_state()))
    return told


def test_every_state_is_told_as_it_was(store: Store) -> None:
    told = three_batches(store)
    assert [contents(store.state_after(n)) for n in (1, 2, 3)] == told
    assert all(not rows for rows in contents(store.state_after(0)).values())
    assert len({str(t) for t in told}) == 3
    with pytest.raises(SourceMissingError, match="no batch 4"):
        store.state_after(4)


def test_state_of_older_columns_is_told_under_the_columns_it_had(store: Store) -> None:
    store.commit(register(), event())
    store.commit(register(parcels(note=["1", "2", "3"])), event())
    store.commit(register(parcels(note=[1.5, 2.5, None])), event())
    assert "note" not in store.state_after(1).parcels
    assert store.state_after(2).parcels["note"].tolist() == ["1", "2", "3"]
    assert store.state_after(3).parcels["note"].tolist()[:2] == [1.5, 2.5] or store.state_after(3).parcels[
        "note"
    ].tolist()[:2] == ["1.5", "2.5"]


def test_last_batch_undone_is_the_state_before_in_every_table(store: Store) -> None:
    told = three_batches(store)
    done = store.commit(store.state_without(3), event(command="undo 3"))
    assert (done.added, done.removed, done.batch) == (2, 0, 4)
    assert contents(store.read_state()) == told[1]
    assert store.verify().empty
    store.commit(store.state_without(4), event(command="undo 4"))
    assert contents(store.read_state()) == told[2]


def test_older_batch_is_undone_where_nothing_was_built_upon_it(store: Store) -> None:
    store.commit(register(), event())
    store.commit(register(parcels(holder=["甲", None, None])), event())
    store.commit(register(parcels(holder=["甲", None, "乙"])), event())
    store.commit(store.state_without(2), event(command="undo 2"))
    assert store.state_after(4).parcels["holder"].fillna("").tolist() == ["", "", "乙"]


def test_batch_that_was_built_upon_is_not_undone(store: Store) -> None:
    store.commit(register(), event())
    store.commit(register(parcels(holder=["甲", None, None])), event())
    store.commit(register(parcels(holder=["乙", None, None])), event())
    with pytest.raises(UndoConflictError, match="1 rows of parcels"):
        store.state_without(2)


def test_batches_count_and_not_clocks(store: Store) -> None:
    for number, at in enumerate(("2022-10-10T08:00:00", "2022-12-01T08:00:00", "2020-01-01T08:00:00"), 1):
        store.commit(register(parcels(number)), event(at))
    days = ("2022-10-09", "2022-10-10", "2022-11-30", "2022-12-01", "2023-01-01")
    assert [store.batch_at(day) for day in days] == [0, 1, 1, 3, 3]
    assert store.verify().empty


def test_time_of_another_zone_counts_as_beijing_time(store: Store) -> None:
    store.commit(register(), event("2022-10-09T20:00:00+00:00"))
    assert (store.batch_at("2022-10-09"), store.batch_at("2022-10-10")) == (0, 1)


def test_event_is_written_for_a_decision_that_changes_no_row(store: Store) -> None:
    store.commit(register(), event())
    done = store.commit(register(), event(command="restore"), always=True)
    assert done.written
    assert store.events()["command"].tolist() == ["run", "restore"]
    assert store.verify().empty


def test_event_tells_rows_touched_in_every_table(store: Store) -> None:
    three_batches(store)
    touched = store.events()["tables"].iloc[2]
    told = {t: tuple(touched[t][k] for k in ("added", "removed", "changed")) for t in ("parcels", "shares")}
    assert told == {"parcels": (0, 2, 0), "shares": (0, 2, 0)}


def test_log_grows_with_what_changed_and_not_with_the_register(store: Store, path: Path) -> None:
    store.commit(register(parcels(2000)), event())
    before = path.stat().st_size
    for number in range(3):
        store.commit(register(parcels(2000, holder=[f"甲{number}", *[None] * 1999])), event())
    assert path.stat().st_size - before < 0.2 * before


rows = st.dictionaries(st.integers(1, 6), st.sampled_from(["甲", "", None]), max_size=5)


@settings(max_examples=5, deadline=None)
@given(states=st.lists(rows, min_size=2, max_size=4))
def test_any_sequence_is_told_back_state_by_state(
    states: list[dict[int, str | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = open_store(tmp_path_factory.mktemp("law") / "a.gpkg", county=COUNTY)
    told = []
    for wanted in states:
        frame = pd.concat([parcels(0), *(parcels(1, first=n, holder=[h]) for n, h in wanted.items())])
        done = store.commit(
            register(gpd.GeoDataFrame(frame, crs=COUNTY.crs)), Event("2022-10-10", "甲", "run")
        )
        told.append((done.batch, contents(store.read_state())))
    assert all(contents(store.state_after(batch)) == state for batch, state in told)


def test_corrections_are_kept_with_the_state(store: Store) -> None:
    made = no_corrections()
    made.loc[0] = [
        "C-1",
        "supplies",
        "supervision_no",
        "1",
        "holder",
        "甲",
        "乙",
        "2022-10-10",
        "丙",
        "错字",
        "stands",
    ]
    state = register()
    store.commit(State(**{**state.frames(), "corrections": made}), event())
    assert store.known_corrections()["value"].tolist() == ["乙"]
