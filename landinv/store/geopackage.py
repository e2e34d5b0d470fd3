"""The register in a GeoPackage: opened for each piece of work, changed in one transaction or not at all."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import geopandas as gpd
import pandas as pd
import pyproj

from landinv.disk import output_error
from landinv.errors import SourceMissingError, StoreDamagedError
from landinv.i18n import gettext as _
from landinv.model.corrections import no_corrections
from landinv.model.options import CountyOptions
from landinv.store import history, looking_back, verify
from landinv.store.backup import backup, backup_name
from landinv.store.chain import head
from landinv.store.commit import Change, refuse_other_base, write_change
from landinv.store.connection import change_counter, connected, errors_of, reading, writing
from landinv.store.edits import EDIT_COLUMNS, find_edits, refuse_edits, undo_edits
from landinv.store.finding_history import read_finding_history
from landinv.store.gpkg.schema import APPLICATION_ID, CHANGE_COUNTER, OLDER_VERSIONS, SCHEMA_VERSION
from landinv.store.gpkg.tables import declared_kinds, read_frame
from landinv.store.migrate import migrate
from landinv.store.network import network_type
from landinv.store.state import STATE_TABLES, Commit, Descent, Event, State

DEFAULT_TIMEOUT_S: Final = 30.0
_log = logging.getLogger(__name__)


class GeoPackageStore:
    """A store in one file; use as a context manager.

    No connection is kept between two calls, so that readers of other libraries in this process cannot drop its locks.
    A commit is refused where someone else has written since this object first read the register or the known parcels;
    then open the store anew.

    Parameters
    ----------
    path
        The file; it is made by the first commit.
    county
        Its code is written into a new store and asked of an old one; layers are in its CRS.
    timeout_s
        How long to wait for someone who holds the file, seconds.
    """

    def __init__(self, path: Path, county: CountyOptions, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        self.path = path
        self.county = county
        self.timeout_s = timeout_s
        self._crs = pyproj.CRS.from_user_input(county.crs)
        self._seen: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._seen = None

    def read_state(self) -> State | None:
        """The register as it stands; None where nothing was ever stored.

        Raises
        ------
        StoreLockedError, StoreDamagedError, OutputError
            If the file is held by someone, is no store or another county's, or cannot be opened.
        """
        with self._reading(builds_upon=True) as connection:
            if connection is None:
                return None
            frames: dict[str, Any] = {
                table: read_frame(connection, table, crs=self._crs)
                for table in STATE_TABLES
                if declared_kinds(connection, table)
            }
            return State(**frames)

    def state_after(self, batch: int) -> State:
        """The register as it stood after a batch; 0: before the first.

        Raises
        ------
        SourceMissingError
            If there is no store or no such batch, or whole states were not kept yet.
        """
        with self._looking() as connection:
            return looking_back.state_after(connection, batch, self._crs)

    def state_without(self, batch: int) -> State:
        """The register as it stands, with what one batch did taken back.

        Raises
        ------
        SourceMissingError, UndoConflictError
            If there is no such batch, or what it did was built upon since.
        """
        with self._looking(builds_upon=True) as connection:
            return looking_back.state_without(connection, batch, self._crs)

    def batch_at(self, day: str) -> int:
        """The last batch written by the end of a day (ISO date, Beijing time), by order of batches; 0: none."""
        with self._reading() as connection:
            return 0 if connection is None else looking_back.batch_at(connection, day)

    def known_parcels(self) -> gpd.GeoDataFrame:
        """Every parcel ever registered: parcel_id, family, natural_key, current, geometry (county's CRS)."""
        with self._reading(builds_upon=True) as connection:
            if connection is None:
                return history.no_known_parcels(self._crs)
            return history.read_known_parcels(connection, self._crs)

    def known_findings(self) -> pd.DataFrame | None:
        """The register's findings with their states; None where nothing was ever stored."""
        with self._reading(builds_upon=True) as connection:
            return None if connection is None else read_frame(connection, "findings", crs=self._crs)

    def known_corrections(self) -> pd.DataFrame:
        """Corrections made by hand (:data:`~landinv.model.corrections.CORRECTION_COLUMNS`)."""
        with self._reading(builds_upon=True) as connection:
            if connection is None or not declared_kinds(connection, "corrections"):
                return no_corrections()
            return read_frame(connection, "corrections", crs=self._crs)

    def commit(
        self, state: State, event: Event, *, descent: Descent | None = None, always: bool = False
    ) -> Commit:
        """Bring the store to a state, wholly or not at all; where it says all this already, touch nothing.

        Parameters
        ----------
        state
            The whole register, not a difference.
        event
            Who, when, why and from which files.
        descent
            Lineage and fates of numbers, to be remembered with this batch.
        always
            Write the event where the state is no other too.

        Raises
        ------
        StoreLockedError
            If the file is held longer than the timeout, or was changed by someone since this object first read it.
        StoreEditedError
            If another program edited it since the last batch.
        StoreDamagedError
            If the file is no store of ours, or damaged.
        OutputError
            If it cannot be written; what stood before still does.
        """
        return self._change(Change(state, event, descent or Descent(), self._seen, always))

    def refuse_edits(self) -> None:
        """Refuse to go on where another program edited the store since the last batch.

        Raises
        ------
        StoreEditedError
            If it did, or rows are damaged.
        """
        counter = change_counter(self.path)
        with self._reading() as connection:
            if connection is not None and not self._is_trusted(connection, counter):
                refuse_edits(connection, self.path)

    def edits(self) -> pd.DataFrame:
        """Values that are not as the log has them (:func:`~landinv.store.edits.find_edits`)."""
        with self._reading() as connection:
            return pd.DataFrame(columns=list(EDIT_COLUMNS)) if connection is None else find_edits(connection)

    def commit_instead_of_edits(self, state: State, event: Event) -> Commit:
        """Take back all that other programs did to the store, and bring it to a state; in one transaction.

        Raises
        ------
        StoreLockedError, StoreDamagedError, OutputError
            As :meth:`commit`.
        """
        return self._change(Change(state, event, upon=self._seen, always=True), undo=True)

    def recorded_state(self) -> State:
        """The register as the last batch left it, whatever other programs did to the file since."""
        with self._looking(builds_upon=True) as connection:
            return looking_back.state_after(connection, head(connection).batch, self._crs)

    def _change(self, change: Change, *, undo: bool = False) -> Commit:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(self.path, error) from error
        self._warn_of_network()
        self._back_up_older()
        counter = change_counter(self.path)
        change = replace(change, counter=counter)
        with connected(self.path, timeout_s=self.timeout_s, create=True) as connection:
            with writing(connection):
                is_new = not self._is_store(connection)
                if not is_new:
                    self._prepare(connection, change, undo=undo)
                    change = change if change.upon is None else replace(change, upon=head(connection).digest)
                done = write_change(connection, change, county=self.county, is_new=is_new)
                digest = head(connection).digest
            self._seen = digest
        return done

    def _warn_of_network(self) -> None:
        kind = network_type(self.path)
        if kind:
            _log.warning(
                _(
                    "%s lies on a network folder (%s): let one person write at a time, keep it out of QGIS meanwhile, "
                    "and make backups."
                ),
                self.path,
                kind,
            )

    def _prepare(self, connection: sqlite3.Connection, change: Change, *, undo: bool) -> None:
        """See that the change may be built upon what is there, and bring an older store along."""
        refuse_other_base(head(connection), change.upon)
        if undo:
            undo_edits(connection, self._crs)
        elif not self._is_trusted(connection, change.counter):
            refuse_edits(connection, self.path)
        if self._version(connection) in OLDER_VERSIONS:
            migrate(connection, by=change.event)

    def _is_trusted(self, connection: sqlite3.Connection, counter: int | None) -> bool:
        """True where nobody has written to the file since the last batch."""
        row = connection.execute("SELECT value FROM meta WHERE key = ?", (CHANGE_COUNTER,)).fetchone()
        return counter is not None and row is not None and row[0] == str(counter)

    def _back_up_older(self) -> None:
        with self._reading() as connection:
            version = None if connection is None else self._version(connection)
        if version in OLDER_VERSIONS:
            backup(self.path, backup_name(self.path, f"v{version}"), timeout_s=self.timeout_s)

    @staticmethod
    def _version(connection: sqlite3.Connection) -> str:
        (version,) = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
        return str(version)

    @contextmanager
    def _looking(self, *, builds_upon: bool = False) -> Iterator[sqlite3.Connection]:
        with self._reading(builds_upon=builds_upon) as connection:
            if connection is None:
                raise SourceMissingError(
                    _("There is no register {path}.").format(path=self.path),
                    hint=_("Run landinv run first, or check [store] path in the project file."),
                )
            yield connection

    def events(self) -> pd.DataFrame:
        """Events, oldest first: batch, uid, at, actor, command, reason, as_of, sources, counts, digests."""
        with self._reading() as connection:
            return pd.DataFrame() if connection is None else history.read_events(connection)

    def history(self, parcel_id: str) -> pd.DataFrame:
        """What happened to a parcel, oldest first; empty where it was never registered."""
        with self._reading() as connection:
            if connection is None:
                return pd.DataFrame(columns=list(history.HISTORY_COLUMNS))
            return history.read_history(connection, parcel_id)

    def lineage(self) -> pd.DataFrame:
        """Which numbers came out of which: batch, parent_id, child_id, overlap_m2 (plane)."""
        with self._reading() as connection:
            return pd.DataFrame() if connection is None else history.read_lineage(connection)

    def finding_history(self) -> pd.DataFrame:
        """What became of findings, oldest first: batch, at, actor, command, as_of, finding_id, action, by, why."""
        with self._reading() as connection:
            return pd.DataFrame() if connection is None else read_finding_history(connection)

    def verify(self) -> pd.DataFrame:
        """Problems found, one row each (check, table, row, message); empty where the store is sound or not there."""
        try:
            with self._reading() as connection:
                if connection is None:
                    return pd.DataFrame(columns=list(verify.PROBLEM_COLUMNS), dtype="str")
                return verify.verify_store(connection)
        except StoreDamagedError as error:
            return verify.unreadable(self.path, error)

    @contextmanager
    def _reading(self, *, builds_upon: bool = False) -> Iterator[sqlite3.Connection | None]:
        if not self.path.exists():
            self._remember("", builds_upon=builds_upon)
            yield None
            return
        with connected(self.path, timeout_s=self.timeout_s) as connection, reading(connection):
            is_store = self._is_store(connection)
            self._remember(head(connection).digest if is_store else "", builds_upon=builds_upon)
            yield connection if is_store else None

    def _remember(self, digest: str, *, builds_upon: bool) -> None:
        # The first reading counts: what was derived from it must not overwrite what came after it.
        if builds_upon and self._seen is None:
            self._seen = digest

    def _is_store(self, connection: sqlite3.Connection) -> bool:
        """True for a store of this county, false for an empty file; anything else is refused and left as it is."""
        with errors_of(self.path):
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if not tables:
                return False
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            ours = connection.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'meta' AND type = 'table'"
            ).fetchone()
            if application != APPLICATION_ID or not ours:
                raise StoreDamagedError(
                    _("{path} is not a store of this program.").format(path=self.path),
                    hint=_("It was left as it is. Name another file in [store] path."),
                )
            facts = dict(connection.execute("SELECT key, value FROM meta").fetchall())
        self._check_facts(facts)
        return True

    def _check_facts(self, facts: dict[str, str]) -> None:
        if facts.get("schema_version") not in (SCHEMA_VERSION, *OLDER_VERSIONS):
            raise StoreDamagedError(
                _("{path} has store version {found}; this program knows {known}.").format(
                    path=self.path, found=facts.get("schema_version"), known=SCHEMA_VERSION
                ),
                hint=_("Update the program, or restore a backup made with it."),
            )
        if facts.get("county_code") != self.county.code:
            raise StoreDamagedError(
                _("{path} is the store of county {found}, not {wanted}.").format(
                    path=self.path, found=facts.get("county_code"), wanted=self.county.code
                ),
                hint=_("Check [county] code and [store] path in the project file."),
            )
        if not self._is_own_crs(facts.get("crs", self.county.crs)):
            raise StoreDamagedError(
                _("{path} is in {found}, not in {wanted}.").format(
                    path=self.path, found=facts.get("crs"), wanted=self.county.crs
                ),
                hint=_("Check [county] crs in the project file; a store keeps the CRS it was made with."),
            )

    def _is_own_crs(self, told: str) -> bool:
        try:
            return bool(self._crs.equals(pyproj.CRS.from_user_input(told)))
        except pyproj.exceptions.CRSError:
            return False
