"""Features laid over the ground, the first in the list on top: roads, rivers, ponds, gullies, fields."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from .basins import Stream, streams
from .frame import SEED, Floats, blob, smooth_line, value_noise
from .terrain import FINE, Terrain, axes, axis_y, contour_area

RIVER_SHIFT = -130.0


@dataclass(frozen=True)
class Stamp:
    """One feature with its land class.

    ``settlement`` is the survey's 城镇村 attribute (empty outside settlements); ``each_face`` keeps every
    face inside as its own patch; ``width_m`` is set for ribbons; ``state_land`` marks state ownership.
    """

    shape: BaseGeometry
    land_class: str
    settlement: str = ""
    width_m: float = 0.0
    state_land: bool = False
    each_face: bool = False


def ribbon(line: BaseGeometry, width_m: float) -> BaseGeometry:
    """The strip of the given width along a line."""
    return line.buffer(width_m / 2, quad_segs=2, join_style="mitre", cap_style="flat")


def along_valley(shift: float, first: float = -400.0, last: float = 12600.0, step: float = 120.0) -> Floats:
    """Points ``shift`` metres north of the valley's middle line."""
    x = np.arange(first, last, step)
    return np.column_stack([x, axis_y(x) + shift])


def river_line() -> LineString:
    """The main river, meandering south of the middle line."""
    xy = along_valley(RIVER_SHIFT, step=70.0)
    bend = 85 * np.sin(xy[:, 0] / 260.0) * (0.6 + 0.4 * value_noise(xy[:, 0], xy[:, 1], 1500.0, 41))
    xy[:, 1] += bend + 40 * value_noise(xy[:, 0], 0 * xy[:, 1], 400.0, 42)
    return LineString(smooth_line(xy, 2)).simplify(1.0)


def side_rivers() -> list[LineString]:
    """The rivers of the two side valleys, from outside the county to the main river."""
    found = []
    for number, line in enumerate(axes()[1:]):
        xy = np.asarray(shapely.segmentize(line, 60.0).coords)
        xy = xy + np.column_stack([45 * np.sin(xy[:, 1] / 190.0 + number), np.zeros(len(xy))])
        ahead = np.asarray(river_line().interpolate(river_line().project(Point(xy[0])) + 300).coords)
        found.append(LineString(smooth_line(np.vstack([ahead, xy[2:]]), 2)).simplify(1.0))
    return found


def tributaries(terrain: Terrain) -> tuple[list[Stream], list[LineString]]:
    """All streams of the hills, and the courses of the larger ones over the valley floor to a river."""
    found = streams(terrain)
    rivers = [river_line(), *side_rivers()]
    courses = []
    for stream in found:
        if not stream.reaches_floor or stream.drained_m2 < 700_000:
            continue
        mouth = Point(stream.line.coords[-1])
        river = min(rivers, key=mouth.distance)
        target = river.interpolate(river.project(mouth) + (120 if river is rivers[0] else -60))
        middle = [(mouth.x + target.x) / 2 - 40, (mouth.y + target.y) / 2]
        points = np.array([stream.line.coords[-2], mouth.coords[0], middle, target.coords[0]])
        courses.append(LineString(smooth_line(points, 3)))
    return found, courses


def trunk_roads() -> list[Stamp]:
    """Railway, expressway and national road along the valley."""
    railway = LineString(smooth_line(along_valley(-345.0, step=600.0), 4))
    expressway = LineString(smooth_line(along_valley(-920.0, step=900.0), 4))
    highway = LineString(smooth_line(along_valley(85.0, step=400.0), 3))
    return [
        Stamp(ribbon(railway, 18.0), "1001", width_m=18.0, state_land=True),
        Stamp(ribbon(expressway, 34.0), "1003", width_m=34.0, state_land=True),
        Stamp(ribbon(highway, 16.0), "1003", width_m=16.0, state_land=True),
    ]


def waters() -> list[Stamp]:
    """Rivers with their shoals and the embankment of the main river."""
    main = river_line()
    x = np.arange(-300.0, 12500.0, 90.0)
    shoals = [
        blob(
            (px, float(axis_y(np.array(px))) + RIVER_SHIFT),
            55 + 40 * float(value_noise(px, 0 * px, 300.0, 43)),
            1000 + int(px),
            1.5,
        )
        for px in x[::3]
    ]
    near = shapely.intersection(shapely.union_all(shoals), main.buffer(75))
    stamps = [Stamp(ribbon(main, 38.0), "1101", width_m=38.0, state_land=True)]
    stamps += [Stamp(ribbon(line, 16.0), "1101", width_m=16.0, state_land=True) for line in side_rivers()]
    stamps += [Stamp(near, "1106", state_land=True)]
    stamps += [Stamp(ribbon(line, 46.0), "1106", state_land=True) for line in side_rivers()]
    return stamps


def reservoir(terrain: Terrain) -> list[Stamp]:
    """The dam and the lake behind it, on the largest hill stream north of the park."""
    reach = max(
        (s for s in streams(terrain) if s.line.coords[0][1] > 5600 and 5500 < s.line.coords[0][0] < 9300),
        key=lambda s: s.drained_m2 if s.line.length > 300 else 0,
    )
    at = reach.line.interpolate(0.62, normalized=True)
    below, above = (reach.line.interpolate(reach.line.project(at) + d) for d in (25.0, -25.0))
    along = np.array([below.x - above.x, below.y - above.y]) / 50.0
    across = np.array([-along[1], along[0]])
    x, y = FINE.nodes()
    level = float(FINE.sample(terrain.height, np.array(at.x), np.array(at.y))) + 26
    behind = (x - at.x) * along[0] + (y - at.y) * along[1] < 0
    near = np.hypot(x - at.x, y - at.y) < 1500
    depth = np.where(behind & near, level - terrain.height, -50.0)
    lake = max(shapely.get_parts(contour_area(depth, FINE, 0.0)), key=lambda p: -p.distance(above))
    ring = Polygon(smooth_line(np.asarray(lake.simplify(6.0).exterior.coords), 2))
    crest = LineString([np.array(at.coords[0]) - across * 130, np.array(at.coords[0]) + across * 130])
    dam = ribbon(crest, 22.0).intersection(ring.buffer(25))
    return [Stamp(dam, "1109", width_m=22.0, state_land=True), Stamp(ring, "1103", state_land=True)]


def hill_roads(terrain: Terrain, ridges: list[LineString]) -> list[Stamp]:
    """Country roads beside the larger streams, and tracks along some ridges."""
    found, _ = tributaries(terrain)
    roads = [
        Stamp(ribbon(s.line.offset_curve(32.0), 6.0), "1006", width_m=6.0)
        for s in found
        if s.drained_m2 > 900_000 and s.line.length > 150
    ]
    roads += [
        Stamp(ribbon(line.offset_curve(-70.0), 8.5), "1003", width_m=8.5, state_land=True)
        for line in side_rivers()
    ]
    pick = np.random.default_rng([SEED, 51]).random(len(ridges))
    longer = [line for line, p in zip(ridges, pick, strict=True) if line.length > 500 and p < 0.55]
    return roads + [Stamp(ribbon(line.offset_curve(14.0), 4.5), "1006", width_m=4.5) for line in longer]


def gullies(terrain: Terrain) -> list[Stamp]:
    """Stream beds, and the grass, shrub or bare slopes of the gullies around them."""
    found, courses = tributaries(terrain)
    beds, sides = [], []
    for number, stream in enumerate(found):
        rng = np.random.default_rng([SEED, 61, number])
        size = stream.drained_m2 / 1e6
        if size > 0.7:
            beds.append(Stamp(ribbon(stream.line, 7 + 3 * min(size, 4)), "1106", width_m=8.0))
        widths = 22 + 26 * rng.random(5) + 8 * min(size, 3)
        spots = [
            stream.line.interpolate(t, normalized=True).buffer(w, quad_segs=4)
            for t, w in zip(np.linspace(0, 1, 5), widths, strict=True)
        ]
        shape = shapely.union_all([stream.line.buffer(float(widths.min()), quad_segs=3), *spots])
        soft = shape.buffer(12, quad_segs=3).buffer(-12, quad_segs=3).simplify(1.5)
        land_class = str(rng.choice(["0404", "0404", "0404", "0305", "1206", "0307"]))
        sides.append(Stamp(soft, land_class))
    beds += [Stamp(ribbon(line, 12.0), "1101", width_m=12.0, state_land=True) for line in courses]
    return beds + sides


def ponds_and_farms(terrain: Terrain) -> list[Stamp]:
    """Ponds, orchards and livestock farms strewn over valley floor and gentle hills."""
    rng = np.random.default_rng([SEED, 65])
    found = [Stamp(blob((3300.0, 2250.0), 130, 41, 1.3), "0602", "204", state_land=True)]
    found += [Stamp(shapely.box(5560, 5790, 5640, 5850), "09", "205", state_land=True)]
    for number in range(150):
        x, y = 700 + 11000 * rng.random(), -700 + 9500 * rng.random()
        steep = float(FINE.sample(terrain.slope, np.array(x), np.array(y)))
        size, pick = rng.random(), rng.random()
        if steep < 0.03 and pick < 0.5:
            found.append(Stamp(blob((x, y), 14 + 24 * size, 500 + number, 1.3), "1104"))
        elif steep < 0.2:
            corner = shapely.affinity.rotate(
                shapely.box(x, y, x + 40 + 40 * size, y + 26 + 18 * size), 180 * pick
            )
            found.append(Stamp(corner, "1202"))
        elif steep < 0.34:
            found.append(Stamp(blob((x, y), 60 + 90 * size, 700 + number, 1.4), "0201"))
    return found


def field_net(terrain: Terrain) -> tuple[list[Stamp], list[LineString]]:
    """Lanes and ditches of the main valley floor, and the boundaries between its fields."""
    rng = np.random.default_rng([SEED, 67])
    shifts = np.array([-1060.0, -870, -690, -490, -240, 20, 230, 420, 610, 800, 990, 1180, 1370])
    lanes, lines = [], []
    for number, shift in enumerate(shifts):
        line = LineString(along_valley(shift + 18 * value_noise(shift, shift, 50.0, 68), step=200.0))
        kind, width = ("1006", 4.5) if number % 2 else ("1107", 3.0)
        lanes.append(Stamp(ribbon(line, width), kind, width_m=width))
    for number, x in enumerate(np.arange(250.0, 12200.0, 230.0) + 60 * rng.random(52)):
        ends = np.array(
            [[x - 130, axis_y(x - 130) - 1300], [x, axis_y(x)], [x + 150, axis_y(x + 150) + 1500]]
        )
        kind, width = ("1006", 4.0) if number % 2 else ("1107", 2.5)
        lanes.append(Stamp(ribbon(LineString(ends), width), kind, width_m=width))
    for low, high in pairwise(shifts):
        for x in np.arange(300.0, 12000.0, 290.0) + 90 * rng.random(41):
            ends = np.array([[x, axis_y(x) + low], [x + 20, axis_y(x + 20) + high]])
            lines.append(LineString(ends))
    for axis in axes()[1:]:
        for at in np.arange(0.0, axis.length, 160.0) + 50 * rng.random():
            here, there = axis.interpolate(at), axis.interpolate(at + 5)
            step = np.array([there.y - here.y, here.x - there.x]) * 80
            lines.append(
                LineString([(here.x - step[0], here.y - step[1]), (here.x + step[0], here.y + step[1])])
            )
        lines.append(axis.offset_curve(60.0))
        lines.append(axis.offset_curve(-60.0))
    return lanes, lines
