"""Sources held against the county: shapes outside it, layers of another place, layers shifted by web maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd
import shapely

from landinv.errors import CRSError
from landinv.geometry.area import FloatArray, ShapeArray
from landinv.geometry.extent import areas_outside
from landinv.i18n import gettext as _
from landinv.i18n import official
from landinv.intake.county_reference import Reference, came_in_degrees, county_reference, polygons
from landinv.intake.log import SOURCE_REF
from landinv.intake.naming import shown
from landinv.intake.shift_evidence import UNDECIDED, leaves_county_by_shift, shift_of
from landinv.model.datasets import Dataset, Evidence
from landinv.model.findings import concat_findings, findings

FAR_M: Final = 5_000.0
MOST: Final = 0.5
MANY: Final = 100  # shapes outside that are told one by one; of more the layer is told
_LEAST_M2: Final = 10_000.0
_LEAST_SHARE: Final = 0.01
_ROUGHLY_M: Final = 100.0


def held_against_county(datasets: Sequence[Dataset], crs: str) -> list[Dataset]:
    """Hold every polygon layer against the county's survey; what was found joins its findings and its account.

    Parameters
    ----------
    datasets
        Accepted sources in the county's CRS; tables and points come back as they are.
    crs
        The county's CRS (easting, northing, metres).

    Returns
    -------
    list of Dataset
        In their order. Without a survey layer among them, as they came.

    Raises
    ------
    CRSError
        If a layer carries the shift of web maps, or most of it lies more than 5 km outside the county.
    """
    reference = county_reference(datasets, crs)
    if reference is None:
        return list(datasets)
    # Districts first: the others are held against the outline that they draw.
    order = sorted(range(len(datasets)), key=lambda n: datasets[n].options.key not in reference.district_keys)
    held = {n: _held(datasets[n], reference) for n in order}
    return [held[n] for n in range(len(datasets))]


def _held(dataset: Dataset, reference: Reference) -> Dataset:
    shapes = polygons(dataset)
    present = shapes[~shapely.is_missing(shapes)]
    key = dataset.options.key
    if not len(present):
        return dataset
    evidence: tuple[Evidence, ...] = ()
    found = []
    if key not in reference.keys:
        evidence = (shift_of(dataset, present, reference),)
        if evidence[0].decision == UNDECIDED and came_in_degrees(dataset):
            found += _hint_of_shift(dataset, present, reference)
    if key not in (reference.district_keys or reference.keys):
        found += _outside(dataset, shapes, reference)
    return replace(
        dataset,
        findings=concat_findings([dataset.findings, *found]),
        account=replace(dataset.account, evidence=(*dataset.account.evidence, *evidence)),
    )


def _hint_of_shift(dataset: Dataset, shapes: ShapeArray, reference: Reference) -> list[pd.DataFrame]:
    counts = leaves_county_by_shift(shapes, reference)
    if counts is None:
        return []
    detail = f"{counts[0]}个节点中{counts[1]}个在县外，还原后{counts[2]}个"
    return [findings("I116", dataset=dataset.options.key, detail=[detail])]


def _outside(dataset: Dataset, shapes: ShapeArray, reference: Reference) -> list[pd.DataFrame]:
    own = np.nan_to_num(shapely.area(shapes))
    beyond = areas_outside(shapes, reference.outline)
    away = (own > 0.0) & (beyond >= own)
    if away.any():
        _check_place(dataset, shapes, away, reference)
    return [*_wholly_outside(dataset, shapes, np.flatnonzero(away)), *_partly(dataset, own, beyond, away)]


def _check_place(
    dataset: Dataset, shapes: ShapeArray, away: np.typing.NDArray[np.bool_], reference: Reference
) -> None:
    """Refuse a layer most of whose shapes lie far outside the county."""
    reach = shapely.buffer(shapely.simplify(reference.outline, _ROUGHLY_M), FAR_M)
    middle = _middles(shapes[away])
    shapely.prepare(reach)
    far = int((~shapely.contains_xy(reach, middle[:, 0], middle[:, 1])).sum())
    total = int((~shapely.is_missing(shapes)).sum())
    if far > MOST * total:
        raise CRSError(
            _("{path}: {count} of {total} shapes lie more than {far:.0f} km outside the county.").format(
                path=shown(dataset.options.path.name), count=far, total=total, far=FAR_M / 1000.0
            ),
            hint=_("Check that it is this county's layer, and `crs` of the source and of the county."),
        )


def _wholly_outside(
    dataset: Dataset, shapes: ShapeArray, at: np.typing.NDArray[np.intp]
) -> list[pd.DataFrame]:
    key = dataset.options.key
    if len(at) > MANY:
        return [findings("I110", dataset=key, detail=[official("{count} shapes").format(count=len(at))])]
    if not len(at):
        return []
    middle = _middles(shapes[at])
    refs = dataset.frame[SOURCE_REF].iloc[at].tolist()
    return [findings("I110", dataset=key, feature=refs, x=middle[:, 0], y=middle[:, 1])]


def _partly(
    dataset: Dataset, own: FloatArray, beyond: FloatArray, away: np.typing.NDArray[np.bool_]
) -> list[pd.DataFrame]:
    """The layer reaches beyond the county with shapes that lie partly inside."""
    part = float(beyond[~away].sum())
    share = part / float(own.sum())
    if part < _LEAST_M2 or share < _LEAST_SHARE:
        return []
    detail = f"{part / 1e4:.2f}公顷，占图层{share:.1%}"
    return [findings("I111", dataset=dataset.options.key, detail=[detail])]


def _middles(shapes: ShapeArray) -> FloatArray:
    boxes = shapely.bounds(shapes)
    middle: FloatArray = (boxes[:, :2] + boxes[:, 2:]) / 2.0
    return middle
