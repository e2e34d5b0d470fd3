"""What changes by itself as time passes: parcels by the date of their next change."""

from __future__ import annotations

from datetime import date
from typing import Final

import pandas as pd

DUE_COLUMNS: Final = (
    "next_change_on", "days_left", "parcel_id", "kind", "next_kind", "township", "holder", "project_name", "location",
    "supervision_no", "approval_no", "area_m2",
)  # fmt: skip


def due_parcels(parcels: pd.DataFrame, *, as_of: date, until: date | None = None) -> pd.DataFrame:
    """Parcels whose state changes after ``as_of``, soonest first.

    Parameters
    ----------
    parcels
        Canonical columns; rows without ``next_change_on`` are left out.
    as_of
        The day looked from. A change dated on or before it has been taken into account already and is left out.
    until
        Last day looked at (inclusive); None: no end.

    Returns
    -------
    DataFrame
        :data:`DUE_COLUMNS`, ``days_left`` in days from ``as_of``, area in ellipsoidal m²; index 0..n-1, ordered by
        date, then parcel_id.
    """
    coming = parcels["next_change_on"] > pd.Timestamp(as_of)
    if until is not None:
        coming &= parcels["next_change_on"] <= pd.Timestamp(until)
    rows = pd.DataFrame(parcels[coming]).sort_values(["next_change_on", "parcel_id"], kind="stable")
    days = (rows["next_change_on"] - pd.Timestamp(as_of)).dt.days
    return rows.assign(days_left=days)[list(DUE_COLUMNS)].reset_index(drop=True)
