"""The register of a project, opened to look into it or to record a decision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from landinv import __version__
from landinv.errors import SourceMissingError
from landinv.i18n import gettext as _
from landinv.model.options import ProjectOptions
from landinv.store import Store, open_store
from landinv.workflow.project import read_project


@dataclass(frozen=True)
class Register:
    """An open register and the project it belongs to."""

    options: ProjectOptions
    store: Store

    @property
    def path(self) -> Path:
        """The register's file."""
        return Path(self.options.store)


@contextmanager
def opened(project: Path) -> Iterator[Register]:
    """Open the register of a project.

    Raises
    ------
    SourceMissingError
        If it was never written.
    LandinvError
        If the project file cannot be understood.
    """
    options = read_project(project)
    with open_store(options.store, county=options.county) as store:
        if not Path(options.store).exists():
            raise SourceMissingError(
                _("There is no register {path}.").format(path=options.store),
                hint=_("Run landinv run first, or check [store] path in the project file."),
            )
        yield Register(options, store)


def document(name: str, register: Path, **content: Any) -> dict[str, Any]:
    """A command's answer as plain JSON, ``landinv.<name>/1``."""
    return {"schema": f"landinv.{name}/1", "landinv": __version__, "register": str(register), **content}


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain JSON values: dates as ISO text, missing values as None."""
    days = {
        c: frame[c].dt.strftime("%Y-%m-%d")
        for c in frame.columns
        if pd.api.types.is_datetime64_any_dtype(frame[c].dtype)
    }
    plain = pd.DataFrame(frame).assign(**days).astype("object")
    rows = plain.where(plain.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]
