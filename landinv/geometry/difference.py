"""Shapes less other shapes, and what the two have in common, each from its own geometry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from landinv.geometry.area import FloatArray, IntArray, ShapeArray
from landinv.geometry.overlaps import NOISE_M2, intersections, meeting_pairs
from landinv.geometry.threads import in_threads


@dataclass(frozen=True)
class Overlay:
    """Pairs that share an area: positions in targets and cutters, the shared shape, its plane area (m²)."""

    target: IntArray
    cutter: IntArray
    shape: ShapeArray
    area_plane_m2: FloatArray

    def turned(self) -> Overlay:
        """The same pairs with targets and cutters exchanged."""
        return Overlay(self.cutter, self.target, self.shape, self.area_plane_m2)

    def and_also(self, other: Overlay) -> Overlay:
        """These pairs and then the other ones."""
        return Overlay(
            np.concatenate([self.target, other.target]),
            np.concatenate([self.cutter, other.cutter]),
            np.concatenate([self.shape, other.shape]),
            np.concatenate([self.area_plane_m2, other.area_plane_m2]),
        )

    def only(self, wanted: npt.NDArray[np.bool_]) -> Overlay:
        """The pairs for which ``wanted`` is true."""
        return Overlay(
            self.target[wanted], self.cutter[wanted], self.shape[wanted], self.area_plane_m2[wanted]
        )


def canonical_order(shapes: ShapeArray) -> IntArray:
    """Positions that put normalised shapes in an order of their own, whatever order they came in; nulls first."""
    keys = [key or b"" for key in shapely.to_wkb(shapes, byte_order=0).tolist()]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.intp)


def overlay(targets: npt.ArrayLike, cutters: npt.ArrayLike) -> Overlay:
    """Every pair of a target and a cutter that share more than 1e-4 m², in an order the input's order cannot change.

    Parameters
    ----------
    targets, cutters
        Arrays of valid polygons in one plane CRS, metres; null and empty shapes meet nothing.

    Returns
    -------
    Overlay
        Pairs by target, then by the canonical order of cutters.
    """
    ours, theirs = shapely.normalize(_shapes(targets)), shapely.normalize(_shapes(cutters))
    order = canonical_order(theirs)
    i, k = meeting_pairs(ours, theirs[order])
    return _sharing(ours, theirs, i, order[k])


def overlay_within(shapes: npt.ArrayLike, rank: npt.ArrayLike) -> Overlay:
    """Pairs of one array that share more than 1e-4 m²; the target is the one of higher rank.

    Parameters
    ----------
    shapes
        Array of valid polygons in a plane CRS, metres; null and empty ones meet nothing.
    rank
        A number for each shape, all different.

    Returns
    -------
    Overlay
        By target, then by rank of the cutter.
    """
    ours, ranks = shapely.normalize(_shapes(shapes)), np.asarray(rank)
    i, j = meeting_pairs(ours, ours)
    later = ranks[i] > ranks[j]
    i, j = i[later], j[later]
    order = np.lexsort((ranks[j], i))
    return _sharing(ours, ours, i[order], j[order])


def subtract(targets: npt.ArrayLike, cutters: npt.ArrayLike, *, pairs: Overlay | None = None) -> ShapeArray:
    """Each target less all the cutters that share an area with it.

    Parameters
    ----------
    targets, cutters
        Arrays of valid polygons in one plane CRS, metres.
    pairs
        Who cuts whom, where :func:`overlay` has been asked already.

    Returns
    -------
    ndarray of object
        One normalised shape for each target, empty where nothing is left; untouched targets as they came, null ones
        null. The order of the cutters, and where their rings begin, change nothing.

    Examples
    --------
    >>> left = subtract([shapely.box(0, 0, 10, 10)], [shapely.box(0, 0, 4, 10), shapely.box(3, 0, 5, 10)])
    >>> left[0].bounds
    (5.0, 0.0, 10.0, 10.0)
    """
    ours, theirs = _shapes(targets), shapely.normalize(_shapes(cutters))
    if pairs is None:
        order = canonical_order(theirs)
        target, k = meeting_pairs(ours, theirs[order])
        cutter = order[k]
    else:
        target, cutter = pairs.target, pairs.cutter
    met = np.unique(target)
    rest = ours.copy()
    rest[met] = shapely.normalize(rest[met])
    rest = _in_rounds(rest, target, theirs[cutter], _less)
    cut = met[shapely.area(rest[met]) < shapely.area(ours[met]) - NOISE_M2]
    result = ours.copy()
    result[cut] = shapely.normalize(rest[cut])
    return result


def _less(shapes: ShapeArray, cutters: ShapeArray) -> ShapeArray:
    """Each shape less the one beside it, or as it was where they share no more than rounding."""
    rest = shapely.difference(shapes, cutters)
    return np.where(shapely.area(shapes) - shapely.area(rest) > NOISE_M2, rest, shapes)


def merged(shapes: ShapeArray, group: IntArray, groups: int) -> ShapeArray:
    """Union of the shapes of each group, 0 to ``groups`` - 1; null for a group of none."""
    whole = np.full(groups, None, dtype=np.object_)
    present, first = np.unique(group, return_index=True)
    whole[present] = shapes[first]
    later = np.ones(len(group), dtype=bool)
    later[first] = False
    return _in_rounds(whole, group[later], shapes[later], shapely.union)


def explode(shapes: npt.ArrayLike) -> tuple[ShapeArray, IntArray]:
    """Single polygons of all shapes, and the position of the shape each came from; lines and points are left out."""
    parts, source = shapely.get_parts(_shapes(shapes), return_index=True)
    polygons = (shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)
    return parts[polygons], source[polygons].astype(np.intp)


def _sharing(targets: ShapeArray, cutters: ShapeArray, i: IntArray, j: IntArray) -> Overlay:
    shape = intersections(targets[i], cutters[j])
    area = np.asarray(shapely.area(shape), dtype=np.float64)
    return Overlay(i, j, shape, area).only(area > NOISE_M2)


def _shapes(geoms: npt.ArrayLike) -> ShapeArray:
    return np.asarray(geoms, dtype=np.object_)


def _in_rounds(
    start: ShapeArray,
    group: IntArray,
    operands: ShapeArray,
    operation: Callable[[ShapeArray, ShapeArray], ShapeArray],
) -> ShapeArray:
    """Apply an operation to each group's shape with its first operand, then its second, … a whole round at once."""
    order = np.argsort(group, kind="stable")
    sorted_group = group[order]
    first = np.searchsorted(sorted_group, sorted_group, side="left")
    nth = np.arange(len(order)) - first
    result = start.copy()
    for turn in range(int(nth.max()) + 1 if len(nth) else 0):
        now = order[nth == turn]
        result[group[now]] = in_threads(operation, result[group[now]], operands[now])
    return result
