"""The command group: options for all commands, and how errors reach the user."""

from __future__ import annotations

import importlib
import logging
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Final

import click

from landinv import __version__
from landinv.cli.exit_codes import INTERRUPTED, UNEXPECTED, exit_code
from landinv.cli.translated import Command, Option, option, use_language_for_click
from landinv.errors import LandinvError
from landinv.i18n import LANGUAGES, message, set_language
from landinv.i18n import gettext as _

_COMMANDS: Final = (
    "run", "check", "convert", "doctor", "template", "history", "diff", "state", "correct", "undo", "backup", "restore",
    "rules", "explain", "due",
)  # fmt: skip


class Application(click.Group, Command):
    """The group loads a command's module only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands, in the order of use."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(f"landinv.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command


def _choose_language(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value:
        set_language(value)
    use_language_for_click()


@click.group(
    cls=Application,
    help=message(
        "Find land that was approved but never supplied, or supplied and lies idle, and keep its register."
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@option(
    "--lang",
    type=click.Choice(LANGUAGES),
    is_eager=True,
    expose_value=False,
    callback=_choose_language,
    help=message("Language of messages and help (results for officials stay Chinese)."),
)
@option("-v", "--verbose", is_flag=True, help=message("Tell more on the error stream."))
@click.version_option(__version__, cls=Option, help=message("Show the version and exit."))
def application(verbose: bool) -> None:
    """Configure logging; the commands do the rest."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with a documented exit code; no traceback reaches the user."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console in another code page must not end the run
    use_language_for_click()
    try:
        code = application.main(arguments, prog_name="landinv", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo(_("Stopped. What existed before still stands."), err=True)
        code = INTERRUPTED
    except LandinvError as error:
        show_error(error)
        code = exit_code(error)
    except Exception:  # noqa: BLE001 - the last wall before the user: a defect of ours becomes a log and a line
        show_error(_defect())
        code = UNEXPECTED
    sys.exit(code if isinstance(code, int) else 0)


def show_error(error: LandinvError) -> None:
    """One line what is wrong, one line what to do."""
    message, hint = (" ".join(text.split()) for text in (str(error), error.hint))
    click.echo(_("Error: {message}").format(message=message), err=True)
    click.echo(_("Hint: {hint}").format(hint=hint or _("See the documentation.")), err=True)


def _defect() -> LandinvError:
    with tempfile.NamedTemporaryFile(
        "w", prefix="landinv-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        traceback.print_exc(file=log)
    last = sys.exc_info()[1]
    return LandinvError(
        _("landinv met a defect of its own: {kind}.").format(kind=type(last).__name__),
        hint=_("Nothing was changed. Please hand on the file {path}.").format(path=Path(log.name)),
    )
