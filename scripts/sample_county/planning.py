"""Plan and constraint layers: GHFQ, YJJBNTTB, STBHHX, CZKFBJ, KFYQ, PZWJSTD and LSYD."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from .approvals import Approval
from .built import PARK_COLUMNS, PARK_ROWS, TOWN_COLUMNS, TOWN_ROWS, park_block, town_block, village_shape
from .ellipsoid import survey_area_m2, to_cents
from .frame import COUNTY, PARK, TOWN, Floats, value_noise
from .shapefile import Layer, parse_fields
from .stamps import reservoir, trunk_roads, waters
from .survey import Flaw, written_shapes
from .terrain import Terrain
from .tessellate import Objects, cut_faces, join_groups, locate, merged, neighbours
from .villages import villages

GHFQ_FIELDS = parse_fields("""
BSM 标识码 C18
GHDLDM 规划地类代码 C10
GHDLMC 规划地类名称 C60
GHDLMJ 规划地类面积 F15.2
XZQDM 行政区代码 C12
BZ 备注 C100
""")
YJJBNTTB_FIELDS = parse_fields("""
BSM 标识码 C18
YSDM 要素代码 C10
YJJBNTTBBH 永久基本农田图斑编号 C20
TBBH 图斑编号 C8
DLBM 地类编码 C5
DLMC 地类名称 C60
QSXZ 权属性质 C2
QSDWDM 权属单位代码 C19
ZLDWDM 坐落单位代码 C19
YJJBNTMJ 永久基本农田面积 F15.2
BZ 备注 C100
""")
LINE_FIELDS = parse_fields("""
BSM 标识码 C18
YSDM 要素代码 C10
MC 名称 C80
LX 类型 C40
MJ 面积 F15.2
BZ 备注 C100
""")
KFYQ_FIELDS = parse_fields("""
BSM 标识码 C18
YSDM 要素代码 C10
KFYQMC 开发园区名称 C100
KFYQLX 开发园区类型 C20
KFYQXZ 开发园区性质 C20
KFYQTZ 开发园区特征 C20
KFYQMJ 开发园区面积 F15.2
BZ 备注 C254
""")
PZWJSTD_FIELDS = parse_fields("""
BSM 标识码 C18
YSDM 要素代码 C10
TBBH 图斑编号 C8
XJXZQHDM 县级行政区划代码 C6
XJXZQHMC 县级行政区划名称 C40
XMBH 项目编号 C30
XMMC 项目名称 C100
PZWH 批准文号 C60
PZRQ 批准日期 D8
PZXMLX 项目类型 C20
PZYT 批准用途 C5
PZMJ 批准面积 F15.2
TBMJ 图斑面积 F15.2
XZJSYDMJ 新增建设用地面积 F15.2
ZYGDMJ 占用耕地面积 F15.2
BZ 备注 C254
""")
LSYD_FIELDS = parse_fields("""
BSM 标识码 C18
YSDM 要素代码 C10
PZWJMC 批准文件名称 C100
PZWH 批准文号 C60
LSYDMJ 临时用地面积 F15.2
YDYT 用地用途 C40
PZRQ 批准日期 D8
BZ 备注 C254
""")
PLAN_NAMES = {
    "0102": "水浇地", "070102": "二类城镇住宅用地", "0703": "农村宅基地", "090101": "零售商业用地",
    "080403": "中小学用地",
    "0801": "机关团体用地", "1401": "公园绿地", "1402": "防护绿地", "100101": "一类工业用地", "100102": "二类工业用地",
    "110101": "一类物流仓储用地", "1303": "供电用地", "1302": "排水用地", "1201": "铁路用地", "1202": "公路用地",
    "1207": "城镇村道路用地", "1701": "河流水面", "1703": "水库水面", "16": "留白用地",
}  # fmt: skip
TOWN_PLAN = ["070102 070102 090101 070102 070102 070102 070102", "070102 1401 090101 0801 070102 090101 070102",
             "070102 070102 1401 090101 070102 070102 070102", "070102 080403 080403 070102 070102 070102 070102",
             "070102 070102 070102 0801 070102 080403 16"]  # fmt: skip
PARK_PLAN = [
    "100102 100102 100102 100102 100102",
    "100102 110101 100102 100101 100101",
    "100102 16 100102 100101 1402",
]
SURVEY_CLASS = {"070102": "0701", "100102": "0601", "100101": "0601"}


def _zones(terrain: Terrain) -> list[tuple[BaseGeometry, str]]:
    """Plan zones from top to bottom; the last is farmland of the valley floor."""
    zones: list[tuple[BaseGeometry, str]] = []
    for row, line in enumerate(TOWN_PLAN):
        for column, code in enumerate(line.split()):
            b = town_block(column, row)
            zones.append((TOWN.rect(b.u0, b.v0, b.u1, b.v1), code))
    for row, line in enumerate(PARK_PLAN):
        for column, code in enumerate(line.split()):
            b = park_block(column, row)
            zones.append((PARK.rect(b.u0, b.v0, b.u1, b.v1), code))
    zones += [(PARK.rect(-320, 10, -40, 220), "110101"), (PARK.rect(-320, 240, -40, 420), "110101")]
    zones += [(TOWN.rect(-280, 0, -9, 570), "100101"), (PARK.rect(1700, 330, 1860, 640), "16")]
    zones += [(shape, "1207") for shape in (_town_extent(), _park_extent())]
    zones += [(s.shape, "1201" if s.land_class == "1001" else "1202") for s in trunk_roads()]
    zones += [(s.shape, "1701") for s in waters() if s.land_class == "1101"]
    zones += [(s.shape, "1703") for s in reservoir(terrain) if s.land_class == "1103"]
    zones += [(village_shape(v), "0703") for v in villages() if v.radius]
    return [*zones, (terrain.plain, "0102")]


def _town_extent() -> Polygon:
    return TOWN.rect(0, 0, 228 * TOWN_COLUMNS, 190 * TOWN_ROWS)


def _park_extent() -> Polygon:
    return PARK.rect(0, 0, 340 * PARK_COLUMNS, 290 * PARK_ROWS)


def _numbers(layer: str, count: int) -> list[str]:
    return [f"{COUNTY}{layer}{k:08d}" for k in range(1, count + 1)]


def _survey_m2(shapes: Sequence[BaseGeometry]) -> Floats:
    """Survey area of local polygons as they will be written (m², two decimals)."""
    return to_cents(survey_area_m2(written_shapes(np.array(shapes, dtype=object)))) / 100


def planning_layer(terrain: Terrain, areas: list[Polygon]) -> tuple[Layer, list[Flaw]]:
    """GHFQ: a tessellation of the valley floor by planned use; the hills have no zone."""
    zones = _zones(terrain)
    faces, _ = cut_faces([shape.boundary for shape, _ in zones], areas)
    top = locate(faces, np.array([shape for shape, _ in zones], dtype=object))
    faces, top = faces[top >= 0], top[top >= 0]
    a, b, _ = neighbours(faces)
    alike = top[a] == top[b]
    shapes, root = merged(faces, join_groups(len(faces), a[alike], b[alike]))
    keep = shapely.area(shapes) > 1.0
    shapes, codes = shapes[keep], [zones[t][1] for t in top[root][keep]]
    frame = pd.DataFrame({
        "BSM": _numbers("3010", len(shapes)), "GHDLDM": codes, "GHDLMC": [PLAN_NAMES[c] for c in codes],
        "GHDLMJ": _survey_m2(shapes), "XZQDM": COUNTY, "BZ": "",
    })  # fmt: skip
    row = int(frame.index[frame["GHDLDM"] == "1401"][0])
    frame.loc[row, "GHDLMC"] = "公园绿地（示例）"
    flaw = Flaw("GHFQ", f"BSM {frame['BSM'][row]}", "GHDLMC is not the name of code 1401",
                "GHDLMC 与代码 1401 的名称不符", "plan name does not match code")  # fmt: skip
    no_system = Flaw("GHFQ", "the whole file", "no column tells the code system (用地用海 2023)",
                     "没有字段说明代码体系（用地用海 2023）",
                     "stated default and a finding, unless code_system is set")  # fmt: skip
    return Layer("GHFQ", "规划分区", GHFQ_FIELDS, frame, list(shapes)), [flaw, no_system]


def farmland_layer(dltb: pd.DataFrame, shapes: Objects, taken: BaseGeometry) -> tuple[Layer, list[Flaw]]:
    """YJJBNTTB: irrigated and dry land of the valley away from what is built or planned to be."""
    inner = shapely.point_on_surface(shapes)
    x, y = shapely.get_x(inner), shapely.get_y(inner)
    arable = (
        dltb["DLBM"].isin(["0102"]).to_numpy()
        | ((dltb["DLBM"] == "0103") & (dltb["GDPDJB"] == "1")).to_numpy()
    )
    keep = (
        arable
        & (value_noise(x, y, 1300.0, 401) > -0.35)
        & ~shapely.contains(taken, inner)
        & (shapely.area(shapes) > 2000)
    )
    source, chosen = dltb[keep].reset_index(drop=True), list(shapes[keep])
    frame = source[["TBBH", "DLBM", "DLMC", "QSXZ", "QSDWDM", "ZLDWDM"]].copy()
    frame["BSM"] = _numbers("5010", len(frame))
    frame["YSDM"] = "2005010300"
    frame["YJJBNTTBBH"] = [f"{code[:12]}{k:05d}" for k, code in enumerate(source["ZLDWDM"], 1)]
    frame["YJJBNTMJ"] = source["TBMJ"]
    frame["BZ"] = ""
    x0, y0 = 3420.0, 3700.0
    chosen[7] = Polygon([(x0, y0), (x0 + 60, y0 + 40), (x0 + 60, y0), (x0, y0 + 40)])
    flaw = Flaw("YJJBNTTB", f"BSM {frame['BSM'][7]}",
                "the ring crosses itself (bow tie), and its declared area is another patch's",
                "边界自相交（蝴蝶结），面积与图形不符", "quarantined: no repair keeps the area")  # fmt: skip
    return Layer("YJJBNTTB", "永久基本农田图斑", YJJBNTTB_FIELDS, frame, chosen), [flaw]


def _line_layer(name: str, title: str, kind: str, parts: Sequence[Polygon], names: Sequence[str]) -> Layer:
    frame = pd.DataFrame({"BSM": _numbers("6010", len(parts)), "YSDM": kind, "MC": names, "LX": title,
                          "MJ": _survey_m2(parts), "BZ": ""})  # fmt: skip
    return Layer(name, title, LINE_FIELDS, frame, parts)


def red_line_layer(dltb: pd.DataFrame, shapes: Objects, whole: BaseGeometry) -> Layer:
    """STBHHX: the large woods, rounded off."""
    woods = shapes[(dltb["DLBM"].isin(["0301", "0305"]) & (dltb["TBMJ"] > 60_000)).to_numpy()]
    soft = shapely.union_all([w.buffer(60) for w in woods]).buffer(-75).simplify(6.0).intersection(whole)
    parts = [p for p in shapely.get_parts(soft) if p.area > 100_000]
    return _line_layer(
        "STBHHX",
        "生态保护红线",
        "3003010000",
        parts,
        [f"示例生态保护红线{k}区" for k in range(1, len(parts) + 1)],
    )


def development_layer() -> Layer:
    """CZKFBJ: the development boundary around town and park."""
    town = shapely.union_all([TOWN.rect(-285, -15, 228 * TOWN_COLUMNS + 10, 190 * TOWN_ROWS + 15)])
    park = PARK.rect(-330, -20, 340 * PARK_COLUMNS + 15, 290 * PARK_ROWS + 15)
    return _line_layer(
        "CZKFBJ", "城镇开发边界", "3002010000", [town, park], ["岚县县城集中建设区", "示例工业园区集中建设区"]
    )


def zone_layer() -> Layer:
    """KFYQ: the development zone, two polygons."""
    parts = [_park_extent(), PARK.rect(-330, 0, -30, 430)]
    frame = pd.DataFrame({
        "BSM": _numbers("9060", 2), "YSDM": "2099060100", "KFYQMC": ["岚县示例工业园区", "岚县示例工业园区物流片区"],
        "KFYQLX": "工业园区", "KFYQXZ": "省级", "KFYQTZ": "已批", "KFYQMJ": _survey_m2(parts), "BZ": "",
    })  # fmt: skip
    return Layer("KFYQ", "开发园区", KFYQ_FIELDS, frame, parts)


def unbuilt_layer(approvals: Sequence[Approval]) -> tuple[Layer, list[Flaw]]:
    """PZWJSTD: the survey's own view of approved land not built, agreeing with the approvals only in part."""
    by_key = {a.key: a for a in approvals}
    wanted = ["A05", "A08", "A10", "A14", "A20", "A24"]
    parts = [by_key[k].shapes[0] for k in wanted]
    b = park_block(2, 1)
    parts[1] = PARK.rect((b.u0 + b.u1) / 2, b.v0, b.u1, b.v1)
    chosen = [by_key[k] for k in wanted]
    area = _survey_m2(parts)
    use = ["0601", "0601", "0601", "0601", "0701", "0701"]
    frame = pd.DataFrame({
        "BSM": _numbers("9020", 6), "YSDM": "2099020100", "TBBH": [str(k) for k in range(1, 7)], "XJXZQHDM": COUNTY,
        "XJXZQHMC": "岚县", "XMBH": [f"{COUNTY}{a.number[5:9]}{k:04d}" for k, a in enumerate(chosen, 1)],
        "XMMC": [a.name for a in chosen], "PZWH": [a.number for a in chosen], "PZRQ": [a.approved_on for a in chosen],
        "PZXMLX": "城镇建设用地", "PZYT": use, "PZMJ": area, "TBMJ": area, "XZJSYDMJ": area,
        "ZYGDMJ": np.round(area * 0.8, 2), "BZ": "",
    })  # fmt: skip
    frame.loc[5, "PZWH"] = "晋政地字〔2017〕999号"
    flaw = Flaw("PZWJSTD", "TBBH 6", "PZWH 晋政地字〔2017〕999号 is no approval of BP", "批准文号在 BP 中不存在",
                "unbuilt land without an approval")  # fmt: skip
    return Layer("PZWJSTD", "批准未建设土地", PZWJSTD_FIELDS, frame, parts, decimals=3), [flaw]


def temporary_layer(approvals: Sequence[Approval]) -> tuple[Layer, list[Flaw]]:
    """LSYD: three temporary uses, one without a shape; the file has no .prj."""
    day = approvals[29].approved_on
    parts = [TOWN.rect(1700, 700, 1760, 750), PARK.rect(-120, 500, -60, 560)]
    area = _survey_m2(parts)
    frame = pd.DataFrame({
        "BSM": _numbers("9010", 3), "YSDM": "2099010100", "PZWJMC": "关于临时使用土地的批复",
        "PZWH": [f"岚自然资临〔2020〕{k}号" for k in (3, 5, 8)], "LSYDMJ": [*area, 2400.0],
        "YDYT": ["拌合站", "施工便道", "堆料场"], "PZRQ": day, "BZ": "",
    })  # fmt: skip
    flaws = [
        Flaw("LSYD", "the whole file", "no .prj; only the zone prefix of the eastings tells the CRS",
             "没有 .prj，只能凭横坐标带号判断坐标系",
             "CRS found by evidence: EPSG:4525"),
        Flaw("LSYD", f"BSM {frame['BSM'][2]}", "the row has no shape", "该行没有图形", "quarantined"),
    ]  # fmt: skip
    return Layer("LSYD", "临时用地", LSYD_FIELDS, frame, [*parts, None], with_prj=False), flaws
