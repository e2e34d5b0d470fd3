"""Shapefiles as a survey delivers them: GBK attributes, exact field widths, an ESRI .prj and no .cpg.

GDAL's driver chooses field widths itself, so only the geometry is written through it; the attribute
table is written here byte by byte, with a fixed date, so that the same data gives the same bytes.
"""

from __future__ import annotations

import datetime
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from .frame import to_zone

PRJ = (
    'PROJCS["CGCS2000_3_Degree_GK_Zone_37",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
    'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",37500000.0],'
    'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",111.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)
WRITTEN_ON = (2022 - 1900, 10, 10)
GBK_LANGUAGE_BYTE = 0x4D


@dataclass(frozen=True)
class Field:
    """One column of an attribute table: C text, F decimal, N integer or D date."""

    name: str
    title: str
    kind: str
    width: int
    decimals: int = 0


@dataclass(frozen=True)
class Layer:
    """A layer ready to be written: local shapes (None: no shape) with one row of values each."""

    name: str
    title: str
    fields: Sequence[Field]
    rows: pd.DataFrame
    shapes: Sequence[object]
    decimals: int = 2
    language_byte: int = GBK_LANGUAGE_BYTE
    with_prj: bool = True


def parse_fields(text: str) -> list[Field]:
    """Fields from lines of ``NAME title C18`` or ``NAME title F15.2``."""
    fields = []
    for line in text.strip().splitlines():
        name, title, form = line.split()
        width, _, decimals = form[1:].partition(".")
        fields.append(Field(name, title, form[0], int(width), int(decimals or 0)))
    return fields


def _cell(value: object, field: Field) -> bytes:
    """One value as the fixed-width bytes of its column; missing values are blanks."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)) or value == "":
        return b" " * field.width
    if field.kind == "C":
        data = str(value).encode("gbk").ljust(field.width)
    elif field.kind == "D":
        if not isinstance(value, datetime.date):
            raise TypeError(f"{field.name}: {value!r} is no date")
        data = value.strftime("%Y%m%d").encode()
    elif field.kind == "N":
        data = f"{int(float(str(value)))}".rjust(field.width).encode()
    else:
        data = f"{float(str(value)):.{field.decimals}f}".rjust(field.width).encode()
    if len(data) > field.width:
        raise ValueError(f"{field.name}: {value!r} does not fit {field.width} bytes")
    return data


def dbf_bytes(fields: Sequence[Field], rows: pd.DataFrame, language_byte: int) -> bytes:
    """A dBase III table; every value must fit its column."""
    record = 1 + sum(f.width for f in fields)
    head = struct.pack("<4BIHH", 3, *WRITTEN_ON, len(rows), 33 + 32 * len(fields), record)
    out = [head, bytes(17), bytes([language_byte]), bytes(2)]
    out += [
        struct.pack("<11sc4xBB14x", f.name.encode(), f.kind.encode(), f.width, f.decimals) for f in fields
    ]
    out.append(b"\r")
    columns = [rows[f.name].tolist() for f in fields]
    for values in zip(*columns, strict=True):
        out += [b" ", *(_cell(v, f) for v, f in zip(values, fields, strict=True))]
    return b"".join(out) + b"\x1a"


def write_layer(layer: Layer, folder: Path) -> None:
    """Write ``layer`` to ``folder`` as NAME.shp, .shx, .dbf and (mostly) .prj in EPSG:4525."""
    shapes = [None if s is None else to_zone(s, layer.decimals) for s in layer.shapes]
    path = folder / f"{layer.name}.shp"
    frame = gpd.GeoDataFrame({"n": np.arange(len(shapes))}, geometry=gpd.GeoSeries(shapes), crs="EPSG:4525")
    frame.to_file(path, engine="pyogrio", encoding="GBK", geometry_type="Polygon")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    path.with_suffix(".dbf").write_bytes(dbf_bytes(layer.fields, layer.rows, layer.language_byte))
    if layer.with_prj:
        path.with_suffix(".prj").write_text(PRJ, encoding="ascii")
    else:
        path.with_suffix(".prj").unlink(missing_ok=True)
