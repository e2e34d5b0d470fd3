"""The survey layers of a county together, each in one frame whichever sources it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landinv.intake.survey_checks.rule import SOURCE_REF, IntArray, Patches
from landinv.model.datasets import Dataset
from landinv.model.fields import SURVEY_ROLES
from landinv.model.findings import findings


@dataclass(frozen=True)
class SurveyLayer:
    """All records of one role: frame, shapes, the source key of each record, and how many records were set aside."""

    patches: Patches
    keys: npt.NDArray[np.object_]
    quarantined: int

    @property
    def frame(self) -> pd.DataFrame:
        """Standard columns and ``source_ref``."""
        return self.patches.frame

    @property
    def shapes(self) -> npt.NDArray[np.object_]:
        """Shapes in the county's CRS."""
        assert self.patches.shapes is not None
        return self.patches.shapes

    def has(self, *names: str) -> bool:
        """Whether all these columns have a value somewhere."""
        return all(bool(self.frame[name].notna().any()) for name in names)

    def told(
        self,
        code: str,
        at: IntArray,
        *,
        name: str = "",
        values: Sequence[str] = (),
        details: Sequence[str] = (),
    ) -> list[pd.DataFrame]:
        """Findings of a rule at records, placed inside their shapes, one frame a source."""
        found = []
        for key in dict.fromkeys(self.keys[at].tolist()):
            of_key = np.flatnonzero(self.keys[at] == key).tolist()
            rows = at[of_key]
            columns = {
                "value": [values[i] for i in of_key] if len(values) else "",
                "detail": [details[i] for i in of_key] if len(details) else [""] * len(rows),
            }
            refs = self.frame[SOURCE_REF].iloc[rows].tolist()
            found.append(
                findings(code, dataset=key, feature=refs, field=name, **columns, **self._places(rows))
            )
        return found

    def _places(self, at: IntArray) -> dict[str, npt.NDArray[np.float64]]:
        bounds = shapely.bounds(self.shapes[at])
        return {"x": (bounds[:, 0] + bounds[:, 2]) / 2, "y": (bounds[:, 1] + bounds[:, 3]) / 2}


def survey_layers(datasets: Sequence[Dataset], crs: str) -> dict[str, SurveyLayer]:
    """Survey layers by role; a role without a record is not there."""
    layers = {}
    for role in SURVEY_ROLES:
        parts = [d for d in datasets if d.options.role == role and len(d.frame)]
        if not parts:
            continue
        frame = pd.concat([pd.DataFrame(d.frame.drop(columns="geometry")) for d in parts], ignore_index=True)
        shapes = np.concatenate([np.asarray(d.frame.geometry.array, dtype=object) for d in parts])
        keys = np.repeat(
            np.array([d.options.key for d in parts], dtype=object), [len(d.frame) for d in parts]
        )
        patches = Patches(frame, np.full(len(frame), np.nan), "", role, shapes, crs)
        layers[role] = SurveyLayer(patches, keys, sum(len(d.quarantined) for d in parts))
    return layers
