"""The run's own account, ``run.json``: sources, balance, counts, findings, outputs and their sums."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from landinv import __version__
from landinv.disk import sha256_of, write_atomically
from landinv.errors import OutputError
from landinv.i18n import gettext as _
from landinv.model.datasets import SourceAccount
from landinv.model.options import CountyOptions
from landinv.reports.summary import BALANCE_ITEMS, finding_counts, kind_counts, totals

RUN_SCHEMA: Final = "landinv.run/1"
_RECORD_ITEMS: Final = ("approved_m2", "supplied_m2", "unsupplied_m2")


@dataclass(frozen=True)
class RunRecord:
    """What a run did.

    ``balance``, ``balance_records``, ``parcels`` and ``findings`` are the run's frames (m²); ``outputs`` the files
    written, below the folder of ``run.json``; ``reconciliation`` the totals (m²) of the survey's approved and unbuilt
    land against the derived land, empty where the bureau has no such layer;
    ``seconds`` is the time of each step. Only ``seconds`` and ``finished_at`` differ between equal runs.
    """

    county: CountyOptions
    as_of: date
    ruleset: str
    sources: tuple[SourceAccount, ...]
    balance: pd.DataFrame
    balance_records: pd.DataFrame
    parcels: pd.DataFrame
    findings: pd.DataFrame
    outputs: tuple[Path, ...]
    finished_at: datetime
    seconds: Mapping[str, float] = field(default_factory=dict)
    ruleset_version: str = ""
    ruleset_sha256: str = ""
    reconciliation: Mapping[str, float] = field(default_factory=dict)


def write_run_record(record: RunRecord, path: Path) -> Path:
    """Write ``run.json``: UTF-8, keys in a fixed order, numbers unrounded, missing values null.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    OutputError
        If an output is not a file below the folder of ``path``, or the record cannot be written.
    """
    body = json.dumps(run_document(record, path.parent), ensure_ascii=False, indent=2, allow_nan=False) + "\n"

    def write(target: Path) -> None:
        target.write_text(body, encoding="utf-8", newline="\n")

    return write_atomically(path, write)


def run_document(record: RunRecord, folder: Path) -> dict[str, Any]:
    """The record as JSON values, outputs relative to ``folder``."""
    return {
        "schema": RUN_SCHEMA,
        "landinv": __version__,
        "county": {"name": record.county.name, "code": record.county.code, "crs": record.county.crs},
        "as_of": record.as_of.isoformat(),
        "ruleset": record.ruleset,
        "ruleset_version": record.ruleset_version,
        "ruleset_sha256": record.ruleset_sha256,
        "sources": [_source(account) for account in record.sources],
        "balance": _rows(record.balance, ("approval_no", *BALANCE_ITEMS)),
        "balance_records": _rows(record.balance_records, ("approval_no", *_RECORD_ITEMS)),
        "totals": totals(record.balance),
        "reconciliation": dict(record.reconciliation) or None,
        "counts": kind_counts(record.parcels),
        "areas_m2": _areas(record.parcels),
        "findings": finding_counts(record.findings),
        "outputs": [_output(path, folder) for path in sorted(record.outputs)],
        "seconds": {step: float(value) for step, value in record.seconds.items()},
        "finished_at": record.finished_at.isoformat(timespec="seconds"),
    }


def _source(account: SourceAccount) -> dict[str, Any]:
    return {
        "key": account.key,
        "role": account.role,
        "path": account.path,
        "sha256": account.sha256,
        "encoding": account.encoding or None,
        "crs": account.crs or None,
        "declared": account.declared,
        "ok": account.ok,
        "repaired": account.repaired,
        "quarantined": account.quarantined,
        "fields": {name: account.fields[name] for name in sorted(account.fields)},
        "evidence": [
            {
                "subject": e.subject,
                "decision": e.decision,
                "reason": e.reason,
                "confidence": float(e.confidence),
            }
            for e in account.evidence
        ],
    }


def _rows(frame: pd.DataFrame, first: tuple[str, ...]) -> list[dict[str, Any]]:
    """Rows as objects: the contract's items first, what else the frame tells after them."""
    if frame.empty:
        return []
    names = [*first, *(str(c) for c in frame.columns if c not in first)]
    columns = {name: [_value(v) for v in frame[name]] for name in names if name in frame}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _value(value: Any) -> Any:
    if isinstance(value, pd.Timestamp | date) and not pd.isna(value):
        return pd.Timestamp(value).date().isoformat()
    if value is None or pd.isna(value) or (isinstance(value, float) and math.isinf(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _areas(parcels: pd.DataFrame) -> dict[str, float]:
    """Unrounded ellipsoidal m² of every kind; parcels without a shape add nothing."""
    return {
        kind: math.fsum(parcels.loc[parcels["kind"] == kind, "area_m2"].dropna())
        for kind in kind_counts(parcels)
    }


def _output(path: Path, folder: Path) -> dict[str, Any]:
    try:
        name = path.resolve().relative_to(folder.resolve()).as_posix()
        return {"path": name, "sha256": sha256_of(path), "bytes": path.stat().st_size}
    except (ValueError, OSError) as error:
        raise OutputError(
            _("{path} cannot be entered in the run's account: {reason}.").format(path=path, reason=error),
            hint=_("Outputs have to lie in the output folder; run the command again."),
        ) from error
