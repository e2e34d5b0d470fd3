"""``landinv check --store``: the register by itself, and what other programs did to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from landinv.cli.check_words import PROJECT_FILE
from landinv.cli.exit_codes import DONE, FINDINGS
from landinv.cli.render_register import show_json, show_looked
from landinv.i18n import gettext as _


def check_store(options: Mapping[str, Any], *, form: str) -> int:
    """Look, adopt or undo, show it, and give the exit code: 1 where problems stand.

    Raises
    ------
    click.UsageError
        If options contradict each other.
    """
    words = [Path(word) for word in options["words"]]
    others = ("accept", "reopen", "severities", "rules", "states", "role")
    if not options["store"]:
        raise click.UsageError(_("--adopt and --undo belong to --store."))
    if any(options[name] for name in others) or len(words) > 1:
        raise click.UsageError(
            _("--store takes a project file, --adopt or --undo, --by and --why, and nothing else.")
        )
    if options["adopt"] and options["undo"]:
        raise click.UsageError(_("Give either --adopt or --undo."))
    if options["adopt"] and not (options["by"].strip() and options["why"].strip()):
        raise click.UsageError(_("An adoption needs a name and a reason: --by NAME --why TEXT."))
    from landinv.workflow.author import Author
    from landinv.workflow.outside_edits import adopt_edits, look_at_store, undo_edits

    project = words[0] / PROJECT_FILE if words and words[0].is_dir() else (words or [PROJECT_FILE])[0]
    author = Author(options["by"], options["why"])
    if options["adopt"]:
        done = adopt_edits(project, author)
    elif options["undo"]:
        done = undo_edits(project, author)
    else:
        done = look_at_store(project)
    if form == "json":
        show_json(done.to_json())
    else:
        show_looked(done)
    return FINDINGS if len(done.problems) and not done.action else DONE
