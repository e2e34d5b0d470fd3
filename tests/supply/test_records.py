from __future__ import annotations

import numpy as np
import pandas as pd

from landinv.supply.records import balance_records

A = "晋政地字〔2015〕1号"


def approvals(*rows):
    frame = pd.DataFrame(rows, columns=["approval_no", "approved_area"])
    return frame.assign(source_ref=[f"approvals#{k + 1}" for k in range(len(rows))])


def supplies(*rows):
    frame = pd.DataFrame(rows, columns=["approval_no", "supplied_area"])
    return frame.assign(source_ref=[f"supplies#{k + 1}" for k in range(len(rows))])


def test_supplies_that_cite_the_number_in_any_writing_are_taken_off():
    balance, found = balance_records(
        approvals((A, 10000.0)),
        supplies(("晋政地字[2015]１ 号", 3000.0), (A, 500.0), ("丙1", 9.0), (np.nan, 1.0)),
    )
    assert balance.to_dict("records") == [
        {
            "approval_no": A,
            "approved_m2": 10000.0,
            "supplied_m2": 3500.0,
            "unsupplied_m2": 6500.0,
            "source_refs": "approvals#1",
        }
    ]
    assert found.empty


def test_rows_of_one_number_are_added():
    balance, _ = balance_records(approvals((A, 100.0), ("晋政地字[2015]1", 50.0)), supplies())
    assert (balance["approval_no"].tolist(), balance["approved_m2"].tolist()) == ([A], [150.0])


def test_more_supplied_than_approved_is_negative_and_found():
    balance, found = balance_records(approvals((A, 100.0)), supplies((A, 150.0)))
    assert balance["unsupplied_m2"].tolist() == [-50.0]
    assert found["rule"].tolist() == ["S016"]


def test_unknown_areas_are_not_taken_for_nothing_in_silence():
    balance, found = balance_records(approvals((A, np.nan)), supplies((A, np.nan)))
    assert np.isnan(balance["unsupplied_m2"][0])
    assert found["rule"].tolist() == ["S017", "S018"]
    assert found["feature"].tolist() == ["approvals#1", "supplies#1"]


def test_missing_numbers_stay_apart():
    balance, _ = balance_records(approvals((np.nan, 1.0), (np.nan, 2.0)), supplies((np.nan, 5.0)))
    assert balance["unsupplied_m2"].tolist() == [1.0, 2.0]


def test_no_records_give_no_balance():
    balance, found = balance_records(approvals(), supplies((A, 1.0)))
    assert balance.empty
    assert found.empty


def test_order_of_rows_changes_nothing():
    rows, taken = approvals((A, 100.1), ("丙1", 50.2)), supplies((A, 0.1), (A, 0.2), (A, 0.3))
    first, _ = balance_records(rows, taken)
    second, _ = balance_records(rows.iloc[::-1], taken.iloc[::-1])
    pd.testing.assert_frame_equal(first, second, check_exact=True)
