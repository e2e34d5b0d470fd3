"""Roles a source can play, and the canonical fields of each (names outsiders rely on)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from landinv.model.fields import SURVEY_ROLES, YEAR_LAYER
from landinv.model.tables import table

TOWNSHIPS: Final = "townships"
RECORD_ROLES: Final = ("approvals", "supplies", "planning", "projects", TOWNSHIPS)
ROLES: Final = (
    *SURVEY_ROLES, YEAR_LAYER, "approvals", "supplies", "planning", "constraints", "projects", TOWNSHIPS,
)  # fmt: skip
POLYGON: Final = "polygon"
POLYGON_OR_NONE: Final = "polygon or none"
ANY_OR_NONE: Final = "polygon, point or none"
NO_SHAPES: Final = "none"
GEOMETRY: Final = {
    **dict.fromkeys((*SURVEY_ROLES, YEAR_LAYER, "planning", "constraints"), POLYGON),
    "approvals": POLYGON_OR_NONE,
    "supplies": POLYGON_OR_NONE,
    "projects": ANY_OR_NONE,
    TOWNSHIPS: NO_SHAPES,
}
CONSTRAINT_KINDS: Final = ("farmland", "redline", "boundary")
EFFECTS: Final = ("exclude", "report")
PROCEDURES: Final = (
    "site_selection", "project_approval", "land_planning", "works_planning",
    "environment_review", "energy_review", "tendering", "construction_permit",
)  # fmt: skip


@dataclass(frozen=True)
class RoleField:
    """One canonical field.

    ``kind`` is text, code, date, area (m² after normalising), money (万元), bool, status or choice; ``choices`` are
    the words a choice may take; ``synonyms`` are headers seen for it, best first.
    """

    name: str
    kind: str
    unit: str
    required: bool
    synonyms: tuple[str, ...]
    choices: tuple[str, ...] = ()


@cache
def role_fields(role: str) -> tuple[RoleField, ...]:
    """Canonical fields of a record role, in order; empty for survey layers and constraints.

    Examples
    --------
    >>> [f.name for f in role_fields("planning")]
    ['plan_code', 'plan_name', 'code_system']
    """
    return tuple(_role_field(row) for row in table("role_fields") if row["role"] == role)


def _role_field(row: dict[str, str]) -> RoleField:
    kind, _, choices = row["type"].partition(":")
    return RoleField(
        name=row["field"],
        kind=kind,
        unit=row["unit"],
        required=row["required"] == "yes",
        synonyms=tuple(row["synonyms"].split(";")),
        choices=tuple(choices.split("|")) if choices else (),
    )
