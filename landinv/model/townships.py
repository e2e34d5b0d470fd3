"""Townships over time: units that were abolished, and what the bureau says became of them.

Source: codes and names from the statistics bureau's lists of November 2020 and January 2022. Which unit took in an
abolished one those lists do not tell: the bureau's own table does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

import pandas as pd

from landinv.model.tables import table

CODE_DIGITS: Final = 9  # county 6, township 3
_CODE: Final = re.compile(r"\d{9}(?:000)?")
_YEAR: Final = re.compile(r"(?:19|20)\d{2}")
_BETWEEN: Final = re.compile(r"[\s、，,；;/／|和及]+")
_KINDS: Final = ("街道办事处", "街道", "镇", "乡")


@dataclass(frozen=True)
class Township:
    """A unit of the shipped list.

    ``until_year`` is the year in which it ceased (0: it exists), ``successor_code`` the unit that took it in (empty:
    not verified); ``certainty`` V verified, K by repute.
    """

    code: str
    name: str
    until_year: int
    successor_code: str
    certainty: str


@cache
def listed_townships(county_code: str) -> Mapping[str, Township]:
    """Units of a county by code, abolished ones among them; empty for a county that is not listed.

    Examples
    --------
    >>> listed_townships("141127")["141127205"].name, listed_townships("999999")
    ('河口乡', {})
    """
    return {
        r["code"]: Township(
            r["code"], r["name"], int(r["until_year"] or 0), r["successor_code"], r["certainty"]
        )
        for r in table("townships")
        if r["county_code"] == county_code
    }


@dataclass(frozen=True)
class TownshipUnits:
    """Units as they are on a day.

    ``names`` are names by code, of abolished units too; ``successors`` lead from an old code to the current one;
    ``abolished`` are codes of units that have ceased and whose successor nobody has told; ``problems`` are rows of the
    bureau's table that were not used: source_ref, value, cause.
    """

    names: Mapping[str, str]
    successors: Mapping[str, str]
    abolished: frozenset[str]
    problems: pd.DataFrame

    def current(self, codes: pd.Series) -> pd.Series:
        """Code of the unit that each code belongs to now; one without a successor, or missing, as it is."""
        return codes.map(self.successors).astype("str").where(codes.isin(list(self.successors)), codes)

    def codes_in(self, text: str) -> tuple[str, ...]:
        """Current codes of the units that a text lists, by code or by old or new name, in order, each once.

        Names count with and without 乡, 镇 or 街道; what is no unit of the county is passed over.
        """
        by_name: dict[str, str] = {}
        for code, name in self.names.items():
            for form in (name, _bare(name)):
                by_name.setdefault(form, code)
        found = [
            word[:CODE_DIGITS] if _CODE.fullmatch(word) else by_name.get(word, by_name.get(_bare(word), ""))
            for word in _BETWEEN.split(text)
        ]
        return tuple(dict.fromkeys(self.successors.get(code, code) for code in found if code))


def township_units(county_code: str, told: pd.DataFrame | None, as_of: date) -> TownshipUnits:
    """Units of a county on a day, by the shipped list and the bureau's table.

    Parameters
    ----------
    county_code
        Six digits.
    told
        The bureau's table: old_code, old_name, new_code, new_name, from_year (text, may be missing) and source_ref;
        None where there is none. A row counts from the first day of its year on.
    as_of
        The day.
    """
    listed = listed_townships(county_code)
    names = {code: unit.name for code, unit in listed.items()}
    steps = {
        code: unit.successor_code
        for code, unit in listed.items()
        if unit.successor_code and unit.until_year <= as_of.year
    }
    problems: list[tuple[str, str, str]] = []
    if told is not None:
        rows = _plain(told)
        problems = _problems(rows, county_code)
        usable = rows[~rows["source_ref"].isin([ref for ref, _value, _cause in problems])]
        for column in ("new", "old"):
            given = usable[usable[f"{column}_name"] != ""]
            names |= dict(zip(given[f"{column}_code"], given[f"{column}_name"], strict=True))
        now = usable[usable["from_year"].map(lambda year: int(year or 0)) <= as_of.year]
        steps |= dict(zip(now["old_code"], now["new_code"], strict=True))
    successors = {code: last for code in steps if (last := _last(code, steps))}
    gone = {code for code, unit in listed.items() if 0 < unit.until_year <= as_of.year}
    return TownshipUnits(
        names, successors, frozenset(gone - set(successors)),
        pd.DataFrame(problems, columns=["source_ref", "value", "cause"], dtype="str"),
    )  # fmt: skip


def _plain(told: pd.DataFrame) -> pd.DataFrame:
    """The bureau's rows as trimmed text, codes cut to the township."""
    wanted = ("old_code", "old_name", "new_code", "new_name", "from_year", "source_ref")
    rows = told.reindex(columns=list(wanted)).astype("str").fillna("")
    rows = rows.apply(lambda column: column.str.strip())
    for name in ("old_code", "new_code"):
        is_code = rows[name].str.fullmatch(_CODE.pattern).astype(bool)
        rows[name] = rows[name].str.slice(0, CODE_DIGITS).where(is_code, rows[name])
    plain: pd.DataFrame = rows.assign(
        from_year=rows["from_year"].str.removesuffix(".0").str.removesuffix("年")
    )
    return plain


def _problems(rows: pd.DataFrame, county_code: str) -> list[tuple[str, str, str]]:
    """Rows that cannot be used; one cause each. A table has a dozen rows, and a circle is found step by step."""
    codes = rows[["old_code", "new_code"]]
    well = codes.apply(lambda c: c.str.fullmatch(r"\d{9}") & c.str.startswith(county_code)).all(axis=1)
    dated = (rows["from_year"] == "") | rows["from_year"].str.fullmatch(_YEAR.pattern)
    successors = rows.groupby("old_code")["new_code"].transform("nunique")
    steps = dict(zip(rows["old_code"], rows["new_code"], strict=True))
    circles = rows["old_code"].map(lambda code: not _last(code, steps))
    causes = (
        (~well, "代码应为本县9位乡镇代码"),
        (~dated, "年份应为4位数字"),
        (successors > 1, "同一原代码对应多个现代码"),
        (circles, "原代码与现代码相同或循环"),
    )
    told: dict[int, str] = {}
    for mask, cause in causes:
        for at in mask.to_numpy().nonzero()[0].tolist():
            told.setdefault(at, cause)
    return [
        (rows["source_ref"].iloc[at], f"{rows['old_code'].iloc[at]}→{rows['new_code'].iloc[at]}", cause)
        for at, cause in sorted(told.items())
    ]


def _last(code: str, steps: Mapping[str, str]) -> str:
    """The end of a chain of successors; empty where it runs in a circle."""
    seen = {code}
    while code in steps:
        code = steps[code]
        if code in seen:
            return ""
        seen.add(code)
    return code


def _bare(name: str) -> str:
    """A unit's name without its kind."""
    kind = next((k for k in _KINDS if name.endswith(k) and len(name) > len(k) + 1), "")
    return name.removesuffix(kind)
