"""New layer files through GDAL: GeoPackage, shapefile, GeoJSON. The register is never written here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landinv.errors import OutputError
from landinv.i18n import gettext as _
from landinv.outputs.layers.columns import Column, columns_of
from landinv.outputs.layers.names import dbf_name, unique_names

GEOPACKAGE: Final = ".gpkg"
SHAPEFILE: Final = ".shp"
GEOJSON: Final = ".geojson"
_DRIVERS: Final = {GEOPACKAGE: "GPKG", SHAPEFILE: "ESRI Shapefile", GEOJSON: "GeoJSON"}
_DBF_TEXT_BYTES: Final = 254
_TYPES: Final = {
    0: "Point",
    1: "LineString",
    2: "LineString",
    3: "Polygon",
    4: "MultiPoint",
    5: "MultiLineString",
}
# A date in the file would make two runs over the same input differ.
_FIXED_DATE: Final = "2000-01-01T00:00:00.000Z"


def write_vector(frame: pd.DataFrame, path: Path, *, layer: str) -> None:
    """Write a frame as a new file of one layer, the format chosen by the suffix.

    Parameters
    ----------
    frame
        With shapes in its own CRS (easting first), or without; a plain frame becomes a GeoPackage table without shapes.
    path
        Ends in .gpkg, .shp or .geojson and does not exist.
    layer
        Name of the layer, where the format has one.

    Raises
    ------
    OutputError
        If a text does not fit a shapefile's field, or the library cannot write the file.
    """
    import pyogrio
    from pyogrio.errors import DataSourceError, FeatureError, FieldError, GeometryError

    suffix = path.suffix.lower()
    columns = columns_of(frame)
    options: dict[str, Any] = {}
    if suffix == GEOPACKAGE:
        columns, options = _for_geopackage(columns)
    elif suffix == SHAPEFILE:
        columns, options = _for_shapefile(columns, path)
    shapes = np.asarray(frame.geometry.array, dtype=object) if isinstance(frame, gpd.GeoDataFrame) else None
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _FIXED_DATE})
    try:
        pyogrio.raw.write(
            str(path),
            shapely.to_wkb(shapes) if shapes is not None else None,
            [c.values for c in columns],
            [c.name for c in columns],
            field_mask=[c.missing for c in columns],
            layer=layer,
            driver=_DRIVERS[suffix],
            geometry_type=_geometry_type(shapes, suffix) if shapes is not None else None,
            crs=_crs(frame, suffix),
            nan_as_null=True,
            **options,
        )
    except (DataSourceError, FeatureError, FieldError, GeometryError, RuntimeError, ValueError) as error:
        raise OutputError(
            _("{path} cannot be written: {reason}.").format(
                path=path.name, reason=str(error).splitlines()[0]
            ),
            hint=_("Choose another format, for example .gpkg."),
        ) from error
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def shortened_names(names: Sequence[str]) -> dict[str, str]:
    """Names that a shapefile's table must shorten, and what they become."""
    made = unique_names(names, shorten=dbf_name)
    return {name: short for name, short in zip(names, made, strict=True) if name != short}


def _crs(frame: pd.DataFrame, suffix: str) -> str | None:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
        return None
    epsg = frame.crs.to_epsg()
    return f"EPSG:{epsg}" if epsg else str(frame.crs.to_wkt())


def _geometry_type(shapes: Any, suffix: str) -> str:
    kinds = set(shapely.get_type_id(shapes[~shapely.is_missing(shapes)]).tolist())
    if suffix == SHAPEFILE:
        return _TYPES.get(min(kinds, default=3), "Polygon") if kinds - {3, 6} else "Polygon"
    if len(kinds) == 1 and kinds <= set(_TYPES):
        return _TYPES[kinds.pop()]
    return "MultiPolygon" if kinds == {6} else "Unknown"


def _for_geopackage(columns: list[Column]) -> tuple[list[Column], dict[str, Any]]:
    taken = {c.name.casefold() for c in columns}
    fid = next(n for n in ("fid", "ogc_fid", "landinv_fid") if n not in taken)
    shape = next(n for n in ("geom", "geometry", "landinv_geom") if n not in taken)
    names = unique_names((c.name for c in columns), shorten=str.__add__)
    return _renamed(columns, names), {"layer_options": {"FID": fid, "GEOMETRY_NAME": shape}}


def _for_shapefile(columns: list[Column], path: Path) -> tuple[list[Column], dict[str, Any]]:
    encoding = "gbk" if all(_fits(c, "gbk") for c in columns) else "utf-8"
    for column in columns:
        _check_lengths(column, encoding, path)
    names = unique_names((c.name for c in columns), shorten=dbf_name)
    made = [_without_bool(c) for c in _renamed(columns, names)]
    return made, {"encoding": "GBK" if encoding == "gbk" else "UTF-8"}


def _fits(column: Column, encoding: str) -> bool:
    try:
        column.name.encode(encoding)
        if column.is_text:
            "".join(v for v in column.values if v is not None).encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _check_lengths(column: Column, encoding: str, path: Path) -> None:
    if not column.is_text:
        return
    for number, value in enumerate(column.values, 1):
        if value is not None and len(value.encode(encoding)) > _DBF_TEXT_BYTES:
            raise OutputError(
                _(
                    "{path}: record {record}, field {field} has more text than a shapefile can hold ({limit} bytes)."
                ).format(path=path.name, record=number, field=column.name, limit=_DBF_TEXT_BYTES),
                hint=_("Write a .gpkg instead."),
            )


def _without_bool(column: Column) -> Column:
    if column.values.dtype != bool:
        return column
    return Column(column.name, column.values.astype(np.int32), column.missing)


def _renamed(columns: list[Column], names: list[str]) -> list[Column]:
    return [Column(name, c.values, c.missing) for c, name in zip(columns, names, strict=True)]
