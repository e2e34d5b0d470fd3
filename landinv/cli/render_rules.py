"""Rulesets on the console: the list, and one as a page."""

from __future__ import annotations

from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from landinv.i18n import asked_language
from landinv.i18n import gettext as _

UNVERIFIED: Final = {"zh": "〔未核实〕", "en": " [unverified]"}
_HEADS: Final = {
    "zh": {
        "validity": "{jurisdiction}；{valid_from} 起施行，{valid_to}；版本 {version}；{origin}",
        "ends": "至 {day}",
        "open": "无截止日期",
        "extends": "在 {names} 之上补充",
        "sources": "来源与条文",
        "thresholds": "数值",
        "supply": "供地规则（自上而下，第一条成立的生效）",
        "approval": "批文规则（自上而下，第一条成立的生效）",
        "facts": "能改变结论的事实（由小到大）",
        "when": "当：{told}",
        "gives": "则：{told}",
        "next": "之后：{told}",
        "law": "依据：{told}",
        "unset": "未设",
        "level": "，级别 {level}",
    },
    "en": {
        "validity": "{jurisdiction}; in force from {valid_from}, {valid_to}; version {version}; {origin}",
        "ends": "to {day}",
        "open": "without end",
        "extends": "laid over {names}",
        "sources": "Sources and articles",
        "thresholds": "Numbers",
        "supply": "Rules for supplies (the first that holds)",
        "approval": "Rules for approvals (the first that holds)",
        "facts": "Facts that change a result (the smallest first)",
        "when": "When: {told}",
        "gives": "Then: {told}",
        "next": "Later: {told}",
        "law": "By: {told}",
        "unset": "not set",
        "level": ", level {level}",
    },
}


def show_list(listed: dict[str, Any]) -> None:
    """The rulesets as a table."""
    table = Table()
    for title in (_("Ruleset"), _("Version"), _("Title"), _("From"), _("To"), _("Builds on"), _("Where")):
        table.add_column(title)
    for row in listed["rulesets"]:
        cells = (
            row["id"], row["version"], row["title"], row["valid_from"], row["valid_to"] or "",
            "、".join(row["extends"]), row["origin"],
        )  # fmt: skip
        table.add_row(*(escape(cell) for cell in cells))
    Console().print(table)


def show_page(page: dict[str, Any]) -> None:
    """A ruleset as a page to be read from top to bottom."""
    language = asked_language("zh")
    head = _HEADS[language]
    ends = head["ends"].format(day=page["valid_to"]) if page["valid_to"] else head["open"]
    lines = [
        (
            "bold",
            f"{page['title']}（{page['stamp']}）"
            if language == "zh"
            else f"{page['title']} ({page['stamp']})",
        )
    ]
    lines.append(("", head["validity"].format(**{**page, "valid_to": ends})))
    if page["extends"]:
        lines.append(("", head["extends"].format(names="、".join(page["extends"]))))
    lines += _sources(page, head, UNVERIFIED[language])
    lines += [("bold", ""), ("bold", head["thresholds"])]
    for limit in page["thresholds"]:
        value = head["unset"] if limit["value"] is None else limit["value"]
        shown = "、".join(map(str, value)) if isinstance(value, list) else value
        lines.append(
            ("", f"  {limit['title']}：{shown}{UNVERIFIED[language] if limit['unverified'] else ''}")
        )
    for key in ("supply", "approval"):
        lines += [("bold", ""), ("bold", head[key])]
        lines += [line for rule in page[f"{key}_rules"] for line in _rule(rule, head)]
    lines += [("bold", ""), ("bold", head["facts"]), *(("", f"  {fact['text']}") for fact in page["facts"])]
    console = Console(highlight=False)
    for style, text in lines:
        console.print(escape(text), style=style or None, soft_wrap=True)


def _sources(page: dict[str, Any], head: dict[str, str], mark: str) -> list[tuple[str, str]]:
    lines = [("bold", ""), ("bold", head["sources"])]
    for source in page["sources"]:
        lines.append(("", f"  {source['name']}（{source['number']}，{source['date']}）"))
        lines += [
            ("", f"    {a['article']}{mark if a['unverified'] else ''}：{a['text']}")
            for a in source["articles"]
        ]
    return lines


def _rule(rule: dict[str, Any], head: dict[str, str]) -> list[tuple[str, str]]:
    level = head["level"].format(level=rule["level"]) if rule.get("level") else ""
    told = [
        head["when"].format(told=rule["when_told"]),
        head["gives"].format(told=rule["state_title"] + level),
    ]
    if rule["next_on_told"]:
        told.append(head["next"].format(told=rule["next_on_told"]))
    if rule["clause"]:
        told.append(head["law"].format(told=rule["clause"]))
    return [("", f"  {rule['id']}"), *(("", f"    {line}") for line in told)]
