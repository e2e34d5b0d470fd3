"""The stages of a derivation from tables in memory, by landinv's geometry; and its areas, to hold others' against."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from landinv.geometry.difference import subtract
from landinv.geometry.overlap_area import Parcels, near_pairs, shared_areas, zone_edges
from landinv.geometry.shares import zone_shares
from landinv.geometry.threads import in_threads

CRS = "EPSG:4525"
THEMES = ("landclass", "village", "plan", "farmland")


def table(work: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Shapes and codes."""
    frame = pd.read_parquet(work / f"{name}.parquet")
    return shapely.from_wkb(frame["wkb"].to_numpy()), frame["code"].to_numpy(dtype=object)


@dataclass(frozen=True)
class PlaneAreas:
    """Plane area (m²) of every parcel in every code of every theme."""

    themes: dict[str, pd.Series]

    def compared(self, theme: str, path: Path) -> str:
        """The largest difference from another's areas (parcel, code, area_m2)."""
        other = (
            pd.read_parquet(path)
            .astype({"parcel": "int64", "code": "str"})
            .set_index(["parcel", "code"])["area_m2"]
        )
        other = other[other > 1e-4]
        ours = self.themes[theme]
        ours = ours[ours > 1e-4]
        both = ours.index.intersection(other.index)
        gap = (ours[both] - other[both]).abs()
        relative = (gap / other[both])[other[both] >= 1.0].max()
        alone = len(ours) + len(other) - 2 * len(both)
        return f"{len(both):,} shares, largest difference {gap.max():.1e} m², relative {relative:.1e} (shares of 1 m² and more), {alone} on one side only"


def landinv_stages(work: Path) -> tuple[dict[str, float], PlaneAreas]:
    """Seconds of each stage, once warm, and plane areas."""
    parcels, _ = table(work, "parcels")
    zones = {theme: table(work, theme) for theme in THEMES}
    approvals, supplies = table(work, "BP")[0], table(work, "GD")[0]
    seconds: dict[str, float] = {}

    def timed(name: str, operation: Any) -> Any:
        begun = time.perf_counter()
        result = operation()
        seconds[name] = time.perf_counter() - begun
        return result

    zone_shares(Parcels.of(parcels[:10], CRS), *zones["village"], tessellating=True)
    timed("validity", lambda: in_threads(shapely.is_valid, zones["landclass"][0]))
    timed("residual", lambda: subtract(approvals, supplies))
    areas = {}
    for theme, (shapes, codes) in zones.items():
        timed(
            f"shares {theme}",
            lambda shapes=shapes, codes=codes, theme=theme: zone_shares(
                Parcels.of(parcels, CRS), shapes, codes, tessellating=theme != "farmland"
            ),
        )
        areas[theme] = in_plane(Parcels.of(parcels, CRS), shapes, codes)
    return seconds, PlaneAreas(areas)


def in_plane(parcels: Parcels, zones: np.ndarray, codes: np.ndarray) -> pd.Series:
    """Areas by parcel and code with a weight of one everywhere."""
    assert parcels.cells is not None
    expansion = parcels.cells.expansion.copy()
    expansion[:, 2:] = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    flat = replace(parcels, cells=parcels.cells._replace(expansion=expansion))
    i, j = near_pairs(flat, zones)
    area = shared_areas(flat, zone_edges(zones, j), i, j)
    frame = pd.DataFrame({"parcel": i, "code": pd.Series(codes[j]).astype("str"), "area_m2": area})
    return frame.groupby(["parcel", "code"])["area_m2"].sum()
