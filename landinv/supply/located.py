"""Findings at the place of a shape."""

from __future__ import annotations

from typing import Any

import pandas as pd

from landinv.geometry.area import ShapeArray
from landinv.geometry.width import inside_points
from landinv.model.findings import FINDING_COLUMNS, findings


def findings_at(code: str, dataset: str, shapes: ShapeArray, **columns: Any) -> pd.DataFrame:
    """Findings of one rule, each at a point inside its shape; the columns are those of ``model.findings.findings``."""
    if not len(shapes):
        return pd.DataFrame(columns=list(FINDING_COLUMNS))
    points = inside_points(shapes)
    return findings(code, dataset=dataset, **columns, x=points[:, 0], y=points[:, 1])
