"""Files to checked frames: formats, archives, encodings, CRS evidence, field mapping, findings.

What land is idle is none of this room's business. The names below are loaded on first use, since the reader process
imports this package too and must start quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from landinv.intake.inspect import inspect_files
    from landinv.intake.read import read_every_column, read_source, read_sources
    from landinv.intake.source_walk import walk_sources

__all__ = ["inspect_files", "read_every_column", "read_source", "read_sources", "walk_sources"]
_MODULES = {"inspect_files": "inspect", "walk_sources": "source_walk"}


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(f"landinv.intake.{_MODULES.get(name, 'read')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
