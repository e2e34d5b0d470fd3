"""Who changes the register, and why."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from landinv.store import Event


@dataclass(frozen=True)
class Author:
    """A person by name (empty: the system's user) and the reason given."""

    by: str = ""
    why: str = ""

    def event(
        self, command: str, *, as_of: date | None = None, sources: Mapping[str, Any] | None = None
    ) -> Event:
        """The event of a command now."""
        return Event(
            at=datetime.now().astimezone().isoformat(timespec="seconds"),
            actor=self.by.strip() or getpass.getuser(),
            command=command,
            reason=self.why.strip(),
            as_of=as_of.isoformat() if as_of else "",
            sources=sources or {},
        )
