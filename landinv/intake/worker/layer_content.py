"""Content of a layer that GDAL read: shapes, text columns, type and CRS."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from landinv.i18n import gettext as _
from landinv.intake.worker.answer import Content, Decided, Noticed, Request
from landinv.intake.worker.gdal_reader import as_text


def layer_content(
    request: Request,
    read: tuple[dict[str, Any], pa.Table],
    layer: str,
    *,
    encoding: str,
    noticed: list[Noticed],
) -> Content:
    """Put together what a bulk read gave; records are numbered from 1 in file order, ``encoding`` is the format's."""
    meta, table = read
    arrays, columns = as_text(table, meta["fields"].tolist(), request)
    name = meta["geometry_name"] or "wkb_geometry"
    if name in table.column_names:
        shapes = table.column(name).combine_chunks().cast(pa.binary())
    else:
        shapes = pa.nulls(table.num_rows, pa.binary())
    whole = pa.Table.from_arrays(
        [pa.array(np.arange(1, table.num_rows + 1)), shapes, *arrays],
        names=["record", "geometry", *(f"c{i}" for i in range(len(arrays)))],
    )
    facts = {
        "layer": layer,
        "columns": columns,
        "declared": table.num_rows,
        "encoding": encoding,
        "geometry": str(meta.get("geometry_type") or "null"),
        "is_table": meta.get("geometry_type") is None,
        "prj": meta.get("crs"),
    }
    decided = Decided("encoding", encoding, _("fixed by the format"), 1.0)
    return Content({"layer": whole}, facts, tuple(noticed), (decided,))
