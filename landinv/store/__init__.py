"""The register on disk: one transaction for one change, nothing written where nothing changed.

``open_store`` gives a :class:`Store`; by default a GeoPackage that QGIS opens.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import geopandas as gpd
import pandas as pd

from landinv.errors import LandinvError
from landinv.i18n import gettext as _
from landinv.model.options import CountyOptions
from landinv.store.backup import backup, backup_name, overwrite
from landinv.store.geopackage import DEFAULT_TIMEOUT_S, GeoPackageStore
from landinv.store.gpkg.geometry import shape_of
from landinv.store.history import no_known_parcels
from landinv.store.state import Commit, Descent, Event, State

__all__ = [
    "Commit",
    "Descent",
    "Event",
    "State",
    "Store",
    "backup",
    "backup_name",
    "no_known_parcels",
    "open_store",
    "overwrite",
    "shape_of",
]

_SERVER_ADDRESSES: Final = ("postgresql://", "postgres://")


class Store(Protocol):
    """What every kind of store can do; see :class:`~landinv.store.geopackage.GeoPackageStore`."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def read_state(self) -> State | None:
        """The register as it stands; None where nothing was ever stored."""

    def known_parcels(self) -> gpd.GeoDataFrame:
        """Every parcel ever registered, for identity."""

    def known_findings(self) -> pd.DataFrame | None:
        """The register's findings with their states; None where nothing was ever stored."""

    def known_corrections(self) -> pd.DataFrame:
        """Corrections made by hand."""

    def commit(
        self, state: State, event: Event, *, descent: Descent | None = None, always: bool = False
    ) -> Commit:
        """Bring the store to a state, wholly or not at all."""

    def state_after(self, batch: int) -> State:
        """The register as it stood after a batch."""

    def state_without(self, batch: int) -> State:
        """The register with what one batch did taken back."""

    def batch_at(self, day: str) -> int:
        """The last batch written by the end of a day."""

    def refuse_edits(self) -> None:
        """Refuse to go on where another program edited the store."""

    def edits(self) -> pd.DataFrame:
        """Values that are not as the log has them."""

    def recorded_state(self) -> State:
        """The register as the last batch left it."""

    def commit_instead_of_edits(self, state: State, event: Event) -> Commit:
        """Take back what other programs did, and bring the store to a state."""

    def events(self) -> pd.DataFrame:
        """Events, oldest first."""

    def history(self, parcel_id: str) -> pd.DataFrame:
        """What happened to a parcel, oldest first."""

    def lineage(self) -> pd.DataFrame:
        """Which numbers came out of which."""

    def finding_history(self) -> pd.DataFrame:
        """What became of findings, oldest first."""

    def verify(self) -> pd.DataFrame:
        """Problems found, one row each."""


def open_store(path: str | Path, *, county: CountyOptions, timeout_s: float = DEFAULT_TIMEOUT_S) -> Store:
    """Open the store a project file names; nothing is made before the first commit.

    Parameters
    ----------
    path
        A file, or a ``postgresql://`` address.
    county
        The county whose register this is.
    timeout_s
        How long to wait for someone who holds the store, seconds.

    Raises
    ------
    LandinvError
        If the address is a database server's: this version keeps the register in a file.
    """
    if str(path).startswith(_SERVER_ADDRESSES):
        raise LandinvError(
            _(
                "[store] path is the address of a database server; this version keeps the register in a file only."
            ),
            hint=_("Name a GeoPackage, such as layers/inventory.gpkg."),
        )
    return GeoPackageStore(Path(path), county, timeout_s=timeout_s)
