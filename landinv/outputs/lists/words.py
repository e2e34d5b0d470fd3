"""Chinese words for codes in lists, and the codes back from the words."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Final

import pandas as pd

from landinv.model.parcels import kinds

CODED: Final = ("flags", "method", "severity", "level", "status", "bool", "kind", "finding_state")
FLAG_SEPARATOR: Final = ";"
SHOWN_SEPARATOR: Final = "；"


@cache
def titles(kind: str) -> dict[str, str]:
    """Chinese title of each code of a coded kind of column (:data:`CODED`).

    Examples
    --------
    >>> titles("status")["idle"], titles("kind")["idle"]
    ('闲置土地', '闲置')
    """
    if kind == "kind":
        return {name: k.zh for name, k in kinds().items()}
    with Path(__file__).with_name("words.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["title"] for row in csv.DictReader(file) if row["kind"] == kind}


def to_titles(values: pd.Series, kind: str) -> pd.Series:
    """Codes as words; a code without a word stands as it is, missing stays missing. Flags are listed with ``；``."""
    words = titles(kind)
    if kind == "flags":
        return values.map(
            lambda text: _each(str(text), FLAG_SEPARATOR, SHOWN_SEPARATOR, words), na_action="ignore"
        )
    if kind == "bool":
        return values.map({True: words["true"], False: words["false"]}, na_action="ignore")
    return values.map(lambda code: words.get(str(code), str(code)), na_action="ignore")


def from_titles(values: pd.Series, kind: str) -> pd.Series:
    """Words as codes, undoing :func:`to_titles`; a word that is no title stands as it is."""
    codes = {title: code for code, title in titles(kind).items()}
    if kind == "flags":
        return values.map(
            lambda text: _each(str(text), SHOWN_SEPARATOR, FLAG_SEPARATOR, codes), na_action="ignore"
        )
    return values.map(lambda word: codes.get(str(word).strip(), str(word)), na_action="ignore")


def _each(text: str, before: str, after: str, words: dict[str, str]) -> str:
    return after.join(words.get(part, part) for part in text.split(before))
