"""``landinv rules``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from landinv.cli.render_rules import show_list, show_page
from landinv.cli.translated import Command, option
from landinv.i18n import asked_language, message


class Group(click.Group, Command):
    """A group whose help is translated."""


@click.group(
    "rules", cls=Group, help=message("Show the rulesets: what the law says, how sure it is, and every rule.")
)
def command() -> None:
    """Rulesets are data; these commands only show them."""


_FORMAT = option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    help=message("Form of the account."),
)
_PROJECT = option(
    "--project",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=message("Project file whose rulesets count too (default: ./landinv.toml if there is one)."),
)


@command.command("list", cls=Command, help=message("List the rulesets there are."))
@_PROJECT
@_FORMAT
def list_command(project: Path | None, form: str) -> None:
    """List shipped rulesets and the project's."""
    from landinv.workflow.rulesets import known_rulesets, ruleset_list

    listed = ruleset_list(known_rulesets(project))
    if form == "json":
        click.echo(json.dumps(listed, ensure_ascii=False, indent=1))
    else:
        show_list(listed)


@command.command(
    "show", cls=Command, help=message("Print the ruleset ID (a name or a file) as a readable page.")
)
@click.argument("ruleset", metavar="[ID]", default="")
@_PROJECT
@_FORMAT
def show_command(ruleset: str, project: Path | None, form: str) -> None:
    """Print one ruleset, in Chinese unless another language was asked for."""
    from landinv.workflow.rulesets import shown_ruleset

    page = shown_ruleset(ruleset, language=asked_language("zh"), project=project)
    if form == "json":
        click.echo(json.dumps(page, ensure_ascii=False, indent=1))
    else:
        show_page(page)
