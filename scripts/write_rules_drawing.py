"""Draw the state machine into docs/rules.md from the shipped ruleset's own data.

python scripts/write_rules_drawing.py [--check]
"""

from __future__ import annotations

import sys
from pathlib import Path

from landinv.rules.drawing import Edge, edges, mermaid
from landinv.rules.page import word
from landinv.rules.ruleset import load_ruleset

PAGE = Path(__file__).resolve().parent.parent / "docs" / "rules.md"
BEGIN, END = "<!-- drawing: made by scripts/write_rules_drawing.py -->", "<!-- end of drawing -->"
# The facts worth an arrow of their own; the table below the drawing has all of them.
DRAWN = ("start", "resume", "finish", "determine", "halt", "compensate", "withdraw")


def drawing() -> str:
    """The two diagrams and the whole table of changes."""
    ruleset = load_ruleset("cn-2012-53")
    supplies = [e for e in edges(ruleset, plain=True) if e.timed or e.by in DRAWN]
    approvals = [e for e in edges(ruleset, "approval") if e.timed or e.by in DRAWN]
    parts = [
        f"Ruleset {ruleset.stamp}. Supplies, without land of the government's doing and collective land:\n"
    ]
    parts += [f"```mermaid\n{mermaid(ruleset, supplies)}```\n", "Approvals:\n"]
    parts += [f"```mermaid\n{mermaid(ruleset, approvals)}```\n", "Every change, all land included:\n"]
    rows = [row(e) for e in (*edges(ruleset), *edges(ruleset, "approval"))]
    head = "| state | becomes | when |\n|---|---|---|"
    return "\n".join([*parts, head, *dict.fromkeys(rows)]) + "\n"


def row(edge: Edge) -> str:
    """One change as a row of the table."""
    ruleset = load_ruleset("cn-2012-53")
    when = word("date" if edge.timed else "fact", edge.by, "zh")
    return f"| {ruleset.state(edge.source).title} | {ruleset.state(edge.target).title} | {when} |"


def main() -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, _begin, rest = text.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    wanted = f"{before}{BEGIN}\n{drawing()}{END}{after}"
    if "--check" in sys.argv[1:]:
        if wanted != text:
            sys.exit("docs/rules.md does not show the rules as they are: run scripts/write_rules_drawing.py")
        return
    PAGE.write_text(wanted, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
