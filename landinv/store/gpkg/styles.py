"""Styles for QGIS inside the file: a layer opens with them, without a project (table ``layer_styles``)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import quoteattr

from landinv.model.parcels import kinds
from landinv.store.columns import GEOM
from landinv.store.gpkg.aliases import titles

LAYER_STYLES: Final = "layer_styles"
_NAME: Final = "landinv"
# As QGIS and GDAL make the table themselves.
_CREATE: Final = f"""
CREATE TABLE {LAYER_STYLES} (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
  f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT,
  styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)
"""
_OUTLINES: Final = {"approvals": "#6A3D9A", "supplies": "#1B7837", "slivers": "#B2182B"}
_PATTERNS: Final = {"solid": "solid", "dots": "dense5", "hatch": "b_diagonal", "cross": "diagonal_x"}


def create_styles(connection: sqlite3.Connection, *, at: str) -> None:
    """Make the table with a default style for each layer; a style the bureau gave already stays the default."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (LAYER_STYLES,)).fetchone():
        connection.execute(_CREATE)
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change)"
            " VALUES (?, 'attributes', ?, ?)",
            (LAYER_STYLES, LAYER_STYLES, at),
        )
    styled = {
        name
        for (name,) in connection.execute(
            f"SELECT f_table_name FROM {LAYER_STYLES} WHERE useAsDefault = 1"
        ).fetchall()
    }
    connection.executemany(
        f"INSERT INTO {LAYER_STYLES} (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
        " styleQML, styleSLD, useAsDefault, description, owner, update_time)"
        " VALUES ('', '', ?, ?, ?, ?, '', ?, ?, '', ?)",
        [
            (layer, GEOM, _NAME, qml, layer not in styled, "landinv", at)
            for layer, qml in {
                "parcels": parcels_qml(),
                **{layer: outline_qml(colour, layer) for layer, colour in _OUTLINES.items()},
            }.items()
        ],
    )


def parcels_qml() -> str:
    """Parcels coloured by kind as on the map, with their Chinese titles in the legend and the table of attributes."""
    shown = list(kinds().values())
    categories = "".join(
        f'<category render="true" symbol="{n}" value={quoteattr(k.name)} label={quoteattr(k.zh)}/>'
        for n, k in enumerate(shown)
    )
    symbols = "".join(
        _symbol(str(n), _fill(k.colour, _PATTERNS.get(k.pattern, "solid"), "0.35"))
        for n, k in enumerate(shown)
    )
    return _qml(
        f'<renderer-v2 type="categorizedSymbol" attr="kind" symbollevels="0" enableorderby="0" forceraster="0">'
        f"<categories>{categories}</categories><symbols>{symbols}</symbols></renderer-v2>",
        "parcels",
    )


def outline_qml(colour: str, layer: str) -> str:
    """An outline without filling, with Chinese titles in the table of attributes."""
    return _qml(
        '<renderer-v2 type="singleSymbol" symbollevels="0" enableorderby="0" forceraster="0"><symbols>'
        + _symbol("0", _fill(colour, "no", "0.5"))
        + "</symbols></renderer-v2>",
        layer,
    )


def _qml(renderer: str, layer: str) -> str:
    # QGIS of before GDAL 3.7 does not read titles from gpkg_data_columns; from a style every QGIS does.
    aliases = "".join(
        f"<alias field={quoteattr(name)} name={quoteattr(zh)}/>" for name, (zh, _en) in titles(layer).items()
    )
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        f'<qgis version="3.22.0">{renderer}<aliases>{aliases}</aliases></qgis>'
    )


def _symbol(name: str, properties: Iterable[tuple[str, str]]) -> str:
    pairs = list(properties)
    options = "".join(f'<Option type="QString" name="{k}" value="{v}"/>' for k, v in pairs)
    older = "".join(f'<prop k="{k}" v="{v}"/>' for k, v in pairs)
    return (
        f'<symbol type="fill" name="{name}" alpha="1" force_rhr="0" clip_to_extent="1">'
        f'<layer class="SimpleFill" pass="0" locked="0" enabled="1"><Option type="Map">{options}</Option>{older}'
        "</layer></symbol>"
    )


def _fill(colour: str, style: str, width_mm: str) -> list[tuple[str, str]]:
    channels = [int(colour[n : n + 2], 16) for n in (1, 3, 5)]
    solid = ",".join(map(str, channels))
    return [
        ("color", f"{solid},170" if style == "solid" else f"{solid},255"),
        ("style", style),
        ("outline_color", f"{solid},255"),
        ("outline_style", "solid"),
        ("outline_width", width_mm),
        ("outline_width_unit", "MM"),
    ]
