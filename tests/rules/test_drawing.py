from __future__ import annotations

from pathlib import Path

import pytest

from landinv.rules.drawing import edges, mermaid
from landinv.rules.ruleset import Ruleset

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules.md"


def changes(ruleset: Ruleset, subject: str = "supply", *, plain: bool = True) -> set[tuple[str, str, str]]:
    return {(e.source, e.target, e.by) for e in edges(ruleset, subject, plain=plain)}


def test_time_moves_a_supply_on_and_never_back(ruleset: Ruleset) -> None:
    timed = {(e.source, e.target) for e in edges(ruleset, plain=True) if e.timed}
    assert {
        ("waiting", "overdue_start"),
        ("overdue_start", "suspected_1"),
        ("suspected_1", "suspected_2"),
    } <= timed
    assert {("idle_1", "idle_2"), ("halted", "suspected_1"), ("halted", "cannot_judge")} <= timed
    assert not any((b, a) in timed for a, b in timed)


def test_only_a_determination_leads_to_idle_land(ruleset: Ruleset) -> None:
    determined = {s.id for s in ruleset.states if s.id.startswith("idle")}
    for source, target, by in changes(ruleset, plain=False):
        if target in determined and source not in determined:
            assert by == "determine"


def test_what_is_built_stays_built(ruleset: Ruleset) -> None:
    assert not [e for e in edges(ruleset) if e.source == "built"]


def test_government_and_collective_land_are_in_the_whole_table_alone(ruleset: Ruleset) -> None:
    whole = {state for change in changes(ruleset, plain=False) for state in change[:2]}
    plain = {state for change in changes(ruleset) for state in change[:2]}
    assert {"suspected_government", "idle_government", "outside_statute"} <= whole - plain


def test_approvals_lapse_by_time_alone(ruleset: Ruleset) -> None:
    lapsing = {
        (a, by) for a, b, by in changes(ruleset, "approval") if b in ("lapse_suspected", "lapse_unknown")
    }
    assert lapsing == {("approved", "lapse_on")}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_diagram_names_every_state_it_draws(ruleset: Ruleset, language: str) -> None:
    text = mermaid(ruleset, edges(ruleset), language)
    assert text.startswith("stateDiagram-v2\n")
    drawn = {line.split()[0] for line in text.splitlines() if "-->" in line}
    assert drawn <= {
        line.rsplit(" ", 1)[1] for line in text.splitlines() if line.strip().startswith("state ")
    }


def test_page_shows_the_rules_as_they_are(ruleset: Ruleset) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert f"Ruleset {ruleset.stamp}." in page
    for edge in edges(ruleset):
        assert f"| {ruleset.state(edge.source).title} | {ruleset.state(edge.target).title} |" in page
