from __future__ import annotations

import subprocess
import sys
from unittest import mock

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from landinv.geometry import overlap_area, strips
from landinv.geometry.area import ellipsoidal_area_m2
from landinv.geometry.areal_weight import weight_cells, weight_expansions
from landinv.geometry.edge_table import edge_table
from landinv.geometry.overlap_area import Parcels, near_pairs, shared_areas, zone_edges

CRS = "EPSG:4525"
E, N = 37548000, 4240000


def box(x0, y0, x1, y1):
    return shapely.box(E + x0, N + y0, E + x1, N + y1)


def shared(left, right, crs=CRS):
    """Kernel's area of every pair, shape (left, right)."""
    parcels = Parcels.of(np.array(left, dtype=object), crs)
    zones = np.array(right, dtype=object)
    i, j = np.divmod(np.arange(len(left) * len(right)), len(right))
    return shared_areas(parcels, zone_edges(zones, j), i, j).reshape(len(left), len(right))


def by_intersection(left, right):
    return np.array([ellipsoidal_area_m2(shapely.intersection(a, np.array(right)), CRS) for a in left])


def test_area_of_boxes_is_that_of_what_they_share():
    areas = shared(
        [box(0, 0, 100, 100)], [box(60, 0, 200, 100), box(100, 0, 200, 100), box(-9, -9, 109, 109)]
    )
    assert areas[0] == pytest.approx([3999.77, 0.0, 9999.43], abs=0.01)
    assert areas[0, 1] == 0.0


def test_hole_is_subtracted_and_parts_are_added():
    ring = box(-50, -50, 150, 150) - box(20, 20, 80, 80)
    parts = shapely.MultiPolygon([box(0, 0, 10, 100), box(90, 0, 300, 100)])
    assert shared([box(0, 0, 100, 100)], [ring, parts])[0] == pytest.approx([6399.63, 1999.88], abs=0.01)


def test_null_and_empty_shapes_share_nothing():
    assert (
        shared([box(0, 0, 9, 9), None], [None, shapely.Polygon(), box(0, 0, 9, 9)])[:, :2].tolist()
        == [[0, 0]] * 2
    )


points = st.tuples(st.integers(0, 120), st.integers(0, 120))


@st.composite
def polygons(draw):
    """Random polygons on a grid: with collinear edges, edges and corners in common, holes, several parts."""
    shape = shapely.MultiPoint(draw(st.lists(points, min_size=3, max_size=6))).convex_hull
    for kind, corner, width in draw(
        st.lists(st.tuples(st.sampled_from("+-"), points, st.integers(1, 60)), max_size=4)
    ):
        other = shapely.box(*corner, corner[0] + width, corner[1] + width)
        shape = shape | other if kind == "+" else shape - other
    parts = [g for g in shapely.get_parts(shape) if g.geom_type == "Polygon"]
    turned = affinity.rotate(
        shapely.MultiPolygon(parts), draw(st.sampled_from([0, 0, 90, 33])), origin=(0, 0)
    )
    return shapely.normalize(affinity.translate(turned, E, N))


@settings(max_examples=60, deadline=None)
@given(st.lists(polygons(), min_size=1, max_size=3), st.lists(polygons(), min_size=1, max_size=3))
def test_kernel_agrees_with_intersection(left, right):
    left = [shape for shape in left if shape.is_valid]
    right = [shape for shape in right if shape.is_valid]
    if left and right:
        assert shared(left, right) == pytest.approx(by_intersection(left, right), abs=1e-5)


@settings(max_examples=25, deadline=None)
@given(polygons(), polygons(), st.integers(0, 1000))
def test_ring_start_direction_and_threads_change_no_bit(left, right, turn):
    def turned(shape):
        def ring(line):
            xy = list(line.coords)[:-1]
            at = turn % len(xy)
            return (xy[at:] + xy[:at])[:: -1 if turn % 2 else 1]

        parts = [shapely.Polygon(ring(p.exterior), [ring(r) for r in p.interiors]) for p in shape.geoms]
        return shapely.MultiPolygon(parts[::-1])

    rights = [right, box(0, 0, 50, 50)] * 3
    whole = shared([left], rights)
    with mock.patch.multiple(overlap_area, WORKERS=3, _CHUNK=1):
        parts = shared([turned(left)] if left.geom_type == "MultiPolygon" else [left],
                       [turned(s) if s.geom_type == "MultiPolygon" else s for s in rights])  # fmt: skip
    assert whole.tolist() == parts.tolist()


@settings(max_examples=20, deadline=None)
@given(polygons(), st.integers(1, 119), st.integers(1, 179))
def test_parts_add_up_to_the_whole_however_it_is_cut(shape, at, angle):
    knife = affinity.rotate(box(-500, -500, at, 500), angle, origin=(E + 60, N + 60))
    sides = [knife, box(-900, -900, 900, 900) - knife]
    assert shared([shape], sides).sum() == pytest.approx(ellipsoidal_area_m2([shape], CRS)[0], abs=1e-6)


def test_parcel_over_several_kilometres_is_measured_cell_by_cell():
    parcel, zone = box(0, 0, 7000, 5000), box(-100, -100, 3333, 9000)
    assert len(weight_cells(shapely.bounds(np.array([parcel])), CRS).box) == 12
    assert shared([parcel], [zone])[0, 0] == pytest.approx(by_intersection([parcel], [zone])[0, 0], abs=1e-3)


def test_zone_of_many_vertices_is_measured_in_runs():
    rim = shapely.Point(E + 300, N).buffer(300, quad_segs=4000)
    parcels = [box(x, y, x + 40, y + 30) for x in range(-20, 600, 90) for y in (-310, -150, 0, 270)]
    assert shared(parcels, [rim]) == pytest.approx(by_intersection(parcels, [rim]), abs=1e-5)


def test_weight_is_the_square_of_the_inverse_scale():
    # on the central meridian the scale of a Gauss-Krüger plane is 1; east of it the ground is smaller than the plane
    weight = weight_expansions(np.array([[37500000.0, N], [37560000.0, N]]), CRS)
    assert weight[0, 0] == pytest.approx(1.0, abs=1e-11)
    assert weight[1, 0] == pytest.approx(1 - (60000 / 6.3733e6) ** 2, abs=1e-8)


def test_weight_is_not_trusted_where_there_is_no_plane_in_metres_or_no_projection():
    assert weight_expansions(np.array([[111.5, 38.3]]), "EPSG:4490") is None
    assert weight_expansions(np.array([[9e9, 9e9]]), CRS) is None
    assert weight_expansions(np.array([[np.inf, 0.0]]), CRS) is None


def test_edges_are_cut_into_runs_that_close_each_ring():
    table = edge_table(
        shapely.normalize(np.array([box(0, 0, 9, 9) - box(2, 2, 4, 4), None, box(0, 0, 1, 1)]))
    )
    assert (table.first.tolist(), table.start.tolist(), table.stop.tolist()) == (
        [0, 2, 2, 3],
        [0, 5, 10],
        [4, 9, 14],
    )
    rim = edge_table(shapely.normalize(np.array([shapely.Point(E, N).buffer(9, quad_segs=64)])))
    assert rim.stop[:-1].tolist() == rim.start[1:].tolist()
    assert (rim.start[0], rim.stop[-1]) == (0, 256)


def test_pairs_come_in_order_of_parcels_and_zones():
    parcels = Parcels.of([box(50, 0, 60, 9), box(0, 0, 9, 9)], CRS)
    i, j = near_pairs(parcels, np.array([box(0, 0, 99, 9), None, box(-5, 0, 55, 9)], dtype=object))
    assert (i.tolist(), j.tolist()) == ([0, 0, 1, 1], [0, 2, 0, 2])


def test_kernel_is_the_same_without_compilation():
    plain = {
        name: getattr(strips, name).py_func
        for name in dir(strips)
        if hasattr(getattr(strips, name), "py_func")
    }
    left, right = [box(0, 0, 100, 100)], [box(30, 30, 200, 60), box(60, 0, 200, 200) - box(70, 10, 90, 20)]
    compiled = shared(left, right)
    with mock.patch.multiple(strips, **plain):
        assert shared(left, right) == pytest.approx(compiled, abs=1e-9)


def test_command_line_does_not_wait_for_the_compiler():
    code = "import sys, landinv.cli.app; assert not {'numba', 'shapely', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
