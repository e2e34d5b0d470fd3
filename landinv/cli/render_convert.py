"""What ``convert`` shows: the account, how the file was read, and the findings by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from landinv.i18n import gettext as _

if TYPE_CHECKING:
    import pandas as pd

    from landinv.workflow.convert import Conversion


def show_conversion(result: Conversion) -> None:
    """Counts first, then the evidence, then what was found, then where the results stand."""
    console = Console()
    lines = [
        _("{declared} records: {ok} ok, {repaired} repaired, {quarantined} quarantined.").format(
            declared=result.declared, ok=result.ok, repaired=result.repaired, quarantined=result.quarantined
        ),
        *(f"{_subject(e.subject)}: {e.decision} ({e.confidence:.0%}; {e.reason})" for e in result.evidence),
    ]
    for line in lines:
        console.print(escape(line), highlight=False, soft_wrap=True)
    if len(result.findings):
        console.print(findings_table(result.findings))
    files = [(_("Result"), result.out), (_("Findings"), result.findings_csv)]
    if result.quarantined_gpkg:
        files.append((_("To mend and convert again"), result.quarantined_gpkg))
    for title, path in files:
        console.print(escape(f"{title}: {path}"), highlight=False, soft_wrap=True)


def findings_table(found: pd.DataFrame) -> Table:
    """Findings by rule and message: how bad, how many, what, and the first features."""
    table = Table()
    for title in (_("Rule"), _("Severity"), _("Count"), _("What was found"), _("Where (first)")):
        table.add_column(title, overflow="fold")
    for (rule, severity), rows in found.groupby(["rule", "severity"], sort=False):
        texts = rows["message"].drop_duplicates()
        value = rows["value"].where(rows["value"] != rows["feature"], "")
        where = [f for f in (rows["feature"] + " " + rows["field"] + " " + value).str.strip() if f]
        table.add_row(
            str(rule),
            str(severity),
            f"{len(rows):,}",
            escape("\n".join(texts.head(3))),
            escape("\n".join(where[:3])),
        )
    return table


def _severity(name: str) -> str:
    return {"error": _("error"), "warning": _("warning"), "notice": _("notice")}.get(name, name)


def _subject(name: str) -> str:
    return {"encoding": _("Encoding"), "crs": _("CRS")}.get(name, name)
