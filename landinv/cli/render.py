"""What the commands show: progress on the error stream, tables on the output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from landinv.i18n import current_language
from landinv.i18n import gettext as _
from landinv.model.parcels import kinds

if TYPE_CHECKING:
    from landinv.workflow.run import RunResult


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Tell what is being done: a living line in a terminal, plain lines elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text: console.print(escape(text), highlight=False, soft_wrap=True)
        return
    with console.status("") as status:
        yield lambda text: status.update(escape(text))


def show_run(result: RunResult) -> None:
    """The summary table of a run, what changed, and where the results stand."""
    console = Console()
    console.print(_summary_table(result))
    lines = [
        _("Findings: {error} errors, {warning} warnings, {notice} notices.").format(
            **{s: result.findings_by_severity.get(s, 0) for s in ("error", "warning", "notice")}
        ),
        _("Of the findings of the register {accepted} are accepted as exceptions, {fixed} are fixed.").format(
            **{s: result.findings_by_state.get(s, 0) for s in ("accepted", "fixed")}
        ),
        _("Since the last state of the register: {added} new, {removed} gone, {changed} changed.").format(
            **result.changes
        ),
        _("Balance: largest difference {difference} m² over {count} approvals.").format(
            difference=f"{result.largest_difference_m2:.6f}", count=result.balanced
        ),
        *_reconciled(result),
        _("Register: {store}").format(store=result.store),
        _("Map: {map}").format(map=result.map),
        _("Seconds: {total} ({steps})").format(
            total=f"{sum(result.seconds.values()):.1f}",
            steps=", ".join(f"{name} {seconds:.1f}" for name, seconds in result.seconds.items()),
        ),
    ]
    lines += [
        _("{name} is open in another program; this run's result stands in {path}.").format(
            name=name, path=path
        )
        for name, path in result.beside
    ]
    for line in lines:
        console.print(escape(line), highlight=False, soft_wrap=True)


def _reconciled(result: RunResult) -> list[str]:
    if not result.reconciliation:
        return []
    hectares = {
        name.removesuffix("_m2"): f"{area / 10_000:.4f}" for name, area in result.reconciliation.items()
    }
    return [
        _(
            "Survey's approved and unbuilt land: {survey} ha, of it {common} ha also derived, {survey_only} ha only "
            "there; derived alone: {derived_only} ha."
        ).format(**hectares)
    ]


def _summary_table(result: RunResult) -> Table:
    table = Table(title=escape(_("Parcels on {date}").format(date=result.as_of.isoformat())))
    table.add_column(_("Township"))
    table.add_column(_("Kind"))
    for title in (_("Number"), _("Hectares"), _("Mu")):
        table.add_column(title, justify="right")
    for row in result.summary.to_dict("records"):
        if row["township"] and not row["count"]:
            continue
        total = not row["township"] or not row["kind"]
        township = row["township"] or _("All townships")
        kind = kind_title(row["kind"]) if row["kind"] else _("All kinds")
        figures = [f"{row['count']:,}", f"{row['area_ha']:,.4f}", f"{row['area_mu']:,.2f}"]
        table.add_row(escape(township), escape(kind), *figures, style="bold" if total else "")
    return table


def kind_title(kind: str) -> str:
    """A kind of parcel in the language of messages."""
    titles = kinds()[kind]
    return titles.zh if current_language() == "zh" else titles.en
