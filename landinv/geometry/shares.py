"""How much of each parcel lies in which zones of a theme, in ellipsoidal m², so that the parts make the whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landinv.geometry.area import ellipsoidal_area_m2
from landinv.geometry.arrays import FloatArray, IntArray, ShapeArray
from landinv.geometry.difference import canonical_order, explode, subtract
from landinv.geometry.overlap_area import Parcels
from landinv.geometry.share_pieces import (
    KEY,
    LEAST_M2,
    Pieces,
    cut_pieces,
    may_be_thin,
    overlapping_parcels,
    pieces_of,
    really_overlapping,
    thin_pieces,
)
from landinv.geometry.width import fits_disc
from landinv.model.parcels import NOISE, UNCOVERED


@dataclass(frozen=True)
class Shares:
    """Result of :func:`overlay_shares`.

    ``rows`` and ``excess`` have the columns parcel (position, int), code (text), area_m2 (ellipsoidal). ``rows`` are
    the shares, ordered by parcel and code, with ``thin``: the share is nothing but strips narrower than the width
    asked for (see :func:`noise_summed`). ``excess`` is land that zones of other codes claim too, under the code
    that does not get it; only for themes that tessellate.
    """

    rows: pd.DataFrame
    excess: pd.DataFrame


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
        to the parcel's largest. The order of parcels, zones, or threads, where rings begin and how they run change
        nothing.

    Raises
    ------
    pyproj.exceptions.CRSError
        If the CRS is unknown.

    Examples
    --------
    >>> parcel = shapely.box(37548000, 4240000, 37548100, 4240100)
    >>> field = shapely.box(37548000, 4240000, 37548060, 4240200)
    >>> shares = overlay_shares([parcel], [field], ["0103"], crs="EPSG:4525", tessellating=True)
    >>> shares.rows[["parcel", "code", "area_m2"]].round(2)
       parcel       code  area_m2
    0       0       0103  5999.66
    1       0  uncovered  3999.77
    """
    return zone_shares(Parcels.of(parcels, crs), zones, codes, tessellating=tessellating)


def zone_shares(
    parcels: Parcels, zones: npt.ArrayLike, codes: npt.ArrayLike, *, tessellating: bool, thin_m: float = 0.0
) -> Shares:
    """As :func:`overlay_shares`, of parcels prepared once for several themes.

    ``thin_m``: width (m) below which a piece is marked ``thin``, in parcels that are wider; 0 marks none.
    """
    theirs = np.asarray(zones, dtype=np.object_)
    names = pd.Series(np.asarray(codes, dtype=np.object_)).fillna("").astype(str).to_numpy(dtype=np.object_)
    pieces = pieces_of(parcels, theirs, names)
    thin = np.zeros(len(pieces.frame), dtype=bool)
    if thin_m > 0.0:
        thin = thin_pieces(parcels, pieces, theirs, thin_m)
    rows, excess = _sums(pieces.frame), _no_rows()
    cut, twice = _counted_twice(parcels, pieces, theirs, tessellating=tessellating)
    if len(twice):
        once, excess = _counted_once(cut, twice, crs=parcels.crs, tessellating=tessellating)
        rows = pd.concat([rows[~rows["parcel"].isin(twice)], once], ignore_index=True)
    rows = _filled_up(rows, parcels.area_m2) if tessellating else rows[rows["area_m2"] >= LEAST_M2]
    broad = pd.MultiIndex.from_frame(pieces.frame[~thin][KEY].drop_duplicates())
    told = rows.assign(thin=~pd.MultiIndex.from_frame(rows[KEY]).isin(broad))
    gaps = (told["code"] == UNCOVERED).to_numpy()
    told.loc[gaps, "thin"] = _thin_gaps(parcels, theirs, told[gaps], thin_m)
    return Shares(_ordered(told), _ordered(excess)[[*KEY, "area_m2"]])


def noise_summed(rows: pd.DataFrame) -> pd.DataFrame:
    """Shares of nothing but thin strips as one row ``noise`` a parcel and theme; sums stay what they were.

    Parameters
    ----------
    rows
        Columns parcel, code, area_m2, thin.

    Returns
    -------
    DataFrame
        parcel, code, area_m2, ordered by parcel and code.

    Examples
    --------
    >>> rows = pd.DataFrame({"parcel": 0, "code": ["a", "b", "c"], "area_m2": [90.0, 6.0, 4.0]})
    >>> noise_summed(rows.assign(thin=[False, True, True]))
       parcel   code  area_m2
    0       0      a     90.0
    1       0  noise     10.0
    """
    return _sums(rows.assign(code=rows["code"].mask(rows["thin"].to_numpy(dtype=bool), NOISE)))


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
        0.01 m²); one row a parcel, by parcel. The larger area wins, then the smaller code; ``uncovered`` and ``noise``
        only where there is no other.

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
        rest=shares["code"].isin([UNCOVERED, NOISE]),
        cents=(shares["area_m2"] / LEAST_M2).round(),
    )
    ranked = ranked.sort_values(
        ["parcel", "rest", "cents", "code"], ascending=[True, True, False, True], kind="stable"
    )
    same = ranked.duplicated(["parcel", "rest", "cents"], keep=False)
    main = ranked.assign(tied=same).drop_duplicates("parcel")
    return main[["parcel", "code", "area_m2", "share", "tied"]].reset_index(drop=True)


def _counted_twice(
    parcels: Parcels, pieces: Pieces, zones: ShapeArray, *, tessellating: bool
) -> tuple[Pieces, IntArray]:
    """Parcels in which pieces lie on one another, and the pieces of these, cut out."""
    same_code = not tessellating
    doubtful = overlapping_parcels(parcels, pieces, zones, same_code=same_code)
    if pieces.shape is None:
        asked = pieces.frame[pieces.frame["parcel"].isin(doubtful)]
        codes = np.full(len(zones), "", dtype=np.object_)
        codes[asked["zone"]] = asked["code"]
        pieces = cut_pieces(parcels, zones, codes, (asked["parcel"].to_numpy(), asked["zone"].to_numpy()))
    return pieces, really_overlapping(pieces, doubtful, same_code=same_code)


def _counted_once(
    pieces: Pieces, parcels: IntArray, *, crs: str, tessellating: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Shares of parcels whose pieces overlap: united by code and, where the theme tessellates, less smaller codes."""
    assert pieces.shape is not None
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


def _thin_gaps(
    parcels: Parcels, zones: ShapeArray, gaps: pd.DataFrame, thin_m: float
) -> npt.NDArray[np.bool_]:
    """Whether what no zone covers of a parcel is nothing but strips narrower than a width."""
    position = gaps["parcel"].to_numpy(dtype=np.intp)
    box = shapely.bounds(parcels.shape[position])
    thin = may_be_thin(gaps["area_m2"].to_numpy(), box[:, 2:] - box[:, :2], thin_m)
    asked = position[thin]
    thin[thin] = fits_disc(parcels.shape[asked], thin_m)
    asked = position[thin]
    if len(asked):
        near = np.unique(shapely.STRtree(zones).query(parcels.shape[asked])[1])
        rest, owner = explode(subtract(parcels.shape[asked], zones[near]))
        broad = np.bincount(owner, weights=fits_disc(rest, thin_m), minlength=len(asked)) > 0.0
        thin[thin] = ~broad
    return thin


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    whole = rows.sort_values(KEY, kind="stable").reset_index(drop=True)
    return whole.astype({"parcel": "int64", "code": "str", "area_m2": "float64"})


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame({"parcel": [], "code": [], "area_m2": []})
