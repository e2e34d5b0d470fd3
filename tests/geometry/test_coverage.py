from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.geometry.coverage import CoverageDefects, coverage_defects
from landinv.geometry.coverage_edges import loose_edges, settled

CRS = "EPSG:4525"
ORIGIN = np.array([37_548_000.0, 4_240_000.0])
X0, Y0 = ORIGIN
SIDE = 4
CELL = 50.0


def moved(shapes: list[shapely.Geometry]) -> np.ndarray:
    return shapely.transform(np.array(shapes, dtype=object), lambda xy: xy + ORIGIN)


def defects(*shapes: shapely.Geometry) -> CoverageDefects:
    return coverage_defects(moved(list(shapes)), CRS)


def box(x1: float, y1: float, x2: float, y2: float) -> shapely.Polygon:
    return shapely.box(x1, y1, x2, y2)


def framed(*inner: shapely.Geometry) -> list[shapely.Geometry]:
    """Shapes inside the square 0..100 with four patches around it."""
    return [
        *inner,
        box(-10, -10, 110, 0),
        box(-10, 100, 110, 110),
        box(-10, 0, 0, 100),
        box(100, 0, 110, 100),
    ]


def tessellation(seed: int) -> np.ndarray:
    """Cells of a jittered grid with extra nodes on common borders, in whole decimetres."""
    rng = np.random.default_rng(seed)
    node = np.stack(np.meshgrid(np.arange(SIDE + 1), np.arange(SIDE + 1)), axis=-1) * CELL
    node = np.round(node + rng.uniform(-15, 15, node.shape), 1)

    def border(a: np.ndarray, b: np.ndarray) -> list[np.ndarray]:
        away = np.array([b[1] - a[1], a[0] - b[0]]) * 0.1
        return [a, np.round((a + b) / 2 + away * ((a.sum() * 7) % 3 - 1), 1)]

    cells = []
    for j in range(SIDE):
        for i in range(SIDE):
            a, b, c, d = node[j, i], node[j, i + 1], node[j + 1, i + 1], node[j + 1, i]
            top, left = border(d, c), border(a, d)
            cells.append(
                shapely.Polygon(np.array([*border(a, b), *border(b, c), c, top[1], d, left[1]]) + ORIGIN)
            )
    return np.array(cells, dtype=object)


def pairs_by_force(shapes: np.ndarray) -> dict[tuple[int, int], tuple[float, float]]:
    """Area and mean width of what each pair has in common."""
    local = shapely.transform(shapes, lambda xy: xy - ORIGIN)
    pairs = {}
    for i, j in combinations(range(len(local)), 2):
        common = shapely.intersection(local[i], local[j])
        if common.area > 0:
            pairs[i, j] = (common.area, 2 * common.area / common.length)
    return pairs


def enclosed_by_force(shapes: np.ndarray, closed_by: float) -> float:
    """Area of free land that no way wider than twice a distance leads to from outside."""
    local = shapely.transform(shapes, lambda xy: xy - ORIGIN)
    around = box(-50, -50, SIDE * CELL + 50, SIDE * CELL + 50)
    taken = shapely.union_all(local)
    free = shapely.get_parts(shapely.difference(around, shapely.buffer(taken, closed_by, join_style="mitre")))
    inner = shapely.union_all(free[~shapely.intersects(free, around.boundary)])
    return shapely.buffer(inner, closed_by, join_style="mitre").area


def test_exact_tessellation_has_no_defect() -> None:
    found = defects(box(0, 0, 10, 10), box(10, 0, 20, 10), box(0, 10, 20, 20))
    assert (len(found.overlaps), len(found.gaps), found.edges) == (0, 0, 12)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    injected=st.lists(
        st.tuples(
            st.integers(0, SIDE * SIDE - 1),
            st.sampled_from([0.005, 0.05, 0.5]),
            st.floats(0, 6.28),
            st.booleans(),
        ),
        max_size=3,
        unique_by=lambda i: i[0],
    ),
)
def test_finds_what_brute_force_finds(seed: int, injected: list[tuple[int, float, float, bool]]) -> None:
    shapes = tessellation(seed)
    for cell, size, angle, is_move in injected:
        if is_move:
            away = size * np.array([np.cos(angle), np.sin(angle)])
            shapes[cell] = shapely.transform(shapes[cell], lambda xy, away=away: xy + away)
        else:
            shapes[cell] = shapely.buffer(shapes[cell], size if angle > 3 else -size, join_style="mitre")
    assert shapely.is_valid(shapes).all()
    pairs = pairs_by_force(shapes)
    found = coverage_defects(shapes, CRS)
    keys = zip(found.overlaps["first"], found.overlaps["second"], strict=True)
    rows = dict(zip(keys, found.overlaps.to_dict("records"), strict=True))
    # borders are good to 0.1 mm: what is hardly wider may be told or not
    assert {k for k, row in rows.items() if row["width_m"] > 6e-4 and row["area_m2"] > 0.02} <= set(pairs)
    assert {k for k, (area, width) in pairs.items() if width > 6e-4 and area > 0.02} <= set(rows)
    for pair in set(rows) & set(pairs):
        assert rows[pair]["area_m2"] == pytest.approx(pairs[pair][0], rel=2e-3, abs=0.02)
    enclosed = found.gaps.loc[~found.gaps["is_open"], "area_m2"].sum()
    assert enclosed >= enclosed_by_force(shapes, 0.0) * 0.998 - 0.05
    assert enclosed <= enclosed_by_force(shapes, 0.0002) * 1.002 + 0.05


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 100), order=st.permutations(range(SIDE * SIDE)))
def test_order_of_patches_changes_nothing_but_positions(seed: int, order: list[int]) -> None:
    shapes = tessellation(seed)
    shapes[5] = shapely.transform(shapes[5], lambda xy: xy + 0.05)
    straight, mixed = coverage_defects(shapes, CRS), coverage_defects(shapes[order], CRS)
    place = np.argsort(order)
    pairs = np.sort(
        np.column_stack([place[straight.overlaps["first"]], place[straight.overlaps["second"]]]), axis=1
    )
    assert sorted(map(tuple, pairs)) == list(
        zip(mixed.overlaps["first"], mixed.overlaps["second"], strict=True)
    )
    assert sorted(straight.gaps["area_m2"]) == pytest.approx(sorted(mixed.gaps["area_m2"]), rel=1e-6)


def test_overlap_names_the_pair_its_area_place_and_width() -> None:
    found = defects(box(0, 0, 100, 100), box(99.95, 0, 200, 100)).overlaps
    assert found[["first", "second"]].to_numpy().tolist() == [[0, 1]]
    assert found["area_m2"][0] == pytest.approx(5.0, abs=0.001)
    assert found["above_m"][0] == 0.01
    assert found["width_m"][0] == pytest.approx(0.05, abs=0.001)
    assert X0 + 99.95 < found["x"][0] < X0 + 100


@pytest.mark.parametrize(
    ("width", "above"), [(0.005, 0.0), (0.015, 0.01), (0.05, 0.01), (0.15, 0.1), (0.5, 0.1)]
)
def test_gap_is_told_with_its_width_class_and_both_neighbours(width: float, above: float) -> None:
    found = coverage_defects(moved(framed(box(0, 0, 40, 100), box(40 + width, 0, 100, 100))), CRS)
    assert len(found.overlaps) == 0
    assert found.gaps["above_m"].tolist() == [above]
    assert found.gaps["area_m2"][0] == pytest.approx(100 * width, rel=1e-3)
    assert sorted(found.gaps.loc[0, ["first", "second"]]) == [0, 1]
    assert not found.gaps["is_open"][0]


def test_large_hole_is_one_gap_with_its_size() -> None:
    found = coverage_defects(moved(framed()), CRS).gaps
    assert found["area_m2"].round(0).tolist() == [9999.0]
    assert found["neighbours"].tolist() == [4]


def test_island_in_a_gap_leaves_the_ring_around_it() -> None:
    found = coverage_defects(moved(framed(box(10, 10, 90, 90))), CRS).gaps
    assert len(found) == 1
    assert found["area_m2"][0] == pytest.approx(10_000 - 6_400, rel=1e-4)


@pytest.mark.parametrize(("width", "found"), [(0.05, 1), (0.5, 0)])
def test_narrow_gap_open_to_the_outside_counts_and_a_wide_one_does_not(width: float, found: int) -> None:
    gaps = defects(box(0, 0, 100, 100), box(100 + width, 0, 200, 100)).gaps
    assert len(gaps) == found
    assert gaps["is_open"].all()
    assert gaps["area_m2"].tolist() == pytest.approx([100 * width] * found, rel=0.01)


def test_slit_into_one_patch_and_notch_between_two_are_the_border() -> None:
    slit = shapely.Polygon([(0, 0), (100, 0), (100, 50), (20, 50.02), (100, 50.05), (100, 100), (0, 100)])
    assert len(defects(slit, box(-50, 0, 0, 100)).gaps) == 0
    for off, found in ((1.0, 0), (0.2, 1)):
        left = shapely.Polygon([(0, 0), (50, 0), (50, 50), (50 - off, 60), (0, 60)])
        assert len(defects(left, box(50, 0, 100, 60)).gaps) == found


def test_slit_into_one_patch_that_another_touches_at_its_mouth_is_the_border() -> None:
    slit = shapely.Polygon(
        [(0, 0), (100, 0), (100, 50), (20, 50), (20, 50.03), (95, 50.03), (95, 100), (0, 100)]
    )
    assert len(defects(slit, box(95, 50.03, 100, 100)).gaps) == 0
    most = shapely.Polygon(
        [(0, 0), (100, 0), (100, 50), (20, 50), (20, 50.03), (60, 50.03), (60, 100), (0, 100)]
    )
    assert defects(most, box(60, 50.03, 100, 100)).gaps["is_open"].tolist() == [True]


@pytest.mark.parametrize("off", [0.0, 0.00008])
def test_node_on_the_neighbours_edge_is_no_defect(off: float) -> None:
    long = shapely.Polygon([(0, 0), (100, 0), (97, 33), (0, 30)])
    t = 0.37
    node = np.array([97 - 97 * t, 33 - 3 * t]) + np.array([0, off])
    upper = [
        shapely.Polygon([(0, 30), tuple(node), (30, 90), (0, 90)]),
        shapely.Polygon([tuple(node), (97, 33), (90, 90), (30, 90)]),
    ]
    found = defects(long, *upper)
    assert (len(found.overlaps), len(found.gaps)) == (0, 0)


def test_node_two_millimetres_off_the_edge_is_a_defect() -> None:
    lower = box(0, 0, 100, 30)
    upper = [shapely.Polygon([(0, 30), (50, 30.002), (50, 90), (0, 90)]),
             shapely.Polygon([(50, 30.002), (100, 30), (100, 90), (50, 90)])]  # fmt: skip
    gaps = defects(lower, *upper).gaps
    assert gaps["area_m2"].tolist() == pytest.approx([0.1], rel=0.01)


@pytest.mark.parametrize("side", [2, 3])
def test_patch_over_whole_others_is_found_though_inner_ones_have_no_loose_edge(side: int) -> None:
    cells = [box(10 * i, 10 * j, 10 * i + 10, 10 * j + 10) for i in range(side) for j in range(side)]
    found = defects(*cells, box(0, 0, 10 * side, 10 * side)).overlaps
    assert found["second"].tolist() == [side**2] * side**2
    assert found["area_m2"].round(1).tolist() == [100.0] * side**2


def test_same_patch_twice_overlaps_wholly() -> None:
    found = defects(box(0, 0, 10, 10), box(10, 0, 20, 10), box(10, 0, 20, 10)).overlaps
    assert found[["first", "second"]].to_numpy().tolist() == [[1, 2]]
    assert found["area_m2"][0] == pytest.approx(100, rel=1e-3)


def test_three_on_one_place_make_three_pairs() -> None:
    found = defects(box(0, 0, 10, 10), box(5, 0, 15, 10), box(8, 0, 20, 10)).overlaps
    areas = {(r["first"], r["second"]): round(r["area_m2"], 1) for r in found.to_dict("records")}
    assert areas == {(0, 1): 50.0, (0, 2): 20.0, (1, 2): 70.0}


def test_nothing_empty_and_parts_are_taken_as_they_are() -> None:
    assert coverage_defects(np.array([], dtype=object), CRS).edges == 0
    both = shapely.MultiPolygon([box(0, 0, 10, 10), box(20, 0, 30, 10)])
    found = coverage_defects(np.array([*moved([both, box(10, 0, 20, 10)]), None, shapely.Polygon()]), CRS)
    assert (len(found.overlaps), len(found.gaps), found.edges) == (0, 0, 12)


def test_patch_in_the_hole_of_another_fits() -> None:
    ring = shapely.Polygon(box(0, 0, 50, 50).exterior.coords, [box(10, 10, 20, 20).exterior.coords])
    found = defects(ring, box(10, 10, 20, 20))
    assert (len(found.overlaps), len(found.gaps)) == (0, 0)
    assert len(defects(ring).gaps) == 1
    assert len(loose_edges(moved([ring, box(10, 10, 20, 20)]))[0]) == 4


def test_inner_edges_cancel_and_direction_of_rings_does_not_matter() -> None:
    shapes = moved([box(0, 0, 10, 10), shapely.reverse(box(10, 0, 20, 10))])
    edges, examined = loose_edges(shapes)
    assert (len(edges), examined) == (6, 8)
    assert len(settled(edges - ORIGIN).start) == 6
