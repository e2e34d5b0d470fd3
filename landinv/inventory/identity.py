"""A parcel's identity: one found again keeps its number, a new one gets the next, and none is given twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landinv.inventory.lineage import LINEAGE_COLUMNS, fates_and_lineage
from landinv.inventory.matching import BOX, match_known

__all__ = ["LINEAGE_COLUMNS", "Identity", "assign_parcel_ids"]

_DIGITS: Final = 5


@dataclass(frozen=True)
class Identity:
    """Numbers given to parcels.

    ``ids`` and ``fate`` carry the index of the frame asked about. Fate is ``kept`` (found again, the same shape or one
    drawn anew within :data:`~landinv.inventory.matching.REDRAWN_M`), ``reshaped``, ``split`` (one of several parts of
    a known parcel), ``merged`` (of several known parcels) or ``new``.
    ``lineage`` has a row for each known parcel that another number came out of: :data:`LINEAGE_COLUMNS`, the overlap
    in plane m², by child, then parent.
    """

    ids: pd.Series[str]
    fate: pd.Series[str]
    lineage: pd.DataFrame


def assign_parcel_ids(new: gpd.GeoDataFrame, known: gpd.GeoDataFrame, *, county_code: str) -> Identity:
    """Find parcels again among all that were ever registered, and number the rest.

    A supply is found by its key; a residual part by its key and an overlap of half the smaller shape; failing that
    either by an overlap of four fifths of both shapes (a supply only while it is current). Where several fit, current
    parcels come before gone ones, then the greatest overlap decides; each number is given once. The outcome does not
    depend on the order of rows.

    Parameters
    ----------
    new
        Parcels to be numbered: family (``P`` residual part, ``S`` supply), natural_key (may be missing), geometry
        (plane CRS in metres, may be null), and township_code where known.
    known
        Every parcel ever registered: parcel_id, family, natural_key, geometry in the same CRS, and ``current`` (bool)
        where gone ones are among them.
    county_code
        Six digits; numbers read ``141127-P00001``.

    Returns
    -------
    Identity
        New numbers follow on the highest known one of the family, by township, key, then north to south and west to
        east.

    Examples
    --------
    >>> square = shapely.box(37548000, 4240000, 37548100, 4240100)
    >>> new = gpd.GeoDataFrame({"family": ["P"], "natural_key": ["甲"]}, geometry=[square], crs="EPSG:4525")
    >>> none = new.assign(parcel_id="").iloc[:0]
    >>> assign_parcel_ids(new, none, county_code="141127").ids.tolist()
    ['141127-P00001']
    """
    fresh = _in_order(_plain(new, new.get("township_code")))
    gone = ~known["current"].astype(bool) if "current" in known else pd.Series(False, index=known.index)
    old = _plain(known, None).assign(
        parcel_id=known["parcel_id"].to_numpy(dtype=object), gone=gone.to_numpy()
    )
    old = old.sort_values(["gone", "parcel_id"], kind="stable")
    positions = fresh.index.to_numpy()
    fresh, old = fresh.reset_index(drop=True), old.reset_index(drop=True)

    matches = match_known(fresh, old)
    ids = np.full(len(fresh), None, dtype=object)
    found = matches.known >= 0
    ids[found] = old["parcel_id"].to_numpy()[matches.known[found]]
    _number(ids, fresh["family"].to_numpy(), known=old["parcel_id"], county_code=county_code)
    fate, lineage = fates_and_lineage(fresh.assign(parcel_id=ids), old, matches=matches)
    index = new.index[positions]
    return Identity(
        ids=pd.Series(ids, index=index, name="parcel_id", dtype="str").reindex(new.index),
        fate=pd.Series(fate, index=index, name="fate", dtype="str").reindex(new.index),
        lineage=lineage,
    )


def _plain(frame: gpd.GeoDataFrame, township: pd.Series[Any] | None) -> pd.DataFrame:
    shapes = frame.geometry.to_numpy()
    box = shapely.bounds(shapes)
    return pd.DataFrame(box, columns=list(BOX)).assign(
        family=frame["family"].to_numpy(dtype=object),
        key=frame["natural_key"].astype("str").fillna("").to_numpy(dtype=object),
        township="" if township is None else township.astype("str").fillna("").to_numpy(dtype=object),
        shape=shapes,
    )


def _in_order(new: pd.DataFrame) -> pd.DataFrame:
    """Sort by what a reader sees: township, key, north to south, west to east; then by anything that differs."""
    centre = shapely.centroid(new["shape"].to_numpy())
    place = new.assign(
        south=-np.round(shapely.get_y(centre)),
        east=np.round(shapely.get_x(centre)),
        plane_m2=shapely.area(new["shape"].to_numpy()),
    )
    by = ["township", "family", "key", "south", "east", *BOX, "plane_m2"]
    return new.loc[place.sort_values(by, kind="stable").index]


def _number(
    ids: npt.NDArray[np.object_],
    families: npt.NDArray[np.object_],
    *,
    known: pd.Series[Any],
    county_code: str,
) -> None:
    """Fill the gaps in ``ids``, an array made for this call, with the numbers that follow."""
    for family in sorted(set(families)):
        given = known.str.extract(rf"^{county_code}-{family}(\d+)$", expand=False).dropna().astype("int64")
        first = int(given.max()) + 1 if len(given) else 1
        gaps = np.flatnonzero((families == family) & np.array([i is None for i in ids], dtype=bool))
        ids[gaps] = [f"{county_code}-{family}{first + n:0{_DIGITS}d}" for n in range(len(gaps))]
