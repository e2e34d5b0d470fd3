"""Which role a layer or table probably plays: its columns, its kind of shape and its name, with the reasons.

A guess serves whoever looks over a folder; no run takes one. Every run reads the roles that the project file names.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from landinv.i18n import gettext as _
from landinv.intake.headers import Wanted, map_fields, normal_header, wanted_fields
from landinv.intake.naming import shown
from landinv.model.fields import REQUIRED_SURVEY_FIELDS, SURVEY_ROLES, YEAR_LAYER, survey_fields
from landinv.model.roles import ANY_OR_NONE, GEOMETRY, NO_SHAPES, POLYGON, RECORD_ROLES

SURE_SCORE: Final = 0.6
SURE_LEAD: Final = 0.15
TABLE: Final = "table"
OWN_NAME: Final = "own name"
SYNONYM: Final = "synonym"
CUT_NAME: Final = "cut at ten bytes"
PROJECT_FILE: Final = "project file"
_SUPPLY_KEYS: Final = ("supervision_no", "contract_no", "parcel_code")
# A column that only one role knows leaves this share of doubt; each further one leaves the same share of the rest.
_DOUBT_LEFT: Final = 0.6
_HIGHEST: Final = 0.97
_STRONG_NAME: Final = 0.7
_NAMES_TOLD: Final = 6


@dataclass(frozen=True)
class Shown:
    """What a layer shows of itself: names (file, layer), words of each column, kind of shape (``table``: none)."""

    names: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    geometry: str
    is_dbf: bool = False


@dataclass(frozen=True)
class RoleGuess:
    """The likeliest role (empty: none), its score from 0 to 1, reasons, and what else it might be.

    ``kind`` is that of a constraint; ``sure`` tells whether the score is high and well ahead of the next role's.
    """

    role: str
    kind: str
    score: float
    sure: bool
    reasons: tuple[str, ...]
    rivals: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class FieldLink:
    """A canonical or standard field, the source column that serves it, and the rule that found it."""

    field: str
    column: str
    rule: str


@dataclass(frozen=True)
class _Sign:
    place: str
    pattern: re.Pattern[str]
    role: str
    kind: str
    weight: float


@dataclass(frozen=True)
class _Case:
    """What speaks for one role."""

    role: str
    kind: str
    score: float
    reasons: tuple[str, ...]


def guess_role(shown_: Shown) -> RoleGuess:
    """Role that a layer or sheet probably plays.

    Columns known to few roles weigh more than those known to many; a word of the file or layer name adds to them; a
    kind of shape that a role does not take rules it out. Scores of independent signs are joined as
    ``1 - (1 - a)(1 - b)``.

    Examples
    --------
    >>> columns = (("电子监管号",), ("受让人",), ("约定动工时间",))
    >>> guess = guess_role(Shown(("2022年供地台账",), columns, "table"))
    >>> guess.role, guess.sure
    ('supplies', True)
    """
    signs = _signs_of(shown_)
    possible = [role for role in _roles(signs) if takes(role, shown_.geometry)]
    positions = {role: _positions(role, shown_) for role in possible if role != "constraints"}
    known_to = Counter(column for at in positions.values() for column in set(at.values()))
    strongest = max((s.weight for s, _found in signs), default=0.0)
    cases = [_case(role, positions.get(role, {}), known_to, shown_) for role in possible]
    cases = [_with_signs(case, signs, strongest) for case in cases]
    ranked = sorted((c for c in cases if c.score > 0.05), key=lambda c: -c.score)
    if not ranked:
        return RoleGuess("", "", 0.0, sure=False, reasons=(_nothing(shown_, possible),))
    best = ranked[0]
    lead = best.score - (ranked[1].score if len(ranked) > 1 else 0.0)
    return RoleGuess(
        best.role,
        best.kind,
        round(best.score, 2),
        sure=best.score >= SURE_SCORE and lead >= SURE_LEAD,
        reasons=best.reasons,
        rivals=tuple((c.role, round(c.score, 2)) for c in ranked[1:3]),
    )


def takes(role: str, geometry: str) -> bool:
    """Whether a role can be played by shapes of a kind (``table``: none; an unknown kind may be anything).

    Examples
    --------
    >>> takes("dltb", "Polygon"), takes("dltb", "table"), takes("projects", "Point"), takes("supplies", "LineString")
    (True, False, True, False)
    """
    kind = geometry.lower()
    if kind == TABLE:
        return GEOMETRY[role] != POLYGON
    if GEOMETRY[role] == NO_SHAPES:
        return False
    if "line" in kind:
        return False
    return "point" not in kind or GEOMETRY[role] == ANY_OR_NONE


def field_links(
    fields: Mapping[str, str], role: str, overrides: Mapping[str, str], columns: Sequence[Sequence[str]]
) -> tuple[FieldLink, ...]:
    """How each field of a finished mapping (field → column) was found, in the role's order.

    Examples
    --------
    >>> field_links({"project_name": "XMMC"}, "projects", {}, [("XMMC",)])
    (FieldLink(field='project_name', column='XMMC', rule='synonym'),)
    """
    wanted = {w.name: w for w in _wanted(role)}
    words = {forms[0]: forms for forms in columns if forms}
    return tuple(
        FieldLink(
            name,
            fields[name],
            PROJECT_FILE
            if name in overrides
            else _rule(wanted[name], words.get(fields[name], (fields[name],))),
        )
        for name in wanted
        if name in fields
    )


def missing_fields(fields: Mapping[str, str], role: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Required and other fields of a role that no column serves."""
    absent = [w for w in _wanted(role) if w.name not in fields]
    return tuple(w.name for w in absent if w.required), tuple(w.name for w in absent if not w.required)


def _rule(wanted: Wanted, forms: Sequence[str]) -> str:
    found = [normal_header(form) for form in forms]
    if normal_header(wanted.name) in found:
        return OWN_NAME
    return SYNONYM if any(normal_header(word) in found for word in wanted.words) else CUT_NAME


def _roles(signs: Sequence[tuple[_Sign, str]]) -> tuple[str, ...]:
    """Roles to choose from; a year layer has the patches' columns, and only its name tells which it is."""
    is_year_layer = any(sign.role == YEAR_LAYER for sign, _text in signs)
    survey = [YEAR_LAYER if role == "dltb" and is_year_layer else role for role in SURVEY_ROLES]
    return (*survey, *RECORD_ROLES, "constraints")


def _wanted(role: str) -> tuple[Wanted, ...]:
    return wanted_fields(role, REQUIRED_SURVEY_FIELDS) if role and role != "constraints" else ()


def _positions(role: str, shown_: Shown) -> Mapping[str, int]:
    optional = [replace(w, required=False) for w in _wanted(role)]
    return map_fields(shown_.columns, optional, {}, title="", is_dbf=shown_.is_dbf).positions


def _case(role: str, positions: Mapping[str, int], known_to: Counter[int], shown_: Shown) -> _Case:
    """What the columns say for a role."""
    weight = sum(1.0 / known_to[column] for column in positions.values())
    score = min(_HIGHEST, 1.0 - _DOUBT_LEFT**weight) * _completeness(role, positions)
    if not positions:
        return _Case(role, "", 0.0, ())
    telling = sorted(positions.items(), key=lambda item: known_to[item[1]])
    names = "、".join(shown(shown_.columns[column][0]) for _name, column in telling[:_NAMES_TOLD])
    reasons = [
        _("{count} of its {all} columns are fields of this role, such as {names}").format(
            count=len(positions), all=len(shown_.columns), names=names
        )
    ]
    reasons += [
        _("its required field {field} is missing").format(field=w.name)
        for w in _wanted(role)
        if w.required and w.name not in positions
    ]
    return _Case(role, "", score, tuple(reasons))


def _completeness(role: str, positions: Mapping[str, int]) -> float:
    """Factor from 0 to 1: what the role cannot do without, and how much of the standard is there."""
    if survey_fields(role):
        if role in REQUIRED_SURVEY_FIELDS and REQUIRED_SURVEY_FIELDS[role] not in positions:
            return 0.2
        mandatory = [f.name for f in survey_fields(role) if f.mandatory == "M"]
        return 0.4 + 0.6 * sum(name in positions for name in mandatory) / max(len(mandatory), 1)
    if any(w.required and w.name not in positions for w in _wanted(role)):
        return 0.3
    return 0.6 if role == "supplies" and not any(key in positions for key in _SUPPLY_KEYS) else 1.0


@cache
def _signs() -> tuple[_Sign, ...]:
    with Path(__file__).with_name("role_signs.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            _Sign(r["place"], re.compile(r["pattern"]), r["role"], r["kind"], float(r["weight"]))
            for r in csv.DictReader(file)
        )


def _signs_of(shown_: Shown) -> list[tuple[_Sign, str]]:
    """Signs that the names and columns bear, with the text that bears them; the strongest first."""
    names = [unicodedata.normalize("NFKC", name).upper() for name in shown_.names if name]
    columns = [unicodedata.normalize("NFKC", forms[0]).upper() for forms in shown_.columns if forms]
    found = []
    for sign in _signs():
        texts = names if sign.place == "name" else columns
        match = next((m for m in map(sign.pattern.search, texts) if m), None)
        if match:
            found.append((sign, match.group()))
    return sorted(found, key=lambda pair: -pair[0].weight)


def _with_signs(case: _Case, signs: Sequence[tuple[_Sign, str]], strongest: float) -> _Case:
    """The case with the strongest sign of each place; without a name of its own it loses where another has one."""
    own = [(sign, text) for sign, text in signs if sign.role == case.role]
    kind = own[0][0].kind if own else ""
    score, reasons = case.score, list(case.reasons)
    for place, words in (("name", _("its name has {word}")), ("column", _("one of its columns has {word}"))):
        first = next(((s, t) for s, t in own if s.place == place and s.kind == kind), None)
        if first is not None:
            score = 1.0 - (1.0 - score) * (1.0 - first[0].weight)
            reasons.insert(0 if place == "name" else len(reasons), words.format(word=shown(first[1])))
    if strongest >= _STRONG_NAME and not any(s.place == "name" for s, _text in own):
        score *= 0.8
    return _Case(case.role, kind, min(score, 0.99), tuple(reasons))


def _nothing(shown_: Shown, possible: Sequence[str]) -> str:
    if not possible:
        return _("no role takes shapes of the kind {kind}").format(kind=shown_.geometry)
    return _("neither its name nor its columns are those of a role")
