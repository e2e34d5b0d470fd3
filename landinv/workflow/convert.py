"""One file through the whole intake to a new file of another format, with its account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from landinv.errors import OutputError
from landinv.i18n import gettext as _
from landinv.intake import read_every_column, read_source
from landinv.intake.area_units import UNIT_TITLES
from landinv.model.datasets import Dataset, Evidence
from landinv.model.findings import concat_findings
from landinv.model.options import CountyOptions, SourceOptions
from landinv.outputs.layers.set_aside import with_reasons, write_set_aside
from landinv.outputs.layers.writing import check_suffix, write_layer
from landinv.outputs.lists.csv import write_findings_csv
from landinv.workflow.progress import Tell, silent
from landinv.workflow.project import read_project

SCHEMA: Final = "landinv.convert/1"
PROJECT_FILE: Final = Path("landinv.toml")
_KEY: Final = "convert"


@dataclass(frozen=True)
class Conversion:
    """What became of a file: counts, how it was read, every finding, and the files that were written."""

    source: Path
    out: Path
    findings_csv: Path
    quarantined_gpkg: Path | None
    role: str
    declared: int
    ok: int
    repaired: int
    quarantined: int
    encoding: str
    crs: str
    evidence: tuple[Evidence, ...]
    fields: Mapping[str, str]
    findings: pd.DataFrame

    def to_json(self) -> dict[str, Any]:
        """The account as plain JSON, ``landinv.convert/1``."""
        rows = self.findings.astype("object").where(self.findings.notna(), None)
        return {
            "schema": SCHEMA,
            "source": str(self.source),
            "out": str(self.out),
            "findings_csv": str(self.findings_csv),
            "quarantined_gpkg": str(self.quarantined_gpkg) if self.quarantined_gpkg else None,
            "role": self.role,
            "declared": self.declared,
            "ok": self.ok,
            "repaired": self.repaired,
            "quarantined": self.quarantined,
            "encoding": self.encoding,
            "crs": self.crs,
            "evidence": [dict(e.__dict__) for e in self.evidence],
            "fields": dict(self.fields),
            "findings": rows.to_dict("records"),
        }


def convert(
    source: SourceOptions, out: Path, *, county: CountyOptions | None, tell: Tell = silent
) -> Conversion:
    """Read one file as an import would and write what was accepted.

    Parameters
    ----------
    source
        What to read; without a role every column is kept under its own name.
    out
        The file to write, its format by the suffix; ``<out>.findings.csv`` gets every finding, and
        ``<out>.quarantined.gpkg`` what could not be accepted, where there is any.
    county
        Brings shapes to the county's CRS and holds codes against the county; None: they stay as they are.
    tell
        Gets a line as each step begins.

    Raises
    ------
    LandinvError
        If the file is refused, or a result cannot be written; nothing that existed is damaged.
    """
    check_suffix(out)
    _check_target(source.path, out)
    dataset = (read_source if source.role else read_every_column)(source, county, progress=tell)
    tell(_("{path}: writing …").format(path=out))
    written = write_layer(dataset.frame, out, dataset=source.key)
    found = concat_findings([dataset.findings, *written.findings])
    listed = out.with_name(f"{out.name}.findings.csv")
    aside = out.with_name(f"{out.name}.quarantined.gpkg")
    write_findings_csv(found, listed)
    records = with_reasons(dataset.quarantined, found)
    kept = write_set_aside(records, aside, layer=out.stem)
    return _conversion(dataset, source, written.path, found, (listed, kept))


def source_to_convert(
    path: Path, role: str = "", *, layer: str = "", encoding: str = "", crs: str = ""
) -> SourceOptions:
    """Options of a single file; ``constraints.farmland`` names the kind of a constraint."""
    name, _dot, kind = role.partition(".")
    kind = (kind or "own") if name == "constraints" else ""
    return SourceOptions(
        role or _KEY,
        name,
        path,
        layer=layer,
        encoding=encoding,
        crs=crs,
        kind=kind,
        effect="report" if kind else "",
    )


def unit_title(unit: str) -> str:
    """Chinese name of a unit that a column was decided to be in; the unit itself where it has none.

    Examples
    --------
    >>> unit_title("mu")
    '亩'
    """
    return UNIT_TITLES.get(unit, unit)


def county_of(project: Path | None) -> CountyOptions | None:
    """County of a project file: the one named, else the one in the current folder, else none."""
    if project is None and not PROJECT_FILE.is_file():
        return None
    return read_project(project or PROJECT_FILE).county


def _check_target(source: Path, out: Path) -> None:
    same = out.exists() and source.exists() and out.samefile(source)
    beside = out.parent.resolve() == source.parent.resolve() and out.stem.casefold() == source.stem.casefold()
    if same or (beside and out.suffix.casefold() == source.suffix.casefold() == ".shp"):
        raise OutputError(
            _("{path} is the file to be read; it will not be overwritten.").format(path=out),
            hint=_("Give another name for the result."),
        )


def _conversion(
    dataset: Dataset, source: SourceOptions, out: Path, found: pd.DataFrame, beside: tuple[Path, Path | None]
) -> Conversion:
    account = dataset.account
    return Conversion(
        source=source.path,
        out=out,
        findings_csv=beside[0],
        quarantined_gpkg=beside[1],
        role=account.role,
        declared=account.declared,
        ok=account.ok,
        repaired=account.repaired,
        quarantined=account.quarantined,
        encoding=account.encoding,
        crs=account.crs,
        evidence=account.evidence,
        fields=account.fields,
        findings=found,
    )
