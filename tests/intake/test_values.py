from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.intake.values import (
    AREA_UNITS,
    parse_choices,
    parse_codes,
    parse_dates,
    parse_flags,
    parse_numbers,
)


def series(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


def no(count: int) -> np.ndarray:
    return np.zeros(count, bool)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("12.5", 12.5),
        ("1,234.56", 1234.56),
        ("１２．５", 12.5),
        (" 12 ", 12.0),
        ("-3", -3.0),
        ("1e3", 1000.0),
    ],
)
def test_number_is_read_as_typed(typed: str, value: float) -> None:
    parsed = parse_numbers(series(typed))
    assert parsed.values.tolist() == [value]
    assert not parsed.bad.any()


@pytest.mark.parametrize(
    "typed", ["约60亩", "***", "12,34", "1234,56", "三亩", "inf", "1_000", "5-6", "12..5", "."]
)
def test_what_is_no_number_is_told_and_not_guessed(typed: str) -> None:
    parsed = parse_numbers(series(typed), AREA_UNITS)
    assert parsed.bad.tolist() == [True]
    assert parsed.values.isna().all()


@pytest.mark.parametrize("typed", ["", "-", "/", "无", "——"])
def test_a_dash_means_nothing_and_is_no_error(typed: str) -> None:
    parsed = parse_numbers(series(typed, None))
    assert parsed.values.isna().all()
    assert not parsed.bad.any()


def test_unit_in_a_cell_is_kept_beside_its_number() -> None:
    parsed = parse_numbers(series("3.5亩", "0.21公顷", "3210.7㎡", "5"), AREA_UNITS)
    assert parsed.values.tolist() == [3.5, 0.21, 3210.7, 5.0]
    assert parsed.units is not None
    assert parsed.units.fillna("").tolist() == ["mu", "ha", "m2", ""]


@pytest.mark.parametrize(
    "typed",
    [
        "2019-05-01",
        "2019/5/1",
        "2019.5.1",
        "2019年5月1日",
        "20190501",
        "２０１９年５月１日",
        "2019-05-01 16:30:47",
    ],
)
def test_date_styles_of_offices_mean_the_same_day(typed: str) -> None:
    parsed = parse_dates(series(typed), no(1))
    assert parsed.values[0] == pd.Timestamp(2019, 5, 1)
    assert not parsed.bad.any()


def test_serial_is_a_date_only_in_a_number_cell() -> None:
    text = series("43586", "43586")
    parsed = parse_dates(text, np.array([True, False]))
    assert parsed.values[0] == pd.Timestamp(2019, 5, 1)
    assert parsed.bad.tolist() == [False, True]


def test_month_without_a_day_is_incomplete_not_the_first() -> None:
    parsed = parse_dates(series("2019年5月", "2019", "2019-05"), no(3))
    assert parsed.values.isna().all()
    assert parsed.incomplete is not None
    assert parsed.incomplete.all()
    assert not parsed.bad.any()


@pytest.mark.parametrize("typed", ["2019-02-30", "20191301", "二〇二四年三月五日", "1023-05-01", "尽快"])
def test_impossible_date_is_bad_and_missing(typed: str) -> None:
    parsed = parse_dates(series(typed), no(1))
    assert parsed.bad.tolist() == [True]
    assert parsed.values.isna().all()


def test_blank_dbf_date_is_missing() -> None:
    assert not parse_dates(series("00000000", "-"), no(2)).bad.any()


@given(st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31)))
@settings(max_examples=30, deadline=None)
def test_every_day_survives_every_style(day: dt.date) -> None:
    typed = series(
        day.isoformat(), f"{day.year}年{day.month}月{day.day}日", f"{day.year}.{day.month}.{day.day}"
    )
    assert parse_dates(typed, no(3)).values.tolist() == [pd.Timestamp(day)] * 3


@given(st.integers(0, 10**14), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_separators_do_not_change_a_number(whole: int, cents: int) -> None:
    bare, parted = f"{whole}.{cents:02d}", f"{whole:,}.{cents:02d}"
    assert parse_numbers(series(bare)).values[0] == parse_numbers(series(parted)).values[0]


@given(st.text(alphabet="0123456789", min_size=1, max_size=24))
@settings(max_examples=30, deadline=None)
def test_code_of_digits_stays_as_it_is(code: str) -> None:
    parsed = parse_codes(series(code), no(1))
    assert parsed.values.tolist() == [code]
    assert not parsed.bad.any()


def test_code_that_became_a_number_is_lost() -> None:
    text = series("430124050088996000", "1.41E+23", "430124050088996000.00", "14112720190001")
    parsed = parse_codes(text, np.array([True, False, False, True]))
    assert parsed.bad.tolist() == [True, True, True, False]


def test_text_tricks_of_spreadsheets_are_unwrapped() -> None:
    parsed = parse_codes(series('="0601"', "'0601", "601.0", "12\n34"), no(4))
    assert parsed.values.tolist() == ["0601", "0601", "601", "1234"]


def test_flags_and_choices() -> None:
    flags = parse_flags(series("是", "已完成", "未补偿", "否", "待定", None))
    assert flags.values.isna().tolist() == [False, False, False, False, True, True]
    assert flags.values[:4].tolist() == [True, True, False, False]
    assert flags.bad.tolist() == [False] * 4 + [True, False]
    choices = parse_choices(series("城市批次", "其他", None), ("批次", "单独选址"))
    assert choices.values.fillna("").tolist() == ["批次", "其他", ""]
    assert choices.bad.tolist() == [False, True, False]
