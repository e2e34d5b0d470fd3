"""Polygons as shared arcs in a compact byte stream: what the map draws its survey background from.

Neighbouring polygons share their boundary, so it is stored once. A ring is cut where its neighbours change
(a *junction*); the pieces are *arcs*, and a polygon is a list of arcs with a direction each. Coordinates are whole
centimetres of the web Mercator plane, so a stored vertex lies within a centimetre of its source.

The stream (unsigned varints, least significant group first; signed values zigzag-coded) is, in this order:
vertices per arc; eastings, then northings, of each arc's start less the end of the arc before; eastward, then
northward steps inside arcs; rings per polygon; arcs per ring; arc references. A reference is 0 for the next arc not
yet used (run forward), else ``2 * distance back from that arc + reversed``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from landinv.outputs.map.planes import mercator_from_plane

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]

CM_PER_M = 100.0
IDENTITY_MM = 1000.0  # two vertices of the source are one where they agree to the millimetre


@dataclass(frozen=True)
class ArcStream:
    """Encoded polygons: the varint bytes and the counts a reader needs before it can cut them.

    ``origin_cm`` is (x, y) in whole centimetres of EPSG:3857; every coordinate of the stream is relative to it.
    """

    data: bytes
    origin_cm: tuple[int, int]
    polygons: int
    rings: int
    references: int
    arcs: int
    vertices: int


@dataclass(frozen=True)
class _Rings:
    """Open rings laid end to end: vertex identities, first vertex and length of each, and its polygon."""

    vertex: Ints
    start: Ints
    length: Ints
    polygon: Ints


def encode_polygons(geometries: Geometries, crs: pyproj.CRS) -> ArcStream:
    """Encode polygons, in the order given, as shared arcs.

    Parameters
    ----------
    geometries
        Polygons and multipolygons with holes, axis order east, north. Null, empty and other geometries become
        polygons without rings, so that the number and the order stay those of the input.
    crs
        CRS of the coordinates: projected, in metres.

    Returns
    -------
    ArcStream
        Rings that collapse when rounded (fewer than three different vertices) are left out.
    """
    rings, xy_mm = _open_rings(geometries)
    if not len(rings.start):
        return ArcStream(_varints(np.zeros(len(geometries), np.int64)), (0, 0), len(geometries), 0, 0, 0, 0)
    plane = mercator_from_plane(xy_mm / IDENTITY_MM, crs)
    xy_cm = np.rint(plane * CM_PER_M).astype(np.int64)
    origin = xy_cm.min(axis=0)
    pieces, piece_start, arcs_per_ring = _cut_at_junctions(rings)
    return _stream(
        pieces, piece_start, _Layout(rings, arcs_per_ring, len(geometries)), xy_cm - origin, origin
    )


def _open_rings(geometries: Geometries) -> tuple[_Rings, Floats]:
    """Rings without their closing vertex, and the coordinates (mm) of every vertex identity."""
    kinds = shapely.get_type_id(geometries)
    polygonal = np.flatnonzero(np.isin(kinds, (3, 6)) & ~shapely.is_empty(geometries))
    parts, owner = shapely.get_parts(geometries[polygonal], return_index=True)
    lines, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(lines, return_index=True)
    mm = np.rint(xy * IDENTITY_MM).astype(np.int64)
    keys, vertex = _identities(mm)
    repeated = np.zeros(len(ring), bool)
    repeated[1:] = (vertex[1:] == vertex[:-1]) & (ring[1:] == ring[:-1])
    keep = ~repeated & ~_repeats_first(vertex, ring, ~repeated)
    vertex, ring = vertex[keep], ring[keep]
    length = np.bincount(ring, minlength=len(lines))
    usable = length >= 3
    kept = usable[ring]
    length = length[usable]
    start = np.cumsum(length) - length
    polygon = polygonal[owner[part]][usable]
    return _Rings(vertex[kept], start, length, polygon), keys


def _identities(mm: Ints) -> tuple[Floats, Ints]:
    """Distinct vertices (mm, as floats) and, for each row, which of them it is."""
    if not len(mm):
        return np.zeros((0, 2)), np.zeros(0, np.int64)
    low = mm.min(axis=0)
    span = int(mm[:, 1].max() - low[1]) + 1
    packed, vertex = np.unique((mm[:, 0] - low[0]) * span + (mm[:, 1] - low[1]), return_inverse=True)
    x, y = np.divmod(packed, span)
    return np.column_stack([x + low[0], y + low[1]]).astype(np.float64), vertex.astype(np.int64)


def _repeats_first(vertex: Ints, ring: Ints, keep: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Kept vertices that are the last of their ring and equal its first."""
    rows = np.flatnonzero(keep)
    marks = np.zeros(len(keep), bool)
    if len(rows):
        _, first, count = np.unique(ring[rows], return_index=True, return_counts=True)
        last = first + count - 1
        same = (vertex[rows[first]] == vertex[rows[last]]) & (count > 1)
        marks[rows[last[same]]] = True
    return marks


def _neighbours(rings: _Rings) -> tuple[Ints, Ints]:
    """Vertex identity before and after each vertex of its ring."""
    following = np.arange(1, len(rings.vertex) + 1)
    preceding = following - 2
    last = rings.start + rings.length - 1
    following[last] = rings.start
    preceding[rings.start] = last
    return rings.vertex[preceding], rings.vertex[following]


def _junctions(rings: _Rings) -> npt.NDArray[np.bool_]:
    """True at vertices where not every passing ring has the same two neighbours."""
    before, after = _neighbours(rings)
    pair = np.minimum(before, after) << 32 | np.maximum(before, after)
    order = np.argsort(rings.vertex, kind="stable")
    sorted_vertex = rings.vertex[order]
    groups = np.flatnonzero(np.diff(sorted_vertex, prepend=-1))
    lowest = np.minimum.reduceat(pair[order], groups)
    highest = np.maximum.reduceat(pair[order], groups)
    differs = np.zeros(int(sorted_vertex[-1]) + 1, bool)
    differs[sorted_vertex[groups]] = lowest != highest
    return differs[rings.vertex]


def _cut_at_junctions(rings: _Rings) -> tuple[Ints, Ints, Ints]:
    """Arcs as vertex identities laid end to end, the start of each, and how many each ring has.

    A ring without a junction begins at its lowest identity, so that an island and the hole around it agree.
    """
    ring_of = np.repeat(np.arange(len(rings.start)), rings.length)
    cut = _junctions(rings)
    lone = np.bincount(ring_of, weights=cut, minlength=len(rings.start)) == 0
    if lone.any():
        lowest = np.minimum.reduceat(rings.vertex, rings.start)
        cut |= lone[ring_of] & (rings.vertex == lowest[ring_of])
    # turn each ring so that it begins at its first cut
    position = np.arange(len(cut)) - rings.start[ring_of]
    first_cut = np.minimum.reduceat(np.where(cut, position, np.iinfo(np.int64).max), rings.start)
    turned = rings.start[ring_of] + (position + first_cut[ring_of]) % rings.length[ring_of]
    vertex, cut = rings.vertex[turned], cut[turned]
    begins = np.flatnonzero(cut)
    arcs_per_ring = np.bincount(ring_of[begins], minlength=len(rings.start))
    # each arc repeats the vertex the next one begins with; the last of a ring ends at the ring's start
    length = np.diff(np.append(begins, len(vertex)))
    piece_start = np.cumsum(length + 1) - (length + 1)
    pieces = np.empty(len(vertex) + len(begins), np.int64)
    pieces[np.arange(len(vertex)) + np.repeat(np.arange(len(begins)), length)] = vertex
    ring_begin = rings.start[ring_of[begins]]
    ends_ring = np.append(ring_of[begins][1:] != ring_of[begins][:-1], True)
    following = np.where(ends_ring, vertex[ring_begin], vertex[np.append(begins[1:], 0)])
    pieces[piece_start + length] = following
    return pieces, piece_start, arcs_per_ring


@dataclass(frozen=True)
class _Layout:
    """Which rings belong to which polygon, and how many arcs each ring has."""

    rings: _Rings
    arcs_per_ring: Ints
    polygons: int


def _stream(pieces: Ints, piece_start: Ints, layout: _Layout, xy_cm: Ints, origin: Ints) -> ArcStream:
    """Keep each arc once, in order of first use, and write the streams."""
    count = np.diff(np.append(piece_start, len(pieces)))
    piece_end = piece_start + count - 1
    forward = pieces[piece_start] << 32 | pieces[piece_start + 1]
    backward = pieces[piece_end] << 32 | pieces[piece_end - 1]
    _, first, which = np.unique(np.minimum(forward, backward), return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    by_use = np.argsort(first, kind="stable")
    rank[by_use] = np.arange(len(first))
    arc = rank[which]
    kept = first[by_use]
    new = np.zeros(len(arc), bool)
    new[kept] = True
    upcoming = np.cumsum(new) - new
    reversed_ = forward != forward[kept][arc]
    reference = np.where(new, 0, (upcoming - arc) * 2 + reversed_)

    length = count[kept]
    arc_start = np.cumsum(length) - length
    rows = np.repeat(piece_start[kept] - arc_start, length)
    xy = xy_cm[pieces[rows + np.arange(int(length.sum()))]]
    inside = np.ones(len(xy), bool)
    inside[arc_start] = False
    steps = np.diff(xy, axis=0, prepend=np.zeros((1, 2), np.int64))
    rings_per_polygon = np.bincount(layout.rings.polygon, minlength=layout.polygons)
    streams = [
        length,
        _zigzag(steps[arc_start, 0]),
        _zigzag(steps[arc_start, 1]),
        _zigzag(steps[inside, 0]),
        _zigzag(steps[inside, 1]),
        rings_per_polygon,
        layout.arcs_per_ring,
        reference,
    ]
    return ArcStream(
        data=b"".join(_varints(s) for s in streams),
        origin_cm=(int(origin[0]), int(origin[1])),
        polygons=layout.polygons,
        rings=len(layout.arcs_per_ring),
        references=len(reference),
        arcs=len(kept),
        vertices=len(xy),
    )


def _zigzag(values: Ints) -> Ints:
    """Signed to unsigned, small magnitudes first: 0, -1, 1, -2 become 0, 1, 2, 3."""
    return np.asarray((values << 1) ^ (values >> 63), dtype=np.int64)


def _varints(values: Ints) -> bytes:
    """Unsigned integers below 2**35 as varints: seven bits a byte, least significant first."""
    sizes = np.ones(len(values), np.int64)
    for group in range(1, 5):
        sizes += values >= (1 << (7 * group))
    offsets = np.cumsum(sizes) - sizes
    out = np.empty(int(sizes.sum()), np.uint8)
    for group in range(5):
        rows = np.flatnonzero(sizes > group)
        more = np.where(sizes[rows] > group + 1, 0x80, 0)
        out[offsets[rows] + group] = (values[rows] >> (7 * group)) & 0x7F | more
    return out.tobytes()
