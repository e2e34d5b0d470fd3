"""A county made in code for the map's tests: Voronoi patches on a metre grid, and parcels with every field."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landinv.model.landclass import landclass_names
from landinv.model.parcels import LINK_COLUMNS, SHARE_COLUMNS, kinds, parcel_columns
from landinv.outputs.map import MapContent

CRS = "EPSG:4525"
EAST, NORTH = 37_548_000.0, 4_240_000.0
TOWNSHIPS = ("甲镇", "乙镇", "丙乡", "丁乡")
CLASSES = (
    "0103",
    "0103",
    "0103",
    "0201",
    "0301",
    "0305",
    "0404",
    "0601",
    "0702",
    "0701",
    "1003",
    "1006",
    "1101",
    "0809",
)


def patches(count: int, *, side: float = 12_000.0, bend: int = 0, seed: int = 1) -> gpd.GeoDataFrame:
    """Voronoi patches that tile a square; ``bend`` vertices are put into every shared edge, the same on both sides."""
    rng = np.random.default_rng(seed)
    points = shapely.points(rng.uniform(0, side, (count, 2)) + np.array([EAST, NORTH]))
    square = shapely.box(EAST, NORTH, EAST + side, NORTH + side)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points)))
    cells = shapely.set_precision(shapely.intersection(cells, square), 0.001)
    if bend:
        cells = bent(cells, bend, seed)
    codes = rng.choice(CLASSES, len(cells))
    number = np.arange(len(cells))
    return gpd.GeoDataFrame(
        {
            "DLBM": codes,
            "DLMC": [landclass_names()[c] for c in codes],
            "QSDWMC": [f"{TOWNSHIPS[n % 4]}第{n % 23}村" for n in number],
            "ZLDWMC": [f"{TOWNSHIPS[n % 4]}第{n % 23}村" for n in number],
            "TBBH": [f"{n:05d}" for n in number],
        },
        geometry=cells,
        crs=CRS,
    )


def bent(cells: np.ndarray, bend: int, seed: int) -> np.ndarray:
    """Wiggle every edge by an amount that depends on the edge alone, whatever side it is seen from."""
    rings = shapely.get_exterior_ring(cells)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    a, b, ring = xy[:-1][same], xy[1:][same], ring[:-1][same]
    turned = (a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1]))
    low, high = np.where(turned[:, None], b, a), np.where(turned[:, None], a, b)
    t = np.arange(1, bend + 1) / (bend + 1)
    key = (np.rint(low * 1000) @ [7919.0, 104729.0] + np.rint(high * 1000) @ [15485863.0, 32452843.0]) % 9973
    phase = key[:, None] * 12.9898 + np.arange(bend) * 78.233
    noise = (np.sin(phase + seed) * 43758.5453) % 1 - 0.5
    along = low[:, None] + (high - low)[:, None] * t[None, :, None]
    normal = np.column_stack([low[:, 1] - high[:, 1], high[:, 0] - low[:, 0]])[:, None]
    inner = np.round(along + normal * (noise * 0.12 * np.sin(np.pi * t))[:, :, None], 3)
    inner = np.where(turned[:, None, None], inner[:, ::-1], inner)
    edges = np.concatenate([a[:, None], inner], axis=1).reshape(-1, 2)
    return np.asarray(shapely.polygons(shapely.linearrings(edges, indices=np.repeat(ring, bend + 1))))


def townships(side: float = 12_000.0) -> gpd.GeoDataFrame:
    """Four square townships."""
    half = side / 2
    boxes = [shapely.box(EAST + i * half, NORTH + j * half, EAST + (i + 1) * half, NORTH + (j + 1) * half)
             for j in (0, 1) for i in (0, 1)]  # fmt: skip
    return gpd.GeoDataFrame({"XZQMC": TOWNSHIPS}, geometry=boxes, crs=CRS)


def parcels(count: int = 120, *, side: float = 12_000.0, seed: int = 3) -> gpd.GeoDataFrame:
    """Rectangular parcels on whole metres, apart from one another, with every canonical column filled."""
    rng = np.random.default_rng(seed)
    slots = rng.permutation(900)[:count]
    x = EAST + 100 + (slots % 30) * (side / 30)
    y = NORTH + 100 + (slots // 30) * (side / 30)
    wide, high = rng.integers(60, 280, count), rng.integers(40, 240, count)
    shapes = shapely.box(x, y, x + wide, y + high)
    names = rng.choice(list(kinds()), count, p=[0.4, 0.2, 0.2, 0.1, 0.1])
    area = (wide * high).astype(float)
    frame = pd.DataFrame({c.name: pd.Series([None] * count, dtype=object) for c in parcel_columns()})
    number = np.arange(count)
    idle = np.isin(names, ["suspected_idle", "idle"])
    frame = frame.assign(
        parcel_id=[f"141127-{n:04d}" for n in number], kind=names, area_m2=area, area_plane_m2=area + 0.5,
        area_mu=area * 0.0015, area_ha=area / 1e4, township=[TOWNSHIPS[n % 4] for n in number],
        village=[f"第{n % 23}村" for n in number], tenure="国有", planned_use="工业用地", planned_use_code="100101",
        holder=[f"岚县甲木{n % 9}号铸造有限公司" for n in number], location=[f"{TOWNSHIPS[n % 4]}示例路{n}号" for n in number],
        approval_no=[f"晋政地字〔2019〕{n % 12}号" for n in number], supervision_no=[f"141127{n:013d}" for n in number],
        project_name=[f"示例{n % 30}号项目" for n in number], project_code=[f"2019-141127-30-03-{n:06d}" for n in number],
        price_wan=rng.integers(100, 9000, count).astype(float), approved_on=date(2019, 3, 1), cohort="2019",
        idle_since=[date(2020, 6, 1) if i else None for i in idle], idle_days=[float(861 - n) if i else np.nan for n, i in zip(number, idle, strict=True)],
        idle_level=[float(1 + n % 2) if i else np.nan for n, i in zip(number, idle, strict=True)],
        landclass="旱地", landclass_code="0103", farmland_m2=area * 0.7, construction_m2=area * 0.3, available=True,
        reason="约定 2020-06-01 开工，至基准日未动工满一年", clause="《闲置土地处置办法》第二条", rule_id="idle_unstarted", as_of=date(2022, 10, 10),
        source_refs="supplies#12",
    )  # fmt: skip
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS)


def shares(of: gpd.GeoDataFrame) -> pd.DataFrame:
    """Two land classes a parcel and its township."""
    rows = []
    for row in of.itertuples():
        rows.append((row.parcel_id, "landclass", "0103", "旱地", row.area_m2 * 0.7))
        rows.append((row.parcel_id, "landclass", "0601", "工业用地", row.area_m2 * 0.3))
        rows.append((row.parcel_id, "township", "141127100", row.township, row.area_m2))
    return pd.DataFrame(rows, columns=list(SHARE_COLUMNS))


def links(of: gpd.GeoDataFrame) -> pd.DataFrame:
    """One linked project for each parcel."""
    return pd.DataFrame(
        [(r.parcel_id, f"p{i}", f"2019-LINK-{i:04d}", f"关联示例{i}号项目", "code", 1.0, "项目代码一致") for i, r in enumerate(of.itertuples())],
        columns=list(LINK_COLUMNS),
    )  # fmt: skip


def county(
    patch_count: int = 400, parcel_count: int = 120, *, bend: int = 0, language: str = "zh"
) -> MapContent:
    """A whole county's map content."""
    found = parcels(parcel_count)
    lines = townships()
    return MapContent(
        county_name="岚县", county_code="141127", as_of=date(2022, 10, 10), title="批而未供和闲置土地分布图", crs=CRS,
        parcels=found, shares=shares(found), links=links(found), background=patches(patch_count, bend=bend),
        outlines={
            "townships": lines,
            "farmland": gpd.GeoDataFrame({"name": ["示例保护片"]}, geometry=[shapely.box(EAST + 500, NORTH + 500, EAST + 4000, NORTH + 3000)], crs=CRS),
            "redline": gpd.GeoDataFrame({"name": ["示例红线"]}, geometry=[shapely.box(EAST + 7000, NORTH + 6500, EAST + 11000, NORTH + 11000)], crs=CRS),
            "boundary": gpd.GeoDataFrame({"name": ["示例边界"]}, geometry=[shapely.box(EAST + 4200, NORTH + 4300, EAST + 8000, NORTH + 7900)], crs=CRS),
        },
        language=language, stamp="landinv 示例数据",
    )  # fmt: skip


def test_patches_tile_their_square() -> None:
    found = patches(300, side=1000.0, bend=3)
    assert found.geometry.is_valid.all()
    assert abs(found.area.sum() - 1_000_000.0) < 2_000.0
    assert abs(found.geometry.union_all().area - found.area.sum()) < 1e-3
