"""The land class patches as they are after the year layers of the annual change survey."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from landinv.errors import ProjectFileError
from landinv.geometry.update import UpdateAccount, Updated, update_layer
from landinv.i18n import gettext as _
from landinv.i18n import official
from landinv.model import fields as F
from landinv.model.datasets import Dataset, Evidence
from landinv.model.findings import concat_findings, findings
from landinv.workflow.derive import Sources

BALANCE_M2: Final = 0.01
OUTSIDE_M2: Final = 1.0
# Areas as the survey stated them for the whole patch; of a part they are not true.
STATED_AREAS: Final = (F.TBMJ, F.KCMJ, F.TBDLMJ)
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")


@dataclass(frozen=True)
class _Change:
    """All year layers of one year (0: a single layer whose year nothing tells)."""

    year: int
    datasets: tuple[Dataset, ...]

    def frame(self, crs: str) -> gpd.GeoDataFrame:
        whole = pd.concat([d.frame for d in self.datasets], ignore_index=True)
        return gpd.GeoDataFrame(whole, geometry="geometry", crs=crs)


def with_year_layers(sources: Sources) -> Sources:
    """Sources whose patches are those of the latest year: each year's change put in its place, oldest first.

    Parameters
    ----------
    sources
        With the accepted patches and year layers.

    Returns
    -------
    Sources
        ``survey`` holds the patches after all changes, each with the ``source_ref`` of the record it is; patches that
        were cut have no stated areas any more. The accounts of the year layers tell what each year changed. Without
        year layers the sources as they are.

    Raises
    ------
    ProjectFileError
        If there are no patches to change, or the order of several year layers cannot be decided.
    """
    changes = sources.of(F.YEAR_LAYER)
    if not changes:
        return sources
    survey = sources.layer("dltb")
    if survey is None:
        raise ProjectFileError(
            _("[sources.{key}] changes land class patches, and there are none to change.").format(
                key=changes[0].options.key
            ),
            hint=_("Name the patches of the base year as [sources.dltb]."),
        )
    base_year = _usual_year(survey)
    told: dict[str, Dataset] = {}
    for change in _by_year(changes):
        if 0 < change.year < base_year:
            told |= {d.options.key: _left_out(d, change.year, base_year) for d in change.datasets}
            continue
        frame = change.frame(sources.crs)
        updated = update_layer(survey.geometry.array, frame.geometry.array, sources.crs)
        told |= {d.options.key: _with_account(d, change, updated) for d in change.datasets}
        survey = _after(survey, frame, updated)
    datasets = tuple(told.get(d.options.key, d) for d in sources.datasets)
    return dataclasses.replace(sources, datasets=datasets, survey=survey)


def _after(base: gpd.GeoDataFrame, change: gpd.GeoDataFrame, updated: Updated) -> gpd.GeoDataFrame:
    left = updated.base_row >= 0
    rest = pd.DataFrame(base.drop(columns="geometry")).iloc[updated.base_row[left]]
    stated = [name for name in STATED_AREAS if name in rest]
    rest = rest.assign(**{name: rest[name].mask(updated.cut[left]) for name in stated})
    new = pd.DataFrame(change.drop(columns="geometry")).iloc[updated.change_row[~left]]
    whole = pd.concat([rest, new], ignore_index=True)
    return gpd.GeoDataFrame(whole, geometry=gpd.GeoSeries(updated.geometry, crs=base.crs), crs=base.crs)


def _by_year(datasets: Sequence[Dataset]) -> list[_Change]:
    years = {d.options.key: _year_of(d) for d in datasets}
    unknown = [key for key, year in years.items() if not year]
    if unknown and len(datasets) > 1:
        raise ProjectFileError(
            _(
                "[sources.{key}]: its year is told by neither SJNF nor its name, and there are several."
            ).format(key=unknown[0]),
            hint=_('Put the year into the key, for example [sources."dltbgx.2020"].'),
        )
    return [
        _Change(year, tuple(d for d in datasets if years[d.options.key] == year))
        for year in sorted(set(years.values()))
    ]


def _year_of(dataset: Dataset) -> int:
    """The year that every record bears, else the one that the key or the file's name bears; 0 where none does."""
    said = _years(dataset.frame)
    return int(said.iloc[0]) if said.nunique() == 1 else _year_in_name(dataset)


def _years(frame: pd.DataFrame) -> pd.Series:
    years = frame[F.SJNF].dropna()
    return years[(years >= 1900) & (years < 2100)]


def _year_in_name(dataset: Dataset) -> int:
    options = dataset.options
    for text in (options.key, options.layer, options.path.stem):
        if found := _YEAR.findall(text):
            return int(found[-1])
    return 0


def _usual_year(survey: gpd.GeoDataFrame) -> int:
    """The year of most patches; 0 where they bear none."""
    usual = _years(survey).mode()
    return int(usual.iloc[-1]) if len(usual) else 0


def _left_out(dataset: Dataset, year: int, base_year: int) -> Dataset:
    found = findings(
        "I112",
        dataset=dataset.options.key,
        field=F.SJNF,
        value=str(year),
        detail=[f"基础图层为{base_year}年"],
    )
    evidence = Evidence("year layer", str(year), official("older than the patches; not applied"), 1.0)
    return _told(dataset, [found], evidence)


def _with_account(dataset: Dataset, change: _Change, updated: Updated) -> Dataset:
    account, key = updated.account, dataset.options.key
    words = official(
        "{new} new patches of {changed:.2f} m²; {cut} patches cut, their stated areas void; {replaced} replaced"
    )
    reason = words.format(
        new=int((updated.change_row >= 0).sum()),
        changed=account.change_m2,
        cut=int(updated.cut.sum()),
        replaced=len(updated.replaced),
    )
    found = [*_outside(dataset, change, account), *_unbalanced(key, account, change)]
    named = _year_in_name(dataset)
    if named and change.year and named != change.year:
        found.append(
            findings("I119", dataset=key, field=F.SJNF, value=str(change.year), detail=[f"名称为{named}年"])
        )
    return _told(dataset, found, Evidence("year layer", str(change.year or ""), reason, 1.0))


def _told(dataset: Dataset, found: Sequence[pd.DataFrame], evidence: Evidence) -> Dataset:
    account = dataclasses.replace(dataset.account, evidence=(*dataset.account.evidence, evidence))
    return dataclasses.replace(dataset, findings=concat_findings([dataset.findings, *found]), account=account)


def _outside(dataset: Dataset, change: _Change, account: UpdateAccount) -> list[pd.DataFrame]:
    """Findings of this layer's shapes that lie partly or wholly where the base has nothing."""
    before = change.datasets[: change.datasets.index(dataset)]
    first = sum(len(d.frame) for d in before)
    area = account.outside_m2[first : first + len(dataset.frame)]
    at = np.flatnonzero(area >= OUTSIDE_M2)
    if not len(at):
        return []
    rows = dataset.frame.iloc[at]
    bounds = rows.geometry.bounds
    return [
        findings(
            "I113",
            dataset=dataset.options.key,
            feature=rows["source_ref"].tolist(),
            value=[f"{a:.2f}" for a in area[at]],
            detail=[f"{a:.2f}平方米" for a in area[at]],
            x=(bounds["minx"] + bounds["maxx"]) / 2,
            y=(bounds["miny"] + bounds["maxy"]) / 2,
        )
    ]


def _unbalanced(key: str, account: UpdateAccount, change: _Change) -> list[pd.DataFrame]:
    if max(abs(account.difference_m2), account.doubled_m2) <= BALANCE_M2:
        return []
    detail = f"差额{account.difference_m2:.2f}平方米，变更图斑相互重叠{account.doubled_m2:.2f}平方米"
    return [findings("I114", dataset=key, value=str(change.year or ""), detail=[detail])]
