"""Whose doing a delay is, by the words that were entered for it."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pandas as pd

from landinv.rules.columns import text_column
from landinv.rules.rule_types import CauseWords

GOVERNMENT: Final = "政府原因"
COMPANY: Final = "企业原因"


def entered_cause(supplies: pd.DataFrame, words: CauseWords) -> pd.Series:
    """Idle cause as entered; entries that say there is none are missing."""
    cause = text_column(supplies, "idle_cause")
    return cause.where(~cause.isin(words.none))


def classify_cause(cause: pd.Series, words: CauseWords) -> pd.Series:
    """政府原因 or 企业原因 of each entered cause; missing where none was entered.

    Source: Order 53, art. 8: causes it does not list fall to the company (art. 14).
    """
    affirmed = cause.str.replace(_any_of(words.not_government), "", regex=True)
    government = _contains(affirmed, words.government) & ~_starts_with(cause, words.company)
    classes = np.where(government, GOVERNMENT, COMPANY)
    return pd.Series(classes, index=cause.index, dtype="str").where(cause.notna())


def cause_is_unclear(cause: pd.Series, words: CauseWords) -> pd.Series:
    """True where a cause speaks both of the government and of the company."""
    affirmed = cause.str.replace(_any_of(words.not_government), "", regex=True)
    return _contains(affirmed, words.government) & _contains(cause, words.company)


def may_be_suspended(cause: pd.Series, words: CauseWords) -> pd.Series:
    """True where a cause speaks of a court or a seizure, whose time does not count."""
    return _contains(cause, words.suspension)


def stops_the_clock(cause: pd.Series, words: CauseWords) -> pd.Series:
    """True where a cause is a court's, the government's or force majeure: time under it does not count."""
    return may_be_suspended(cause, words) | (classify_cause(cause, words) == GOVERNMENT)


def _any_of(words: tuple[str, ...]) -> str:
    # \Z\A never matches: an empty list of words stands for no word, not for the empty text
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word) for word in longest_first) or r"\Z\A."


def _contains(text: pd.Series, words: tuple[str, ...]) -> pd.Series:
    return text.str.contains(_any_of(words), regex=True, na=False).astype(bool)


def _starts_with(text: pd.Series, words: tuple[str, ...]) -> pd.Series:
    return text.str.startswith(words, na=False).astype(bool) if words else text.isna() & False
