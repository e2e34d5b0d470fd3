from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import affinity

from landinv.geometry.width import fits_disc, inscribed_width_m, inside_points

E, N = 37548000, 4240000


def strip(width, length=300.0, angle=0.0):
    return affinity.rotate(shapely.box(E, N, E + length, N + width), angle, origin=(E, N))


def test_width_is_the_diameter_of_the_largest_disc():
    triangle = shapely.Polygon([(E, N), (E + 3, N), (E, N + 4)])
    widths = inscribed_width_m([strip(2), triangle, None, shapely.Polygon()])
    assert widths == pytest.approx([2, 2, 0, 0], abs=0.003)


@pytest.mark.parametrize("angle", [0, 33, 90])
def test_disc_that_fits_exactly_fits(angle):
    assert fits_disc([strip(2, angle=angle), strip(1.99, angle=angle)], 2.0).tolist() == [True, False]


def test_tolerance_is_two_millimetres():
    assert fits_disc([strip(1.9985), strip(1.9975)], 2.0).tolist() == [True, False]


def test_cross_of_thin_arms_is_wide_only_where_they_meet():
    cross = strip(1.5, 100) | shapely.box(E + 50, N - 50, E + 51.5, N + 50)
    # the disc in the crossing of two 1.5 m arms reaches into its four corners: 1.5 times the root of 2
    assert inscribed_width_m([cross])[0] == pytest.approx(1.5 * 2**0.5, abs=0.003)
    assert fits_disc([cross], 2.0).tolist() == [True]
    assert fits_disc([cross], 2.15).tolist() == [False]


def test_ground_full_of_holes_is_as_wide_as_its_widest_gap():
    ground = shapely.box(E, N, E + 100, N + 100)
    posts = [
        shapely.box(E + x, N + y, E + x + 8.5, N + y + 8.5)
        for x in range(1, 98, 10)
        for y in range(1, 98, 10)
    ]
    sieve = ground - shapely.union_all(posts)
    exact = inscribed_width_m([sieve])[0]
    assert fits_disc([sieve, sieve], exact - 0.01).all()
    assert not fits_disc([sieve], exact + 0.01).any()


def test_ground_with_posts_has_little_perimeter_and_yet_no_room():
    posts = [
        shapely.box(E + x, N + y, E + x + 0.1, N + y + 0.1)
        for x in range(5, 100, 10)
        for y in range(5, 100, 10)
    ]
    ground = shapely.box(E, N, E + 100, N + 100) - shapely.union_all(posts)
    assert fits_disc([ground], 20.0).tolist() == [False]
    assert fits_disc([ground], 13.0).tolist() == [True]


def test_null_and_empty_fit_no_disc():
    assert fits_disc([None, shapely.Polygon()], 2.0).tolist() == [False, False]
    assert fits_disc([], 2.0).tolist() == []


def test_inside_point_of_a_ring_lies_in_the_ring():
    ring = shapely.Point(E, N).buffer(100) - shapely.Point(E, N).buffer(90)
    points = inside_points([ring, None])
    assert ring.contains(shapely.Point(points[0]))
    assert np.isnan(points[1]).all()
