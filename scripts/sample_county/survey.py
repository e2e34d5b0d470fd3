"""Survey layers: DLTB with its thirty fields, XZQ, CJDCQ, CZCDYD, and the flaws put into DLTB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from shapely import Polygon

from .ellipsoid import survey_area_m2, to_cents
from .frame import COUNTY, SEED, Floats, Ints, Mask, to_zone
from .shapefile import Layer, parse_fields
from .tessellate import Objects, Patches
from .villages import TOWNSHIPS, villages

DLTB_FIELDS = parse_fields("""
BSM 标识码 C18
YSDM 要素代码 C10
TBYBH 图斑预编号 C8
TBBH 图斑编号 C8
DLBM 地类编码 C5
DLMC 地类名称 C60
QSXZ 权属性质 C2
QSDWDM 权属单位代码 C19
QSDWMC 权属单位名称 C60
ZLDWDM 坐落单位代码 C19
ZLDWMC 坐落单位名称 C60
TBMJ 图斑面积 F15.2
KCDLBM 扣除地类编码 C5
KCXS 扣除地类系数 F6.4
KCMJ 扣除地类面积 F15.2
TBDLMJ 图斑地类面积 F15.2
GDLX 耕地类型 C2
GDPDJB 耕地坡度级别 C2
XZDWKD 线状地物宽度 F5.1
TBXHDM 图斑细化代码 C4
TBXHMC 图斑细化名称 C20
ZZSXDM 种植属性代码 C6
ZZSXMC 种植属性名称 C10
GDDB 耕地等别 N2
FRDBS 飞入地标识 C1
CZCSXM 城镇村属性码 C4
SJNF 数据年份 N4
MSSM 描述说明 C2
HDMC 海岛名称 C100
BZ 备注 C254
""")
XZQ_FIELDS = parse_fields("""
BSM 标识码 C18
YSDM 要素代码 C10
XZQDM 行政区代码 C12
XZQMC 行政区名称 C100
DCMJ 调查面积 F15.2
JSMJ 计算面积 F15.2
MSSM 描述说明 C2
HDMC 海岛名称 C100
BZ 备注 C254
""")
CJDCQ_FIELDS = parse_fields("""
BSM 标识码 C18
YSDM 要素代码 C10
ZLDWDM 坐落单位代码 C19
ZLDWMC 坐落单位名称 C60
DCMJ 调查面积 F15.2
JSMJ 计算面积 F15.2
MSSM 描述说明 C2
HDMC 海岛名称 C100
BZ 备注 C254
""")
CZCDYD_FIELDS = parse_fields("""
BSM 标识码 C18
YSDM 要素代码 C10
CZCLX 城镇村等用地类型 C4
CZCDM 城镇村代码 C19
CZCMC 城镇村名称 C100
CZCMJ 城镇村面积 F15.2
BZ 备注 C254
""")
CLASS_NAMES = {
    "0102": "水浇地", "0103": "旱地", "0201": "果园", "0301": "乔木林地", "0305": "灌木林地",
    "0307": "其他林地", "0404": "其他草地", "05H1": "商业服务业设施用地", "0508": "物流仓储用地",
    "0601": "工业用地", "0602": "采矿用地", "0701": "城镇住宅用地", "0702": "农村宅基地",
    "08H1": "机关团体新闻出版用地", "08H2": "科教文卫用地", "0809": "公用设施用地", "0810": "公园与绿地",
    "09": "特殊用地", "1001": "铁路用地", "1003": "公路用地", "1004": "城镇村道路用地",
    "1005": "交通服务场站用地", "1006": "农村道路", "1101": "河流水面", "1103": "水库水面",
    "1104": "坑塘水面", "1106": "内陆滩涂", "1107": "沟渠", "1109": "水工建筑用地", "1201": "空闲地",
    "1202": "设施农用地", "1206": "裸土地",
}  # fmt: skip
# Field-ridge coefficients by slope grade, (terraced, sloping); invented, of the usual size.
RIDGE_SHARE = {"2": (0.0550, 0.0830), "3": (0.0980, 0.1320), "4": (0.1460, 0.1890), "5": (0.2010, 0.2380)}
STATE_UNIT = COUNTY + "0" * 13


@dataclass(frozen=True)
class Flaw:
    """One deliberate mistake: where it is, what is wrong, and what a check should say."""

    layer: str
    key: str
    english: str
    chinese: str
    expected: str


def written_shapes(shapes: Objects, decimals: int = 2) -> Objects:
    """The local shapes as they will stand in the file (EPSG:4525)."""
    return np.array([to_zone(shape, decimals) for shape in shapes], dtype=object)


def _slope_grade(slope: float) -> str:
    """Slope grade 1..5 of cultivated land (2, 6, 15 and 25 degrees)."""
    return str(int(np.searchsorted([2, 6, 15, 25], float(np.degrees(np.arctan(slope))))) + 1)


def _numbering(patches: Patches) -> Ints:
    """Order of the patches: village by village, north to south in bands, west to east."""
    xy = shapely.get_coordinates(shapely.point_on_surface(patches.shape))
    return np.lexsort((xy[:, 0], -np.floor(xy[:, 1] / 150), patches.village))


def dltb_frame(patches: Patches) -> tuple[pd.DataFrame, Objects]:
    """Rows of DLTB without flaws and their local shapes, in the same order."""
    order = _numbering(patches)
    units = villages()
    village = patches.village[order]
    code = patches.land_class[order].astype(str)
    frame = pd.DataFrame({"DLBM": code})
    count = len(frame)
    frame["DLMC"] = frame["DLBM"].map(CLASS_NAMES)
    frame["BSM"] = [f"{COUNTY}2110{k:08d}" for k in range(1, count + 1)]
    frame["TBBH"] = (frame.groupby(village).cumcount() + 1).astype(str)
    frame["TBYBH"] = frame["TBBH"]
    frame["ZLDWDM"] = [units[k].unit for k in village]
    frame["ZLDWMC"] = [units[k].name for k in village]
    state = patches.state_land[order] | np.isin(code, ["1101", "0301"])
    enterprise = np.isin(code, ["0601", "05H1"]) & ~state
    frame["QSXZ"] = np.select([np.isin(code, ["1101", "0301"]), state, enterprise], ["10", "20", "40"], "30")
    frame["QSDWDM"] = np.where(state, STATE_UNIT, frame["ZLDWDM"])
    frame["QSDWMC"] = np.where(state, "岚县国有土地", frame["ZLDWMC"].astype(str) + "村民委员会")
    settled = pd.Series(patches.settlement[order].astype(str))
    frame["CZCSXM"] = settled.where(frame["DLBM"].str[:2].isin(["05", "06", "07", "08", "09"])
                                    | frame["DLBM"].isin(["1004", "1005", "1201"]), "")  # fmt: skip
    frame["XZDWKD"] = [w if w and c in WIDTH_CLASSES else None
                       for w, c in zip(patches.width_m[order], code, strict=True)]  # fmt: skip
    shapes = patches.shape[order]
    arable = _cultivated(frame["DLBM"], patches.slope[order], patches.terraced[order])
    areas = _areas(arable["KCXS"], written_shapes(shapes))
    return frame.assign(**CONSTANTS).join([arable, areas]), shapes


WIDTH_CLASSES = {"1001", "1003", "1004", "1006", "1101", "1107", "1109"}
CROP_NAMES = {"": "", "LS": "种粮", "FLS": "非粮", "LYFL": "轮作", "WG": "未耕种"}
CONSTANTS: dict[str, Any] = {
    "YSDM": "2001010100",
    "FRDBS": "0",
    "SJNF": 2019,
    "MSSM": "00",
    "HDMC": "",
    "BZ": "",
}


def _cultivated(code: pd.Series, slope: Floats, terraced: Mask) -> pd.DataFrame:
    """Columns that only cultivated land fills, for the given DLBM codes."""
    luck = np.random.default_rng([SEED, 201]).random(len(code))
    arable = code.isin(["0102", "0103"])
    grade = pd.Series([_slope_grade(s) for s in slope]).where(code == "0103", "1").where(arable, "")
    steep = arable & (grade > "1")
    share = [
        RIDGE_SHARE[g][0 if t else 1] if s else None for g, t, s in zip(grade, terraced, steep, strict=True)
    ]
    crop = np.select([~arable, luck < 0.72, luck < 0.9, luck < 0.96], ["", "LS", "FLS", "LYFL"], "WG")
    near_river = (code == "0103") & (grade == "1") & (luck < 0.3)
    columns: dict[str, object] = {
        "GDPDJB": grade,
        "GDLX": np.where(steep, np.where(terraced, "TT", "PD"), ""),
        "KCXS": share,
        "KCDLBM": np.where(steep, "1203", ""),
        "ZZSXDM": crop,
        "ZZSXMC": pd.Series(crop).map(CROP_NAMES),
        "GDDB": [{"0102": 11, "0103": 13}.get(c) for c in code],
        "TBXHDM": np.where(near_river, "HDGD", ""),
        "TBXHMC": np.where(near_river, "河道耕地", ""),
    }
    return pd.DataFrame(columns)


def _areas(ridge_share: pd.Series, shapes: Objects) -> pd.DataFrame:
    """TBMJ, KCMJ and TBDLMJ (m², two decimals) that balance to the hundredth."""
    total = to_cents(survey_area_m2(shapes))
    deducted = to_cents(total / 100 * ridge_share.astype(float).fillna(0.0).to_numpy())
    return pd.DataFrame({"TBMJ": total / 100, "KCMJ": deducted / 100, "TBDLMJ": (total - deducted) / 100})


def _sum_m2(values: pd.Series) -> float:
    """Sum of areas with two decimals, exact to the hundredth."""
    return float(round(values * 100).astype("int64").sum()) / 100


def _unit_rows(dltb: pd.DataFrame, shapes: Objects, key: pd.Series) -> tuple[list[str], list[float], Objects]:
    """Codes, summed TBMJ and united local shapes of the patches that share ``key``."""
    codes = sorted(key[key != ""].unique())
    areas = [_sum_m2(dltb["TBMJ"][key == c]) for c in codes]
    united = [shapely.coverage_union_all(shapes[(key == c).to_numpy()]) for c in codes]
    parts = [shapely.get_parts(u)[0] if shapely.get_num_geometries(u) == 1 else u for u in united]
    return codes, areas, np.array(parts, dtype=object)


def boundary_layers(dltb: pd.DataFrame, shapes: Objects) -> list[Layer]:
    """XZQ and CJDCQ as unions of patches; DCMJ is the exact sum of TBMJ."""
    names = {v.unit: v.name for v in villages()} | TOWNSHIPS
    layers = []
    plan = [
        ("XZQ", "行政区", XZQ_FIELDS, dltb["ZLDWDM"].str[:9], "XZQDM", "XZQMC", "1000600100", "1010", "000"),
        ("CJDCQ", "村级调查区", CJDCQ_FIELDS, dltb["ZLDWDM"], "ZLDWDM", "ZLDWMC", "1000600300", "1030", ""),
    ]
    for name, title, fields, key, code_field, name_field, kind, number, tail in plan:
        codes, areas, united = _unit_rows(dltb, shapes, key)
        rows = pd.DataFrame({code_field: [c + tail for c in codes], name_field: [names[c] for c in codes]})
        rows["BSM"] = [f"{COUNTY}{number}{k:08d}" for k in range(1, len(codes) + 1)]
        rows = rows.assign(YSDM=kind, DCMJ=areas, MSSM="00", HDMC="", BZ="")
        flat = np.array([u if isinstance(u, Polygon) else max(shapely.get_parts(u), key=lambda p: p.area)
                         for u in united], dtype=object)  # fmt: skip
        rows["JSMJ"] = to_cents(survey_area_m2(written_shapes(flat))) / 100
        layers.append(Layer(name, title, fields, rows, list(united)))
    return layers


def settlement_layer(dltb: pd.DataFrame, shapes: Objects) -> Layer:
    """CZCDYD: one polygon per connected part of each settlement."""
    attribute, unit = dltb["CZCSXM"], dltb["ZLDWDM"]
    code = pd.Series(np.where(attribute.str[:3] == "202", unit.str[:9] + "0" * 10, unit)).where(
        attribute != "", ""
    )
    key = (attribute + "|" + code).where(attribute != "", "")
    names = {v.unit: v.name for v in villages()} | {c + "0" * 10: n for c, n in TOWNSHIPS.items()}
    rows: list[tuple[str, str, Polygon]] = []
    for value in sorted(key[key != ""].unique()):
        kind, _, unit_code = value.partition("|")
        united = shapely.coverage_union_all(shapes[(key == value).to_numpy()])
        rows += [(kind, unit_code, part) for part in shapely.get_parts(united)]
    area = survey_area_m2(written_shapes(np.array([r[2] for r in rows], dtype=object)))
    frame = pd.DataFrame({
        "BSM": [f"{COUNTY}2990{k:08d}" for k in range(1, len(rows) + 1)],
        "YSDM": "2099030100",
        "CZCLX": [r[0] for r in rows],
        "CZCDM": [r[1] for r in rows],
        "CZCMC": [names[r[1]] for r in rows],
        "CZCMJ": to_cents(area) / 100,
        "BZ": "",
    })  # fmt: skip
    return Layer("CZCDYD", "城镇村等用地", CZCDYD_FIELDS, frame, [r[2] for r in rows])


# class and place of the patch, changed field and value (None: see the code), and the three texts of a flaw
MISTAKES: list[tuple[str, int, str, str | None, tuple[str, str, str]]] = [
    ("0702", 10, "DLMC", "村庄",
     ("DLMC 村庄 does not name DLBM 0702", "DLMC 写成“村庄”，与 DLBM 0702 不符",
      "land class name does not match code")),
    ("0601", 3, "DLBM", "601", ("DLBM 601 lost its leading zero", "DLBM 丢了前导零，成了 601",
     "repaired to 0601, finding")),
    ("0103", 40, "DLBM", "0105",
     ("DLBM 0105 is in no code list", "DLBM 0105 不在编码表内", "unknown land class; stays in the overlay")),
    ("0702", 60, "CZCSXM", "",
     ("CZCSXM is empty although DLBM is 0702", "DLBM 为 0702 而 CZCSXM 为空", "settlement attribute missing")),
    ("0305", 30, "QSDWDM", None, ("QSDWDM has 18 digits", "QSDWDM 只有 18 位", "unit code is not 12, 15 or 19 digits")),
    ("0201", 25, "TBMJ", None,
     ("TBMJ is 1000 m² more than the shape", "TBMJ 比图形面积大 1000 平方米",
      "declared area differs from computed area")),
    ("0102", 70, "QSXZ", "国",
     ("QSXZ holds the word 国 instead of a code", "QSXZ 写了汉字“国”而不是代码", "unknown tenure code")),
]  # fmt: skip


def with_flaws(clean: pd.DataFrame) -> tuple[pd.DataFrame, list[Flaw]]:
    """The DLTB rows with the mistakes real files have, and their description."""
    frame, flaws = clean.copy(), []
    for code, place, field, value, says in MISTAKES:
        row = int(clean.index[clean["DLBM"] == code][place])
        if field == "TBMJ":
            # Both areas grow, so that the row still balances and only the shape tells.
            for name in ("TBMJ", "TBDLMJ"):
                frame.at[row, name] = round(float(clean[name].astype(float)[row]) + 1000, 2)
        else:
            frame.at[row, field] = str(clean[field][row])[:18] if value is None else value
        flaws.append(Flaw("DLTB", f"BSM {clean['BSM'][row]}", *says))
    return frame, flaws
