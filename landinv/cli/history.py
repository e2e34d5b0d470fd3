"""``landinv history``."""

from __future__ import annotations

from pathlib import Path

import click

from landinv.cli.of_project import form_option, project_option
from landinv.cli.render_register import show_json, show_parcel_history, show_register_history
from landinv.cli.translated import Command
from landinv.i18n import message


@click.command(
    "history",
    cls=Command,
    help=message(
        "Tell what happened to PARCEL, when, by whom and why, and where it came from and went; without PARCEL, "
        "the register's runs and decisions."
    ),
)
@click.argument("parcel", required=False)
@project_option
@form_option
def command(parcel: str | None, project: Path, form: str) -> None:
    """Look back and show it."""
    from landinv.workflow.history import parcel_history, register_history

    if parcel:
        told = parcel_history(project, parcel)
        show_json(told.to_json()) if form == "json" else show_parcel_history(told)
    else:
        events = register_history(project)
        show_json(events.to_json()) if form == "json" else show_register_history(events)
