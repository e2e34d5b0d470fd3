"""What a map is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import geopandas as gpd
import pandas as pd
import pyproj

from landinv.errors import CRSError, FieldMissingError, FieldValueError
from landinv.i18n import gettext as _

LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class MapContent:
    """Everything one map shows.

    Attributes
    ----------
    county_name, county_code
        The county and its six-digit code.
    as_of
        The date every derived value was computed for.
    title
        Title of the map, for example 批而未供和闲置土地分布图.
    crs
        The county's CRS (``EPSG:…``, a Gauss–Krüger zone in metres); all geometries are in it, axis order east, north.
    parcels
        Canonical parcel columns and polygons; a parcel without a shape has null or empty geometry and is listed all
        the same. Columns that are absent show as empty.
    shares
        Columns :data:`landinv.model.parcels.SHARE_COLUMNS`; areas in m².
    links
        Columns :data:`landinv.model.parcels.LINK_COLUMNS`.
    background
        Survey patches (DLBM, DLMC, QSDWMC, ZLDWMC, TBBH, polygons), or None.
    outlines
        Further polygon layers by name: townships (XZQMC), villages, approvals, supplies, planning, farmland, redline,
        boundary, zone; any other name is shown under that name.
    language
        Language of the page: ``zh`` or ``en``.
    stamp
        A line on the origin of the data, shown at the foot and in print.
    """

    county_name: str
    county_code: str
    as_of: date
    title: str
    crs: str
    parcels: gpd.GeoDataFrame
    shares: pd.DataFrame
    links: pd.DataFrame
    background: gpd.GeoDataFrame | None = None
    outlines: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    language: str = "zh"
    stamp: str = ""


def check_content(content: MapContent) -> pyproj.CRS:
    """Check what the drawing relies on, and return the county's CRS.

    Raises
    ------
    CRSError
        If ``crs`` is unknown, or a layer is in another CRS.
    FieldMissingError
        If the parcels have no ``parcel_id`` or ``kind``.
    FieldValueError
        If a parcel_id stands twice or is empty, or the language is unknown.
    """
    if content.language not in LANGUAGES:
        raise FieldValueError(
            _("The map's language is {language}; it can be zh or en.").format(language=content.language)
        )
    crs = _county_crs(content.crs)
    layers = {"parcels": content.parcels, **content.outlines}
    if content.background is not None:
        layers["background"] = content.background
    for name, frame in layers.items():
        if frame.crs is not None and frame.crs != crs:
            raise CRSError(
                _("Map layer {layer} is in {found}, not in the county's {crs}.").format(
                    layer=name, found=frame.crs.name, crs=content.crs
                ),
                hint=_("Transform the layer to the county's CRS first."),
            )
    for column in ("parcel_id", "kind"):
        if column not in content.parcels:
            raise FieldMissingError(_("The map's parcels have no column {column}.").format(column=column))
    identities = content.parcels["parcel_id"]
    wrong = identities[identities.isna() | identities.duplicated()]
    if len(wrong):
        raise FieldValueError(
            _("parcel_id {value} is empty or stands twice among the map's parcels.").format(
                value=wrong.iloc[0]
            )
        )
    return crs


def _county_crs(name: str) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_user_input(name)
    except pyproj.exceptions.CRSError as error:
        raise CRSError(
            _("{crs} is not a coordinate reference system.").format(crs=name),
            hint=_("Write it as EPSG:4525, for example."),
        ) from error
