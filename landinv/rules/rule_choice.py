"""The first rule that holds for each row, its words with the row's values, and the least that would change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.rules.rule_types import Fact, Rule, Ruleset

Truth = Mapping[str, npt.NDArray[np.bool_]]
NOTHING: Final = -1
MISSING: Final = {"zh": "缺", "en": "missing"}
_CHANGES: Final = {
    "zh": ("{fact}，转为“{state}”", "{fact}，重新判断"),
    "en": ("{fact}: {state}", "{fact}: judged anew"),
}


@dataclass(frozen=True)
class Change:
    """A fact that would change a row's state today, and the state it would bring (empty: its content decides)."""

    fact: Fact
    state: str


def truth_of(conditions: pd.DataFrame) -> dict[str, npt.NDArray[np.bool_]]:
    """Boolean columns as arrays by name."""
    return {str(name): conditions[name].to_numpy(dtype=bool) for name in conditions}


def first_rules(truth: Truth, rules: Sequence[Rule], *, rows: int) -> npt.NDArray[np.intp]:
    """Position of the first rule whose conditions all hold, for each row.

    Parameters
    ----------
    truth
        An array for each condition.
    rules
        In order; the last must hold for every row.
    rows
        How many rows there are.
    """
    chosen = np.full(rows, len(rules) - 1, dtype=np.intp)
    undecided = np.ones(rows, dtype=bool)
    for position, rule in enumerate(rules):
        holds = undecided & all_hold(truth, rule.when, rows=rows)
        chosen[holds] = position
        undecided &= ~holds
    return chosen


def all_hold(truth: Truth, names: Sequence[str], *, rows: int) -> npt.NDArray[np.bool_]:
    """Where every condition is true (``!``: false)."""
    holds = np.ones(rows, dtype=bool)
    for name in names:
        holds &= ~truth[name[1:]] if name.startswith("!") else truth[name]
    return holds


def least_changes(
    truth: Truth, rules: Sequence[Rule], facts: Sequence[Fact], *, chosen: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.object_]]:
    """For each row the position of the smallest fact that would bring another state, and that state.

    :data:`NOTHING` and an empty text where no fact would; the state is empty too where the fact is an open one.
    """
    found = np.full(len(chosen), NOTHING, dtype=np.intp)
    state = np.full(len(chosen), "", dtype=object)
    states = np.array([rule.state for rule in rules], dtype=object)
    for position, fact in enumerate(facts):
        rows = np.flatnonzero((found == NOTHING) & all_hold(truth, fact.when, rows=len(chosen)))
        after = states[chosen[rows]] if fact.open else states[_after(truth, rules, fact, rows=rows)]
        differs = np.ones(len(rows), dtype=bool) if fact.open else after != states[chosen[rows]]
        found[rows[differs]] = position
        state[rows[differs]] = "" if fact.open else after[differs]
    return found, state


def changes_of(truth: Truth, rules: Sequence[Rule], facts: Sequence[Fact], *, row: int) -> tuple[Change, ...]:
    """Every fact that would change one row's state today, the smallest first."""
    one = {name: values[row : row + 1] for name, values in truth.items()}
    now = rules[first_rules(one, rules, rows=1)[0]].state
    rows = np.array([0])
    possible = [fact for fact in facts if all_hold(one, fact.when, rows=1)[0]]
    then = ["" if fact.open else rules[_after(one, rules, fact, rows=rows)[0]].state for fact in possible]
    return tuple(Change(fact, state) for fact, state in zip(possible, then, strict=True) if state != now)


def told_changes(
    ruleset: Ruleset, subject: str, least: tuple[npt.NDArray[np.intp], npt.NDArray[np.object_]], language: str
) -> npt.NDArray[np.object_]:
    """Words for :func:`least_changes`; None where nothing would change the row."""
    facts = ruleset.facts_of(subject)
    position, state = least
    texts = np.full(len(position), None, dtype=object)
    for number, fact in enumerate(facts):
        for name in sorted(set(state[position == number])):
            told = told_change(ruleset, Change(fact, name), language)
            texts[(position == number) & (state == name)] = told
    return texts


def told_change(ruleset: Ruleset, change: Change, language: str) -> str:
    """One change in words."""
    template = _CHANGES[language][0 if change.state else 1]
    state = ruleset.state(change.state).named(language) if change.state else ""
    return template.format(fact=change.fact.told(language), state=state)


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
    chosen: npt.NDArray[np.intp],
    rules: Sequence[Rule],
    *,
    value_of: Callable[[str], pd.Series],
    language: str = "zh",
) -> npt.NDArray[np.object_]:
    """Each row's reason: its rule's template with the row's values (missing values read 缺).

    Values never are templates: what a cell holds is put in, not read.
    """
    texts = np.full(len(chosen), "", dtype=object)
    columns: dict[str, npt.NDArray[np.object_]] = {}
    for position, rule in enumerate(rules):
        rows = np.flatnonzero(chosen == position)
        template = rule.reason if language == "zh" else rule.reason_en
        names = sorted({name for _, name, _, _ in Formatter().parse(template) if name})
        if not len(rows):
            continue
        for name in names:
            if name not in columns:
                columns[name] = value_of(name).fillna(MISSING[language]).to_numpy(dtype=object)
        cells = [columns[name][rows] for name in names]
        filled = [template.format(**dict(zip(names, row, strict=True))) for row in zip(*cells, strict=True)]
        texts[rows] = filled if names else template
    return texts


def _after(
    truth: Truth, rules: Sequence[Rule], fact: Fact, *, rows: npt.NDArray[np.intp]
) -> npt.NDArray[np.intp]:
    """The rules that would hold for some rows once a fact is true."""
    part = {name: values[rows] for name, values in truth.items()}
    for name in fact.then:
        part[name.removeprefix("!")] = np.full(len(rows), not name.startswith("!"))
    return first_rules(part, rules, rows=len(rows))
