"""Options that commands about the register share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from landinv.cli.translated import option
from landinv.i18n import message

PROJECT_FILE: Final = Path("landinv.toml")
F = TypeVar("F", bound=Callable[..., Any] | click.Command)


def project_option(function: F) -> F:
    """``--project FILE``."""
    return option(
        "-p",
        "--project",
        type=click.Path(path_type=Path),
        default=PROJECT_FILE,
        metavar="FILE",
        help=message("The project file (default ./landinv.toml)."),
    )(function)


def form_option(function: F) -> F:
    """``--format table|json``."""
    return option(
        "--format",
        "form",
        type=click.Choice(["table", "json"]),
        default="table",
        help=message("Form of the account."),
    )(function)


def author_options(function: F) -> F:
    """``--by NAME --why TEXT``."""
    named = option(
        "--by", default="", metavar="NAME", help=message("Who does it (default: the system's user).")
    )
    return named(option("--why", default="", metavar="TEXT", help=message("Why."))(function))
