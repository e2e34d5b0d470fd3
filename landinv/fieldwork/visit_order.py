"""In which order to visit parcels: one open tour a township, by straight lines."""

from __future__ import annotations

import logging
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError as ProjError

from landinv.errors import CRSError
from landinv.i18n import gettext as _

VISIT_COLUMNS: Final = ("parcel_id", "township", "stop", "distance_m", "x", "y", "reason")
NO_SHAPE: Final = "没有图形，无法排定路线"
_SWEEP_BUDGET: Final = 40_000_000  # comparisons for a township: some seconds at most
_MOST_SWEEPS: Final = 50
_log = logging.getLogger(__name__)

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
ComplexArray = npt.NDArray[np.complex128]


def visit_order(parcels: gpd.GeoDataFrame, *, crs: str) -> pd.DataFrame:
    """Order of visit within each township.

    A tour is built from the parcel farthest from the middle of its township's parcels, always going on to the
    nearest one not visited yet, and is then shortened by 2-opt. It is open: nobody has to come back to the first
    stop. Distances are straight lines between points inside the parcels, not roads. The order of the rows does not
    matter.

    Parameters
    ----------
    parcels
        parcel_id, township (township_code where given), geometry in ``crs``.
    crs
        A projected CRS in metres, easting first.

    Returns
    -------
    DataFrame
        parcel_id, township, stop (from 1 in each township), distance_m from the stop before (0 at the first), x and
        y (easting, northing of a point inside), reason. Ordered by township code and stop. Parcels without a shape
        come last in their township: no stop, no distance, and a reason.

    Raises
    ------
    CRSError
        If ``crs`` is unknown or in degrees.
    """
    _require_metres(crs)
    townships = parcels["township"].fillna("").astype("str")
    codes = parcels["township_code"].fillna("") if "township_code" in parcels else townships
    frame = pd.DataFrame(
        {"parcel_id": parcels["parcel_id"], "township": townships, "code": codes, **_points(parcels)}
    ).sort_values(["code", "township", "parcel_id"], kind="stable", ignore_index=True)
    tours = [_township_tour(rows) for _key, rows in frame.groupby(["code", "township"], sort=True)]
    if not tours:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in VISIT_COLUMNS})
    return pd.concat(tours, ignore_index=True)[list(VISIT_COLUMNS)]


def open_tour(xy: FloatArray) -> IntArray:
    """Order in which to pass points so that the way is short; open, deterministic, not proven shortest.

    Parameters
    ----------
    xy
        Array (n, 2) of eastings and northings in metres.

    Returns
    -------
    ndarray
        Positions of the points in the order of visit.

    Examples
    --------
    >>> open_tour(np.array([[0.0, 0.0], [30.0, 0.0], [10.0, 0.0], [20.0, 0.0]])).tolist()
    [0, 2, 3, 1]
    """
    if len(xy) < 3:
        return np.arange(len(xy))
    # As complex numbers a distance is one call; from a near origin no digit is lost.
    points: ComplexArray = (xy - xy.mean(axis=0)) @ np.array([1.0, 1j])
    return _two_opt(points, _nearest_neighbours(points))


def _require_metres(crs: str) -> None:
    try:
        projected = CRS.from_user_input(crs).is_projected
    except ProjError as error:
        raise CRSError(
            _("{crs} is not a known coordinate reference system.").format(crs=crs),
            hint=_("Set crs in the [county] table, for example EPSG:4525."),
        ) from error
    if not projected:
        raise CRSError(
            _("A visit order needs metres, and {crs} is in degrees.").format(crs=crs),
            hint=_("Set a projected crs in the [county] table, for example EPSG:4525."),
        )


def _points(parcels: gpd.GeoDataFrame) -> dict[str, FloatArray]:
    inside = shapely.point_on_surface(np.asarray(parcels.geometry.array))
    return {"x": shapely.get_x(inside), "y": shapely.get_y(inside)}


def _township_tour(rows: pd.DataFrame) -> pd.DataFrame:
    shaped = rows["x"].notna() & rows["y"].notna()
    xy = rows.loc[shaped, ["x", "y"]].to_numpy(dtype=np.float64)
    order = open_tour(xy)
    placed = rows[shaped].iloc[order]
    legs = np.hypot(*np.diff(xy[order], axis=0).T)
    stops = pd.array(np.arange(1, len(order) + 1), dtype="Int64")
    tour = placed.assign(stop=stops, distance_m=np.concatenate([[0.0][: len(order)], legs]), reason="")
    missing: pd.Series = pd.Series(pd.NA, index=rows.index[~shaped], dtype="Int64")
    bare = rows[~shaped].assign(stop=missing, distance_m=np.nan, reason=NO_SHAPE)
    return pd.concat([part for part in (tour, bare) if len(part)], ignore_index=True)


def _nearest_neighbours(points: ComplexArray) -> IntArray:
    here = int(np.argmax(np.abs(points)))
    tour = np.empty(len(points), dtype=np.int64)
    visited = np.zeros(len(points), dtype=bool)
    # A loop over stops: each depends on the one before.
    for place in range(len(points)):
        tour[place] = here
        visited[here] = True
        away = np.abs(points - points[here])
        away[visited] = np.inf
        here = int(np.argmin(away))
    return tour


def _two_opt(points: ComplexArray, tour: IntArray) -> IntArray:
    """Turn stretches of the tour round while that shortens it; long tours get fewer sweeps."""
    sweeps = min(_MOST_SWEEPS, max(1, _SWEEP_BUDGET // len(tour) ** 2))
    path = points[tour]
    order = tour.copy()
    for _sweep in range(sweeps):
        improved = False
        for first in range(-1, len(order) - 2):
            last = _best_turn(path, first)
            if last is not None:
                turned = slice(first + 1, last + 1)
                path[turned], order[turned] = path[turned][::-1].copy(), order[turned][::-1].copy()
                improved = True
        if not improved:
            return order
    _log.debug("the tour over %d stops was stopped after %d sweeps", len(order), sweeps)
    return order


def _best_turn(path: ComplexArray, first: int) -> int | None:
    """Last stop of the stretch after ``first`` whose turning saves most, or None; -1 stands before the first stop."""
    ends = path[first + 2 :]
    joined = path[first + 3 :]
    saved = np.zeros(len(ends))  # past the last stop the tour is open
    saved[:-1] = np.abs(joined - ends[:-1]) - np.abs(joined - path[first + 1])
    if first >= 0:
        saved += abs(path[first + 1] - path[first]) - np.abs(ends - path[first])
    best = int(np.argmax(saved))
    return first + 2 + best if saved[best] > 1e-6 else None
