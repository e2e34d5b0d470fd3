"""``landinv restore``."""

from __future__ import annotations

from pathlib import Path

import click

from landinv.cli.of_project import author_options, form_option, project_option
from landinv.cli.render_register import show_copied, show_json
from landinv.cli.translated import Command
from landinv.i18n import message


@click.command(
    "restore",
    cls=Command,
    help=message(
        "Put the backup FILE in the register's place. FILE is checked first, what stands there is copied first, "
        "and the register remembers it."
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@project_option
@form_option
@author_options
def command(file: Path, project: Path, form: str, by: str, why: str) -> None:
    """Restore and say what became of the old register."""
    from landinv.workflow.author import Author
    from landinv.workflow.decisions import restore

    done = restore(project, file, Author(by, why))
    if form == "json":
        show_json(done.to_json())
    else:
        show_copied(done)
