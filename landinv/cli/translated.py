"""Commands and options whose help is translated when it is shown, not when it is imported."""

from __future__ import annotations

import gettext as system_gettext
import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from landinv.i18n import LOCALE_DIR, current_language, gettext, message
from landinv.model.roles import ROLES

F = TypeVar("F", bound=Callable[..., Any] | click.Command)


def use_language_for_click() -> None:
    """Let click's own words ("Usage", "Options", …) come from our catalogue in the language in force."""
    os.environ["LANGUAGE"] = current_language()
    system_gettext.bindtextdomain("landinv", str(LOCALE_DIR))
    system_gettext.textdomain("landinv")


class Option(click.Option):
    """An option whose help text is a message of the catalogue."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Name and translated help of the option."""
        original, self.help = self.help, gettext(self.help) if self.help else self.help
        try:
            return super().get_help_record(ctx)
        finally:
            self.help = original


class Command(click.Command):
    """A command whose help text is a message of the catalogue."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Make the help option say its text in the language in force when it is shown."""
        given = super().get_help_option(ctx)
        if given is None or isinstance(given, Option):
            return given
        text = message("Show this message and exit.")
        return Option(
            given.opts, is_flag=True, is_eager=True, expose_value=False, callback=given.callback, help=text
        )

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the translated help."""
        original, self.help = self.help, gettext(self.help) if self.help else self.help
        try:
            super().format_help_text(ctx, formatter)
        finally:
            self.help = original

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the translated help as one line."""
        return gettext(self.help).replace("\n", " ").strip() if self.help else ""


def known_role(_ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Refuse an unknown role, naming those there are; ``constraints.farmland`` names the kind of a constraint."""
    if value and value.partition(".")[0] not in ROLES:
        raise click.BadParameter(
            gettext("{role} is no role; known: {known}.").format(role=value, known=", ".join(ROLES)),
            param=param,
        )
    return value


def option(*names: str, **settings: Any) -> Callable[[F], F]:
    """``click.option`` with translated help."""
    return click.option(*names, cls=Option, **settings)
