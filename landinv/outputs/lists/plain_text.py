"""Values as the text that stands in CSV files: full numbers, ISO dates, true and false, missing as nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import pandas as pd

from landinv.outputs.lists.neutral import neutralise

AREA_DECIMALS: Final = {"m2": 4, "mu": 6, "ha": 6}  # sums of rows must agree with the balance to 0.01 m²
_DUST: Final = 9  # decimals beyond which a binary fraction says nothing


def fixed_text(values: pd.Series, decimals: int) -> pd.Series:
    """Numbers with that many decimals, never in powers of ten, no negative zero."""
    rounded = values.astype("float64").round(decimals) + 0.0
    return _series((f"{v:.{decimals}f}" if np.isfinite(v) else None for v in rounded), values.index)


def shortest_text(values: pd.Series) -> pd.Series:
    """Numbers with as many decimals as they have: ``1200``, ``0.85``."""
    rounded = values.astype("float64").round(_DUST) + 0.0
    return _series(
        (np.format_float_positional(v, trim="-") if np.isfinite(v) else None for v in rounded), values.index
    )


def integer_text(values: pd.Series) -> pd.Series:
    """Whole numbers."""
    return _series((None if pd.isna(v) else str(int(v)) for v in values), values.index)


def date_text(values: pd.Series) -> pd.Series:
    """Dates as ``YYYY-MM-DD``."""
    dates = pd.to_datetime(values)
    return _series((None if pd.isna(v) else v.date().isoformat() for v in dates), values.index)


def bool_text(values: pd.Series) -> pd.Series:
    """``true`` and ``false``."""
    return _series((None if pd.isna(v) else "true" if v else "false" for v in values), values.index)


def safe_text(values: pd.Series) -> pd.Series:
    """Text as it is, with what a spreadsheet would run made harmless."""
    return neutralise(values.where(values.notna(), None).astype("str"))


def column_text(values: pd.Series, kind: str, unit: str = "") -> pd.Series:
    """A column of the register as text.

    Parameters
    ----------
    values
        One column.
    kind
        text, number, integer, date or bool (as in the register's column table).
    unit
        m2, mu and ha have fixed decimals (4, 6, 6); other numbers are written as short as they are.
    """
    if kind == "number":
        return fixed_text(values, AREA_DECIMALS[unit]) if unit in AREA_DECIMALS else shortest_text(values)
    writers = {"integer": integer_text, "date": date_text, "bool": bool_text}
    return writers.get(kind, safe_text)(values)


def _series(texts: Iterable[str | None], index: pd.Index) -> pd.Series:
    return pd.Series(list(texts), index=index, dtype="str")
