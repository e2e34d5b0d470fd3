"""The state machine of a ruleset, found by trying every situation the rules can tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

from landinv.rules.page import word
from landinv.rules.rule_types import APPROVAL_CONDITIONS, SUPPLY_CONDITIONS, Rule, Ruleset

Situation = Mapping[str, bool]
_START: Final = ("start_passed", "start_first", "start_second")
_HALT: Final = ("halted", "halt_first", "halt_second")
_START_DATES: Final = ("day_after_start", "start_first", "start_second")
_HALT_DATES: Final = ("", "halt_first", "halt_second")


@dataclass(frozen=True)
class Edge:
    """A change of state: by itself on a day (``timed``), or by a fact; ``by`` names the date or the fact."""

    source: str
    target: str
    by: str
    timed: bool


def edges(ruleset: Ruleset, subject: str = "supply", *, plain: bool = False) -> tuple[Edge, ...]:
    """Every change of state there is, each once, in the order of the states.

    Parameters
    ----------
    ruleset
        Its rules and facts are tried on every situation that can be.
    subject
        ``supply`` or ``approval``.
    plain
        Leave out land of the government's doing and collective land, whose states double the others'.
    """
    is_supply = subject == "supply"
    rules: tuple[Rule, ...] = ruleset.supply_rules if is_supply else ruleset.approval_rules
    situations = _supply_situations(plain=plain) if is_supply else _approval_situations()
    found: dict[Edge, None] = {}
    for situation in situations:
        source = _state(situation, rules)
        for target, by in _by_time(situation) if is_supply else _approval_by_time(situation):
            found[Edge(source, _state(target, rules), by, timed=True)] = None
        for fact in ruleset.facts_of(subject):
            if fact.then and _all_hold(situation, fact.when) and not (plain and "government" in fact.then):
                after = {**situation, **{n.removeprefix("!"): not n.startswith("!") for n in fact.then}}
                found[Edge(source, _state(after, rules), fact.id, timed=False)] = None
    order = {state.id: number for number, state in enumerate(ruleset.states)}
    moving = (edge for edge in found if edge.source != edge.target)
    return tuple(sorted(moving, key=lambda e: (order[e.source], not e.timed, order[e.target], e.by)))


def mermaid(ruleset: Ruleset, drawn: Iterable[Edge], language: str = "zh") -> str:
    """The drawing as a Mermaid state diagram; edges between the same two states share an arrow."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for edge in drawn:
        label = word("date" if edge.timed else "fact", edge.by, language)
        arrows.setdefault((edge.source, edge.target), []).append(label)
    used = {name for pair in arrows for name in pair}
    names = [f'    state "{s.named(language)}" as {s.id}' for s in ruleset.states if s.id in used]
    lines = [f"    {a} --> {b}: {' / '.join(dict.fromkeys(labels))}" for (a, b), labels in arrows.items()]
    return "\n".join(["stateDiagram-v2", "    direction LR", *names, *lines]) + "\n"


def _state(situation: Situation, rules: tuple[Rule, ...]) -> str:
    return next(rule.state for rule in rules if _all_hold(situation, rule.when))


def _all_hold(situation: Situation, names: Iterable[str]) -> bool:
    return all(situation[n.removeprefix("!")] != n.startswith("!") for n in names)


def _supply_situations(*, plain: bool) -> Iterator[dict[str, bool]]:
    """What can be true together: marks come one after the other, a halt needs a start."""
    special = ((False, False),) if plain else tuple(product((False, True), repeat=2))
    for (government, collective), determined, (below, missing) in product(
        special, (False, True), ((False, False), (True, False), (False, True), (True, True))
    ):
        rest = {
            **dict.fromkeys(SUPPLY_CONDITIONS, False),
            "government": government, "collective": collective, "determined": determined,
            "ratio_below": below, "ratio_missing": missing,
        }  # fmt: skip
        yield rest
        for reached in range(len(_START) + 1):
            yield {**rest, "start_known": True, **dict.fromkeys(_START[:reached], True)}
        for reached in range(len(_HALT) + 1):
            yield {**rest, "start_known": True, "started": True, **dict.fromkeys(_HALT[:reached], True)}
        yield {**rest, "start_known": True, "started": True, "finished": True}


def _by_time(situation: Situation) -> Iterator[tuple[dict[str, bool], str]]:
    if situation["finished"]:
        return
    is_known = situation["halted"] if situation["started"] else situation["start_known"]
    marks, dates = (_HALT, _HALT_DATES) if situation["started"] else (_START, _START_DATES)
    reached = sum(situation[name] for name in marks)
    if is_known and reached < len(marks):
        yield {**situation, marks[reached]: True}, dates[reached]


def _approval_situations() -> Iterator[dict[str, bool]]:
    nothing = dict.fromkeys(APPROVAL_CONDITIONS, False)
    for status, compensation in product(
        ("", "withdrawn", "lapsed"), ("compensated", "uncompensated", "compensation_unknown")
    ):
        known = {**nothing, compensation: True, **({status: True} if status else {})}
        yield known
        for reached in range(3):
            yield {**known, "dated": True, "approved": reached > 0, "lapse_reached": reached > 1}


def _approval_by_time(situation: Situation) -> Iterator[tuple[dict[str, bool], str]]:
    if situation["dated"] and situation["approved"] and not situation["lapse_reached"]:
        yield {**situation, "lapse_reached": True}, "lapse_on"
