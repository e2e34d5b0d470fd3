"""``landinv explain``."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from landinv.cli.translated import Command, option
from landinv.i18n import asked_language, message


@click.command(
    "explain",
    cls=Command,
    help=message(
        "Say why PARCEL (a parcel's, supervision, contract or approval number) is what it is: rule, law, data, and "
        "what would change it and when. Reads the register, changes nothing."
    ),
)
@click.argument("parcel", metavar="PARCEL")
@click.argument("project", type=click.Path(path_type=Path), default=Path("landinv.toml"))
@option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help=message("Judge anew for this day (default: the day of the register)."),
)
@option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    help=message("Form of the account."),
)
def command(parcel: str, project: Path, as_of: datetime | None, form: str) -> None:
    """Explain, in Chinese unless another language was asked for."""
    from landinv.workflow.explain import explain
    from landinv.workflow.explain_words import sections

    told = explain(project, parcel, as_of=as_of.date() if as_of else None, language=asked_language("zh"))
    if form == "json":
        click.echo(json.dumps(told.to_json(), ensure_ascii=False, indent=1))
        return
    console = Console(highlight=False)
    for title, lines in sections(told):
        console.print(escape(title), style="bold", soft_wrap=True)
        for line in lines:
            console.print(escape(f"  {line}"), soft_wrap=True)
