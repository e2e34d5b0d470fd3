"""The ground: a valley with side valleys, and hills carved by running water.

Hills are grown by the stream-power law (uplift against erosion by drainage area), which gives the
branching gullies and ridges of loess country; the valley floor is the fixed base level.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, MultiLineString, Polygon
from shapely.geometry.base import BaseGeometry

from .frame import Floats, Ints, Mask, Raster, layered_noise, smooth_line, value_noise

COARSE = Raster(-1500.0, -1500.0, 60.0, 251, 201)
FINE = Raster(-1500.0, -1500.0, 20.0, 751, 601)
ROUNDS = 26
RELIEF_M = 270.0
NEIGHBOURS = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]


@dataclass(frozen=True)
class Terrain:
    """What the rest of the generator asks the ground."""

    height: Floats  # m above sea, on FINE
    slope: Floats  # rise over run, on FINE
    relief: Floats  # m above the nearest valley floor, on FINE
    plain: BaseGeometry  # the valley floors, local metres
    receiver: Ints  # flat index of the node each COARSE node drains to; itself on the valley floor
    drained: Floats  # m² drained through each COARSE node


def axis_y(x: Floats) -> Floats:
    """Northing of the valley's middle line at easting ``x``, local metres."""
    return np.asarray(3250 + 0.13 * x + 330 * np.sin(x / 1700.0 + 0.5))


def axes() -> list[LineString]:
    """Middle lines of the main valley, the north side valley and the south side valley."""
    x = np.arange(-1600.0, 13700.0, 100.0)
    main = LineString(np.column_stack([x, axis_y(x)]))
    north = [
        (2700, 3800),
        (2500, 4900),
        (2750, 6000),
        (2500, 7100),
        (2900, 8200),
        (2800, 9600),
        (3000, 10700),
    ]
    south = [(10100, 4600), (9850, 3600), (10200, 2600), (9900, 1600), (10250, 500), (10100, -1700)]
    sides = [LineString(smooth_line(np.array(points, dtype=float), 3)) for points in (north, south)]
    return [main, *sides]


def floor_margin(x: Floats, y: Floats) -> Floats:
    """How far inside the valley floors a point lies (m); negative on the hills."""
    main, north, south = axes()
    points = shapely.points(np.ravel(x), np.ravel(y))
    shape = np.shape(x)

    def distance(line: LineString) -> Floats:
        return np.asarray(shapely.distance(points, line)).reshape(shape)

    wide = 640 + 200 * value_noise(x, np.zeros(shape), 1500.0, 5)
    bulge = 640 * np.exp(-(((x - 5000) / 1500) ** 2)) + 620 * np.exp(-(((x - 8500) / 1300) ** 2))
    upper = np.where(y > axis_y(x), wide + bulge, wide * 0.85)
    fraying = 70 * layered_noise(x, y, 500.0, 11)
    margins = [upper - distance(main), 190 - distance(north), 170 - distance(south)]
    return np.asarray(np.maximum.reduce(margins) + fraying)


def floor_height(x: Floats, y: Floats) -> Floats:
    """Height of the valley floor, falling from west to east and along the side valleys (m)."""
    away = np.maximum(np.abs(y - axis_y(x)) - 900, 0)
    return np.asarray(1190 - 0.004 * x + 0.013 * away)


def fill_pits(height: Floats, base: Mask) -> Floats:
    """Raise every pit until it drains to ``base`` (priority flood with a small step)."""
    rows, columns = height.shape
    filled = height.copy()
    done = base.copy()
    queue = [(float(filled[j, i]), int(j), int(i)) for j, i in zip(*np.nonzero(base), strict=True)]
    heapq.heapify(queue)
    while queue:
        level, j, i = heapq.heappop(queue)
        for dj, di in NEIGHBOURS:
            b, a = j + dj, i + di
            if 0 <= b < rows and 0 <= a < columns and not done[b, a]:
                done[b, a] = True
                filled[b, a] = max(filled[b, a], level + 0.02)
                heapq.heappush(queue, (float(filled[b, a]), b, a))
    return filled


def steepest(height: Floats, base: Mask, step: float) -> tuple[Ints, Floats]:
    """Flat index of the steepest lower neighbour and the distance to it (m); base nodes drain to themselves."""
    rows, columns = height.shape
    padded = np.pad(height, 1, constant_values=np.inf)
    index = np.arange(rows * columns).reshape(rows, columns)
    best, receiver, run = np.zeros((rows, columns)), index.copy(), np.full((rows, columns), step)
    for dj, di in NEIGHBOURS:
        length = step * np.hypot(dj, di)
        drop = (height - padded[1 + dj : 1 + dj + rows, 1 + di : 1 + di + columns]) / length
        better = (drop > best) & ~base
        best = np.where(better, drop, best)
        receiver = np.where(better, index + dj * columns + di, receiver)
        run = np.where(better, length, run)
    return receiver.ravel(), run.ravel()


def drainage(receiver: Ints, order: Ints, cell_m2: float) -> Floats:
    """Area drained through each node (m²); a loop over nodes because each adds to the next one down."""
    area = [cell_m2] * len(receiver)
    down = receiver.tolist()
    for node in reversed(order.tolist()):
        if down[node] != node:
            area[down[node]] += area[node]
    return np.array(area)


def carve() -> tuple[Floats, Ints, Floats]:
    """Height above the floor on COARSE (m), receivers and drained areas after the last round."""
    x, y = COARSE.nodes()
    margin = floor_margin(x, y)
    base = margin > 0
    start = np.where(
        base, 0, 0.12 * np.maximum(-margin, 0) ** 0.9 + 30 * (1 + layered_noise(x, y, 1400.0, 21))
    )
    height = fill_pits(start, base)
    uplift = np.where(base, 0, 16.0 + 5 * layered_noise(x, y, 3200.0, 31)).ravel()
    receiver, drained = np.arange(height.size), np.full(height.size, COARSE.step**2)
    for _ in range(ROUNDS):
        receiver, run = steepest(height, base, COARSE.step)
        order = np.argsort(height.ravel(), kind="stable")
        drained = drainage(receiver, order, COARSE.step**2)
        pull = 0.20 * np.sqrt(drained) / run
        lifted = (height.ravel() + uplift).tolist()
        pulls, down = pull.tolist(), receiver.tolist()
        for node in order.tolist():
            if down[node] != node:
                lifted[node] = (lifted[node] + pulls[node] * lifted[down[node]]) / (1 + pulls[node])
        height = np.array(lifted).reshape(height.shape)
        height[base] = 0
    return height * (RELIEF_M / np.quantile(height, 0.985)), receiver, drained


def blur(field: Floats, rounds: int) -> Floats:
    """Weighted 3 x 3 mean, ``rounds`` times; borders repeat."""
    for _ in range(rounds):
        p = np.pad(field, 1, mode="edge")
        field = (p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:] + 4 * p[1:-1, 1:-1]) / 8
    return field


def contour(field: Floats, raster: Raster, level: float) -> MultiLineString:
    """Lines of equal value by marching squares, local metres, rounded to 0.01 m."""
    grid_x, grid_y = raster.nodes()
    high = field >= level
    with np.errstate(divide="ignore", invalid="ignore"):
        tx = (level - field[:, :-1]) / (field[:, 1:] - field[:, :-1])
        ty = (level - field[:-1, :]) / (field[1:, :] - field[:-1, :])
    # Crossing points of the lattice edges; both cells of an edge use the same one, so lines join exactly.
    along_x = np.stack([grid_x[:, :-1] + tx * raster.step, grid_y[:, :-1]], axis=-1)
    along_y = np.stack([grid_x[:-1, :], grid_y[:-1, :] + ty * raster.step], axis=-1)
    south, north, west, east = along_x[:-1], along_x[1:], along_y[:, :-1], along_y[:, 1:]
    case = high[:-1, :-1] * 1 + high[:-1, 1:] * 2 + high[1:, 1:] * 4 + high[1:, :-1] * 8
    pairs: dict[tuple[int, ...], list[tuple[Floats, Floats]]] = {
        (1, 14): [(west, south)],
        (2, 13): [(south, east)],
        (3, 12): [(west, east)],
        (4, 11): [(east, north)],
    }
    pairs |= {(6, 9): [(south, north)], (7, 8): [(west, north)]}
    pairs |= {(5,): [(west, south), (east, north)], (10,): [(south, east), (west, north)]}
    segments = []
    for cases, sides in pairs.items():
        mask = np.isin(case, cases)
        segments += [np.stack([a[mask], b[mask]], axis=1) for a, b in sides]
    found = np.round(np.concatenate(segments), 2)
    found = found[(found[:, 0] != found[:, 1]).any(axis=1)]
    return shapely.multilinestrings(shapely.linestrings(found))


def contour_lines(field: Floats, raster: Raster, level: float) -> list[LineString]:
    """The contour as joined lines, longest possible."""
    merged = shapely.line_merge(contour(field, raster, level))
    return [line for line in shapely.get_parts(merged) if line.length > 0]


def contour_area(field: Floats, raster: Raster, level: float) -> BaseGeometry:
    """The area where ``field`` is above ``level``, local metres."""
    frame = shapely.box(
        raster.x0,
        raster.y0,
        raster.x0 + raster.step * (raster.columns - 1),
        raster.y0 + raster.step * (raster.rows - 1),
    )
    lines = shapely.union_all([contour(field, raster, level), frame.boundary], grid_size=0.01)
    faces = shapely.get_parts(shapely.polygonize([lines]))
    inside = shapely.point_on_surface(faces)
    keep = raster.sample(field, shapely.get_x(inside), shapely.get_y(inside)) > level
    return shapely.union_all(faces[keep])


def build_terrain() -> Terrain:
    """Carve the hills and derive what the land cover needs."""
    above, receiver, drained = carve()
    x, y = FINE.nodes()
    relief = COARSE.sample(blur(above, 2), x, y)
    relief = blur(relief, 3)
    height = relief + blur(floor_height(x, y), 4)
    gy, gx = np.gradient(height, FINE.step)
    margin = blur(COARSE.sample(floor_margin(*COARSE.nodes()), x, y), 4)
    plain = contour_area(margin, FINE, 0.0)
    parts = [p for p in shapely.get_parts(plain) if p.area > 60_000]
    solid = shapely.union_all(
        [Polygon(p.exterior, [h for h in p.interiors if Polygon(h).area > 60_000]) for p in parts]
    )
    return Terrain(height, np.hypot(gx, gy), relief, solid.simplify(4.0), receiver, drained)
