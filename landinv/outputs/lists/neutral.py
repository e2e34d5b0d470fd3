"""Text that a spreadsheet would take for a formula, made harmless and brought back.

A text that begins with ``= + - @``, a tab, a line break, ``＝`` or ``|`` gets an apostrophe before it, unless it is a
plain number. A text that already bears apostrophes before such a character gets one more, so that taking one away
always gives the original back.
"""

from __future__ import annotations

from typing import Final

import pandas as pd

_LEAD: Final = "[=+\\-@\t\r\n＝|]"
_RISKY: Final = f"^'*{_LEAD}"
_MARKED: Final = f"^'+{_LEAD}"
_PLAIN_NUMBER: Final = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z"


def is_risky(texts: pd.Series) -> pd.Series:
    """True where a spreadsheet might run the text, or where it could be mistaken for one made harmless.

    Examples
    --------
    >>> is_risky(pd.Series(["=1+1", "-12.5", "-cmd", "'=x", "岚县"])).tolist()
    [True, False, True, True, False]
    """
    text = texts.fillna("").astype("object").str
    return (text.match(_RISKY) & ~text.match(_PLAIN_NUMBER)).astype(bool)


def neutralise(texts: pd.Series) -> pd.Series:
    """Texts with an apostrophe before the risky ones; missing stays missing.

    Examples
    --------
    >>> neutralise(pd.Series(["=1+1", "-12.5", "岚县"])).tolist()
    ["'=1+1", '-12.5', '岚县']
    """
    return texts.where(~is_risky(texts), "'" + texts)


def restore(texts: pd.Series) -> pd.Series:
    """The texts that :func:`neutralise` was given.

    Examples
    --------
    >>> restore(pd.Series(["'=1+1", "-12.5", "'岚县"])).tolist()
    ['=1+1', '-12.5', "'岚县"]
    """
    marked = texts.fillna("").astype("object").str.match(_MARKED).astype(bool)
    return texts.where(~marked, texts.str.slice(1))
