"""A small invented county for the tests of lists, feed and run record: every area is known by eye."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box

from landinv.fieldwork.visit_order import visit_order
from landinv.model.datasets import Evidence, SourceAccount
from landinv.model.findings import FINDING_COLUMNS
from landinv.model.options import CountyOptions
from landinv.model.parcels import LINK_COLUMNS, parcel_columns
from landinv.outputs.lists.content import WorkbookContent

CRS = "EPSG:4525"
X0, Y0 = 37_548_000, 4_240_000
AS_OF = date(2022, 10, 10)
COUNTY = CountyOptions("岚县", "141127", CRS)
TOWNSHIPS = (("141127100", "东村镇"), ("141127101", "岚城镇"), ("141127102", "普明镇"))
KINDS = ("approved_unsupplied", "supplied_unstarted", "suspected_idle", "idle", "cannot_judge")
DTYPES = {
    "text": "str",
    "number": "float64",
    "integer": "Int64",
    "date": "datetime64[s]",
    "bool": "boolean",
}
PAYLOADS = (
    "=1+1", "+1+1|x", "-1+cmd", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1", "|calc", "=HYPERLINK(\"x\")",
    "=cmd|' /C calc'!A0", "'=1+1", "''@x", "-", "+", "=", "@", "-2+3+cmd|' /C calc'!A0", "{=1+1}", "=岚县",
)  # fmt: skip


def make_parcels(count: int = 30) -> gpd.GeoDataFrame:
    """Parcels of 100 m × (10 + n) m in rows; kinds and townships take turns; the last has no shape."""
    n = np.arange(count)
    width = 10.0 + n / 3
    shapes = [box(X0 + 300 * (i % 20), Y0 + 300 * (i // 20), X0 + 300 * (i % 20) + 100, Y0 + 300 * (i // 20) + w)
              for i, w in zip(n, width, strict=True)]  # fmt: skip
    shapes[-1] = None
    area = 100.0 * width
    area[-1] = np.nan
    kind = np.array([KINDS[i % 5] for i in n])
    supply = kind != "approved_unsupplied"
    idle = np.isin(kind, ["suspected_idle", "idle"])
    township = np.array([TOWNSHIPS[(i // 2) % 3] for i in n])
    given: dict[str, object] = {
        "parcel_id": [f"141127-{'S' if s else 'P'}{i:05d}" for i, s in zip(n, supply, strict=True)],
        "kind": kind,
        "area_m2": area,
        "area_plane_m2": area + 0.01,
        "area_declared_m2": np.round(100.0 * width, 0),
        "area_mu": area * 0.0015,
        "area_ha": area / 10_000,
        "township_code": township[:, 0],
        "township": township[:, 1],
        "village_code": [f"{c}201" for c in township[:, 0]],
        "village": "甲村",
        "tenure": "国有",
        "owner_unit": "示例村民委员会",
        "planned_use_code": "1001",
        "planned_use": "工业用地",
        "plan_code_system": "用地用海分类（2023）",
        "landclass_code": "0103",
        "landclass": "旱地",
        "farmland_m2": area * 0.7,
        "cropland_m2": area * 0.5,
        "construction_m2": area * 0.2,
        "unused_m2": area * 0.1,
        "permanent_farmland_m2": 0.0,
        "redline_m2": np.where(n % 7 == 0, area * 0.1, 0.0),
        "outside_boundary_m2": 0.0,
        "holder": pd.Series([f"岚县甲木{i}号铸造有限公司" for i in n]).where(supply),
        "location": [f"{t}甲村" for t in township[:, 1]],
        "parcel_code": pd.Series([f"141127001001GB{i:05d}" for i in n]).where(supply),
        "supply_method": pd.Series("挂牌出让", index=n).where(supply),
        "price_wan": np.where(supply, 1200.1234 + n, np.nan),
        "approved_on": pd.Timestamp(2016, 3, 1),
        "cohort": np.where(n % 2, "2009-2018", "2009年以前"),
        "flags": np.where(n % 10 == 0, "built_on;redline", ""),
        "next_change_on": pd.to_datetime(
            pd.Series([pd.Timestamp(2022, 10, 1) + pd.Timedelta(days=int(i)) for i in n])
        ),
        "next_kind": "suspected_idle",
        "disposal": None,
        "approval_no": [f"晋政地字〔2016〕{i % 4 + 1}号" for i in n],
        "supervision_no": pd.Series([f"1411272016B{i:05d}" for i in n]).where(supply),
        "contract_no": pd.Series([f"岚土出〔2016〕0{i}号" for i in n]).where(supply),
        "project_code": pd.Series([f"2016-141127-30-03-{i:06d}" for i in n]).where(n % 3 == 0),
        "project_name": pd.Series([f"示例{i}号项目" for i in n]).where(n % 3 == 0),
        "idle_since": pd.to_datetime(pd.Series(pd.Timestamp(2020, 6, 30), index=n).where(idle)),
        "idle_days": pd.Series(832, index=n).where(idle),
        "idle_level": pd.Series(n % 2 + 1, index=n).where(idle),
        "fee_wan": np.where(idle & (n % 2 == 0), 240.0247, np.nan),
        "idle_cause": pd.Series("企业原因", index=n).where(idle),
        "rule_id": "53-2-1",
        "clause": "《闲置土地处置办法》第二条第一款",
        "reason": "约定2019-06-30动工，至2022-10-10未动工。",
        "available": kind == "approved_unsupplied",
        "as_of": pd.Timestamp(AS_OF),
        "source_refs": [f"supplies#{i}" for i in n],
    }
    columns = {}
    for column in parcel_columns():
        values = pd.Series(given.get(column.name, pd.NA), index=n)
        if column.kind in ("text", "number"):
            values = values.where(values.notna(), None if column.kind == "text" else np.nan)
        columns[column.name] = values.astype(DTYPES[column.kind])
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs=CRS), crs=CRS)


def make_balance(parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    """Balance whose unsupplied areas are those of the parcels; 7/3 m² of everything else."""
    residual = parcels[parcels["kind"] == "approved_unsupplied"]
    unsupplied = residual.groupby("approval_no")["area_m2"].sum()
    frame = pd.DataFrame({"approval_no": unsupplied.index, "unsupplied_m2": unsupplied.to_numpy()})
    parts = {
        f"{p}_m2": 7 / 3 + frame.index for p in ("overlap", "withdrawn", "deducted", "supplied", "sliver")
    }
    frame = frame.assign(**parts)
    return frame.assign(
        approved_m2=frame.drop(columns="approval_no").sum(axis=1) + 0.0004, difference_m2=0.0004
    )


def make_supplies(parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    rows = parcels[parcels["kind"] != "approved_unsupplied"]
    days = {"signed_on": 2016, "agreed_delivery_on": 2017, "agreed_start_on": 2019, "agreed_finish_on": 2021}
    return pd.DataFrame(
        {
            "supervision_no": rows["supervision_no"], "contract_no": rows["contract_no"], "land_use": "工业用地",
            **{name: pd.Timestamp(year, 6, 30) for name, year in days.items()},
            "developable_area": 4000.0, "developed_area": 1000.0, "total_investment_wan": 3.0, "invested_wan": 1.0,
            "determination_no": "岚自然资闲认〔2022〕1号", "determined_on": pd.Timestamp(2022, 8, 1),
            "source_refs": rows["source_refs"],
        }
    )  # fmt: skip


def make_findings() -> pd.DataFrame:
    rows = [
        ("A013", "class_area_does_not_balance", "warning", "调查科", "dltb", "DLTB", "dltb#3", "TBMJ", "12.5",
         "地类面积不等于图斑面积减扣除面积", "", X0 + 1.5, Y0 + 2.5),
        ("S003", "supply_outside_approval", "error", "供地科", "supplies", "GD", "supplies#4", "", "",
         "供地图形不在任何批文范围内", "按原样采用", np.nan, np.nan),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(FINDING_COLUMNS))


def make_slivers() -> gpd.GeoDataFrame:
    shapes = [box(X0, Y0, X0 + 60, Y0 + 0.5), box(X0, Y0 + 10, X0 + 9, Y0 + 20)]
    return gpd.GeoDataFrame(
        {
            "approval_no": "晋政地字〔2016〕1号",
            "area_m2": [30.0, 90.0],
            "area_plane_m2": [30.0, 90.0],
            "width_m": [0.5, 9.0],
            "source_refs": "approvals#1",
        },
        geometry=shapes,
        crs=CRS,
    )


def make_links(parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    rows = parcels[parcels["project_code"].notna()]
    return pd.DataFrame(
        {
            "parcel_id": rows["parcel_id"], "project_key": rows["project_code"], "project_code": rows["project_code"],
            "project_name": rows["project_name"], "method": "project_code", "score": 1.0, "evidence": "项目代码相同",
        },
        columns=list(LINK_COLUMNS),
    )  # fmt: skip


def make_projects(parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    linked = make_links(parcels)
    rows = pd.DataFrame(
        {
            "project_key": linked["project_key"], "project_code": linked["project_code"],
            "project_name": linked["project_name"], "owner": "岚县乙火建设有限公司", "level": "县级",
            "demand_area": 20_000.0, "site_selection": "已批", "tendering": "2022-05-01",
        }
    )  # fmt: skip
    bare = pd.DataFrame(
        {"project_key": ["P-0000000001"], "project_name": ["示例无地项目"], "demand_area": [6_000.0]}
    )
    return pd.concat([rows, bare], ignore_index=True)


def make_account(key: str = "dltb") -> SourceAccount:
    evidence = (Evidence("encoding", "GB18030", "每个字节都合法", 0.99),)
    return SourceAccount(
        key, key, f"layers/{key}.shp", "ab" * 32, "GB18030", CRS, 10, 7, 2, 1, evidence, {"A": "B"}
    )


def make_content(count: int = 30) -> WorkbookContent:
    parcels = make_parcels(count)
    records = pd.DataFrame(
        {
            "approval_no": ["晋政地字〔2010〕9号"],
            "approved_m2": [10_000.0],
            "supplied_m2": [4_000.0],
            "unsupplied_m2": [6_000.0],
        }
    )
    approvals = pd.DataFrame(
        {
            "approval_no": [f"晋政地字[2016]{i}号" for i in (1, 2, 3, 4)],
            "batch_name": [f"岚县2016年第{i}批次城镇建设用地" for i in (1, 2, 3, 4)],
            "authority": "山西省人民政府",
            "approval_kind": "批次",
            "compensated": pd.array([True, False, None, True], dtype="boolean"),
        }
    )
    return WorkbookContent(
        county=COUNTY,
        as_of=AS_OF,
        ruleset="cn-2012-53",
        parcels=parcels,
        balance=make_balance(parcels),
        balance_records=records,
        findings=make_findings(),
        slivers=make_slivers(),
        links=make_links(parcels),
        visits=visit_order(parcels, crs=CRS),
        approvals=approvals,
        supplies=make_supplies(parcels),
        projects=make_projects(parcels),
        accounts=(make_account(), make_account("supplies.contracts")),
        unverified=("第二十二条：没有约定动工日期时按实际交地日期加一年", "批文失效年限的口径"),
    )


def test_sample_has_every_kind_and_a_parcel_without_a_shape() -> None:
    parcels = make_parcels()
    assert set(parcels["kind"]) == set(KINDS)
    assert parcels.geometry.isna().sum() == 1
    assert parcels["area_m2"].iloc[3] == 1100.0
