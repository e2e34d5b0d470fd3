"""What the join of shapes and records found, as rows of findings."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landinv.geometry.area import ellipsoidal_area_m2
from landinv.ledger.near_misses import near_misses
from landinv.ledger.number_pairs import Pairs
from landinv.model.findings import findings
from landinv.model.keys import normal_codes
from landinv.model.roles import role_fields

DATASET: Final = "supplies"
AREA_SHARE: Final = 0.01
AREA_M2: Final = 10.0
KEY_FIELDS: Final = (
    "supervision_no", "contract_no", "approval_no", "parcel_code", "project_code", "holder", "supplied_area",
    "price_wan", *(f.name for f in role_fields("supplies") if f.kind == "date"), "determination_no",
)  # fmt: skip


def missing_findings(supplies: gpd.GeoDataFrame, *, records_given: bool) -> list[pd.DataFrame]:
    """Shapes without a record (only where records were given at all) and records without a shape."""
    bare = supplies[~supplies["has_record"]] if records_given else supplies.iloc[:0]
    point = shapely.point_on_surface(bare.geometry.to_numpy())
    shapes = findings(
        "L001",
        dataset=DATASET,
        feature=bare["record_key"],
        value=bare["supervision_no"].fillna(bare["contract_no"]).fillna(""),
        detail=bare["source_refs"],
        x=shapely.get_x(point),
        y=shapely.get_y(point),
    )
    return [shapes, label_findings("L002", supplies[~supplies["has_shape"]])]


def label_findings(code: str, rows: pd.DataFrame) -> pd.DataFrame:
    """One finding per row, named by its number, with its source rows."""
    return findings(
        code,
        dataset=DATASET,
        feature=feature_names(rows),
        value=feature_names(rows),
        detail=rows["source_refs"],
    )


def supply_findings(code: str, rows: pd.DataFrame, differing: pd.DataFrame) -> pd.DataFrame:
    """One finding per label and field that disagrees; ``rows`` are indexed by label."""
    names = feature_names(rows)
    return findings(
        code,
        dataset=DATASET,
        feature=differing["label"].map(names).fillna(differing["label"]),
        field=differing["field"],
        value=differing["value"],
    )


def area_findings(supplies: gpd.GeoDataFrame, *, declared: pd.Series) -> pd.DataFrame:
    """The record's area against the shape's declared and ellipsoidal ones (m²): over 1 % or 10 m² apart.

    Parameters
    ----------
    supplies
        Joined supplies with a shape, the record's area in ``supplied_area``.
    declared
        The shapes' own declared area, same index.
    """
    measured = pd.Series(
        ellipsoidal_area_m2(supplies.geometry.to_numpy(), str(supplies.crs)), index=supplies.index
    )
    recorded = supplies["supplied_area"]
    apart = _apart(recorded, declared) | _apart(recorded, measured)
    told = [
        f"台账{r:.2f}；图形填报{'缺' if np.isnan(d) else f'{d:.2f}'}；图形椭球{m:.2f}"
        for r, d, m in zip(recorded[apart], declared[apart], measured[apart], strict=True)
    ]
    point = shapely.point_on_surface(supplies.geometry.to_numpy()[apart.to_numpy()])
    return findings(
        "L003",
        dataset=DATASET,
        feature=supplies.loc[apart, "record_key"],
        field="supplied_area",
        value=told,
        detail=supplies.loc[apart, "source_refs"],
        x=shapely.get_x(point),
        y=shapely.get_y(point),
    )


def near_number_findings(shapes: pd.DataFrame, records: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Unjoined shapes and records whose supervision numbers differ in one place."""
    free_shapes = shapes[pairs.record_of_shape.isna()]
    free_records = records[~records.index.isin(pairs.record_of_shape.dropna())]
    ours = normal_codes(free_shapes["supervision_no"].dropna())
    near = near_misses(ours, normal_codes(free_records["supervision_no"].dropna()))
    return findings(
        "L011",
        dataset=DATASET,
        feature=list(near),
        field="supervision_no",
        value=[f"图形{code}；台账{other}" for code, other in near.items()],
    )


def feature_names(rows: pd.DataFrame) -> pd.Series:
    """The number a clerk knows each row by, else its source row."""
    if "record_key" in rows:
        return rows["record_key"]
    name = rows["supervision_no"].fillna(rows["contract_no"]).fillna(rows["parcel_code"])
    return name.where(name.notna(), rows["source_refs"])


def _apart(one: pd.Series, other: pd.Series) -> pd.Series:
    gap = (one - other).abs()
    return (gap > AREA_M2) | (gap > AREA_SHARE * other)
