"""Supplies (供地): parcels surveyed anew, so that they miss the approvals' edges by centimetres.

Each supply carries the dates of its contract; the groups below are named for what they should become
on ``AS_OF``.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import shapely
from shapely import Polygon

from .approvals import Approval, park_part, town_part
from .built import park_block, town_block
from .frame import COUNTY, PARK, SEED, TOWN
from .shapefile import Layer, parse_fields
from .survey import Flaw

AS_OF = datetime.date(2022, 10, 10)
GD_FIELDS = parse_fields("""
DZJGH 电子监管号 C25
HTBH 合同编号 C30
PZWH 批准文号 C40
XMMC 项目名称 C80
TDSYQR 土地使用权人 C80
TDZL 土地坐落 C100
GDFS 供地方式 C20
TDYT 土地用途 C40
GDMJ 供地面积公顷 F12.6
QDRQ 签订日期 D8
BZ 备注 C80
""")
STEMS = "甲乙丙丁戊己庚辛壬癸"
METALS = "木土金水火山石田禾竹"
USES = {
    "工业": ("铸造有限公司", "工业用地", "挂牌出让", "工业"),
    "住宅": ("房地产开发有限公司", "城镇住宅用地", "拍卖出让", "社会事业"),
    "物流": ("物流有限公司", "物流仓储用地", "挂牌出让", "服务业"),
    "公共": ("公用事业中心", "公用设施用地", "划拨", "基础设施"),
}
ORDINALS = "一二三四五六七八九十"


@dataclass(frozen=True)
class Supply:
    """One supply: its shape in local metres (None: a record only), its keys and its dates.

    ``scenario`` names a row of ``SCENARIOS``; ``recorded`` is False where the register has no row.
    """

    key: str
    approval: str
    shape: Polygon | None
    use: str
    scenario: str
    signed_on: datetime.date
    recorded: bool = True
    dates: dict[str, object] = field(default_factory=dict)

    @property
    def index(self) -> int:
        """Running number from 1."""
        return int(self.key[1:])

    @property
    def supervision_no(self) -> str:
        """电子监管号: county, year, A (划拨) or B (出让), five digits."""
        letter = "A" if self.use == "公共" else "B"
        return f"{COUNTY}{self.signed_on.year}{letter}{self.index * 7 + 5:05d}"

    @property
    def contract_no(self) -> str:
        """Contract or allocation number."""
        return f"岚自然资合〔{self.signed_on.year}〕{self.index:02d}号"

    @property
    def holder(self) -> str:
        """An invented holder of the land."""
        stem, metal = STEMS[self.index % 10], METALS[(self.index * 3 + self.index // 10) % 10]
        return f"岚县{stem}{metal}{USES[self.use][0]}"

    @property
    def project_name(self) -> str:
        """An invented project."""
        return f"示例{chinese_number(self.index)}号项目"

    @property
    def project_code(self) -> str:
        """24-digit project code in five groups; older ones begin with the year.

        Codes are younger than 2016, so earlier projects were given theirs later.
        """
        time = f"{max(self.signed_on.year, 2016)}" if self.signed_on.year < 2020 else f"{self.signed_on:%y%m}"
        return f"{time}-{COUNTY}-{30 + self.index % 9:02d}-0{1 + self.index % 3}-{100_000 + self.index * 7919:06d}"


def chinese_number(number: int) -> str:
    """Chinese numeral of 1..99."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else ORDINALS[tens - 1] + "十")
    return head + (ORDINALS[ones - 1] if ones else "")


def _d(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


# scenario -> (ISO dates and ratios of the contract, expected kind, expected level)
SCENARIOS: dict[str, tuple[dict[str, object], str | None, int | None]] = {
    "on_schedule": ({"agreed_start": "2023-03-01", "agreed_finish": "2025-03-01"}, None, None),
    "starts_on_as_of": ({"agreed_start": "2022-10-10", "agreed_finish": "2024-10-10"}, None, None),
    "late": ({"agreed_start": "2022-03-15", "agreed_finish": "2024-03-15"}, "supplied_unstarted", None),
    "day_before_anniversary": ({"agreed_start": "2021-10-11"}, "supplied_unstarted", None),
    "anniversary": ({"agreed_start": "2021-10-10"}, "suspected_idle", 1),
    "level1": ({"agreed_start": "2021-05-01", "agreed_finish": "2023-05-01"}, "suspected_idle", 1),
    "second_anniversary": ({"agreed_start": "2020-10-10"}, "suspected_idle", 2),
    "level2": ({"agreed_start": "2018-06-30", "agreed_finish": "2020-06-30"}, "suspected_idle", 2),
    "leap_day": ({"agreed_start": "2020-02-29"}, "suspected_idle", 2),
    "assumed_delivery": ({"delivered": "2020-04-01"}, "suspected_idle", 1),
    "assumed_permit": ({"permit": "2019-08-01"}, "suspected_idle", 2),
    "nothing_known": ({"agreed_delivery": "2019-01-01"}, "cannot_judge", None),
    "halted_area": (
        {"agreed_start": "2018-05-01", "started": "2018-06-20", "halted": "2021-03-01",
         "area_ratio": 0.2, "money_ratio": 0.4},
        "suspected_idle", None),
    "halted_money": (
        {"agreed_start": "2018-05-01", "started": "2018-07-01", "halted": "2020-11-15", "money_ratio": 0.1},
        "suspected_idle", None),
    "halted_unknown": (
        {"agreed_start": "2019-05-01", "started": "2019-05-20", "halted": "2021-02-01", "money_ratio": 0.5},
        "cannot_judge", None),
    "halted_enough": (
        {"agreed_start": "2017-05-01", "started": "2017-05-05", "halted": "2020-06-01",
         "area_ratio": 0.6, "money_ratio": 0.5},
        None, None),
    "halted_lately": (
        {"agreed_start": "2020-05-01", "started": "2020-05-05", "halted": "2022-01-15",
         "area_ratio": 0.1, "money_ratio": 0.1},
        None, None),
    "government": ({"agreed_start": "2019-03-01", "cause": "政府原因：未按约定交付土地"}, "suspected_idle", None),
    "determined": (
        {"agreed_start": "2018-09-01", "cause": "企业原因", "notice": ("岚自然资调字〔2021〕第03号", "2021-04-12"),
         "determination": ("岚自然资认字〔2021〕第02号", "2021-06-18"), "disposal": "征缴土地闲置费"}, "idle", None),
    "finished": (
        {"agreed_start": "2013-05-01", "started": "2013-04-18", "finished": "2015-09-30", "delivered": "2012-12-20"},
        None, None),
    "building": ({"agreed_start": "2019-05-01", "started": "2019-06-01", "agreed_finish": "2021-05-01"}, None, None),
    "finished_unstarted": ({"agreed_start": "2015-05-01", "finished": "2017-08-01"}, None, None),
}  # fmt: skip


def resurveyed(shape: Polygon, key: int) -> Polygon:
    """The shape as a second survey sees it: moved by 5–15 cm and turned by up to 0.01 degrees."""
    rng = np.random.default_rng([SEED, 301, key])
    distance, direction = 0.05 + 0.10 * rng.random(), 2 * np.pi * rng.random()
    moved = shapely.affinity.translate(shape, distance * np.cos(direction), distance * np.sin(direction))
    return shapely.affinity.rotate(moved, 0.01 * (2 * rng.random() - 1), origin=shapely.centroid(moved))


def _special(by_key: dict[str, Approval]) -> dict[str, Polygon]:
    """Shapes that are not a simple share of a block."""
    a, b = park_block(0, 1), town_block(6, 1)
    middle = (a.u0 + a.u1) / 2
    c, e = park_block(3, 1), park_block(4, 1)
    t = park_block(1, 1)
    s = park_block(2, 2)
    return {
        # A06: two halves with a strip of 0.5 m between them
        "strip_w": PARK.rect(a.u0, a.v0, middle - 0.25, a.v1),
        "strip_e": PARK.rect(middle + 0.25, a.v0, a.u1, a.v1),
        # A07: two supplies that overlap each other by 40 m
        "twice_1": PARK.rect((t.u0 + t.u1) / 2, t.v0, t.u1 - 50, t.v1),
        "twice_2": PARK.rect(t.u1 - 90, t.v0, t.u1, t.v1),
        # A09 and A10: one supply over both and the street between
        "span": PARK.rect((c.u0 + c.u1) / 2, c.v0, e.u0 + 120, e.v1),
        # A22: leaves a strip of 0.5 m in the west and a corner of less than 1 m² in the north-east
        "notch": TOWN.polygon([(b.u0 + 0.5, b.v0 - 0.4), (b.u1 + 0.4, b.v0 - 0.4), (b.u1 + 0.4, b.v1 - 1.0),
                               (b.u1 - 1.2, b.v1 + 0.4), (b.u0 + 0.5, b.v1 + 0.4)]),
        # A12: two corners in the north-west taken in the wrong order, so that the ring crosses itself
        "crossed": PARK.polygon([(s.u0 + 180, s.v0), (s.u1, s.v0), (s.u1, s.v1 - 130),
                                 (s.u0 + 180, s.v1 - 134), (s.u0 + 183, s.v1 - 130)]),
        "A11_w": park_part(0, 2, (0, 0, 0.5, 1)),
        "A28": by_key["A28"].shapes[0],
        "A29": by_key["A29"].shapes[0],
        "A30_s": TOWN.rect(-260, 400, -20, 480),
        "A30_n": TOWN.rect(-260, 480, -20, 560),
        "A18": by_key["A18"].shapes[0],
        "A32": by_key["A32"].shapes[0],
        "A34": by_key["A34"].shapes[0],
        "A35": by_key["A35"].shapes[0],
    }  # fmt: skip


HALVES = {
    "all": (0, 0, 1, 1),
    "W": (0, 0, 0.5, 1),
    "E": (0.5, 0, 1, 1),
    "S": (0, 0, 1, 0.5),
    "SW": (0, 0, 0.5, 0.5),
}
# approval, shape ("park|town column row part", a special shape, or - for none), use, scenario, signing date
PLAN = """
A01 park,0,0,all 工业 finished 2012-03-20
A02 park,1,0,W 工业 finished 2012-05-11
A02 park,1,0,E 工业 building 2018-04-09
A03 park,2,0,W 工业 finished 2012-09-28
A03 park,2,0,E 工业 level2 2017-06-12
A04 park,3,0,W 工业 level1 2020-04-20
A04 park,3,0,E 工业 finished 2012-11-02
A06 strip_w 工业 finished 2012-12-18
A06 strip_e 物流 halted_enough 2016-04-15
A07 park,1,1,W 工业 finished 2012-12-20
A07 twice_1 工业 anniversary 2020-09-01
A07 twice_2 工业 second_anniversary 2019-09-03
A08 park,2,1,W 工业 late 2021-03-05
A09 park,3,1,W 工业 finished 2012-12-21
A10 span 工业 halted_area 2017-03-09
A11 A11_w 工业 finished_unstarted 2014-10-10
A12 park,2,2,SW 工业 day_before_anniversary 2020-10-15
A12 crossed 工业 leap_day 2019-02-14
A13 park,3,2,E 工业 assumed_delivery 2018-03-30
A18 A18 物流 on_schedule 2022-03-01
A19 town,5,0,all 住宅 government 2018-03-02
A21 town,5,1,S 住宅 determined 2017-08-08
A22 notch 住宅 nothing_known 2018-02-06
A23 town,6,2,all 住宅 starts_on_as_of 2021-10-12
A24 town,6,3,all 住宅 late 2021-03-16
A26 town,0,0,all 住宅 finished 2010-07-07
A26 town,1,0,all 住宅 finished 2010-07-08
A27 town,1,1,all 公共 finished 2011-05-05
A28 A28 物流 halted_money 2017-05-19
A29 A29 工业 halted_unknown 2019-01-18
A30 A30_s 工业 halted_lately 2020-03-23
A30 A30_n 工业 assumed_permit 2018-08-01
A32 A32 公共 finished 2016-10-10
A34 A34 公共 late 2020-12-12
A35 A35 公共 on_schedule 2022-01-11
- town,2,0,all 住宅 finished 2011-03-03
- town,3,2,all 住宅 building 2018-10-22
- town,0,3,S 住宅 level1 2019-11-20
A26 - 工业 level2 2016-09-01
A05 - 工业 level1 2020-05-06
- - 物流 on_schedule 2022-05-30
- - 工业 cannot 2016-02-25
- town,4,4,W 住宅 unrecorded 2017-12-01
- town,2,3,E 公共 unrecorded 2015-06-18
- town,0,4,all 住宅 unrecorded 2014-08-08
"""


def supplies(approvals: Sequence[Approval]) -> list[Supply]:
    """All supplies, S01 onward, with the shapes as resurveyed (local metres)."""
    by_key = {a.key: a for a in approvals}
    special = _special(by_key)
    found = []
    for number, line in enumerate(PLAN.strip().splitlines(), 1):
        approval, where, use, scenario, signed = line.split()
        shape: Polygon | None
        if where == "-":
            shape = None
        elif where in special:
            shape = special[where]
        else:
            kind, column, row, part = where.split(",")
            cut = park_part if kind == "park" else town_part
            shape = cut(int(column), int(row), HALVES[part])
        if shape is not None and where not in {"notch", "crossed"}:
            shape = resurveyed(shape, number)
        name = {"cannot": "nothing_known", "unrecorded": "nothing_known"}.get(scenario, scenario)
        found.append(Supply(f"S{number:02d}", approval.strip("-"), shape, use, name, _d(signed),
                            scenario != "unrecorded", SCENARIOS[name][0]))  # fmt: skip
    return found


def supply_layer(rows: Sequence[Supply], approvals: Sequence[Approval]) -> tuple[Layer, list[Flaw]]:
    """GD.shp: the supplies that have a shape; its GBK table names no encoding at all."""
    numbers = {a.key: a.number for a in approvals}
    records, shapes, flaws = [], [], []
    for s in rows:
        if s.shape is None:
            continue
        written = numbers.get(s.approval, "")
        if s.index % 6 == 0:
            written = written.replace("〔", "[").replace("〕", "]")
        if s.index % 11 == 0:
            written = written.translate({ord(str(k)): chr(0xFF10 + k) for k in range(10)})
        records.append({
            "DZJGH": s.supervision_no, "HTBH": s.contract_no if s.index % 5 else "", "PZWH": written,
            "XMMC": s.project_name, "TDSYQR": s.holder, "TDZL": place(s), "GDFS": USES[s.use][2],
            "TDYT": USES[s.use][1], "GDMJ": round(abs(s.shape.area) / 10_000, 6), "QDRQ": s.signed_on, "BZ": "",
        })  # fmt: skip
        shapes.append(s.shape)
    frame = pd.DataFrame(records)

    def note(key: str, english: str, chinese: str, expected: str) -> None:
        flaws.append(Flaw("GD", key, english, chinese, expected))

    frame.loc[frame["DZJGH"] == rows[26].supervision_no, "DZJGH"] = ""
    frame.loc[26, "HTBH"] = rows[26].contract_no
    crossed = next(s for s in rows if s.scenario == "leap_day")
    mended = shapely.make_valid(crossed.shape)
    frame.loc[frame["DZJGH"] == crossed.supervision_no, "GDMJ"] = round(mended.area / 10_000, 6)
    note("the whole file", "the table is GBK, but neither .cpg nor language byte says so",
         "属性表为 GBK，但没有 .cpg，语言字节也为 0",
         "encoding found by evidence: GB18030")  # fmt: skip
    note(f"HTBH {rows[26].contract_no}", "DZJGH is empty", "DZJGH 为空", "joined by contract number")
    note(
        f"DZJGH {crossed.supervision_no}",
        "the ring crosses itself near a corner",
        "边界在拐角处自相交",
        "repaired, with the area log",
    )
    return Layer("GD", "供地范围", GD_FIELDS, frame, shapes, decimals=3, language_byte=0), flaws


def place(supply: Supply) -> str:
    """Where the land lies, in words."""
    if supply.approval and supply.approval <= "A18":
        return "岚县示例工业园区"
    return "岚县东村镇城区"
