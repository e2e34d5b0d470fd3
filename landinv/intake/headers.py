"""Which column is which field: the bureau's own mapping first, then the words seen in offices.

Header words are compared in a normal form: half-width, lower case, without white space, units or notes in brackets.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from landinv.errors import FieldMissingError, ProjectFileError
from landinv.i18n import gettext as _
from landinv.intake.naming import shown
from landinv.model.fields import SURVEY_ROLES, survey_fields
from landinv.model.roles import RECORD_ROLES, role_fields

_BRACKETS: Final = re.compile(r"[(\[【〔{<《「][^()\[\]【】〔〕{}<>《》「」]*[)\]】〕}>》」]")
_NOISE: Final = re.compile(r"[\s*:·、,;。\"'`＊]+")
_DBF_NAME_BYTES: Final = 10
# Names of the drafts and of common software for the same field (standard name: others).
_SURVEY_SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "KCXS": ("TKXS",), "KCMJ": ("TKMJ",), "GDPDJB": ("GDPDJ",), "XZDWKD": ("XXTBKD",), "ZZSXDM": ("GDZZSXDM",),
    "ZZSXMC": ("GDZZSXMC",), "XMBH": ("BZXMBH",), "XMMC": ("BZXMMC",), "PZWH": ("BZPZWH",), "PZRQ": ("BZPZRQ",),
    "TBMJ": ("BZTBMJ", "LSYDMJ"), "XZJSYDMJ": ("BZXZJSYDMJ", "BZXZJSYDM"), "ZYGDMJ": ("BZZYGDMJ",), "YTFL": ("YDLX",),
}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """A field to look for: name, words seen for it (best first), and whether the role cannot do without."""

    name: str
    words: tuple[str, ...]
    required: bool


@dataclass(frozen=True)
class FieldMap:
    """Field name → position of its column; ``ambiguous`` lists other columns that would have fitted as well."""

    positions: Mapping[str, int]
    ambiguous: Mapping[str, tuple[int, ...]]
    missing: tuple[str, ...]


def wanted_fields(role: str, required: Mapping[str, str]) -> tuple[Wanted, ...]:
    """Fields of a role with every word known for them.

    Parameters
    ----------
    role
        A record role, or a survey layer.
    required
        For survey layers: layer → the one field it cannot do without.
    """
    if survey_fields(role):
        return tuple(
            Wanted(f.name, (f.name, f.alias, *_SURVEY_SYNONYMS.get(f.name, ())), f.name == required.get(role))
            for f in survey_fields(role)
        )
    return tuple(Wanted(f.name, (f.name, *f.synonyms), f.required) for f in role_fields(role))


def with_words(wanted: Sequence[Wanted], mapping: Mapping[str, str]) -> tuple[Wanted, ...]:
    """The same fields, each also known by the header that the project file maps to it.

    Examples
    --------
    >>> with_words((Wanted("holder", ("受让人",), False),), {"holder": "买方"})[0].words
    ('受让人', '买方')
    """
    return tuple(
        replace(field, words=(*field.words, mapping[field.name])) if field.name in mapping else field
        for field in wanted
    )


@cache
def every_wanted() -> tuple[Wanted, ...]:
    """Words of every role together, for finding a header where no role is named."""
    fields = [f for role in RECORD_ROLES for f in role_fields(role)]
    survey = [f for layer in SURVEY_ROLES for f in survey_fields(layer)]
    known = [Wanted(f.name, (f.name, *f.synonyms), required=False) for f in fields]
    return (*known, *(Wanted(f.name, (f.name, f.alias), required=False) for f in survey))


def normal_header(text: str) -> str:
    r"""Normal form of a header word.

    Examples
    --------
    >>> normal_header(" 面 积\n（亩）"), normal_header("ＤＺＪＧＨ")
    ('面积', 'dzjgh')
    """
    half = unicodedata.normalize("NFKC", text).lower()
    bare = _NOISE.sub("", _BRACKETS.sub("", half))
    return bare or _NOISE.sub("", half)


def header_unit(text: str, units: Mapping[str, str]) -> str:
    """Unit that a header or unit note names; empty where it names none.

    Examples
    --------
    >>> units = {"亩": "mu", "公顷": "ha", "万元": "wan"}
    >>> header_unit("面积（亩）", units), header_unit("单位：公顷、万元", units), header_unit("面积", units)
    ('mu', 'ha', '')
    """
    half = unicodedata.normalize("NFKC", text).lower().replace(" ", "")
    pieces = [m.strip("()[]【】〔〕{}<>《》「」") for m in _BRACKETS.findall(half)]
    if "单位" in half:
        pieces.append(half.split("单位", 1)[1].lstrip(":为是"))
    pieces += re.split(r"[_/]", half)[1:]
    words = [w for piece in pieces for w in re.split(r"[、,;/:和及]|单位", piece.strip(")]】"))]
    return next((units[w] for w in words if w in units), "")


def map_fields(
    headers: Sequence[Sequence[str]],
    wanted: Sequence[Wanted],
    overrides: Mapping[str, str],
    *,
    title: str,
    is_dbf: bool = False,
) -> FieldMap:
    """Find the column of each wanted field.

    Parameters
    ----------
    headers
        For each column its words, best first (a two-row header gives the joined word, then the lower one).
    wanted
        Fields of the role.
    overrides
        Field → header, from the project file; beats the synonyms.
    title
        Name of the file for messages.
    is_dbf
        Whether header words may have been cut at ten bytes.

    Raises
    ------
    FieldMissingError
        If an overriding header or a required field is not there.
    ProjectFileError
        If the project file maps a field that the role does not have.
    """
    positions = _overridden(headers, wanted, overrides, title)
    taken = set(positions.values())
    scores = _scores(headers, [w for w in wanted if w.name not in positions], taken, is_dbf=is_dbf)
    candidates: dict[str, list[int]] = {}
    for _rank, _order, name, column in sorted(scores):
        candidates.setdefault(name, []).append(column)
        if name not in positions and column not in taken:
            positions[name] = column
            taken.add(column)
    ambiguous = {
        name: tuple(c for c in columns if c != positions.get(name) and c not in taken)
        for name, columns in candidates.items()
    }
    missing = tuple(w.name for w in wanted if w.name not in positions)
    for field in wanted:
        if field.required and field.name in missing:
            raise _missing(title, field, headers)
    return FieldMap(positions, {n: c for n, c in ambiguous.items() if c}, missing)


def count_hits(words: Iterable[str], wanted: Sequence[Wanted]) -> int:
    """Number of different wanted fields that a row of words could head."""
    known = {normal_header(w): field.name for field in wanted for w in field.words}
    return len({known[n] for n in map(normal_header, words) if n in known})


def _overridden(
    headers: Sequence[Sequence[str]], wanted: Sequence[Wanted], overrides: Mapping[str, str], title: str
) -> dict[str, int]:
    names = [w.name for w in wanted]
    exact = {h[0]: i for i, h in reversed(list(enumerate(headers))) if h}
    normal = {normal_header(word): i for i, h in reversed(list(enumerate(headers))) for word in h}
    positions: dict[str, int] = {}
    for name, header in overrides.items():
        if name not in names:
            raise ProjectFileError(
                _("{path}: the role has no field named {field}; the nearest is {nearest}.").format(
                    path=title, field=name, nearest=_nearest(name, names)
                ),
                hint=_("Correct the key under `fields` of this source."),
            )
        column = exact.get(header, normal.get(normal_header(header)))
        if column is None:
            given = [h[0] for h in headers if h]
            raise FieldMissingError(
                _("{path} has no column {column} (for {field}); the nearest is {nearest}.").format(
                    path=title, column=shown(header), field=name, nearest=shown(_nearest(header, given))
                ),
                hint=_("Correct the name under `fields` of this source; the file has: {names}.").format(
                    names=", ".join(shown(g) for g in given[:40])
                ),
            )
        positions[name] = column
    return positions


def _scores(
    headers: Sequence[Sequence[str]], wanted: Sequence[Wanted], taken: set[int], *, is_dbf: bool
) -> list[tuple[int, int, str, int]]:
    """(rank, order of the field, field, column), smaller rank fitting better."""
    scores = []
    for order, field in enumerate(wanted):
        words: dict[str, int] = {}
        for rank, word in enumerate(field.words):
            words.setdefault(normal_header(word), rank)
            if is_dbf:
                for cut in _cut_names(word):
                    words.setdefault(cut, rank + 50)
        for column, forms in enumerate(headers):
            ranks = [
                words[n] + 100 * level for level, n in enumerate(map(normal_header, forms)) if n in words
            ]
            if ranks and column not in taken:
                scores.append((min(ranks), order, field.name, column))
    return scores


def _cut_names(word: str) -> list[str]:
    """What a DBF leaves of a longer name: its first ten bytes, in GBK or UTF-8."""
    cuts = []
    for encoding in ("gb18030", "utf-8"):
        raw = word.encode(encoding)
        if len(raw) > _DBF_NAME_BYTES:
            cuts.append(normal_header(raw[:_DBF_NAME_BYTES].decode(encoding, errors="ignore")))
    return cuts


def _nearest(name: str, names: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.0)
    return close[0] if close else "-"


def _missing(title: str, field: Wanted, headers: Sequence[Sequence[str]]) -> FieldMissingError:
    given = [h[0] for h in headers if h]
    return FieldMissingError(
        _("{path} has no field {field} (such as {words}); the nearest is {nearest}.").format(
            path=title,
            field=field.name,
            words=", ".join(field.words[1:4]),
            nearest=shown(_nearest(field.words[1] if len(field.words) > 1 else field.name, given)),
        ),
        hint=_('Map it: `fields = {{ {field} = "…" }}`; the file has: {names}.').format(
            field=field.name, names=", ".join(shown(g) for g in given[:40]) or "-"
        ),
    )
