"""A rule file that extends another: what it says is laid over what it builds on, key by key and id by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from landinv.errors import RulesetError
from landinv.i18n import gettext as _

OWN_KEYS: Final = ("id", "version", "title")  # an extending file speaks for itself
_NAMES: Final = {"articles": "article"}  # what the rows of a list are known by; elsewhere their id


def extended(base: Mapping[str, Any], own: Mapping[str, Any], *, place: str) -> dict[str, Any]:
    """The content of a rule file laid over that of the file it extends; neither is changed.

    Tables are merged key by key. Rows of a list are found by their ``id`` (articles by ``article``): a known row gets
    the keys given, ``drop = true`` takes it out, and a new one comes last, or before the row that ``before`` names
    (rules are applied in order, so a new rule must say it).

    Parameters
    ----------
    base, own
        As ``tomllib`` reads them; ``base`` is whole already.
    place
        The extending file, for messages.

    Raises
    ------
    RulesetError
        If a key of :data:`OWN_KEYS` is missing, a row has no name, or ``before`` names a row that is not there.
    """
    for key in OWN_KEYS:
        if not own.get(key):
            raise _mistake(place, key, _("a ruleset that extends another has its own {key}").format(key=key))
    return _merged(base, {key: value for key, value in own.items() if key != "extends"}, place=place)


def _merged(base: Mapping[str, Any], own: Mapping[str, Any], *, place: str) -> dict[str, Any]:
    result = dict(base)
    for key, value in own.items():
        known = base.get(key)
        if isinstance(value, Mapping) and isinstance(known, Mapping):
            result[key] = _merged(known, value, place=place)
        elif _is_rows(value) and _is_rows(known):
            result[key] = _merged_rows(known or [], value, key=key, place=place)
        else:
            result[key] = value
    return result


def _merged_rows(
    base: Sequence[Mapping[str, Any]], own: Sequence[Mapping[str, Any]], *, key: str, place: str
) -> list[Mapping[str, Any]]:
    name = _NAMES.get(key, "id")
    rows = list(base)
    for row in own:
        if not row.get(name):
            raise _mistake(place, key, _("a row without {name}").format(name=name))
        names = [known.get(name) for known in rows]
        given = {k: v for k, v in row.items() if k not in ("drop", "before")}
        place_of_row = names.index(row[name]) if row[name] in names else None
        if place_of_row is not None:
            known = rows.pop(place_of_row)
            given = _merged(known, given, place=place)
        if row.get("drop"):
            continue
        rows.insert(_position(rows, row, name=name, before=place_of_row, place=f"{place}: {key}"), given)
    return rows


def _position(
    rows: Sequence[Mapping[str, Any]], row: Mapping[str, Any], *, name: str, before: int | None, place: str
) -> int:
    names = [known.get(name) for known in rows]
    if "before" in row:
        if row["before"] not in names:
            raise _mistake(place, str(row[name]), _("there is no {before} to stand before").format(**row))
        return names.index(row["before"])
    if before is not None:
        return before
    if place.endswith("_rules"):
        raise _mistake(place, str(row[name]), _('a new rule must say which it stands before (before = "…")'))
    return len(rows)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


def _mistake(place: str, key: str, what: str) -> RulesetError:
    return RulesetError(
        _("{path}: {key}: {what}.").format(path=place, key=key, what=what),
        hint=_("Correct this key; the shipped ruleset shows the form."),
    )
