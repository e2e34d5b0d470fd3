from __future__ import annotations

import numpy as np
import shapely

from landinv.geometry.overlaps import overlapping_pairs
from landinv.geometry.threads import in_threads

E, N = 37548000, 4240000


def box(x0, y0, x1, y1):
    return shapely.box(E + x0, N + y0, E + x1, N + y1)


def test_overlapping_pair_is_told_once_with_its_area():
    i, j, area = overlapping_pairs([box(0, 0, 10, 10), None, box(8, 0, 20, 10), box(20, 0, 30, 10)])
    assert (i.tolist(), j.tolist(), area.tolist()) == ([0], [2], [20.0])


def test_equal_and_contained_shapes_overlap():
    i, j, area = overlapping_pairs([box(0, 0, 10, 10), box(0, 0, 10, 10), box(2, 2, 4, 4)])
    assert list(zip(i.tolist(), j.tolist(), strict=True)) == [(0, 1), (0, 2), (1, 2)]
    assert area.tolist() == [100, 4, 4]


def test_rounding_along_a_boundary_is_no_overlap():
    i, _, _ = overlapping_pairs([box(0, 0, 10, 10), box(10 - 1e-6, 0, 20, 10)])
    assert len(i) == 0


def test_threads_and_chunks_change_nothing():
    left = np.array([box(i, 0, i + 10, 10) for i in range(50)], dtype=object)
    right = np.array([box(0, i, 10, i + 10) for i in range(50)], dtype=object)
    one = in_threads(shapely.intersection, left, right, workers=1)
    many = in_threads(shapely.intersection, left, right, workers=4, chunk=7)
    assert [s.wkb for s in one] == [s.wkb for s in many]
    assert len(in_threads(shapely.intersection, left[:0], right[:0])) == 0
