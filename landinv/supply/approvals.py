"""Approvals as documents: the features of one number together, in an order that settles who counts shared land."""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landinv.geometry.area import ShapeArray
from landinv.geometry.difference import merged
from landinv.model.keys import normal_document_nos

SEPARATOR: Final = ";"
WITHDRAWN: Final = "撤回"
LAPSED: Final = "失效"
_STATUS_ORDER: Final = {LAPSED: 1, WITHDRAWN: 2}


def column(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column of a frame, all missing where the source has none."""
    if name in frame.columns:
        return frame[name]
    return pd.Series(np.nan, index=frame.index, dtype="object", name=name)


def text_column(frame: pd.DataFrame, name: str) -> pd.Series:
    """A text column trimmed, blank values missing."""
    text = column(frame, name).astype("object").map(lambda v: str(v).strip(), na_action="ignore")
    return text.mask(text == "").astype("object")


def record_order(refs: pd.Series) -> pd.Series:
    """Sort key of source references: ``gd#9`` before ``gd#10``."""
    return refs.map(lambda ref: re.sub(r"\d+", lambda digits: digits[0].zfill(12), str(ref)))


def in_record_order(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rows with a shape, by ``source_ref`` (else ``source_refs``, of joined rows), then shape; index 0..n-1."""
    shaped = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    refs = text_column(shaped, "source_ref").fillna(text_column(shaped, "source_refs")).fillna("")
    wkb = pd.Series(shapely.to_wkb(shapely.normalize(shapes_of(shaped))), index=shaped.index, dtype="object")
    keys = pd.DataFrame({"ref": record_order(refs), "wkb": wkb})
    order = keys.sort_values(["ref", "wkb"], kind="stable").index
    return shaped.assign(source_ref=refs).loc[order].reset_index(drop=True)


def shapes_of(frame: gpd.GeoDataFrame) -> ShapeArray:
    """Shapes of a frame as an array."""
    return np.asarray(frame.geometry.array, dtype=np.object_)


def joined_names(rows: npt.ArrayLike, names: npt.ArrayLike, count: int) -> list[str]:
    """For each row 0 to ``count`` - 1 its names in their order, joined; ``rows`` are sorted.

    Examples
    --------
    >>> joined_names([0, 0, 2], ["gd#1", "gd#2", "gd#1"], 3)
    ['gd#1;gd#2', '', 'gd#1']
    """
    texts = np.asarray(names, dtype=np.object_).tolist()
    edges = np.searchsorted(np.asarray(rows, dtype=np.intp), np.arange(count + 1)).tolist()
    return [SEPARATOR.join(texts[start:stop]) for start, stop in pairwise(edges)]


def with_document_keys(features: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Features with ``key`` (normal form of approval_no, made from the shape where missing), and ``printed``.

    ``printed`` is the number as it stands in the first feature of that key, or the made key.
    """
    number = text_column(features, "approval_no")
    key = normal_document_nos(number).astype("object")
    wkb = shapely.to_wkb(shapely.normalize(shapes_of(features)))
    made = pd.Series(
        [f"无文号-{hashlib.sha256(data).hexdigest()[:8].upper()}" for data in wkb], index=features.index
    )
    keyed = features.assign(key=key.fillna(made), printed=number.fillna(made), is_made=number.isna())
    return keyed.assign(printed=keyed.groupby("key")["printed"].transform("first"))


def approval_documents(features: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One row for each approval, by key, from features in record order with document keys.

    Returns
    -------
    GeoDataFrame
        key, approval_no, approval_status (empty where valid or unsaid; the mildest where features disagree), statuses
        (how many differ), approved_on, approved_area (m²: the sum of the features' values), repeated_area (m²: the
        value where all features bear the same one), source_refs, rank (0 counts first where approvals overlap), and
        geometry, the union of the features. Index 0..n-1.
    """
    code, keys = pd.factorize(features["key"], sort=True)
    status = (
        text_column(features, "approval_status").fillna("").map(lambda s: s if s in _STATUS_ORDER else "")
    )
    declared = pd.to_numeric(column(features, "approved_area"), errors="coerce")
    told = features.assign(
        status=status,
        severity=status.map(_STATUS_ORDER).fillna(0),
        declared=declared,
        approved_on=pd.to_datetime(column(features, "approved_on"), errors="coerce"),
    )
    by_key = told.groupby(code)
    documents = pd.DataFrame(
        {
            "key": keys,
            "approval_no": by_key["printed"].first(),
            "approval_status": told.sort_values("severity", kind="stable")
            .groupby("key")["status"]
            .first()
            .to_numpy(),
            "statuses": by_key["status"].nunique(),
            "approved_on": by_key["approved_on"].min(),
            "approved_area": by_key["declared"].sum(min_count=1),
            "repeated_area": by_key["declared"].first().where(by_key["declared"].nunique() == 1),
            "source_refs": joined_names(
                np.sort(code), features["source_ref"].iloc[np.argsort(code, kind="stable")], len(keys)
            ),
        }
    )
    shapes = merged(shapely.normalize(shapes_of(features)), code.astype(np.intp), len(keys))
    documents = documents.assign(rank=_rank(documents))
    return gpd.GeoDataFrame(documents, geometry=shapes, crs=features.crs)


def _rank(documents: pd.DataFrame) -> pd.Series:
    """Valid before lapsed before withdrawn; then the earliest date, no date last; then the number."""
    order = pd.DataFrame(
        {
            "severity": documents["approval_status"].map(_STATUS_ORDER).fillna(0),
            "date": documents["approved_on"],
            "key": documents["key"],
        }
    ).sort_values(["severity", "date", "key"], na_position="last")
    return pd.Series(np.arange(len(order)), index=order.index)
