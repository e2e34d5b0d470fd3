"""Land classes of the survey and planned uses: two code spaces that share numbers with different meanings."""

from __future__ import annotations

from functools import cache
from typing import Final

import pandas as pd

from landinv.model.tables import table

SURVEY_CODE_SYSTEM: Final = "三调工作分类"
PLAN_CODE_SYSTEM_2023: Final = "用地用海分类（2023）"
FARMLAND: Final = "农用地"
CONSTRUCTION: Final = "建设用地"
UNUSED: Final = "未利用地"
STATE_OWNED: Final = "国有"
COLLECTIVE: Final = "集体"


@cache
def landclass_names() -> dict[str, str]:
    """Survey class code to Chinese name."""
    return {row["code"]: row["name"] for row in table("survey_landclass")}


@cache
def planned_use_names() -> dict[str, str]:
    """Planned use code (2023 guide) to Chinese name."""
    return {row["code"]: row["name"] for row in table("planned_use")}


@cache
def _three_classes() -> dict[str, str]:
    return {row["code"]: row["three_class"] for row in table("survey_landclass")}


def three_class(codes: pd.Series) -> pd.Series:
    """Farmland, construction or unused land of each survey class code; missing where the code is unknown.

    Suffixes are stripped (``1104A`` counts as ``1104``). Class 0404 is unused land by default, which sources
    disagree on. Source: production survey software, three-class rule.

    Examples
    --------
    >>> three_class(pd.Series(["0103", "1104A", "05H1", "09", "9999"])).fillna("?").tolist()
    ['农用地', '农用地', '建设用地', '建设用地', '?']
    """
    return codes.str.slice(0, 4).map(_three_classes())


def is_cropland(codes: pd.Series) -> pd.Series:
    """True where the survey class is cropland (01)."""
    return codes.str.startswith("01").fillna(value=False).astype(bool)


def ownership(tenure_codes: pd.Series) -> pd.Series:
    """国有 or 集体 by the first digit of QSXZ (words are accepted too); missing where it tells neither.

    Examples
    --------
    >>> ownership(pd.Series(["20", "30", "国有", "9"])).fillna("?").tolist()
    ['国有', '集体', '国有', '?']
    """
    first = {
        "1": STATE_OWNED,
        "2": STATE_OWNED,
        "3": COLLECTIVE,
        "4": COLLECTIVE,
        "国": STATE_OWNED,
        "集": COLLECTIVE,
    }
    return tenure_codes.str.strip().str.slice(0, 1).map(first)
