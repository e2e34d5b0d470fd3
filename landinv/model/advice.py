"""Words for whoever looks over files: how a defect is mended, and what a role is called, in both languages."""

from __future__ import annotations

from functools import cache
from typing import Final

from landinv.model.tables import table

# In the first cell of a page that explains a table: whoever reads the workbook passes over the page.
NOT_DATA: Final = "本页不是数据，导入时不读"


@cache
def mending() -> dict[str, dict[str, str]]:
    """One line a finding rule, by language (``zh``, ``en``), on how its defect is mended at the source.

    Examples
    --------
    >>> mending()["I024"]["zh"]
    '补全到日'
    """
    return {row["code"]: {"zh": row["zh"], "en": row["en"]} for row in table("mending")}


@cache
def role_titles() -> dict[str, dict[str, str]]:
    """What a role, or ``constraints.<kind>``, is called, by language.

    Examples
    --------
    >>> role_titles()["constraints.redline"]["zh"]
    '生态保护红线'
    """
    return {row["role"]: {"zh": row["zh"], "en": row["en"]} for row in table("role_titles")}
