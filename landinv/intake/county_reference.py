"""What other layers are held against: the county's survey among the sources, its hull and its outline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely

from landinv.geometry.area import ShapeArray
from landinv.geometry.extent import convex_hull
from landinv.model.crs import CGCS2000_GEOGRAPHIC, GCJ02, WGS84_GEOGRAPHIC, zone_of_epsg
from landinv.model.datasets import Dataset

# Patches are the least likely to come from a web map, districts the likeliest.
REFERENCE_ROLES: Final = ("dltb", "cjdcq", "xzq")
TOLERANCE_M: Final = 10.0  # two surveys of one county's boundary
_WHOLE: Final = 0.9  # of the land of the patches that the districts must have to stand for the county
_DEGREES: Final = (WGS84_GEOGRAPHIC, CGCS2000_GEOGRAPHIC)


@dataclass(frozen=True)
class Reference:
    """The survey layer that is trusted most, and the districts where they stand for the whole county.

    ``shapes`` are valid polygons in ``crs``, the county's; ``keys`` are the sources they came from.
    """

    keys: tuple[str, ...]
    shapes: ShapeArray
    crs: str
    districts: ShapeArray | None
    district_keys: tuple[str, ...]

    @cached_property
    def hull(self) -> shapely.Geometry:
        """Convex hull of the layer."""
        return convex_hull(self.shapes)

    @cached_property
    def outline(self) -> Any:
        """The county as the districts draw it, else the layer's hull; 10 m wider, for two surveys differ."""
        land = self.hull if self.districts is None else shapely.union_all(self.districts)
        return shapely.buffer(land, TOLERANCE_M, quad_segs=2)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index of the layer's shapes."""
        return shapely.STRtree(self.shapes)


def came_in_degrees(dataset: Dataset) -> bool:
    """Whether a source was read in degrees or on WGS 84, as data of web maps and of receivers are."""
    return dataset.account.crs in _DEGREES or (
        dataset.account.crs != GCJ02 and zone_of_epsg(dataset.account.crs) is None
    )


def polygons(dataset: Dataset) -> ShapeArray:
    """Polygons of a source's accepted records, null where a record has another shape or none."""
    if not isinstance(dataset.frame, gpd.GeoDataFrame):
        return np.empty(0, dtype=np.object_)
    shapes = np.array(dataset.frame.geometry.array, dtype=np.object_)
    shapes[~np.isin(shapely.get_type_id(shapes), (3, 6))] = None
    return shapes


def county_reference(datasets: Sequence[Dataset], crs: str) -> Reference | None:
    """The reference among the sources; None where no survey layer is given.

    A layer that was read on CGCS2000 in metres goes before one in degrees, then patches before villages before
    districts; one that the project file calls GCJ-02 is none.
    """
    usable = [
        d for d in datasets
        if d.options.role in REFERENCE_ROLES and d.account.crs != GCJ02 and len(polygons(d))
    ]  # fmt: skip
    if not usable:
        return None
    rank = min((came_in_degrees(d), REFERENCE_ROLES.index(d.options.role)) for d in usable)
    chosen = [d for d in usable if (came_in_degrees(d), REFERENCE_ROLES.index(d.options.role)) == rank]
    shapes = _joined(chosen)
    given = [d for d in usable if d.options.role == "xzq"]
    districts = _joined(given) if given else None
    if districts is not None and shapely.area(districts).sum() < _WHOLE * shapely.area(shapes).sum():
        districts = None
    keys = tuple(d.options.key for d in given) if districts is not None else ()
    return Reference(tuple(d.options.key for d in chosen), shapes, crs, districts, keys)


def _joined(datasets: Sequence[Dataset]) -> ShapeArray:
    shapes = np.concatenate([polygons(d) for d in datasets])
    present: ShapeArray = shapes[~shapely.is_missing(shapes)]
    return present
