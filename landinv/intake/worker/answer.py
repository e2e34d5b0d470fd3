"""What a reader hands back: raw columns as exact text, shapes as WKB, cells with their kinds, and what was noticed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa


@dataclass(frozen=True)
class Request:
    """A staged file to read; ``title`` is its name in messages."""

    path: str
    folder: str
    title: str
    layer: str = ""
    encoding: str = ""
    driver: str = ""


@dataclass(frozen=True)
class Noticed:
    """A defect of the data that reading met: finding rule, record number from 1 (0: the file), field, value, detail."""

    rule: str
    record: int = 0
    field: str = ""
    value: str = ""
    detail: str = ""
    quarantine: bool = False

    def to_json(self) -> dict[str, Any]:
        """As the answer carries it."""
        return dict(self.__dict__)


@dataclass(frozen=True)
class Decided:
    """Evidence: what was decided, why, and how sure (0 to 1)."""

    subject: str
    decision: str
    reason: str
    confidence: float


@dataclass(frozen=True)
class Content:
    """Everything read from one file.

    ``tables`` holds one table ``layer`` (columns ``c0…`` as text, ``record``, ``geometry`` as WKB) or one per sheet;
    ``facts`` what belongs to them as plain JSON.
    """

    tables: Mapping[str, pa.Table]
    facts: Mapping[str, Any]
    noticed: tuple[Noticed, ...] = ()
    decided: tuple[Decided, ...] = field(default_factory=tuple)


def written(content: Content, request: Request) -> dict[str, Any]:
    """Write the tables as Arrow files into the private folder; returns the answer's JSON."""
    files: dict[str, str] = {}
    for number, (name, table) in enumerate(content.tables.items()):
        files[name] = f"answer{number}.arrow"
        with (
            pa.OSFile(str(Path(request.folder) / files[name]), "wb") as sink,
            pa.ipc.new_file(sink, table.schema) as writer,
        ):
            writer.write_table(table)
    return {
        "tables": files,
        "noticed": [n.to_json() for n in content.noticed],
        "decided": [dict(d.__dict__) for d in content.decided],
        **content.facts,
    }
