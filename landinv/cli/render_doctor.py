"""What ``landinv doctor`` shows: an overview of all layers, then each one with its evidence and defects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from landinv.i18n import current_language, message
from landinv.i18n import gettext as _
from landinv.model.advice import role_titles
from landinv.model.fields import survey_fields
from landinv.model.roles import role_fields

if TYPE_CHECKING:
    from landinv.workflow.doctor import DoctorReport, FindingGroup, Inspected

_SEVERITIES: Final = {
    "error": (message("error"), "red"),
    "warning": (message("warning"), "yellow"),
    "notice": (message("notice"), "dim"),
}
_RULES: Final = {
    "own name": message("own name"),
    "synonym": message("synonym"),
    "cut at ten bytes": message("cut at ten bytes"),
    "project file": message("project file"),
}
_LEAST_WIDTH: Final = 80


def show_doctor(report: DoctorReport) -> None:
    """Print the report; a terminal narrower than 80 columns, or none, is written for as if it had 80 or 100."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=100)
    elif console.width < _LEAST_WIDTH:
        console = Console(width=_LEAST_WIDTH)
    console.print(_overview(report))
    for entry in report.entries:
        console.print()
        _show_entry(console, entry)
    if report.skipped:
        console.print()
        console.print(_("Passed over:"), style="bold")
        for skipped in report.skipped:
            told = "" if str(skipped.path) in skipped.reason else f"{skipped.path}: "
            _line(console, f"{told}{skipped.reason}")
    console.print()
    for line in _closing(report):
        console.print(escape(line), highlight=False, soft_wrap=True)


def _overview(report: DoctorReport) -> Table:
    table = Table(title=escape(_("What the files are")))
    table.add_column(_("File"), overflow="fold")
    table.add_column(_("Probable role"), overflow="fold")
    for title in (_("Score"), _("Records"), _("Errors"), _("Warnings"), _("Notices")):
        table.add_column(title, justify="right")
    for entry in report.entries:
        counts = {s: sum(g.count for g in entry.findings if g.severity == s) for s in _SEVERITIES}
        guess = entry.guess
        errors = counts["error"] + (entry.error is not None)
        role = _role_title(guess.role, guess.kind) if guess.role else "-"
        table.add_row(
            escape(_name(entry)),
            escape(role if guess.sure or not guess.role else f"{role} ?"),
            f"{guess.score:.2f}" if guess.role else "-",
            f"{entry.account.declared:,}" if entry.account else "-",
            *(str(n) if n else "" for n in (errors, counts["warning"], counts["notice"])),
            style="dim" if entry.left_out else "red" if entry.account is None else "",
        )
    return table


def _show_entry(console: Console, entry: Inspected) -> None:
    console.print(escape(_name(entry)), style="bold", highlight=False, soft_wrap=True)
    if entry.left_out:
        _line(console, _("Left out: {reason}").format(reason=entry.left_out))
        return
    facts = Table.grid(padding=(0, 1))
    facts.add_column(no_wrap=True, style="cyan")
    facts.add_column(overflow="fold")
    for title, text in _facts(entry):
        facts.add_row(escape(title), escape(text))
    console.print(Padding(facts, (0, 0, 0, 2), expand=False), highlight=False)
    if entry.error is not None:
        _line(console, _("Error: {message}").format(message=" ".join(str(entry.error).split())), style="red")
        if entry.error.hint:
            _line(console, _("Hint: {hint}").format(hint=" ".join(entry.error.hint.split())))
    for group in entry.findings:
        _show_group(console, group)


def _facts(entry: Inspected) -> list[tuple[str, str]]:
    from landinv.workflow.doctor import evidence_of

    facts = []
    if entry.format:
        facts.append((_("Format"), ", ".join(t for t in (entry.format, entry.geometry) if t)))
    if entry.account:
        account = entry.account
        facts.append(
            (
                _("Records"),
                _("{declared} declared: {ok} ok, {repaired} repaired, {quarantined} set aside").format(
                    declared=account.declared,
                    ok=account.ok,
                    repaired=account.repaired,
                    quarantined=account.quarantined,
                ),
            )
        )
    for subject, title in (("encoding", _("Encoding")), ("crs", _("CRS"))):
        evidence = evidence_of(entry, subject)
        if evidence is not None:
            facts.append((title, f"{evidence.decision} ({evidence.confidence:.2f}): {evidence.reason}"))
    if entry.guess.reasons:
        facts.append((_("Role"), _role_line(entry)))
    return facts + _field_facts(entry)


def _role_line(entry: Inspected) -> str:
    guess = entry.guess
    reasons = ("；" if current_language() == "zh" else "; ").join(guess.reasons)
    if not guess.role:
        return _("none known: {reasons}").format(reasons=reasons)
    line = f"{_role_title(guess.role, guess.kind)} [{guess.role}] {guess.score:.2f}: {reasons}"
    if guess.sure:
        return line
    rivals = ", ".join(f"{_role_title(role)} {score:.2f}" for role, score in guess.rivals) or "-"
    return _("{line} (not sure; it might be: {rivals})").format(line=line, rivals=rivals)


def _field_facts(entry: Inspected) -> list[tuple[str, str]]:
    facts = []
    own = [link for link in entry.links if link.rule == "own name"]
    others = [link for link in entry.links if link.rule != "own name"]
    if own:
        facts.append((_("Fields"), _("{count} under their own names").format(count=len(own))))
    if others:
        titles = _field_titles(entry, tuple(link.field for link in others))
        texts = [
            f"{link.column} → {link.field}"
            + ("" if title in (link.field, link.column) else f" {title.removeprefix(link.field).strip()}")
            + ("" if link.rule == "synonym" else f" ({_(_RULES[link.rule])})")
            for link, title in zip(others, titles, strict=True)
        ]
        # One a line, for each is to be looked at before it is used.
        facts.append((_("Mapped") if own else _("Fields"), "\n".join(texts)))
    for title, names in (
        (_("Unmapped"), entry.unmapped),
        (_("Missing"), _field_titles(entry, entry.missing)),
        (_("Not given"), _field_titles(entry, entry.absent)),
    ):  # fmt: skip
        if names:
            facts.append((title, ", ".join(names)))
    return facts


def _field_titles(entry: Inspected, names: tuple[str, ...]) -> tuple[str, ...]:
    """Fields by the word an office knows them by, in Chinese; by their names otherwise."""
    if current_language() != "zh":
        return names
    words = {f.name: f.synonyms[0] for f in role_fields(entry.guess.role)}
    words |= {f.name: f"{f.name} {f.alias}" for f in survey_fields(entry.guess.role)}
    return tuple(words.get(name, name) for name in names)


def _show_group(console: Console, group: FindingGroup) -> None:
    from landinv.workflow.doctor import advice

    word, colour = _SEVERITIES[group.severity]
    # What the finding says is Chinese, as in every result for officials; elsewhere the rule's name says it.
    said = group.message if current_language() == "zh" else group.name.replace("_", " ")
    fields = f" [{', '.join(group.fields[:6])}]" if group.fields else ""
    row = Table.grid(padding=(0, 1))
    row.add_column(no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(escape(f"{_(word)} {group.rule} ×{group.count}"), escape(f"{said}{fields}"))
    console.print(Padding(row, (0, 0, 0, 2), expand=False), style=colour, highlight=False)
    if group.example:
        _line(console, _("for example: {example}").format(example=group.example), indent=4)
    mend = advice(group)
    if mend:
        _line(console, _("mend: {advice}").format(advice=mend), indent=4)


def _closing(report: DoctorReport) -> list[str]:
    lines = []
    if report.county is None:
        lines.append(_("No county is known here: codes and extent were not held against one."))
    else:
        lines.append(
            _("Held against {name} ({code}, {crs}).").format(
                name=report.county.name, code=report.county.code, crs=report.county.crs
            )
        )
    if report.written:
        lines.append(
            _("Project file written: {path}. Look through it before the first run.").format(
                path=report.written
            )
        )
    return lines


def _line(console: Console, text: str, *, style: str = "", indent: int = 2) -> None:
    console.print(
        Padding(escape(text), (0, 0, 0, indent), expand=False), style=style or None, highlight=False
    )


def _name(entry: Inspected) -> str:
    return f"{entry.path} [{entry.layer}]" if entry.layer else str(entry.path)


def _role_title(role: str, kind: str = "") -> str:
    titles = role_titles()
    found = titles.get(f"{role}.{kind}") or titles.get(role)
    return found[current_language()] if found else role
