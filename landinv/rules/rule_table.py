"""One table of a rule file, read key by key; what is left over at the end is a key nobody knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from string import Formatter
from typing import Any, Final

from landinv.errors import RulesetError
from landinv.i18n import gettext as _

_REQUIRED: Final = object()


class RuleTable:
    """A TOML table with its place in the file (``thresholds``, ``supply_rules[3]``), for messages.

    Parameters
    ----------
    content
        What ``tomllib`` gave; anything but a table is refused.
    path
        The file.
    place
        Dotted name of the table, empty for the file itself.
    """

    def __init__(self, content: Any, path: Path, place: str = "") -> None:
        self.path = path
        self.place = place
        if not isinstance(content, Mapping):
            raise self.mistake("", _("a table was expected"))
        self.content: Mapping[str, Any] = content
        self._known: list[str] = []

    def mistake(self, key: str, what: str) -> RulesetError:
        """An error that names the file and the key."""
        name = ".".join(part for part in (self.place, key) if part)
        return RulesetError(
            _("{path}: {key}: {what}.").format(path=self.path, key=name, what=what),
            hint=_("Correct this key; the shipped ruleset shows the form."),
        )

    def nothing_else(self) -> None:
        """Refuse keys that were not asked for, naming the nearest known one."""
        for key in self.content:
            if key not in self._known:
                near = get_close_matches(key, self._known, n=1, cutoff=0.0)
                raise self.mistake(
                    key, _("unknown key; the nearest known one is {near}").format(near=near[0])
                )

    def text(self, key: str, *, default: str | None = None) -> str:
        """A text; it must not be empty unless there is a default."""
        value = self._get(key, _REQUIRED if default is None else default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.mistake(key, _("a text was expected, found {value}").format(value=repr(value)))
        return value

    def choice(self, key: str, choices: Sequence[str], *, default: str | None = None) -> str:
        """One of some words."""
        value = self.text(key, default=default)
        if value not in choices:
            near = get_close_matches(value, choices, n=1, cutoff=0.0)
            raise self.mistake(
                key,
                _("{value} is none of {choices}; the nearest is {near}").format(
                    value=repr(value), choices=", ".join(filter(None, choices)), near=near[0]
                ),
            )
        return value

    def flag(self, key: str) -> bool:
        """``true`` or ``false``; absent is false."""
        value = self._get(key, default=False)
        if not isinstance(value, bool):
            raise self.mistake(key, _("true or false was expected, found {value}").format(value=repr(value)))
        return value

    def count(self, key: str) -> int:
        """A whole number of at least 1."""
        value = self._get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.mistake(
                key, _("a whole number above 0 was expected, found {value}").format(value=repr(value))
            )
        return value

    def level(self, key: str) -> int:
        """Idle level 1 or 2; absent is 0 (no level)."""
        value = self._get(key, default=0)
        if isinstance(value, bool) or value not in (0, 1, 2):
            raise self.mistake(key, _("level 1 or 2 was expected, found {value}").format(value=repr(value)))
        return int(value)

    def share(self, key: str) -> Fraction:
        """An exact share between 0 and 1, written ``"1/3"`` or ``0.20``."""
        value = self._get(key)
        try:
            share = Fraction(str(value))
        except (ValueError, ZeroDivisionError):
            share = Fraction(0)
        if not 0 < share <= 1 or isinstance(value, bool):
            raise self.mistake(
                key, _('a share such as "1/3" or 0.20 was expected, found {value}').format(value=repr(value))
            )
        return share

    def optional_amount(self, key: str) -> Fraction | None:
        """A number above 0, or None where the text is empty or the key absent."""
        value = self._get(key, "")
        if value == "":
            return None
        try:
            amount = Fraction(str(value))
        except (ValueError, ZeroDivisionError):
            amount = Fraction(0)
        if amount <= 0 or isinstance(value, bool):
            raise self.mistake(
                key, _("a number above 0 was expected, found {value}").format(value=repr(value))
            )
        return amount

    def day(self, key: str) -> date:
        """A date, as a TOML date or ISO text."""
        day = self.optional_day(key)
        if day is None:
            raise self.mistake(key, _("a date is missing"))
        return day

    def optional_day(self, key: str) -> date | None:
        """A date, or None where the text is empty or the key absent."""
        value = self._get(key, "")
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value) if value else None
        except (TypeError, ValueError) as error:
            raise self.mistake(
                key, _("a date (YYYY-MM-DD) was expected, found {value}").format(value=repr(value))
            ) from error

    def rising_years(self, key: str) -> tuple[int, ...]:
        """Calendar years in rising order, at least one."""
        value = self._get(key)
        years = value if isinstance(value, list) else []
        whole = all(isinstance(y, int) and 1900 <= y <= 2999 for y in years)
        if not years or not whole or any(b <= a for a, b in pairwise(years)):
            raise self.mistake(
                key, _("years in rising order were expected, found {value}").format(value=repr(value))
            )
        return tuple(years)

    def words(self, key: str, *, default: list[str] | None = None) -> tuple[str, ...]:
        """A list of texts; it may be empty."""
        value = self._get(key, _REQUIRED if default is None else default)
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise self.mistake(
                key, _("a list of texts was expected, found {value}").format(value=repr(value))
            )
        return tuple(value)

    def conditions(
        self, key: str, known: Sequence[str], *, default: list[str] | None = None
    ) -> tuple[str, ...]:
        """Names of conditions, each perhaps with ``!`` before it."""
        names = self.words(key, default=default)
        for name in names:
            if name.removeprefix("!") not in known:
                near = get_close_matches(name, known, n=1, cutoff=0.0)
                raise self.mistake(
                    key, _("unknown condition {name}; the nearest is {near}").format(name=name, near=near[0])
                )
        return names

    def template(self, key: str, known: Sequence[str]) -> str:
        """A text with named values in braces, plain names only (no attributes, no formats)."""
        text = self.text(key)
        try:
            parts = list(Formatter().parse(text))
        except ValueError as error:
            raise self.mistake(key, _("braces do not match: {error}").format(error=error)) from error
        for _literal, name, spec, conversion in parts:
            if name is None:
                continue
            if name not in known or spec or conversion:
                near = get_close_matches(name, known, n=1, cutoff=0.0)
                raise self.mistake(
                    key, _("unknown value {name}; the nearest is {near}").format(name=name, near=near[0])
                )
        return text

    def table(self, key: str) -> RuleTable:
        """A table inside this one."""
        return RuleTable(self._get(key), self.path, self._inner(key))

    def tables(self, key: str) -> list[RuleTable]:
        """An array of tables; places count from 1."""
        value = self._get(key)
        if not isinstance(value, list):
            raise self.mistake(key, _("a list of tables ([[{key}]]) was expected").format(key=key))
        return [
            RuleTable(item, self.path, f"{self._inner(key)}[{n}]") for n, item in enumerate(value, start=1)
        ]

    def _inner(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key

    def _get(self, key: str, default: Any = _REQUIRED) -> Any:
        self._known.append(key)
        if key in self.content:
            return self.content[key]
        if default is _REQUIRED:
            raise self.mistake(key, _("the key is missing"))
        return default
