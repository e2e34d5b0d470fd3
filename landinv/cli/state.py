"""``landinv state``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from landinv.cli.of_project import form_option, project_option
from landinv.cli.render import progress
from landinv.cli.render_register import show_json, show_state
from landinv.cli.translated import Command, option
from landinv.i18n import message


@click.command(
    "state",
    cls=Command,
    help=message(
        "Tell how the land stood on DATE: by what the register knew then, and by what is known now; nothing is written."
    ),
)
@click.argument("day", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]))
@option(
    "--known",
    type=click.Choice(["then", "now", "both"]),
    default="both",
    show_default=True,
    help=message("By what was known then, by what is known now, or both and what differs."),
)
@project_option
@form_option
def command(day: datetime, known: str, project: Path, form: str) -> None:
    """Look back and show."""
    from landinv.workflow.state_on import state_on

    with progress() as tell:
        told = state_on(project, day.date(), known=known, tell=tell)
    if form == "json":
        show_json(told.to_json())
    else:
        show_state(told)
