"""``landinv undo``."""

from __future__ import annotations

from pathlib import Path

import click

from landinv.cli.of_project import author_options, form_option, project_option
from landinv.cli.render_register import show_json, show_undone
from landinv.cli.translated import Command
from landinv.i18n import message


@click.command(
    "undo",
    cls=Command,
    help=message(
        "Take back what one run or decision did to the register (RUN is its number; see landinv history). "
        "That is an event itself, and can be undone."
    ),
)
@click.argument("run", type=click.IntRange(min=1), metavar="RUN")
@project_option
@form_option
@author_options
def command(run: int, project: Path, form: str, by: str, why: str) -> None:
    """Undo and say what that did."""
    from landinv.workflow.author import Author
    from landinv.workflow.decisions import undo

    done = undo(project, run, Author(by, why))
    if form == "json":
        show_json(done.to_json())
    else:
        show_undone(done)
