"""Write docs/reference/ from the program's own tables: commands, fields, parcel columns, findings, exit codes.

python scripts/write_reference.py [--check]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

os.environ["LANDINV_LANG"] = "en"  # before anything speaks

from landinv.cli.app import application
from landinv.cli.exit_codes import exit_code_table
from landinv.cli.translated import use_language_for_click
from landinv.model.fields import SURVEY_ROLES, survey_fields
from landinv.model.findings import finding_rules
from landinv.model.parcels import kinds, parcel_columns
from landinv.model.roles import RECORD_ROLES, role_fields

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "reference"
NOTE = "<!-- made by scripts/write_reference.py -->\n"


def table(titles: list[str], rows: list[list[object]]) -> str:
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    cells = ([str(cell).replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows)
    lines += ["| " + " | ".join(row) + " |" for row in cells]
    return "\n".join(lines) + "\n"


def commands() -> str:
    use_language_for_click()
    context = click.Context(application, info_name="landinv")
    text = f"# Commands\n\n```\n{application.get_help(context)}\n```\n"
    for name in application.list_commands(context):
        command = application.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context)
        text += f"\n## landinv {name}\n\n```\n{command.get_help(inner)}\n```\n"
    return text


def exit_codes() -> str:
    return "# Exit codes\n\n" + table(["code", "name", "meaning"], [list(row) for row in exit_code_table()])


def findings() -> str:
    rows: list[list[object]] = [
        [r.code, f"`{r.name}`", r.severity, r.responsible, r.message, r.clause]
        for r in finding_rules().values()
    ]
    return "# Findings\n\nA defect of the data is a row of `findings.csv`.\n\n" + table(
        ["code", "name", "severity", "who acts", "message", "source"], sorted(rows, key=str)
    )


def fields() -> str:
    text = "# Fields\n\n## Parcel columns\n\n" + table(
        ["column", "type", "unit", "中文"], [[f"`{c.name}`", c.kind, c.unit, c.zh] for c in parcel_columns()]
    )
    text += "\nKinds: " + ", ".join(f"`{k.name}` {k.zh}" for k in kinds().values()) + ".\n"
    for role in RECORD_ROLES:
        text += f"\n## Role {role}\n\n" + table(
            ["field", "type", "unit", "required", "headers understood"],
            [
                [f"`{f.name}`", f.kind + (f" ({'·'.join(f.choices)})" if f.choices else ""), f.unit,
                 "yes" if f.required else "", "、".join(f.synonyms)]
                for f in role_fields(role)
            ],
        )  # fmt: skip
    for layer in SURVEY_ROLES:
        text += f"\n## Survey layer {layer}\n\nLengths and obligation are unverified.\n\n" + table(
            ["field", "别名", "type", "length", "decimals", "M/O/C"],
            [
                [f"`{f.name}`", f.alias, f.kind, f.length, f.decimals, f.mandatory]
                for f in survey_fields(layer)
            ],
        )
    return text


PAGES = {"commands.md": commands, "exit-codes.md": exit_codes, "findings.md": findings, "fields.md": fields}


def main() -> int:
    stale = []
    for name, make in PAGES.items():
        path, content = TARGET / name, NOTE + make()
        if "--check" in sys.argv:
            if not path.exists() or path.read_text(encoding="utf-8") != content:
                stale.append(name)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8", newline="\n")
    print(f"Not up to date: {', '.join(stale)}" if stale else "References are up to date.")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
