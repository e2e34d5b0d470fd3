"""``landinv correct``."""

from __future__ import annotations

from typing import Any, Final

import click

from landinv.cli.of_project import author_options, form_option, project_option
from landinv.cli.render_register import show_corrections, show_json
from landinv.cli.translated import Command, option
from landinv.i18n import gettext as _
from landinv.i18n import message

_WORDS: Final = 3


@click.command(
    "correct",
    cls=Command,
    help=message(
        "Correct by hand: RECORD is a parcel's number, or a supervision, contract or approval number; FIELD and VALUE "
        "say what is right. The correction survives imports, and is told where the source has changed."
    ),
)
@click.argument("words", metavar="[RECORD FIELD VALUE]", nargs=-1)
@option("--list", "listed", is_flag=True, help=message("Show the corrections there are."))
@option("--withdraw", metavar="C-…", default="", help=message("Take a correction back, with --by and --why."))
@project_option
@form_option
@author_options
def command(words: tuple[str, ...], listed: bool, withdraw: str, form: str, **options: Any) -> None:
    """Record a correction, take one back, or list them."""
    from landinv.workflow.author import Author
    from landinv.workflow.correct import correct, corrections_of
    from landinv.workflow.correct import withdraw as take_back

    project, person = options["project"], Author(options["by"], options["why"])
    if bool(words) + listed + bool(withdraw) != 1 or (words and len(words) != _WORDS):
        raise click.UsageError(_("Give RECORD FIELD VALUE, or --list, or --withdraw C-…."))
    if listed:
        done = corrections_of(project)
    elif withdraw:
        done = take_back(project, withdraw, person)
    else:
        done = correct(project, words[0], (words[1], words[2]), person)
    if form == "json":
        show_json(done.to_json())
    else:
        show_corrections(done)
