"""A county small enough to work out by hand, on an integer metre grid."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
from shapely.geometry import Polygon, box

X0, Y0 = 37_548_000.0, 4_240_000.0
CRS = "EPSG:4525"
PROJECT = """[county]
name = "岚县"
code = "141127"
crs = "EPSG:4525"
[store]
path = "register.gpkg"
[output]
dir = "out"
[sources.dltb]
path = "DLTB.shp"
[sources.xzq]
path = "XZQ.shp"
[sources.cjdcq]
path = "CJDCQ.shp"
[sources.planning]
path = "GHFQ.shp"
[sources.constraints.farmland]
path = "YJJBNTTB.shp"
[sources.constraints.redline]
path = "STBHHX.shp"
[sources.constraints.boundary]
path = "CZKFBJ.shp"
[sources.approvals]
path = "BP.shp"
units = { approved_area = "ha" }
[sources.supplies]
path = "GD.shp"
units = { supplied_area = "ha" }
[sources.supplies.contracts]
path = "供地台账.xlsx"
[sources.projects]
path = "项目台账.xlsx"
[rules]
as_of = 2022-10-10
"""


def at(x1: float, y1: float, x2: float, y2: float) -> Polygon:
    """A rectangle in metres from the county's corner."""
    return box(X0 + x1, Y0 + y1, X0 + x2, Y0 + y2)


def write_layer(path: Path, shapes: list[Polygon], **columns: Any) -> None:
    """A shapefile as the bureau has them: GBK text, no .cpg."""
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)
    frame.to_file(path, engine="pyogrio", encoding="GBK")
    path.with_suffix(".cpg").unlink(missing_ok=True)


def write_sheet(path: Path, title: str, rows: list[list[Any]]) -> None:
    """A workbook as a clerk types it: a merged title, then headers and rows."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([title])
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(rows[0]))
    for row in rows:
        sheet.append(row)
    book.save(path)


def survey(folder: Path) -> None:
    """Farmland west (village 101), works land south-east and grass north-east (village 102)."""
    shapes = [at(0, 0, 400, 600), at(400, 0, 1000, 300), at(400, 300, 1000, 600)]
    village = ["1411271002010000000", "1411271002020000000", "1411271002020000000"]
    write_layer(
        folder / "DLTB.shp", shapes,
        BSM=[f"14112721100000000{i}" for i in range(3)], YSDM=["2001010100"] * 3, TBBH=["1", "1", "2"],
        DLBM=["0103", "0601", "0404"], DLMC=["旱地", "工业用地", "其他草地"], QSXZ=["30", "20", "30"],
        QSDWDM=village, QSDWMC=["甲村", "乙村", "乙村"], ZLDWDM=village, ZLDWMC=["甲村", "乙村", "乙村"],
        TBMJ=[239986.3, 179989.7, 179989.7], KCXS=[0.0] * 3, KCMJ=[0.0] * 3, TBDLMJ=[239986.3, 179989.7, 179989.7],
        CZCSXM=["", "203", ""], SJNF=[2019] * 3, MSSM=["00"] * 3,
    )  # fmt: skip
    write_layer(folder / "XZQ.shp", [at(0, 0, 1000, 600)], XZQDM=["141127100"], XZQMC=["东村镇"])
    write_layer(
        folder / "CJDCQ.shp",
        [at(0, 0, 400, 600), at(400, 0, 1000, 600)],
        ZLDWDM=village[:2],
        ZLDWMC=["甲村", "乙村"],
    )
    write_layer(
        folder / "GHFQ.shp", [at(0, 0, 500, 600), at(500, 0, 900, 600)], GHDLDM=["1001", "070102"],
        GHDLMC=["工业用地", "二类城镇住宅用地"],
    )  # fmt: skip
    write_layer(folder / "YJJBNTTB.shp", [at(0, 0, 150, 600)], BZ=["基本农田"])
    write_layer(folder / "STBHHX.shp", [at(0, 550, 1000, 600)], BZ=["红线"])
    write_layer(folder / "CZKFBJ.shp", [at(100, 0, 1000, 600)], BZ=["边界"])


def red_lines(folder: Path) -> None:
    """Approval 1 half supplied, 2 never supplied, 3 supplied but for a 10 cm strip, 4 withdrawn."""
    write_layer(
        folder / "BP.shp",
        [at(100, 100, 300, 300), at(450, 50, 650, 150), at(700, 100, 800, 200), at(850, 400, 950, 500)],
        PZWH=["晋政地字〔2015〕1号", "晋政地字〔2016〕2号", "晋政地字〔2017〕3号", "晋政地字〔2018〕4号"],
        PCMC=["第一批次", "第二批次", "第三批次", "第四批次"], YDLX=["批次"] * 4,
        PZRQ=["2015-06-01", "2016-06-01", "2017-06-01", "2018-06-01"], PZMJ=[4.0, 2.0, 1.0, 1.0],
        SFBC=["是", "否", "是", "否"], PZZT=["有效", "有效", "有效", "撤回"],
    )  # fmt: skip
    write_layer(
        folder / "GD.shp", [at(100, 100, 200, 300), at(700.1, 100, 800, 200)],
        DZJGH=["1411272015B00011", "1411272017B00033"], PZWH=["晋政地字[2015]1号", "晋政地字〔2017〕3号"], GDMJ=[2.0, 0.999],
    )  # fmt: skip


def ledgers(folder: Path) -> None:
    """The supply contracts (one of them without a shape) and two projects."""
    head = [
        "电子监管号",
        "项目代码",
        "项目名称",
        "土地使用权人",
        "供应面积（公顷）",
        "成交价款（万元）",
        "约定动工时间",
        "实际动工时间",
    ]
    write_sheet(
        folder / "供地台账.xlsx", "岚县供地台账",
        [
            head,
            ["1411272015B00011", "2015-141127-33-03-000011", "示例铸造项目", "岚县甲木铸造有限公司", 2.0, 300, "2021年10月10日", None],
            ["1411272017B00033", None, "示例住宅项目", "岚县乙水置业有限公司", 0.999, 800, "2022-03-01", None],
            ["1411272018B00044", None, "示例无图项目", "岚县丙火商贸有限公司", 0.5, 100, "2019.5.1", None],
        ],
    )  # fmt: skip
    write_sheet(
        folder / "项目台账.xlsx", "岚县重点项目台账",
        [["项目代码", "项目名称", "建设单位", "总投资（亿元）", "用地需求（亩）"],
         ["20151411273303000011", "铸造扩建", "岚县甲木铸造有限公司", 1.2, 30],
         ["2022-141127-01-01-000002", "示例物流园", "岚县丁土物流有限公司", 0.8, 45]],
    )  # fmt: skip


def write_county(folder: Path) -> Path:
    """Write the small county into a folder; gives its project file."""
    folder.mkdir(parents=True, exist_ok=True)
    survey(folder)
    red_lines(folder)
    ledgers(folder)
    project = folder / "landinv.toml"
    project.write_text(PROJECT, encoding="utf-8")
    return project


@pytest.fixture
def make_county() -> Callable[[Path], Path]:
    """The small county's writer."""
    return write_county


@pytest.fixture(scope="session")
def _county_after_a_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from landinv.workflow.run import run

    folder = tmp_path_factory.mktemp("county") / "岚 县"
    run(write_county(folder))
    return folder


@pytest.fixture
def make_county_after_a_run(_county_after_a_run: Path) -> Callable[[Path], Path]:
    """A writer of the small county as its first run left it: register and outputs are there."""

    def write(folder: Path) -> Path:
        return Path(shutil.copytree(_county_after_a_run, folder, dirs_exist_ok=True)) / "landinv.toml"

    return write
