"""What ``convert`` shows: the account, how the file was read, and the findings by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from landinv.i18n import current_language
from landinv.i18n import gettext as _
from landinv.model.roles import RECORD_ROLES, role_fields

if TYPE_CHECKING:
    import pandas as pd

    from landinv.model.datasets import Evidence
    from landinv.workflow.convert import Conversion

_UNIT: Final = "unit of "
_WORDS: Final = "words of "


def show_conversion(result: Conversion) -> None:
    """Counts first, then the evidence, then what was found, then where the results stand."""
    console = Console()
    lines = [
        _("{declared} records: {ok} ok, {repaired} repaired, {quarantined} quarantined.").format(
            declared=result.declared, ok=result.ok, repaired=result.repaired, quarantined=result.quarantined
        ),
        *(
            f"{_subject(e.subject, result.role)}: {_decision(e)} ({e.confidence:.0%}; {e.reason})"
            for e in result.evidence
        ),
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
            _severity(str(severity)),
            f"{len(rows):,}",
            escape("\n".join(texts.head(3))),
            escape("\n".join(where[:3])),
        )
    return table


def _severity(name: str) -> str:
    return {"error": _("error"), "warning": _("warning"), "notice": _("notice")}.get(name, name)


def _subject(name: str, role: str) -> str:
    """What was decided, in the reader's words; a field by the word an office knows it by."""
    if name.startswith(_UNIT):
        return _("Unit of {field}").format(field=_field_title(name.removeprefix(_UNIT), role))
    if name.startswith(_WORDS):
        return _("Coded values of {field}").format(field=name.removeprefix(_WORDS))
    return {"encoding": _("Encoding"), "crs": _("CRS")}.get(name, name)


def _field_title(name: str, role: str) -> str:
    words = {f.name: f.synonyms[0] for f in role_fields(role)} if role in RECORD_ROLES else {}
    return words.get(name, name) if current_language() == "zh" else name


def _decision(evidence: Evidence) -> str:
    from landinv.workflow.convert import unit_title

    if evidence.subject.startswith(_UNIT) and current_language() == "zh":
        return unit_title(evidence.decision)
    return evidence.decision
