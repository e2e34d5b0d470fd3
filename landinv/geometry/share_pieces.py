"""What parcels have in common with the zones of a theme, piece by piece, and which pieces lie on one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import shapely

from landinv.geometry.area import ellipsoidal_area_m2
from landinv.geometry.arrays import BoolArray, FloatArray, IntArray, ShapeArray
from landinv.geometry.moments import makes_whole
from landinv.geometry.overlap_area import (
    Parcels,
    ZoneEdges,
    near_pairs,
    shared_areas,
    shared_by_zones,
    zone_edges,
)
from landinv.geometry.overlaps import NOISE_M2, intersections
from landinv.geometry.width import fits_disc

LEAST_M2: Final = 0.01  # the survey's last decimal; less is no row
KEY: Final = ["parcel", "code"]


@dataclass(frozen=True)
class Pieces:
    """Common pieces: ``frame`` with parcel, zone (positions), code, area_m2 (ellipsoidal), by parcel, then zone.

    Either each piece's ``shape`` is known, or only areas, and then the zones' ``edges``.
    """

    frame: pd.DataFrame
    shape: ShapeArray | None
    edges: ZoneEdges | None


def pieces_of(parcels: Parcels, zones: ShapeArray, codes: ShapeArray) -> Pieces:
    """Pieces above 1e-4 m², by their edges where that is possible, else by intersection."""
    i, j = near_pairs(parcels, zones)
    if parcels.edges is None:
        return cut_pieces(parcels, zones, codes, (i, j))
    edges = zone_edges(zones, j)
    area = shared_areas(parcels, edges, i, j)
    return Pieces(_frame(i, j, area, codes)[area > NOISE_M2].reset_index(drop=True), None, edges)


def cut_pieces(
    parcels: Parcels, zones: ShapeArray, codes: ShapeArray, pairs: tuple[IntArray, IntArray]
) -> Pieces:
    """Pieces with their shapes; only pairs of which neither covers the other need an intersection."""
    i, j = pairs
    ours, theirs = parcels.shape, zones.copy()
    touched = np.unique(j)
    theirs[touched] = shapely.normalize(theirs[touched])
    whole_parcel = _covering(theirs, ours, j, i)
    whole_zone = ~whole_parcel
    whole_zone[whole_zone] = _covering(ours, theirs, i[whole_zone], j[whole_zone])
    partly = ~(whole_parcel | whole_zone)
    shape = np.where(whole_parcel, ours[i], theirs[j])
    shape[partly] = intersections(ours[i[partly]], theirs[j[partly]])
    size = np.where(whole_parcel, parcels.area_m2[i], 0.0)
    size[~whole_parcel] = ellipsoidal_area_m2(shape[~whole_parcel], parcels.crs)
    real = size > NOISE_M2
    return Pieces(_frame(i, j, size, codes)[real].reset_index(drop=True), shape[real], None)


def overlapping_parcels(parcels: Parcels, pieces: Pieces, zones: ShapeArray, *, same_code: bool) -> IntArray:
    """Parcels in which pieces may lie on one another; with ``same_code`` only pieces of one code are asked."""
    frame = pieces.frame
    if pieces.edges is None:
        return _told_by_moments(parcels, pieces, same_code=same_code)
    parcel, left, right = _neighbours(frame, zones, same_code=same_code)
    area = shared_by_zones(parcels, pieces.edges, parcel, left, right)
    return np.unique(parcel[area >= LEAST_M2])


def really_overlapping(pieces: Pieces, doubtful: IntArray, *, same_code: bool) -> IntArray:
    """Of the doubtful parcels, those in which two pieces (with shapes) share 0.01 m²."""
    assert pieces.shape is not None
    asked = pieces.frame[pieces.frame["parcel"].isin(doubtful)]
    asked = asked[KEY].assign(piece=asked.index)
    pairs = asked.merge(asked, on=KEY if same_code else "parcel", suffixes=("", "_other"))
    pairs = pairs[pairs["piece"] < pairs["piece_other"]]
    left = pieces.shape[pairs["piece"].to_numpy()]
    right = pieces.shape[pairs["piece_other"].to_numpy()]
    near = _boxes_overlap(shapely.bounds(left), shapely.bounds(right))
    shared = shapely.area(intersections(left[near], right[near])) >= LEAST_M2
    return np.unique(pairs["parcel"].to_numpy()[near][shared])


def thin_pieces(parcels: Parcels, pieces: Pieces, zones: ShapeArray, width_m: float) -> BoolArray:
    """Pieces in which no disc of a diameter fits: outlines that nearly coincide, rather than land of its own.

    None is in a parcel that is as thin itself, or where another piece of the same parcel and code is too large to be
    a strip.
    """
    frame = pieces.frame
    i, j = frame["parcel"].to_numpy(), frame["zone"].to_numpy()
    ours, theirs = shapely.bounds(parcels.shape)[i], shapely.bounds(zones)[j]
    side = np.minimum(ours[:, 2:], theirs[:, 2:]) - np.maximum(ours[:, :2], theirs[:, :2])
    thin = may_be_thin(frame["area_m2"].to_numpy(), side, width_m)
    # a code that has a broad piece is no noise, whatever else it has
    broad = pd.MultiIndex.from_frame(frame[~thin][KEY])
    thin &= ~pd.MultiIndex.from_frame(frame[KEY]).isin(broad)
    asked = np.flatnonzero(thin)
    wide, parcel = np.unique(i[asked], return_inverse=True)
    asked = asked[fits_disc(parcels.shape[wide], width_m)[parcel]]
    thin[:] = False
    shape = (
        intersections(parcels.shape[i[asked]], shapely.normalize(zones[j[asked]]))
        if pieces.shape is None
        else pieces.shape[asked]
    )
    thin[asked] = ~fits_disc(shape, width_m)
    return thin


def may_be_thin(area_m2: FloatArray, side: FloatArray, width_m: float) -> BoolArray:
    """Whether pieces in boxes of these sides (m, shape (n, 2)) are small enough to be strips alone.

    A strip once around the box has less than three diagonals' length; only what has so little area need be cut out
    and tried.
    """
    return np.asarray(area_m2 <= 3.0 * width_m * np.hypot(side[:, 0], side[:, 1]), dtype=bool)


def _frame(i: IntArray, j: IntArray, area: FloatArray, codes: ShapeArray) -> pd.DataFrame:
    return pd.DataFrame({"parcel": i, "zone": j, "code": codes[j], "area_m2": area})


def _covering(outer: ShapeArray, inner: ShapeArray, i: IntArray, j: IntArray) -> BoolArray:
    """Whether each outer shape covers the inner one beside it; boxes first, prepared shapes after."""
    around, within = shapely.bounds(outer)[i], shapely.bounds(inner)[j]
    covers = (around[:, :2] <= within[:, :2]).all(axis=1) & (around[:, 2:] >= within[:, 2:]).all(axis=1)
    shapely.prepare(outer[np.unique(i[covers])])
    covers[covers] = shapely.covers(outer[i[covers]], inner[j[covers]])
    return np.asarray(covers, dtype=bool)


def _told_by_moments(parcels: Parcels, pieces: Pieces, *, same_code: bool) -> IntArray:
    """Parcels whose pieces could lie on one another, told without laying them on one another."""
    assert pieces.shape is not None
    groups = pieces.frame.groupby(KEY if same_code else "parcel")["parcel"]
    several = np.unique(groups.first()[groups.size() > 1].to_numpy(dtype=np.intp))
    if same_code:
        return several
    among = pieces.frame["parcel"].isin(several).to_numpy()
    position = np.searchsorted(several, pieces.frame["parcel"].to_numpy()[among])
    return several[~makes_whole(parcels.shape[several], pieces.shape[among], position)]


def _neighbours(
    frame: pd.DataFrame, zones: ShapeArray, *, same_code: bool
) -> tuple[IntArray, IntArray, IntArray]:
    """Parcel and two of its zones whose boxes overlap."""
    present = np.unique(frame["zone"].to_numpy(dtype=np.intp))
    boxes = shapely.bounds(zones[present])
    left, right = shapely.STRtree(zones[present]).query(zones[present])
    near = (left < right) & _boxes_overlap(boxes[left], boxes[right])
    pairs = pd.DataFrame({"zone": present[left[near]], "other": present[right[near]]})
    if same_code:
        code = frame.drop_duplicates("zone").set_index("zone")["code"]
        pairs = pairs[code.loc[pairs["zone"]].to_numpy() == code.loc[pairs["other"]].to_numpy()]
    met = frame[["parcel", "zone"]].merge(pairs, on="zone")
    both = met.merge(frame[["parcel", "zone"]].rename(columns={"zone": "other"}), on=["parcel", "other"])
    return tuple(both[name].to_numpy(dtype=np.intp) for name in ("parcel", "zone", "other"))  # type: ignore[return-value]


def _boxes_overlap(a: FloatArray, b: FloatArray) -> BoolArray:
    overlap = (a[:, :2] < b[:, 2:]) & (b[:, :2] < a[:, 2:])
    return np.asarray(overlap.all(axis=1), dtype=bool)
