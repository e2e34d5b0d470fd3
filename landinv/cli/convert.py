"""``landinv convert``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from landinv.cli.exit_codes import DONE, FINDINGS
from landinv.cli.render import progress
from landinv.cli.render_convert import show_conversion
from landinv.cli.translated import Command, known_role, option
from landinv.i18n import message


@click.command(
    "convert",
    cls=Command,
    help=message(
        "Take the file IN through the whole intake and write what was accepted to OUT (format by its suffix)."
    ),
)
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@option(
    "--role",
    callback=known_role,
    metavar="ROLE",
    default="",
    help=message("What the file is; without: every column is kept."),
)
@option("--layer", default="", help=message("Layer or sheet, where the file has several."))
@option(
    "--encoding", default="", help=message("Encoding of the text, where it is not to be decided from it.")
)
@option(
    "--crs", default="", metavar="EPSG:…", help=message("CRS of the file, where it is not to be decided.")
)
@option(
    "--project",
    type=click.Path(path_type=Path),
    help=message("Project file whose county counts (default: ./landinv.toml if there is one)."),
)
@option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    help=message("Form of the account."),
)
@click.pass_context
def command(
    context: click.Context, /, source: Path, out: Path, project: Path | None, form: str, **options: str
) -> None:
    """Convert, show the account, and let findings decide the exit code."""
    from landinv.workflow.convert import convert, county_of, source_to_convert

    with progress() as tell:
        result = convert(source_to_convert(source, **options), out, county=county_of(project), tell=tell)
    if form == "json":
        click.echo(json.dumps(result.to_json(), ensure_ascii=False, indent=1))
    else:
        show_conversion(result)
    context.exit(FINDINGS if len(result.findings) else DONE)
