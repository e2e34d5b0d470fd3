from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.model.parcels import kinds
from landinv.reports.summary import (
    ALL,
    finding_counts,
    findings_by_rule,
    kind_counts,
    summary_by_cohort,
    summary_by_kind_and_township,
    totals,
)

FIGURES = ["count", "area_m2", "area_ha", "area_mu"]


def parcels(rows: list[tuple[str, str, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["township", "kind", "area_m2"])
    codes = frame["township"].map({"东村镇": "141127100", "岚城镇": "141127101", "": ""})
    return frame.assign(
        township_code=codes, area_ha=frame["area_m2"] / 1e4, area_mu=frame["area_m2"] * 0.0015, cohort=None
    )


def test_every_township_stands_with_every_kind_and_totals_follow() -> None:
    summary = summary_by_kind_and_township(
        parcels(
            [("岚城镇", "idle", 10_000.0), ("东村镇", "idle", 20_000.0), ("东村镇", "cannot_judge", np.nan)]
        )
    )
    assert len(summary) == (2 + 1) * (len(kinds()) + 1)
    assert summary["township"].drop_duplicates().tolist() == ["东村镇", "岚城镇", ALL]
    idle = summary[summary["kind"] == "idle"].set_index("township")
    assert idle["area_ha"].to_dict() == {"东村镇": 2.0, "岚城镇": 1.0, ALL: 3.0}
    everything = summary.iloc[-1]
    assert (everything["count"], everything["area_mu"], everything["area_m2"]) == (3, 45.0, 30_000.0)


def test_a_parcel_without_a_township_is_counted() -> None:
    summary = summary_by_kind_and_township(parcels([("", "idle", 100.0), ("东村镇", "idle", 1.0)]))
    assert summary["township"].drop_duplicates().tolist() == ["东村镇", "乡镇不明", ALL]
    assert summary["count"].iloc[-1] == 2


rows = st.lists(
    st.tuples(st.sampled_from(["东村镇", "岚城镇", ""]), st.sampled_from(list(kinds())), st.floats(0, 1e6)),
    min_size=1,
)


@settings(max_examples=30, deadline=None)
@given(rows)
def test_rows_add_up_to_their_totals_both_ways(given_rows: list[tuple[str, str, float]]) -> None:
    summary = summary_by_kind_and_township(parcels(given_rows))
    for own, other in (("kind", "township"), ("township", "kind")):
        parts = summary[(summary[own] != ALL)].groupby(other)[FIGURES].sum()
        whole = summary[summary[own] == ALL].set_index(other)[FIGURES]
        assert np.allclose(parts.loc[whole.index], whole, atol=1e-6, rtol=0)


def test_no_parcels_make_a_summary_of_noughts() -> None:
    summary = summary_by_kind_and_township(
        parcels([]).astype({"area_m2": "float64", "township": "str", "kind": "str"})
    )
    assert summary[FIGURES].to_numpy().sum() == 0
    assert summary["kind"].tolist() == [*kinds(), ALL]


def test_cohorts_stand_oldest_first_with_unknown_and_total() -> None:
    frame = parcels([("东村镇", "approved_unsupplied", 100.0)] * 4).assign(
        cohort=["2019-2022", "2009年以前", "2009-2018", None]
    )
    summary = summary_by_cohort(frame)
    assert summary["cohort"].tolist() == ["2009年以前", "2009-2018", "2019-2022", "批准时间不明", ALL]
    assert summary["count"].tolist() == [1, 1, 1, 1, 4]


def test_totals_are_exact_and_ignore_missing_items() -> None:
    balance = pd.DataFrame({"approved_m2": [1e16, 1.0, -1e16], "supplied_m2": [1.0, 1.0, np.nan]})
    assert totals(balance)["approved_m2"] == 1.0
    assert totals(balance)["supplied_m2"] == 2.0
    assert totals(balance)["sliver_m2"] == 0.0


def test_counts_name_every_kind_and_severity() -> None:
    assert kind_counts(parcels([("东村镇", "idle", 1.0)])) == {k: int(k == "idle") for k in kinds()}
    found = finding_counts(
        pd.DataFrame({"severity": ["error", "notice", "error"], "rule": ["S2", "A1", "S2"]})
    )
    assert found == {
        "by_severity": {"notice": 1, "warning": 0, "error": 2},
        "by_rule": {"A1": 1, "S2": 2},
        "by_state": {"open": 3, "accepted": 0, "fixed": 0},
    }
    assert list(found["by_rule"]) == ["A1", "S2"]


def test_only_open_findings_count_by_severity_and_rule() -> None:
    rows = [("error", "A001", "open"), ("error", "A001", "accepted"), ("notice", "I030", "fixed")]
    found = finding_counts(pd.DataFrame(rows, columns=["severity", "rule", "state"]))
    assert found == {
        "by_severity": {"notice": 0, "warning": 0, "error": 1},
        "by_rule": {"A001": 1},
        "by_state": {"open": 1, "accepted": 1, "fixed": 1},
    }


def test_rules_are_counted_by_state_the_worst_first() -> None:
    rows = [("I030", "open"), ("A001", "accepted"), ("A001", "open"), ("A001", "open"), ("A002", "fixed")]
    table = findings_by_rule(pd.DataFrame(rows, columns=["rule", "state"]))
    assert table["rule"].tolist() == ["A001", "A002", "I030"]
    assert table[["open", "accepted", "fixed"]].to_numpy().tolist() == [[2, 1, 0], [0, 0, 1], [1, 0, 0]]
    assert table["responsible"].tolist() == ["调查科", "调查科", "数据管理员"]
