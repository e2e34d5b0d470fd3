"""An invented register whose states tell which batch they belong to."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from landinv.model.options import CountyOptions
from landinv.store import Event, State, Store, open_store

COUNTY = CountyOptions("示例县", "141199", "EPSG:4525")
E, N = 37548000, 4240000


def opened(path: Path, timeout_s: float = 30.0) -> Store:
    return open_store(path, county=COUNTY, timeout_s=timeout_s)


def state(count: int, mark: str = "") -> State:
    """``count`` parcels that bear a mark, with a share, an approval and a finding each to agree with them."""
    ids = pd.Series([f"141199-P{n:05d}" for n in range(1, count + 1)], dtype="str")
    shapes = [shapely.box(E + 200 * n, N, E + 200 * n + 90, N + 90) for n in range(count)]
    marks = pd.Series([mark] * count, dtype="str")
    parcels = gpd.GeoDataFrame(
        {"parcel_id": ids, "holder": marks, "area_m2": 8100.0, "natural_key": ids, "family": "P"},
        geometry=shapes,
        crs=COUNTY.crs,
    )
    approvals = gpd.GeoDataFrame({"approval_no": marks.head(3)}, geometry=shapes[:3], crs=COUNTY.crs)
    shares = pd.DataFrame(
        {"parcel_id": ids, "theme": "landclass", "code": "0103", "name": mark, "area_m2": 8100.0}
    )
    return State(parcels, approvals=approvals, shares=shares)


def event(command: str = "run", at: str = "2022-10-10T08:30:00") -> Event:
    return Event(at=at, actor="示例甲", command=command, as_of="2022-10-10", sources={"dltb": "ab" * 32})


def faults_of(path: Path) -> list[str]:
    """What is wrong with a store: its own checks, and states that are of two batches at once."""
    store = opened(path)
    problems = [" ".join(row) for row in store.verify().itertuples(index=False, name=None)]
    read = store.read_state()
    if read is None or problems:
        return problems
    marks = set(read.parcels["holder"].dropna()) | set(read.shares["name"].dropna())
    counts = {len(read.parcels), len(read.shares)}
    if len(marks) > 1 or len(counts) > 1:
        problems.append(f"half a batch: marks {sorted(marks)}, counts {sorted(counts)}")
    return problems
