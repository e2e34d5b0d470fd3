"""Whether a layer's coordinates carry the shift of web maps (GCJ-02): held against the county's survey, both ways.

A shifted layer looks sound by itself: it lies in the county, hundreds of metres beside the truth. Only something that
is in its right place can tell, so each layer is compared as it stands and with the shift undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from landinv.errors import CRSError
from landinv.geometry.area import FloatArray, ShapeArray
from landinv.geometry.extent import convex_hull
from landinv.geometry.gcj02 import with_gcj02, without_gcj02
from landinv.i18n import gettext as _
from landinv.i18n import official
from landinv.intake.county_reference import Reference
from landinv.intake.naming import shown
from landinv.model.crs import GCJ02
from landinv.model.datasets import Dataset, Evidence

SAMPLE: Final = 5_000
NEAR_M: Final = 1.0
SUBJECT: Final = "shift"
AS_GIVEN: Final = "none"
UNDECIDED: Final = "undecided"
_LEAST_HITS: Final = 8  # of a layer's vertices on the survey's borders: fewer may be chance
_LEAST_SHARE: Final = 0.3
_TIMES: Final = 3.0
_LIKE_COUNTY: Final = (
    0.7,
    1.4,
)  # area of a layer's hull by the county's: a layer that means the whole county
_CLEARLY: Final = 0.5
_LEAST_OUTSIDE: Final = 20  # vertices
_OUTSIDE_SHARE: Final = 0.01


@dataclass(frozen=True)
class Fit:
    """How well a layer fits as it stands and moved: ``verdict`` is given, moved, or nothing where neither is clear.

    ``words`` are official Chinese; ``moved_m`` is the way (east, north) from given to moved.
    """

    verdict: str
    words: str
    moved_m: tuple[float, float]


def shift_of(dataset: Dataset, shapes: ShapeArray, reference: Reference) -> Evidence:
    """Whether a layer fits the county's survey as it stands, or with the shift of web maps undone.

    Parameters
    ----------
    dataset
        The source; one that was read as GCJ-02 is tried with the shift put back instead.
    shapes
        Its polygons in the county's CRS, nulls passed over.
    reference
        What is trusted.

    Returns
    -------
    Evidence
        Subject ``shift``; the decision is ``none`` where it fits as it stands, ``undecided`` where nothing is clear.

    Raises
    ------
    CRSError
        If the layer fits decisively better moved; the message says how far and which way.
    """
    fit = fit_of(shapes, reference, put_back=dataset.account.crs == GCJ02)
    if fit.verdict == "moved":
        raise _refusal(dataset, fit)
    decision, confidence = (AS_GIVEN, 0.95) if fit.verdict == "given" else (UNDECIDED, 0.0)
    return Evidence(SUBJECT, decision, fit.words, confidence)


def fit_of(shapes: ShapeArray, reference: Reference, *, put_back: bool = False) -> Fit:
    """Compare a layer with the reference as it stands and moved.

    A vertex within 1 m of the survey's borders is a hit; the side with three times as many hits, and at least 30 % of
    the vertices, is right. Where borders do not tell, and the layer is as large as the county, the hulls do.
    """
    move = with_gcj02 if put_back else without_gcj02
    given = _sampled(shapes)
    moved = shapely.get_coordinates(move(shapely.points(given), reference.crs))
    way = (moved - given).mean(axis=0)
    moved_m = (float(way[0]), float(way[1]))
    hits = (_hits(given, reference), _hits(moved, reference))
    words = (
        official("{given} of {count} vertices lie on the survey's borders, {moved} with the shift put back")
        if put_back
        else official(
            "{given} of {count} vertices lie on the survey's borders, {moved} with the shift undone"
        )
    )
    told = words.format(given=hits[0], moved=hits[1], count=len(given))
    verdict = _clear(float(hits[0]), float(hits[1]), len(given))
    if verdict:
        return Fit(verdict, told, moved_m)
    verdict, hulls = _by_hulls(shapes, reference, put_back=put_back)
    return Fit(verdict, f"{told}；{hulls}" if hulls else told, moved_m)


def leaves_county_by_shift(shapes: ShapeArray, reference: Reference) -> tuple[int, int, int] | None:
    """Vertices tried, outside the county as it stands, and outside with the shift undone, where that is telling.

    A hint and no proof: a layer may end beside the county's border for good reasons. None where it tells nothing.
    """
    given = _sampled(shapes)
    moved = shapely.get_coordinates(without_gcj02(shapely.points(given), reference.crs))
    shapely.prepare(reference.outline)
    outside = [
        int((~shapely.contains_xy(reference.outline, xy[:, 0], xy[:, 1])).sum()) for xy in (given, moved)
    ]
    if outside[0] < max(_LEAST_OUTSIDE, _OUTSIDE_SHARE * len(given)) or outside[1] * 10 > outside[0]:
        return None
    return len(given), outside[0], outside[1]


def _sampled(shapes: ShapeArray) -> FloatArray:
    """Vertices spread over the layer, each once, at most 5,000."""
    xy = shapely.get_coordinates(shapes)
    step = max(1, len(xy) // SAMPLE)
    return np.unique(xy[::step][:SAMPLE], axis=0)


def _hits(xy: FloatArray, reference: Reference) -> int:
    """How many points lie within 1 m of a border of the reference."""
    boxes = shapely.box(*(xy - NEAR_M).T, *(xy + NEAR_M).T)
    point, shape = reference.tree.query(boxes)
    wanted, place = np.unique(shape, return_inverse=True)
    borders = shapely.boundary(reference.shapes[wanted])
    shapely.prepare(borders)
    near = shapely.dwithin(borders[place], shapely.points(xy)[point], NEAR_M)
    return len(np.unique(point[near]))


def _clear(given: float, moved: float, count: int) -> str:
    best = max(given, moved)
    if best < _LEAST_HITS or best < _LEAST_SHARE * count or min(given, moved) * _TIMES > best:
        return ""
    return "moved" if moved > given else "given"


def _by_hulls(shapes: ShapeArray, reference: Reference, *, put_back: bool) -> tuple[str, str]:
    """Verdict by the hulls of a layer that is as large as the county; nothing for any other."""
    hull: Any = convex_hull(shapes)
    county: Any = reference.hull
    ratio = hull.area / county.area if county.area else 0.0
    if not _LIKE_COUNTY[0] <= ratio <= _LIKE_COUNTY[1]:
        return "", ""
    move = with_gcj02 if put_back else without_gcj02
    one = np.array([hull, county], dtype=np.object_)
    moved, displaced = move(one, reference.crs)
    off = [h.symmetric_difference(county).area for h in (hull, moved)]
    by_shift = displaced.symmetric_difference(county).area
    words = (
        official("outlines differ by {given:.2f} km², by {moved:.2f} km² with the shift put back")
        if put_back
        else official("outlines differ by {given:.2f} km², by {moved:.2f} km² with the shift undone")
    ).format(given=off[0] / 1e6, moved=off[1] / 1e6)
    if max(off) < _CLEARLY * by_shift or min(off) > _CLEARLY * max(off):
        return "", words
    return ("moved" if off[1] < off[0] else "given"), words


def _refusal(dataset: Dataset, fit: Fit) -> CRSError:
    east, north = fit.moved_m
    way = _("{x:.0f} m {east_or_west} and {y:.0f} m {north_or_south}").format(
        x=abs(east),
        east_or_west=_("to the east") if east > 0 else _("to the west"),
        y=abs(north),
        north_or_south=_("to the north") if north > 0 else _("to the south"),
    )
    path = shown(dataset.options.path.name)
    if dataset.account.crs == GCJ02:
        return CRSError(
            _(
                "{path}: it is given as GCJ-02, but fits the county's survey {way} of where that puts it."
            ).format(path=path, way=way),
            hint=_('Take crs = "GCJ-02" off this source: its coordinates are not shifted.'),
        )
    return CRSError(
        _(
            "{path}: it fits the county's survey when moved {way}: its coordinates are those of web maps (GCJ-02)."
        ).format(path=path, way=way),
        hint=_(
            'Ask its provider for true coordinates (CGCS2000); or write crs = "GCJ-02" at this source: it is then '
            "converted to 1 to 5 m, for orientation alone."
        ),
    )
