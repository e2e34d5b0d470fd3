"""What a check of a survey layer is, and how what it finds becomes findings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.model import fields as F
from landinv.model.findings import finding_rules, findings
from landinv.model.survey_lists import survey_limit

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

SOURCE_REF: Final = "source_ref"
_SHOWN: Final = 3


@dataclass(frozen=True)
class Patches:
    """A survey layer under check.

    ``frame`` has the standard's columns; ``statutory_m2`` the shapes' statutory areas (NaN where unknown);
    ``county_code`` six digits or nothing; ``layer`` the role; ``shapes`` and ``crs`` the shapes, where there are.
    """

    frame: pd.DataFrame
    statutory_m2: npt.NDArray[np.float64]
    county_code: str = ""
    layer: str = "dltb"
    shapes: npt.NDArray[np.object_] | None = None
    crs: str = ""

    def text(self, name: str) -> pd.Series:
        """A column's text, empty where missing."""
        return self.frame[name].astype("str").fillna("")

    def by_value(self, name: str, test: Callable[[pd.Series], pd.Series]) -> pd.Series:
        """A test of text asked once for each different value, and told for every record; false where missing."""
        codes, values = pd.factorize(self.frame[name])
        told = test(pd.Series(values, dtype="str")).to_numpy(dtype=bool, na_value=False)
        return pd.Series(np.append(told, False)[codes], index=self.frame.index)

    def named(self, at: IntArray) -> list[str]:
        """References of records with their BSM, as a message shows them."""
        rows = self.frame.iloc[at]
        pairs = zip(rows[SOURCE_REF].tolist(), rows[F.BSM].tolist(), strict=True)
        return [f"{ref}（BSM {bsm}）" if isinstance(bsm, str) else ref for ref, bsm in pairs]


@dataclass(frozen=True)
class SurveyCheck:
    """A rule: code, layers it holds for, fields it reads, and its test, true where a record is defective.

    The first field is the one a finding shows. ``needed`` are the fields without a value in the whole layer for which
    it is not asked; None: all it reads. ``detail`` gives words for some records.
    """

    code: str
    layers: tuple[str, ...]
    fields: tuple[str, ...]
    test: Callable[[Patches], pd.Series]
    needed: tuple[str, ...] | None = None
    detail: Callable[[Patches, IntArray], list[str]] | None = None

    @property
    def blamed(self) -> str:
        """Field whose value a finding shows."""
        return self.fields[0]


def findings_of(check: SurveyCheck, patches: Patches, at: IntArray, key: str) -> pd.DataFrame:
    """Findings of a check at some records; many of one notice, or of a whole column, make one row with their number."""
    if is_folded(check.code, len(at), len(patches.frame)):
        return folded(check.code, patches, at, key, name=check.blamed)
    rows = patches.frame.iloc[at]
    details = [f"BSM {b}" if isinstance(b, str) else "" for b in rows[F.BSM]]
    if check.detail is not None:
        more = check.detail(patches, at)
        details = ["；".join(filter(None, pair)) for pair in zip(details, more, strict=True)]
    return findings(
        check.code,
        dataset=key,
        feature=rows[SOURCE_REF].tolist(),
        field=check.blamed,
        value=rows[check.blamed].astype("str").fillna("").tolist(),
        detail=details,
    )


def is_folded(code: str, count: int, of: int) -> bool:
    """Whether so many findings of a rule on one layer are told as one.

    Notices beyond a limit, and warnings that say the same of most of the layer; errors never.
    """
    severity = finding_rules()[code].severity
    many = count > survey_limit("rows_per_notice")
    return many and (severity == "notice" or (severity == "warning" and 2 * count > of))


def folded(code: str, patches: Patches, at: IntArray, key: str, *, name: str = "") -> pd.DataFrame:
    """One finding for many records: the first of them, their number, and some of their values."""
    rows = patches.frame.iloc[at]
    detail = f"共{len(at)}条，首条如此处"
    if name in rows:
        values = rows[name].astype("str").value_counts().head(_SHOWN)
        if len(values):
            detail += "；常见值：" + "、".join(f"{value}（{n}条）" for value, n in values.items())
    first = rows.iloc[0]
    shown = str(first[name]) if name in rows and isinstance(first[name], str | float) else ""
    return findings(
        code, dataset=key, feature=[str(first[SOURCE_REF])], field=name, value=[shown.replace("nan", "")],
        detail=[detail],
    )  # fmt: skip
