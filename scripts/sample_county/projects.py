"""项目台账.xlsx: projects that have land or want it, from two offices with two units."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from openpyxl import Workbook

from .contracts import area_mu
from .frame import COUNTY, SEED
from .supplies import USES, Supply, chinese_number
from .survey import Flaw
from .workbook import put_header, put_row, put_title, save_workbook, set_widths, written_date

PROCEDURES = ["选址", "立项", "用地规划", "工程规划", "环评", "能评", "招投标", "施工许可"]
COLUMNS = [
    "序号", "项目代码", "项目名称", "建设单位", "项目级别", "类别", "行业", "总投资(亿元)", "用地需求(亩)",
    "规划用途", "意向乡镇", "申请日期", "计划开工", *PROCEDURES, "备注",
]  # fmt: skip
SECOND = [
    "序号",
    "项目名称",
    "项目代码",
    "建设单位",
    "行业",
    "总投资(万元)",
    "用地需求(公顷)",
    "规划用途",
    "意向位置",
    "申请日期",
    "备注",
]
WANTED = [  # name, use, industry, 亩, townships
    ("铸件精密加工", "工业用地", "工业", 62, "东村镇"), ("马铃薯主食化加工", "工业用地", "工业", 38, "东村镇、社科乡"),
    ("冷链物流园", "物流仓储用地", "服务业", 80, "社科乡"), ("光伏支架制造", "工业用地", "工业", 120, "社科乡"),
    ("县城第二幼儿园", "教育用地", "社会事业", 12, "东村镇"), ("养老服务中心", "社会福利用地", "民生", 18, "东村镇"),
    ("汽车维修市场", "商业用地", "服务业", 25, "普明镇"), ("沙棘饮品厂", "工业用地", "农业", 30, "岚城镇、普明镇"),
    ("污水管网泵站", "公用设施用地", "基础设施", 4, "东村镇"), ("装配式建材基地", "工业用地", "工业", 210, "社科乡"),
    ("保障性住房", "城镇住宅用地", "社会事业", 45, "东村镇"), ("电商产业园", "物流仓储用地", "服务业", 33, "东村镇"),
]  # fmt: skip


@dataclass(frozen=True)
class Project:
    """One project of the ledger: column name to value."""

    values: dict[str, object]


def _procedures(stage: int, number: int) -> dict[str, object]:
    """The first ``stage`` procedures are done (one with a date), the next is under way, the rest not begun."""
    found: dict[str, object] = {}
    for k, name in enumerate(PROCEDURES):
        found[name] = "已办" if k < stage else ("办理中" if k == stage else "未办")
    if stage:
        found[PROCEDURES[number % stage]] = written_date(
            datetime.date(2021, 1 + number % 12, 3 + number % 20), number
        )
    return found


def _with_land(supply: Supply, number: int) -> Project:
    code = supply.project_code
    if number % 4 == 1:
        code = code.replace("-", "")
    rng = np.random.default_rng([SEED, 601, number])
    applied = supply.signed_on - datetime.timedelta(days=int(150 + 200 * rng.random()))
    values: dict[str, object] = {
        "项目代码": code, "项目名称": supply.project_name, "建设单位": supply.holder,
        "项目级别": ("县级", "市级", "省级")[int(rng.choice([0, 0, 0, 1, 2]))], "类别": "续建",
        "行业": USES[supply.use][3],
        "总投资(亿元)": round(area_mu(supply) * 150 / 10_000, 2), "用地需求(亩)": round(area_mu(supply) * 1.02, 1),
        "规划用途": USES[supply.use][1], "意向乡镇": "东村镇" if supply.use == "住宅" else "社科乡",
        "申请日期": written_date(applied, number), "计划开工": written_date(supply.signed_on, number + 2), "备注": "",
    }  # fmt: skip
    return Project(
        values | _procedures(8 if supply.scenario in {"finished", "building"} else 3 + number % 4, number)
    )


def _without_land(number: int) -> Project:
    name, use, industry, mu, townships = WANTED[number]
    day = datetime.date(2022, 1 + number % 9, 4 + number)
    values: dict[str, object] = {
        "项目代码": f"22{1 + number % 9:02d}-{COUNTY}-{40 + number}-01-{300_000 + number * 6151}",
        "项目名称": f"示例{name}项目", "建设单位": f"岚县示例{chinese_number(number + 1)}号投资有限公司",
        "项目级别": ("县级", "县级", "市级", "省级")[number % 4], "类别": "前期", "行业": industry,
        "总投资(亿元)": round(mu * 0.016, 2), "用地需求(亩)": mu, "规划用途": use, "意向乡镇": townships,
        "申请日期": written_date(day, number), "计划开工": written_date(day.replace(year=2023), number + 1), "备注": "",
    }  # fmt: skip
    return Project(values | _procedures(number % 3, number))


def projects(supplies: Sequence[Supply]) -> tuple[list[Project], list[Flaw]]:
    """The ledger's rows and the mistakes in them."""
    chosen = [s for s in supplies if s.use != "公共"][2:26]
    rows = [_with_land(s, n) for n, s in enumerate(chosen)] + [_without_land(n) for n in range(len(WANTED))]
    flaws: list[Flaw] = []

    def wrong(number: int, english: str, chinese: str, expected: str, **changes: object) -> None:
        rows[number].values.update(changes)
        flaws.append(Flaw("项目台账.xlsx", str(rows[number].values["项目名称"]), english, chinese, expected))

    code = str(rows[6].values["项目代码"])
    wrong(6, "项目代码 has 23 digits", "项目代码只有 23 位", "malformed project code", 项目代码=code[:-1])
    code = str(rows[10].values["项目代码"])
    wrong(10, "项目代码 has lost digits to a spreadsheet (1.41E+23)", "项目代码被电子表格改成科学计数",
          "code lost its digits; not used",
          项目代码=f"{float(code.replace('-', '')):.2E}")  # fmt: skip
    wrong(14, "项目代码 is empty", "项目代码为空", "linked by name, to be confirmed", 项目代码="")
    wrong(18, "项目代码 belongs to another project of the ledger", "项目代码与另一项目相同", "duplicate project code",
          项目代码=rows[16].values["项目代码"])  # fmt: skip
    wrong(
        25, "申请日期 is 2022年5月 without a day", "申请日期只到月", "incomplete date", 申请日期="2022年5月"
    )
    wrong(
        30,
        "用地需求 is the text 30亩左右",
        "用地需求写成“30亩左右”",
        "demand is no number",
        **{"用地需求(亩)": "30亩左右"},
    )
    return rows, flaws


def _second_row(project: Project, number: int) -> list[object]:
    """The same project as the other office writes it: 公顷 and 万元, a shorter name."""
    v = project.values
    mu = v["用地需求(亩)"]
    hectares = round(float(str(mu)) / 15, 4) if isinstance(mu, int | float) else mu
    money = round(float(str(v["总投资(亿元)"])) * 10_000)
    name, code = str(v["项目名称"]).removesuffix("项目"), v["项目代码"] if number % 3 else ""
    figures = [code, v["建设单位"], v["行业"], money, hectares]
    return [number, name, *figures, v["规划用途"], v["意向乡镇"], v["申请日期"], ""]


def write_projects(rows: Sequence[Project], path: Path) -> None:
    """Write the workbook: the ledger in 亩, and the investment office's list in 公顷."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "重点项目台账"
    put_title(sheet, "岚县2022年重点项目台账", "单位：亿元、亩　　统计截至2022年9月30日", len(COLUMNS))
    put_header(sheet, COLUMNS, dict.fromkeys(PROCEDURES, "前期手续办理情况"))
    for number, project in enumerate(rows, 1):
        put_row(sheet, 4 + number, [number, *(project.values.get(c) for c in COLUMNS[1:])])
    set_widths(sheet, [6, 28, 26, 30, 9, 8, 10, 12, 12, 16, 16, 14, 14] + [11] * 9)
    other = book.create_sheet("招商项目")
    put_title(other, "岚县招商引资项目用地需求表", "单位：万元、公顷", len(SECOND))
    put_header(other, SECOND, {})
    wanted = [*rows[:2], *rows[-12:]]
    for number, project in enumerate(wanted, 1):
        put_row(other, 4 + number, _second_row(project, number))
    set_widths(other, [6, 26, 28, 30, 10, 12, 14, 16, 16, 14, 10])
    save_workbook(book, path)
