"""Streams and the divides between their basins, from the drainage of the carved ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString

from .frame import Floats, Ints, Mask, smooth_line
from .terrain import COARSE, Terrain

STREAM_M2 = 120_000.0
BASIN_M2 = 300_000.0


@dataclass(frozen=True)
class Stream:
    """One reach between two junctions, flowing along ``line``."""

    line: LineString
    drained_m2: float
    reaches_floor: bool


def _donors(mask: Mask, receiver: Ints) -> Ints:
    """How many nodes of ``mask`` drain into each node."""
    own = np.arange(len(receiver))
    sources = np.nonzero(mask & (receiver != own))[0]
    return np.bincount(receiver[sources], minlength=len(receiver))


def _relaxed(xy: Floats) -> Floats:
    """Take the lattice's zigzag out of a chain of nodes; the ends stay."""
    for _ in range(3):
        if len(xy) > 2:
            xy = np.vstack([xy[:1], (xy[:-2] + 2 * xy[1:-1] + xy[2:]) / 4, xy[-1:]])
    return smooth_line(np.asarray(LineString(xy).simplify(8.0).coords), 2)


def streams(terrain: Terrain) -> list[Stream]:
    """Every reach that drains more than ``STREAM_M2``, from its head or junction to the next junction."""
    receiver, drained = terrain.receiver, terrain.drained
    own = np.arange(len(receiver))
    wet = (drained >= STREAM_M2) & (receiver != own)
    donors = _donors(wet, receiver)
    x, y = (a.ravel() for a in COARSE.nodes())
    found = []
    for start in np.nonzero(wet & (donors != 1))[0].tolist():
        chain = [start]
        while True:
            below = int(receiver[chain[-1]])
            chain.append(below)
            if not wet[below] or donors[below] != 1:
                break
        line = LineString(_relaxed(np.column_stack([x[chain], y[chain]])))
        found.append(Stream(line, float(drained[chain[-2]]), not wet[chain[-1]]))
    return found


def basin_labels(terrain: Terrain) -> Ints:
    """Basin number of each COARSE node, shaped as the raster; the valley floor takes its neighbours' number."""
    receiver, drained = terrain.receiver, terrain.drained
    own = np.arange(len(receiver))
    base = receiver == own
    wet = (drained >= BASIN_M2) & ~base
    donors = _donors(wet, receiver)
    outlet = wet & (base[receiver] | (donors[receiver] >= 2))
    label = np.zeros(len(receiver), dtype=np.int64)
    # A node's receiver is lower, so it is labelled first; slopes that drain straight to the floor stay 0.
    for node in np.argsort(_flow_depth(receiver), kind="stable").tolist():
        if not base[node]:
            label[node] = node + 1 if outlet[node] else label[receiver[node]]
    shape = (COARSE.rows, COARSE.columns)
    grid, hills = label.reshape(shape), ~base.reshape(shape)
    for round_number in range(34):
        # First over the hillsides left over, then a little into the floor, where the lines are cut off.
        open_nodes = hills if round_number < 30 else np.ones(shape, dtype=bool)
        for axis, shift in ((0, 1), (0, -1), (1, 1), (1, -1)):
            grid = np.where((grid == 0) & open_nodes, np.roll(grid, shift, axis), grid)
    return grid


def _flow_depth(receiver: Ints) -> Ints:
    """Steps from each node down to the valley floor, by pointer doubling."""
    own = np.arange(len(receiver))
    depth: Ints = (receiver != own).astype(np.int64)
    jump = receiver.copy()
    for _ in range(12):
        depth = depth + depth[jump]
        jump = jump[jump]
    return depth


def divides(labels: Ints) -> list[LineString]:
    """Smoothed lines between basins, local metres, joined only at their ends."""
    grid_x, grid_y = COARSE.nodes()
    half = COARSE.step / 2
    known = labels > 0
    across = (labels[:, :-1] != labels[:, 1:]) & known[:, :-1] & known[:, 1:]
    upward = (labels[:-1, :] != labels[1:, :]) & known[:-1, :] & known[1:, :]
    ax, ay = grid_x[:, :-1][across] + half, grid_y[:, :-1][across]
    bx, by = grid_x[:-1, :][upward], grid_y[:-1, :][upward] + half
    vertical = np.stack([np.column_stack([ax, ay - half]), np.column_stack([ax, ay + half])], axis=1)
    level = np.stack([np.column_stack([bx - half, by]), np.column_stack([bx + half, by])], axis=1)
    segments = shapely.multilinestrings(shapely.linestrings(np.concatenate([vertical, level])))
    parts = shapely.get_parts(shapely.line_merge(segments))
    return [LineString(_relaxed(np.asarray(line.simplify(28.0).coords))) for line in parts]
