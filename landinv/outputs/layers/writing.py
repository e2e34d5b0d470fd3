"""An accepted layer to a new file, the format by its suffix; several files of one layer are put in place together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from landinv.disk import workshop, write_atomically
from landinv.errors import GeometryTypeError, OutputError
from landinv.i18n import gettext as _
from landinv.model.findings import findings
from landinv.outputs.layers.columns import columns_of
from landinv.outputs.layers.plain_table import write_plain_csv, write_plain_workbook
from landinv.outputs.layers.vector import GEOJSON, GEOPACKAGE, SHAPEFILE, shortened_names, write_vector

_LAYERS: Final = (GEOPACKAGE, SHAPEFILE, GEOJSON, ".parquet", ".txt")
_TABLES: Final = (GEOPACKAGE, ".csv", ".xlsx", ".parquet")
SUFFIXES: Final = tuple(dict.fromkeys((*_LAYERS, *_TABLES)))


@dataclass(frozen=True)
class Written:
    """The file written (beside the one wanted where that is open elsewhere), and what the format could not hold."""

    path: Path
    findings: tuple[pd.DataFrame, ...]


def check_suffix(path: Path) -> None:
    """Refuse a file name whose suffix no writer has.

    Raises
    ------
    OutputError
        Naming the suffixes there are.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise OutputError(
            _("{path}: no layer can be written as {suffix}.").format(path=path, suffix=path.suffix or "-"),
            hint=_("Give a name that ends in one of: {known}.").format(known=", ".join(SUFFIXES)),
        )


def write_layer(frame: pd.DataFrame, path: Path, *, dataset: str) -> Written:
    """Write a frame to a file, whole or not at all.

    Parameters
    ----------
    frame
        Shapes in their own CRS, or a plain frame.
    path
        Its suffix chooses the format: .gpkg .shp .geojson .parquet .txt (boundary points) for shapes, .csv .xlsx .gpkg
        .parquet for tables; shapes to a table lose nothing in silence: a finding says so.
    dataset
        Source key that findings are told under.

    Raises
    ------
    OutputError
        If the format cannot hold the layer, or the disk refuses.
    GeometryTypeError
        If a format for shapes is asked of a table.
    """
    suffix = path.suffix.lower()
    check_suffix(path)
    has_shapes = isinstance(frame, gpd.GeoDataFrame)
    if not has_shapes and suffix not in _TABLES:
        raise GeometryTypeError(
            _("{path}: a table has no shapes to write as {suffix}.").format(path=path, suffix=suffix),
            hint=_("Give a name that ends in one of: {known}.").format(known=", ".join(_TABLES)),
        )
    told = []
    if suffix == SHAPEFILE:
        told += _shortened(frame, dataset)
        stands = _write_shapefile(frame, path)
    else:
        if has_shapes and suffix in (".csv", ".xlsx"):
            told.append(findings("I071", dataset=dataset))
        stands = write_atomically(path, _writer(frame, suffix, path.stem))
    return Written(stands, tuple(told))


def _writer(frame: pd.DataFrame, suffix: str, layer: str) -> Callable[[Path], None]:
    if suffix == ".csv":
        return lambda target: write_plain_csv(frame, target)
    if suffix == ".xlsx":
        return lambda target: write_plain_workbook(frame, target)
    if suffix == ".parquet":
        return lambda target: frame.to_parquet(target, index=False)
    if suffix == ".txt":
        from landinv.outputs.layers.boundary_points import BoundaryPointsOptions, write_boundary_points

        return lambda target: _ignore(write_boundary_points(frame, target, options=BoundaryPointsOptions()))
    return lambda target: write_vector(frame, target, layer=layer)


def _ignore(_result: object) -> None:
    """The path is known already."""


def _write_shapefile(frame: pd.DataFrame, path: Path) -> Path:
    """The parts are made together and put in place one by one, the .shp last: without it there is no layer."""
    with workshop(path.parent) as folder:
        write_vector(frame, folder / path.name, layer=path.stem)
        parts: Sequence[Path] = sorted(folder.iterdir(), key=lambda p: p.suffix == SHAPEFILE)
        for part in parts:
            stands = write_atomically(path.with_suffix(part.suffix), _moved(part))
            if stands != path.with_suffix(part.suffix):
                raise OutputError(
                    _("{path} is open in another program.").format(path=path),
                    hint=_("Close the file in Excel or WPS and run the command again."),
                )
    return path


def _moved(made: Path) -> Callable[[Path], None]:
    def move(target: Path) -> None:
        made.replace(target)

    return move


def _shortened(frame: pd.DataFrame, dataset: str) -> list[pd.DataFrame]:
    short = shortened_names([c.name for c in columns_of(frame)])
    if not short:
        return []
    return [findings("I070", dataset=dataset, field=list(short), value=list(short.values()))]
