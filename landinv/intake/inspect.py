"""Look over files without taking them in: what each layer is, which role it probably plays, what is wrong with it.

Every file is staged and read once, behind the reader's wall; nothing is written beside it.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from landinv.errors import (
    EmptyLayerError,
    FieldMissingError,
    LandinvError,
    LimitExceededError,
    SourceMissingError,
)
from landinv.i18n import gettext as _
from landinv.intake.headers import every_wanted
from landinv.intake.naming import shown
from landinv.intake.read import check_answer
from landinv.intake.role_evidence import (
    TABLE,
    FieldLink,
    RoleGuess,
    Shown,
    field_links,
    guess_role,
    missing_fields,
)
from landinv.intake.sandbox import Answer, read_staged
from landinv.intake.sheets import is_guide, sheet_layers
from landinv.intake.staging import SHAPEFILE, TABLE_FORMATS, Staged, staged
from landinv.model.datasets import Dataset, SourceAccount
from landinv.model.options import CountyOptions, SourceOptions

Progress = Callable[[str], None]

MOST_LAYERS: Final = 60
_WORKERS: Final = 2
# What the register of a run holds; it is no source.
_REGISTER_LAYERS: Final = frozenset({"parcels", "approvals", "supplies", "slivers"})
_COUNTY_FIELDS: Final = ("XZQDM", "ZLDWDM", "QSDWDM", "XJXZQHDM")
_COUNTY_DIGITS: Final = 6
_MOST_OF_THE_CODES: Final = 0.8


@dataclass(frozen=True)
class FindingGroup:
    """Findings of one rule in one layer: how many, in which fields, and the first as an example."""

    rule: str
    name: str
    severity: str
    responsible: str
    message: str
    count: int
    fields: tuple[str, ...]
    example: str


@dataclass(frozen=True)
class Place:
    """What a layer tells of its county: six-digit code and name (empty: nothing), and longitude (degrees; NaN)."""

    code: str = ""
    name: str = ""
    longitude: float = float("nan")


@dataclass(frozen=True)
class Inspected:
    """One layer or sheet as it was found.

    ``account`` is that of reading it in its guessed role, or, where that fails, of reading every column as it stands;
    None where nothing could be read. ``error`` says why the role, or the file, could not be read. ``left_out`` says why
    a layer is no source at all. ``columns`` are the source's own; ``links`` what became of them; ``missing`` and
    ``absent`` the required and other fields that no column serves. ``layer`` is empty where the file has only one.
    """

    path: Path
    layer: str = ""
    format: str = ""
    geometry: str = ""
    columns: tuple[str, ...] = ()
    guess: RoleGuess = field(default_factory=lambda: RoleGuess("", "", 0.0, sure=False, reasons=()))
    account: SourceAccount | None = None
    error: LandinvError | None = None
    left_out: str = ""
    links: tuple[FieldLink, ...] = ()
    missing: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    findings: tuple[FindingGroup, ...] = ()
    place: Place = Place()

    @property
    def unmapped(self) -> tuple[str, ...]:
        """Source columns that serve no field of the role."""
        used = {link.column for link in self.links}
        return tuple(c for c in self.columns if c not in used) if self.links else ()


@dataclass(frozen=True)
class _Asked:
    """What is known beforehand: the county, and the sources that a project file names for this very file."""

    path: Path
    county: CountyOptions | None
    sources: tuple[SourceOptions, ...]

    def source(self, layer: str) -> SourceOptions | None:
        named = [s for s in self.sources if s.layer.casefold() == layer.casefold() and s.layer]
        return next(iter(named or [s for s in self.sources if not s.layer]), None)


def inspect_files(
    paths: Iterable[Path],
    county: CountyOptions | None,
    *,
    known: Sequence[SourceOptions] = (),
    progress: Progress | None = None,
) -> list[Inspected]:
    """Inspect files, two at a time; entries stand in the order of the files and of the layers in them.

    Parameters
    ----------
    paths
        Files, or ``.gdb`` folders.
    county
        Working CRS and code to test against; None: each file is looked at alone.
    known
        Sources of a project file; a file among them is read as it says, and its role is not guessed.
    progress
        Is told the file that comes next.

    Returns
    -------
    list of Inspected
        At least one entry a file; a file that cannot be read is an entry with its error.
    """
    tell = progress or (lambda _text: None)

    def one(path: Path) -> list[Inspected]:
        tell(_("{path}: looking …").format(path=shown(path)))
        same = tuple(s for s in known if s.path == path.absolute())
        return inspect_file(path, county, known=same)

    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="doctor") as pool:
        futures = [pool.submit(contextvars.copy_context().run, one, path) for path in paths]
        try:
            return [entry for future in futures for entry in future.result()]
        finally:
            for future in futures:
                future.cancel()


def inspect_file(
    path: Path, county: CountyOptions | None, *, known: tuple[SourceOptions, ...] = ()
) -> list[Inspected]:
    """Inspect every layer or sheet of one file; see :func:`inspect_files`."""
    asked = _Asked(path, county, known)
    try:
        return _staged_layers(asked, "")
    except SourceMissingError as error:
        if not error.names:
            return [_unreadable(path, error)]
        return [entry for name in error.names[:MOST_LAYERS] for entry in _member(asked, name)]
    except LandinvError as error:
        return [_unreadable(path, error)]


def _staged_layers(asked: _Asked, member: str) -> list[Inspected]:
    with staged(asked.path, member) as copy:
        return _layers(copy, asked)


def _member(asked: _Asked, name: str) -> list[Inspected]:
    """Entries of one file inside an archive that holds several; their layers begin with its name."""
    sources = tuple(replace(s, layer="") for s in asked.sources if _means(s.layer, name))
    try:
        entries = _staged_layers(replace(asked, sources=sources), name)
    except LandinvError as error:
        entries = [_unreadable(asked.path, error)]
    return [replace(e, layer=f"{name}/{e.layer}" if e.layer else name) for e in entries]


def _means(wanted: str, name: str) -> bool:
    """Whether a source's layer is the whole of a file inside an archive."""
    path = PurePath(name)
    return wanted.casefold() in {form.casefold() for form in (name, path.name, path.stem)}


def _unreadable(path: Path, error: LandinvError) -> Inspected:
    return Inspected(path, format=path.suffix.lower().lstrip("."), error=error)


def _layers(copy: Staged, asked: _Asked) -> list[Inspected]:
    encoding = next((s.encoding for s in asked.sources if s.encoding), "")
    try:
        answer = read_staged(copy, encoding=encoding)
    except SourceMissingError as error:
        if not error.names:
            raise
        return _named_layers(copy, asked, error.names)
    if copy.format in TABLE_FORMATS:
        return _sheets(copy, answer, asked)
    return [_layer(copy, answer, asked, layer="")]


def _named_layers(copy: Staged, asked: _Asked, names: tuple[str, ...]) -> list[Inspected]:
    """Layers of a file that has several: each is read from the same private copy."""
    if set(names) >= _REGISTER_LAYERS:
        return [Inspected(asked.path, format=copy.format, left_out=_("it is the register of landinv itself"))]
    entries = []
    for name in names[:MOST_LAYERS]:
        source = asked.source(name)
        try:
            answer = read_staged(copy, layer=name, encoding=source.encoding if source else "")
            entries.append(_layer(copy, answer, asked, layer=name))
        except LandinvError as error:
            entries.append(Inspected(asked.path, name, copy.format, error=error))
    if len(names) > MOST_LAYERS:
        too_many = LimitExceededError(
            _("{path} has {count} layers; {rest} of them were not looked at.").format(
                path=copy.title, count=len(names), rest=len(names) - MOST_LAYERS
            ),
            hint=_("Export the layers you need into a file of their own."),
        )
        entries.append(Inspected(asked.path, "…", copy.format, error=too_many))
    return entries


def _layer(copy: Staged, answer: Answer, asked: _Asked, *, layer: str) -> Inspected:
    facts = answer.facts
    seen = Shown(
        names=(asked.path.stem, PurePath(copy.title).stem, layer or str(facts.get("layer", ""))),
        columns=tuple((str(c["name"]),) for c in facts["columns"]),
        geometry=str(facts.get("geometry", "")),
        is_dbf=copy.format == SHAPEFILE,
    )
    return _Reading(copy, answer, asked, layer).entry(seen)


def _sheets(copy: Staged, answer: Answer, asked: _Asked) -> list[Inspected]:
    several = len(answer.tables) > 1
    entries: list[Inspected] = []
    for name, table in answer.tables.items():
        # What was noticed of the whole workbook is told once.
        noticed = [n for n in answer.facts["noticed"] if n["record"] or not entries]
        alone = Answer({name: table}, {**answer.facts, "noticed": noticed})
        layer = name if several else ""
        if is_guide(table):
            continue
        try:
            found = sheet_layers(alone.tables, every_wanted(), key="", title=copy.title, any_words=True)
        except (FieldMissingError, EmptyLayerError) as error:
            if not several:
                return [Inspected(asked.path, layer, copy.format, TABLE, error=error)]
            entries.append(Inspected(asked.path, layer, copy.format, TABLE, left_out=error.message))
            continue
        seen = Shown(
            (asked.path.stem, PurePath(copy.title).stem, name),
            tuple(c.words for c in found.layers[0].columns),
            TABLE,
        )
        entries.append(_Reading(copy, alone, asked, layer).entry(seen))
    return entries


@dataclass(frozen=True)
class _Reading:
    """One layer that was read, on its way to an entry."""

    copy: Staged
    answer: Answer
    asked: _Asked
    layer: str

    def entry(self, seen: Shown) -> Inspected:
        """Guess the role, check the layer in it, and say what came of it."""
        source = self.asked.source(self.layer)
        guess = _told(source) if source else guess_role(seen)
        plain = SourceOptions(self._key(), "", self.asked.path)
        asked_for = source or replace(plain, role=guess.role, kind=guess.kind, effect="report")
        entry = Inspected(
            self.asked.path,
            self.layer,
            self.copy.format,
            seen.geometry,
            tuple(forms[0] for forms in seen.columns),
            guess,
        )
        # A likeness that is not sure must not hide the file behind an error of a role it never had.
        attempts = [asked_for, plain] if source or guess.sure else [plain]
        for attempt in attempts:
            try:
                dataset = self._checked(attempt)
            except LandinvError as error:
                entry = replace(entry, error=entry.error or error)
                continue
            return _with_dataset(entry, dataset, attempt, seen.columns)
        return entry

    def _key(self) -> str:
        stem = shown(self.asked.path.stem)
        return f"{stem}[{shown(self.layer)}]" if self.layer else stem

    def _checked(self, source: SourceOptions) -> Dataset:
        return check_answer(self.copy, self.answer, source=source, county=self.asked.county)


def _told(source: SourceOptions) -> RoleGuess:
    reason = _("named by the project file as {source}").format(source=source.key)
    return RoleGuess(source.role, source.kind, 1.0, sure=True, reasons=(reason,))


def _with_dataset(
    entry: Inspected, dataset: Dataset, source: SourceOptions, columns: Sequence[Sequence[str]]
) -> Inspected:
    mapped = source.role not in ("", "constraints")
    fields = dataset.account.fields if mapped else {}
    missing, absent = missing_fields(fields, source.role) if mapped else ((), ())
    return replace(
        entry,
        account=dataset.account,
        links=field_links(fields, source.role, source.fields, columns) if mapped else (),
        missing=missing,
        absent=absent,
        findings=group_findings(dataset.findings),
        place=_place(dataset),
    )


def group_findings(found: pd.DataFrame) -> tuple[FindingGroup, ...]:
    """Findings counted by rule, errors first; the example names the first feature, its value and its message."""
    order = {"error": 0, "warning": 1, "notice": 2}
    groups = []
    for rule, rows in found.groupby("rule", sort=True):
        first = rows.iloc[0]
        where = [f"{first[name]}" for name in ("feature", "field", "value") if first[name]]
        groups.append(
            FindingGroup(
                str(rule),
                first["name"],
                first["severity"],
                first["responsible"],
                first["message"],
                len(rows),
                tuple(f for f in dict.fromkeys(rows["field"]) if f),
                shown(" ".join(where)),
            )
        )
    return tuple(sorted(groups, key=lambda g: (order[g.severity], g.rule)))


def _place(dataset: Dataset) -> Place:
    """County that most codes of a survey layer begin with, its name where the layer has it, and where it lies."""
    frame = dataset.frame
    return Place(_county_code(frame), _county_name(frame), _longitude(frame))


def _county_code(frame: pd.DataFrame) -> str:
    for name in _COUNTY_FIELDS:
        if name not in frame or not len(frame):
            continue
        codes = frame[name].astype("str").str.extract(rf"^(\d{{{_COUNTY_DIGITS}}})", expand=False).dropna()
        share = codes.value_counts(normalize=True)
        if len(share) and share.iloc[0] >= _MOST_OF_THE_CODES:
            return str(share.index[0])
    return ""


def _county_name(frame: pd.DataFrame) -> str:
    if "XJXZQHMC" not in frame:
        return ""
    names = frame["XJXZQHMC"].dropna().value_counts().to_dict()
    return str(next(iter(names), ""))


def _longitude(frame: pd.DataFrame) -> float:
    """Middle of the layer in degrees east; NaN where its coordinates are not degrees."""
    if (
        not isinstance(frame, gpd.GeoDataFrame)
        or not len(frame)
        or not frame.crs
        or not frame.crs.is_geographic
    ):
        return float("nan")
    low, _south, high, _north = np.asarray(frame.total_bounds, dtype=np.float64)
    return float(low + high) / 2
