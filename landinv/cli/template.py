"""``landinv template``."""

from __future__ import annotations

from pathlib import Path

import click

from landinv.cli.translated import Command, known_role, option
from landinv.i18n import gettext as _
from landinv.i18n import message


@click.command(
    "template",
    cls=Command,
    help=message(
        "Write an empty workbook to type the records of ROLE into (approvals, supplies, projects, …)."
    ),
)
@click.argument("role", metavar="ROLE", callback=known_role)
@option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE.xlsx",
    help=message("Where to write it (default: the ledger's name in the current folder)."),
)
def command(role: str, out: Path | None) -> None:
    """Write the workbook and say where it stands."""
    from landinv.workflow.template import template

    click.echo(_("Template written: {path}").format(path=template(role, out)))
