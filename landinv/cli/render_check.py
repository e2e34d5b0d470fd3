"""What ``check`` shows: findings by rule, examples of each, and the register's own soundness."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from landinv.i18n import current_language
from landinv.i18n import gettext as _
from landinv.model.finding_state import ACCEPTED, FIXED, OPEN, STATES

if TYPE_CHECKING:
    import pandas as pd

    from landinv.workflow.check import Check, Recorded

_EXAMPLES: Final = 3
_PROBLEMS: Final = 20


def show_check(check: Check, *, out: Path | None) -> None:
    """Sources, findings by rule, examples, totals, the register, and where the findings were written."""
    console = Console()
    rules = check.by_rule()
    if len(rules):
        console.print(_rules_table(rules))
        console.print(_examples_table(check.findings, rules))
    counts = check.counts()["by_state"]
    _say(
        console,
        _("Checked: {records} records; sources: {sources}.").format(
            records=f"{sum(a.declared for a in check.accounts):,}", sources=len(check.accounts)
        ),
        _("Findings: {open} open, {accepted} accepted as exceptions, {fixed} fixed.").format(**counts),
    )
    if check.project:
        _say(console, *_register_lines(check))
    if out is not None:
        _say(console, _("Findings written to {path}.").format(path=out))


def show_recorded(recorded: Recorded, *, form: str) -> None:
    """The findings an exception was recorded for, as the register has them now."""
    if form == "json":
        click.echo(json.dumps(recorded.to_json(), ensure_ascii=False, indent=1))
        return
    console = Console()
    for row in recorded.findings.to_dict("records"):
        _say(
            console,
            _("{finding} {rule} {feature}: {state}").format(
                finding=row["finding_id"],
                rule=row["rule"],
                feature=row["feature"],
                state=state_title(row["state"]),
            ),
        )
    if recorded.written:
        _say(
            console,
            _("Recorded in {register} as batch {batch}; the lists tell it after the next run.").format(
                register=recorded.register, batch=recorded.batch
            ),
        )
    else:
        _say(console, _("The register says this already; nothing was changed."))


def severity_title(severity: str) -> str:
    """A severity in the language of messages."""
    return {"error": _("error"), "warning": _("warning"), "notice": _("notice")}.get(severity, severity)


def state_title(state: str) -> str:
    """A state in the language of messages."""
    return {OPEN: _("open"), ACCEPTED: _("accepted"), FIXED: _("fixed")}.get(state, state)


def _rules_table(rules: pd.DataFrame) -> Table:
    """One line a rule: what is wrong stands in Chinese for officials, in English by the rule's name."""
    table = Table(box=SIMPLE_HEAD, title=escape(_("Findings by rule")), padding=(0, 1, 0, 0))
    for title in (_("Rule"), _("Severity"), _("Who acts"), _("What is wrong")):
        table.add_column(title, overflow="fold", no_wrap=title == _("Rule"))
    for state in STATES:
        table.add_column(state_title(state), justify="right", no_wrap=True)
    is_chinese = current_language() == "zh"
    for row in rules.to_dict("records"):
        wrong = row["message"] if is_chinese else row["name"].replace("_", " ")
        words = [row["rule"], severity_title(row["severity"]), row["responsible"], wrong]
        table.add_row(*map(escape, words), *(f"{row[state]:,}" for state in STATES))
    return table


def _examples_table(findings: pd.DataFrame, rules: pd.DataFrame) -> Table:
    """The first findings of each rule, open ones before the others."""
    table = Table(box=SIMPLE_HEAD, title=escape(_("Examples")), padding=(0, 1, 0, 0))
    for title in (_("Rule"), _("Finding"), _("Where"), _("Value"), _("State")):
        table.add_column(title, overflow="fold", no_wrap=title in (_("Rule"), _("Finding")))
    place = findings["state"].map({state: n for n, state in enumerate(STATES)})
    first = findings.assign(place=place).sort_values("place", kind="stable").groupby("rule").head(_EXAMPLES)
    for rule in rules["rule"]:
        for row in first[first["rule"] == rule].to_dict("records"):
            where = row["feature"] or " ".join(w for w in (row["dataset"], row["layer"]) if w)
            value = " ".join(w for w in (row["field"], row["value"]) if w)
            words = [rule, row["finding_id"], where, value, state_title(row["state"])]
            table.add_row(*(escape(str(word)) for word in words))
    return table


def _register_lines(check: Check) -> list[str]:
    if not check.register:
        return [_("There is no register yet; every finding counts as open.")]
    if not len(check.problems):
        return [_("The register {path} is sound.").format(path=check.register)]
    lines = [
        _("The register {path} has {count} problems:").format(path=check.register, count=len(check.problems))
    ]
    lines += [
        "  " + " ".join(word for word in (row["table"], row["row"], row["message"]) if word)
        for row in check.problems.head(_PROBLEMS).to_dict("records")
    ]
    return [*lines, _("If nobody meant to edit it with another program, restore the last backup.")]


def _say(console: Console, *lines: str) -> None:
    for line in lines:
        console.print(escape(line), highlight=False, soft_wrap=True)
