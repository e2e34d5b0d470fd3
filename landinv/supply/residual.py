"""What was approved and not supplied: residual parts of each approval, and the balance that proves them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landinv.errors import CRSError
from landinv.geometry.area import FloatArray, IntArray, ShapeArray, ellipsoidal_area_m2
from landinv.geometry.difference import Overlay, explode, merged, overlay, overlay_within, subtract
from landinv.geometry.overlaps import NOISE_M2
from landinv.geometry.width import fits_disc, strip_width_m
from landinv.i18n import gettext as _
from landinv.model.options import DeriveOptions
from landinv.supply.approvals import (
    WITHDRAWN,
    approval_documents,
    in_record_order,
    joined_names,
    shapes_of,
    with_document_keys,
)
from landinv.supply.checks import Situation, supply_findings

BALANCE_AREAS: Final = (
    "approved_m2", "overlap_m2", "withdrawn_m2", "deducted_m2", "supplied_m2", "unsupplied_m2", "sliver_m2",
    "difference_m2",
)  # fmt: skip
BALANCE_COLUMNS: Final = (
    "approval_no",
    *BALANCE_AREAS,
    "approval_status",
    "overlaps_with",
    "supplies",
    "source_refs",
)
PART_COLUMNS: Final = (
    "approval_no", "is_sliver", "area_m2", "area_plane_m2", "width_m", "source_refs", "geometry",
)  # fmt: skip
_WIDTH_TOLERANCE_M: Final = 0.01  # for printing; the decision is fits_disc's, which is finer
_TOUCHING_M: Final = 0.001  # a cut vertex lies within rounding of the line that cut it


@dataclass(frozen=True)
class Residual:
    """Residual parts, the balance of each approval, and findings.

    ``parts``: approval_no, is_sliver, area_m2 (ellipsoidal), area_plane_m2, width_m (a sliver's largest disc, to 1 cm),
    source_refs (approval features and supplies at the part), geometry (single polygons); by approval, then from north
    to south, west to east. ``balance``: columns :data:`BALANCE_COLUMNS`, one row an approval, by the normal form of its
    number, ellipsoidal m² unrounded. Index 0..n-1 in both.
    """

    parts: gpd.GeoDataFrame
    balance: pd.DataFrame
    findings: pd.DataFrame

    @property
    def totals(self) -> dict[str, float]:
        """Sum of each area of the balance, m²."""
        return {name: float(self.balance[name].sum()) for name in BALANCE_AREAS}


@dataclass(frozen=True)
class _Division:
    """The land of each approval, divided; arrays with one shape an approval, empty or null where there is none."""

    shape: ShapeArray
    overlap: ShapeArray
    supplied: ShapeArray
    deducted: ShapeArray
    withdrawn: ShapeArray
    rest: ShapeArray


def derive_residual(
    approvals: gpd.GeoDataFrame,
    supplies: gpd.GeoDataFrame,
    *,
    exclusions: gpd.GeoDataFrame | None,
    options: DeriveOptions,
    crs: str,
) -> Residual:
    """Approved land less supplied land, with the balance of areas and what is wrong with either.

    Parameters
    ----------
    approvals
        Canonical columns of role ``approvals`` with ``source_ref``; valid polygons. Features of one number (by its
        normal form) are one approval. Rows without a shape are left out here (see ``balance_records``).
    supplies
        Canonical columns of role ``supplies`` with ``source_ref``; valid polygons; rows without a shape left out.
    exclusions
        Land that cannot become a parcel, or None.
    options
        Area (ellipsoidal m²) and width (m) from which a part is a parcel.
    crs
        County's CRS (easting, northing, metres), that of all three frames.

    Returns
    -------
    Residual
        Land under several approvals counts under the first: valid before 失效 before 撤回, then the earliest, then by
        number. Supplies count where they lie, whatever number they cite. What a withdrawn approval has left gives no
        parts. Each area is that of its own shape, so that ``difference_m2`` is a check. The order of rows, and where
        rings begin, change nothing.

    Raises
    ------
    CRSError
        If a frame is in another CRS.
    """
    for frame in (approvals, supplies, exclusions):
        _check_crs(frame, crs)
    features = with_document_keys(in_record_order(approvals))
    supplied = in_record_order(supplies)
    documents = approval_documents(features)
    excluded = np.array([], dtype=np.object_) if exclusions is None else shapes_of(exclusions)
    before = overlay_within(documents.geometry, documents["rank"])
    inside = overlay(documents.geometry, supplied.geometry)
    land = _divided(documents, before, inside, (shapes_of(supplied), excluded))
    parts = _parts(documents, land.rest, options=options, crs=crs)
    balance = _balance(documents, land, parts, crs=crs).assign(
        overlaps_with=_names(len(documents), before.and_also(before.turned()), documents["approval_no"]),
        supplies=_names(len(documents), inside, supplied["source_ref"]),
    )
    situation = Situation(
        documents.assign(area_m2=balance["approved_m2"]),
        features,
        supplied.assign(area_m2=ellipsoidal_area_m2(supplied.geometry, crs)),
        before,
        inside,
        crs,
    )
    found = supply_findings(situation, balance)
    listed = parts[parts["area_m2"] >= NOISE_M2].reset_index(drop=True)
    listed = listed.assign(source_refs=_sources(listed, features, supplied))
    return Residual(listed[list(PART_COLUMNS)], balance[list(BALANCE_COLUMNS)], found)


def _check_crs(frame: gpd.GeoDataFrame | None, crs: str) -> None:
    if frame is not None and frame.crs is not None and frame.crs != crs:
        raise CRSError(
            _("Shapes to be derived from are in {found}, the county's CRS is {wanted}.").format(
                found=frame.crs.to_string(), wanted=crs
            ),
            hint=_("Convert every source to the county's CRS first."),
        )


def _divided(
    documents: gpd.GeoDataFrame, before: Overlay, inside: Overlay, cutters: tuple[ShapeArray, ShapeArray]
) -> _Division:
    """Divide each approval in turn by supplies and exclusions: counted elsewhere, supplied, withdrawn, …, rest."""
    supplies, excluded = cutters
    shape = shapes_of(documents)
    count = len(shape)
    overlap = merged(before.shape, before.target, count)
    own = subtract(shape, shape, pairs=before)
    in_supplies = _shrunk(inside, own, supplies, np.unique(before.target))
    supplied = merged(in_supplies.shape, in_supplies.target, count)
    unsupplied = subtract(own, supplies, pairs=in_supplies)
    gone = (documents["approval_status"] == WITHDRAWN).to_numpy()
    withdrawn, open_ = unsupplied.copy(), unsupplied.copy()
    withdrawn[~gone] = None
    open_[gone] = None
    in_excluded = overlay(open_, excluded)
    deducted = merged(in_excluded.shape, in_excluded.target, count)
    rest = subtract(open_, excluded, pairs=in_excluded)
    return _Division(shape, overlap, supplied, deducted, withdrawn, rest)


def _shrunk(pairs: Overlay, targets: ShapeArray, cutters: ShapeArray, changed: IntArray) -> Overlay:
    """Pairs as they stand after some targets became smaller: only those are asked again."""
    again = targets.copy()
    again[np.setdiff1d(np.arange(len(targets)), changed)] = None
    return pairs.only(~np.isin(pairs.target, changed)).and_also(overlay(again, cutters))


def _parts(
    documents: gpd.GeoDataFrame, rest: ShapeArray, *, options: DeriveOptions, crs: str
) -> gpd.GeoDataFrame:
    """Single polygons of the rest, every one of them, with what decides between parcel and sliver."""
    polygons, source = explode(rest)
    area = ellipsoidal_area_m2(polygons, crs)
    # the survey's decimals: 100.00 m² is enough for 100 m², whatever the binary digits behind say
    enough = np.round(area, 2) >= options.min_area_m2
    is_parcel = enough & fits_disc(polygons, options.min_width_m)
    parts = pd.DataFrame(
        {
            "approval_no": documents["approval_no"].to_numpy()[source],
            "document": source,
            "is_sliver": ~is_parcel,
            "area_m2": area,
            "area_plane_m2": shapely.area(polygons),
            "width_m": _sliver_widths_m(polygons, ~is_parcel),
        }
    )
    west, _south, _east, north = shapely.bounds(polygons).T.reshape(4, -1)
    order = np.lexsort((area, west, -north, source))
    framed = gpd.GeoDataFrame(parts, geometry=polygons, crs=crs)
    return framed.iloc[order].reset_index(drop=True)


def _sliver_widths_m(polygons: ShapeArray, is_sliver: npt.NDArray[np.bool_]) -> FloatArray:
    """Width of the slivers alone: of a wide parcel it would cost ten times the whole derivation, and nobody asks."""
    widths = np.full(len(polygons), np.nan)
    widths[is_sliver] = strip_width_m(polygons[is_sliver], tolerance_m=_WIDTH_TOLERANCE_M)
    return widths


def _balance(
    documents: gpd.GeoDataFrame, land: _Division, parts: gpd.GeoDataFrame, *, crs: str
) -> pd.DataFrame:
    measured = partial(ellipsoidal_area_m2, crs=crs)
    by_document = partial(_sum_by, groups=len(documents))
    parcels, slivers = parts[~parts["is_sliver"]], parts[parts["is_sliver"]]
    balance = documents[["approval_no", "approval_status", "source_refs"]].assign(
        approved_m2=measured(land.shape),
        overlap_m2=measured(land.overlap),
        withdrawn_m2=measured(land.withdrawn),
        deducted_m2=measured(land.deducted),
        supplied_m2=measured(land.supplied),
        unsupplied_m2=by_document(parcels),
        sliver_m2=by_document(slivers),
    )
    others = balance[list(BALANCE_AREAS[1:-1])].sum(axis=1)
    return pd.DataFrame(balance.assign(difference_m2=balance["approved_m2"] - others))


def _sum_by(parts: gpd.GeoDataFrame, *, groups: int) -> FloatArray:
    sums = np.bincount(parts["document"], weights=parts["area_m2"], minlength=groups)
    return sums.astype(np.float64)


def _names(count: int, pairs: Overlay, names: pd.Series) -> list[str]:
    """For each target the names of its cutters, in the order of their rows."""
    order = np.lexsort((pairs.cutter, pairs.target))
    return joined_names(pairs.target[order], names.to_numpy()[pairs.cutter[order]], count)


def _sources(parts: gpd.GeoDataFrame, features: gpd.GeoDataFrame, supplies: gpd.GeoDataFrame) -> list[str]:
    """Rows each part came from: features of its own approval, and supplies, at its edge."""
    near = partial(_rows_near, shapes_of(parts))
    own = near(features)
    same = parts["approval_no"].to_numpy()[own["row"]] == features["printed"].to_numpy()[own["other"]]
    told = pd.concat([own[same], near(supplies)], ignore_index=True).sort_values("row", kind="stable")
    return joined_names(told["row"], told["name"], len(parts))


def _rows_near(polygons: ShapeArray, frame: gpd.GeoDataFrame) -> pd.DataFrame:
    tree = shapely.STRtree(shapes_of(frame))
    row, other = tree.query(polygons, predicate="dwithin", distance=_TOUCHING_M)
    near = pd.DataFrame({"row": row, "other": other}).sort_values(["row", "other"], ignore_index=True)
    return near.assign(name=frame["source_ref"].to_numpy()[near["other"]])
