"""One source from file to checked frame: stage, read behind the wall, place, map, check, account for every record."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landinv.errors import EmptyLayerError, GeometryTypeError, SourceMissingError
from landinv.geometry.area import ellipsoidal_area_m2
from landinv.i18n import gettext as _
from landinv.intake.canonical import canonical_records
from landinv.intake.headers import every_wanted, wanted_fields, with_words
from landinv.intake.log import SOURCE_REF, Canonical
from landinv.intake.named_records import overlapping_shapes, with_identifiers, with_places
from landinv.intake.naming import shown
from landinv.intake.plain_columns import every_column
from landinv.intake.raw import RawLayer, raw_layer
from landinv.intake.sandbox import Answer, read_staged
from landinv.intake.shapes import OK, QUARANTINED, REPAIRED, Shaped, accept_shapes
from landinv.intake.sheets import sheet_layers
from landinv.intake.staging import (
    FILEGDB,
    GEOJSON,
    GEOPACKAGE,
    PARQUET,
    SHAPEFILE,
    TABLE_FORMATS,
    Staged,
    staged,
)
from landinv.intake.survey import canonical_survey
from landinv.intake.survey_checks import check_survey_layer
from landinv.intake.survey_checks.shapes import heights_dropped
from landinv.model.datasets import Dataset, Evidence, SourceAccount
from landinv.model.fields import SURVEY_ROLES, field_table
from landinv.model.findings import concat_findings, findings
from landinv.model.options import CountyOptions, SourceOptions
from landinv.model.roles import GEOMETRY, POLYGON

Progress = Callable[[str], None]
BoolArray = npt.NDArray[np.bool_]

CONSTRAINT_COLUMNS: Final = ("kind", "effect", "name")
# Without these no land is to be found; an empty layer of another role is a state of things, and told.
_NEVER_EMPTY: Final = ("dltb", "approvals")
# Formats that declare their fields before any record; a text without a record may be anything.
_WITH_FIELDS: Final = (*TABLE_FORMATS, SHAPEFILE, GEOPACKAGE, FILEGDB, GEOJSON, PARQUET)
_WORKERS: Final = 2


@dataclass(frozen=True)
class _File:
    """What the worker found in one file, as raw layers, with everything noticed so far."""

    layers: tuple[RawLayer, ...]
    encoding: str
    sha256: str
    declared: int
    findings: tuple[pd.DataFrame, ...]
    evidence: tuple[Evidence, ...]
    condemned: Mapping[int, str]


@dataclass(frozen=True)
class _Part:
    """One layer or sheet, made canonical: rows in file order, their end, shapes if it has them."""

    frame: pd.DataFrame
    status: npt.NDArray[np.object_]
    shaped: Shaped | None
    canonical: Canonical


def read_source(
    source: SourceOptions, county: CountyOptions | None, *, progress: Progress | None = None
) -> Dataset:
    """Read, place, map and check one source.

    Parameters
    ----------
    source
        What to read, and what the bureau says of it.
    county
        Working CRS and code; None: shapes stay in the file's own CRS and codes are not held against a county.
    progress
        Called with a short text when a step of a source begins.

    Returns
    -------
    Dataset
        Accepted records in ``frame``, the others in ``quarantined``; the account adds up to what the file declared.

    Raises
    ------
    SourceMissingError, UnreadableFileError, LimitExceededError
        If the file is not there, damaged, or costs too much.
    EncodingUndecidedError, CRSError, GeometryTypeError, FieldMissingError, EmptyLayerError
        If its meaning cannot be decided, or it is not what the role needs.
    """
    tell = progress or _silent
    file = _opened(source, tell)
    tell(_("{source}: checking …").format(source=source.key))
    parts = [_part(layer, source, county, file) for layer in file.layers]
    return _dataset(source, county, file, parts)


def read_sources(
    sources: Iterable[SourceOptions], county: CountyOptions | None, *, progress: Progress | None = None
) -> list[Dataset]:
    """Read several sources, two at a time; the results stand in the order of the sources.

    Raises
    ------
    LandinvError
        As :func:`read_source`, for the first source in order that fails.
    """
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="intake") as pool:
        futures = [
            pool.submit(
                contextvars.copy_context().run, lambda s=source: read_source(s, county, progress=progress)
            )
            for source in sources
        ]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()


def read_every_column(
    source: SourceOptions, county: CountyOptions | None, *, progress: Progress | None = None
) -> Dataset:
    """Read a source without a role: every column of the file under its own name, as exact text, in file order.

    Shapes of any kind are accepted and treated as in :func:`read_source`; ``source_ref`` is the last column.

    Raises
    ------
    LandinvError
        As :func:`read_source`.
    """
    tell = progress or _silent
    plain = SourceOptions(
        source.key, "", source.path, layer=source.layer, encoding=source.encoding, crs=source.crs
    )
    file = _opened(plain, tell)
    tell(_("{source}: checking …").format(source=source.key))
    return _dataset(plain, county, file, [_part(layer, plain, county, file) for layer in file.layers])


def check_answer(
    copy: Staged, answer: Answer, *, source: SourceOptions, county: CountyOptions | None
) -> Dataset:
    """Check what a worker has already read (empty role: keep every column); raises as :func:`read_source`."""
    read = _table_file if copy.format in TABLE_FORMATS else _layer_file
    file = read(source, copy, answer)
    return _dataset(source, county, file, [_part(layer, source, county, file) for layer in file.layers])


def _silent(_message: str) -> None:
    """Tell nobody."""


def _opened(source: SourceOptions, tell: Progress) -> _File:
    tell(_("{source}: reading …").format(source=source.key))
    with staged(source.path, source.layer) as copy:
        answer = read_staged(copy, layer=copy.layer, encoding=source.encoding)
    if copy.format in TABLE_FORMATS:
        return _table_file(source, copy, answer)
    return _layer_file(source, copy, answer)


def _layer_file(source: SourceOptions, copy: Staged, answer: Answer) -> _File:
    layer = raw_layer(
        answer.tables["layer"],
        answer.facts,
        key=source.key,
        title=copy.title,
        is_dbf=copy.format == SHAPEFILE,
    )
    if layer.shapes is None:
        _refuse_without_shapes(source, copy)
    noticed, condemned = _noticed(source, answer, layer.layer, lambda n: f"{source.key}#{n}")
    return _File(
        (layer,), str(answer.facts["encoding"]), copy.sha256, int(answer.facts["declared"]),
        (*noticed, *_without_records(source, copy, [layer])), _decided(answer), condemned,
    )  # fmt: skip


def _without_records(source: SourceOptions, copy: Staged, layers: Sequence[RawLayer]) -> list[pd.DataFrame]:
    """A finding where a file has its columns but not one record; refused where nothing can be said without any."""
    if any(len(layer) for layer in layers):
        return []
    shows_fields = copy.format in _WITH_FIELDS and not copy.title.lower().endswith(".txt")
    if source.role in _NEVER_EMPTY or not shows_fields:
        raise EmptyLayerError(
            _("{path} holds 0 features.").format(path=copy.title),
            hint=_("Check that the right file was given."),
        )
    return [
        findings(
            "I121", dataset=source.key, layer=layers[0].layer, value="0", detail=[PurePath(copy.title).name]
        )
    ]


def _refuse_without_shapes(source: SourceOptions, copy: Staged) -> None:
    if GEOMETRY.get(source.role) == POLYGON:
        raise GeometryTypeError(
            _("{path} is a table, its role {role} needs polygons (面).").format(
                path=copy.title, role=source.role
            ),
            hint=_("Give the layer with the shapes."),
        )


def _table_file(source: SourceOptions, copy: Staged, answer: Answer) -> _File:
    _refuse_without_shapes(source, copy)
    wanted = with_words(wanted_fields(source.role, {}), source.fields) if source.role else every_wanted()
    read = sheet_layers(answer.tables, wanted, key=source.key, title=copy.title, any_words=not source.role)
    if not source.role and len(read.layers) > 1:
        raise SourceMissingError(
            _("{path} has several (二) sheets with records: {names}.").format(
                path=copy.title, names=", ".join(shown(layer.layer) for layer in read.layers)
            ),
            hint=_('Say which one with `layer = "…"`.'),
        )
    first = {int(n) for layer in read.layers for n in layer.records}
    noticed, condemned = _noticed(source, answer, "", lambda n: f"{source.key}#{n}", only=first)
    return _File(
        read.layers, str(answer.facts["encoding"]), copy.sha256, sum(map(len, read.layers)),
        (*noticed, *read.findings, *_without_records(source, copy, read.layers)), _decided(answer), condemned,
    )  # fmt: skip


def _noticed(
    source: SourceOptions,
    answer: Answer,
    layer: str,
    ref: Callable[[int], str],
    *,
    only: set[int] | None = None,
) -> tuple[tuple[pd.DataFrame, ...], dict[int, str]]:
    """Findings of what the worker noticed, one frame a rule, and the records it condemned."""
    told = [n for n in answer.facts["noticed"] if only is None or not n["record"] or n["record"] in only]
    by_rule: dict[str, list[Mapping[str, Any]]] = {}
    for one in told:
        by_rule.setdefault(one["rule"], []).append(one)
    frames = tuple(
        findings(
            rule,
            dataset=source.key,
            layer=layer,
            feature=[ref(n["record"]) if n["record"] else "" for n in ones],
            field=[n["field"] for n in ones],
            value=[n["value"] for n in ones],
            detail=[n["detail"] for n in ones],
            action=["quarantined" if n["quarantine"] else "" for n in ones],
        )
        for rule, ones in sorted(by_rule.items())
    )
    return frames, {int(n["record"]): str(n["rule"]) for n in told if n["quarantine"]}


def _decided(answer: Answer) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(d["subject"], d["decision"], d["reason"], float(d["confidence"]))
        for d in answer.facts["decided"]
    )


def _part(layer: RawLayer, source: SourceOptions, county: CountyOptions | None, file: _File) -> _Part:
    shaped = None
    if layer.shapes is not None:
        shaped = accept_shapes(
            layer, source, county_crs=county.crs if county else "", condemned=file.condemned
        )
        status = shaped.status.copy()
    else:
        status = np.full(len(layer), OK, dtype=object)
        status[pd.Series(layer.records).isin(list(file.condemned)).to_numpy()] = QUARANTINED
    canonical = _canonical(layer, source, shaped)
    status[canonical.quarantined] = QUARANTINED
    return _Part(canonical.frame, status, shaped, canonical)


def _canonical(layer: RawLayer, source: SourceOptions, shaped: Shaped | None) -> Canonical:
    if field_table(source.role) in SURVEY_ROLES:
        return canonical_survey(layer, source)
    if source.role == "constraints":
        return _constraint(layer, source)
    area = None if shaped is None else _areas(shaped, ellipsoidal_area_m2)
    if source.role:
        return canonical_records(layer, source, area)
    if area is None or shaped is None:
        return every_column(layer, source.key, ())
    return every_column(layer, source.key, (area, _areas(shaped, lambda shapes, _crs: shapely.area(shapes))))


def _areas(
    shaped: Shaped, measure: Callable[[npt.NDArray[np.object_], str], npt.NDArray[np.float64]]
) -> npt.NDArray[np.float64]:
    """Area of each accepted polygon, NaN for the others."""
    area = np.full(len(shaped.geometry), np.nan)
    known = np.flatnonzero((shaped.status != QUARANTINED) & (shapely.get_dimensions(shaped.geometry) == 2))
    if len(known):
        area[known] = measure(shaped.geometry[known], shaped.crs)
    return area


def _constraint(layer: RawLayer, source: SourceOptions) -> Canonical:
    """Zones of one kind: what they are and what they do comes from the project file, not from their attributes."""
    told = {
        "kind": source.kind,
        "effect": source.effect or "report",
        "name": source.title or source.kind,
    }
    frame = pd.DataFrame(
        {name: pd.Series(told[name], index=range(len(layer)), dtype="str") for name in CONSTRAINT_COLUMNS}
    )
    frame[SOURCE_REF] = layer.refs
    return Canonical(frame, np.zeros(len(layer), bool), {}, (), ())


def _dataset(source: SourceOptions, county: CountyOptions | None, file: _File, parts: list[_Part]) -> Dataset:
    whole = pd.concat([p.frame for p in parts], ignore_index=True)
    status = np.concatenate([p.status for p in parts])
    shaped = parts[0].shaped
    if shaped is not None:
        shapes = gpd.GeoSeries(shaped.geometry, crs=shaped.crs or None)
        whole = gpd.GeoDataFrame(whole, geometry=shapes, crs=shaped.crs or None)
    accepted = whole[status != QUARANTINED].reset_index(drop=True)
    found = [*file.findings, *(f for p in parts for f in p.canonical.findings)]
    if shaped is not None and len(whole):
        found += shaped.findings
        if source.role:
            found += heights_dropped(file.layers[0], source.key)
        else:
            found += overlapping_shapes(whole, status != QUARANTINED, source.key)
        if field_table(source.role) in SURVEY_ROLES:
            found += check_survey_layer(
                pd.DataFrame(accepted.drop(columns="geometry")), np.asarray(accepted.geometry.array, dtype=object),
                source, crs=shaped.crs, county_code=county.code if county else "",
            )  # fmt: skip
    account = SourceAccount(
        key=source.key,
        role=source.role,
        path=str(source.path),
        sha256=file.sha256,
        encoding=file.encoding,
        crs=shaped.read_crs if shaped else "",
        declared=file.declared,
        ok=int((status == OK).sum()),
        repaired=int((status == REPAIRED).sum()),
        quarantined=int((status == QUARANTINED).sum()),
        evidence=(
            *file.evidence,
            *(shaped.evidence if shaped else ()),
            *(e for p in parts for e in p.canonical.evidence),
        ),
        fields={name: header for p in reversed(parts) for name, header in p.canonical.fields.items()},
    )
    if account.ok + account.repaired + account.quarantined != account.declared:
        raise AssertionError(f"{source.key}: records do not add up to what the file declares")
    placed = with_places(with_identifiers(concat_findings(found), whole), whole)
    return Dataset(source, accepted, account, whole[status == QUARANTINED].reset_index(drop=True), placed)
