"""Approvals (报批): which land was approved when, drawn in the frames of the town and the park."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from shapely import LineString, Polygon

from .built import Block, park_block, town_block
from .frame import PARK, TOWN, Local, smooth_line
from .shapefile import Layer, parse_fields
from .stamps import along_valley, ribbon
from .survey import Flaw

BP_FIELDS = parse_fields("""
XH 序号 N4
PZWH 批准文号 C40
PCMC 批次名称 C80
YDLX 用地类型 C16
PZJG 批准机关 C30
PZRQ 批准日期 D8
PZMJ 批准面积公顷 F12.4
XZJSYD 新增建设用地公顷 F12.4
NYDMJ 农用地公顷 F12.4
GDMJ 耕地公顷 F12.4
SFBC 是否补偿 C2
PZZT 批准状态 C6
DKMC 地块名称 C40
BZ 备注 C80
""")


@dataclass(frozen=True)
class Approval:
    """One approval: its features are polygons in local metres, rounded to 0.001 m when written."""

    key: str
    number: str
    name: str
    approved_on: datetime.date | None
    shapes: Sequence[Polygon]
    single_site: bool = False
    compensated: bool = True
    status: str = "有效"
    note: str = ""

    @property
    def area_ha(self) -> float:
        """Plane area of all features in hectares."""
        return float(sum(s.area for s in self.shapes)) / 10_000


def block_part(frame: Local, block: Block, cut: tuple[float, float, float, float] = (0, 0, 1, 1)) -> Polygon:
    """A share of a block: ``cut`` is (u0, v0, u1, v1) as fractions of the block."""
    du, dv = block.u1 - block.u0, block.v1 - block.v0
    u0, v0, u1, v1 = cut
    return frame.rect(block.u0 + u0 * du, block.v0 + v0 * dv, block.u0 + u1 * du, block.v0 + v1 * dv)


def park_part(column: int, row: int, cut: tuple[float, float, float, float] = (0, 0, 1, 1)) -> Polygon:
    """A share of a park block."""
    return block_part(PARK, park_block(column, row), cut)


def town_part(column: int, row: int, cut: tuple[float, float, float, float] = (0, 0, 1, 1)) -> Polygon:
    """A share of a town block."""
    return block_part(TOWN, town_block(column, row), cut)


def _notched(column: int, row: int) -> Polygon:
    """A park block without its north-east corner of 100 m x 90 m."""
    b = park_block(column, row)
    return PARK.polygon(
        [
            (b.u0, b.v0),
            (b.u1, b.v0),
            (b.u1, b.v1 - 90),
            (b.u1 - 100, b.v1 - 90),
            (b.u1 - 100, b.v1),
            (b.u0, b.v1),
        ]
    )


def _site(x: float, y: float, width: float, depth: float, degrees: float = 8.0) -> Polygon:
    return Local(x, y, degrees).rect(0, 0, width, depth)


def _corridor(shift: float, first: float, last: float, width: float) -> Polygon:
    line = LineString(smooth_line(along_valley(shift, first, last, step=200.0), 2))
    return ribbon(line, width)


def _special() -> dict[str, Polygon]:
    """Sites that are no whole block: beside the town and the park, along roads, and in the country."""
    return {
        "notched": _notched(0, 2),
        "road_1": PARK.rect(12, 278, 1348, 302),
        "road_2": PARK.rect(12, 568, 1348, 592),
        "west_l": TOWN.polygon([(-260, 10), (-20, 10), (-20, 180), (-110, 180), (-110, 110), (-260, 110)]),
        "west_2": TOWN.rect(-260, 200, -20, 380),
        "west_3": TOWN.rect(-260, 400, -20, 560),
        "overlap": PARK.rect(1660, 330, 1860, 480),
        "park_w1": PARK.rect(-320, 10, -40, 220),
        "park_w2": PARK.rect(-320, 240, -40, 420),
        "road_site": _corridor(85.0, 6000, 7300, 30.0),
        "substation": _site(6850, 4080, 80, 60),
        "service_area": _corridor(-985.0, 5800, 6260, 70.0),
        "sewage": _site(10560, 4700, 120, 90),
        "school": _site(2180, 4060, 90, 70),
        "school_2": _site(2300, 4085, 60, 70),
        "hamlet": _site(3060, 3480, 110, 60),
        "hamlet_2": _site(3190, 3500, 70, 60),
        "hamlet_3": _site(3280, 3515, 50, 50),
        "wind": _site(6170, 6950, 150, 100),
    }


# number, name (#n: the year's n-th batch), day, shapes joined by ";", flags and note.
# Flags: u without compensation, s single site, c approved by the State Council.
PLAN = """
2009-118 #1 05-12 park,0,0
2010-77 #1 04-20 park,1,0
2011-203 #1 09-02 park,2,0
2012-54 #1 03-15 park,3,0
2013-160 #1 08-08 park,4,0
2012-191 #2 10-30 park,0,1
2013-212 #2 11-19 park,1,1
2014-33 #1 02-27 park,2,1
2015-12 #1 01-22 park,3,1
2016-95 #1 06-06 park,4,1 u
2014-140 #2 07-25 notched
2016-188 #2 12-01 park,1,2;park,2,2
2017-41 #1 03-03 park,3,2
2018-26 #1 02-11 park,4,2 u 经批准撤回
2015-131 #2 08-17 road_1;road_2 - 园区道路，已建成
2019-64 #1 05-05 overlap
2010-150 #2 09-09 park_w1 u 两年未用自动失效
2021-18 #1 02-08 park_w2
2011-86 #2 05-30 town,5,0
2013-39 #3 03-28 town,6,0
2014-171 #3 09-16 town,5,1
2015-57 #3 04-13 town,6,1
2016-120 #3 07-07 town,6,2
2017-133 #2 09-29 town,6,3;town,6,4
2018-79 #2 06-20 town,5,4 u
2009-240 #2 11-03 town,0,0;town,1,0
2010-31 #3 02-25 town,1,1
2012-118 #3 07-11 west_l
2019-102 #2 08-26 west_2
2020-47 #1 04-09 west_3
2013-288 示例县道改线工程 12-20 road_site s
2016-66 示例变电站工程 05-18 substation s
2014-905 示例高速公路服务区工程 10-10 service_area sc
2018-109 示例污水处理厂工程 09-04 sewage s
2021-93 #2 10-21 school;school_2
2022-22 #1 03-18 hamlet;hamlet_2;hamlet_3
2008-69 #1 06-02 town,4,0 - 2009年以前批次
2019-140 示例风电升压站工程 11-11 wind su
"""
STATUS = {"经批准撤回": "撤回", "两年未用自动失效": "失效"}


def _shape(where: str, special: dict[str, Polygon]) -> Polygon:
    if where in special:
        return special[where]
    kind, column, row = where.split(",")
    return (park_part if kind == "park" else town_part)(int(column), int(row))


def approvals() -> list[Approval]:
    """All approvals, A01 to A38."""
    special, found = _special(), []
    for index, line in enumerate(PLAN.strip().splitlines(), 1):
        number, name, day, shapes, *rest = line.split()
        year, serial = number.split("-")
        flags, note = [*rest, "", ""][:2]
        if name.startswith("#"):
            name = f"岚县{year}年第{'一二三四五'[int(name[1]) - 1]}批次建设用地"
        found.append(
            Approval(
                key=f"A{index:02d}",
                number=f"{'国土资函' if 'c' in flags else '晋政地字'}〔{year}〕{serial}号",
                name=name,
                approved_on=datetime.date.fromisoformat(f"{year}-{day}"),
                shapes=[_shape(where, special) for where in shapes.split(";")],
                single_site="s" in flags,
                compensated="u" not in flags,
                status=STATUS.get(note, "有效"),
                note=note,
            )
        )
    return found


def approval_layer(rows: Sequence[Approval]) -> tuple[Layer, list[Flaw]]:
    """BP.shp, one row a feature, with the areas of the whole approval as a bureau repeats them."""
    records, shapes = [], []
    for approval in rows:
        share, area = int(approval.key[1:]) % 4 / 10, approval.area_ha
        for number, shape in enumerate(approval.shapes, 1):
            records.append({
                "PZWH": approval.number, "PCMC": approval.name,
                "YDLX": "单独选址" if approval.single_site else "批次",
                "PZJG": "国务院" if approval.number.startswith("国土") else "山西省人民政府",
                "PZRQ": approval.approved_on, "PZMJ": round(area, 4), "XZJSYD": round(area * (1 - share / 4), 4),
                "NYDMJ": round(area * (1 - share / 3), 4), "GDMJ": round(area * (0.8 - share), 4),
                "SFBC": "是" if approval.compensated else "否", "PZZT": approval.status,
                "DKMC": f"地块{number}", "BZ": approval.note,
            })  # fmt: skip
            shapes.append(shape)
    frame = pd.DataFrame(records)
    frame["XH"] = np.arange(1, len(frame) + 1)
    frame, flaws = _with_flaws(frame, {a.key: a for a in rows})
    return Layer("BP", "建设用地批准范围", BP_FIELDS, frame, shapes, decimals=3), flaws


def _with_flaws(clean: pd.DataFrame, by_key: dict[str, Approval]) -> tuple[pd.DataFrame, list[Flaw]]:
    """The rows with the mistakes real files have."""
    frame, flaws = clean.copy(), []
    mu = round(by_key["A23"].area_ha * 15, 4)
    factor = (
        f"PZMJ {mu} is in 亩, not 公顷",
        f"PZMJ {mu} 是亩数，不是公顷",
        "area differs from the shape by a factor of 15",
    )
    undated = ("PZRQ is empty", "PZRQ 为空", "approval date missing; cohort unknown")
    unknown = ("SFBC is empty", "SFBC 为空", "compensation unknown: no lapse flag")
    changes: list[tuple[str, str, object, tuple[str, str, str]]] = [
        ("A23", "PZMJ", mu, factor),
        ("A27", "PZRQ", None, undated),
        ("A21", "SFBC", "", unknown),
    ]
    for key, field, value, says in changes:
        number = by_key[key].number
        frame.loc[frame["PZWH"] == number, field] = value  # type: ignore[call-overload]
        flaws.append(Flaw("BP", f"PZWH {number}", *says))
    first, second = by_key["A10"], by_key["A16"]
    common = shapely.intersection(first.shapes[0], second.shapes[0]).area
    flaws.append(Flaw("BP", f"PZWH {first.number} / {second.number}", f"the two approvals overlap by {common:.0f} m²",
                      f"两宗批准用地重叠 {common:.0f} 平方米", "overlap_m2 in the balance, finding"))  # fmt: skip
    return frame, flaws
