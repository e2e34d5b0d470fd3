"""Decisions about the register as a whole: a run undone, a copy made, a copy put back."""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landinv.disk import sha256_of
from landinv.errors import StoreDamagedError, StoreEditedError
from landinv.i18n import gettext as _
from landinv.store import Commit, backup, backup_name, open_store, overwrite
from landinv.workflow.author import Author
from landinv.workflow.project import read_project
from landinv.workflow.register import Register, document, opened


@dataclass(frozen=True)
class Undone:
    """A run that was taken back; ``commit`` says what that did to the parcels."""

    register: Path
    run: int
    commit: Commit

    def to_json(self) -> dict[str, Any]:
        """What was done as plain JSON, ``landinv.undo/1``."""
        return document("undo", self.register, run=self.run, **dataclasses.asdict(self.commit))


@dataclass(frozen=True)
class Copied:
    """A register copied: whence, whither, its last batch, the copy's hash; ``kept``: a copy of what was replaced."""

    command: str
    register: Path
    source: Path
    target: Path
    batch: int
    sha256: str
    kept: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """What was done as plain JSON, ``landinv.backup/1`` or ``landinv.restore/1``."""
        return document(
            self.command,
            self.register,
            source=str(self.source),
            target=str(self.target),
            batch=self.batch,
            sha256=self.sha256,
            kept=str(self.kept) if self.kept else None,
        )


def undo(project: Path, run: int, author: Author) -> Undone:
    """Take back what one run, import or decision did; that is an event itself, and can be undone.

    Raises
    ------
    UndoConflictError
        If what it did was built upon since.
    SourceMissingError
        If there is no such run.
    """
    with opened(project) as register:
        register.store.refuse_edits()
        state = register.store.state_without(run)
        done = register.store.commit(state, author.event(f"undo {run}"))
        return Undone(register.path, run, done)


def back_up(project: Path, target: Path | None = None) -> Copied:
    """Copy the register, also while others use it, and look whether the copy is whole.

    Parameters
    ----------
    project
        The project file.
    target
        The file to write; none: beside the register, named for its last run.

    Raises
    ------
    StoreDamagedError
        If the register is damaged; the copy is kept for whoever wants to look at it, but is no backup.
    LandinvError
        If it cannot be read, or the copy not be written.
    """
    with opened(project) as register:
        batch = _last(register)
        wanted = target or backup_name(register.path, f"backup_{batch}")
        made = backup(register.path, wanted)
        _refuse_unsound(made, register)
        return Copied("backup", register.path, register.path, made, batch, sha256_of(made))


def restore(project: Path, source: Path, author: Author) -> Copied:
    """Put a copy back in the register's place; what stood there is copied first, and the event says what was done.

    Raises
    ------
    StoreDamagedError, StoreEditedError
        If the copy is damaged, edited, or another county's.
    StoreLockedError
        If somebody holds the register; it was left as it is.
    LandinvError
        If there is no copy, or the register cannot be written.
    """
    options = read_project(project)
    target = Path(options.store)
    with tempfile.TemporaryDirectory(prefix="landinv-") as folder:
        made = backup(source, Path(folder) / source.name)
        with open_store(made, county=options.county) as store:
            register = Register(options, store)
            _refuse_unsound(made, register)
            state = store.recorded_state()
            event = author.event(
                "restore", sources={"backup": {"path": str(source), "sha256": sha256_of(source)}}
            )
            batch = store.commit(state, event, always=True).batch
        kept = _kept(target)
        overwrite(made, target)
        return Copied("restore", target, source, target, batch, sha256_of(target), kept)


def _kept(target: Path) -> Path | None:
    """A copy of what a restore replaces; of a file that is no database the bytes."""
    if not target.exists():
        return None
    name = backup_name(target, "before_restore")
    try:
        return backup(target, name)
    except StoreDamagedError:
        name.write_bytes(target.read_bytes())
        return name


def _last(register: Register) -> int:
    events = register.store.events()
    return int(events["batch"].iloc[-1]) if len(events) else 0


def _refuse_unsound(copy: Path, register: Register) -> None:
    with open_store(copy, county=register.options.county) as store:
        problems = store.verify()
    if len(problems):
        first = " ".join(str(problems.iloc[0][c]) for c in ("table", "row", "message"))
        error = StoreEditedError if set(problems["check"]) <= {"row_sums", "edits"} else StoreDamagedError
        raise error(
            _("{path} is not sound: {count} problems, such as: {first}").format(
                path=copy, count=len(problems), first=first
            ),
            hint=_("See landinv check --store; take edits back or adopt them, or choose an older backup."),
        )
