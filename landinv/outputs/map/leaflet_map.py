"""The county's map as a folium map: the page around it, the islands with its data, and the scripts that draw it."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final

import folium
import numpy as np
import pyproj
import shapely
from branca.element import Element

import landinv
from landinv.outputs.map.content import MapContent, check_content
from landinv.outputs.map.islands import Island, gzip_island, json_bytes, json_island
from landinv.outputs.map.layers import encoded_layers
from landinv.outputs.map.page import Verbatim, figure_of, render_page, save_map
from landinv.outputs.map.planes import degrees_from_plane, zone_parameters
from landinv.outputs.map.register import (
    card_specification,
    kind_specification,
    link_table,
    parcel_shapes,
    parcel_table,
    share_table,
)

HERE: Final = Path(__file__).parent
# in the order they stand in the page; each adds to the one global name ``landinv``
SCRIPTS: Final = (
    "decode", "polygons", "zone", "words", "register", "patterns", "painter", "parcels", "legend", "list", "card",
    "layers", "printing", "main",
)  # fmt: skip
_MAX_ZOOM: Final = 22
_FALLBACK_BOUNDS: Final = ((18.0, 73.0), (54.0, 135.0))  # the whole country, for a county without any shape


class LandMap(folium.Map):
    """A folium map whose ``save`` writes one safe, self-contained file; made by :func:`build_map`."""

    language = "zh"

    def save(self, outfile: str | bytes | Path | BinaryIO, close_file: bool = True, **_kwargs: Any) -> None:
        """Write the map to a path with :func:`save_map`, or its bytes to an open binary file."""
        if isinstance(outfile, (str, Path)):
            save_map(self, Path(outfile))
        elif isinstance(outfile, bytes):
            save_map(self, Path(outfile.decode()))
        else:
            outfile.write(render_page(self).encode("utf-8"))
            if close_file:
                outfile.close()


class _LandPage(Element):
    """The page's frame, islands and scripts. Its text is constant or inert and passes no template."""

    def __init__(self, map_name: str, islands: tuple[Island, ...]) -> None:
        super().__init__()
        self.map_name = map_name
        self._name = "LandPage"
        self._id = "landinv"
        self.islands = islands

    def render(self, **_kwargs: Any) -> str:
        """Lay the parts into the figure; the text that is returned is empty, as with every macro element."""
        figure = figure_of(self)
        figure.header.add_child(
            Verbatim(f"<style>\n{_text('map.css')}</style>\n", own=True), name="landinv_style"
        )
        markup = _text("frame.html") + "".join(island.markup() for island in self.islands)
        figure.html.add_child(Verbatim(markup, own=True), name="landinv_frame")
        scripts = "".join(_text(f"js/{name}.js") for name in SCRIPTS)
        start = f"landinv.start({self.map_name});"
        figure.script.add_child(Verbatim(scripts + start, own=True), name="landinv_scripts")
        return ""


def build_map(content: MapContent) -> folium.Map:
    """Build the county's map.

    Parameters
    ----------
    content
        What the map shows; nothing of it is changed.

    Returns
    -------
    folium.Map
        A map without tiles. Elements may be added to it; write it with :func:`save_map` (its own ``save`` does the
        same). The same content gives the same bytes.

    Raises
    ------
    CRSError, FieldMissingError, FieldValueError
        If the content cannot be drawn as it is (see :func:`~landinv.outputs.map.content.check_content`).
    """
    crs = check_content(content)
    bounds = _bounds(content, crs)
    center = [(bounds[0][axis] + bounds[1][axis]) / 2 for axis in (0, 1)]
    m = LandMap(location=center, zoom_start=11, tiles=None, zoom_control=False)
    m.language = content.language
    m.options["maxZoom"] = _MAX_ZOOM  # folium sets it with a tile layer only, and plugins ask for it
    m.options["fadeAnimation"] = False  # a tile that fades in is not there yet when the page is printed
    figure = figure_of(m)
    figure.title = f"{content.county_name} {_short_title(content)}"
    # folium's identities are random; the same map must be the same file
    figure._children.clear()
    figure._id, m._id, m.global_switches._id = "figure", "landinv", "switches"
    figure.add_child(m)
    m.add_child(_LandPage(m.get_name(), tuple(_islands(content, crs, bounds))))
    return m


def _islands(content: MapContent, crs: pyproj.CRS, bounds: Any) -> list[Island]:
    layers = list(encoded_layers(content, crs))
    settings = {
        "schema": "landinv.map/1",
        "version": landinv.__version__,
        "county": content.county_name,
        "county_code": content.county_code,
        "title": _short_title(content),
        "as_of": content.as_of.isoformat(),
        "stamp": content.stamp,
        "language": content.language,
        "zone": zone_parameters(crs, content.crs),
        "bounds": bounds,
        "kinds": kind_specification(content.language),
        "card": card_specification(content.language),
        "layers": [layer.description for layer in layers],
    }
    return [
        json_island("settings", settings),
        json_island("words", words(content.language)),
        json_island("parcels", parcel_table(content.parcels)),
        json_island("shares", share_table(content.shares)),
        json_island("links", link_table(content.links)),
        gzip_island("shapes", json_bytes(parcel_shapes(content.parcels))),
        *(island for layer in layers for island in layer.islands),
    ]


def _short_title(content: MapContent) -> str:
    """The title without the county's name in front, which the page shows by itself."""
    return content.title.removeprefix(content.county_name).strip() or content.title


@cache
def words(language: str) -> dict[str, str]:
    """The page's own words by key, in ``zh`` or ``en``."""
    with (HERE / "words.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row[language] for row in csv.DictReader(file)}


@cache
def _text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _bounds(content: MapContent, crs: pyproj.CRS) -> list[list[float]]:
    """South-west and north-east corner (latitude, longitude; degrees) of what the map opens on."""
    frames = [
        content.outlines.get("townships"),
        content.background,
        content.parcels,
        *content.outlines.values(),
    ]
    for frame in frames:
        shapes = np.zeros(0, object) if frame is None else np.asarray(frame.geometry.array, dtype=object)
        box = shapely.total_bounds(shapes) if len(shapes) else np.full(4, np.nan)
        if np.isfinite(box).all():
            corners = np.array([box[[0, 1]], box[[0, 3]], box[[2, 1]], box[[2, 3]]])
            degrees = np.round(degrees_from_plane(corners, crs), 7)
            low, high = degrees.min(axis=0), degrees.max(axis=0)
            return [[float(low[1]), float(low[0])], [float(high[1]), float(high[0])]]
    return [list(corner) for corner in _FALLBACK_BOUNDS]
