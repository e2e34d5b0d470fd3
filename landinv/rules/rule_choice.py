"""The first rule that holds for each row, and its words with the row's values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import Formatter

import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.rules.rule_types import ApprovalRule, SupplyRule

Rule = SupplyRule | ApprovalRule


def first_rules(conditions: pd.DataFrame, rules: Sequence[Rule]) -> npt.NDArray[np.intp]:
    """Position of the first rule whose conditions all hold, for each row.

    Parameters
    ----------
    conditions
        Boolean columns, one per condition.
    rules
        In order; the last must hold for every row.
    """
    truth = {name: conditions[name].to_numpy(dtype=bool) for name in conditions}
    chosen = np.full(len(conditions), len(rules) - 1, dtype=np.intp)
    undecided = np.ones(len(conditions), dtype=bool)
    for position, rule in enumerate(rules):
        holds = undecided.copy()
        for name in rule.when:
            holds &= ~truth[name[1:]] if name.startswith("!") else truth[name]
        chosen[holds] = position
        undecided &= ~holds
    return chosen


def of_rule(chosen: npt.NDArray[np.intp], values: Sequence[str], *, index: pd.Index) -> pd.Series:
    """Each row's text from its rule (``values`` by position of the rule); empty text is missing."""
    text = pd.Series(np.array(values, dtype=object)[chosen], index=index, dtype="str")
    return text.where(text != "")


def dates_of_rule(chosen: npt.NDArray[np.intp], names: Sequence[str], *, dates: pd.DataFrame) -> pd.Series:
    """Each row's date from the column its rule names; missing where it names none."""
    picked = np.full(len(chosen), np.datetime64("NaT", "s"), dtype="datetime64[s]")
    for name in sorted({n for n in names if n}):
        rows = np.array([n == name for n in names])[chosen]
        picked[rows] = dates[name].to_numpy()[rows]
    return pd.Series(picked, index=dates.index)


def reasons(
    chosen: npt.NDArray[np.intp], rules: Sequence[Rule], *, value_of: Callable[[str], pd.Series]
) -> npt.NDArray[np.object_]:
    """Each row's reason: its rule's template with the row's values (missing values read 缺).

    Values never are templates: what a cell holds is put in, not read.
    """
    texts = np.full(len(chosen), "", dtype=object)
    columns: dict[str, npt.NDArray[np.object_]] = {}
    for position, rule in enumerate(rules):
        rows = np.flatnonzero(chosen == position)
        names = sorted({name for _, name, _, _ in Formatter().parse(rule.reason) if name})
        if not len(rows):
            continue
        for name in names:
            if name not in columns:
                columns[name] = value_of(name).fillna("缺").to_numpy(dtype=object)
        cells = [columns[name][rows] for name in names]
        filled = [
            rule.reason.format(**dict(zip(names, row, strict=True))) for row in zip(*cells, strict=True)
        ]
        texts[rows] = filled if names else rule.reason
    return texts
