"""``landinv backup``."""

from __future__ import annotations

from pathlib import Path

import click

from landinv.cli.of_project import form_option, project_option
from landinv.cli.render_register import show_copied, show_json
from landinv.cli.translated import Command
from landinv.i18n import message


@click.command(
    "backup",
    cls=Command,
    help=message(
        "Copy the register to FILE (default: beside it, named for its last run), also while others use it, "
        "and check the copy."
    ),
)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@project_option
@form_option
def command(file: Path | None, project: Path, form: str) -> None:
    """Copy and say where the copy stands."""
    from landinv.workflow.decisions import back_up

    done = back_up(project, file)
    if form == "json":
        show_json(done.to_json())
    else:
        show_copied(done)
