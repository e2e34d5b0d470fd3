"""供地台账.xlsx: the register of supply contracts, typed by hand and not without mistakes."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from openpyxl import Workbook

from .approvals import Approval
from .frame import SEED
from .supplies import USES, Supply, place
from .survey import Flaw
from .workbook import full_width, put_header, put_row, put_title, save_workbook, set_widths, written_date

BOOK = "供地台账.xlsx"
# supply, changed cells, what is wrong in English and Chinese, what landinv should say
Mistake = tuple[str, dict[str, object], str, str, str]
COLUMNS = [
    "序号", "电子监管号", "合同编号", "项目代码", "项目名称", "土地使用权人", "宗地位置", "批准文号",
    "供应方式", "土地用途", "面积(亩)", "成交价款(万元)", "签订日期", "批准书日期",
    "约定交地时间", "约定动工时间", "约定竣工时间", "实际交地时间", "实际动工时间", "实际竣工时间", "停工时间",
    "应动工面积(亩)", "已动工面积(亩)", "总投资(万元)", "已投资额(万元)", "闲置原因",
    "调查通知书文号", "调查通知书日期", "认定书文号", "认定日期", "处置方式", "备注",
]  # fmt: skip
GROUPS = dict.fromkeys(COLUMNS[14:17], "合同约定") | dict.fromkeys(COLUMNS[17:21], "实际情况")
GROUPS |= dict.fromkeys(COLUMNS[26:30], "闲置调查与认定")
DATE_KEYS = {
    "约定交地时间": "agreed_delivery", "约定动工时间": "agreed_start", "约定竣工时间": "agreed_finish",
    "实际交地时间": "delivered", "实际动工时间": "started", "实际竣工时间": "finished", "停工时间": "halted",
    "批准书日期": "permit",
}  # fmt: skip
NOTES = [
    "填表说明",
    "一、本表由供地股逐宗填写，一宗一行，不得合并。",
    "二、面积单位为亩，价款和投资单位为万元。",
    "三、日期填到日。电子监管号、项目代码按文本填写。",
    "四、停工时间在复工后应删除。",
]


@dataclass(frozen=True)
class Row:
    """One register row before and after typing mistakes: column name to value."""

    supply: Supply
    values: dict[str, object]


def area_mu(supply: Supply) -> float:
    """Area of the supply in 亩, two decimals; records without a shape have an invented one."""
    if supply.shape is None:
        return round(20 + 60 * float(np.random.default_rng([SEED, 501, supply.index]).random()), 2)
    return round(float(shapely.make_valid(supply.shape).area) * 0.0015, 2)


def price_wan(supply: Supply) -> float | None:
    """Price in 万元; allocated land has none."""
    rate = {"工业": 9.6, "住宅": 85.0, "物流": 14.4}.get(supply.use)
    return None if rate is None else round(area_mu(supply) * rate, 2)


def clean_row(supply: Supply, approvals: Sequence[Approval]) -> Row:
    """The row as it should be, dates in the style of the day."""
    dates, mu = supply.dates, area_mu(supply)
    values: dict[str, object] = {
        "电子监管号": supply.supervision_no, "合同编号": supply.contract_no, "项目代码": supply.project_code,
        "项目名称": supply.project_name, "土地使用权人": supply.holder, "宗地位置": place(supply),
        "批准文号": next((a.number for a in approvals if a.key == supply.approval), ""),
        "供应方式": USES[supply.use][2], "土地用途": USES[supply.use][1],
        "面积(亩)": mu, "成交价款(万元)": price_wan(supply),
        "签订日期": written_date(supply.signed_on, supply.index),
        "闲置原因": dates.get("cause", ""), "处置方式": dates.get("disposal", ""), "备注": "",
    }  # fmt: skip
    for number, (column, key) in enumerate(DATE_KEYS.items()):
        if key in dates:
            day = datetime.date.fromisoformat(str(dates[key]))
            values[column] = written_date(day, supply.index + number)
    if "area_ratio" in dates:
        values["应动工面积(亩)"] = round(mu * 0.6, 2)
        values["已动工面积(亩)"] = round(mu * 0.6 * float(str(dates["area_ratio"])), 2)
    if "money_ratio" in dates:
        values["总投资(万元)"] = round(mu * 150)
        values["已投资额(万元)"] = round(mu * 150 * float(str(dates["money_ratio"])))
    for column, key in (("调查通知书", "notice"), ("认定书", "determination")):
        found = dates.get(key)
        if isinstance(found, tuple):
            values[f"{column}文号"] = found[0]
            day_column = "认定日期" if key == "determination" else "调查通知书日期"
            values[day_column] = written_date(datetime.date.fromisoformat(found[1]), supply.index)
    return Row(supply, values)


def _other_digit(number: str) -> str:
    """The number with its last but one digit changed."""
    return number[:-2] + str((int(number[-2]) + 1) % 10) + number[-1]


def _wrong_keys(by_key: dict[str, dict[str, object]]) -> list[Mistake]:
    """Mistakes in the numbers that identify a supply."""
    s08, s25, s37 = (str(by_key[k]["电子监管号"]) for k in ("S08", "S25", "S37"))
    return [
        ("S08", {"电子监管号": _other_digit(s08)}, "one digit of 电子监管号 is wrong", "电子监管号错一位",
         "joined by contract number, numbers differ"),
        ("S37", {"电子监管号": _other_digit(s37), "合同编号": ""},
         "one digit of 电子监管号 is wrong and 合同编号 is empty",
         "电子监管号错一位，合同编号为空", "a record without shape, and a shape without record"),
        ("S42", {"电子监管号": "", "合同编号": "", "项目代码": ""}, "no supervision, contract or project number",
         "没有任何编号", "key made from the content, finding"),
        ("S25", {"电子监管号": full_width(s25)}, "电子监管号 in full-width digits", "电子监管号为全角数字",
         "normalised for joining"),
    ]  # fmt: skip


def _wrong_values(by_key: dict[str, dict[str, object]]) -> list[Mistake]:
    """Mistakes in areas and dates."""
    name = "面积(亩)"
    hectares = round(float(str(by_key["S20"][name])) / 15, 4)
    return [
        ("S03", {"约定竣工时间": "2019-02-30"}, "约定竣工时间 is 2019-02-30", "约定竣工时间为 2019-02-30",
         "impossible date"),
        ("S41", {name: "约60亩"}, "面积 is the text 约60亩", "面积写成“约60亩”", "area is no number"),
        ("S20", {name: hectares}, "面积 is in 公顷, not 亩", "面积按公顷填写",
         "area differs from the shape by a factor of 15"),
        ("S30", {name: full_width(str(by_key["S30"][name]))}, "面积 in full-width digits", "面积为全角数字",
         "read as a number"),
        ("S16", {}, "finished, but no start", "有竣工时间而无动工时间", "finished without a start"),
    ]  # fmt: skip


def _unpaired(supplies: Sequence[Supply]) -> list[Flaw]:
    """Records without a shape, and shapes without a record."""
    missing = ("a record without a shape", "有记录无图形", "record without shape")
    unknown = ("a shape without a record", "有图形无记录", "shape without record")
    records = [
        Flaw(BOOK, s.project_name, *missing) for s in supplies if s.shape is None and s.key not in {"S42"}
    ]
    return records + [Flaw("GD", f"DZJGH {s.supervision_no}", *unknown) for s in supplies if not s.recorded]


def typed_rows(supplies: Sequence[Supply], approvals: Sequence[Approval]) -> tuple[list[Row], list[Flaw]]:
    """All rows with the typist's mistakes, and the list of mistakes."""
    rows = [clean_row(s, approvals) for s in supplies if s.recorded]
    by_key = {r.supply.key: r.values for r in rows}
    names = {r.supply.key: r.supply.project_name for r in rows}
    mistakes = _wrong_keys(by_key) + _wrong_values(by_key)
    changes = {key: change for key, change, *_ in mistakes}
    rows = [Row(r.supply, r.values | changes.get(r.supply.key, {})) for r in rows]
    flaws = [Flaw(BOOK, names[key], *says) for key, _, *says in mistakes]
    again = next(r for r in rows if r.supply.key == "S04")
    rows.insert(20, Row(again.supply, dict(again.values)))
    flaws.append(Flaw(BOOK, names["S04"], "the row stands twice", "该行重复", "duplicate record"))
    return rows, flaws + _unpaired(supplies)


def write_contracts(rows: Sequence[Row], path: Path) -> None:
    """Write the workbook: a sheet of instructions, then the register with title, two-row header and total."""
    book = Workbook()
    notes = book.active
    assert notes is not None
    notes.title = "填表说明"
    for number, text in enumerate(NOTES, 1):
        notes.cell(number, 1, text)
    sheet = book.create_sheet("供地台账")
    put_title(
        sheet,
        "岚县国有建设用地供应台账",
        "填报单位：岚县自然资源局（示例）　　单位：亩、万元　　填报日期：2022年9月30日",
        len(COLUMNS),
    )
    put_header(sheet, COLUMNS, GROUPS)
    first = 5
    for number, row in enumerate(rows, 1):
        put_row(sheet, first + number - 1, [number, *(row.values.get(c) for c in COLUMNS[1:])])
    keys = [r.supply.key for r in rows]
    at = first + keys.index("S26")
    sheet.merge_cells(start_row=at, start_column=7, end_row=at + 1, end_column=7)
    total = first + len(rows)
    for column in (11, 12):
        name = COLUMNS[column - 1]
        figures = [v for r in rows if isinstance(v := r.values.get(name), int | float)]
        sheet.cell(total, column, round(sum(figures), 2))
    sheet.merge_cells(start_row=total, start_column=1, end_row=total, end_column=10)
    sheet.cell(total, 1, "合　计")
    sheet.freeze_panes = "C5"
    set_widths(sheet, [6, 22, 24, 28, 16, 26, 20, 24, 10, 14] + [13] * 22)
    save_workbook(book, path)
