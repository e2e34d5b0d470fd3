"""Figures as they are printed: rounded once, so that every list, subtotal and total of a run adds up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.model.units import round_half_up

M2_DECIMALS: Final = 2
HA_DECIMALS: Final = 4
MU_DECIMALS: Final = 2
SHOWN_AREAS: Final = {"area_m2": M2_DECIMALS, "area_ha": HA_DECIMALS, "area_mu": MU_DECIMALS}
_MOST_ROUNDS: Final = 8

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def shown_areas(parcels: pd.DataFrame) -> pd.DataFrame:
    """Areas of each parcel as every output prints them: m² (2 decimals), 公顷 (4) and 亩 (2).

    The total of each kind is rounded half up from its true sum; townships within the kind, and parcels within the
    township, are rounded by largest remainder so that they add up to it. No figure moves by a whole last place.

    Parameters
    ----------
    parcels
        Needs kind, township_code, township, area_m2, area_ha, area_mu.

    Returns
    -------
    DataFrame
        Columns area_m2, area_ha, area_mu on the parcels' index; missing where the parcel has no area.
    """
    place = (parcels["township_code"].fillna("") + parcels["township"].fillna("")).to_numpy()
    levels = [parcels["kind"].to_numpy(), place]
    columns = {
        name: foot_within(parcels[name].to_numpy(dtype=np.float64), levels, decimals)
        for name, decimals in SHOWN_AREAS.items()
    }
    return pd.DataFrame(columns, index=parcels.index)


def foot_within(values: FloatArray, levels: Sequence[npt.NDArray[np.object_]], decimals: int) -> FloatArray:
    """Round values so that they add up at every level of a hierarchy.

    Parameters
    ----------
    values
        NaN stays NaN and counts as nothing.
    levels
        Labels of each value, coarse to fine, each as long as ``values``. Groups of the first level are rounded half
        up from their true sums; without a level the whole is.
    decimals
        Decimals kept.

    Returns
    -------
    ndarray
        Each figure lies less than one unit of the last decimal from its value.

    Examples
    --------
    >>> thirds = np.array([1 / 3, 1 / 3, 1 / 3, 1.0])
    >>> foot_within(thirds, [np.array(["a", "a", "a", "b"], dtype=object)], 2).tolist()
    [0.34, 0.33, 0.33, 1.0]
    """
    known = ~np.isnan(values)
    units = values[known] * 10.0**decimals
    codes = _group_codes([level[known] for level in levels], len(units))
    targets: IntArray = round_half_up(_sums(units, codes[0]), 0).astype(np.int64)
    for coarse, fine in zip(codes, [*codes[1:], np.arange(len(units))], strict=True):
        parent = np.zeros(int(fine.max(initial=-1)) + 1, dtype=np.int64)
        parent[fine] = coarse
        targets = _allocate(_sums(units, fine), parent, targets)
    shown = np.full(values.shape, np.nan)
    shown[known] = targets / 10.0**decimals
    return shown


def foot_table(
    table: FloatArray, decimals: int, *, printed: Mapping[int, FloatArray] | None = None
) -> FloatArray:
    """Round the parts of a table so that columns and the whole add up, and rows stay near their rounded sums.

    Every figure becomes its floor or its ceiling. The whole is rounded half up where the columns allow it; columns
    foot exactly. Among the ways to do so, figures are exchanged within a column until no single exchange brings a
    row nearer to its own rounded sum.

    Parameters
    ----------
    table
        Rows of parts (approvals × balance items), no NaN.
    decimals
        Decimals kept.
    printed
        Columns that another list prints too, by place, with the figures it prints; they stay as they are.

    Returns
    -------
    ndarray
        Same shape; the printed sum of a row is the sum of its printed parts.
    """
    scale = 10.0**decimals
    units = table * scale
    fixed = {place: np.rint(figures * scale) for place, figures in (printed or {}).items()}
    floors = np.floor(units + 1e-6)
    loose = (units - floors) > 1e-6
    one = np.zeros(len(table), dtype=np.int64)
    rounded = units.copy()
    for place, target in enumerate(_column_targets(units.sum(axis=0), fixed)):
        footed = _allocate(units[:, place], one, np.array([target]))
        rounded[:, place] = fixed.get(place, footed)
    wanted = round_half_up(units.sum(axis=1), 0)
    for _round in range(_MOST_ROUNDS):
        before = rounded
        for column in set(range(table.shape[1])) - set(fixed):
            rounded = _exchange(rounded, column, wanted, (floors[:, column], loose[:, column]))
        if np.array_equal(before, rounded):
            break
    return rounded / scale


def _column_targets(sums: FloatArray, fixed: Mapping[int, FloatArray]) -> IntArray:
    """Whole units for each column: fixed ones as printed, the others sharing what the rounded whole leaves them."""
    targets: IntArray = round_half_up(sums, 0).astype(np.int64)
    for place, figures in fixed.items():
        targets[place] = round(figures.sum())
    free = np.array([place for place in range(len(sums)) if place not in fixed], dtype=np.int64)
    if len(free):
        left = round_half_up(sums.sum(keepdims=True), 0).astype(np.int64) - np.delete(targets, free).sum()
        floors = np.floor(sums[free] + 1e-6)
        most = np.count_nonzero(sums[free] - floors > 1e-6)
        reachable = np.clip(left, floors.sum(), floors.sum() + most).astype(np.int64)
        targets[free] = _allocate(sums[free], np.zeros(len(free), dtype=np.int64), reachable)
    return targets


def _exchange(
    rounded: FloatArray, column: int, wanted: FloatArray, bounds: tuple[FloatArray, npt.NDArray[np.bool_]]
) -> FloatArray:
    """Take a unit from rows whose sum is too large and give it to rows whose sum is too small."""
    floors, loose = bounds
    gap = rounded.sum(axis=1) - wanted
    up = rounded[:, column] > floors
    givers = np.flatnonzero((gap >= 1) & up & loose)
    takers = np.flatnonzero((gap <= -1) & ~up & loose)
    pairs = min(len(givers), len(takers))
    moved = rounded.copy()
    moved[givers[:pairs], column] -= 1.0
    moved[takers[:pairs], column] += 1.0
    return moved


def _group_codes(levels: Sequence[npt.NDArray[np.object_]], length: int) -> list[IntArray]:
    """Group numbers of each level, those of a finer level lying within one group of the coarser."""
    codes: list[IntArray] = []
    within: IntArray = np.zeros(length, dtype=np.int64)
    for labels in levels:
        # Labels are sorted, so that ties do not depend on the order of the rows.
        label_codes, labels_found = pd.factorize(labels, sort=True)
        within = np.unique(within * (len(labels_found) + 1) + label_codes, return_inverse=True)[1].astype(
            np.int64
        )
        codes.append(within)
    return codes or [within]


def _sums(units: FloatArray, groups: IntArray) -> FloatArray:
    return np.bincount(groups, weights=units).astype(np.float64)


def _allocate(units: FloatArray, parent: IntArray, targets: IntArray) -> IntArray:
    """Whole units for each child, adding up to its parent's target, by largest remainder."""
    floors = np.floor(units + 1e-6)
    missing = targets - np.bincount(parent, weights=floors, minlength=len(targets)).astype(np.int64)
    order = np.lexsort((np.arange(len(units)), -np.round(units - floors, 6), parent))
    starts = np.searchsorted(parent[order], np.arange(len(targets)))
    rank = np.arange(len(units)) - starts[parent[order]]
    shown = floors.astype(np.int64)
    shown[order] += rank < missing[parent[order]]
    return shown
