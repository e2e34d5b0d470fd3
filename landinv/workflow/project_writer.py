"""Write a ``landinv.toml`` for what was found in a folder; what is not certain stands there as a comment."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from landinv.disk import write_atomically
from landinv.errors import OutputError
from landinv.i18n import gettext as _
from landinv.intake.inspect import Inspected
from landinv.model.advice import role_titles
from landinv.model.crs import Zone, zone_of_epsg
from landinv.model.datasets import Evidence
from landinv.model.fields import SURVEY_ROLES, YEAR_LAYER
from landinv.model.landclass import PLAN_CODE_SYSTEM_2023
from landinv.model.options import CountyOptions
from landinv.model.roles import ROLES, TOWNSHIPS
from landinv.model.units import AREA_FACTORS

# Where several files claim one of these, only one can be meant.
_ALONE: Final = (*SURVEY_ROLES, "planning")
_SELF_EVIDENT: Final = 0.9
_NAMED_IN_NOTE: Final = 0.9
_SHOWN_BY_SHAPES: Final = 0.95
_KEY_WORDS: Final = (
    "path", "layer", "encoding", "crs", "fields", "units", "kind", "effect", "code_system", "title",
)  # fmt: skip
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_BLOCKS: Final[Mapping[str, tuple[str, ...]]] = {
    "国土调查": (*SURVEY_ROLES, YEAR_LAYER, TOWNSHIPS),
    "批准的用地和供应的土地": ("approvals", "supplies"),
    "规划和管控": ("planning", "constraints"),
}
_OTHERS: Final = "项目和其他"


@dataclass(frozen=True)
class _Entry:
    """A source table: its key below ``[sources]``, what was found, and why it is only a comment (empty: it is not)."""

    key: tuple[str, ...]
    found: Inspected
    doubt: str = ""


def write_project(found: Sequence[Inspected], path: Path, *, county: CountyOptions | None = None) -> Path:
    """Write the project file; an existing one is never touched.

    Raises
    ------
    OutputError
        If the file exists or cannot be written.
    """
    refuse_existing(path)
    text = project_text(found, folder=path.absolute().parent, county=county)

    def write(target: Path) -> None:
        target.write_text(text, encoding="utf-8", newline="\n")

    return write_atomically(path, write)


def refuse_existing(path: Path) -> None:
    """Raise an error where there already is something at the place of the project file to write.

    Raises
    ------
    OutputError
        If so.
    """
    if path.exists() or path.is_symlink():
        raise OutputError(
            _("{path} is there already and is left as it is.").format(path=path),
            hint=_("Name another file to write, or move the old one away first."),
        )


def project_text(found: Sequence[Inspected], *, folder: Path, county: CountyOptions | None = None) -> str:
    """Text of a project file with every source that was found.

    Parameters
    ----------
    found
        Layers and sheets; those without an account (unreadable, or no source) are told in comments.
    folder
        Where the file will lie; paths are written relative to it.
    county
        The county where it is known; None: it is taken from the codes and the CRS of the survey layers, and what they
        do not tell is left empty, for a run to ask for.
    """
    sources = _entries(found)
    lines = [
        "# 由 landinv doctor 根据文件内容写成，请逐项核对后使用；各键的含义见 docs/project-file.md。",
        "# 以“# ”开头的设置尚未启用：确认后去掉“# ”即可。",
        "",
        "[county]",
        *_county_lines(found, county),
        "",
        "[store]",
        'path = "layers/inventory.gpkg"',
        "",
        "[output]",
        'dir = "maps"',
    ]
    others = tuple(role for role in ROLES if not any(role in roles for roles in _BLOCKS.values()))
    for title, roles in {**_BLOCKS, _OTHERS: others}.items():
        block = [line for s in sources if s.found.guess.role in roles for line in _source_lines(s, folder)]
        if block:
            lines += ["", f"# {title}", *block]
    lines += _unknown_lines(found, folder)
    lines += [
        "",
        "[rules]",
        "# as_of = 2022-10-10          # 基准日；不写则为运行当天",
        'ruleset = "cn-2012-53"',
        "",
        "[derive]",
        "min_area_m2 = 100.0           # 小于此面积的剩余部分为碎片",
        "min_width_m = 2.0             # 容不下此直径的圆的剩余部分为碎片",
        "noise_width_m = 0.2           # 容不下此直径的圆的叠加部分为边界细缝，合计为 noise 一行",
    ]
    return "\n".join(lines) + "\n"


def _county_lines(found: Sequence[Inspected], county: CountyOptions | None) -> list[str]:
    if county is not None:
        return [f"{key} = {_quoted(getattr(county, key))}" for key in ("name", "code", "crs")]
    survey = [f for f in found if f.guess.role in SURVEY_ROLES and f.account]
    name = _most(f.place.name for f in survey)
    code = _most(f.place.code for f in survey)
    crs, why = _working_crs(survey or [f for f in found if f.account])
    return [
        _setting("name", name, f"取自图层属性，{_CHECK}" if name else "必填：县（市、区）名称"),
        _setting("code", code, f"调查图层代码的前6位，{_CHECK}" if code else "必填：6位行政区代码"),
        _setting("crs", crs, why),
    ]


_CHECK: Final = "请核对"


def _working_crs(found: Sequence[Inspected]) -> tuple[str, str]:
    """The 3-degree zone that most layers are in, or that their longitude falls into; empty where neither tells."""
    given = _most(f.account.crs for f in found if f.account and _is_working(f.account.crs))
    if given:
        zone = zone_of_epsg(given)
        return given, f"多数图层的坐标系：{zone.title if zone else given}，{_CHECK}"
    degrees = [f.place.longitude for f in found if math.isfinite(f.place.longitude)]
    if degrees:
        zone = Zone(3, round(sum(degrees) / len(degrees) / 3), prefixed=True)
        if 25 <= zone.number <= 45:
            return zone.epsg, f"由图层所在经度推算：{zone.title}，{_CHECK}"
    return "", '必填：本县的3度带，如 "EPSG:4525"（37带）'


def _is_working(crs: str) -> bool:
    zone = zone_of_epsg(crs)
    return zone is not None and zone.width == 3


def _entries(found: Sequence[Inspected]) -> list[_Entry]:
    """Sources in the order of the roles, shapes before tables, each with a key of its own."""
    usable = [f for f in found if f.guess.role and not f.left_out]
    order = sorted(
        usable,
        key=lambda f: (ROLES.index(f.guess.role), f.geometry == "table", not f.guess.sure, -f.guess.score),
    )
    taken: set[tuple[str, ...]] = set()
    alone: set[str] = set()
    entries = []
    for one in order:
        doubt = _doubt(one, alone)
        role = one.guess.role
        key = _key(one, taken if not doubt else taken | {(role,)})
        if not doubt:
            alone.add(role)
        taken.add(key)
        entries.append(_Entry(key, one, doubt))
    return entries


def _doubt(one: Inspected, alone: set[str]) -> str:
    guess = one.guess
    if one.error is not None:
        return f"不能按此角色读取：{one.error}"
    if not guess.sure:
        rivals = "、".join(f"{_title(role)}（{score:.2f}）" for role, score in guess.rivals)
        return f"角色不能确定（{guess.score:.2f}）" + (f"，也可能是{rivals}" if rivals else "")
    if guess.role == "constraints" and not guess.kind:
        return "管控线的种类不明，请填写 kind"
    return "上面已有同一角色的图层，只能用其中一个" if guess.role in _ALONE and guess.role in alone else ""


def _key(one: Inspected, taken: set[tuple[str, ...]]) -> tuple[str, ...]:
    role, kind = one.guess.role, one.guess.kind
    first = (role, kind) if role == "constraints" and kind else (role,)
    if first not in taken and (role != "constraints" or kind):
        return first
    stem = one.layer or one.path.stem
    names = [stem if stem not in _KEY_WORDS else f"{stem}_1", *(f"{stem}_{n}" for n in range(2, 1000))]
    return next((role, name) for name in names if (role, name) not in taken)


def _source_lines(source: _Entry, folder: Path) -> list[str]:
    found, guess = source.found, source.found.guess
    lines = [f"[sources.{'.'.join(_key_text(part) for part in source.key)}]"]
    lines.append(f"path = {_quoted(_relative(found.path, folder))}")
    if found.layer:
        lines.append(f"layer = {_quoted(found.layer)}")
    if guess.role == "constraints":
        if source.key[-1] != guess.kind:
            lines.append(f"kind = {_quoted(guess.kind)}")
        lines.append(f"title = {_quoted(_title(guess.role, guess.kind))}")
    lines += _to_confirm(found)
    if not source.doubt:
        return lines
    return [
        f"# {_one_line(source.doubt)}",
        *(line if line.startswith("#") else f"# {line}" for line in lines),
    ]


def _to_confirm(found: Inspected) -> list[str]:
    """Settings that the evidence speaks for and an official has to confirm, as comments."""
    if found.account is None:
        return []
    lines = []
    for evidence in found.account.evidence:
        if evidence.subject in ("encoding", "crs") and 0 < evidence.confidence < _SELF_EVIDENT:
            reason = _one_line(evidence.reason)
            lines.append(
                f"# {evidence.subject} = {_quoted(evidence.decision)}    # {reason}（{evidence.confidence:.2f}）"
            )
    units = {
        e.subject.removeprefix("unit of "): e.decision
        for e in found.account.evidence
        if e.subject.startswith("unit of ") and e.decision in AREA_FACTORS and _is_inferred(e)
    }
    if units:
        inner = ", ".join(f"{field} = {_quoted(unit)}" for field, unit in units.items())
        lines.append(f"# units = {{ {inner} }}    # 按图形面积或数值大小判定")
    if found.guess.role == "planning" and "code_system" in found.absent:
        lines.append(f"# code_system = {_quoted(PLAN_CODE_SYSTEM_2023)}    # 未注明时按此处理")
    return lines


def _is_inferred(evidence: Evidence) -> bool:
    """Whether a unit was read off shapes or sizes; one that a header (0.98) or a note (0.9) names needs no asking."""
    return evidence.confidence < _NAMED_IN_NOTE or evidence.confidence == _SHOWN_BY_SHAPES


def _unknown_lines(found: Sequence[Inspected], folder: Path) -> list[str]:
    rest = [f for f in found if not f.guess.role and not f.left_out]
    if not rest:
        return []
    lines = ["", "# 未能判定角色的文件"]
    for one in rest:
        why = one.error.message if one.error else "；".join(one.guess.reasons)
        place = _relative(one.path, folder) + (f" [{one.layer}]" if one.layer else "")
        lines.append(f"# {_one_line(place)}：{_one_line(why)}")
    return lines


def _title(role: str, kind: str = "") -> str:
    titles = role_titles()
    return titles.get(f"{role}.{kind}", titles[role])["zh"]


def _most(values: Iterable[str]) -> str:
    """The value that stands most often, empty ones not counted; of equals the first."""
    counts = Counter(v for v in values if v)
    return counts.most_common(1)[0][0] if counts else ""


def _relative(path: Path, folder: Path) -> str:
    absolute = path.absolute()
    if absolute.is_relative_to(folder):
        return absolute.relative_to(folder).as_posix()
    return absolute.as_posix()


def _setting(key: str, value: str, comment: str) -> str:
    return f"{key} = {_quoted(value)}    # {_one_line(comment)}"


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key_text(part: str) -> str:
    return part if _BARE_KEY.fullmatch(part) else _quoted(part)


def _one_line(text: str) -> str:
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())
