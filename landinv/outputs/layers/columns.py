"""Columns of a frame as a writer of layers wants them: arrays with a mask, of four kinds."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True)
class Column:
    """One column: its name, its values (text as objects, float64, int64, bool, datetime64[D]), where none stands."""

    name: str
    values: npt.NDArray[np.generic] | npt.NDArray[np.object_]
    missing: npt.NDArray[np.bool_]

    @property
    def is_text(self) -> bool:
        """Whether the values are text."""
        return self.values.dtype == object


def columns_of(frame: pd.DataFrame) -> list[Column]:
    """Every column but the shapes, in order."""
    shapes = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    return [_column(str(name), frame[name]) for name in frame.columns if name != shapes]


def _column(name: str, values: pd.Series) -> Column:
    missing = values.isna().to_numpy(dtype=bool)
    if isinstance(values.dtype, pd.BooleanDtype) or values.dtype == bool:
        return Column(name, values.fillna(value=False).to_numpy(dtype=bool), missing)
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return Column(name, values.to_numpy().astype("datetime64[D]"), missing)
    if pd.api.types.is_integer_dtype(values.dtype):
        return Column(name, values.fillna(0).to_numpy(dtype=np.int64), missing)
    if pd.api.types.is_float_dtype(values.dtype):
        return Column(name, values.to_numpy(dtype=np.float64), missing)
    text = values.astype("object").to_numpy(dtype=object, copy=True)
    text[missing] = None
    return Column(name, text, missing)
