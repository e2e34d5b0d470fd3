"""The muted colours of the survey's land classes."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import pandas as pd

UNKNOWN_GROUP: Final = "unknown"
UNKNOWN_COLOUR: Final = "#F4F4F2"
_CODE_LENGTH: Final = 4  # the longest prefix of the table


class Tint(NamedTuple):
    """A group of land classes in the legend, and the fill of one class of it."""

    group: str
    colour: str


@cache
def _tints() -> dict[str, Tint]:
    with Path(__file__).with_name("landclass_tints.csv").open(encoding="utf-8", newline="") as file:
        return {row["prefix"]: Tint(row["group"], row["colour"]) for row in csv.DictReader(file)}


def tint_of(code: str) -> Tint:
    """Tint of a survey class code by its longest known prefix.

    Examples
    --------
    >>> tint_of("0305K").group, tint_of("0601").group, tint_of("?").group
    ('forest', 'industry', 'unknown')
    """
    for length in range(min(_CODE_LENGTH, len(code)), 1, -1):
        if code[:length] in _tints():
            return _tints()[code[:length]]
    return Tint(UNKNOWN_GROUP, UNKNOWN_COLOUR)


def tints_of(codes: pd.Series) -> dict[str, Tint]:
    """Tint of each distinct code of a column; missing codes are left out."""
    return {code: tint_of(code) for code in codes.dropna().astype(str).unique()}
