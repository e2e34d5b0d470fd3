"""Corrections made by hand: what was wrong in a source or in a description, and what is right."""

from __future__ import annotations

from typing import Final

import pandas as pd

CORRECTION_COLUMNS: Final = (
    "correction_id", "layer", "key_field", "key", "field", "was", "value", "made_on", "made_by", "made_why", "state",
)  # fmt: skip
GEOMETRY_FIELD: Final = "geometry"
STANDS: Final = "stands"
CONFLICT: Final = "conflict"
GONE: Final = "gone"
FULFILLED: Final = "fulfilled"
CORRECTION_STATES: Final = (STANDS, CONFLICT, GONE, FULFILLED)
# What describes a parcel and is no result of measuring or of a rule; all else is corrected in its source.
CORRECTABLE_OF_PARCELS: Final = (
    "holder", "location", "tenure", "owner_unit", "village", "village_code", "project_code", "project_name",
    "planned_use", "planned_use_code", "held_for",
)  # fmt: skip


def no_corrections() -> pd.DataFrame:
    """An empty frame of corrections: :data:`CORRECTION_COLUMNS`, all text, ``made_on`` an ISO date."""
    return pd.DataFrame({name: pd.Series(dtype="str") for name in CORRECTION_COLUMNS})
