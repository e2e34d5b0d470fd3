"""What making a layer canonical gathers on its way: findings and evidence; and what it ends in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.intake.raw import RawColumn, RawLayer
from landinv.model.datasets import Evidence
from landinv.model.findings import findings

BoolArray = npt.NDArray[np.bool_]

SOURCE_REF: Final = "source_ref"


@dataclass
class Log:
    """Findings and evidence gathered while one layer is made canonical; rows refer to the layer's records."""

    layer: RawLayer
    key: str
    findings: list[pd.DataFrame] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)

    def rows(
        self, code: str, mask: BoolArray, name: str = "", *, values: pd.Series | None = None, action: str = ""
    ) -> None:
        """One finding for each record of ``mask``; ``name`` is the field, ``values`` what stands there."""
        at = np.flatnonzero(mask)
        if not len(at):
            return
        shown = "" if values is None else values.iloc[at].astype("str").fillna("").tolist()
        refs = self.layer.refs.iloc[at].tolist()
        self.findings.append(
            findings(
                code,
                dataset=self.key,
                layer=self.layer.layer,
                feature=refs,
                field=name,
                value=shown,
                action=action,
            )
        )

    def failed_cells(self, column: RawColumn, name: str) -> None:
        """Findings for cells that hold an error, or a formula whose result was never stored."""
        if column.failed is None:
            return
        for letter, code in (("f", "I032"), ("e", "I033")):
            mask = column.failed.str.startswith(letter).fillna(value=False).to_numpy(dtype=bool)
            self.rows(code, mask, name, values=column.failed.str.slice(1))

    def column(self, code: str, *, name: str, value: str = "", detail: str = "") -> None:
        """One finding for a whole column."""
        self.findings.append(
            findings(code, dataset=self.key, layer=self.layer.layer, field=name, value=value, detail=[detail])
        )


@dataclass(frozen=True)
class Canonical:
    """A frame of canonical columns in the layer's order, which records cannot be used, and how it came about."""

    frame: pd.DataFrame
    quarantined: BoolArray
    fields: Mapping[str, str]
    findings: tuple[pd.DataFrame, ...]
    evidence: tuple[Evidence, ...]
