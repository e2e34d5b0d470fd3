"""Column names of the third national land survey, as constants, and the fields of its layers.

Source: TD/T 1057-2020 as reconstructed from production software; lengths marked [K] are unverified.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from landinv.model.tables import table

BSM: Final = "BSM"
YSDM: Final = "YSDM"
TBBH: Final = "TBBH"
DLBM: Final = "DLBM"
DLMC: Final = "DLMC"
QSXZ: Final = "QSXZ"
QSDWDM: Final = "QSDWDM"
QSDWMC: Final = "QSDWMC"
ZLDWDM: Final = "ZLDWDM"
ZLDWMC: Final = "ZLDWMC"
TBMJ: Final = "TBMJ"
KCMJ: Final = "KCMJ"
KCXS: Final = "KCXS"
TBDLMJ: Final = "TBDLMJ"
KCDLBM: Final = "KCDLBM"
FRDBS: Final = "FRDBS"
CZCSXM: Final = "CZCSXM"
XZQDM: Final = "XZQDM"
XZQMC: Final = "XZQMC"
KFYQMC: Final = "KFYQMC"
CZCLX: Final = "CZCLX"
CZCDM: Final = "CZCDM"
CZCMC: Final = "CZCMC"
DCMJ: Final = "DCMJ"
JSMJ: Final = "JSMJ"
PZWH: Final = "PZWH"
PZYT: Final = "PZYT"
SJNF: Final = "SJNF"

SURVEY_ROLES: Final = ("dltb", "xzq", "cjdcq", "pzwjstd", "czcdyd", "lsyd", "kfyq")
YEAR_LAYER: Final = "dltbgx"  # the annual change survey's patches as they are after the change
REQUIRED_SURVEY_FIELDS: Final = {"dltb": DLBM, "xzq": XZQDM, "cjdcq": ZLDWDM, YEAR_LAYER: DLBM}


@dataclass(frozen=True)
class SurveyField:
    """One field of a survey layer: its standard name, Chinese alias, type and stored width.

    ``certainty`` is that of the width: V was read in production software, K is unverified.
    """

    name: str
    alias: str
    kind: str
    length: int
    decimals: int
    mandatory: str
    certainty: str = "K"


def field_table(role: str) -> str:
    """The survey layer whose fields a role has: a year layer those of the patches.

    Examples
    --------
    >>> field_table("dltbgx"), field_table("xzq"), field_table("supplies")
    ('dltb', 'xzq', 'supplies')
    """
    return "dltb" if role == YEAR_LAYER else role


@cache
def survey_fields(layer: str) -> tuple[SurveyField, ...]:
    """Fields of a survey layer in the standard's order.

    Examples
    --------
    >>> len(survey_fields("dltb"))
    30
    >>> survey_fields("dltb")[4].alias
    '地类编码'
    """
    return tuple(
        SurveyField(
            r["field"],
            r["alias"],
            r["type"],
            int(r["length"]),
            int(r["decimals"]),
            r["mandatory"],
            r["certainty"],
        )
        for r in table("survey_fields")
        if r["layer"] == field_table(layer)
    )
