"""Records that intake could not accept, as a layer a clerk can open, mend and read in again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landinv.disk import sha256_of, write_atomically
from landinv.errors import OutputError
from landinv.i18n import gettext as _
from landinv.outputs.layers.vector import write_vector

REASON: Final = "quarantine_reason"
_REF: Final = "source_ref"
_OLDER: Final = 99


def with_reasons(quarantined: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Set-aside records with the column ``quarantine_reason`` added; shapes keep what of them can be drawn.

    Parameters
    ----------
    quarantined
        Records with ``source_ref``, with shapes or without.
    found
        Findings; those of a record's ``source_ref`` with action ``quarantined`` say why, else all of that record.
    """
    why = found[found["feature"].isin(quarantined[_REF])]
    sure = why[why["action"] == "quarantined"]
    why = pd.concat([sure, why[~why["feature"].isin(sure["feature"])]])
    texts = (why["rule"] + " " + why["message"]).groupby(why["feature"]).agg("；".join).to_dict()
    told = quarantined.assign(**{REASON: [texts.get(ref, "") for ref in quarantined[_REF]]})
    if isinstance(told, gpd.GeoDataFrame):
        shapes = [_drawable(shape) for shape in np.asarray(told.geometry.array, dtype=object)]
        placed: pd.DataFrame = told.set_geometry(gpd.GeoSeries(shapes, index=told.index, crs=told.crs))
        return placed
    return told


def write_set_aside(records: pd.DataFrame, path: Path, *, layer: str) -> Path | None:
    """Write the records to a new GeoPackage, or nothing where there are none.

    A file of that name with other content may hold a clerk's mending: it is kept as ``<stem>_旧1.gpkg``.

    Returns
    -------
    Path or None
        The file written.
    """
    if not len(records):
        keep_older(path)
        return None

    def write(target: Path) -> None:
        write_vector(records, target, layer=layer)
        if path.exists() and sha256_of(path) != sha256_of(target):
            keep_older(path)

    return write_atomically(path, write)


def keep_older(path: Path) -> None:
    """Give a file that may hold a clerk's work another name, ``<stem>_旧1.gpkg``; nothing where there is none.

    Raises
    ------
    OutputError
        If there are 99 older ones already.
    """
    if not path.exists():
        return
    for number in range(1, _OLDER + 1):
        older = path.with_name(f"{path.stem}_旧{number}{path.suffix}")
        if not older.exists():
            path.rename(older)
            return
    raise OutputError(
        _("{path}: there are too many older files of this name.").format(path=path),
        hint=_("Delete or move those that are no longer needed."),
    )


def _drawable(shape: Any) -> Any:
    """The shape without its vertices that are not finite or absurdly far; none where too few are left."""
    if shape is None or shape.is_empty:
        return None
    xy: Sequence[Any] = shapely.get_coordinates(shape)
    good = (np.isfinite(xy) & (np.abs(np.nan_to_num(xy)) < 1e9)).all(axis=1)
    if good.all():
        return shape
    rings = [r for p in shapely.get_parts([shape]) for r in shapely.get_rings([p])]
    kept = []
    for ring in rings:
        points = shapely.get_coordinates(ring)
        points = points[np.isfinite(points).all(axis=1) & (np.abs(np.nan_to_num(points)) < 1e9).all(axis=1)]
        if len(points) >= 3:
            kept.append(shapely.Polygon(points))
    return shapely.MultiPolygon(kept) if kept else None
