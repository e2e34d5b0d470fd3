"""Approvals as shapes and as rows of a ledger come together, and none is lost."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
from shapely.geometry import box

from landinv.ledger.approval_records import join_approval_records

CRS = "EPSG:4525"
TEXT = ["approval_no", "batch_name", "approval_kind", "authority", "approval_status"]


def shapes(numbers: list[str | None], **columns: list[object]) -> gpd.GeoDataFrame:
    n = len(numbers)
    frame = pd.DataFrame({c: pd.Series([None] * n, dtype="str") for c in TEXT}).assign(
        approval_no=pd.Series(numbers, dtype="str"),
        approved_on=pd.Series(pd.to_datetime([None] * n)).astype("datetime64[s]"),
        compensated=pd.Series([pd.NA] * n, dtype="boolean"),
        source_ref=pd.Series([f"approvals#{i + 1}" for i in range(n)], dtype="str"),
    )
    for name, values in columns.items():
        frame[name] = pd.Series(values).astype(frame[name].dtype)
    return gpd.GeoDataFrame(frame, geometry=[box(0, 0, 10, 10)] * n, crs=CRS)


def ledger(numbers: list[str | None], **columns: list[object]) -> pd.DataFrame:
    frame = pd.DataFrame(shapes(numbers, **columns)).drop(columns="geometry")
    return frame.assign(source_ref=[f"approvals.ledger#{i + 4}" for i in range(len(numbers))])


def test_gaps_of_the_shape_are_filled_from_the_ledger() -> None:
    joined = join_approval_records(
        [
            shapes(["晋政地字[2015]1号"], approval_status=["有效"]),
            ledger(
                ["晋政地字〔2015〕1号"],
                approved_on=["2015-06-01"],
                batch_name=["第一批次"],
                compensated=[True],
            ),
        ],
        crs=CRS,
    )
    row = joined.shapes.iloc[0]
    assert (row.batch_name, str(row.approved_on.date()), row.approval_status) == (
        "第一批次",
        "2015-06-01",
        "有效",
    )
    assert bool(row.compensated)
    assert row.approval_no == "晋政地字[2015]1号"  # as it came
    assert row.source_ref == "approvals#1;approvals.ledger#4"
    assert joined.records.empty
    assert joined.findings.empty


def test_disagreement_keeps_the_shape_and_shows_both() -> None:
    joined = join_approval_records(
        [shapes(["文1"], approval_status=["有效"]), ledger(["文1"], approval_status=["撤回"])], crs=CRS
    )
    assert joined.shapes["approval_status"].tolist() == ["有效"]
    assert joined.findings["rule"].tolist() == ["P002"]
    assert "撤回" in joined.findings["message"][0]


def test_a_record_without_shape_stays_a_record() -> None:
    joined = join_approval_records([shapes(["文1"]), ledger(["文2", "文2"])], crs=CRS)
    assert joined.records["approval_no"].tolist() == ["文2", "文2"]
    assert sorted(joined.findings["rule"]) == ["P001", "P001", "P003", "P003"]


def test_no_number_gets_one_that_names_its_row() -> None:
    joined = join_approval_records([shapes([None, "文1"])], crs=CRS)
    assert joined.shapes["approval_no"].tolist() == ["无文号-approvals#1", "文1"]
    assert joined.findings["rule"].tolist() == ["P004"]


def test_only_tables_or_nothing_at_all() -> None:
    joined = join_approval_records([ledger(["文1"])], crs=CRS)
    assert len(joined.shapes) == 0
    assert joined.records["approval_no"].tolist() == ["文1"]
    nothing = join_approval_records([], crs=CRS)
    assert (len(nothing.shapes), len(nothing.records)) == (0, 0)
