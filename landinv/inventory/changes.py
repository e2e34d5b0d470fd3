"""What changed between two states of a register: rows added, removed, and changed with the columns that did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.inventory.shapes import same_shapes

GEOMETRY = "geometry"


@dataclass(frozen=True)
class ChangeSet:
    """The difference new − old.

    ``added`` and ``removed`` are index objects of keys, in the order of the new and the old state; ``changed`` maps
    each changed key to the tuple of its changed columns (``geometry`` for the shape), in the order of the new state.
    """

    added: pd.Index[Any]
    removed: pd.Index[Any]
    changed: pd.Series[Any]
    unchanged_count: int

    @property
    def is_empty(self) -> bool:
        """True where the two states say the same."""
        return not (len(self.added) or len(self.removed) or len(self.changed))


def change_set(old: pd.DataFrame, new: pd.DataFrame, *, keys: Sequence[str] = ("parcel_id",)) -> ChangeSet:
    """Compare two states row by row.

    Values are compared as they mean, not as they are typed: a missing value equals a missing value and an absent
    column; a date equals its ISO text; 1 equals 1.0 and True; floats must be the same to the last bit; the empty
    text is not a missing one. Shapes are compared by :func:`~landinv.inventory.shapes.same_shapes`.

    Parameters
    ----------
    old, new
        Frames with the key columns; the shape is the active geometry of a GeoDataFrame, in one CRS for both. The
        index of neither matters.
    keys
        Columns that together name a row.

    Raises
    ------
    ValueError
        If a key is not unique in one of the frames.
    """
    before, after = _keyed(old, keys), _keyed(new, keys)
    place = before.index.get_indexer(after.index)
    in_both = place >= 0
    now, then = after[in_both], before.iloc[place[in_both]]
    columns, differs = _differences(then, now)
    rows = np.flatnonzero(differs.any(axis=1)) if columns else np.array([], dtype=np.intp)
    names = np.array(columns, dtype=object)
    return ChangeSet(
        added=after.index[~in_both],
        removed=before.index[after.index.get_indexer(before.index) < 0],
        changed=pd.Series(
            [tuple(names[differs[row]]) for row in rows],
            index=now.index[rows],
            dtype="object",
            name="columns",
        ),
        unchanged_count=len(now) - len(rows),
    )


def _keyed(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    plain = pd.DataFrame(frame)
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        plain = plain.rename(columns={frame.active_geometry_name: GEOMETRY})
    keyed = plain.set_index(list(keys))
    if keyed.index.has_duplicates:
        twice = keyed.index[keyed.index.duplicated()][0]
        raise ValueError(f"key {twice!r} stands more than once in {', '.join(keys)}")
    return keyed


def _differences(then: pd.DataFrame, now: pd.DataFrame) -> tuple[list[str], npt.NDArray[np.bool_]]:
    columns = [*now.columns, *(c for c in then.columns if c not in now)]
    differs = np.zeros((len(now), len(columns)), dtype=bool)
    for number, column in enumerate(columns):
        pair = [
            f[column] if column in f else pd.Series(None, index=f.index, dtype="object") for f in (then, now)
        ]
        if column == GEOMETRY:
            differs[:, number] = ~same_shapes(pair[0].to_numpy(dtype=object), pair[1].to_numpy(dtype=object))
        else:
            differs[:, number] = ~_same_values(*pair)
    return columns, differs


def _same_values(then: pd.Series[Any], now: pd.Series[Any]) -> npt.NDArray[np.bool_]:
    missing = then.isna().to_numpy(), now.isna().to_numpy()
    if then.dtype == now.dtype and then.dtype != np.dtype(object):
        same = then.array == now.array
    else:
        one, other = _values(then), _values(now)
        same = one == other if one.dtype == other.dtype else np.zeros(len(one), dtype=bool)
    same = pd.array(same, dtype="boolean").to_numpy(dtype=bool, na_value=False)
    return np.where(missing[0] | missing[1], missing[0] & missing[1], same)


def _values(values: pd.Series[Any]) -> npt.NDArray[Any]:
    """Numbers and truth values as float64, all else as text objects, dates by their ISO form."""
    kind = values.dtype.kind if isinstance(values.dtype, np.dtype) else ""
    if pd.api.types.is_bool_dtype(values.dtype) or pd.api.types.is_numeric_dtype(values.dtype):
        return values.to_numpy(dtype="float64", na_value=np.nan)
    if kind == "M":
        return _iso(values)
    plain = values.to_numpy(dtype=object)
    inferred = pd.api.types.infer_dtype(plain, skipna=True)
    if inferred in {"boolean", "integer", "floating", "mixed-integer-float"}:
        return pd.to_numeric(pd.Series(plain, dtype="object")).to_numpy(dtype="float64", na_value=np.nan)
    if inferred in {"date", "datetime", "datetime64"}:
        return _iso(pd.to_datetime(pd.Series(plain)).astype("datetime64[s]"))
    return plain


def _iso(values: pd.Series[Any]) -> npt.NDArray[np.object_]:
    text = np.datetime_as_string(values.to_numpy(dtype="datetime64[s]")).astype(object)
    midnight = np.array([t.endswith("T00:00:00") for t in text], dtype=bool)
    return np.where(midnight, np.array([t[:10] for t in text], dtype=object), text)
