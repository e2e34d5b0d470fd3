"""Polygons joined from the border lines they name, all at once; each that does not close is told by itself."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from landinv.intake.worker.rings import Rings, ShapeArray, polygons_from_rings
from landinv.intake.worker.vct_objects import Lines, Polygons

IntArray = npt.NDArray[np.int64]

# Lines are written with the decimals of the database; ends that meet are equal but for the last of them.
_MEETS: Final = 1e-3


def border_polygons(lines: Lines, polygons: Polygons, wanted: list[int]) -> tuple[ShapeArray, dict[int, str]]:
    """Shapes of the polygons ``wanted`` (positions in the file), and for those that have none the reason.

    Coordinates are in the file's order and unit. A ring's lines must meet end to start within a millimetre; which
    rings are holes is decided by containment.
    """
    bad = {n: polygons.bad[p] for n, p in enumerate(wanted) if p in polygons.bad}
    position = {p: n for n, p in enumerate(wanted)}
    pieces = _pieces(lines, polygons, wanted, bad)
    indirect = _joined(lines, pieces, bad)
    own = [(position[p], first, count) for p, first, count in polygons.rings if p in position]
    rings = _together(indirect, own, polygons.xy)
    shapes = polygons_from_rings(rings, len(wanted))
    for n in bad:
        shapes[n] = None
    for n in np.flatnonzero([s is None for s in shapes]).tolist():
        bad.setdefault(n, "边界线少于3个不同的点")
    return shapes, bad


def _pieces(
    lines: Lines, polygons: Polygons, wanted: list[int], bad: dict[int, str]
) -> npt.NDArray[np.int64]:
    """Rows of polygon, ring, line and direction (1 or -1), in order; the loop is over references as they were typed."""
    rows: list[tuple[int, int, int, int]] = []
    ring = 0
    for n, polygon in enumerate(wanted):
        references = polygons.references[polygon]
        if references is None or n in bad:
            continue
        missing = [abs(r) for r in references if r and abs(r) not in lines.at]
        if missing or not any(references):
            bad[n] = f"引用的线{missing[0]}不存在" if missing else "没有引用边界线"
            continue
        for reference in references:
            if reference:
                rows.append((n, ring, lines.at[abs(reference)], 1 if reference > 0 else -1))
            else:
                ring += 1
        ring += 1
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def _joined(lines: Lines, pieces: IntArray, bad: dict[int, str]) -> Rings:
    if not len(pieces):
        return Rings(np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros(0, np.int64))
    polygon, ring, line, sign = pieces.T
    size = lines.size[line]
    for n in polygon[size < 2].tolist():
        bad[n] = "边界线少于2个点"
    sound = ~np.isin(polygon, np.array(sorted(bad), dtype=np.int64))
    polygon, ring, line, sign, size = (a[sound] for a in (polygon, ring, line, sign, size))
    if not len(line):
        return Rings(np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros(0, np.int64))
    low, high = lines.first[line], lines.first[line] + size - 1
    start, end = np.where(sign > 0, low, high), np.where(sign > 0, high, low)
    opens = np.concatenate([[True], ring[1:] != ring[:-1]])
    first_of_ring = np.maximum.accumulate(np.where(opens, np.arange(len(ring)), 0))
    closes = np.concatenate([opens[1:], [True]])
    follower = np.where(closes, start[first_of_ring], np.roll(start, -1))
    gap = np.abs(lines.xy[end] - lines.xy[follower]).max(axis=1)
    for n, distance in zip(polygon[gap > _MEETS].tolist(), gap[gap > _MEETS].tolist(), strict=True):
        bad.setdefault(n, f"边界线不相接，相差{distance:.3f}")
    # A line's first point is the last of the line before it.
    begin = start + np.where(opens, 0, sign)
    length = size - ~opens
    offset = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    points = np.repeat(begin, length) + np.repeat(sign, length) * offset
    ring_at = np.flatnonzero(opens)
    sizes = np.add.reduceat(length, ring_at)
    return Rings(lines.xy[points], sizes, polygon[ring_at])


def _together(indirect: Rings, own: list[tuple[int, int, int]], xy: npt.NDArray[np.float64]) -> Rings:
    """Rings of both kinds in the order of their polygons."""
    if not own:
        return indirect
    sizes = np.array([count for _p, _f, count in own], dtype=np.int64)
    records = np.array([p for p, _f, _c in own], dtype=np.int64)
    points = np.concatenate([xy[first : first + count] for _p, first, count in own])
    all_sizes = np.concatenate([indirect.sizes, sizes])
    all_records = np.concatenate([indirect.records, records])
    order = np.argsort(all_records, kind="stable")
    starts = np.cumsum(all_sizes) - all_sizes
    taken = np.repeat(starts[order] - (np.cumsum(all_sizes[order]) - all_sizes[order]), all_sizes[order])
    positions = taken + np.arange(int(all_sizes.sum()))
    whole = np.concatenate([indirect.xy, points])
    return Rings(whole[positions], all_sizes[order], all_records[order])
