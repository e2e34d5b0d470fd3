"""The two readmes of the sample county, written from the layers and flaws themselves."""

from __future__ import annotations

from collections.abc import Sequence

from .shapefile import Layer
from .survey import Flaw

ENGLISH = """# The sample county

An invented county named 岚县 (141127) with invented villages, holders and projects; only the names and
codes of the townships and the coordinate system are real. It is here so that `landinv run` in this
folder's parent has something to do, and so that tests know what must come out. Nothing in it describes
a real place, person or company.

* Written by `scripts/make_sample_county.py`; the same script gives the same bytes. Do not edit by hand.
* Shapefiles in CGCS2000, 3-degree Gauss–Krüger zone 37 (EPSG:4525), about 80 km² (12 km by 9 km).
* Attributes are GBK and there is no `.cpg`, as offices deliver them. `GD` does not even set the
  language byte; `LSYD` has no `.prj`.
* `DLTB` is an exact tessellation: no gap, no overlap, every vertex shared. `XZQ` and `CJDCQ` are unions
  of its patches. The survey state is 2019, with the twelve townships of that year.
* Approvals (`BP`) and supplies (`GD`) were measured separately: their common edges differ by 5–15 cm.
* `truth.json` holds numbers known by construction, for {as_of} as the date of judgement.
* The workbooks are in `tables/`: `供地台账.xlsx` (supply contracts) and `项目台账.xlsx` (projects).
"""
CHINESE = """# 示例县数据

虚构的“岚县（141127）”：村名、单位、项目均为虚构，只有乡镇名称代码和坐标系是真实的。
有了它，在上级目录执行 `landinv run` 即可完整跑通，测试也知道应得的结果。内容与任何真实地点、人员、企业无关。

* 由 `scripts/make_sample_county.py` 生成，同一脚本每次生成的字节相同，请勿手工修改。
* Shapefile，CGCS2000 三度带第 37 带（EPSG:4525），约 80 平方公里（12 km × 9 km）。
* 属性表为 GBK，没有 `.cpg`，与各地提交的一样；`GD` 连语言字节也没有，`LSYD` 没有 `.prj`。
* `DLTB` 严格铺满：无缝、无重叠、公共边节点一致；`XZQ`、`CJDCQ` 由图斑合并而成。调查年份 2019 年，沿用当年 12 个乡镇。
* 批准范围（`BP`）与供地范围（`GD`）分别测量，公共边相差 5–15 厘米。
* `truth.json` 为构造时即已知的数字，判定日期为 {as_of}。
* 台账在 `tables/` 中：`供地台账.xlsx`（供地合同）、`项目台账.xlsx`（项目）。
"""
KINDS = {"C": "C", "F": "F", "N": "N", "D": "D"}


def _form(kind: str, width: int, decimals: int) -> str:
    return f"{KINDS[kind]}{width},{decimals}" if kind == "F" else f"{KINDS[kind]}{width}"


def _layers(layers: Sequence[Layer], english: bool) -> str:
    head = "## Layers\n" if english else "## 图层\n"
    blocks = [head]
    for layer in layers:
        count = f"{len(layer.rows)} features" if english else f"{len(layer.rows)} 个要素"
        fields = ", ".join(f"{f.name} {f.title} {_form(f.kind, f.width, f.decimals)}" for f in layer.fields)
        blocks.append(f"**{layer.name}** {layer.title} ({count}): {fields}\n")
    return "\n".join(blocks)


def _flaws(flaws: Sequence[Flaw], english: bool) -> str:
    if english:
        lines = [
            "## Known flaws\n",
            "Put in on purpose.\n",
            "| where | which | what is wrong | what landinv should say |",
            "|---|---|---|---|",
        ]
        lines += [f"| {f.layer} | {f.key} | {f.english} | {f.expected} |" for f in flaws]
    else:
        lines = [
            "## 已知错误\n",
            "有意放入。\n",
            "| 位置 | 对象 | 错误 | 程序应有的反应（英文） |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| {f.layer} | {f.key.replace('the whole file', '整个文件')} | {f.chinese} | {f.expected} |"
            for f in flaws
        ]
    return "\n".join(lines) + "\n"


def readme(layers: Sequence[Layer], flaws: Sequence[Flaw], *, as_of: str, english: bool) -> str:
    """One readme: introduction, layers with fields, known flaws."""
    head = (ENGLISH if english else CHINESE).format(as_of=as_of)
    return "\n".join([head, _layers(layers, english), _flaws(flaws, english)])
