"""Areas as people typed them against the area of the shape, and the unit mistakes they make."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landinv.geometry.area import FloatArray
from landinv.model.findings import concat_findings
from landinv.supply.approvals import column, shapes_of
from landinv.supply.located import findings_at

WARN_M2: Final = 10.0
WARN_SHARE: Final = 0.01
ERROR_SHARE: Final = 0.05
_NEAR_FACTOR: Final = 0.02
# 1 公顷 = 10,000 m² = 15 亩, 1 亩 = 2000/3 m²; 1500 is what multiplying by 0.0015 turns into without its point
_FACTORS: Final = {
    10_000.0: "平方米当作公顷",
    1 / 10_000.0: "公顷当作平方米",
    2000.0 / 3.0: "平方米当作亩",
    3.0 / 2000.0: "亩当作平方米",
    15.0: "亩当作公顷",
    1 / 15.0: "公顷当作亩",
    1_500.0: "亩与平方米换算错误",
    1 / 1_500.0: "亩与平方米换算错误",
}


def approval_area_findings(documents: gpd.GeoDataFrame) -> pd.DataFrame:
    """Approved area (m², declared) against ``area_m2`` of the whole approval; S010 to S012.

    Where every feature bears the same value it may be the whole document's: then the nearer reading counts.
    """
    shape = _shape_areas(documents)
    total, repeated = documents["approved_area"].to_numpy(float), documents["repeated_area"].to_numpy(float)
    as_whole = np.abs(repeated - shape[0]) < np.abs(total - shape[0])
    frame = documents.assign(feature=documents["source_refs"], declared=np.where(as_whole, repeated, total))
    return _area_findings(frame, shape, field="approved_area", codes=("S010", "S011", "S012"))


def supply_area_findings(supplies: gpd.GeoDataFrame) -> pd.DataFrame:
    """Supplied area (m², declared) against ``area_m2`` of each supply's shape; S013 to S015."""
    declared = pd.to_numeric(column(supplies, "supplied_area"), errors="coerce").astype("float64")
    frame = supplies.assign(feature=supplies["source_ref"], declared=declared)
    shape = _shape_areas(supplies)
    return _area_findings(frame, shape, field="supplied_area", codes=("S013", "S014", "S015"))


def unit_mistake(declared: FloatArray, shape: FloatArray) -> npt.NDArray[np.object_]:
    """Which unit was taken for which, where the ratio of declared to shape is within 2 % of a known factor.

    Examples
    --------
    >>> unit_mistake(np.array([15.0, 1.0e4]), np.array([1.0e4, 1.0e4])).tolist()
    ['亩当作平方米', '']
    """
    ratio = np.divide(declared, shape, out=np.ones(len(shape)), where=(shape > 0.0) & ~np.isnan(declared))
    mistake = np.full(len(shape), "", dtype=np.object_)
    for factor, text in _FACTORS.items():
        mistake[np.abs(ratio / factor - 1.0) <= _NEAR_FACTOR] = text
    return mistake


def _shape_areas(frame: gpd.GeoDataFrame) -> tuple[FloatArray, FloatArray]:
    """Ellipsoidal and plane area, m²: documents carry the one or the other."""
    return frame["area_m2"].to_numpy(np.float64), shapely.area(shapes_of(frame))


def _area_findings(
    frame: gpd.GeoDataFrame, shape: tuple[FloatArray, FloatArray], *, field: str, codes: tuple[str, str, str]
) -> pd.DataFrame:
    declared = frame["declared"].to_numpy(float)
    gap = np.minimum(np.abs(declared - shape[0]), np.abs(declared - shape[1]))
    mistake = unit_mistake(declared, shape[0])
    named = mistake != ""
    much = ~named & (gap > ERROR_SHARE * shape[0])
    some = ~named & ~much & ((gap > WARN_SHARE * shape[0]) | (gap > WARN_M2))
    found = []
    for code, told in zip(codes, (some, much, named), strict=True):
        detail = [
            f"填报{said:.2f}平方米，图形{real:.2f}平方米" + (f"，{text}" if text else "")
            for said, real, text in zip(declared[told], shape[0][told], mistake[told], strict=True)
        ]
        found.append(
            findings_at(
                code,
                "approvals" if field == "approved_area" else "supplies",
                shapes_of(frame)[told],
                feature=frame["feature"].to_numpy()[told],
                field=field,
                value=[f"{said:.2f}" for said in declared[told]],
                detail=detail,
            )
        )
    return concat_findings(found)
