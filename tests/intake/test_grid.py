"""Vertices that left the grid of their layer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from landinv.intake.grid import vertices_off_the_grid


def _off_the_grid(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    return vertices_off_the_grid(*shapely.get_coordinates(shapes, return_index=True), len(shapes))


def _boxes(count: int, step: float) -> np.ndarray:
    return np.array([shapely.box(37548000 + i, 4240000, 37548000 + i + step, 4240001) for i in range(count)])


def test_layer_on_its_grid_has_none_off_it() -> None:
    assert not _off_the_grid(_boxes(100, 0.1234)).any()


def test_one_vertex_moved_by_a_hundredth_of_a_millimetre_is_seen() -> None:
    shapes = _boxes(100, 0.1234)
    shapes[7] = shapely.box(37548000.00001, 4240000, 37548001, 4240001)
    assert np.flatnonzero(_off_the_grid(shapes)).tolist() == [7]


def test_layer_without_a_grid_is_left_alone() -> None:
    rng = np.random.default_rng(1)
    shapes = shapely.affinity.translate(shapely.MultiPoint(rng.random((50, 2))), 37548000, 4240000)
    assert not _off_the_grid(np.array([shapes, None])).any()
    assert not _off_the_grid(np.array([], dtype=object)).any()
