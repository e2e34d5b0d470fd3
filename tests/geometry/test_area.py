from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from pyproj.exceptions import CRSError

from landinv.geometry.area import ellipsoidal_area_m2, statutory_area_m2

CRS = "EPSG:4525"
E, N = 37548000, 4240000
PENTAGON = shapely.Polygon(
    [
        (37530123.4567, 4220456.789),
        (37530987.123, 4220111.222),
        (37531555.5, 4221000.25),
        (37530777.75, 4221666.6),
        (37530100.1, 4221200.9),
    ]
)
SURVEYED = [
    (shapely.box(E, N, E + 100, N + 100), 9999.43),
    (shapely.box(37574000, 4275000, 37575000, 4276000), 999863.37),
    (
        shapely.box(E, N, E + 1000, N + 1000) - shapely.box(E + 200, N + 200, E + 800, N + 800),
        639962.94,
    ),
    (PENTAGON, 1428106.10),
]


def geod_area(polygon: shapely.Polygon) -> float:
    """Area by GeographicLib, edges cut to 5 m: an implementation that shares nothing with ours."""
    from pyproj import Transformer

    to_degrees = Transformer.from_crs(CRS, "EPSG:4490", always_xy=True)
    ellipsoid = Geod(a=6378137, rf=298.257222101)

    def ring_area(ring: shapely.LinearRing) -> float:
        lon, lat = to_degrees.transform(*shapely.segmentize(ring, 5.0).xy)
        return abs(ellipsoid.polygon_area_perimeter(lon, lat)[0])

    return ring_area(polygon.exterior) - sum(map(ring_area, polygon.interiors))


@pytest.mark.parametrize(("shape", "official"), SURVEYED)
def test_statutory_area_is_the_surveys_to_its_last_decimal(shape, official):
    assert statutory_area_m2([shape], CRS)[0] == official


@pytest.mark.parametrize(("shape", "official"), SURVEYED)
def test_unrounded_area_is_the_surveys_within_a_hundredth(shape, official):
    assert ellipsoidal_area_m2([shape], CRS)[0] == pytest.approx(official, abs=0.01)


@pytest.mark.parametrize("area", [ellipsoidal_area_m2, statutory_area_m2])
def test_geographic_map_sheet_has_its_closed_form_area(area):
    sheet = shapely.box(111.5, 38.25, 111.5625, 38.25 + 2.5 / 60)
    assert area([sheet], "EPSG:4490")[0] == pytest.approx(25295779.09, abs=0.005)


corners = st.lists(
    st.tuples(st.integers(0, 3000), st.integers(0, 3000)), min_size=3, max_size=12, unique=True
)


@settings(max_examples=20, deadline=None)
@given(corners)
def test_area_agrees_with_geographiclib(points):
    shape = shapely.convex_hull(shapely.multipoints(points))
    if shape.area == 0:
        shape = shapely.box(0, 0, 7, 3)
    shape = shapely.transform(shape, lambda xy: xy + np.array([E, N]))
    assert ellipsoidal_area_m2([shape], CRS)[0] == pytest.approx(geod_area(shape), abs=0.001)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 4999), st.integers(1, 2999))
def test_four_parts_add_up_to_the_whole(east, north):
    xs, ys = [0, east, 5000], [0, north, 3000]
    parts = [shapely.box(E + xs[i], N + ys[j], E + xs[i + 1], N + ys[j + 1]) for i in (0, 1) for j in (0, 1)]
    whole = ellipsoidal_area_m2([shapely.box(E, N, E + 5000, N + 3000)], CRS)[0]
    assert ellipsoidal_area_m2(parts, CRS).sum() == pytest.approx(whole, abs=1e-3)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 4), st.booleans())
def test_start_and_direction_of_a_ring_change_nothing(start, backwards):
    points = list(PENTAGON.exterior.coords)[:-1]
    turned = points[start:] + points[:start]
    turned = shapely.Polygon(turned[::-1] if backwards else turned)
    assert ellipsoidal_area_m2([turned], CRS)[0] == pytest.approx(
        ellipsoidal_area_m2([PENTAGON], CRS)[0], abs=1e-5
    )


def test_hole_is_subtracted_even_if_it_runs_like_its_exterior():
    outer = [(E, N), (E + 100, N), (E + 100, N + 100), (E, N + 100)]
    inner = [(E + 20, N + 20), (E + 40, N + 20), (E + 40, N + 40), (E + 20, N + 40)]
    areas = ellipsoidal_area_m2([shapely.Polygon(outer, [inner]), shapely.Polygon(outer, [inner[::-1]])], CRS)
    assert areas == pytest.approx([9599.454, 9599.454], abs=0.001)


def test_parts_of_a_multipolygon_are_added():
    one, two = shapely.box(E, N, E + 100, N + 100), shapely.box(E + 500, N, E + 600, N + 100)
    single = ellipsoidal_area_m2([one, two], CRS)
    assert ellipsoidal_area_m2([shapely.MultiPolygon([one, two])], CRS)[0] == pytest.approx(
        single.sum(), abs=1e-9
    )


def test_shapes_without_area_have_none_and_do_not_shift_the_others():
    square = shapely.box(E, N, E + 100, N + 100)
    shapes = [None, square, shapely.Polygon(), shapely.Point(E, N), square, shapely.MultiPolygon()]
    assert ellipsoidal_area_m2(shapes, CRS).round(2).tolist() == [0, 9999.43, 0, 0, 9999.43, 0]
    assert ellipsoidal_area_m2([], CRS).tolist() == []


def test_coordinate_that_is_no_number_makes_only_its_own_area_unknown():
    with np.errstate(invalid="ignore"):
        broken = shapely.Polygon([(E, N), (E + 1, np.nan), (E + 1, N + 1)])
    areas = ellipsoidal_area_m2([broken, shapely.box(E, N, E + 100, N + 100)], CRS)
    assert np.isnan(areas[0])
    assert areas[1] == pytest.approx(9999.4316, abs=1e-3)


def test_height_is_ignored():
    flat = shapely.box(E, N, E + 100, N + 100)
    assert ellipsoidal_area_m2([shapely.force_3d(flat, 900.0)], CRS) == ellipsoidal_area_m2([flat], CRS)


def test_zone_prefix_changes_nothing():
    with_prefix = shapely.box(E, N, E + 1000, N + 1000)
    without = shapely.transform(with_prefix, lambda xy: xy - (37000000, 0))
    assert ellipsoidal_area_m2([without], "EPSG:4546")[0] == pytest.approx(
        ellipsoidal_area_m2([with_prefix], CRS)[0], abs=1e-4
    )


def test_chunks_give_what_one_piece_gives(monkeypatch):
    shapes = [shapely.box(E + i, N, E + i + 100, N + 100 + i) for i in range(20)] + [None]
    whole = ellipsoidal_area_m2(shapes, CRS)
    monkeypatch.setattr("landinv.geometry.curved_area.CHUNK_VERTICES", 7)
    assert ellipsoidal_area_m2(shapes, CRS).tolist() == whole.tolist()


@pytest.mark.parametrize("crs", ["EPSG:4978", "no such system"])
def test_crs_without_areas_is_refused(crs):
    with pytest.raises(CRSError):
        ellipsoidal_area_m2([shapely.box(0, 0, 1, 1)], crs)


def test_polygons_of_a_collection_count_and_its_lines_do_not():
    mixed = shapely.GeometryCollection(
        [shapely.box(E, N, E + 100, N + 100), shapely.LineString([(E, N), (E + 900, N)])]
    )
    nested = shapely.GeometryCollection([shapely.LineString([(E, N), (E + 900, N)])])
    assert ellipsoidal_area_m2([mixed, nested], CRS) == pytest.approx([9999.43, 0.0], abs=0.01)
