"""Which known parcel a parcel is: by key and shape, by key and overlap, by overlap alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landinv.inventory.shapes import overlap_areas, same_shapes

SUPPLY: Final = "S"
RESIDUAL: Final = "P"
HALF_OF_SMALLER: Final = 0.5
MOST_OF_BOTH: Final = 0.8
# A boundary drawn anew lies a few centimetres beside the old one: a band of this width along it is no other shape.
REDRAWN_M: Final = 0.1
BOX: Final = ("minx", "miny", "maxx", "maxy")


@dataclass(frozen=True)
class Matches:
    """What was found, by position from 0.

    ``known`` has, for each new parcel, the position of the known one it is, or -1; ``kept`` is true where the shape is
    the same too, or was only drawn anew (:data:`REDRAWN_M`); ``overlaps`` are the pairs (left: new, right: known) of
    all parcels that are not plainly the same.
    """

    known: npt.NDArray[np.intp]
    kept: npt.NDArray[np.bool_]
    overlaps: pd.DataFrame


def match_known(new: pd.DataFrame, known: pd.DataFrame) -> Matches:
    """Match parcels one to one.

    Parameters
    ----------
    new, known
        Columns family, key (empty: none), shape, and its box; ``known`` also gone. Index 0..n-1, in the order that
        decides between equals.
    """
    found = _same_key_and_shape(new, known)
    open_new = np.flatnonzero(found < 0)
    overlaps = overlap_areas(new["shape"].to_numpy()[open_new], known["shape"].to_numpy())
    overlaps["left"] = open_new[overlaps["left"]]
    pairs = _described(overlaps, new, known=known)
    share = pairs["overlap_m2"] / pairs[["left_m2", "right_m2"]].min(axis=1)
    of_both = pairs["overlap_m2"] / pairs[["left_m2", "right_m2"]].max(axis=1)
    by_key = pairs[pairs["same_key"] & ((share >= HALF_OF_SMALLER) | (pairs["family"] == SUPPLY))]
    # A supply's number that is gone was built upon or taken back: another contract there is another supply.
    by_shape = pairs[
        (of_both >= MOST_OF_BOTH) & ((pairs["family"] == RESIDUAL) | ~pairs["gone"].astype(bool))
    ]
    found = _one_to_one(by_key, found, known_count=len(known))
    found = _one_to_one(_same_key_without_overlap(new, known, found=found), found, known_count=len(known))
    found = _one_to_one(by_shape, found, known_count=len(known))
    kept = found >= 0
    kept[kept] = same_shapes(new["shape"].to_numpy()[kept], known["shape"].to_numpy()[found[kept]])
    kept |= _drawn_anew(new, known, found=found, overlaps=overlaps)
    return Matches(found, kept, overlaps)


def _drawn_anew(
    new: pd.DataFrame, known: pd.DataFrame, *, found: npt.NDArray[np.intp], overlaps: pd.DataFrame
) -> npt.NDArray[np.bool_]:
    """Where a parcel and the known one it is differ by no more than a band of :data:`REDRAWN_M` along the boundary."""
    own = overlaps[
        found[overlaps["left"].to_numpy(dtype=np.intp)] == overlaps["right"].to_numpy(dtype=np.intp)
    ]
    left, right = (own[c].to_numpy(dtype=np.intp) for c in ("left", "right"))
    beside_m2 = own["left_m2"] + own["right_m2"] - 2 * own["overlap_m2"]
    lengths_m = [shapely.length(f["shape"].to_numpy()[at]) for f, at in ((new, left), (known, right))]
    drawn = np.zeros(len(new), dtype=bool)
    drawn[left[(beside_m2 <= REDRAWN_M * np.minimum(*lengths_m)).to_numpy()]] = True
    return drawn


def _same_key_and_shape(new: pd.DataFrame, known: pd.DataFrame) -> npt.NDArray[np.intp]:
    # Most parcels of a second run are these; comparing boxes first spares them the overlay.
    by = ["family", "key", *BOX]
    one, other = (_ranked(f.loc[(f["key"] != "") | f["minx"].notna(), by]) for f in (new, known))
    both = one.merge(other, on=[*by, "rank"], suffixes=("", "_known"))
    left, right = (both[c].to_numpy(dtype=np.intp) for c in ("place", "place_known"))
    same = same_shapes(new["shape"].to_numpy()[left], known["shape"].to_numpy()[right])
    found = np.full(len(new), -1, dtype=np.intp)
    found[left[same]] = right[same]
    return found


def _ranked(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(
        rank=rows.groupby(list(rows.columns), sort=False, dropna=False).cumcount(), place=rows.index
    )


def _described(pairs: pd.DataFrame, new: pd.DataFrame, *, known: pd.DataFrame) -> pd.DataFrame:
    """Pairs within one family, with what decides between them."""
    one = new.loc[pairs["left"], ["family", "key"]].reset_index(drop=True)
    other = known.loc[pairs["right"], ["family", "key", "gone"]].reset_index(drop=True)
    described = pairs.assign(
        family=one["family"],
        gone=other["gone"],
        same_key=(one["key"] == other["key"]) & (one["key"] != ""),
    )
    rows: pd.DataFrame = described[one["family"] == other["family"]]
    return rows


def _same_key_without_overlap(
    new: pd.DataFrame, known: pd.DataFrame, *, found: npt.NDArray[np.intp]
) -> pd.DataFrame:
    """Pairs of one key that no overlap can join: supplies that moved, and records that have no shape."""
    columns = ["family", "key", "shape"]
    open_new = new.loc[(found < 0) & (new["key"] != ""), columns].rename_axis("left").reset_index()
    free = known.loc[~known.index.isin(found), [*columns, "gone"]].rename_axis("right").reset_index()
    pairs = open_new.merge(free, on=["family", "key"], suffixes=("", "_known"))
    no_shape = shapely.is_missing(pairs["shape"].to_numpy()) | shapely.is_missing(
        pairs["shape_known"].to_numpy()
    )
    rows: pd.DataFrame = pairs[no_shape | (pairs["family"] == SUPPLY)].assign(overlap_m2=0.0)
    return rows


def _one_to_one(
    pairs: pd.DataFrame, found: npt.NDArray[np.intp], *, known_count: int
) -> npt.NDArray[np.intp]:
    """Give out pairs, current before gone, greatest overlap first; a loop, for each choice bars later ones."""
    ordered = pairs.sort_values(["gone", "overlap_m2", "right", "left"], ascending=[True, False, True, True])
    found = found.copy()
    free = np.ones(known_count, dtype=bool)
    free[found[found >= 0]] = False
    for left, right in zip(ordered["left"].tolist(), ordered["right"].tolist(), strict=True):
        if found[left] < 0 and free[right]:
            found[left] = right
            free[right] = False
    return found
