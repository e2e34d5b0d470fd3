"""Codes and names that belong to another class system than the survey's: the whole layer may be another survey's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from landinv.intake.survey_checks.rule import SOURCE_REF, Patches
from landinv.model import fields as F
from landinv.model.findings import findings
from landinv.model.landclass import landclass_names
from landinv.model.survey_lists import other_class_names

FROM_ANOTHER_SYSTEM: Final = "A039"
_SHOWN: Final = 5


def classes_of_another_system(patches: Patches, key: str) -> Iterator[pd.DataFrame]:
    """One finding for each field and system whose codes, or names, stand in a layer where the survey's should.

    A code counts where the survey does not have it and the system does. A name counts where both systems have its
    code, and the name is the other system's. Source: second national survey, GB/T 21010-2017, 用地用海分类（2023）.
    """
    for field in (F.DLBM, F.PZYT):
        if field in patches.frame:
            yield from _foreign_codes(patches, field, key)
    if F.DLMC in patches.frame:
        yield from _foreign_names(patches, key)


def _foreign_codes(patches: Patches, field: str, key: str) -> Iterator[pd.DataFrame]:
    values = patches.frame[field]
    counts = values[
        patches.by_value(field, lambda codes: ~codes.isin(list(landclass_names())))
    ].value_counts()
    for system, names in other_class_names().items():
        theirs = counts[[code in names for code in counts.index]]
        if len(theirs):
            words = [f"{code}{names[str(code)]}" for code in theirs.index[:_SHOWN]]
            yield _told(patches, field, key, (values == theirs.index[0], system, int(theirs.sum()), words))


def _foreign_names(patches: Patches, key: str) -> Iterator[pd.DataFrame]:
    pairs = patches.frame.groupby([F.DLBM, F.DLMC], dropna=True).size().rename("count").reset_index()
    for system, names in other_class_names().items():
        theirs = [
            (code, name, count)
            for code, name, count in zip(pairs[F.DLBM], pairs[F.DLMC], pairs["count"], strict=True)
            if names.get(code) == name and landclass_names().get(code, name) != name
        ]
        if theirs:
            code, name, _ = theirs[0]
            first = (patches.frame[F.DLBM] == code) & (patches.frame[F.DLMC] == name)
            words = [f"{code}{name}" for code, name, _ in theirs[:_SHOWN]]
            yield _told(patches, F.DLMC, key, (first, system, sum(count for *_, count in theirs), words))


def _told(
    patches: Patches, field: str, key: str, found: tuple[pd.Series, str, int, list[str]]
) -> pd.DataFrame:
    first, system, count, words = found
    row = patches.frame[first].iloc[0]
    detail = f"{system}：{count}条，如{'、'.join(words)}"
    return findings(
        FROM_ANOTHER_SYSTEM, dataset=key, feature=[str(row[SOURCE_REF])], field=field, value=[str(row[field])],
        detail=[detail],
    )  # fmt: skip
