"""Which reader takes which format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

from landinv.intake.worker.answer import Content, Request, written

_READERS: Final = {
    "shapefile": "shapefile", "geopackage": "geopackage", "filegdb": "filegdb", "geojson": "geojson",
    "xlsx": "workbook", "xls": "old_workbook", "csv": "csv_table",
    "boundary points": "boundary_points", "vct": "vct", "dxf": "dxf", "kml": "kml", "geoparquet": "geoparquet",
}  # fmt: skip


def read(request: Mapping[str, Any]) -> dict[str, Any]:
    """Read the requested file; returns the facts that go into the answer, tables being written beside it.

    Raises
    ------
    LandinvError
        If the file is damaged, ambiguous, or of another kind.
    """
    asked = Request(
        **{name: str(request[name]) for name in ("path", "folder", "title", "layer", "encoding", "driver")}
    )
    module = import_module(f"landinv.intake.worker.{_READERS[request['format']]}")
    reader: Callable[[Request], Content] = module.read_content
    return written(reader(asked), asked)
