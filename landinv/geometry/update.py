"""A layer as it is after a change: what the change covers is cut out of it and the change put in its place.

This is what desktop systems call *Update*; here the areas before and after are held against each other as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from landinv.geometry.area import FloatArray, IntArray, ShapeArray, ellipsoidal_area_m2
from landinv.geometry.difference import Overlay, explode, overlay, subtract
from landinv.geometry.overlaps import overlapping_pairs

LEAST_M2: Final = 0.01  # the survey's last decimal; a part below it is a splinter of the cut
NONE: Final = -1


@dataclass(frozen=True)
class UpdateAccount:
    """Areas of an update, ellipsoidal m², unrounded.

    ``touched_m2`` is what the patches that the change meets had before, ``left_m2`` what they have after,
    ``common_m2`` what they gave up, ``sliver_m2`` what was dropped as splinters. ``change_m2`` is the area of the
    change, ``outside_m2`` how much of each of its shapes lies outside the base, ``doubled_m2`` what its shapes claim
    twice. ``difference_m2`` is the area of base and change together less that of the result and the splinters.
    """

    touched_m2: float
    left_m2: float
    common_m2: float
    sliver_m2: float
    change_m2: float
    doubled_m2: float
    difference_m2: float
    outside_m2: FloatArray


@dataclass(frozen=True)
class Updated:
    """The layer after the change: rows of the base that have land left, in their order, then those of the change.

    ``base_row`` and ``change_row`` are positions in what was given, -1 where a row is of the other; ``cut`` marks
    rows of the base that lost land; ``replaced`` are positions in the base of rows that are gone.
    """

    geometry: ShapeArray
    base_row: IntArray
    change_row: IntArray
    cut: npt.NDArray[np.bool_]
    replaced: IntArray
    account: UpdateAccount


def update_layer(base: npt.ArrayLike, change: npt.ArrayLike, crs: str) -> Updated:
    """Cut what the change covers out of the base and put the change in its place.

    Parameters
    ----------
    base, change
        Arrays of valid polygons in one plane CRS, metres; null and empty shapes are kept as rows and meet nothing.
    crs
        Their CRS (easting, northing), for the areas.

    Returns
    -------
    Updated
        Patches that the change does not meet are the same objects; a patch cut apart stays one row of several parts.

    Raises
    ------
    pyproj.exceptions.CRSError
        If the CRS is unknown.

    Examples
    --------
    >>> field = shapely.box(37548000, 4240000, 37548100, 4240100)
    >>> works = shapely.box(37548060, 4240000, 37548100, 4240100)
    >>> after = update_layer([field], [works], "EPSG:4525")
    >>> after.geometry[0].bounds[2], after.cut.tolist(), after.base_row.tolist(), after.change_row.tolist()
    (37548060.0, [True, False], [0, -1], [-1, 0])
    """
    ours, new = np.asarray(base, dtype=np.object_), np.asarray(change, dtype=np.object_)
    pairs = _pairs(ours, new)
    touched = np.unique(pairs.target)
    at_touched = replace(pairs, target=np.searchsorted(touched, pairs.target))
    rest = _without_splinters(ours[touched], subtract(ours[touched], new, pairs=at_touched), crs)
    gone = shapely.is_missing(rest.after)
    after = ours.copy()
    after[touched] = rest.after
    kept = np.ones(len(ours), dtype=bool)
    kept[touched[gone]] = False
    cut = np.zeros(len(ours), dtype=bool)
    cut[touched] = True
    first = np.flatnonzero(kept)
    return Updated(
        geometry=np.concatenate([after[first], new]),
        base_row=np.concatenate([first, np.full(len(new), NONE)]).astype(np.intp),
        change_row=np.concatenate([np.full(len(first), NONE), np.arange(len(new))]).astype(np.intp),
        cut=np.concatenate([cut[first], np.zeros(len(new), dtype=bool)]),
        replaced=touched[gone],
        account=_account(rest, new, pairs, crs),
    )


def _pairs(base: ShapeArray, change: ShapeArray) -> Overlay:
    """Who cuts whom; the overlay orders all it is given, so it is given those alone that may meet."""
    may_meet = np.unique(shapely.STRtree(base).query(change)[1])
    pairs = overlay(base[may_meet], change)
    return replace(pairs, target=may_meet[pairs.target])


@dataclass(frozen=True)
class _Rest:
    """Touched shapes before and after the cut, null where nothing is left, and the area dropped as splinters (m²)."""

    before: ShapeArray
    after: ShapeArray
    dropped_m2: float


def _without_splinters(before: ShapeArray, shapes: ShapeArray, crs: str) -> _Rest:
    """Cut shapes less their parts below 0.01 m²."""
    parts, owner = explode(shapes)
    area = ellipsoidal_area_m2(parts, crs)
    large = area >= LEAST_M2
    left = np.full(len(shapes), None, dtype=np.object_)
    if large.any():
        count = np.bincount(owner[large], minlength=len(shapes))
        single = count[owner] == 1
        left[owner[large & single]] = parts[large & single]
        several, owners = parts[large & ~single], owner[large & ~single]
        if len(several):
            at, groups = np.unique(owners, return_inverse=True)
            left[at] = shapely.multipolygons(several, indices=groups)
    return _Rest(before, left, float(area[~large].sum()))


def _account(rest: _Rest, change: ShapeArray, pairs: Overlay, crs: str) -> UpdateAccount:
    common = ellipsoidal_area_m2(pairs.shape, crs)
    own = ellipsoidal_area_m2(change, crs)
    covered = np.bincount(pairs.cutter, weights=common, minlength=len(change))
    before, after = (float(ellipsoidal_area_m2(shapes, crs).sum()) for shapes in (rest.before, rest.after))
    i, j, _plane = overlapping_pairs(change)
    doubled = ellipsoidal_area_m2(shapely.intersection(change[i], change[j]), crs)
    return UpdateAccount(
        touched_m2=before,
        left_m2=after,
        common_m2=float(common.sum()),
        sliver_m2=rest.dropped_m2,
        change_m2=float(own.sum()),
        doubled_m2=float(doubled.sum()),
        difference_m2=before - float(common.sum()) - after - rest.dropped_m2,
        outside_m2=np.maximum(own - covered, 0.0),
    )
