"""What the words after ``landinv check`` ask for: a project, data files, or an exception to be recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from landinv.i18n import gettext as _

PROJECT_FILE: Final = Path("landinv.toml")
_FINDING: Final = re.compile(r"F-[0-9a-z]+", re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """A project file, or data files alone; ``ids`` are findings to be accepted, or opened again."""

    project: Path = PROJECT_FILE
    files: tuple[Path, ...] = ()
    ids: tuple[str, ...] = ()
    reopen: bool = False


def asked_for(options: Mapping[str, Any]) -> Asked:
    """Understand words and options together.

    Raises
    ------
    click.UsageError
        If they contradict each other, or an exception lacks a name or a reason.
    """
    first = (*options["accept"], *options["reopen"])
    more = [w for w in options["words"] if first and _FINDING.fullmatch(w)]
    paths = [Path(w) for w in options["words"] if w not in more]
    projects = [p for p in map(_project_of, paths) if p]
    _refuse_contradictions(options, paths, projects)
    project = projects[0] if projects else PROJECT_FILE
    if first:
        # Numbers are shown in lower case after a capital F.
        ids = tuple(dict.fromkeys(f"F-{word[2:].lower()}" for word in (*first, *more)))
        return Asked(project, ids=ids, reopen=bool(options["reopen"]))
    return Asked(project, files=() if projects else tuple(paths))


def _project_of(path: Path) -> Path | None:
    if path.suffix.lower() == ".toml":
        return path
    inside = path / PROJECT_FILE
    return inside if inside.is_file() else None


def _refuse_contradictions(options: Mapping[str, Any], paths: list[Path], projects: list[Path]) -> None:
    names = bool(options["by"].strip()), bool(options["why"].strip())
    records = bool(options["accept"] or options["reopen"])
    if options["accept"] and options["reopen"]:
        raise click.UsageError(_("Give either --accept or --reopen."))
    if records and not all(names):
        raise click.UsageError(_("An exception needs a name and a reason: --by NAME --why TEXT."))
    if any(names) and not records:
        raise click.UsageError(_("--by and --why belong to --accept or --reopen."))
    if len(paths) > 1 and projects:
        raise click.UsageError(_("Give one project file, or data files."))
    if records and paths and not projects:
        raise click.UsageError(_("An exception is recorded in a project's register; give its project file."))
    if options["role"] and (projects or not paths):
        raise click.UsageError(
            _("--role belongs to data files; a project file gives the role of each source.")
        )
