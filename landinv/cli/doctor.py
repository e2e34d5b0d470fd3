"""``landinv doctor``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from landinv.cli.exit_codes import DONE, FINDINGS
from landinv.cli.render import progress
from landinv.cli.render_doctor import show_doctor
from landinv.cli.translated import Command, option
from landinv.i18n import message


@click.command(
    "doctor",
    cls=Command,
    help=message("Look over files and folders, say what each is and what is wrong with it; changes nothing."),
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(path_type=Path))
@option(
    "--project",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=message("Hold the layers against this project's county (default: ./landinv.toml, if there is one)."),
)
@option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help=message("How to show the result."),
)
@option(
    "--write",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=message("Write a project file (landinv.toml) for what was found; an existing one is left alone."),
)
@click.pass_context
def command(
    context: click.Context, paths: tuple[Path, ...], project: Path | None, form: str, write: Path | None
) -> None:
    """Inspect, show, and exit with 1 where anything was found."""
    from landinv.workflow.doctor import doctor, report_json

    with progress() as tell:
        report = doctor(paths, project=project, write=write, tell=tell)
    if form == "json":
        click.echo(json.dumps(report_json(report), ensure_ascii=False, indent=2))
    else:
        show_doctor(report)
    context.exit(DONE if report.is_clean else FINDINGS)
