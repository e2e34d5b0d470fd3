"""Make a county of any size to measure with: an exact tessellation of patches with many vertices, and all that lies on it.

    python benchmarks/county.py --patches 100000 --vertices 60 FOLDER

Writes shapefiles in GBK without .cpg, a supply ledger as CSV, and a landinv.toml. Same seed, same files.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from landinv.geometry.area import statutory_area_m2
from landinv.model.landclass import landclass_names

CRS = "EPSG:4525"
ORIGIN = (37_530_000.0, 4_210_000.0)
CELL_M = 70.0
CLASSES = np.array(["0103", "0301", "0307", "0404", "0601", "0702", "1003", "1006", "1101", "0201"])
WEIGHTS = np.array([0.36, 0.14, 0.12, 0.16, 0.03, 0.06, 0.03, 0.05, 0.02, 0.03])
VILLAGE_CELLS, ZONE_CELLS = 24, 9


@dataclass(frozen=True)
class Grid:
    """Cells of a jittered grid whose edges are shared, many-vertexed lines."""

    cells: np.ndarray
    column: np.ndarray
    row: np.ndarray


def fractal_edges(start: np.ndarray, end: np.ndarray, points: int, rng: np.random.Generator) -> np.ndarray:
    """Polylines (n, points + 1, 2) from start to end, displaced sideways between them."""
    t = np.linspace(0.0, 1.0, points + 1)[None, :, None]
    line = start[:, None, :] * (1 - t) + end[:, None, :] * t
    along = end - start
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.hypot(*along.T)[:, None]
    wave = sum(
        rng.normal(0, 0.03 * CELL_M / k, (len(start), 1)) * np.sin(np.pi * k * t[..., 0]) for k in range(1, 5)
    )
    return np.round(line + wave[..., None] * normal[:, None, :], 4)


def tessellation(patches: int, vertices: int, rng: np.random.Generator) -> Grid:
    """About ``patches`` cells of about ``vertices`` vertices each."""
    columns = int(np.sqrt(patches))
    rows = -(-patches // columns)
    x, y = np.meshgrid(np.arange(columns + 1) * CELL_M, np.arange(rows + 1) * CELL_M)
    nodes = np.stack([x, y], axis=-1) + rng.uniform(-0.15, 0.15, (rows + 1, columns + 1, 2)) * CELL_M + ORIGIN
    nodes = np.round(nodes, 4)
    points = max(vertices // 4, 1)
    flat = fractal_edges(nodes[:, :-1].reshape(-1, 2), nodes[:, 1:].reshape(-1, 2), points, rng)
    horizontal = flat.reshape(rows + 1, columns, points + 1, 2)
    upright = fractal_edges(nodes[:-1].reshape(-1, 2), nodes[1:].reshape(-1, 2), points, rng)
    vertical = upright.reshape(rows, columns + 1, points + 1, 2)
    rings = np.concatenate(
        [
            horizontal[:-1, :, :-1],
            vertical[:, 1:, :-1],
            horizontal[1:, :, :0:-1],
            vertical[:, :-1, :0:-1],
            horizontal[:-1, :, :1],
        ],
        axis=2,
    ).reshape(rows * columns, -1, 2)
    row, column = np.divmod(np.arange(rows * columns), columns)
    return Grid(shapely.polygons(rings)[:patches], column[:patches], row[:patches])


def survey_frame(grid: Grid, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """DLTB with its 30 fields."""
    n = len(grid.cells)
    village = (grid.row // VILLAGE_CELLS) * 1000 + grid.column // VILLAGE_CELLS
    order = np.unique(village, return_inverse=True)[1]
    code = np.array([f"141127{100 + v // 40:03d}{200 + v % 40:03d}" for v in range(order.max() + 1)])[order]
    dlbm = rng.choice(CLASSES, n, p=WEIGHTS)
    area = statutory_area_m2(grid.cells, CRS)
    text = {
        "BSM": [f"1411272110{i:08d}" for i in range(n)], "YSDM": "2001010100", "TBYBH": "", "TBBH": [str(i) for i in range(n)],
        "DLBM": dlbm, "DLMC": [landclass_names()[c] for c in dlbm], "QSXZ": np.where(np.isin(dlbm, ["0601", "1003", "1101"]), "20", "30"),
        "QSDWDM": np.char.add(code, "0000000"), "QSDWMC": np.char.add("示例村", code), "ZLDWDM": np.char.add(code, "0000000"),
        "ZLDWMC": np.char.add("示例村", code),
    }  # fmt: skip
    rest: dict[str, Any] = {
        "TBMJ": area, "KCDLBM": "", "KCXS": 0.0, "KCMJ": 0.0, "TBDLMJ": area, "GDLX": "", "GDPDJB": "", "XZDWKD": 0.0,
        "TBXHDM": "", "TBXHMC": "", "ZZSXDM": "", "ZZSXMC": "", "GDDB": 0, "FRDBS": "0",
        "CZCSXM": np.where(np.isin(dlbm, ["0601", "0702"]), "203", ""), "SJNF": 2019, "MSSM": "00", "HDMC": "", "BZ": "",
    }  # fmt: skip
    return gpd.GeoDataFrame({**text, **rest}, geometry=grid.cells, crs=CRS)


def blocks(grid: Grid, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Unions of size × size cells and the block number of each."""
    key = (grid.row // size) * 10_000 + grid.column // size
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(key[order]) > 0])
    shapes = [shapely.coverage_union_all(part) for part in np.split(grid.cells[order], starts[1:])]
    return np.array(shapes), key[order][starts]


def approvals_and_supplies(
    patches: int, grid: Grid, rng: np.random.Generator
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """One approval in twenty patches; supplies inside them, 5–15 cm off."""
    count = max(patches // 20, 20)
    width = CELL_M * (int(grid.column.max()) + 1)
    height = CELL_M * (int(grid.row.max()) + 1)
    side = int(np.ceil(np.sqrt(count * height / width)))
    per_row = -(-count // side)
    k = np.arange(count)
    cx = ORIGIN[0] + (k % per_row + 0.5) * width / per_row
    cy = ORIGIN[1] + (k // per_row + 0.5) * height / side
    w, h = rng.uniform(60, 190, count), rng.uniform(60, 190, count)
    shapes = shapely.box(cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2)
    years = 2009 + k % 13
    numbers = [f"晋政地字〔{y}〕{i + 1}号" for i, y in zip(k, years, strict=True)]
    approvals = gpd.GeoDataFrame(
        {"PZWH": numbers, "PCMC": "示例批次", "PZRQ": [f"{y}-06-30" for y in years], "PZMJ": np.round(w * h / 1e4, 4)},
        geometry=shapes, crs=CRS,
    )  # fmt: skip
    share = rng.uniform(0.3, 1.0, count)
    off = rng.uniform(0.05, 0.15, (2, count)) * rng.choice([-1, 1], (2, count))
    left, low = cx - w / 2 + off[0], cy - h / 2 + off[1]
    supplied = k % 9 != 0
    cuts = shapely.box(left, low, left + w * share, low + h)[supplied]
    supplies = gpd.GeoDataFrame(
        {
            "DZJGH": [f"141127{y}B{i:05d}" for i, y in zip(k, years, strict=True) if i % 9],
            "PZWH": [n for i, n in enumerate(numbers) if i % 9],
            "GDMJ": np.round(shapely.area(cuts) / 1e4, 4),
        },
        geometry=cuts, crs=CRS,
    )  # fmt: skip
    return approvals, supplies


def contracts(supplies: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The ledger: agreed and real starts of every supply."""
    n = len(supplies)
    agreed = pd.to_datetime("2010-01-01") + pd.to_timedelta(rng.integers(0, 4500, n), "D")
    started = agreed + pd.to_timedelta(rng.integers(0, 300, n), "D")
    return pd.DataFrame(
        {
            "电子监管号": supplies["DZJGH"], "项目名称": [f"示例项目{i}" for i in range(n)], "土地使用权人": "岚县示例有限公司",
            "面积（公顷）": supplies["GDMJ"], "成交价款（万元）": np.round(rng.uniform(50, 900, n), 2),
            "约定动工时间": agreed.strftime("%Y-%m-%d"),
            "实际动工时间": np.where(rng.uniform(size=n) < 0.4, started.strftime("%Y-%m-%d"), ""),
        }
    )  # fmt: skip


def write_shapefile(frame: gpd.GeoDataFrame, path: Path) -> None:
    pyogrio.write_dataframe(frame, path, encoding="GBK")
    path.with_suffix(".cpg").unlink(missing_ok=True)


def write_county(folder: Path, patches: int, vertices: int = 60, seed: int = 141127) -> Path:
    """Write the whole county and return its project file."""
    rng = np.random.default_rng(seed)
    layers = folder / "layers"
    layers.mkdir(parents=True, exist_ok=True)
    grid = tessellation(patches, vertices, rng)
    write_shapefile(survey_frame(grid, rng), layers / "DLTB.shp")
    villages, keys = blocks(grid, VILLAGE_CELLS)
    codes = [f"141127{100 + v // 40:03d}{200 + v % 40:03d}0000000" for v in range(len(keys))]
    names = [f"示例村{c[:12]}" for c in codes]
    write_shapefile(
        gpd.GeoDataFrame({"ZLDWDM": codes, "ZLDWMC": names}, geometry=villages, crs=CRS), layers / "CJDCQ.shp"
    )
    zones, _ = blocks(grid, ZONE_CELLS)
    uses = rng.choice(["1001", "070102", "1207", "0901", "1401"], len(zones))
    write_shapefile(gpd.GeoDataFrame({"GHDLDM": uses}, geometry=zones, crs=CRS), layers / "GHFQ.shp")
    farmland = grid.cells[rng.uniform(size=len(grid.cells)) < 0.27]
    write_shapefile(
        gpd.GeoDataFrame({"BZ": "基本农田"}, geometry=farmland, crs=CRS, index=range(len(farmland))),
        layers / "YJJBNTTB.shp",
    )
    approvals, supplies = approvals_and_supplies(patches, grid, rng)
    write_shapefile(approvals, layers / "BP.shp")
    write_shapefile(supplies, layers / "GD.shp")
    contracts(supplies, rng).to_csv(folder / "contracts.csv", index=False, encoding="gb18030")
    project = folder / "landinv.toml"
    project.write_text(PROJECT, encoding="utf-8")
    return project


PROJECT = """[county]
name = "岚县"
code = "141127"
crs = "EPSG:4525"

[store]
path = "layers/inventory.gpkg"

[output]
dir = "maps"

[sources.dltb]
path = "layers/DLTB.shp"
[sources.cjdcq]
path = "layers/CJDCQ.shp"
[sources.planning]
path = "layers/GHFQ.shp"
[sources.constraints.farmland]
path = "layers/YJJBNTTB.shp"
[sources.approvals]
path = "layers/BP.shp"
units = { approved_area = "ha" }
[sources.supplies]
path = "layers/GD.shp"
units = { supplied_area = "ha" }
[sources.supplies.contracts]
path = "contracts.csv"

[rules]
as_of = 2022-10-10
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--patches", type=int, default=20_000)
    parser.add_argument("--vertices", type=int, default=60)
    options = parser.parse_args()
    print(write_county(options.folder, options.patches, options.vertices))


if __name__ == "__main__":
    main()
