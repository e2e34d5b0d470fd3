"""Villages and townships of the sample county: invented villages in real statistical townships."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, MultiPoint, Polygon
from shapely.geometry.base import BaseGeometry

from .basins import basin_labels, divides
from .frame import COUNTY, GRID_M, Floats, layered_noise, smooth_ring
from .terrain import Terrain

TOWNSHIPS = {
    "141127100": "东村镇",
    "141127101": "岚城镇",
    "141127102": "普明镇",
    "141127201": "上明乡",
    "141127202": "王狮乡",
    "141127206": "社科乡",
}
# name, township, x and y of the settlement (local metres), radius of the settlement (m)
SEEDS = [
    ("柳树坪村", "102", 1080, 4020, 190),
    ("下河滩村", "102", 1350, 3230, 170),
    ("石门沟村", "102", 1420, 2000, 105),
    ("三岔口村", "101", 2250, 4420, 200),
    ("北川村", "101", 2700, 5900, 150),
    ("泉子湾村", "101", 2620, 7700, 135),
    ("羊圈梁村", "101", 1400, 6300, 100),
    ("松树塔村", "101", 4700, 8000, 95),
    ("杨树滩村", "100", 3350, 3250, 190),
    ("城关村", "100", 5000, 4500, 0),
    ("南关村", "100", 4850, 3150, 200),
    ("东坡村", "100", 6450, 4450, 180),
    ("圪垛坪村", "100", 5300, 6600, 110),
    ("窑子上村", "201", 6250, 3130, 170),
    ("红土崖村", "201", 4300, 1600, 110),
    ("椿树沟村", "201", 6900, 1500, 105),
    ("上马坪村", "201", 7700, 3370, 165),
    ("西会村", "206", 7450, 5080, 120),
    ("铁匠铺村", "206", 9450, 5480, 150),
    ("东会村", "206", 10650, 5250, 190),
    ("河湾村", "206", 11250, 4250, 160),
    ("高家岭村", "206", 7700, 6900, 115),
    ("后沟村", "206", 10400, 7000, 100),
    ("岔上村", "202", 9150, 3650, 185),
    ("蛤蟆石村", "202", 9980, 2450, 140),
    ("南川村", "202", 10050, 950, 120),
    ("黄土坡村", "202", 8350, 1900, 100),
]


@dataclass(frozen=True)
class Village:
    """One village: 12-digit code, name, settlement centre and radius (local m; 0: lies in the town)."""

    code: str
    name: str
    center: tuple[float, float]
    radius: float

    @property
    def unit(self) -> str:
        """The 19-digit unit code of the survey."""
        return self.code + "0000000"


def villages() -> list[Village]:
    """All villages, numbered from 201 within each township."""
    numbers = dict.fromkeys(TOWNSHIPS, 200)
    found = []
    for name, township, x, y, radius in SEEDS:
        code = COUNTY + township
        numbers[code] += 1
        found.append(Village(f"{code}{numbers[code]}", name, (float(x), float(y)), float(radius)))
    return found


def county_outline() -> Polygon:
    """The rough outline whose inside is kept, local metres."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    c, s = np.cos(angle), np.sin(angle)
    radius = (np.abs(c) ** 3 + np.abs(s) ** 3) ** (-1 / 3)
    radius = radius * (1 + 0.10 * layered_noise(c * 900, s * 900, 500.0, 71))
    return Polygon(smooth_ring(np.column_stack([6000 + 5600 * radius * c, 4400 + 4250 * radius * s]), 2))


def _floor_lines(seeds: Floats, plain: BaseGeometry, outline: Polygon) -> BaseGeometry:
    """Village boundaries on the valley floor: edges halfway between settlements, gently bent."""
    edges = shapely.voronoi_polygons(MultiPoint(seeds), extend_to=outline.buffer(3000), only_edges=True)
    fine = shapely.segmentize(edges, 60.0)

    def bend(xy: Floats) -> Floats:
        shift = [60 * layered_noise(xy[:, 0], xy[:, 1], 700.0, key) for key in (81, 91)]
        return np.asarray(xy + np.column_stack(shift))

    bent = shapely.transform(fine, bend).simplify(3.0)
    return shapely.intersection(shapely.union_all([bent, outline.boundary]), plain)


def _largest_first(cells: Floats, owner: Floats) -> Floats:
    """Give every detached piece of a village to the neighbour with which it shares the longest border."""
    owner = owner.copy()
    for _ in range(6):
        strays: list[int] = []
        for village in np.unique(owner):
            own = np.nonzero(owner == village)[0]
            parts = shapely.get_parts(shapely.union_all(cells[own], grid_size=GRID_M))
            main = parts[np.argmax(shapely.area(parts))]
            strays += own[~shapely.contains(main.buffer(0.5), cells[own])].tolist()
        if not strays:
            break
        tree = shapely.STRtree(cells)
        for stray in strays:
            near = [k for k in tree.query(cells[stray], "intersects") if owner[k] != owner[stray]]
            shared = [shapely.length(shapely.intersection(cells[stray], cells[k])) for k in near]
            if near:
                owner[stray] = owner[near[int(np.argmax(shared))]]
    return owner


def village_areas(terrain: Terrain) -> tuple[list[Polygon], list[LineString]]:
    """One polygon per village (in the order of :func:`villages`), and the divides inside the county.

    The polygons tessellate: hills go by basin to the nearest settlement, the floor by half-way lines.
    """
    outline = county_outline()
    seeds = np.array([village.center for village in villages()])
    ridge = shapely.difference(np.array(divides(basin_labels(terrain)), dtype=object), terrain.plain)
    ridges = [line for line in shapely.get_parts(ridge) if line.length > 1]
    frame = outline.buffer(2500).envelope.boundary
    lines = [*ridges, terrain.plain.boundary, _floor_lines(seeds, terrain.plain, outline), frame]
    cells = shapely.get_parts(shapely.polygonize([shapely.union_all(lines, grid_size=GRID_M)]))
    inside = shapely.point_on_surface(cells)
    cells = cells[shapely.contains(outline, shapely.centroid(cells)) & shapely.contains(outline, inside)]
    inside = shapely.get_coordinates(shapely.point_on_surface(cells))
    gap = np.hypot(inside[:, None, 0] - seeds[None, :, 0], inside[:, None, 1] - seeds[None, :, 1])
    owner = _largest_first(cells, np.argmin(gap, axis=1))
    areas = [shapely.union_all(cells[owner == k], grid_size=GRID_M) for k in range(len(seeds))]
    whole = Polygon(max(shapely.get_parts(shapely.union_all(areas)), key=lambda p: p.area).exterior)
    return areas, [line for line in ridges if line.intersects(whole)]
