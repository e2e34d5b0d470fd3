"""How much of each parcel lies in which zones of a theme, in ellipsoidal m², so that the parts make the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landinv.geometry.area import FloatArray, IntArray, ShapeArray, ellipsoidal_area_m2
from landinv.geometry.difference import canonical_order
from landinv.geometry.moments import makes_whole
from landinv.geometry.overlaps import NOISE_M2, intersections
from landinv.model.parcels import UNCOVERED

LEAST_M2: Final = 0.01  # the survey's last decimal; less is no row
KEY: Final = ["parcel", "code"]


@dataclass(frozen=True)
class Shares:
    """Result of :func:`overlay_shares`.

    ``rows`` and ``excess`` have the columns parcel (position, int), code (text), area_m2 (ellipsoidal). ``rows`` are
    the shares, ordered by parcel and code. ``excess`` is land that zones of other codes claim too, under the code
    that does not get it; only for themes that tessellate.
    """

    rows: pd.DataFrame
    excess: pd.DataFrame


@dataclass(frozen=True)
class _Pieces:
    """Parcel, zone, code and ellipsoidal area of each common piece, and beside it the shape."""

    frame: pd.DataFrame
    shape: ShapeArray


def overlay_shares(
    parcels: npt.ArrayLike, zones: npt.ArrayLike, codes: npt.ArrayLike, *, crs: str, tessellating: bool
) -> Shares:
    """Area of each parcel within the zones of each code.

    Parameters
    ----------
    parcels
        Array of valid polygons; null and empty ones get no rows.
    zones
        Array of valid polygons of one theme; null and empty ones are passed over.
    codes
        Text for each zone; a missing one counts as an empty code.
    crs
        CRS of both (easting, northing).
    tessellating
        Whether the theme should cover everything once. If so, what no zone covers becomes the code ``uncovered``,
        land claimed under several codes goes to the smallest of them (the rest is told in ``excess``), and the rows
        of a parcel add up to its ellipsoidal area. If not, codes may overlap and nothing is filled up.

    Returns
    -------
    Shares
        Land under several zones of one code counts once. Less than 0.01 m² is no row: in a tessellating theme it goes
        to the parcel's largest. The order of parcels, zones, or threads changes nothing.

    Raises
    ------
    pyproj.exceptions.CRSError
        If the CRS is unknown.

    Examples
    --------
    >>> parcel = shapely.box(37548000, 4240000, 37548100, 4240100)
    >>> field = shapely.box(37548000, 4240000, 37548060, 4240200)
    >>> overlay_shares([parcel], [field], ["0103"], crs="EPSG:4525", tessellating=True).rows.round(2)
       parcel       code  area_m2
    0       0       0103  5999.66
    1       0  uncovered  3999.77
    """
    ours = np.asarray(parcels, dtype=np.object_)
    theirs = np.asarray(zones, dtype=np.object_)
    area = ellipsoidal_area_m2(ours, crs)
    pieces = _pieces(ours, theirs, crs=crs, area=area)
    names = pd.Series(np.asarray(codes, dtype=np.object_)).fillna("").astype(str).to_numpy(dtype=np.object_)
    pieces.frame["code"] = names[pieces.frame["zone"].to_numpy()]
    doubtful = _may_overlap(pieces, ours, tessellating=tessellating)
    counted_twice = _parcels_with_overlap(pieces, doubtful, same_code_only=not tessellating)
    rows, excess = _sums(pieces.frame[~pieces.frame["parcel"].isin(counted_twice)]), _no_rows()
    if len(counted_twice):
        once, excess = _counted_once(pieces, counted_twice, crs=crs, tessellating=tessellating)
        rows = pd.concat([rows, once], ignore_index=True)
    rows = _filled_up(rows, area) if tessellating else rows[rows["area_m2"] >= LEAST_M2]
    return Shares(_ordered(rows), _ordered(excess))


def main_share(shares: pd.DataFrame) -> pd.DataFrame:
    """The code that holds most of each parcel.

    Parameters
    ----------
    shares
        Columns parcel, code, area_m2, as in :attr:`Shares.rows`.

    Returns
    -------
    DataFrame
        parcel, code, area_m2, share (of the sum of the parcel's rows, 0 to 1), tied (another code has as much, to
        0.01 m²); one row a parcel, by parcel. The larger area wins, then the smaller code; ``uncovered`` only where
        there is no other.

    Examples
    --------
    >>> rows = pd.DataFrame({"parcel": [0, 0], "code": ["0601", "0103"], "area_m2": [50.0, 50.0]})
    >>> main_share(rows)
       parcel  code  area_m2  share  tied
    0       0  0103     50.0    0.5  True
    """
    total = shares.groupby("parcel")["area_m2"].transform("sum")
    ranked = shares.assign(
        share=(shares["area_m2"] / total.where(total > 0.0)).fillna(0.0),
        rest=shares["code"] == UNCOVERED,
        cents=(shares["area_m2"] / LEAST_M2).round(),
    )
    ranked = ranked.sort_values(
        ["parcel", "rest", "cents", "code"], ascending=[True, True, False, True], kind="stable"
    )
    same = ranked.duplicated(["parcel", "rest", "cents"], keep=False)
    main = ranked.assign(tied=same).drop_duplicates("parcel")
    return main[["parcel", "code", "area_m2", "share", "tied"]].reset_index(drop=True)


def _pieces(ours: ShapeArray, theirs: ShapeArray, *, crs: str, area: FloatArray) -> _Pieces:
    """Common pieces of parcels and zones; only pairs of which neither covers the other need an intersection."""
    i, j = shapely.STRtree(theirs).query(ours, predicate="intersects")
    whole_parcel = _covering(theirs, ours, j, i)
    whole_zone = ~whole_parcel
    whole_zone[whole_zone] = _covering(ours, theirs, i[whole_zone], j[whole_zone])
    partly = ~(whole_parcel | whole_zone)
    shape = np.where(whole_parcel, ours[i], theirs[j])
    shape[partly] = intersections(ours[i[partly]], theirs[j[partly]])
    size = np.where(whole_parcel, area[i], 0.0)
    measured = ~whole_parcel
    size[measured] = ellipsoidal_area_m2(shape[measured], crs)
    real = size > NOISE_M2
    frame = pd.DataFrame({"parcel": i, "zone": j, "area_m2": size})[real].reset_index(drop=True)
    return _Pieces(frame, shape[real])


def _covering(outer: ShapeArray, inner: ShapeArray, i: IntArray, j: IntArray) -> npt.NDArray[np.bool_]:
    """Whether each outer shape covers the inner one beside it; boxes first, prepared shapes after."""
    around, within = shapely.bounds(outer)[i], shapely.bounds(inner)[j]
    covers = (around[:, :2] <= within[:, :2]).all(axis=1) & (around[:, 2:] >= within[:, 2:]).all(axis=1)
    shapely.prepare(outer[np.unique(i[covers])])
    covers[covers] = shapely.covers(outer[i[covers]], inner[j[covers]])
    return np.asarray(covers, dtype=bool)


def _may_overlap(pieces: _Pieces, ours: ShapeArray, *, tessellating: bool) -> IntArray:
    """Parcels whose pieces could lie on one another, told without laying them on one another."""
    groups = pieces.frame.groupby("parcel" if tessellating else KEY)["parcel"]
    several = np.unique(groups.first()[groups.size() > 1].to_numpy(dtype=np.intp))
    if not tessellating:
        return several
    among = pieces.frame["parcel"].isin(several).to_numpy()
    position = np.searchsorted(several, pieces.frame["parcel"].to_numpy()[among])
    return several[~makes_whole(ours[several], pieces.shape[among], position)]


def _parcels_with_overlap(pieces: _Pieces, doubtful: IntArray, *, same_code_only: bool) -> IntArray:
    """Of the doubtful parcels, those in which two pieces do share an area."""
    asked = pieces.frame[pieces.frame["parcel"].isin(doubtful)]
    asked = asked[["parcel", "code"]].assign(piece=asked.index)
    pairs = asked.merge(asked, on=KEY if same_code_only else "parcel", suffixes=("", "_other"))
    pairs = pairs[pairs["piece"] < pairs["piece_other"]]
    left = pieces.shape[pairs["piece"].to_numpy()]
    right = pieces.shape[pairs["piece_other"].to_numpy()]
    near = _boxes_overlap(left, right)
    shared = shapely.area(intersections(left[near], right[near])) >= LEAST_M2
    return np.unique(pairs["parcel"].to_numpy()[near][shared])


def _boxes_overlap(left: ShapeArray, right: ShapeArray) -> npt.NDArray[np.bool_]:
    a, b = shapely.bounds(left), shapely.bounds(right)
    overlap = (a[:, :2] < b[:, 2:]) & (b[:, :2] < a[:, 2:])
    return np.asarray(overlap.all(axis=1), dtype=bool)


def _counted_once(
    pieces: _Pieces, parcels: IntArray, *, crs: str, tessellating: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Shares of parcels whose pieces overlap: united by code and, where the theme tessellates, less smaller codes."""
    chosen = pieces.frame["parcel"].isin(parcels).to_numpy()
    frame = pieces.frame[chosen][KEY].assign(shape=shapely.normalize(pieces.shape[chosen]))
    frame = frame.iloc[canonical_order(frame["shape"].to_numpy())]
    # a loop: unions of few, unequal groups, and only in parcels where zones do overlap
    united = [(*key, shapely.union_all(part.to_numpy())) for key, part in frame.groupby(KEY)["shape"]]
    claimed = pd.DataFrame(united, columns=[*KEY, "shape"])
    own = claimed.assign(area_m2=ellipsoidal_area_m2(claimed["shape"].to_numpy(), crs))
    if not tessellating:
        return own[[*KEY, "area_m2"]], _no_rows()
    taken: list[shapely.Geometry] = []
    for _, part in claimed.groupby("parcel")["shape"]:
        before = shapely.Polygon()
        for shape in part:
            taken.append(shapely.difference(shape, before))
            before = shapely.union(before, shape)
    rows = own.assign(area_m2=ellipsoidal_area_m2(np.array(taken, dtype=np.object_), crs))[[*KEY, "area_m2"]]
    excess = own.assign(area_m2=own["area_m2"] - rows["area_m2"])[[*KEY, "area_m2"]]
    return rows[rows["area_m2"] > 0.0], excess[excess["area_m2"] >= LEAST_M2]


def _sums(frame: pd.DataFrame) -> pd.DataFrame:
    # ordered before summing: floating sums depend on their order, results must not depend on that of the zones
    ordered = frame.sort_values([*KEY, "area_m2"], kind="stable")
    return ordered.groupby(KEY)["area_m2"].sum().reset_index()


def _filled_up(rows: pd.DataFrame, area: FloatArray) -> pd.DataFrame:
    """Shares that add up to the parcel: the uncovered rest as a row, what is less than one to the largest row."""
    covered = rows.groupby("parcel")["area_m2"].sum().reindex(range(len(area)), fill_value=0.0).to_numpy()
    gap = np.flatnonzero(area - covered >= LEAST_M2)
    rest = pd.DataFrame({"parcel": gap, "code": UNCOVERED, "area_m2": (area - covered)[gap]})
    whole = pd.concat([rows, rest], ignore_index=True) if len(rest) else rows.reset_index(drop=True)
    largest = whole.sort_values(["parcel", "area_m2", "code"], ascending=[True, False, True])
    main = largest.drop_duplicates("parcel").index
    kept = whole[(whole["area_m2"] >= LEAST_M2) | whole.index.isin(main)]
    others = kept[~kept.index.isin(main)].groupby("parcel")["area_m2"].sum()
    parcel = kept.loc[main, "parcel"]
    size = area[parcel.to_numpy()] - parcel.map(others).fillna(0.0).to_numpy()
    return kept.assign(area_m2=kept["area_m2"].mask(kept.index.isin(main), pd.Series(size, index=main)))


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    whole = rows.sort_values(KEY, kind="stable").reset_index(drop=True)
    return whole.astype({"parcel": "int64", "code": "str", "area_m2": "float64"})[[*KEY, "area_m2"]]


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame({"parcel": [], "code": [], "area_m2": []})
