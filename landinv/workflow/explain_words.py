"""The explanation as sentences, in Chinese or English, for somebody who will argue with it."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from landinv.model.parcels import kinds
from landinv.model.roles import role_fields
from landinv.rules.evidence import Evidence
from landinv.rules.supply_facts import BASES, BASES_EN
from landinv.workflow.explain import Explanation

Section = tuple[str, list[str]]

_FLAGGED: Final = {
    "permanent_farmland": ("farmland", "permanent_farmland_m2"),
    "redline": ("redline", "redline_m2"),
    "outside_boundary": ("boundary", "outside_boundary_m2"),
}


@cache
def _words(language: str) -> dict[str, str]:
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        return {row["name"]: row[language] for row in csv.DictReader(file)}


def sections(told: Explanation) -> list[Section]:
    """The explanation as titled sections of sentences, in its language."""
    words = _words(told.language)
    head = (
        words["head"].format(parcel=told.parcel_id)
        if told.parcel_id
        else words["head_none"].format(asked=told.asked)
    )
    who = _joined(
        [_named(name, value, told.language) for name, value in told.who.items()], told.language, "；"
    )
    parts: list[Section] = [(head, [who] if who else [])]
    if told.evidence is None:
        stored = [
            words["only_stored"],
            str(told.stored.get("reason") or ""),
            str(told.stored.get("clause") or ""),
        ]
        parts.append((words["verdict"], stored))
    else:
        parts += _judged(told, told.evidence, words)
    parts += [(words["land"], _land(told, words))]
    parts += [(words["unverified"], list(told.unverified))]
    return [(title, lines) for title, lines in parts if lines or title == head]


def _judged(told: Explanation, evidence: Evidence, words: dict[str, str]) -> list[Section]:
    rule = words["rule"].format(id=evidence.judged["rule_id"], conditions=evidence.conditions)
    articles = [words["article"].format(**article) for article in evidence.articles]
    return [
        (words["verdict"], _verdict(evidence, words, told.language)),
        (words["why"], [str(evidence.judged["reason"])]),
        (words["inputs"], _inputs(evidence, words, told.language)),
        (words["clock"], _clock(evidence.clock, words, told.language)),
        (words["law"], [rule, *articles]),
        (words["changes"], _changes(evidence, words)),
        (words["stored"], _stored(told, words)),
    ]


def _verdict(evidence: Evidence, words: dict[str, str], language: str) -> list[str]:
    judged, ruleset = evidence.judged, evidence.ruleset
    title = ruleset.title if language == "zh" else ruleset.title_en or ruleset.title
    state = ruleset.state(judged["state"]).named(language)
    lines = [words["day"].format(as_of=evidence.as_of, ruleset=ruleset.stamp, title=title)]
    kind = "approved_unsupplied" if evidence.subject == "approval" else judged["kind"]
    if kind:
        named = kinds()[kind].zh if language == "zh" else kinds()[kind].en
        lines.append(words["kind"].format(kind=named, state=state))
    else:
        lines.append(words["none"].format(state=state))
    if judged.get("idle_level"):
        meaning = words[f"l{judged['idle_level']}"]
        lines.append(words["level"].format(level=judged["idle_level"], meaning=meaning))
    if judged.get("idle_since"):
        lines.append(words["since"].format(since=judged["idle_since"], days=judged["idle_days"]))
    if judged.get("fee_wan") is not None:
        rate = f"{float(ruleset.thresholds.fee_rate):.0%}"
        lines.append(words["fee"].format(rate=rate, fee=f"{judged['fee_wan']:,.4f}"))
    if judged.get("age_years") is not None:
        lines.append(words["age"].format(years=judged["age_years"], cohort=judged["cohort"]))
    if kind == "suspected_idle":
        lines.append(words["suspects"])
    return lines


def _inputs(evidence: Evidence, words: dict[str, str], language: str) -> list[str]:
    lines = []
    for given in evidence.inputs:
        template = words["input" if given["known"] else "later"]
        title = given["title"] if language == "zh" else given["field"]
        lines.append(template.format(title=title, value=_shown(given["value"], given["unit"], language)))
    return [*lines, words["refs"].format(refs=told_refs(evidence.source_refs, language) or words["missing"])]


def _clock(clock: dict[str, Any], words: dict[str, str], language: str) -> list[str]:
    if not clock or not clock["since"]:
        return []
    if clock["basis"] == "halted_on":
        lines = [words["halted"].format(since=clock["since"])]
    else:
        basis = (BASES if language == "zh" else BASES_EN)[clock["basis"]]
        lines = [words["clock_start"].format(basis=basis, since=clock["since"])]
    if clock["assumed"]:
        lines.append(words["assumed"])
    for period in clock["periods"]:
        resumed = words["resumed"].format(on=period["resumed"]) if period["resumed"] else words["going"]
        lines.append(words["period"].format(first=period["first"], resumed=resumed, cause=period["cause"]))
    if clock["suspended_days"]:
        lines.append(words["deducted"].format(days=clock["suspended_days"]))
    lines.append(words["marks"].format(**clock) if clock["second"] else words["open"])
    if clock["basis"] == "halted_on":
        lines.append(_ratios(clock, words))
    return lines


def _ratios(clock: dict[str, Any], words: dict[str, str]) -> str:
    def share(value: float | None) -> str:
        return words["missing"] if value is None else f"{int(value * 10_000 + 1e-6) / 100:.2f}%"

    def amount(value: float | None) -> str:
        return words["missing"] if value is None else f"{value:,.2f}"

    return words["ratios"].format(
        area=share(clock["area_ratio"]),
        money=share(clock["investment_ratio"]),
        area_needed=amount(clock["area_needed_m2"]),
        money_needed=amount(clock["investment_needed_wan"]),
    )


def _changes(evidence: Evidence, words: dict[str, str]) -> list[str]:
    lines = [words["next"].format(**evidence.next) if evidence.next["on"] else words["no_next"]]
    if not evidence.changes:
        return [*lines, words["no_change"]]
    first, *others = evidence.changes
    return [*lines, words["smallest"].format(**first), *(words["change"].format(**c) for c in others)]


def _stored(told: Explanation, words: dict[str, str]) -> list[str]:
    stored = told.stored
    if not stored:
        return []
    given = {
        "as_of": stored["as_of"],
        "ruleset": stored.get("ruleset") or words["missing"],
        "reason": stored["reason"],
    }
    if told.differs:
        return [words["differs"].format(rule=stored["rule_id"], **given)]
    if stored["as_of"] != told.as_of:
        return [words["other_day"].format(day=told.as_of, **given)]
    return [words["same"].format(**given)]


def _land(told: Explanation, words: dict[str, str]) -> list[str]:
    flags = [flag for flag in str(told.land.get("flags") or "").split(";") if flag]
    named = [f"{c['name'] or c['code']} {c['area_m2']:,.2f} m²" for c in told.classes]
    classes = _joined(named, told.language)
    lines = [words["class"].format(classes=classes)] if named else []
    if "built_on" in flags:
        lines.append(words["built"].format(classes=classes))
    blocks = [
        words[word].format(area=f"{told.land.get(column) or 0.0:,.2f}")
        for flag, (word, column) in _FLAGGED.items()
        if flag in flags
    ]
    blocks += [words["no_plan"]] if "no_plan" in flags else []
    if blocks:
        is_supply = told.evidence is not None and told.evidence.subject == "supply"
        template = words["limits" if is_supply else "blocks"]
        lines.append(template.format(blocks=_joined(blocks, told.language, "；")))
    others = [flag for flag in flags if flag not in (*_FLAGGED, "no_plan", "built_on")]
    if others:
        lines.append(words["flags"].format(flags=_joined(told_flags(others, told.language), told.language)))
    if "collective" in flags:
        lines.append(words["collective"])
    return lines


def told_refs(refs: str, language: str) -> str:
    """Source rows in words: ``supplies#3;supplies.contracts#供地台账!7``."""
    parts = []
    for ref in filter(None, refs.split(";")):
        source, _hash, place = ref.partition("#")
        sheet, _mark, row = place.rpartition("!")
        if language == "zh":
            parts.append(f"{source} 工作表“{sheet}”第{row}行" if sheet else f"{source} 第{place}条")
        else:
            parts.append(f"{source}, sheet “{sheet}”, row {row}" if sheet else f"{source}, record {place}")
    return _joined(parts, language, "；")


def _joined(parts: list[str], language: str, separator: str = "、") -> str:
    return separator.join(parts) if language == "zh" else ("; " if separator == "；" else ", ").join(parts)


def _named(name: str, value: Any, language: str) -> str:
    titles = {f.name: f.synonyms[0] for role in ("approvals", "supplies") for f in role_fields(role)}
    return f"{titles[name]}：{value}" if language == "zh" else f"{name}: {value}"


def told_flags(flags: list[str], language: str) -> list[str]:
    """Flags in words; in English the codes stand for themselves."""
    from landinv.outputs.lists.words import titles

    named = titles("flags") if language == "zh" else {}
    return [named.get(flag, flag.replace("_", " ")) for flag in flags if flag]


def _shown(value: Any, unit: str, language: str) -> str:
    if isinstance(value, bool):
        return {"zh": ("否", "是"), "en": ("no", "yes")}[language][value]
    if isinstance(value, float | int):
        units = {
            "m2": "平方米" if language == "zh" else "m²",
            "wan": "万元" if language == "zh" else "10⁴ yuan",
        }
        return f"{value:,.4f}".rstrip("0").rstrip(".") + f" {units.get(unit, '')}".rstrip()
    return value.isoformat() if isinstance(value, date) else str(value)
