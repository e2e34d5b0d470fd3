"""Town, industrial park and villages: streets, lots and what stands on them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString, Polygon

from .frame import PARK, SEED, TOWN, blob
from .stamps import Stamp, ribbon
from .villages import Village, villages

TOWN_COLUMNS, TOWN_ROWS = 7, 5
TOWN_STREET_M, PARK_STREET_M = 18.0, 24.0
TOWN_CELL = (228.0, 190.0)
PARK_COLUMNS, PARK_ROWS = 5, 3
PARK_CELL = (340.0, 290.0)
# Land classes of the town's blocks, row by row from the south; '.' is not built yet.
TOWN_USES = ["RRCRR..", "RPCAR..", "RRGCRR.", "RSHRRR.", "RRRUR.."]
USE_CODES = {
    "R": "0701",
    "C": "05H1",
    "P": "0810",
    "A": "08H1",
    "G": "0810",
    "S": "08H2",
    "H": "08H2",
    "U": "0809",
}
# What stands in the two halves (west, east) of the park's blocks, row by row from the south:
# F factory, V vacant (1201), L farmland as before, W warehouse.
PARK_USES = ["FF FF FV VF LL", "FW FV VL FF LL", "FL LL VV LF LL"]


@dataclass(frozen=True)
class Block:
    """One block of the town or park: its frame rectangle (u0, v0, u1, v1) inside the streets, metres."""

    u0: float
    v0: float
    u1: float
    v1: float


def town_block(column: int, row: int) -> Block:
    """The block of the town's grid; columns from the west, rows from the south."""
    width, depth = TOWN_CELL
    return Block(column * width + 9, row * depth + 9, (column + 1) * width - 9, (row + 1) * depth - 9)


def park_block(column: int, row: int) -> Block:
    """The block of the park's grid; columns from the west, rows from the south."""
    width, depth = PARK_CELL
    return Block(column * width + 12, row * depth + 12, (column + 1) * width - 12, (row + 1) * depth - 12)


def town() -> list[Stamp]:
    """Lots of the town's built blocks, then the streets around them."""
    lots, built = [], []
    rng = np.random.default_rng([SEED, 101])
    for row, uses in enumerate(TOWN_USES):
        for column, use in enumerate(uses):
            if use == ".":
                continue
            b = town_block(column, row)
            built.append(TOWN.rect(b.u0 - 9, b.v0 - 9, b.u1 + 9, b.v1 + 9))
            cuts = [b.u0, b.u0 + (b.u1 - b.u0) * (0.35 + 0.3 * rng.random()), b.u1]
            middle = b.v0 + (b.v1 - b.v0) * (0.4 + 0.2 * rng.random())
            for u0, u1 in pairwise(cuts):
                for v0, v1 in ((b.v0, middle), (middle, b.v1)):
                    other = rng.choice(["0701", "0701", "05H1", "0809", "1201", "1005"])
                    code = USE_CODES[use] if rng.random() < 0.8 else str(other)
                    lots.append(Stamp(TOWN.rect(u0, v0, u1, v1), code, "202", state_land=True))
    streets = shapely.union_all(built, grid_size=0.01).buffer(0.5).buffer(-0.5)
    return [*lots, Stamp(streets, "1004", "202", width_m=18.0, state_land=True)]


def park() -> list[Stamp]:
    """Lots of the industrial park (factories are 202A, the rest 202), then its streets."""
    codes = {"F": ("0601", "202A"), "V": ("1201", "202"), "W": ("0508", "202")}
    lots, streets = [], []
    for row, line in enumerate(PARK_USES):
        for column, uses in enumerate(line.split()):
            b = park_block(column, row)
            middle = (b.u0 + b.u1) / 2
            for (u0, u1), use in zip(((b.u0, middle), (middle, b.u1)), uses, strict=True):
                if use != "L":
                    lots.append(Stamp(PARK.rect(u0, b.v0, u1, b.v1), *codes[use], state_land=True))
            if column < 4:
                streets.append(
                    PARK.rect(b.u0 - 12, b.v0 - 12, b.u1 + 12, b.v1 + 12).difference(
                        PARK.rect(b.u0, b.v0, b.u1, b.v1)
                    )
                )
    net = shapely.union_all(streets, grid_size=0.01).buffer(0.5).buffer(-0.5)
    return [*lots, Stamp(net, "1004", "202", width_m=24.0, state_land=True)]


def village_shape(village: Village) -> Polygon:
    """The built-up outline of a village."""
    return blob(village.center, village.radius, int(village.code[6:]), 1.2)


def village_streets(village: Village) -> tuple[list[LineString], list[LineString]]:
    """Streets of a village, and the lines between its house lots."""
    rng = np.random.default_rng([SEED, 103, int(village.code[6:])])
    angle, (x, y), reach = rng.random() * 40 - 20, village.center, village.radius * 1.9

    def turned(points: list[tuple[float, float]]) -> LineString:
        line = LineString([(x + a, y + b) for a, b in points])
        return shapely.affinity.rotate(line, angle, origin=village.center)

    def wavy(at: float, upright: bool) -> LineString:
        steps = np.linspace(-reach, reach, 8)
        side = at + 7 * (rng.random(8) - 0.5)
        return turned(list(zip(side, steps, strict=True)) if upright else list(zip(steps, side, strict=True)))

    level = [wavy(float(at), False) for at in np.arange(-reach, reach, 58.0)]
    upright = [wavy(float(at), True) for at in np.arange(-reach + 20, reach, 84.0)]
    streets, lots = level[::3] + upright[::3], level + upright
    return streets, lots


def village_stamps() -> tuple[list[Stamp], list[LineString]]:
    """Streets and built-up areas of all villages, and the lines between their lots."""
    stamps, lines = [], []
    for village in villages():
        if not village.radius:
            continue
        shape = village_shape(village)
        streets, lots = village_streets(village)
        net = shapely.union_all([ribbon(s, 5.5) for s in streets]).intersection(shape)
        stamps += [Stamp(net, "1004", "203", width_m=5.5), Stamp(shape, "0702", "203", each_face=True)]
        inside = [s.intersection(shape) for s in lots]
        lines += [part for s in inside for part in shapely.get_parts(s) if part.length > 5]
    return stamps, lines
