"""Which record belongs to which shape, by the numbers both bear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

KEYS: Final = ("supervision_no", "contract_no", "parcel_code")


@dataclass(frozen=True)
class Pairs:
    """Pairs of shapes and records.

    ``record_of_shape``: label of the record, indexed by the shape's label, missing where there is none;
    ``by_parcel_code``: labels of shapes joined by nothing better; ``ambiguous``: columns label, field, value of rows
    that share a contract number with several unjoined ones, and stay unjoined.
    """

    record_of_shape: pd.Series
    by_parcel_code: list[str]
    ambiguous: pd.DataFrame


def pair_supplies(shapes: pd.DataFrame, records: pd.DataFrame) -> Pairs:
    """Join on supervision number, then contract number, then parcel code where nothing speaks against it.

    Parameters
    ----------
    shapes, records
        Normal forms of :data:`KEYS`, indexed by unique labels; the first record of a number is the one that joins.
    """
    pairs = pd.Series(np.nan, index=shapes.index, dtype="str")
    ambiguous = []
    stages = []
    for key in KEYS:
        free_shapes = shapes[pairs.isna()]
        free_records = records[~records.index.isin(pairs.dropna()) & ~_is_later(records)]
        left, right = free_shapes[key].dropna(), free_records[key].dropna()
        shared = set(left) & set(right)
        left, right = left[left.isin(shared)], right[right.isin(shared)]
        several = set(left[left.duplicated()]) | set(right[right.duplicated()])
        doubtful = pd.concat([left, right])
        doubtful = doubtful[doubtful.isin(several)]
        ambiguous.append(pd.DataFrame({"label": doubtful.index, "field": key, "value": doubtful.to_numpy()}))
        single_left, single_right = left[~left.isin(several)], right[~right.isin(several)]
        partner = single_left.map(pd.Series(single_right.index, index=single_right.to_numpy(), dtype="str"))
        if key == KEYS[-1]:
            partner = partner[_without_contradiction(shapes, records, partner)]
        stages.append(partner)
        pairs = pairs.mask(pairs.index.isin(partner.index), partner.reindex(pairs.index))
    return Pairs(pairs, list(stages[-1].index), pd.concat(ambiguous[:2], ignore_index=True))


def _is_later(records: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Rows that contradict an earlier one of their number (their label ends in `` ~2`` …)."""
    return records.index.astype("str").str.contains(r" ~\d+$", regex=True).astype(bool)


def _without_contradiction(shapes: pd.DataFrame, records: pd.DataFrame, partner: pd.Series) -> pd.Series:
    agrees = pd.Series(data=True, index=partner.index)
    for key in KEYS[:-1]:
        ours = shapes[key].reindex(partner.index)
        theirs = records[key].reindex(partner.to_numpy()).set_axis(partner.index)
        agrees &= ours.isna() | theirs.isna() | (ours == theirs)
    return agrees
