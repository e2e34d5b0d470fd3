from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.model.units import round_half_up
from landinv.reports.rounding import foot_table, foot_within, shown_areas

figures = st.floats(0, 1e6, allow_nan=False).map(lambda v: round(v, 5))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(figures, st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1, max_size=40))
def test_parts_add_up_at_every_level(rows: list[tuple[float, str, str]]) -> None:
    values = np.array([r[0] for r in rows])
    coarse, fine = (np.array([r[i] for r in rows], dtype=object) for i in (1, 2))
    shown = foot_within(values, [coarse, fine], 2)
    assert (np.abs(shown - values) < 0.01 + 1e-9).all()
    for label in set(coarse):
        true_sum, shown_sum = values[coarse == label].sum(), shown[coarse == label].sum()
        assert round(shown_sum, 2) == round_half_up(np.array([true_sum]), 2)[0]
        for inner in set(fine):
            cell = (coarse == label) & (fine == inner)
            assert abs(shown[cell].sum() - values[cell].sum()) < 0.01 + 1e-6


@settings(max_examples=40, deadline=None)
@given(st.lists(figures, min_size=1, max_size=30))
def test_rounded_figures_stay_as_they_are(values: list[float]) -> None:
    once = foot_within(np.array(values), [], 4)
    assert foot_within(once, [], 4).tolist() == once.tolist()


def test_missing_figures_stay_missing_and_count_as_nothing() -> None:
    shown = foot_within(np.array([1.005, np.nan, 1.005]), [], 2)
    assert np.isnan(shown[1])
    assert shown[[0, 2]].sum() == 2.01


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(figures, min_size=4, max_size=4), min_size=1, max_size=15))
def test_a_table_foots_down_its_columns(rows: list[list[float]]) -> None:
    table = np.array(rows)
    printed = foot_within(table[:, 2], [], 2)
    shown = foot_table(table, 2, printed={2: printed})
    assert shown[:, 2].tolist() == printed.tolist()
    assert (np.abs(shown - table) < 0.01 + 1e-6).all()
    assert round(shown[:, 2].sum(), 2) == round_half_up(table[:, 2].sum(keepdims=True), 2)[0]
    assert (np.abs(shown.sum(axis=0) - table.sum(axis=0)) < 0.01 + 1e-6).all()


def test_a_table_keeps_its_rows_near_and_its_whole_exact() -> None:
    # Every row is 1.00 in thirds: down the columns 4/3 each, across 1.
    table = np.full((4, 3), 1 / 3)
    shown = foot_table(table, 2)
    assert np.round(shown.sum(axis=1), 2).tolist() == [1.0, 1.0, 1.0, 1.0]
    assert round(shown.sum(), 2) == 4.0
    assert sorted(np.round(shown.sum(axis=0), 2).tolist()) == [1.33, 1.33, 1.34]


def test_a_table_of_one_row_is_its_rounding() -> None:
    assert foot_table(np.array([[0.005, 1.0, 0.0]]), 2).tolist() == [[0.01, 1.0, 0.0]]


def test_an_empty_table_is_left_empty() -> None:
    assert foot_table(np.zeros((0, 6)), 2).shape == (0, 6)


def test_shown_areas_do_not_depend_on_the_order_of_rows() -> None:
    frame = pd.DataFrame(
        {
            "kind": ["idle", "idle", "cannot_judge"], "township_code": ["1", "2", "1"], "township": ["甲", "乙", "甲"],
            "area_m2": [10.004, 10.004, np.nan], "area_ha": [0.0010004, 0.0010004, np.nan],
            "area_mu": [0.015006, 0.015006, np.nan],
        }
    )  # fmt: skip
    shown = shown_areas(frame)
    turned = shown_areas(frame.iloc[::-1])
    assert shown["area_m2"].iloc[:2].tolist() == [10.01, 10.0]
    assert turned.loc[frame.index].equals(shown)
    assert shown.loc[2].isna().all()
