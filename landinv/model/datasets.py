"""What intake hands over: an accepted frame with its account, and the features it could not accept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from landinv.model.options import SourceOptions


@dataclass(frozen=True)
class Evidence:
    """How something was decided: what, the decision, the reason, and a confidence from 0 to 1."""

    subject: str
    decision: str
    reason: str
    confidence: float


@dataclass(frozen=True)
class SourceAccount:
    """Every record of a source accounted for: ``declared == ok + repaired + quarantined`` (+ left out totals rows).

    ``crs`` is the CRS the file was read in (``EPSG:…`` or empty for a table); ``fields`` maps canonical names to the
    file's own.
    """

    key: str
    role: str
    path: str
    sha256: str
    encoding: str
    crs: str
    declared: int
    ok: int
    repaired: int
    quarantined: int
    evidence: tuple[Evidence, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Dataset:
    """An accepted source.

    ``frame`` has the role's canonical (or the survey's own) columns plus ``source_ref`` (``dltb#12``: source key and
    record number from 1, or worksheet row). With shapes it is a GeoDataFrame in the county's CRS (easting, northing,
    metres), index 0..n-1; without, a plain frame. Text is pandas ``str`` with NaN for missing; dates are
    ``datetime64[s]``; areas are m²; money is 万元; numbers are float64.
    """

    options: SourceOptions
    frame: gpd.GeoDataFrame | pd.DataFrame
    account: SourceAccount
    quarantined: gpd.GeoDataFrame | pd.DataFrame
    findings: pd.DataFrame
