"""The stock of one day and of another, and what lies between them."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.reports.waterfall import ITEMS, UNITS, waterfall

AREAS = (
    "approved_m2",
    "overlap_m2",
    "withdrawn_m2",
    "deducted_m2",
    "supplied_m2",
    "unsupplied_m2",
    "sliver_m2",
)
EAST = ("141127100", "东村镇")
WEST = ("141127101", "岚城镇")


def approval(
    number: str, cohort: str = "2009-2018", place: tuple[str, str] = EAST, **areas: float
) -> dict[str, object]:
    given_areas = {name: areas.get(name.removesuffix("_m2"), 0.0) for name in AREAS}
    own = given_areas["approved_m2"] - sum(given_areas[n] for n in AREAS[1:5]) - given_areas["sliver_m2"]
    return {"approval_no": number, "cohort": cohort, "township_code": place[0], "township": place[1],
            **given_areas, "unsupplied_m2": own}  # fmt: skip


def balance(*rows: dict[str, object]) -> pd.DataFrame:
    names = ["approval_no", "cohort", "township_code", "township", *AREAS]
    return pd.DataFrame(list(rows), columns=None if rows else names)


def items(table: pd.DataFrame, unit: str = "m2", **where: str) -> dict[str, float]:
    rows = table
    for name, value in {"cohort": "", "township": "", **where}.items():
        rows = rows[rows[name] == value]
    assert len(rows) == 1
    return {item: rows[f"{item}_{unit}"].iloc[0] for item in ITEMS if rows[f"{item}_{unit}"].iloc[0]}


def test_a_supply_a_new_approval_and_a_resurvey() -> None:
    before = balance(approval("批1", approved=10_000), approval("批2", approved=5_000, supplied=1_000))
    after = balance(
        approval("批1", approved=10_020, supplied=4_000),
        approval("批 2", approved=5_000, supplied=1_000),
        approval("批3", cohort="2019-", approved=3_000, overlap=200, deducted=300),
    )
    table = waterfall(before, after)
    assert items(table) == {
        "opening": 14_000, "new_approvals": 2_800, "supplied": 4_000, "deducted": 300, "boundary": 20, "closing": 12_520,
    }  # fmt: skip
    assert items(table, cohort="2019-") == {"new_approvals": 2_800, "deducted": 300, "closing": 2_500}
    assert items(table, unit="mu")["supplied"] == 6.0
    assert items(table, unit="ha")["boundary"] == 0.002


def test_withdrawal_empties_the_stock() -> None:
    before, after = (
        balance(approval("批1", approved=900)),
        balance(approval("批1", approved=900, withdrawn=900)),
    )
    assert items(waterfall(before, after)) == {"opening": 900, "withdrawn": 900}


def test_approval_that_left_the_input_is_a_change_of_boundary() -> None:
    before = balance(approval("批1", approved=900, supplied=100), approval("批2", approved=10))
    assert items(waterfall(before, balance(approval("批2", approved=10)))) == {
        "opening": 810, "boundary": -800, "closing": 10,
    }  # fmt: skip


def test_approval_that_changed_its_township_leaves_one_and_enters_the_other() -> None:
    table = waterfall(
        balance(approval("批1", approved=900)), balance(approval("批1", place=WEST, approved=900))
    )
    assert items(table, township="东村镇") == {"opening": 900, "boundary": -900}
    assert items(table, township="岚城镇") == {"boundary": 900, "closing": 900}
    assert items(table) == {"opening": 900, "closing": 900}


def test_nothing_is_an_empty_stock() -> None:
    assert items(waterfall(balance(), balance())) == {}


SHARES = st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4)
APPROVALS = st.dictionaries(
    st.sampled_from("甲乙丙丁戊"),
    st.tuples(st.floats(0.01, 1e6), SHARES, st.sampled_from(["A", "B"]), st.sampled_from([EAST, WEST])),
    max_size=5,
)


def made(rows: dict[str, tuple[float, list[float], str, tuple[str, str]]]) -> pd.DataFrame:
    names = ("overlap", "withdrawn", "deducted", "supplied")
    return balance(
        *(
            approval(
                no,
                cohort,
                place,
                approved=area,
                **{n: area * s / 4 for n, s in zip(names, shares, strict=True)},
            )
            for no, (area, shares, cohort, place) in rows.items()
        )
    )


@given(APPROVALS, APPROVALS)
@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("unit", UNITS)
def test_every_row_foots_and_every_sum_is_that_of_its_rows(unit: str, before: dict, after: dict) -> None:  # type: ignore[type-arg]
    table = waterfall(made(before), made(after))
    exact = {item: [Decimal(f"{v:.{UNITS[unit]}f}") for v in table[f"{item}_{unit}"]] for item in ITEMS}
    for opening, new, supplied, withdrawn, deducted, boundary, closing in zip(*exact.values(), strict=True):
        assert opening + new - supplied - withdrawn - deducted + boundary == closing
    cells = (table["cohort"] != "") & (table["township"] != "")
    for figures in exact.values():
        column = pd.Series(figures, index=table.index, dtype=object)
        for level in ("cohort", "township"):
            other = "township" if level == "cohort" else "cohort"
            for name, rows in table[cells].groupby(level).groups.items():
                (total,) = column[(table[level] == name) & (table[other] == "")]
                assert total == sum(column[rows])
        assert column.iloc[-1] == sum(column[cells], Decimal(0))
    stock = made(after)["unsupplied_m2"].sum()
    if unit == "m2":
        assert float(exact["closing"][-1]) == pytest.approx(stock, abs=0.00501)
