"""From stamps and lines to patches: node everything once, cut into faces, classify, join small ones.

All faces come from one noded linework on a fixed grid, so neighbours share every vertex.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import LineString, Polygon

from .built import park, town, village_stamps
from .frame import GRID_M, SEED, Floats, Ints, value_noise
from .stamps import Stamp, field_net, gullies, hill_roads, ponds_and_farms, reservoir, trunk_roads, waters
from .terrain import FINE, Terrain, contour_lines
from .villages import village_areas

CONTOUR_M = 17.0
Objects = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Patches:
    """The tessellation, one entry a patch: local polygons and the attributes decided so far."""

    shape: Objects
    land_class: Objects
    settlement: Objects
    width_m: Floats
    state_land: npt.NDArray[np.bool_]
    village: Ints
    slope: Floats
    terraced: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Stack:
    """All stamps from top to bottom, how many lie above the village outlines, and the dividing lines."""

    stamps: list[Stamp]
    upper: int
    lot_lines: list[LineString]
    ground_lines: list[LineString]

    def linework(self, more: list[shapely.Geometry]) -> list[shapely.Geometry]:
        """Every line to be noded; what lies below a village is cut off at its outline."""
        settled = shapely.union_all([s.shape for s in self.stamps[: self.upper] if s.each_face])
        below = [s.shape.boundary for s in self.stamps[self.upper :]] + self.ground_lines + more
        free = shapely.difference(np.array(below, dtype=object), settled)
        return [s.shape.boundary for s in self.stamps[: self.upper]] + self.lot_lines + list(free)


def stack(terrain: Terrain, ridges: list[LineString]) -> Stack:
    """Lay all stamps and lines over the ground."""
    houses, lot_lines = village_stamps()
    lanes, field_lines = field_net(terrain)
    rivers = waters()
    flowing = [s for s in rivers if s.land_class == "1101"]
    shoals = [s for s in rivers if s.land_class != "1101"]
    above = [*trunk_roads(), *reservoir(terrain), *flowing, *town(), *park(), *houses]
    below = hill_roads(terrain, ridges) + shoals + ponds_and_farms(terrain) + gullies(terrain)
    below += [s for s in (_on_floor(lane, terrain) for lane in lanes) if not s.shape.is_empty]
    on_floor = shapely.get_parts(shapely.intersection(np.array(field_lines, dtype=object), terrain.plain))
    return Stack([*above, *below], len(above), lot_lines, [line for line in on_floor if line.length > 2])


def _on_floor(stamp: Stamp, terrain: Terrain) -> Stamp:
    return Stamp(stamp.shape.intersection(terrain.plain), stamp.land_class, width_m=stamp.width_m)


def terrace_lines(terrain: Terrain) -> list[LineString]:
    """Contours of the hills, smoothed, outside the valley floor."""
    lines: list[LineString] = []
    for level in np.arange(6.0, float(terrain.relief.max()), CONTOUR_M):
        lines += [
            line.simplify(3.0)
            for line in contour_lines(terrain.relief, FINE, float(level))
            if line.length > 250
        ]
    outside = shapely.difference(np.array(lines, dtype=object), terrain.plain)
    return [line for line in shapely.get_parts(outside) if line.length > 20]


def cut_faces(shapes: list[shapely.Geometry], areas: list[Polygon]) -> tuple[Objects, Ints]:
    """Every face inside the county with the village it lies in."""
    whole = shapely.union_all(areas)
    inner = shapely.intersection(np.array(shapes, dtype=object), whole.buffer(5))
    borders = [area.boundary for area in areas]
    noded = shapely.union_all([*inner[~shapely.is_empty(inner)], *borders], grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    village = locate(faces, np.array(areas, dtype=object))
    return faces[village >= 0], village[village >= 0]


def locate(faces: Objects, areas: Objects) -> Ints:
    """Index of the first area that holds each face's inner point; -1 where none does."""
    points, into = shapely.STRtree(areas).query(shapely.point_on_surface(faces), "intersects")
    found = np.full(len(faces), len(areas))
    np.minimum.at(found, points, into)
    return np.where(found == len(areas), -1, found)


def ground_class(faces: Objects, terrain: Terrain) -> tuple[Objects, npt.NDArray[np.bool_]]:
    """Land class of faces no stamp covers, and whether the face stays a patch of its own."""
    xy = shapely.get_coordinates(shapely.point_on_surface(faces))
    x, y = xy[:, 0], xy[:, 1]
    luck = np.random.default_rng([SEED, 111]).random(len(faces))
    slope, relief = FINE.sample(terrain.slope, x, y), FINE.sample(terrain.relief, x, y)
    broad, fine = value_noise(x, y, 1700.0, 112), value_noise(x, y, 600.0, 113)
    floor = shapely.contains_xy(terrain.plain, x, y)
    rules = [
        (floor & (luck < 0.80), "0102"),
        (floor & (luck < 0.90), "0103"),
        (floor & (luck < 0.95), "0201"),
        (floor, "0307"),
        (relief > 185 + 55 * broad, "0301"),
        ((relief > 120) & (fine > 0.45), "0305"),
        ((slope > 0.33 + 0.05 * fine) & (luck < 0.9), "0404"),
        ((broad > 0.25) & (luck < 0.30), "0201"),
        (luck < 0.78, "0103"),
        (luck < 0.88, "0404"),
        (luck < 0.95, "0307"),
    ]
    code = np.select([r[0] for r in rules], [r[1] for r in rules], "0305").astype(object)
    return code, floor | np.isin(code, ["0103", "0201"])


def minimum_m2(land_class: Objects) -> Floats:
    """Smallest mapped area of a land class: 200, 400 or 600 m² (survey rules for 建设/农用/其他)."""
    group = np.array([code[:2] for code in land_class])
    small = np.isin(group, ["05", "06", "07", "08", "09"]) | np.isin(
        land_class, ["1001", "1003", "1004", "1005"]
    )
    small |= np.isin(land_class, ["1109", "1201", "1202"])
    other = np.isin(land_class, ["0404", "1101", "1106", "1206"])
    return np.where(small, 200.0, np.where(other, 600.0, 400.0))


def neighbours(faces: Objects) -> tuple[Ints, Ints, Floats]:
    """Pairs of faces that share a border and the length of it (m), from the segments both have."""
    rings, owner = shapely.get_rings(faces, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    whole = np.round(xy / GRID_M).astype(np.int64)
    within = ring[1:] == ring[:-1]
    start, end, face = whole[:-1][within], whole[1:][within], owner[ring[1:][within]]
    swap = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    low, high = np.where(swap[:, None], end, start), np.where(swap[:, None], start, end)
    order = np.lexsort((high[:, 1], high[:, 0], low[:, 1], low[:, 0]))
    low, high, face = low[order], high[order], face[order]
    twin = ((low[1:] == low[:-1]) & (high[1:] == high[:-1])).all(axis=1)
    one, two = face[:-1][twin], face[1:][twin]
    length = np.hypot(*(high - low)[1:][twin].T) * GRID_M
    code, place = np.unique(np.minimum(one, two) * len(faces) + np.maximum(one, two), return_inverse=True)
    a, b = np.divmod(code, len(faces))
    return a[a != b], b[a != b], np.bincount(place, length)[a != b]


def join_groups(count: int, a: Ints, b: Ints) -> Ints:
    """Number of the connected group each face is in, given joined pairs (union-find)."""
    parent = list(range(count))

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    for p, q in zip(a.tolist(), b.tolist(), strict=True):
        parent[max(root(p), root(q))] = min(root(p), root(q))
    return np.array([root(k) for k in range(count)])


def absorb_small(area: Floats, code: Objects, village: Ints, pairs: tuple[Ints, Ints, Floats]) -> Ints:
    """Group number per face after each too small face joined the neighbour with the longest common border.

    Only neighbours in the same village count, but for specks; faces of equal class are preferred.
    """
    a, b, shared = pairs
    speck = area < 5.0
    same = (village[a] == village[b]) | speck[a] | speck[b]
    a, b, shared = a[same], b[same], shared[same] * np.where(code[a[same]] == code[b[same]], 3.0, 1.0)
    group = np.arange(len(area))
    for _ in range(4):
        total = np.bincount(group, area, minlength=len(area))
        small = total < minimum_m2(code[np.arange(len(area))])
        best: dict[int, tuple[float, int]] = {}
        for p, q, length in zip(group[a].tolist(), group[b].tolist(), shared.tolist(), strict=True):
            for one, two in ((p, q), (q, p)):
                if one != two and small[one] and length > best.get(one, (0.0, 0))[0]:
                    best[one] = (length, two)
        if not best:
            break
        into = {
            one: two
            for one, (_, two) in best.items()
            if not (two in best and best[two][1] == one and one < two)
        }
        target = np.arange(len(area))
        for one in into:
            end = one
            for _ in range(8):
                end = into.get(end, end)
            target[one] = end
        group = target[group]
    return group


def merged(shapes: Objects, group: Ints) -> tuple[Objects, Ints]:
    """Union of the faces of each group, and the group's first index (its root face)."""
    order = np.argsort(group, kind="stable")
    roots, starts = np.unique(group[order], return_index=True)
    members = np.split(order, starts[1:])
    joined = [shapes[m[0]] if len(m) == 1 else shapely.coverage_union_all(shapes[m]) for m in members]
    single = [part for shape in joined for part in shapely.get_parts(shape)]
    origin = [root for root, shape in zip(roots, joined, strict=True) for _ in shapely.get_parts(shape)]
    return np.array(single, dtype=object), np.array(origin)


def build_patches(terrain: Terrain) -> tuple[Patches, list[Polygon]]:
    """The whole tessellation and the village polygons it was cut by."""
    areas, ridges = village_areas(terrain)
    layers = stack(terrain, ridges)
    stamps = layers.stamps
    lines = layers.linework([*ridges, terrain.plain.boundary, *terrace_lines(terrain)])
    faces, village = cut_faces(lines, areas)
    top = locate(faces, np.array([s.shape for s in stamps], dtype=object))
    ground, own = ground_class(faces, terrain)
    free = top < 0
    code = np.array(
        [g if t < 0 else stamps[t].land_class for t, g in zip(top, ground, strict=True)], dtype=object
    )
    own = np.where(free, own, [t >= 0 and stamps[t].each_face for t in top])
    a, b, _ = neighbours(faces)
    alike = (village[a] == village[b]) & (top[a] == top[b]) & (code[a] == code[b]) & ~own[a] & ~own[b]
    group = join_groups(len(faces), a[alike], b[alike])
    shape, root = merged(faces, group)
    top, code, village = top[root], code[root], village[root]
    for _ in range(3):
        pairs = neighbours(shape)
        group = absorb_small(shapely.area(shape), code, village, pairs)
        shape, root = merged(shape, group)
        top, code, village = top[root], code[root], village[root]
    under = [stamps[t] if t >= 0 else Stamp(Polygon(), "") for t in top]
    return _described(shape, code, village, under=under, terrain=terrain), areas


def _described(
    shape: Objects, code: Objects, village: Ints, *, under: list[Stamp], terrain: Terrain
) -> Patches:
    xy = shapely.get_coordinates(shapely.point_on_surface(shape))
    slope = FINE.sample(terrain.slope, xy[:, 0], xy[:, 1])
    luck = np.random.default_rng([SEED, 131]).random(len(shape))
    house = np.array([s.each_face for s in under])
    odd = np.select(
        [luck < 0.05, luck < 0.08, luck < 0.10, luck < 0.13], ["1201", "08H2", "0809", "05H1"], "0702"
    )
    code = np.where(house, odd, code).astype(object)
    return Patches(
        shape=shape,
        land_class=code,
        settlement=np.array([s.settlement for s in under], dtype=object),
        width_m=np.array([s.width_m for s in under]),
        state_land=np.array([s.state_land for s in under]),
        village=village,
        slope=slope,
        terraced=(code == "0103") & (luck < 0.8),
    )
