from __future__ import annotations

from datetime import date

import pandas as pd

from landinv.reports.due import DUE_COLUMNS, due_parcels

AS_OF = date(2022, 10, 10)


def parcels() -> pd.DataFrame:
    days = ["2022-12-01", "2022-10-11", "2022-10-10", None, "2022-12-01"]
    frame = pd.DataFrame({"next_change_on": pd.to_datetime(pd.Series(days)).astype("datetime64[s]")})
    rest = {c: "甲" for c in DUE_COLUMNS if c not in ("days_left", "next_change_on")}
    return frame.assign(**rest).assign(parcel_id=["e", "b", "c", "d", "a"])


def test_soonest_comes_first_and_what_is_past_or_undated_is_left_out() -> None:
    due = due_parcels(parcels(), as_of=AS_OF)
    assert due["parcel_id"].tolist() == ["b", "a", "e"]
    assert due["days_left"].tolist() == [1, 52, 52]
    assert list(due.columns) == list(DUE_COLUMNS)


def test_last_day_is_inclusive() -> None:
    assert due_parcels(parcels(), as_of=AS_OF, until=date(2022, 12, 1))["parcel_id"].tolist() == [
        "b",
        "a",
        "e",
    ]
    assert due_parcels(parcels(), as_of=AS_OF, until=date(2022, 11, 30))["parcel_id"].tolist() == ["b"]
