"""``landinv run``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from landinv.cli.exit_codes import DONE, FINDINGS
from landinv.cli.render import progress, show_run
from landinv.cli.translated import Command, option
from landinv.i18n import message
from landinv.model.severity import SEVERITIES


@click.command(
    "run",
    cls=Command,
    help=message(
        "Do the whole job of PROJECT (default ./landinv.toml): read, derive, register, map and lists."
    ),
)
@click.argument("project", type=click.Path(path_type=Path), default=Path("landinv.toml"))
@option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help=message("Apply the rules for this date (default: the project file's, else today)."),
)
@option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help=message("Write the results to this folder.")
)
@option(
    "--fail-on",
    type=click.Choice(["never", *SEVERITIES]),
    default="never",
    show_default=True,
    help=message("Exit with 1 when a finding is at least this severe."),
)
@option("--by", default="", metavar="NAME", help=message("Who runs it (default: the system's user)."))
@option("--why", default="", metavar="TEXT", help=message("Why, for the register's event."))
@click.pass_context
def command(
    context: click.Context,
    /,
    project: Path,
    as_of: datetime | None,
    out: Path | None,
    fail_on: str,
    **author: str,
) -> None:
    """Run, show the summary, and let findings decide the exit code."""
    from landinv.workflow.author import Author
    from landinv.workflow.run import run

    with progress() as tell:
        day = as_of.date() if as_of else None
        result = run(project, as_of=day, out=out, author=Author(author["by"], author["why"]), tell=tell)
    show_run(result)
    severe = SEVERITIES[SEVERITIES.index(fail_on) :] if fail_on != "never" else ()
    context.exit(FINDINGS if any(result.findings_by_severity.get(s, 0) for s in severe) else DONE)
