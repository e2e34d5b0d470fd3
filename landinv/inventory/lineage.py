"""What became of known parcels: kept, reshaped, split, merged; and which numbers came out of which."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.inventory.matching import HALF_OF_SMALLER, Matches

LINEAGE_COLUMNS: Final = ("parent_id", "child_id", "overlap_m2")


def fates_and_lineage(
    new: pd.DataFrame, known: pd.DataFrame, *, matches: Matches
) -> tuple[npt.NDArray[np.object_], pd.DataFrame]:
    """Fate of each new parcel, and the lineage of numbers.

    A known parcel is a parent where it is current, is not itself kept, and shares half of the smaller shape. A parcel
    of two parents of its family is merged; one whose parent has another child is split. A supply cut out of a residual
    part, or a part left by a supply that is gone, is new, and has its lineage.

    Parameters
    ----------
    new, known
        As given to :func:`~landinv.inventory.matching.match_known`, with parcel_id in both.
    matches
        What that function found.
    """
    parents = _parents(new, known, matches=matches)
    own_family = parents[parents["same_family"]]
    of_child = own_family.groupby("left").size().reindex(range(len(new)), fill_value=0).to_numpy()
    of_parent = own_family.groupby("right")["left"].transform("size")
    divided = np.zeros(len(new), dtype=bool)
    divided[own_family.loc[of_parent > 1, "left"].to_numpy(dtype=np.intp)] = True
    fate = np.select(
        [matches.kept, of_child > 1, divided, matches.known >= 0],
        ["kept", "merged", "split", "reshaped"],
        "new",
    ).astype(object)

    came = parents[(parents["parent_id"] != parents["child_id"])]
    numbered_now = matches.known[came["left"].to_numpy(dtype=np.intp)] < 0
    lineage = came.loc[came["same_family"] | numbered_now, list(LINEAGE_COLUMNS)]
    return fate, lineage.sort_values(["child_id", "parent_id"], ignore_index=True)


def _parents(new: pd.DataFrame, known: pd.DataFrame, *, matches: Matches) -> pd.DataFrame:
    pairs = matches.overlaps
    left, right = pairs["left"].to_numpy(dtype=np.intp), pairs["right"].to_numpy(dtype=np.intp)
    lives_on = np.zeros(len(known), dtype=bool)
    lives_on[matches.known[matches.kept]] = True
    own = matches.known[left] == right
    large = pairs["overlap_m2"] >= HALF_OF_SMALLER * pairs[["left_m2", "right_m2"]].min(axis=1)
    gone = known["gone"].to_numpy(dtype=bool)[right]
    is_parent = ~matches.kept[left] & (own | (large.to_numpy() & ~gone & ~lives_on[right]))
    described = pairs.assign(
        parent_id=known["parcel_id"].to_numpy(dtype=object)[right],
        child_id=new["parcel_id"].to_numpy(dtype=object)[left],
        same_family=new["family"].to_numpy(dtype=object)[left]
        == known["family"].to_numpy(dtype=object)[right],
    )
    rows: pd.DataFrame = described[is_parent]
    return rows


def walk(lineage: pd.DataFrame, start: str, *, towards: str) -> pd.DataFrame:
    """Every number a parcel came out of (``parents``), or that came out of it (``children``), step by step.

    Parameters
    ----------
    lineage
        parent_id, child_id, overlap_m2 (plane), batch.
    start
        A parcel's number.
    towards
        ``parents`` or ``children``.

    Returns
    -------
    DataFrame
        The rows of ``lineage`` on the way with ``steps`` from 1, the nearest first; each row once.
    """
    here, there = ("child_id", "parent_id") if towards == "parents" else ("parent_id", "child_id")
    level, seen = {start}, {start}
    found: list[pd.DataFrame] = []
    while level:
        rows = lineage[lineage[here].isin(level)]
        found.append(rows.assign(steps=len(found) + 1))
        level = set(rows[there]) - seen
        seen |= level
    whole = pd.concat(found)
    nearest: pd.DataFrame = whole[~whole.index.duplicated()].reset_index(drop=True)
    return nearest
