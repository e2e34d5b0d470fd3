"""Findings: a defect of the data is a row here, with who must act, never an exception."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import pandas as pd

from landinv.model.tables import DATA_DIR, table

FINDING_COLUMNS: Final = (
    "rule", "name", "severity", "responsible", "dataset", "layer", "feature", "field",
    "value", "message", "action", "x", "y",
)  # fmt: skip


@dataclass(frozen=True)
class FindingRule:
    """A named check: stable code, name of the defect, severity, who should act, and what the clerk reads."""

    code: str
    name: str
    severity: str
    responsible: str
    message: str
    clause: str


@cache
def finding_rules() -> dict[str, FindingRule]:
    """Every registered rule by code, from the ``findings_*.csv`` tables."""
    rules: dict[str, FindingRule] = {}
    for path in sorted(DATA_DIR.glob("findings_*.csv")):
        for row in table(path.stem):
            if row["code"] in rules:
                raise ValueError(f"finding rule {row['code']} stands twice")
            rules[row["code"]] = FindingRule(
                row["code"], row["name"], row["severity"], row["responsible"], row["message"], row["clause"]
            )
    return rules


def no_findings() -> pd.DataFrame:
    """An empty findings frame with every column."""
    return pd.DataFrame(
        {name: pd.Series(dtype="float64" if name in "xy" else "str") for name in FINDING_COLUMNS}
    )


def findings(code: str, *, dataset: str, **columns: Any) -> pd.DataFrame:
    """Findings of one rule, a row for each feature.

    Parameters
    ----------
    code
        A registered rule, such as ``A013``.
    dataset
        Key of the source (``dltb``, ``supplies.contracts``) or of the step that found it.
    columns
        Any of layer, feature, field, value, action, x, y (scalars, or sequences of one length), and ``detail``,
        which is added to the rule's message in brackets. x and y are easting and northing in the county's CRS.

    Returns
    -------
    DataFrame
        Columns :data:`FINDING_COLUMNS`; text is plain Chinese, values are verbatim.
    """
    rule = finding_rules()[code]
    lengths = [len(v) for v in columns.values() if _is_sequence(v)]
    index = range(lengths[0] if lengths else 1)
    given = {k: (list(v) if _is_sequence(v) else [v] * len(index)) for k, v in columns.items()}
    details = given.pop("detail", [""] * len(index))
    frame = pd.DataFrame(given, index=index)
    frame["message"] = [f"{rule.message}（{d}）" if d else rule.message for d in details]
    frame = frame.assign(
        rule=rule.code, name=rule.name, severity=rule.severity, responsible=rule.responsible, dataset=dataset
    )
    return concat_findings([frame])


def concat_findings(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Findings one after the other, columns and types made whole; index 0..n-1."""
    present = [f for f in frames if len(f)]
    if not present:
        return no_findings()
    whole = pd.concat(present, ignore_index=True).reindex(columns=list(FINDING_COLUMNS))
    text = [c for c in FINDING_COLUMNS if c not in "xy"]
    whole[text] = whole[text].astype("str").fillna("")
    whole[["x", "y"]] = whole[["x", "y"]].astype("float64")
    return whole


def _is_sequence(value: Any) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str)
