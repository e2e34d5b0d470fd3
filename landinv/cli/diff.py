"""``landinv diff``."""

from __future__ import annotations

from pathlib import Path

import click

from landinv.cli.of_project import form_option, project_option
from landinv.cli.render_register import show_diff, show_json
from landinv.cli.translated import Command, option
from landinv.i18n import message


@click.command(
    "diff",
    cls=Command,
    help=message(
        "Tell what differs between two states of the register. A and B are dates (2022-10-10), numbers of runs, "
        "now, or files of other registers, such as backups."
    ),
)
@click.argument("old", metavar="A")
@click.argument("new", metavar="[B]", default="now")
@project_option
@form_option
@option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=message("Write the difference to a new file: .xlsx, .csv, or .gpkg with the parcels concerned."),
)
def command(old: str, new: str, project: Path, form: str, out: Path | None) -> None:
    """Compare and show."""
    from landinv.workflow.diff import diff, write_diff

    found = diff(project, old, new)
    stands = write_diff(found, out) if out else None
    if form == "json":
        show_json(found.to_json())
    else:
        show_diff(found, out=stands)
