"""Normal forms of the numbers that join records; they serve joining only, never printing."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import pandas as pd

_BRACKETS: Final = str.maketrans(dict.fromkeys("[【(（〈﹝［", "〔") | dict.fromkeys("]】)）〉﹞］", "〕"))
_SPACE: Final = re.compile(r"\s+")
_JOINERS: Final = re.compile(r"[\s\-_—–·.]+")
PROJECT_CODE: Final = re.compile(r"^\d{4}-\d{6}-\d{2}-\d{2}-\d{6}$")


def normal_document_no(text: str) -> str:
    """Normal form of an approval or contract number: one kind of brackets and digits, no spaces, no 号 at the end.

    Examples
    --------
    >>> normal_document_no(" 晋政地字[2019] １２３ 号")
    '晋政地字〔2019〕123'
    """
    plain = _SPACE.sub("", unicodedata.normalize("NFKC", text)).translate(_BRACKETS)
    return plain.removesuffix("号").upper()


def normal_code(text: str) -> str:
    """Normal form of a supervision number, parcel or project code: half-width, upper case, no separators.

    Examples
    --------
    >>> normal_code("1411272015b00012 ")
    '1411272015B00012'
    """
    return _JOINERS.sub("", unicodedata.normalize("NFKC", text)).upper()


def normal_document_nos(values: pd.Series) -> pd.Series:
    """Normal form of each document number; missing stays missing."""
    return values.map(normal_document_no, na_action="ignore")


def normal_codes(values: pd.Series) -> pd.Series:
    """Normal form of each code; missing stays missing."""
    return values.map(normal_code, na_action="ignore")
