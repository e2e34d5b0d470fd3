"""What the store holds and what is told to it: a state of the register, an event, and what became of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from landinv.model.corrections import no_corrections
from landinv.model.findings import no_findings
from landinv.model.parcels import LINK_COLUMNS, SHARE_COLUMNS

FEATURE_TABLES: Final = ("parcels", "approvals", "supplies", "slivers")
ATTRIBUTE_TABLES: Final = ("findings", "shares", "links", "corrections")
STATE_TABLES: Final = (*FEATURE_TABLES, *ATTRIBUTE_TABLES)
ADDED: Final = "added"
REMOVED: Final = "removed"
CHANGED: Final = "changed"


def _no_features() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[])


def _no_shares() -> pd.DataFrame:
    return pd.DataFrame({c: pd.Series(dtype="float64" if c == "area_m2" else "str") for c in SHARE_COLUMNS})


def _no_links() -> pd.DataFrame:
    return pd.DataFrame({c: pd.Series(dtype="float64" if c == "score" else "str") for c in LINK_COLUMNS})


@dataclass(frozen=True)
class State:
    """The whole register at one time, a frame for each layer and table of the store.

    The layers are GeoDataFrames in the county's CRS (polygons, or null). ``parcels`` has the canonical columns and
    ``natural_key``; ``parcel_id`` names a row. Any further column is kept too. As read from the store text is ``str``
    with NaN, dates are ``datetime64[s]``, integers ``Int64``, truth values ``boolean``; the index is 0..n-1.
    """

    parcels: gpd.GeoDataFrame
    approvals: gpd.GeoDataFrame = field(default_factory=_no_features)
    supplies: gpd.GeoDataFrame = field(default_factory=_no_features)
    slivers: gpd.GeoDataFrame = field(default_factory=_no_features)
    findings: pd.DataFrame = field(default_factory=no_findings)
    shares: pd.DataFrame = field(default_factory=_no_shares)
    links: pd.DataFrame = field(default_factory=_no_links)
    corrections: pd.DataFrame = field(default_factory=no_corrections)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Frames by the name of their layer or table."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}


@dataclass(frozen=True)
class Event:
    """Who changes the register, when, why and from which files.

    ``at`` is an ISO time with seconds (without an offset it is Beijing time), ``as_of`` the ISO date the rules were
    applied for, ``sources`` maps source keys to the SHA-256 of their files, or to a mapping of ``path`` and ``sha256``.
    """

    at: str
    actor: str
    command: str
    reason: str = ""
    as_of: str = ""
    sources: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Commit:
    """What a commit did: its batch (the last one's where nothing was written), and counts of parcels."""

    batch: int
    added: int
    removed: int
    changed: int
    written: bool


@dataclass(frozen=True)
class Descent:
    """Where parcels came from: lineage rows (parent_id, child_id, overlap_m2) and the fate of each number.

    ``fates`` maps parcel_id to kept, reshaped, split, merged or new; a number that is gone is told by the store.
    """

    lineage: pd.DataFrame | None = None
    fates: Mapping[str, str] = field(default_factory=dict)
