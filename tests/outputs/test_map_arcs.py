"""The arc stream holds every polygon, once each shared boundary, exact to the centimetre."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.outputs.map.arcs import ArcStream, encode_polygons
from landinv.outputs.map.planes import mercator_from_plane
from tests.outputs.test_map_county import CRS, EAST, NORTH, patches

COUNTY = pyproj.CRS(CRS)


class Decoded:
    """A second reading of the stream, as slow and plain as can be, to judge the encoder by."""

    def __init__(self, stream: ArcStream) -> None:
        self.values = self._varints(stream.data)
        take = self._take
        lengths = take(stream.arcs)
        starts = list(zip(self._signed(stream.arcs), self._signed(stream.arcs), strict=True))
        inner = stream.vertices - stream.arcs
        steps = iter(list(zip(self._signed(inner), self._signed(inner), strict=True)))
        self.arcs: list[list[tuple[int, int]]] = []
        x, y = stream.origin_cm
        for length, (sx, sy) in zip(lengths, starts, strict=True):
            x, y = x + sx, y + sy
            arc = [(x, y)]
            for _ in range(length - 1):
                dx, dy = next(steps)
                x, y = x + dx, y + dy
                arc.append((x, y))
            self.arcs.append(arc)
        rings_per_polygon, arcs_per_ring = take(stream.polygons), take(stream.rings)
        references, self.left = take(stream.references), len(self.values)
        self.polygons = self._polygons(rings_per_polygon, arcs_per_ring, references)

    def _polygons(self, rings_per_polygon, arcs_per_ring, references):
        upcoming, reference, per_ring = 0, iter(references), iter(arcs_per_ring)
        polygons = []
        for rings in rings_per_polygon:
            found = []
            for _ in range(rings):
                points: list[tuple[int, int]] = []
                for _ in range(next(per_ring)):
                    value = next(reference)
                    if value == 0:
                        arc, upcoming = self.arcs[upcoming], upcoming + 1
                    else:
                        arc = self.arcs[upcoming - value // 2]
                        arc = arc[::-1] if value % 2 else arc
                    assert not points or points[-1] == arc[0], "arcs of a ring do not meet"
                    points += arc if not points else arc[1:]
                assert points[0] == points[-1], "a ring does not close"
                found.append(points)
            polygons.append(found)
        return polygons

    @staticmethod
    def _varints(data: bytes) -> list[int]:
        values, value, shift = [], 0, 0
        for byte in data:
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                values.append(value)
                value = shift = 0
        return values

    def _take(self, count: int) -> list[int]:
        taken, self.values = self.values[:count], self.values[count:]
        return taken

    def _signed(self, count: int) -> list[int]:
        return [v // 2 if v % 2 == 0 else -(v // 2) - 1 for v in self._take(count)]


def mercator(geometries: np.ndarray) -> np.ndarray:
    return shapely.transform(geometries, lambda xy: mercator_from_plane(xy, COUNTY))


def rebuilt(rings: list[list[tuple[int, int]]]) -> shapely.Geometry:
    """Even-odd union of rings given in cm, in metres."""
    whole = shapely.Polygon()
    for ring in rings:
        whole = whole.symmetric_difference(shapely.Polygon(np.array(ring) / 100.0))
    return whole


def encode(*geometries: shapely.Geometry) -> tuple[ArcStream, Decoded]:
    stream = encode_polygons(np.array(geometries, dtype=object), COUNTY)
    return stream, Decoded(stream)


def square(x: float, y: float, side: float = 10.0) -> shapely.Polygon:
    return shapely.box(EAST + x, NORTH + y, EAST + x + side, NORTH + y + side)


def test_neighbours_share_their_edge() -> None:
    stream, read = encode(square(0, 0), square(10, 0))
    assert stream.arcs == 3
    assert stream.references == 4
    assert read.left == 0


def test_every_polygon_comes_back_within_a_centimetre() -> None:
    found = patches(150, side=2000.0, bend=5)
    source = np.asarray(found.geometry.array, dtype=object)
    stream, read = encode(*source)
    assert stream.polygons == len(source)
    for rings, original in zip(read.polygons, mercator(source), strict=True):
        assert shapely.hausdorff_distance(shapely.Polygon(np.array(rings[0]) / 100), original) < 0.01


def test_a_shared_boundary_costs_its_vertices_once() -> None:
    found = patches(200, side=2000.0, bend=10)
    stream, _ = encode(*found.geometry)
    in_rings = sum(len(g.exterior.coords) - 1 for g in found.geometry)
    assert stream.vertices < 0.62 * in_rings


def test_hole_and_the_island_in_it_share_one_arc() -> None:
    island = square(30, 30, 20)
    around = square(0, 0, 100).difference(island)
    stream, read = encode(around, island)
    assert stream.arcs == 2
    assert rebuilt(read.polygons[0]).area == pytest.approx(mercator(np.array([around]))[0].area, abs=2.0)


def test_parts_and_holes_are_all_kept() -> None:
    many = shapely.MultiPolygon([square(0, 0, 100).difference(square(20, 20, 30)), square(200, 0, 50)])
    _, read = encode(many)
    assert len(read.polygons[0]) == 3
    assert rebuilt(read.polygons[0]).symmetric_difference(mercator(np.array([many]))[0]).area < 8.0


def test_what_is_no_polygon_keeps_its_place_without_rings() -> None:
    stream, read = encode(shapely.Point(EAST, NORTH), square(0, 0), shapely.Polygon(), None)  # type: ignore[arg-type]
    assert stream.polygons == 4
    assert [len(rings) for rings in read.polygons] == [0, 1, 0, 0]


def test_nothing_at_all_is_a_stream_too() -> None:
    stream, read = encode(shapely.Polygon(), shapely.Polygon())
    assert (stream.polygons, stream.vertices, read.polygons) == (2, 0, [[], []])


def test_a_ring_that_collapses_is_left_out() -> None:
    thread = shapely.Polygon([(EAST, NORTH), (EAST + 5, NORTH), (EAST + 5, NORTH + 0.0001)])
    _, read = encode(thread, square(0, 0))
    assert [len(rings) for rings in read.polygons] == [0, 1]


def test_a_vertex_on_one_side_only_does_not_tear_the_boundary() -> None:
    with_extra = shapely.Polygon(
        [(EAST + x, NORTH + y) for x, y in ((0, 0), (10, 0), (10, 4), (10, 10), (0, 10))]
    )
    _, read = encode(with_extra, square(10, 0))
    assert [len(rings[0]) - 1 for rings in read.polygons] == [5, 4]


def test_the_same_polygons_make_the_same_bytes() -> None:
    found = patches(60, side=500.0, bend=2).geometry
    assert encode(*found)[0] == encode(*found)[0]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 6)), min_size=1, max_size=9))
@settings(max_examples=30, deadline=None)
def test_any_squares_come_back_even_where_they_overlap(placed: list[tuple[int, int, int]]) -> None:
    squares = [square(10.0 * x, 10.0 * y, 10.0 * side) for x, y, side in placed]
    _, read = encode(*squares)
    for rings, original in zip(read.polygons, mercator(np.array(squares)), strict=True):
        assert rebuilt(rings).symmetric_difference(original).area < 0.02 * original.length
