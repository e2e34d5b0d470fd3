"""``landinv check``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from landinv.cli.check_store import check_store
from landinv.cli.check_words import Asked, asked_for
from landinv.cli.exit_codes import DONE, FINDINGS
from landinv.cli.render import progress
from landinv.cli.render_check import show_check, show_recorded
from landinv.cli.translated import Command, known_role, option
from landinv.i18n import message
from landinv.model.finding_state import STATES
from landinv.model.severity import SEVERITIES

if TYPE_CHECKING:
    from landinv.workflow.check import Check


@click.command(
    "check",
    cls=Command,
    help=message(
        "Check the project file PATH (default ./landinv.toml) with its register, or the data files PATH … alone. "
        "Nothing is changed but by --accept and --reopen, which record exceptions in the register, "
        "and by --store with --adopt or --undo."
    ),
)
@click.argument("words", metavar="[PATH …]", nargs=-1)
@option(
    "--role",
    callback=known_role,
    metavar="ROLE",
    default="",
    help=message("What the data files are; without: only the files themselves are checked."),
)
@option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    help=message("Form of the account."),
)
@option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=message("Write the findings to a new file: .csv, .xlsx, or .gpkg with points for QGIS."),
)
@option(
    "--severity",
    "severities",
    type=click.Choice(SEVERITIES),
    multiple=True,
    help=message("Only findings this severe (may be repeated)."),
)
@option(
    "--rule",
    "rules",
    multiple=True,
    metavar="CODE",
    help=message("Only findings of this rule (may be repeated)."),
)
@option(
    "--state",
    "states",
    type=click.Choice(STATES),
    multiple=True,
    help=message("Only findings in this state (may be repeated)."),
)
@option(
    "--fail-on",
    type=click.Choice(["never", *SEVERITIES]),
    default="never",
    show_default=True,
    help=message("Exit with 1 when an open finding is at least this severe, or the register is damaged."),
)
@option(
    "--accept",
    multiple=True,
    metavar="F-…",
    help=message("Accept findings as exceptions, with --by and --why; several numbers may follow."),
)
@option(
    "--reopen",
    multiple=True,
    metavar="F-…",
    help=message("Take exceptions back, with --by and --why; several numbers may follow."),
)
@option(
    "--store",
    is_flag=True,
    help=message("Look at the register alone: damage, and edits made by other programs."),
)
@option(
    "--adopt",
    is_flag=True,
    help=message("With --store: keep those edits, as corrections that survive the next import."),
)
@option("--undo", is_flag=True, help=message("With --store: take those edits back, and mend damaged rows."))
@option("--by", default="", metavar="NAME", help=message("Who accepts, or takes back."))
@option("--why", default="", metavar="TEXT", help=message("Why."))
@click.pass_context
def command(context: click.Context, /, form: str, out: Path | None, fail_on: str, **options: Any) -> None:
    """Check, show what was found, and let open findings decide the exit code; or record an exception."""
    if options["store"] or options["adopt"] or options["undo"]:
        context.exit(check_store(options, form=form))
    asked = asked_for(options)
    if asked.ids:
        from landinv.workflow.check import accept_findings, reopen_findings

        record = reopen_findings if asked.reopen else accept_findings
        show_recorded(record(asked.project, asked.ids, by=options["by"], why=options["why"]), form=form)
        context.exit(DONE)
    result = _checked(asked, options)
    severe = SEVERITIES[SEVERITIES.index(fail_on) :] if fail_on != "never" else ()
    from landinv.workflow.check import counts_at, write_findings

    stands = write_findings(result, out) if out else None
    if form == "json":
        click.echo(json.dumps(result.to_json(), ensure_ascii=False, indent=1))
    else:
        show_check(result, out=stands)
    context.exit(FINDINGS if counts_at(result, severe) else DONE)


def _checked(asked: Asked, options: dict[str, Any]) -> Check:
    from landinv.workflow.check import check_files, check_project, selected
    from landinv.workflow.convert import county_of

    with progress() as tell:
        if asked.files:
            result = check_files(asked.files, role=options["role"], county=county_of(None), tell=tell)
        else:
            result = check_project(asked.project, tell=tell)
    return selected(
        result, severities=options["severities"], rules=options["rules"], states=options["states"]
    )
