"""What would change a result today: the facts named do what is said of them, and the smallest comes first."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from landinv.rules.evidence import approval_evidence, supply_evidence
from landinv.rules.rule_choice import least_changes, truth_of
from landinv.rules.ruleset import Ruleset
from landinv.rules.supplies import judge_supplies

AS_OF = date(2022, 10, 10)
DUE = {"agreed_start_on": "2021-01-01", "price_wan": 10.0}
HALTED = {
    "started_on": "2020-01-01", "halted_on": "2021-01-01", "developed_area": 10.0, "developable_area": 90.0,
    "invested_wan": 30.0, "total_investment_wan": 100.0,
}  # fmt: skip
DETERMINED = {"determination_no": "认1", "determined_on": "2022-10-01"}


def frame(**supply: Any) -> pd.DataFrame:
    table = pd.DataFrame([supply])
    dates = [name for name in table if str(name).endswith("_on")]
    return table.assign(**{name: pd.to_datetime(table[name]) for name in dates})


# What each fact means as a row of the ledger, written apart from the ruleset.
DEEDS: dict[str, dict[str, Any]] = {
    "start": {"started_on": AS_OF, "halted_on": None},
    "resume": {"halted_on": None},
    "reach_ratios": {"developed_area": 30.0, "invested_wan": 25.0},
    "finish": {"finished_on": AS_OF},
    "extend": {"extension_start_on": date(2023, 10, 9)},
    "government": {"idle_cause": "政府原因"},
    "determine": {"determination_no": "认2", "determined_on": AS_OF},
    "halt": {"halted_on": AS_OF},
}
CASES: dict[str, dict[str, Any]] = {
    "waiting": {"agreed_start_on": "2023-01-01"},
    "overdue": {"agreed_start_on": "2022-05-01"},
    "idle for a year": DUE,
    "idle for two years": {"agreed_start_on": "2019-01-01"},
    "government": {**DUE, "idle_cause": "政府原因"},
    "halted": HALTED,
    "halted recently": {**HALTED, "halted_on": "2022-05-01"},
    "building": {"started_on": "2020-01-01"},
    "determined": {**DUE, **DETERMINED},
    "determined, halted": {**HALTED, **DETERMINED},
    "nothing known": {"signed_on": "2015-01-01"},
    "halted, ratios unknown": {"started_on": "2020-01-01", "halted_on": "2021-01-01"},
    "collective": {**DUE, "land_tenure": "集体"},
    "built": {"finished_on": "2020-01-01"},
}


@pytest.mark.parametrize("name", CASES)
def test_named_facts_bring_the_states_they_are_said_to(ruleset: Ruleset, name: str) -> None:
    told = supply_evidence(frame(**CASES[name]), ruleset, AS_OF)
    for change in told.changes:
        if change["state"] is None:
            assert change["fact"].startswith("know_")
            continue
        after = judge_supplies(frame(**{**CASES[name], **DEEDS[change["fact"]]}), ruleset, AS_OF).iloc[0]
        assert after["state"] == change["state"], change["fact"]
        assert after["state"] != told.judged["state"]


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("waiting", "start"), ("overdue", "start"), ("idle for a year", "start"), ("government", "start"),
        ("halted", "resume"), ("building", "finish"), ("determined", "start"), ("determined, halted", "resume"),
        ("nothing known", "know_start"), ("halted, ratios unknown", "know_ratios"), ("collective", "start"),
    ],
)  # fmt: skip
def test_smallest_fact_comes_first_and_is_the_one_of_the_table(
    ruleset: Ruleset, name: str, fact: str
) -> None:
    told = supply_evidence(frame(**CASES[name]), ruleset, AS_OF)
    assert told.changes[0]["fact"] == fact
    assert told.judged["would_change"] == told.changes[0]["told"]


def test_nothing_changes_what_is_built(ruleset: Ruleset) -> None:
    told = supply_evidence(frame(**CASES["built"]), ruleset, AS_OF)
    assert told.changes == ()
    assert told.judged["would_change"] is None


def test_extension_is_offered_only_where_the_government_is_the_cause(ruleset: Ruleset) -> None:
    facts = {c["fact"] for c in supply_evidence(frame(**DUE), ruleset, AS_OF).changes}
    assert "extend" not in facts
    with_cause = supply_evidence(frame(**CASES["government"]), ruleset, AS_OF).changes
    assert "extend" in {c["fact"] for c in with_cause}


def test_table_is_searched_as_row_by_row(ruleset: Ruleset) -> None:
    names = ("finished", "start_known", "started")
    rng = np.random.default_rng(3)
    conditions = pd.DataFrame(
        {c: rng.random(200) < 0.4 for rule in ruleset.supply_rules for w in rule.when for c in [w.removeprefix("!")]}
    )  # fmt: skip
    conditions = conditions.assign(**{n: conditions[n] for n in names})
    truth = truth_of(conditions)
    rules, facts = ruleset.supply_rules, ruleset.facts_of("supply")

    def rule_of(row: dict[str, bool]) -> int:
        def holds(name: str) -> bool:
            return not row[name[1:]] if name.startswith("!") else row[name]

        return next(i for i, rule in enumerate(rules) if all(holds(n) for n in rule.when))

    chosen = np.array([rule_of(row) for row in conditions.to_dict("records")])  # type: ignore[arg-type]
    found, states = least_changes(truth, rules, facts, chosen=chosen)
    for place, row in enumerate(conditions.to_dict("records")):
        now = rules[chosen[place]].state
        expected = (-1, "")
        for number, fact in enumerate(facts):
            if not all((not row[n[1:]]) if n.startswith("!") else row[n] for n in fact.when):
                continue
            after = {**row, **{n.removeprefix("!"): not n.startswith("!") for n in fact.then}}
            state = "" if fact.open else rules[rule_of(after)].state  # type: ignore[arg-type]
            if state != now:
                expected = (number, state)
                break
        assert (found[place], states[place]) == expected


def test_evidence_names_inputs_law_clock_and_the_state_to_come(ruleset: Ruleset) -> None:
    told = supply_evidence(
        frame(**DUE, started_on="2022-11-01", source_refs="supplies#3"), ruleset, AS_OF, language="zh"
    )
    given = {i["field"]: (i["value"], i["known"]) for i in told.inputs}
    assert given["agreed_start_on"] == (date(2021, 1, 1), True)
    assert given["started_on"] == (date(2022, 11, 1), False)
    assert told.source_refs == "supplies#3"
    assert (told.clock["since"], told.clock["first"], told.clock["second"]) == (
        date(2021, 1, 1), date(2022, 1, 1), date(2023, 1, 1))  # fmt: skip
    assert told.next == {"on": date(2023, 1, 1), "kind": "suspected_idle", "state": "疑似闲置（满两年）"}
    assert [a["article"] for a in told.articles] == ["第二条第一款", "第十四条第一项"]
    assert told.conditions == "动工日期起已满一年"


def test_evidence_tells_what_is_needed_to_reach_the_ratios(ruleset: Ruleset) -> None:
    clock = supply_evidence(frame(**HALTED), ruleset, AS_OF).clock
    assert (clock["area_needed_m2"], clock["investment_needed_wan"]) == (30.0, 25.0)
    assert clock["basis"] == "halted_on"


def test_unverified_numbers_are_named_where_they_were_used(ruleset: Ruleset) -> None:
    assert supply_evidence(frame(**DUE), ruleset, AS_OF).numbers == ("idle_counted_from",)
    assumed = supply_evidence(frame(delivered_on="2020-02-29"), ruleset, AS_OF)
    assert "assumed_start_years" in assumed.numbers
    assert supply_evidence(frame(agreed_start_on="2023-01-01"), ruleset, AS_OF).numbers == ()
    approval = pd.DataFrame({"approved_on": pd.to_datetime(["2015-01-01"]), "compensated": [False]})
    assert approval_evidence(approval, ruleset, AS_OF).numbers == ("lapse_years",)


def test_approval_is_explained_likewise(ruleset: Ruleset) -> None:
    approval = pd.DataFrame({"approved_on": pd.to_datetime(["2021-01-01"]), "compensated": [None]})
    told = approval_evidence(approval, ruleset, AS_OF, language="en")
    assert told.next == {
        "on": date(2023, 1, 1),
        "kind": "approved_unsupplied",
        "state": "Compensation unknown",
    }
    assert told.changes[0]["fact"] == "compensate"
    assert told.articles[0]["unverified"]
    assert told.articles[0]["article"].endswith("[unverified]")
