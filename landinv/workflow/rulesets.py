"""Which rulesets there are, and one of them as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from landinv.rules.page import ruleset_page
from landinv.rules.rule_types import Ruleset
from landinv.rules.ruleset import load_ruleset, ruleset_names
from landinv.workflow.project import read_project

LIST_SCHEMA: Final = "landinv.rulesets/1"
PROJECT_FILE: Final = Path("landinv.toml")


def known_rulesets(project: Path | None = None) -> list[Ruleset]:
    """Shipped rulesets, then those of the project file (by default ``./landinv.toml``, if there is one).

    Raises
    ------
    RulesetError
        If one cannot be read.
    """
    names = list(ruleset_names())
    path = project or PROJECT_FILE
    if project is not None or path.is_file():
        names += [name for name in read_project(path).rules.rulesets if name not in names]
    return [load_ruleset(name) for name in names]


def ruleset_list(rulesets: list[Ruleset]) -> dict[str, Any]:
    """Rulesets as JSON values (``landinv.rulesets/1``)."""
    return {
        "schema": LIST_SCHEMA,
        "rulesets": [
            {
                "id": r.id,
                "version": r.version,
                "stamp": r.stamp,
                "title": r.title,
                "jurisdiction": r.jurisdiction,
                "valid_from": r.valid_from.isoformat(),
                "valid_to": r.valid_to.isoformat() if r.valid_to else None,
                "extends": list(r.extends),
                "origin": r.origin,
            }
            for r in rulesets
        ],
    }


def shown_ruleset(name: str, *, language: str, project: Path | None = None) -> dict[str, Any]:
    """One ruleset as a page (``landinv.rules/1``).

    Parameters
    ----------
    name
        The id of a ruleset that is known, or the path of a file; empty: the project's, else the shipped one.
    """
    known = known_rulesets(project)
    by_id = {ruleset.id: ruleset for ruleset in known}
    chosen = by_id.get(name) or (load_ruleset(name) if name else known[-1])
    return ruleset_page(chosen, language)
