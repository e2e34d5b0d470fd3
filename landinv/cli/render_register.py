"""What the commands about the register show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from landinv.cli.render import kind_title
from landinv.i18n import gettext as _

if TYPE_CHECKING:
    from landinv.workflow.correct import Corrections
    from landinv.workflow.decisions import Copied, Undone
    from landinv.workflow.diff import Diff
    from landinv.workflow.history import ParcelHistory, RegisterHistory
    from landinv.workflow.outside_edits import Looked
    from landinv.workflow.state_on import StateOn

_MOST: Final = 40
_LONG: Final = 60


def show_json(content: dict[str, Any]) -> None:
    """A command's answer as JSON."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=1, default=str))


def show_parcel_history(told: ParcelHistory) -> None:
    """Events of a parcel, its ancestors and its descendants."""
    console = Console()
    title = _("History of {parcel}") if told.is_current else _("History of {parcel} (gone)")
    table = _table(
        title.format(parcel=told.parcel_id), _("Run"), _("Time"), _("Person"), _("What"), _("Change")
    )
    for row in told.events.to_dict("records"):
        what = " ".join(w for w in (row["command"], row["reason"]) if w)
        _row(table, row["batch"], row["at"], row["actor"], what, _change(row))
    console.print(table)
    for title, rows, column in (
        (_("Came out of"), told.ancestors, "parent_id"),
        (_("Became"), told.descendants, "child_id"),
    ):
        for row in rows.to_dict("records"):
            _say(console, f"{title} {row[column]} ({row['overlap_m2']:,.2f} m², #{row['batch']})")


def show_register_history(told: RegisterHistory) -> None:
    """Events of the register."""
    table = _table(
        _("Runs and decisions"),
        _("Run"),
        _("Time"),
        _("Person"),
        _("What"),
        _("New"),
        _("Gone"),
        _("Changed"),
    )
    for row in told.events.to_dict("records"):
        what = " ".join(w for w in (row["command"], row["reason"]) if w)
        counts = (row["n_added"], row["n_removed"], row["n_changed"])
        _row(table, row["batch"], row["at"], row["actor"], what, *counts)
    Console().print(table)


def show_diff(found: Diff, *, out: Path | None) -> None:
    """What differs, and how much of it there is."""
    console = Console()
    console.print(
        _differences(found, _("From {old} to {new}").format(old=_side(found.old), new=_side(found.new)))
    )
    counts = found.counts()
    _say(
        console,
        _("{added} parcels added, {removed} removed, {changed} changed; area {old} → {new} m².").format(
            **counts, old=f"{found.old.area_m2():,.2f}", new=f"{found.new.area_m2():,.2f}"
        ),
    )
    _say_left(console, len(found.rows))
    if out is not None:
        _say(console, _("Difference written to {path}.").format(path=out))


def show_state(told: StateOn) -> None:
    """Parcels by kind as known then and as known now, and what hindsight changed."""
    console = Console()
    titles = {"then": _("By what was known then"), "now": _("By what is known now")}
    for name, side in told.sides().items():
        table = _table(f"{told.on.isoformat()} · {titles[name]}", _("Kind"), _("Number"), _("Hectares"))
        summary = told.summary().get(name)
        rows = [] if summary is None else summary[summary["township"] == ""].to_dict("records")
        for row in rows:
            kind = kind_title(row["kind"]) if row["kind"] else _("All kinds")
            _row(table, kind, f"{row['count']:,}", f"{row['area_ha']:,.4f}")
        console.print(table)
        if side.batch is not None:
            _say(console, _("The register stood at run {batch}.").format(batch=side.batch))
    if told.hindsight is not None:
        console.print(_differences(told.hindsight, _("What hindsight tells differently")))
        _say_left(console, len(told.hindsight.rows))


def show_undone(done: Undone) -> None:
    """What an undo did."""
    console = Console()
    if not done.commit.written:
        _say(
            console, _("Nothing of run {run} is left to be undone; nothing was changed.").format(run=done.run)
        )
        return
    _say(
        console,
        _(
            "Run {run} was undone as run {batch}: {added} parcels came back, {removed} went, {changed} changed back."
        ).format(
            run=done.run,
            batch=done.commit.batch,
            added=done.commit.added,
            removed=done.commit.removed,
            changed=done.commit.changed,
        ),
        _("The next landinv run reads the sources again; what it undid comes back where they say so."),
    )


def show_copied(done: Copied) -> None:
    """Where a copy stands."""
    told = _("{source} was copied to {target} (run {batch}, SHA-256 {sha256}); the copy is sound.")
    if done.command == "restore":
        told = _("{source} stands in the place of {target} now, as run {batch}.")
    _say(
        Console(),
        told.format(source=done.source, target=done.target, batch=done.batch, sha256=done.sha256),
        *([_("What stood there is kept in {path}.").format(path=done.kept)] if done.kept else []),
    )


def show_corrections(done: Corrections) -> None:
    """Corrections, and that they were recorded."""
    console = Console()
    table = _table(
        _("Corrections"),
        _("Number"),
        _("Record"),
        _("Field"),
        _("Was"),
        _("Is"),
        _("Who"),
        _("Why"),
        _("State"),
    )
    for row in done.corrections.to_dict("records"):
        columns = ("correction_id", "key", "field", "was", "value", "made_by", "made_why")
        _row(table, *(_short(row[c]) for c in columns), correction_title(row["state"]))
    console.print(table)
    if done.commit is not None:
        if done.commit.written:
            _say(
                console,
                _("Recorded as run {batch}; the next run reckons with it.").format(batch=done.commit.batch),
            )
        else:
            _say(console, _("The register says this already; nothing was changed."))


def show_looked(done: Looked) -> None:
    """Problems of the register, edits of other programs, and what was done about them."""
    console = Console()
    for row in done.problems.head(_MOST).to_dict("records"):
        _say(console, " ".join(word for word in (row["table"], row["row"], row["message"]) if word))
    _say_left(console, len(done.problems))
    if len(done.edits):
        table = _table(
            _("Edited outside"), _("Layer"), _("Row"), _("Change"), _("Field"), _("Recorded"), _("Found")
        )
        for row in done.edits.head(_MOST).to_dict("records"):
            words = (row["column"], _short(row["recorded"]), _short(row["found"]))
            _row(table, row["table"], row["row"], change_title(row["what"]), *words)
        console.print(table)
    if not len(done.problems):
        _say(console, _("The register {path} is sound.").format(path=done.register))
    elif not done.action and len(done.edits):
        _say(
            console, _("--adopt keeps the edits as corrections, --undo takes them back; give --by and --why.")
        )
    elif not done.action:
        _say(console, _("Restore the last backup: landinv restore FILE."))
    if done.commit is not None:
        done_as = {
            "adopt": _("The edits were adopted as corrections, as run {batch}."),
            "undo": _("The edits were taken back, as run {batch}."),
        }
        _say(console, done_as[done.action].format(batch=done.commit.batch))


def change_title(change: str) -> str:
    """A change in the language of messages."""
    titles = {"added": _("added"), "removed": _("removed"), "changed": _("changed"), "sum": _("damaged")}
    return titles.get(change, change)


def correction_title(state: str) -> str:
    """A correction's state in the language of messages."""
    titles = {
        "stands": _("stands"),
        "conflict": _("in conflict: the source has changed"),
        "gone": _("the record is gone"),
        "fulfilled": _("fulfilled by the source"),
    }
    return titles.get(state, state)


def fate_title(fate: str | None) -> str:
    """What became of a number, in the language of messages."""
    titles = {
        "kept": _("kept"), "reshaped": _("reshaped"), "split": _("split"), "merged": _("merged"),
        "new": _("new"), "gone": _("gone"),
    }  # fmt: skip
    return titles.get(fate or "", fate or "")


def _differences(found: Diff, title: str) -> Table:
    table = _table(title, _("Parcel"), _("Change"), _("Kind"), _("Field"), _("Before"), _("After"))
    for row in found.rows.head(_MOST).to_dict("records"):
        kind = kind_title(row["kind"]) if isinstance(row["kind"], str) else ""
        words = (row["column"], _short(row["before"]), _short(row["after"]))
        _row(table, row["parcel_id"], change_title(row["change"]), kind, *words)
    return table


def _side(side: Any) -> str:
    return side.asked if side.batch is None else f"{side.asked} (#{side.batch})"


def _change(row: dict[Any, Any]) -> str:
    if row["action"] != "changed":
        return fate_title(row["fate"]) or change_title(row["action"])
    told = [
        f"{c}: {_short(then)} → {_short(row['after'].get(c))}"
        for c, then in row["before"].items()
        if c != "geometry"
    ]
    return "; ".join([*([fate_title(row["fate"])] if "geometry" in row["before"] else []), *told])


def _short(value: Any) -> str:
    text = "" if value is None or str(value) == "nan" else str(value)
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"


def _table(title: str, *columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, title=escape(title), padding=(0, 1, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _row(table: Table, *words: Any) -> None:
    table.add_row(*(escape(str(word)) for word in words))


def _say_left(console: Console, count: int) -> None:
    if count > _MOST:
        _say(console, _("… and {count} more; --format json tells all.").format(count=count - _MOST))


def _say(console: Console, *lines: str) -> None:
    for line in lines:
        console.print(escape(line), highlight=False, soft_wrap=True)
