"""Columns of a canonical frame as the rules need them: there or not, typed, and only what was known on a day."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from landinv.errors import FieldValueError
from landinv.i18n import gettext as _


def date_column(frame: pd.DataFrame, name: str) -> pd.Series:
    """Dates as ``datetime64[s]`` at midnight; an absent column is all missing.

    Raises
    ------
    FieldValueError
        If the column holds something that is no date.
    """
    if name not in frame:
        return pd.Series(np.datetime64("NaT", "s"), index=frame.index, dtype="datetime64[s]")
    try:
        dates = pd.to_datetime(frame[name]).astype("datetime64[s]")
    except (TypeError, ValueError) as error:
        raise FieldValueError(
            _("Column {column} holds a value that is no date: {error}").format(column=name, error=error),
            hint=_("Read the source through the intake, which turns such values into findings."),
        ) from error
    return dates.dt.normalize()


def known_dates(frame: pd.DataFrame, name: str, as_of: pd.Timestamp) -> pd.Series:
    """Dates of events up to and including ``as_of``; later ones have not happened yet and are missing."""
    dates = date_column(frame, name)
    return dates.where(dates <= as_of)


def number_column(frame: pd.DataFrame, name: str) -> pd.Series:
    """Numbers as float64; infinite ones and absent columns are missing."""
    if name not in frame:
        return pd.Series(np.nan, index=frame.index, dtype="float64")
    numbers = pd.to_numeric(frame[name], errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers))


def text_column(frame: pd.DataFrame, name: str) -> pd.Series:
    """Trimmed text; empty text and absent columns are missing."""
    if name not in frame:
        return pd.Series(np.nan, index=frame.index, dtype="str")
    text = frame[name].astype("str").str.strip()
    return text.where(text != "")


def truth_column(frame: pd.DataFrame, name: str) -> pd.Series:
    """Three-valued truth as ``boolean``; an absent column is all missing."""
    if name not in frame:
        return pd.Series(pd.NA, index=frame.index, dtype="boolean")
    return frame[name].astype("boolean")


def joined_flags(flags: Iterable[tuple[str, pd.Series]], index: pd.Index) -> pd.Series:
    """Codes of the flags that are set, joined by ``;``; missing where none is."""
    text = np.full(len(index), "", dtype=object)
    for code, is_set in flags:
        text = text + np.where(is_set.to_numpy(dtype=bool), f"{code};", "").astype(object)
    joined = pd.Series(text, index=index, dtype="str").str.removesuffix(";")
    return joined.where(joined != "")


def iso_dates(dates: pd.Series) -> pd.Series:
    """Dates as ``YYYY-MM-DD`` text; missing is missing."""
    text = np.datetime_as_string(dates.to_numpy().astype("datetime64[D]"))
    return pd.Series(text, index=dates.index, dtype="str").where(dates.notna())
