"""Periods that do not count (court seizure, acts of government, force majeure), and what they do to a clock."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.rules.causes import stops_the_clock
from landinv.rules.columns import date_column, text_column
from landinv.rules.rule_types import CauseWords

Days = npt.NDArray[np.datetime64]
PERIOD_COLUMNS: Final = ("row", "first", "end", "cause", "lawful", "defect")
_FIELDS: Final = ("suspended_on", "resumed_on", "suspensions")
UNREADABLE: Final = "unreadable"
REVERSED: Final = "reversed"
NO_BEGINNING: Final = "no_beginning"
UNLAWFUL: Final = "unlawful"
_FAR: Final = np.datetime64("9999-12-31", "D")  # an end nobody knows yet, for comparing only
_DATE: Final = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?|(?<!\d)(\d{4})(\d{2})(\d{2})(?!\d)"
)
_JOIN: Final = re.compile(r"[至到～~—–]|--|-(?=\s|$)|起|止|今|[（）()：:，,、\s]")


def entered_periods(supplies: pd.DataFrame, words: CauseWords) -> pd.DataFrame:
    """Every period entered, sound or not.

    Two forms are understood: the columns suspended_on, resumed_on (the day the clock runs again) and
    suspension_cause; and the text ``suspensions``, periods separated by ``；``, each with its first and last day (both
    do not count; without a last day it still goes on) and its cause: ``2021-03-01至2021-08-31 司法查封``.

    Returns
    -------
    DataFrame
        :data:`PERIOD_COLUMNS`: position of the row, first day that does not count, ``end`` the first day that counts
        again (missing: open), cause, lawful (it stops the clock), and the defect that keeps it from being used.
    """
    if not any(name in supplies for name in _FIELDS):
        return _no_periods()
    frames = [_from_columns(supplies), _from_text(supplies)]
    present = [frame for frame in frames if len(frame)]
    if not present:
        return _no_periods()
    whole = pd.concat(present, ignore_index=True)
    lawful = stops_the_clock(whole["cause"], words)
    defect = whole["defect"].mask(
        (whole["defect"] == "") & (whole["end"] <= whole["first"]).fillna(value=False), REVERSED
    )
    defect = defect.mask((defect == "") & ~lawful, UNLAWFUL)
    return whole.assign(lawful=lawful, defect=defect)[list(PERIOD_COLUMNS)]


def counted_periods(entered: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Periods that stop the clock and have begun by ``as_of``, those of a row merged where they touch.

    A period that begins later has not happened yet; an end that is entered counts wherever it lies, for it is the term
    of a seizure or an order.
    """
    if entered.empty:
        return entered[["row", "first", "end", "cause"]]
    sound = entered[(entered["defect"] == "") & (entered["first"] <= as_of)]
    if sound.empty:
        return _no_periods()[["row", "first", "end", "cause"]]
    ordered = sound.sort_values(["row", "first"], kind="stable")
    end = ordered["end"].to_numpy().astype("datetime64[D]")
    reach = pd.Series(np.where(np.isnat(end), _FAR, end).astype("int64"), index=ordered.index)
    first = ordered["first"].to_numpy().astype("datetime64[D]").astype("int64")
    before = reach.groupby(ordered["row"]).cummax().groupby(ordered["row"]).shift()
    group = (before.isna() | (first > before.fillna(0).to_numpy())).cumsum()
    columns = {"row": ordered["row"], "first": pd.Series(first, index=ordered.index), "reach": reach}
    merged = pd.DataFrame(columns).groupby(group)
    table = merged.agg({"row": "first", "first": "min", "reach": "max"})
    cause = ordered["cause"].groupby(group).first()
    several = group.duplicated(keep=False)
    # Text is joined only where periods touch: a call per group is slow
    cause.update(ordered.loc[several, "cause"].groupby(group[several]).agg(_joined).astype("str"))
    last = table["reach"].to_numpy().astype("datetime64[D]")
    return pd.DataFrame(
        {
            "row": table["row"].to_numpy(),
            "first": table["first"].to_numpy().astype("datetime64[D]").astype("datetime64[s]"),
            "end": np.where(last == _FAR, np.datetime64("NaT"), last).astype("datetime64[s]"),
            "cause": cause.fillna("").astype("str").to_numpy(),
        }
    )


def moved(marks: pd.Series, since: pd.Series, periods: pd.DataFrame) -> pd.Series:
    """Marks put off by the days between ``since`` and the mark that do not count.

    Parameters
    ----------
    marks
        Anniversaries, ``datetime64[s]``.
    since
        The day each clock began to run; index of ``marks``.
    periods
        From :func:`counted_periods`; ``row`` is the position in ``marks``.

    Returns
    -------
    Series
        A mark behind a period that is still open is missing: it cannot be told yet.

    Examples
    --------
    >>> start, mark = (pd.Series(pd.to_datetime([d]).astype("datetime64[s]")) for d in ("2020-01-01", "2021-01-01"))
    >>> days = pd.to_datetime(["2020-03-01", "2020-03-11"])
    >>> seized = pd.DataFrame({"row": [0], "first": days[:1], "end": days[1:]})
    >>> moved(mark, start, seized).dt.strftime("%Y-%m-%d").tolist()
    ['2021-01-11']
    """
    if periods.empty:
        return marks
    result = marks.to_numpy().astype("datetime64[D]")
    begin = since.to_numpy().astype("datetime64[D]")
    # Earlier periods put off the mark that later ones are held against: a loop over the first, second … of each row
    nth = periods.groupby("row").cumcount().to_numpy()
    for turn in range(int(nth.max()) + 1):
        rows = periods["row"].to_numpy()[nth == turn]
        first, end = (periods[c].to_numpy()[nth == turn].astype("datetime64[D]") for c in ("first", "end"))
        first = np.maximum(first, begin[rows])
        stops = (first < result[rows]) & ~(end <= first)
        result[rows] = np.where(stops, result[rows] + (end - first), result[rows])
    return pd.Series(result.astype("datetime64[s]"), index=marks.index)


def days_not_counted(since: pd.Series, until: pd.Timestamp, periods: pd.DataFrame) -> pd.Series:
    """Days from ``since`` to before ``until`` that do not count (int64; 0 where there are none)."""
    days = np.zeros(len(since), dtype="int64")
    if len(periods):
        rows = periods["row"].to_numpy()
        begin = since.to_numpy().astype("datetime64[D]")[rows]
        last = np.datetime64(until.date(), "D")
        first, end = (periods[c].to_numpy().astype("datetime64[D]") for c in ("first", "end"))
        gone = np.minimum(np.where(np.isnat(end), last, end), last) - np.maximum(first, begin)
        counted = np.where(np.isnat(gone), np.timedelta64(0, "D"), gone).astype("int64")
        np.add.at(days, rows, np.maximum(counted, 0))
    return pd.Series(days, index=since.index)


def stands_still(periods: pd.DataFrame, index: pd.Index, *, as_of: pd.Timestamp) -> pd.Series:
    """True for the rows that have a period which covers the day."""
    now = np.zeros(len(index), dtype=bool)
    if len(periods):
        still = (periods["end"].isna() | (periods["end"] > as_of)).to_numpy(dtype=bool)
        now[periods["row"].to_numpy()[still]] = True
    return pd.Series(now, index=index)


def latest_dates(text: pd.Series, as_of: pd.Timestamp) -> pd.Series:
    """The latest start of several extensions written in one cell (``2021-05-01；2022-05-01（2022-04-20签订）``).

    A second date in one piece is the day it was signed; what was signed after ``as_of`` is not known yet.
    """
    found = pd.Series(np.datetime64("NaT", "s"), index=text.index, dtype="datetime64[s]")
    given = np.flatnonzero(text.notna().to_numpy())
    for place in given.tolist():  # cells that hold several dates are rare, and each is a text to be read
        pieces = [_dates(piece) for piece in re.split(r"[；;\n]", str(text.iloc[place]))]
        known = [days[0] for days in pieces if days and (len(days) < 2 or days[1] <= as_of.date())]
        if known:
            found.iloc[place] = pd.Timestamp(max(known))
    return found


def first_date(text: pd.Series) -> pd.Series:
    """The first date in each text (``datetime64[s]``); missing where there is none."""
    days = text.map(lambda cell: next(iter(_dates(str(cell))), None), na_action="ignore")
    return pd.to_datetime(days).astype("datetime64[s]")


def _from_columns(supplies: pd.DataFrame) -> pd.DataFrame:
    first, end = date_column(supplies, "suspended_on"), date_column(supplies, "resumed_on")
    given = (first.notna() | end.notna()).to_numpy()
    cause = text_column(supplies, "suspension_cause")
    return pd.DataFrame(
        {
            "row": np.flatnonzero(given),
            "first": first.to_numpy()[given],
            "end": end.to_numpy()[given],
            "cause": cause[given].astype("str").to_numpy(),
            "defect": np.where(first.isna().to_numpy()[given], NO_BEGINNING, ""),
        }
    )


def _from_text(supplies: pd.DataFrame) -> pd.DataFrame:
    text = text_column(supplies, "suspensions")
    rows = []
    for place in np.flatnonzero(text.notna().to_numpy()):  # each is a text to be read
        pieces = (piece for piece in re.split(r"[；;\n]", str(text.iloc[place])) if piece.strip())
        rows += [(int(place), *_period(piece)) for piece in pieces]
    table = pd.DataFrame(rows, columns=["row", "first", "end", "cause", "defect"])
    dates = {c: pd.to_datetime(table[c]).astype("datetime64[s]") for c in ("first", "end")}
    return table.assign(**dates, cause=table["cause"].astype("str"), defect=table["defect"].astype("str"))


def _period(piece: str) -> tuple[date | None, date | None, str, str]:
    days = _dates(piece)
    cause = _JOIN.sub("", _DATE.sub("", piece))
    if len(days) not in (1, 2):
        return None, None, cause, UNREADABLE
    last = date.fromordinal(days[1].toordinal() + 1) if len(days) == 2 else None
    return days[0], last, cause, ""


def _dates(text: str) -> list[date]:
    days = []
    for match in _DATE.finditer(text):
        year, month, day = (int(part) for part in match.groups() if part is not None)
        try:
            days.append(date(year, month, day))
        except ValueError:
            return []
    return days


def _joined(causes: pd.Series) -> str:
    return "、".join(dict.fromkeys(str(cause) for cause in causes if cause))


def _no_periods() -> pd.DataFrame:
    kinds = {
        "row": "int64",
        "first": "datetime64[s]",
        "end": "datetime64[s]",
        "cause": "str",
        "lawful": "bool",
    }
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "str")) for name in PERIOD_COLUMNS})
