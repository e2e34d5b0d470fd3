"""Join supplies that came as shapes with those that came as contract rows: one row per supply, nothing lost."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landinv.errors import CRSError
from landinv.geometry.area import ellipsoidal_area_m2
from landinv.i18n import gettext as _
from landinv.ledger.canonical_rows import comparable, stack_rows
from landinv.ledger.grouped_rows import disagreements, distinct_sublabels, first_filled, labels_by_keys
from landinv.ledger.join_findings import (
    KEY_FIELDS,
    area_findings,
    label_findings,
    missing_findings,
    near_number_findings,
    supply_findings,
)
from landinv.ledger.number_pairs import KEYS, Pairs, pair_supplies
from landinv.model.findings import concat_findings
from landinv.model.roles import role_fields

ROLE: Final = "supplies"
FIELDS: Final = tuple(field.name for field in role_fields(ROLE))
JOIN_COLUMNS: Final = (*FIELDS, "record_key", "has_shape", "has_record", "source_refs", "geometry")


@dataclass(frozen=True)
class SupplyJoin:
    """``supplies``: one row per supply, columns :data:`JOIN_COLUMNS`; ``findings``: what did not fit together."""

    supplies: gpd.GeoDataFrame
    findings: pd.DataFrame


def join_supply_records(frames: Sequence[gpd.GeoDataFrame | pd.DataFrame], *, crs: str) -> SupplyJoin:
    """Supplies of all sources, shapes joined with their contract rows.

    Parameters
    ----------
    frames
        Canonical supplies with ``source_ref``; a row with a geometry is a shape, any other a record. Areas m².
    crs
        The county's CRS (easting, northing, metres), which the shapes are in.

    Returns
    -------
    SupplyJoin
        Supplies in ``crs``, index 0..n-1: first those with a shape in the order of the shapes, then records without
        one. ``record_key`` is unique: the normal form of supervision number, else contract number, else parcel code,
        else a key made from the content; of rows that contradict each other under one key the later ones bear
        ``~2``, ``~3`` ….

    Raises
    ------
    CRSError
        If a frame of shapes is in another CRS.

    Notes
    -----
    Joined on supervision number, then contract number, then (where neither side bears another) parcel code. The
    record's filled values win over the shape's.
    """
    shapes, geometry, records = _split(frames, crs)
    merged_shapes, outlines, shape_findings = _merge_shapes(shapes, geometry, crs)
    merged_records, record_findings = _merge_records(records)
    pairs = pair_supplies(_keys(merged_shapes), _keys(merged_records))
    joined = _joined(merged_shapes, merged_records, pairs)
    supplies = gpd.GeoDataFrame(
        joined.assign(record_key=_record_keys(joined)),
        geometry=_outlines(outlines, len(joined)),
        crs=crs,
    )[list(JOIN_COLUMNS)]
    found = [
        *shape_findings,
        *record_findings,
        *missing_findings(supplies, records_given=bool(len(records))),
        *_pair_findings(supplies, merged_shapes, records=merged_records, pairs=pairs),
    ]
    return SupplyJoin(supplies, concat_findings(found))


def _split(
    frames: Sequence[gpd.GeoDataFrame | pd.DataFrame], crs: str
) -> tuple[pd.DataFrame, gpd.GeoSeries, pd.DataFrame]:
    geometries = []
    for frame in frames:
        shaped = isinstance(frame, gpd.GeoDataFrame)
        if shaped and frame.crs is not None and frame.crs != crs:
            raise CRSError(
                _("Supplies are in {found}, not in the county's {crs}.").format(found=frame.crs, crs=crs),
                hint=_("Read the source through the intake, which brings every layer into the county's CRS."),
            )
        geometries.append(frame.geometry.to_numpy() if shaped else np.full(len(frame), None, dtype=object))
    rows = stack_rows(frames, ROLE)
    geometry = gpd.GeoSeries(np.concatenate(geometries) if geometries else [], index=rows.index, crs=crs)
    is_shape = geometry.notna() & ~geometry.is_empty
    return rows[is_shape], geometry[is_shape], rows[~is_shape]


def _keys(rows: pd.DataFrame) -> pd.DataFrame:
    return comparable(rows, ROLE, fields=KEYS)


def _merge_shapes(
    shapes: pd.DataFrame, geometry: gpd.GeoSeries, crs: str
) -> tuple[pd.DataFrame, gpd.GeoSeries, list[pd.DataFrame]]:
    labels = labels_by_keys(_keys(shapes))
    differing = disagreements(shapes, labels, role=ROLE, fields=KEY_FIELDS)
    merged = first_filled(shapes, labels)
    several = labels.groupby(labels, sort=False).size() > 1
    outlines = _outlines_of(geometry, labels).reindex(merged.index)
    areas = _area_of_parts(shapes["supplied_area"], labels, several=several, outlines=outlines, crs=crs)
    merged = merged.assign(supplied_area=areas.reindex(merged.index))
    found = [
        label_findings("L008", merged[several.reindex(merged.index, fill_value=False)]),
        supply_findings("L012", merged, differing[differing["field"] != "supplied_area"]),
    ]
    return merged, outlines, found


def _outlines_of(geometry: gpd.GeoSeries, labels: pd.Series) -> gpd.GeoSeries:
    """One shape per label: its own, or the union of several."""
    repeated = labels.duplicated(keep=False)
    single = pd.Series(geometry[~repeated].to_numpy(), index=labels[~repeated].to_numpy(), dtype=object)
    parts = geometry[repeated].groupby(labels[repeated], sort=False)
    unions = {label: shapely.union_all(shapes.to_numpy()) for label, shapes in parts}
    whole = pd.concat([single, pd.Series(unions, dtype=object)])
    return gpd.GeoSeries(whole, crs=geometry.crs)


def _area_of_parts(
    areas: pd.Series, labels: pd.Series, *, several: pd.Series, outlines: gpd.GeoSeries, crs: str
) -> pd.Series:
    """Declared area of supplies of several shapes: each may state its own part, or each the whole."""
    grouped = areas.groupby(labels, sort=False)
    whole, total = grouped.first(), grouped.sum(min_count=1)
    if not several.any():
        return whole
    names = several.index[several]
    measured = pd.Series(ellipsoidal_area_m2(outlines.loc[names].to_numpy(), crs), index=names)
    by_parts = (total.loc[names] - measured).abs() < (whole.loc[names] - measured).abs()
    chosen: pd.Series = whole.mask(by_parts.reindex(whole.index, fill_value=False), total)
    return chosen


def _merge_records(records: pd.DataFrame) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    labels = labels_by_keys(_keys(records))
    # A row without any number equals another one only if it says the same
    content = comparable(records, ROLE).groupby(list(FIELDS), sort=False, dropna=False).ngroup()
    unnumbered = labels.str.startswith("row:")
    labels = labels.mask(unnumbered, "content:" + content.astype("str"))
    sublabels = distinct_sublabels(records, labels, role=ROLE)
    merged = first_filled(records, sublabels)
    differing = disagreements(records, labels, role=ROLE, fields=FIELDS)
    repeated = pd.DataFrame({"sublabel": sublabels, "content": content}).duplicated()
    complete = repeated.index[sublabels.duplicated() & ~repeated]
    twice = merged.loc[list(dict.fromkeys(sublabels[repeated]))]
    filled = merged.loc[list(dict.fromkeys(sublabels[complete]))]
    found = [
        label_findings("L005", twice),
        label_findings("L006", filled),
        supply_findings("L007", merged, differing),
    ]
    return merged, found


def _joined(shapes: pd.DataFrame, records: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    partner = records.reindex(pairs.record_of_shape.to_numpy()).set_axis(shapes.index)
    with_shape = partner[list(FIELDS)].combine_first(shapes[list(FIELDS)]).reindex(shapes.index)
    refs = shapes["source_refs"] + (";" + partner["source_refs"]).fillna("")
    matched = pairs.record_of_shape.notna()
    with_shape = with_shape.assign(has_shape=True, has_record=matched, source_refs=refs, label=shapes.index)
    rest = records.loc[~records.index.isin(pairs.record_of_shape.dropna())]
    alone = rest.assign(has_shape=False, has_record=True, label=rest.index)
    columns = [*FIELDS, "has_shape", "has_record", "source_refs", "label"]
    present = [part[columns] for part in (with_shape, alone) if len(part)]
    return pd.concat(present or [with_shape[columns]], ignore_index=True).astype(
        {"has_shape": bool, "has_record": bool}
    )


def _record_keys(joined: pd.DataFrame) -> pd.Series:
    keys = _keys(joined)
    key = keys["supervision_no"].fillna(keys["contract_no"]).fillna(keys["parcel_code"])
    made = _made_keys(joined[key.isna()])
    key = key.where(key.notna(), made.reindex(joined.index))
    rank = key.groupby(key).cumcount()
    suffix = pd.Series([f"~{n + 1}" if n else "" for n in rank], index=joined.index, dtype="str")
    return key + suffix


def _made_keys(rows: pd.DataFrame) -> pd.Series:
    content = ["|".join(map(str, row)) for row in rows[list(FIELDS)].itertuples(index=False)]
    made = ["ROW-" + hashlib.blake2b(c.encode(), digest_size=5).hexdigest() for c in content]
    return pd.Series(made, index=rows.index, dtype="str")


def _outlines(outlines: gpd.GeoSeries, length: int) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    geometry = np.full(length, None, dtype=object)
    geometry[: len(outlines)] = outlines.to_numpy()
    return geometry


def _pair_findings(
    supplies: gpd.GeoDataFrame, shapes: pd.DataFrame, *, records: pd.DataFrame, pairs: Pairs
) -> list[pd.DataFrame]:
    matched = pairs.record_of_shape.dropna()
    partners = records.loc[matched.to_numpy()].set_axis(matched.index)
    both = pd.concat([shapes.loc[matched.index], partners])
    both = both.rename(columns={"source_refs": "source_ref"})
    labels = pd.Series(both.index, index=range(len(both)), dtype="str")
    fields = [field for field in KEY_FIELDS if field != "supplied_area"]
    differing = disagreements(both.reset_index(drop=True), labels, role=ROLE, fields=fields)
    keyed = supplies.iloc[: len(shapes)].set_axis(shapes.index)
    by_parcel = keyed.loc[pairs.by_parcel_code]
    everyone = pd.concat([shapes, records])
    everyone = everyone[~everyone.index.duplicated()]
    return [
        supply_findings("L004", keyed, differing),
        area_findings(keyed.loc[matched.index], declared=shapes["supplied_area"].loc[matched.index]),
        label_findings("L010", by_parcel),
        supply_findings("L009", everyone, pairs.ambiguous),
        near_number_findings(shapes, records, pairs),
    ]
