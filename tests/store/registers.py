"""States of an invented register, small and readable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from landinv.model.findings import no_findings
from landinv.model.options import CountyOptions
from landinv.store import Event, State

COUNTY = CountyOptions("岚县", "141127", "EPSG:4525")
E, N = 37548000, 4240000


def square(number: int, size: int = 100) -> shapely.Polygon:
    return shapely.box(E + 200 * number, N, E + 200 * number + size, N + size)


def parcels(count: int = 3, *, first: int = 1, **columns: Sequence[Any]) -> gpd.GeoDataFrame:
    numbers = range(first, first + count)
    data: dict[str, Any] = {
        "parcel_id": pd.Series([f"141127-P{n:05d}" for n in numbers], dtype="str"),
        "kind": pd.Series(["approved_unsupplied"] * count, dtype="str"),
        "area_m2": [10000.0 + n / 7 for n in numbers],
        "idle_days": pd.array([n if n % 2 else None for n in numbers], dtype="Int64"),
        "approved_on": pd.to_datetime(["2019-05-01"] * count).astype("datetime64[s]"),
        "available": pd.array([n % 2 == 0 for n in numbers], dtype="boolean"),
        "holder": pd.Series([None] * count, dtype="str"),
        "approval_no": pd.Series(["晋政地字〔2019〕1号"] * count, dtype="str"),
        "natural_key": pd.Series(["晋政地字〔2019〕1"] * count, dtype="str"),
    }
    data |= {name: list(values) for name, values in columns.items()}
    return gpd.GeoDataFrame(data, geometry=[square(n) for n in numbers], crs=COUNTY.crs)


def register(frame: gpd.GeoDataFrame | None = None) -> State:
    frame = parcels() if frame is None else frame
    ids = frame["parcel_id"].tolist()
    layer = gpd.GeoDataFrame(
        {"approval_no": ["晋政地字〔2019〕1号", "晋政地字〔2019〕2号"], "compensated": [True, None]},
        geometry=[square(0, 5000), None],
        crs=COUNTY.crs,
    )
    shares = pd.DataFrame(
        {"parcel_id": ids, "theme": "landclass", "code": "0103", "name": "旱地", "area_m2": 10000.0}
    )
    finding = pd.DataFrame([{"rule": "A013", "dataset": "dltb", "message": "面积不符", "x": 37548000.5}])
    return State(
        frame, approvals=layer, shares=shares, findings=finding.reindex(columns=no_findings().columns)
    )


def event(at: str = "2022-10-10T08:30:00", **fields: Any) -> Event:
    given = {"actor": "示例甲", "command": "run", "as_of": "2022-10-10", "sources": {"dltb": "ab" * 32}}
    return Event(at=at, **(given | fields))
