"""Area that two polygons share, as a sum over pairs of edges; compiled, and imported only where it is used.

A polygon is the signed sum of the strips beneath its edges, so the area common to two polygons is the signed sum of
what strips have in common: no shape is built. Strips are clipped to the box common to both; what lies above it counts
as its upper side. Holes and parts come by sign.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np

from landinv.geometry.areal_weight import Cells
from landinv.geometry.arrays import FloatArray, IntArray
from landinv.geometry.edge_table import EdgeTable

_GAUSS: Final = (
    0.5 - np.sqrt(3.0) / 6.0
)  # two points: exact for the third degree, which no integrand here exceeds

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _compiled(function: _Function) -> _Function:
    """Compiled without the interpreter's lock; kept on disk where a folder for that can be written."""
    try:
        return cast("_Function", numba.njit(nogil=True, cache=True)(function))
    except RuntimeError:
        return cast("_Function", numba.njit(nogil=True)(function))


@_compiled
def common_areas(tables: tuple[EdgeTable, EdgeTable], cells: Cells, pairs: IntArray, out: FloatArray) -> None:
    """Weighted area that shapes of two tables share, within the cells of a third shape's box.

    Parameters
    ----------
    tables
        Edges of the shapes on the left and on the right, in one plane CRS, metres.
    cells
        Where to measure, and the weight there.
    pairs
        Positions on the left, on the right, and in ``cells``; shape (n, 3).
    out
        Receives the area of each pair, m² of the ellipsoid.
    """
    left, right = tables
    first = np.empty((_most_strips(left), 5))
    second = np.empty((_most_strips(right), 5))
    box, weight = np.empty(4), np.empty(6)
    for n in range(len(pairs)):
        i, j, k = pairs[n, 0], pairs[n, 1], pairs[n, 2]
        total = 0.0
        for cell in range(cells.first[k], cells.first[k + 1]):
            if not _common_box(left.box[i], right.box[j], cells.box[cell], box):
                continue
            ours = _strips(left, i, box, first)
            if ours == 0:
                continue
            theirs = _strips(right, j, box, second)
            _moved_weight(cells.expansion[cell], box, weight)
            total += _common_strips(first[:ours], second[:theirs], weight)
        out[n] = total


@_compiled
def _most_strips(table: EdgeTable) -> int:
    """Room for the strips of any shape: at most two for each edge, and one."""
    most = 0
    for shape in range(len(table.first) - 1):
        edges = 0
        for run in range(table.first[shape], table.first[shape + 1]):
            edges += table.stop[run] - table.start[run]
        most = max(most, edges)
    return 2 * most + 2


@_compiled
def _common_box(a: FloatArray, b: FloatArray, c: FloatArray, out: FloatArray) -> bool:
    """The box common to three, west, south, east, north; False where there is none."""
    out[0] = max(a[0], b[0], c[0])
    out[1] = max(a[1], b[1], c[1])
    out[2] = min(a[2], b[2], c[2])
    out[3] = min(a[3], b[3], c[3])
    return bool(out[0] < out[2] and out[1] < out[3])


@_compiled
def _moved_weight(expansion: FloatArray, box: FloatArray, weight: FloatArray) -> None:
    """Coefficients of the weight about the lower left corner of a box."""
    x, y = box[0] - expansion[0], box[1] - expansion[1]
    one, e, n, ee, en, nn = (
        expansion[2], expansion[3], expansion[4], expansion[5], expansion[6], expansion[7],
    )  # fmt: skip
    weight[0] = one + e * x + n * y + ee * x * x + en * x * y + nn * y * y
    weight[1] = e + 2.0 * ee * x + en * y
    weight[2] = n + en * x + 2.0 * nn * y
    weight[3], weight[4], weight[5] = ee, en, nn


@_compiled
def _strips(table: EdgeTable, shape: int, box: FloatArray, out: FloatArray) -> int:
    """Strips of one shape within a box: x and y of the left end, of the right end (from the box's corner), sign.

    Stretches above the box are joined into one where one begins at the easting where the last ended.
    """
    count = 0
    width, height = box[2] - box[0], box[3] - box[1]
    above_from, above_to = 0.0, 0.0
    for run in range(table.first[shape], table.first[shape + 1]):
        of_run = table.run_box[run]
        if of_run[0] >= box[2] or of_run[2] <= box[0] or of_run[3] <= box[1]:
            continue
        start, stop = table.start[run], table.stop[run]
        if of_run[1] >= box[3]:
            begin = min(max(table.xy[start, 0] - box[0], 0.0), width)
            end = min(max(table.xy[stop, 0] - box[0], 0.0), width)
            if begin != above_to:
                count = _upper_side(above_from, above_to, height, count, out)
                above_from = begin
            above_to = end
            continue
        for vertex in range(start, stop):
            begin, end, count = _edge_strip(table.xy, vertex, box, count, out)
            if begin == end:
                continue
            if begin != above_to:
                count = _upper_side(above_from, above_to, height, count, out)
                above_from = begin
            above_to = end
    return _upper_side(above_from, above_to, height, count, out)


@_compiled
def _upper_side(begin: float, end: float, height: float, count: int, out: FloatArray) -> int:
    """Append the strip of a stretch above the box, if it has a length; the new count."""
    if begin == end:
        return count
    out[count, 0], out[count, 1] = min(begin, end), height
    out[count, 2], out[count, 3] = max(begin, end), height
    out[count, 4] = 1.0 if begin < end else -1.0
    return count + 1


@_compiled
def _edge_strip(
    xy: FloatArray, vertex: int, box: FloatArray, count: int, out: FloatArray
) -> tuple[float, float, int]:
    """Append what of an edge lies within the box; from where to where it runs above, and the new count."""
    width, height = box[2] - box[0], box[3] - box[1]
    px, py = xy[vertex, 0] - box[0], xy[vertex, 1] - box[1]
    qx, qy = xy[vertex + 1, 0] - box[0], xy[vertex + 1, 1] - box[1]
    forward = px < qx
    # from left to right, so that an edge and its reversed twin give the same digits
    lx, ly, rx, ry = (px, py, qx, qy) if forward else (qx, qy, px, py)
    if lx == rx or lx >= width or rx <= 0.0 or max(ly, ry) <= 0.0:
        return 0.0, 0.0, count
    slope = (ry - ly) / (rx - lx)
    x0, x1 = max(lx, 0.0), min(rx, width)
    y0 = ly if x0 == lx else ly + slope * (x0 - lx)
    y1 = ry if x1 == rx else ly + slope * (x1 - lx)
    if y0 >= height and y1 >= height:
        return (x0, x1, count) if forward else (x1, x0, count)
    above0, above1 = x0, x0
    if y0 > height:
        x0, y0 = min(max(lx + (height - ly) / slope, x0), x1), height
        above1 = x0
    elif y1 > height:
        above1 = x1
        x1, y1 = min(max(lx + (height - ly) / slope, x0), x1), height
        above0 = x1
    if y0 < 0.0:
        x0, y0 = min(max(lx - ly / slope, x0), x1), 0.0
    elif y1 < 0.0:
        x1, y1 = min(max(lx - ly / slope, x0), x1), 0.0
    if x0 < x1 and max(y0, y1) > 0.0:
        out[count, 0], out[count, 1], out[count, 2], out[count, 3] = x0, y0, x1, y1
        out[count, 4] = 1.0 if forward else -1.0
        count += 1
    return (above0, above1, count) if forward else (above1, above0, count)


@_compiled
def _common_strips(first: FloatArray, second: FloatArray, weight: FloatArray) -> float:
    """Signed sum over all pairs of strips of what both have in common."""
    total = 0.0
    for a in range(len(first)):
        al, ar = first[a, 0], first[a, 2]
        a_slope = (first[a, 3] - first[a, 1]) / (ar - al)
        for b in range(len(second)):
            low, high = max(al, second[b, 0]), min(ar, second[b, 2])
            if low >= high:
                continue
            b_slope = (second[b, 3] - second[b, 1]) / (second[b, 2] - second[b, 0])
            a0 = first[a, 1] + a_slope * (low - al)
            a1 = first[a, 1] + a_slope * (high - al)
            b0 = second[b, 1] + b_slope * (low - second[b, 0])
            b1 = second[b, 1] + b_slope * (high - second[b, 0])
            total += first[a, 4] * second[b, 4] * _beneath_both(low, high, (a0, a1, b0, b1), weight)
    return total


@_compiled
def _beneath_both(
    low: float, high: float, ordinates: tuple[float, float, float, float], weight: FloatArray
) -> float:
    """Weighted area beneath the lower of two lines, given their ordinates at both ends."""
    a0, a1, b0, b1 = ordinates
    at_low, at_high = a0 - b0, a1 - b1
    if at_low <= 0.0 and at_high <= 0.0:
        return _beneath(low, high, a0, a1, weight)
    if at_low >= 0.0 and at_high >= 0.0:
        return _beneath(low, high, b0, b1, weight)
    part = at_low / (at_low - at_high)
    x, y = low + part * (high - low), a0 + part * (a1 - a0)
    if at_low < 0.0:
        return _beneath(low, x, a0, y, weight) + _beneath(x, high, y, b1, weight)
    return _beneath(low, x, b0, y, weight) + _beneath(x, high, y, a1, weight)


@_compiled
def _beneath(low: float, high: float, y_low: float, y_high: float, weight: FloatArray) -> float:
    """Weighted area beneath a line."""
    step, rise = high - low, y_high - y_low
    area: float = (step / 2.0) * (
        _column(low + _GAUSS * step, y_low + _GAUSS * rise, weight)
        + _column(high - _GAUSS * step, y_high - _GAUSS * rise, weight)
    )
    return area


@_compiled
def _column(x: float, y: float, weight: FloatArray) -> float:
    """Integral of the weight from 0 to y."""
    whole: float = y * (
        weight[0]
        + x * (weight[1] + x * weight[3])
        + y * ((weight[2] + x * weight[4]) / 2.0 + y * weight[5] / 3.0)
    )
    return whole
