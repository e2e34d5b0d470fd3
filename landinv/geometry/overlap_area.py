"""Areas that parcels share with zones and that zones share with one another, without building what they share."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from landinv.geometry.area import ellipsoidal_area_m2
from landinv.geometry.areal_weight import Cells, weight_cells
from landinv.geometry.arrays import FloatArray, IntArray, ShapeArray
from landinv.geometry.edge_table import EdgeTable, edge_table
from landinv.geometry.threads import WORKERS, each_stretch

_CHUNK: Final = 2_000  # pairs; enough that handing them out costs nothing


@dataclass(frozen=True)
class Parcels:
    """Shapes to be measured against themes: normalised, with their ellipsoidal areas (m²) and CRS.

    ``edges`` and ``cells`` are None where areas cannot be had from edges: numba is not installed, or the CRS is no
    plane whose weight is known.
    """

    shape: ShapeArray
    area_m2: FloatArray
    crs: str
    edges: EdgeTable | None
    cells: Cells | None

    @classmethod
    def of(cls, geoms: npt.ArrayLike, crs: str) -> Parcels:
        """Prepare valid polygons; null and empty ones meet nothing.

        Raises
        ------
        pyproj.exceptions.CRSError
            If the CRS is unknown.
        """
        shape = shapely.normalize(np.asarray(geoms, dtype=np.object_))
        area = ellipsoidal_area_m2(shape, crs)
        edges = edge_table(shape) if _compiled_strips() else None
        cells = weight_cells(edges.box, crs) if edges else None
        return cls(shape, area, crs, edges if cells else None, cells)


@dataclass(frozen=True)
class ZoneEdges:
    """Edges of the zones that parcels may meet; ``zone`` are their positions in the theme, ascending."""

    zone: IntArray
    edges: EdgeTable

    def among(self, zones: IntArray) -> IntArray:
        """Positions in this table of positions in the theme."""
        return np.searchsorted(self.zone, zones).astype(np.intp)


def near_pairs(parcels: Parcels, zones: ShapeArray) -> tuple[IntArray, IntArray]:
    """Positions (parcel, zone) of shapes whose boxes meet, by parcel, then zone."""
    i, j = shapely.STRtree(zones).query(parcels.shape)
    order = np.lexsort((j, i))
    return i[order], j[order]


def zone_edges(zones: ShapeArray, wanted: IntArray) -> ZoneEdges:
    """Edges of some zones of a theme."""
    touched = np.unique(wanted)
    return ZoneEdges(touched, edge_table(shapely.normalize(zones[touched])))


def shared_areas(parcels: Parcels, zones: ZoneEdges, i: IntArray, j: IntArray) -> FloatArray:
    """Ellipsoidal m² that each parcel ``i`` shares with the zone ``j`` beside it.

    Only for parcels with edges. To 1e-6 m² a hectare; pairs are independent of one another, so their order and the
    number of threads change nothing.
    """
    assert parcels.edges is not None
    return _measured((parcels.edges, zones.edges), parcels, np.column_stack([i, zones.among(j), i]))


def shared_by_zones(
    parcels: Parcels, zones: ZoneEdges, within: IntArray, left: IntArray, right: IntArray
) -> FloatArray:
    """Ellipsoidal m² that two zones share in the box of the parcel beside them."""
    pairs = np.column_stack([zones.among(left), zones.among(right), within])
    return _measured((zones.edges, zones.edges), parcels, pairs)


def _measured(tables: tuple[EdgeTable, EdgeTable], parcels: Parcels, pairs: IntArray) -> FloatArray:
    strips = _compiled_strips()
    assert strips is not None
    out = np.empty(len(pairs))

    def measure(part: slice) -> None:
        strips.common_areas(tables, parcels.cells, pairs[part], out[part])

    each_stretch(measure, len(pairs), chunk=_CHUNK, workers=WORKERS)
    return np.maximum(out, 0.0)


def _compiled_strips() -> ModuleType | None:
    """The compiled kernel, or None without numba."""
    try:
        from landinv.geometry import strips
    except ImportError:
        return None
    return strips
