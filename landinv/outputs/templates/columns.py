"""Columns of a template: what stands in the header, what may be typed, what the clerk is told."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from landinv.model.landclass import planned_use_names
from landinv.model.roles import GEOMETRY, POLYGON, RECORD_ROLES, RoleField, role_fields
from landinv.outputs.lists.layout import display_width

TEMPLATE_ROLES: Final = tuple(role for role in RECORD_ROLES if GEOMETRY[role] != POLYGON)
SHEETS: Final = {
    "approvals": "批文台账",
    "supplies": "供地台账",
    "projects": "项目台账",
    "townships": "乡镇对照表",
}
_UNITS: Final = {"area": "公顷", "money": "万元"}
_ONE_OF: Final = {"supplies": ("supervision_no", "contract_no", "parcel_code")}
_CERTAINTIES: Final = {"V": "公开的供地结果或国家标准中有此项", "K": "通行做法，以本局规定为准"}
# Half hanzi that the button of the header covers on the right.
_FILTER_BUTTON: Final = 3.0
_YES_NO: Final = ("是", "否")
_PROCEDURE: Final = ("已办", "办理中", "未办")


@dataclass(frozen=True)
class TemplateColumn:
    """A column of a template.

    ``kind`` is that of the role's field; ``unit`` the Chinese unit its numbers are typed in (empty: none); ``demand``
    whether it has to be filled in; ``picks`` are the words of its list, ``closed`` whether no others may be typed.
    """

    field: str
    title: str
    kind: str
    unit: str
    demand: str
    width: float
    picks: tuple[str, ...]
    closed: bool
    meaning: str
    example: str
    certainty: str

    @property
    def is_required(self) -> bool:
        """Whether a record without it is not accepted as whole."""
        return self.demand == "必填"

    @property
    def header(self) -> str:
        """Header with the unit in brackets; a required one bears a star, which intake passes over."""
        unit = f"（{self.unit}）" if self.unit else ""
        return f"{self.title}{unit}{'＊' if self.is_required else ''}"


def template_columns(role: str) -> tuple[TemplateColumn, ...]:
    """Columns of a role's template, in the role's order; titles are the first words known for their fields.

    Examples
    --------
    >>> [c.header for c in template_columns("approvals")][:6]
    ['批准文号＊', '批次名称', '用地类型', '批准机关', '批准时间', '批准总面积（公顷）']
    """
    with Path(__file__).with_name("columns.csv").open(encoding="utf-8", newline="") as file:
        told = {row["field"]: row for row in csv.DictReader(file) if row["role"] == role}
    return tuple(_column(role, field, told[field.name]) for field in role_fields(role))


def _column(role: str, field: RoleField, told: Mapping[str, str]) -> TemplateColumn:
    picks, closed = _picks(field, told["picks"])
    one_of = "三项中至少填一项" if field.name in _ONE_OF.get(role, ()) else "选填"
    return TemplateColumn(
        field=field.name,
        title=field.synonyms[0],
        kind=field.kind,
        unit=_UNITS.get(field.kind, ""),
        demand="必填" if field.required else one_of,
        width=max(float(told["width"]), display_width(field.synonyms[0]) + _FILTER_BUTTON),
        picks=picks,
        closed=closed,
        meaning=told["meaning"] or field.synonyms[0],
        example=told["example"],
        certainty=_CERTAINTIES[told["certainty"]],
    )


def _picks(field: RoleField, told: str) -> tuple[tuple[str, ...], bool]:
    """Words of a column's list; what the role itself restricts is closed, usual words are only offered."""
    if field.choices:
        return field.choices, True
    if field.kind == "bool":
        return _YES_NO, True
    if told == "@land_use":
        return tuple(planned_use_names().values()), False
    if told == "@procedure":
        return _PROCEDURE, False
    return (tuple(told.split("|")) if told else ()), False
