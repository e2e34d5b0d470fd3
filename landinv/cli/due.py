"""``landinv due``."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from landinv.cli.translated import Command, option
from landinv.i18n import asked_language, message
from landinv.i18n import gettext as _

WIDE = 140  # columns of a table that goes to a file

if TYPE_CHECKING:
    from landinv.workflow.due import DueList


@click.command(
    "due",
    cls=Command,
    help=message(
        "List what falls due in the next days: investigations, one- and two-year marks, extensions, temporary use, "
        "holds, lapsing approvals. Reads the register of PROJECT (default ./landinv.toml), changes nothing."
    ),
)
@click.argument("project", type=click.Path(path_type=Path), default=Path("landinv.toml"))
@option(
    "--days",
    type=click.IntRange(min=0, max=36_500),
    default=90,
    show_default=True,
    help=message("How many days to look ahead."),
)
@option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help=message("Look from this day (default: the project file's, else today)."),
)
@option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    help=message("Form of the account."),
)
@option(
    "--xlsx",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=message("Write the list as a workbook too."),
)
@option(
    "--ics",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=message("Write the list as a calendar too."),
)
def command(project: Path, days: int, as_of: datetime | None, form: str, **files: Path | None) -> None:
    """List, and write the files asked for."""
    from landinv.workflow.due import due, write_due

    listed = due(project, days=days, as_of=as_of.date() if as_of else None)
    written = [write_due(listed, path) for path in files.values() if path is not None]
    if form == "json":
        click.echo(json.dumps(listed.to_json(asked_language("zh")), ensure_ascii=False, indent=1))
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    console.print(_table(listed))
    for path in written:
        console.print(escape(_("Written: {path}").format(path=path)), highlight=False, soft_wrap=True)


def _table(listed: DueList) -> Table:
    title = _("Due from {start} to {end} (rules {ruleset})").format(
        start=listed.as_of.isoformat(), end=listed.until.isoformat(), ruleset=listed.ruleset
    )
    table = Table(title=escape(title))
    table.add_column(_("Day"), no_wrap=True)
    table.add_column(_("Days left"), justify="right")
    table.add_column(_("Matter"), no_wrap=True)
    table.add_column(_("Who"), overflow="fold")
    for name in (_("Number"), _("Parcel")):
        table.add_column(name, overflow="fold", min_width=16)
    for row in listed.to_json(asked_language("zh"))["due"]:
        cells = [escape(str(row[name] or "")) for name in ("title", "subject", "number", "parcel_id")]
        table.add_row(row["due_on"], str(row["days_left"]), *cells)
    return table
