"""How the stock of approved and unsupplied land came from one day's to another's, item by item, footing exactly."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.model.keys import normal_document_nos
from landinv.model.units import AREA_FACTORS, round_half_up
from landinv.reports.rounding import HA_DECIMALS, M2_DECIMALS, MU_DECIMALS, foot_within

OPENING: Final = "opening"
NEW: Final = "new_approvals"
SUPPLIED: Final = "supplied"
WITHDRAWN: Final = "withdrawn"
DEDUCTED: Final = "deducted"
BOUNDARY: Final = "boundary"
CLOSING: Final = "closing"
ITEMS: Final = (OPENING, NEW, SUPPLIED, WITHDRAWN, DEDUCTED, BOUNDARY, CLOSING)
UNITS: Final = {"m2": M2_DECIMALS, "ha": HA_DECIMALS, "mu": MU_DECIMALS}
PLACES: Final = ("cohort", "township_code", "township")
ALL: Final = ""  # of a row that counts every cohort, or every township
_TAKEN: Final = (SUPPLIED, WITHDRAWN, DEDUCTED)

FloatArray = npt.NDArray[np.float64]


def waterfall(opening: pd.DataFrame, closing: pd.DataFrame) -> pd.DataFrame:
    """Stock of the first day, what came and went, and stock of the second, by cohort and township.

    Parameters
    ----------
    opening, closing
        The balance of each approval on either day: approval_no, cohort, township_code, township, and in m² approved_m2,
        overlap_m2, withdrawn_m2, deducted_m2, supplied_m2, unsupplied_m2. Missing places are a place of their own.

    Returns
    -------
    DataFrame
        cohort, township_code, township, then for each unit (m2, ha, mu) the items opening + new_approvals - supplied -
        withdrawn - deducted + boundary = closing, as printed (2, 4 and 2 decimals). Rows of a cohort in a township,
        then every cohort, every township (code and name empty) and the whole; each sum is that of the printed rows it
        stands for, and each row foots to its last decimal. ``boundary`` is what re-surveys, corrections of documents,
        approvals that left the input, overlaps and slivers changed; an approval that changed its place leaves the one
        by it and enters the other.

    Notes
    -----
    Approvals are the same where their numbers have the same normal form.
    """
    before, after = _keyed(opening), _keyed(closing)
    cells = pd.concat([_stock(before, OPENING), _stock(after, CLOSING), _flows(before, after)])
    wanted = [item for item in ITEMS if item != BOUNDARY]
    sums = cells.groupby(list(PLACES), sort=True)[wanted].sum().reset_index()
    printed = pd.concat([sums[list(PLACES)], *(_printed(sums, unit) for unit in UNITS)], axis=1)
    return _with_sums(printed)


def _keyed(balance: pd.DataFrame) -> pd.DataFrame:
    places = {name: balance[name].fillna("").astype("str") for name in PLACES}
    return balance.assign(**places, key=normal_document_nos(balance["approval_no"])).set_index("key")


def _stock(balance: pd.DataFrame, item: str) -> pd.DataFrame:
    return balance[list(PLACES)].assign(**{item: balance["unsupplied_m2"]})


def _flows(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """What came and went with each approval, in its place of the second day; of one that is gone, in its last."""
    was, now = before.reindex(after.index), after
    taken = {name: now[f"{name}_m2"] - was[f"{name}_m2"].fillna(0.0) for name in _TAKEN}
    is_new = ~now.index.isin(before.index)
    own = (now["approved_m2"] - now["overlap_m2"]).where(is_new, 0.0)
    return now[list(PLACES)].assign(**{NEW: own}, **taken)


def _printed(sums: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Items in one unit, each rounded so that it adds up over all cells; what is left to close is the boundary's."""
    decimals = UNITS[unit]
    scale = 10.0**decimals
    whole: dict[str, npt.NDArray[np.int64]] = {}
    for item in ITEMS:
        if item != BOUNDARY:
            shown = foot_within(sums[item].to_numpy(dtype=np.float64) / AREA_FACTORS[unit], [], decimals)
            whole[item] = np.rint(shown * scale).astype(np.int64)
    gone = sum(whole[item] for item in _TAKEN)
    whole[BOUNDARY] = whole[CLOSING] - whole[OPENING] - whole[NEW] + gone
    return pd.DataFrame({f"{item}_{unit}": whole[item] / scale for item in ITEMS})


def _with_sums(printed: pd.DataFrame) -> pd.DataFrame:
    figures = [f"{item}_{unit}" for unit in UNITS for item in ITEMS]
    by_cohort = printed.groupby("cohort", sort=True)[figures].sum().reset_index()
    by_township = printed.groupby(["township_code", "township"], sort=True)[figures].sum().reset_index()
    whole = printed[figures].sum().to_frame().T
    rows = pd.concat(
        [
            printed,
            by_cohort.assign(township_code=ALL, township=ALL),
            by_township.assign(cohort=ALL),
            whole.assign(cohort=ALL, township_code=ALL, township=ALL),
        ],
        ignore_index=True,
    )
    for unit, decimals in UNITS.items():
        names = [f"{item}_{unit}" for item in ITEMS]
        # sums of binary fractions: back to the decimals that were added
        rows[names] = np.column_stack([round_half_up(rows[n].to_numpy(float), decimals) for n in names])
    return rows[[*PLACES, *figures]]
