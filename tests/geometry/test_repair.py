from __future__ import annotations

import numpy as np
import pytest
import shapely

from landinv.geometry.repair import MAX_RING_VERTICES, repair_polygons

CRS = "EPSG:4525"
E, N = 37548000, 4240000


def at(*points, holes=()):
    return shapely.Polygon(
        [(E + x, N + y) for x, y in points], [[(E + x, N + y) for x, y in h] for h in holes]
    )


def with_coordinate(value):
    with np.errstate(invalid="ignore"):
        return shapely.Polygon([(E, N), (value, N), (E + 1, N + 1)])


SQUARE = at((0, 0), (100, 0), (100, 100), (0, 100))
SPIKE = at((0, 0), (100, 0), (100, 50), (130, 50), (100, 50), (100, 100), (0, 100))
BOW_TIE = at((0, 0), (100, 100), (100, 0), (0, 100))


def test_valid_polygon_is_handed_back_untouched():
    result = repair_polygons([SQUARE], crs=CRS)
    assert result.geometry[0].wkb == SQUARE.wkb
    assert (result.status[0], result.reason[0]) == ("ok", "")
    assert np.isnan(result.area_before_m2[0])


def test_spike_is_cut_off_without_losing_area():
    result = repair_polygons([SQUARE, SPIKE], crs=CRS)
    assert result.status.tolist() == ["ok", "repaired"]
    assert result.geometry[1].normalize().equals(SQUARE)
    assert result.area_before_m2[1] == pytest.approx(9999.43, abs=0.01)
    assert result.area_after_m2[1] == pytest.approx(result.area_before_m2[1], abs=0.001)


def test_small_loop_is_repaired_with_its_area_logged():
    loop = at((0, 0), (100, 0), (100, 100), (50, 100), (51, 101), (50, 101), (51, 100), (0, 100))
    result = repair_polygons([loop], crs=CRS)
    assert result.status[0] == "repaired"
    assert result.geometry[0].is_valid
    assert 0 < abs(result.area_after_m2[0] - result.area_before_m2[0]) < 2


def test_bow_tie_whose_lobes_cancel_is_quarantined_as_it_came():
    result = repair_polygons([BOW_TIE], crs=CRS)
    assert result.status[0] == "quarantined"
    assert result.reason[0] == "自相交，无法修复或修复后面积变化过大"
    assert result.geometry[0].wkb == BOW_TIE.wkb
    assert result.area_after_m2[0] == pytest.approx(5000, abs=1)


def test_allowed_change_decides():
    # a hole half outside: 200 of 10,000 m² too much is subtracted by the rings
    odd = at((0, 0), (100, 0), (100, 100), (0, 100), holes=[[(90, 40), (110, 40), (110, 60), (90, 60)]])
    assert repair_polygons([odd], crs=CRS).status[0] == "quarantined"
    assert repair_polygons([odd], crs=CRS, max_change=0.05).status[0] == "repaired"


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (None, "没有图形"),
        (shapely.Polygon(), "图形为空"),
        (shapely.Point(E, N), "不是面图形"),
        (with_coordinate(np.nan), "坐标不是数值"),
        (with_coordinate(np.inf), "坐标不是数值"),
    ],
)
def test_what_is_no_polygon_is_quarantined_with_its_reason(shape, reason):
    result = repair_polygons([SQUARE, shape, SQUARE], crs=CRS)
    assert result.status.tolist() == ["ok", "quarantined", "ok"]
    assert result.reason[1] == reason


def test_line_folded_on_itself_is_quarantined():
    assert repair_polygons([at((0, 0), (100, 0), (50, 0))], crs=CRS).status[0] == "quarantined"


def test_long_invalid_ring_is_quarantined_unrepaired_and_a_long_valid_one_passes():
    angle = np.linspace(0, 2 * np.pi, MAX_RING_VERTICES + 500)[:-1]
    points = np.column_stack([E + 1000 * np.cos(angle), N + 1000 * np.sin(angle)])
    crossed = points.copy()
    crossed[[5, 6]] = crossed[[6, 5]]
    result = repair_polygons([shapely.Polygon(points), shapely.Polygon(crossed)], crs=CRS)
    assert result.status.tolist() == ["ok", "quarantined"]
    assert "超过2000个" in result.reason[1]
    assert np.isnan(result.area_after_m2[1])


def test_height_and_measure_are_dropped():
    result = repair_polygons([shapely.force_3d(SQUARE, 900.0), shapely.force_3d(SPIKE, 900.0)], crs=CRS)
    assert not shapely.has_z(result.geometry).any()


def test_input_is_not_changed():
    shapes = np.array([SPIKE, None, SQUARE], dtype=object)
    before = shapes.copy()
    repair_polygons(shapes, crs=CRS)
    assert all(a is b for a, b in zip(shapes, before, strict=True))


def test_nothing_gives_nothing():
    assert repair_polygons([], crs=CRS).status.tolist() == []
