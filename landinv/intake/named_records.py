"""Findings as a clerk can follow them: the record's identifier, its place, and the other record where two disagree."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landinv.geometry.overlaps import overlapping_pairs
from landinv.intake.log import SOURCE_REF
from landinv.model.findings import findings

# Columns that name a record to a clerk.
IDENTIFIERS: Final = ("BSM", "标识码")
# No coordinate of any CRS is larger; what is lies nowhere.
_FARTHEST_M: Final = 1e9
# Half of the last decimal an area is told with.
_TOLD_M2: Final = 0.005
_WHOLE: Final = 0.9999


def overlapping_shapes(
    whole: gpd.GeoDataFrame, accepted: npt.NDArray[np.bool_], key: str
) -> list[pd.DataFrame]:
    """Accepted polygons of a layer without a role that lie on one another, named with the area they share."""
    shapes = np.asarray(whole.geometry.array, dtype=object)
    at = np.flatnonzero(accepted & (shapely.get_dimensions(shapes) == 2))
    i, j, shared = overlapping_pairs(shapes[at])
    told = shared >= _TOLD_M2
    i, j, shared = i[told], j[told], shared[told]
    if not len(i):
        return []
    named = next((c for c in whole.columns if str(c).upper() in IDENTIFIERS), SOURCE_REF)
    names = whole[named].astype("object").fillna("").astype("str").to_numpy()
    smaller = np.minimum(shapely.area(shapes[at[i]]), shapely.area(shapes[at[j]]))
    details = [
        f"与{names[at[b]]}{'完全重合' if area > _WHOLE * least else '重叠'}{area:.2f}平方米"
        for b, area, least in zip(j.tolist(), shared.tolist(), smaller.tolist(), strict=True)
    ]
    refs = whole[SOURCE_REF].to_numpy()
    return [
        findings(
            "I069", dataset=key, feature=refs[at[i]].tolist(), value=names[at[i]].tolist(), detail=details
        )
    ]


def with_identifiers(found: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """Findings that show no value show their record's identifier, so that a clerk finds the parcel by it."""
    named = next((c for c in whole.columns if str(c).upper() in IDENTIFIERS), None)
    if named is None or not len(found):
        return found
    text = whole[named].astype("object").to_numpy()
    by_ref = pd.Series(
        [f"{named} {v}" if isinstance(v, str) else "" for v in text], index=whole[SOURCE_REF].to_numpy()
    )
    shown_here = found["feature"].map(by_ref).fillna("")
    return found.assign(value=found["value"].where(found["value"] != "", shown_here).astype("str"))


def with_places(found: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """Findings without a place of their own get the middle of their feature's box, where it has a shape."""
    if not isinstance(whole, gpd.GeoDataFrame) or not len(found):
        return found
    bounds = shapely.bounds(np.asarray(whole.geometry.array, dtype=object))
    with np.errstate(invalid="ignore", over="ignore"):
        middle = pd.DataFrame(
            {"x": (bounds[:, 0] + bounds[:, 2]) / 2, "y": (bounds[:, 1] + bounds[:, 3]) / 2},
            index=whole[SOURCE_REF].to_numpy(),
        )
    middle = middle.where(middle.abs() < _FARTHEST_M)
    at = middle.reindex(found["feature"])
    own = found["x"].notna().to_numpy()
    return found.assign(
        **{c: np.where(own, found[c], np.where(np.isfinite(at[c]), at[c], np.nan)) for c in "xy"}
    )
