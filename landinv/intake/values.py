"""Values as people type them: numbers, dates, flags, choices and codes; what cannot be read is told, never guessed.

Every function works on the distinct values of a column and takes the results back, so that a long column of few
values costs little.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

NOTHING: Final = frozenset(
    {"", "-", "--", "—", "——", "/", "\\", "无", "空", "null", "none", "nan", "n/a", "暂无", "未知"}
)
AREA_UNITS: Final = {
    "m2": "m2", "㎡": "m2", "m²": "m2", "平方米": "m2", "平米": "m2", "平方": "m2", "亩": "mu", "mu": "mu",
    "公顷": "ha", "ha": "ha", "hm2": "ha", "hm²": "ha", "km2": "km2", "km²": "km2", "平方公里": "km2",
    "平方千米": "km2",
}  # fmt: skip
MONEY_UNITS: Final = {"万元": "wan", "万": "wan", "亿元": "yi", "亿": "yi", "元": "yuan", "万元人民币": "wan"}
_NUMBER: Final = re.compile(r"^([+-]?)(\d{1,3}(?:,\d{3})+|\d+)?(\.\d*)?(?:e([+-]?\d{1,3}))?$", re.IGNORECASE)
_WITH_UNIT: Final = re.compile(r"^([+-]?[\d.,]+(?:e[+-]?\d+)?)([^\d.,+-]+\d?)$", re.IGNORECASE)
_DATE: Final = re.compile(r"^(\d{4})(?:[-/.]|年)(\d{1,2})(?:[-/.]|月)(\d{1,2})日?(?:[ T]?\d{1,2}[:时].*)?$")
_COMPACT: Final = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_INCOMPLETE: Final = re.compile(r"^\d{4}(?:年|[-/.]\d{1,2}|年\d{1,2}月?)?$")
_SERIAL: Final = re.compile(r"^\d{5}(\.\d+)?$")
_PLAIN_CODE: Final = r"[0-9A-DF-Za-df-z]+"
_NOT_IN_CODES: Final = [n for n in range(256) if not re.match(r"[0-9A-DF-Za-df-z]", chr(n))]
_SCIENTIFIC: Final = re.compile(r"^[+-]?\d(\.\d+)?[eE]\+?\d+$")
_TAILED: Final = re.compile(r"^(\d+)\.0+$")
_EXCEL_TEXT: Final = re.compile(r'^="?([^"]*)"?$')
_BREAKS: Final = re.compile(r"[\r\n\t]+")
_EXACT_DIGITS: Final = 15
_YES: Final = frozenset({"是", "已", "有", "y", "yes", "true", "t", "1", "√", "✓", "完成", "完毕"})
_NO: Final = frozenset({"否", "未", "无", "没有", "n", "no", "false", "f", "0", "×", "✗"})
_YEARS: Final = (1949, 2100)
_EXCEL_EPOCH: Final = dt.date(1899, 12, 30)


@dataclass(frozen=True)
class Parsed:
    """Values of a column, and where reading failed: ``bad`` cannot be read, ``incomplete`` is a date without a day."""

    values: pd.Series
    bad: BoolArray
    incomplete: BoolArray | None = None
    units: pd.Series | None = None


def plain(text: str) -> str:
    """Half-width form without any white space.

    Examples
    --------
    >>> plain("１２ 亩")
    '12亩'
    """
    return "".join(unicodedata.normalize("NFKC", text).split())


def _over_distinct(text: pd.Series, parse: Callable[[str], Any]) -> list[Any]:
    """Result of ``parse`` for each row, computed once for each distinct text; None for missing."""
    codes, distinct = pd.factorize(text)
    results = [parse(str(value)) for value in distinct]
    return [results[code] if code >= 0 else None for code in codes]


def parse_numbers(text: pd.Series, units: dict[str, str] | None = None) -> Parsed:
    """Numbers with thousands separators, full-width digits or a unit behind them.

    Parameters
    ----------
    text
        As typed; missing values stay NaN and are not bad.
    units
        Words a cell may carry after its number, with the unit each stands for.

    Returns
    -------
    Parsed
        ``values`` float64; ``bad`` where something stands that is no number (``约60亩``, ``***``); ``units`` the unit
        a cell names itself, NaN where it names none.

    Examples
    --------
    >>> got = parse_numbers(pd.Series(["1,234.5", "３.５亩", "约60亩", None]), AREA_UNITS)
    >>> got.values.tolist(), got.bad.tolist(), got.units.fillna("").tolist()
    ([1234.5, 3.5, nan, nan], [False, False, True, False], ['', 'mu', '', ''])
    """
    known = units or {}
    quick = _quick_numbers(text)
    # Python's own reader takes "inf", "nan" and underscores, which no clerk means.
    odd = text.notna() & (quick.isna() | ~np.isfinite(quick))
    values = quick.where(~odd).to_numpy(copy=True)
    unit = pd.Series(np.nan, index=text.index, dtype="str")
    bad = np.zeros(len(text), bool)
    where = np.flatnonzero(odd.to_numpy())
    if len(where):
        results = _over_distinct(text.iloc[where], lambda t: _number(t, known))
        values[where] = [r[0] for r in results]
        bad[where] = [r[2] for r in results]
        unit = unit.where(
            ~odd, pd.Series([r[1] or np.nan for r in results], index=text.index[where], dtype="str")
        )
    return Parsed(pd.Series(values, index=text.index), bad, units=unit)


def _as_arrow(text: pd.Series) -> pa.Array:
    values = pa.array(text, pa.large_string())
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _quick_numbers(text: pd.Series) -> pd.Series:
    """Plain numbers as float64; NaN for everything else."""
    try:
        values = _as_arrow(text).cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowException:  # one word among them that is no plain number
        return pd.to_numeric(text, errors="coerce").astype("float64")
    return pd.Series(values, index=text.index)


def _number(text: str, units: dict[str, str]) -> tuple[float, str, bool]:
    word = plain(text).strip("¥￥")
    if word.lower() in NOTHING:
        return np.nan, "", False
    unit = ""
    split = _WITH_UNIT.match(word)
    if split and split.group(2).lower() in units:
        word, unit = split.group(1), units[split.group(2).lower()]
    match = _NUMBER.match(word)
    if not match or not (match.group(2) or (match.group(3) or ".") != "."):
        return np.nan, "", True
    return float(word.replace(",", "")), unit, False


def parse_dates(text: pd.Series, numeric: BoolArray) -> Parsed:
    """Dates in the styles offices type them, as ``datetime64[s]``.

    A number cell (``numeric``) of five digits is an Excel serial. A month without a day is incomplete, not the first of
    the month. Dates that no calendar has are bad.

    Examples
    --------
    >>> days = pd.Series(["2019年5月1日", "20190501", "2019.5.1", "2019-02-30", "2019年5月"])
    >>> got = parse_dates(days, np.zeros(5, bool))
    >>> got.values.dt.strftime("%F").fillna("").tolist(), got.bad.tolist(), got.incomplete.tolist()[-1]
    (['2019-05-01', '2019-05-01', '2019-05-01', '', ''], [False, False, False, True, False], True)
    """
    marked = text.where(~numeric, "#" + text.astype("str"))
    results = _over_distinct(marked, _date)
    days = [None if r is None or isinstance(r, str) else r for r in results]
    values = pd.Series(np.array(days, dtype="datetime64[s]"), index=text.index)
    bad = np.array([r == "bad" for r in results], dtype=bool)
    return Parsed(values, bad, np.array([r == "incomplete" for r in results], dtype=bool))


def _date(text: str) -> dt.date | str | None:
    numeric = text.startswith("#")
    word = unicodedata.normalize("NFKC", text.removeprefix("#")).strip()
    if plain(word).lower() in NOTHING or not word.strip("0"):
        return None
    match = _DATE.match(plain(word)) or _DATE.match(word) or _COMPACT.match(plain(word).removesuffix(".0"))
    if match:
        try:
            day = dt.date(*(int(g) for g in match.groups()[:3]))
        except ValueError:
            return "bad"
        return day if _YEARS[0] <= day.year <= _YEARS[1] else "bad"
    if numeric and _SERIAL.match(word):
        return _EXCEL_EPOCH + dt.timedelta(days=int(float(word)))
    return "incomplete" if _INCOMPLETE.match(plain(word)) and int(word[:4]) >= _YEARS[0] else "bad"


def parse_flags(text: pd.Series) -> Parsed:
    """是 / 否 and what offices write for them, as pandas ``boolean``; anything else is bad and missing.

    Examples
    --------
    >>> parse_flags(pd.Series(["是", "未补偿", "已完成", "?"])).values.tolist()
    [True, False, True, <NA>]
    """
    results = _over_distinct(text, _flag)
    values = pd.Series(
        [None if r in (None, "bad") else r for r in results], index=text.index, dtype="boolean"
    )
    return Parsed(values, np.array([isinstance(r, str) for r in results], dtype=bool))


def _flag(text: str) -> bool | str | None:
    word = plain(text).lower()
    if word in _YES:
        return True
    if word in _NO or word.startswith(("未", "否", "没", "不")):
        return False
    if word.startswith(("已", "是", "有")):
        return True
    return None if word in NOTHING else "bad"


def parse_choices(text: pd.Series, choices: tuple[str, ...]) -> Parsed:
    """Words of a closed list, recognised inside longer ones; others are bad and kept as they stand.

    Examples
    --------
    >>> got = parse_choices(pd.Series(["城市批次", "单独选址", "其他"]), ("批次", "单独选址"))
    >>> got.values.tolist(), got.bad.tolist()
    (['批次', '单独选址', '其他'], [False, False, True])
    """

    def choice(value: str) -> tuple[str, bool]:
        word = plain(value)
        if word in choices:
            return word, False
        inside = [c for c in choices if c in word or (len(word) > 1 and word in c)]
        return (inside[0], False) if len(inside) == 1 else (value, True)

    results = _over_distinct(text, choice)
    values = pd.Series([np.nan if r is None else r[0] for r in results], index=text.index, dtype="str")
    return Parsed(values, np.array([r is not None and r[1] for r in results], dtype=bool))


def parse_codes(text: pd.Series, numeric: BoolArray) -> Parsed:
    """Codes as they came, trimmed; bad (and kept) where a spreadsheet has turned them into numbers and lost digits.

    Examples
    --------
    >>> got = parse_codes(pd.Series(["0601", "1.41E+23", '="012"', "601.0"]), np.zeros(4, bool))
    >>> got.values.tolist(), got.bad.tolist()
    (['0601', '1.41E+23', '012', '601'], [False, True, False, False])
    """
    # Most codes are digits and letters without an E: nothing a spreadsheet could have done to them.
    if not numeric.any() and _are_plain_codes(text):
        return Parsed(text, np.zeros(len(text), bool))
    untouched = text.str.fullmatch(_PLAIN_CODE).fillna(value=True).to_numpy(dtype=bool) & ~numeric
    bad = np.zeros(len(text), bool)
    at = np.flatnonzero(~untouched)
    if not len(at):
        return Parsed(text, bad)
    rest = text.iloc[at]
    results = _over_distinct(rest.where(~numeric[at], "#" + rest.astype("str")), _code)
    parsed = pd.Series([np.nan if r is None else r[0] for r in results], index=rest.index, dtype="str")
    bad[at] = [r is not None and r[1] for r in results]
    return Parsed(parsed.reindex(text.index).where(~untouched, text), bad)


def _are_plain_codes(text: pd.Series) -> bool:
    """Whether every value is a plain code, asked of the bytes of all at once."""
    values = _as_arrow(text)
    bytes_ = np.frombuffer(values.buffers()[2] or b"", np.uint8)
    strange = bool(np.bincount(bytes_, minlength=256)[_NOT_IN_CODES].any())
    return not strange and not pc.any(pc.equal(values, "")).as_py()


def _code(text: str) -> tuple[str | float, bool]:
    numeric = text.startswith("#")
    word = _BREAKS.sub("", text.removeprefix("#")).strip().removeprefix("'").removeprefix("’")
    quoted = _EXCEL_TEXT.match(word)
    if quoted:
        word = quoted.group(1)
    half = plain(word)
    if half in ("", "-", "/", "—", "无"):
        return np.nan, False
    if _SCIENTIFIC.match(half):
        return word, True
    tailed = _TAILED.match(half)
    digits = tailed.group(1) if tailed else half
    if (numeric or tailed) and digits.isdigit() and len(digits) > _EXACT_DIGITS:
        return word, True
    return (digits if tailed else word), False
