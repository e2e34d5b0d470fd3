"""Columns between frames and SQL: which type a column has, and its values both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from landinv.model.finding_state import STATE_COLUMNS, STATE_DATES
from landinv.model.findings import FINDING_COLUMNS
from landinv.model.parcels import parcel_columns
from landinv.model.roles import role_fields

FID: Final = "fid"
GEOM: Final = "geom"
ROWSUM: Final = "rowsum"
OWN_COLUMNS: Final = (FID, GEOM, ROWSUM)
SQL_TYPES: Final = {
    "text": "TEXT",
    "number": "REAL",
    "integer": "INTEGER",
    "date": "DATE",
    "bool": "BOOLEAN",
}
KINDS: Final = {sql: kind for kind, sql in SQL_TYPES.items()}
_ROLE_KINDS: Final = {"date": "date", "area": "number", "money": "number", "bool": "bool"}
_INFERRED: Final = {
    "boolean": "bool",
    "integer": "integer",
    "floating": "number",
    "mixed-integer-float": "number",
    "date": "date",
    "datetime": "date",
    "datetime64": "date",
}


def column_kinds(table: str, frame: pd.DataFrame, *, declared: Mapping[str, str]) -> dict[str, str]:
    """Kind (text, number, integer, date, bool) of every column of a frame, shapes apart.

    What the column holds decides; where it holds nothing, what the table declares already, what the register's
    specification says, and at last text. Whole numbers stay number where the table says so.
    """
    kinds = {}
    for name in frame.columns:
        if name in OWN_COLUMNS or frame[name].dtype == "geometry":
            continue
        wanted = declared.get(name) or _specified(table).get(name) or ""
        kind = _held_kind(frame[name]) or wanted or "text"
        kinds[str(name)] = "number" if (kind, wanted) == ("integer", "number") else kind
    return kinds


@cache
def _specified(table: str) -> dict[str, str]:
    if table == "parcels":
        return {c.name: c.kind for c in parcel_columns()}
    if table == "findings":
        numbers = {c: "number" if c in "xy" else "text" for c in FINDING_COLUMNS}
        return {**numbers, **{c: "date" if c in STATE_DATES else "text" for c in STATE_COLUMNS}}
    return {f.name: _ROLE_KINDS.get(f.kind, "text") for f in role_fields(table)}


def _held_kind(values: pd.Series[Any]) -> str:
    """Kind by type or by content; empty where the column holds nothing and its type says nothing."""
    dtype = values.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return "bool"
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "date"
    if not values.notna().any():
        return ""
    if pd.api.types.is_numeric_dtype(dtype):
        return "integer" if pd.api.types.is_integer_dtype(dtype) else "number"
    if isinstance(dtype, pd.StringDtype):
        return "text"
    return _INFERRED.get(pd.api.types.infer_dtype(values.to_numpy(dtype=object), skipna=True), "text")


def to_sql(values: pd.Series[Any], kind: str) -> list[Any]:
    """Values as SQLite takes them: None, str, int, float; a date as ISO text, a truth value as 0 or 1.

    Raises
    ------
    ValueError
        If a value cannot be what its kind says.
    """
    if kind == "text":
        if isinstance(values.dtype, pd.StringDtype):
            return list(
                pa.array(values.array, pa.string(), from_pandas=True).to_numpy(zero_copy_only=False).tolist()
            )
        plain = values.astype(object)
        return [v if isinstance(v, str) else None if pd.isna(v) else str(v) for v in plain]
    if kind == "date":
        stamps = pd.to_datetime(values).to_numpy(dtype="datetime64[D]")
        return _with_gaps(np.datetime_as_string(stamps).astype(object), np.isnat(stamps))
    numbers = pd.to_numeric(values).to_numpy(dtype="float64", na_value=np.nan)
    gaps = np.isnan(numbers)
    if kind == "number":
        # Adding 0 makes -0.0 the 0.0 that SQLite gives back.
        return _with_gaps((numbers + 0.0).astype(object), gaps)
    return _with_gaps(np.where(gaps, 0, numbers).astype("int64").astype(object), gaps)


def _with_gaps(values: npt.NDArray[np.object_], gaps: npt.NDArray[np.bool_]) -> list[Any]:
    """A list of values with None in the gaps; the array was made for this call, or is copied."""
    filled = values.copy()
    filled[gaps] = None
    return list(filled.tolist())


def to_series(values: Sequence[Any], kind: str) -> pd.Series[Any]:
    """Values read from SQLite as a column of the type that frames use for its kind.

    Raises
    ------
    ValueError, TypeError
        If a value is not of its kind, as after an edit by another program.
    """
    if kind == "number":
        return pd.Series(np.array(values, dtype="float64"))
    if kind == "integer":
        return pd.Series(pd.array(values, dtype="Int64"))
    if kind == "bool":
        return pd.Series(pd.array([None if v is None else bool(v) for v in values], dtype="boolean"))
    if kind == "date":
        return pd.Series(pd.to_datetime(list(values), format="%Y-%m-%d")).astype("datetime64[s]")
    return pd.Series(list(values), dtype="str")
