"""Look over files and folders before they are used: what they are, what is wrong with them, and how to mend it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from landinv.errors import LandinvError, ProjectFileError, SourceMissingError
from landinv.i18n import current_language
from landinv.i18n import gettext as _
from landinv.intake import inspect_files, walk_sources
from landinv.intake.inspect import FindingGroup, Inspected
from landinv.intake.source_walk import DOUBTFUL, Skipped
from landinv.model.advice import mending
from landinv.model.datasets import Evidence
from landinv.model.options import CountyOptions, ProjectOptions
from landinv.workflow.progress import Tell, silent
from landinv.workflow.project import read_project
from landinv.workflow.project_writer import refuse_existing, write_project

__all__ = ["DoctorReport", "FindingGroup", "Inspected", "advice", "doctor", "evidence_of", "report_json"]

SCHEMA: Final = "landinv.doctor/1"
DEFAULT_PROJECT: Final = Path("landinv.toml")
_TEXT_FORMATS: Final = ("csv", "geojson", "json", "txt")


@dataclass(frozen=True)
class DoctorReport:
    """What was found: entries a layer or sheet, what was passed over, the county they were held against (if any)."""

    project: Path | None
    county: CountyOptions | None
    entries: tuple[Inspected, ...]
    skipped: tuple[Skipped, ...]
    written: Path | None = None

    @property
    def is_clean(self) -> bool:
        """Whether nothing at all was found to be wrong."""
        return not any(e.error or e.findings for e in self.entries)


def doctor(
    paths: Sequence[Path], *, project: Path | None = None, write: Path | None = None, tell: Tell = silent
) -> DoctorReport:
    """Inspect files and folders; changes nothing, but for the project file it is asked to write.

    Parameters
    ----------
    paths
        Files, geodatabases, or folders to walk.
    project
        Project file whose county the layers are held against and whose sources are read as it says; None: the
        ``landinv.toml`` of the current folder, where there is one that can be read.
    write
        Write a project file for what was found there.
    tell
        Is told what is being looked at.

    Returns
    -------
    DoctorReport
        One entry a layer; what cannot be read is an entry with its error, never the end.

    Raises
    ------
    SourceMissingError
        If there is nothing to look at.
    ProjectFileError
        If the project file that was named cannot be understood.
    OutputError
        If the project file to write exists already or cannot be written.
    """
    if write is not None:
        refuse_existing(write)
    options, trouble = _project(project)
    walk = walk_sources(paths)
    if not walk.named and not walk.found:
        raise _nothing(paths)
    ours = [] if options is None else [Path(options.store), options.output.dir]
    found = [p for p in walk.found if not _is_ours(p.absolute(), ours)]
    entries = inspect_files(
        [*walk.named, *found],
        options.county if options else None,
        known=options.sources if options else (),
        progress=tell,
    )
    if all(isinstance(e.error, SourceMissingError) and not e.path.exists() for e in entries):
        raise _nothing(paths)
    kept, passed = _told_apart(entries, set(walk.named))
    report = DoctorReport(
        options.path if options else None,
        options.county if options else None,
        tuple(kept),
        (*trouble, *walk.skipped, *passed),
    )
    if write is None:
        return report
    return dataclasses.replace(report, written=write_project(kept, write, county=report.county))


def report_json(report: DoctorReport) -> dict[str, Any]:
    """The report as plain JSON, schema ``landinv.doctor/1``; the keys are described in ``docs/doctor.md``."""
    counts: Counter[str] = Counter()
    for entry in report.entries:
        counts.update({g.severity: g.count for g in entry.findings})
    county = report.county
    return {
        "schema": SCHEMA,
        "project": str(report.project) if report.project else None,
        "county": dataclasses.asdict(county) if county else None,
        "summary": {
            "files": len({e.path for e in report.entries}),
            "layers": sum(not e.left_out for e in report.entries),
            "errors": sum(e.error is not None for e in report.entries),
            "findings": {severity: counts[severity] for severity in ("error", "warning", "notice")},
        },
        "entries": [_entry_json(entry) for entry in report.entries],
        "skipped": [{"path": str(s.path), "reason": s.reason} for s in report.skipped],
        "written": str(report.written) if report.written else None,
    }


def evidence_of(entry: Inspected, subject: str) -> Evidence | None:
    """What was decided on ``encoding`` or ``crs``, and why; None where nothing was."""
    told = entry.account.evidence if entry.account else ()
    return next((e for e in told if e.subject == subject), None)


def advice(group: FindingGroup) -> str:
    """How to mend a defect, in the language of messages; empty where nothing particular is known."""
    return mending().get(group.rule, {}).get(current_language(), "")


def _project(named: Path | None) -> tuple[ProjectOptions | None, list[Skipped]]:
    """The project file asked for; the one of the current folder only where it can be read."""
    if named is not None:
        return read_project(named), []
    if not DEFAULT_PROJECT.is_file():
        return None, []
    try:
        return read_project(DEFAULT_PROJECT), []
    except ProjectFileError as error:
        return None, [Skipped(DEFAULT_PROJECT, f"{error} {error.hint}")]


def _is_ours(path: Path, ours: Sequence[Path]) -> bool:
    return any(path == place or path.is_relative_to(place) for place in ours)


def _told_apart(entries: Sequence[Inspected], named: set[Path]) -> tuple[list[Inspected], list[Skipped]]:
    """Entries to report; texts found in a folder that turn out to be no data are only said to be passed over."""
    kept, passed = [], []
    for entry in entries:
        by_chance = entry.path not in named and entry.path.suffix.lower() in DOUBTFUL
        is_text = (
            entry.format in _TEXT_FORMATS and not entry.guess.role and entry.path.suffix.lower() != ".csv"
        )
        if by_chance and entry.account is None and entry.error:
            passed.append(Skipped(entry.path, str(entry.error)))
        elif by_chance and is_text:
            passed.append(Skipped(entry.path, _("a text that is no table of a known role")))
        else:
            kept.append(entry)
    return kept, passed


def _nothing(paths: Sequence[Path]) -> LandinvError:
    return SourceMissingError(
        _("There is no layer or table in {paths}.").format(paths=", ".join(str(p) for p in paths)),
        hint=_("Give files or folders that hold shapefiles, geodatabases, workbooks or the like."),
    )


def _entry_json(entry: Inspected) -> dict[str, Any]:
    account, guess = entry.account, entry.guess
    counted = ("declared", "ok", "repaired", "quarantined")
    return {
        "path": str(entry.path),
        "layer": entry.layer,
        "format": entry.format,
        "geometry": entry.geometry,
        **{name: getattr(account, name) if account else None for name in counted},
        "encoding": _evidence_json(evidence_of(entry, "encoding"), account.encoding if account else ""),
        "crs": _evidence_json(evidence_of(entry, "crs"), account.crs if account else ""),
        "role": {
            "role": guess.role,
            "kind": guess.kind,
            "score": guess.score,
            "sure": guess.sure,
            "reasons": list(guess.reasons),
            "rivals": [{"role": role, "score": score} for role, score in guess.rivals],
        },
        "fields": [dataclasses.asdict(link) for link in entry.links],
        "columns": list(entry.columns),
        "unmapped": list(entry.unmapped),
        "missing": list(entry.missing),
        "absent": list(entry.absent),
        "findings": [
            {**dataclasses.asdict(g), "fields": list(g.fields), "advice": advice(g)} for g in entry.findings
        ],
        "error": _error_json(entry.error),
        "left_out": entry.left_out,
    }


def _evidence_json(evidence: Evidence | None, value: str) -> dict[str, Any] | None:
    if evidence is None:
        return {"decision": value, "reason": "", "confidence": None} if value else None
    return {
        "decision": evidence.decision,
        "reason": evidence.reason,
        "confidence": round(evidence.confidence, 2),
    }


def _error_json(error: LandinvError | None) -> dict[str, str] | None:
    if error is None:
        return None
    return {"kind": type(error).__name__, "message": error.message, "hint": error.hint}
