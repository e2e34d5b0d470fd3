"""Boundary-point text (勘测定界界址点) of a polygon layer, as the land-use approval filing takes it.

Source: the exchange text of the ministry's approval filing; where offices differ, the strictest reader's wish is met.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landinv.disk import write_atomically
from landinv.errors import CRSError, FieldMissingError, GeometryTypeError, OutputError
from landinv.i18n import gettext as _
from landinv.model.crs import Zone, zone_of_epsg
from landinv.model.units import AREA_FACTORS, round_half_up

_LINE_END: Final = "\r\n"
_AREA_DECIMALS: Final = {"m2": 2, "ha": 4}
_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "number": ("地块编号", "parcel_code", "parcel_id", "BSM"),
    "name": ("地块名称", "project_name", "XMMC"),
    "sheet": ("图幅号",),
    "use": ("地块用途", "planned_use", "land_use", "DLMC"),
    "class_code": ("地类编码", "landclass_code", "DLBM"),
}
# A comma would add a column, a line end a row, and the sign at the end marks a parcel line.
_UNSAFE: Final = str.maketrans(",@\r\n\t", "，＠   ")


@dataclass(frozen=True)
class BoundaryPointsOptions:
    """How to write boundary points.

    ``number``, ``name``, ``sheet``, ``use`` and ``class_code`` name the columns of 地块编号, 地块名称, 图幅号, 地块用途
    and 地类编码; empty: the first usual one that is there, else nothing (a running number for 地块编号). ``area_unit``
    is m2 (two decimals) or ha (four); ``decimals`` of the coordinates is 3 or 4. ``header`` replaces or adds values of
    ［属性描述］, ``project`` those of ［项目信息］, which is left out where empty.
    """

    number: str = ""
    name: str = ""
    sheet: str = ""
    use: str = ""
    class_code: str = ""
    area_unit: str = "m2"
    decimals: int = 4
    header: Mapping[str, str] = field(default_factory=dict)
    project: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.area_unit not in _AREA_DECIMALS or self.decimals not in (3, 4):
            raise ValueError(f"no way to write: area in {self.area_unit}, {self.decimals} decimals")


def write_boundary_points(
    frame: gpd.GeoDataFrame, path: Path, *, options: BoundaryPointsOptions | None = None
) -> Path:
    """Write polygons as boundary points: GBK, CRLF, closed rings, northing before easting, easting with its zone.

    Each part of a multipolygon becomes a parcel of its own, its number with ``-1``, ``-2`` … added. The area is the
    plane one of the coordinates written, in ``area_unit``, rounded half up; exteriors run clockwise, holes follow
    them with ring numbers from 2.

    Parameters
    ----------
    frame
        Polygons in a CGCS2000 Gauss–Krüger zone, metres; with or without the zone number in the easting.
    path
        The file wanted.
    options
        Columns, units and header.

    Returns
    -------
    Path
        The file actually written.

    Raises
    ------
    CRSError
        If the frame is in no such zone.
    GeometryTypeError
        If a row has no polygon.
    FieldMissingError
        If a column that the options name is not there.
    OutputError
        If a text cannot be written in GB18030, or the file cannot be written.
    """
    options = options or BoundaryPointsOptions()
    zone = _zone(frame)
    _check_polygons(frame)
    lines = [*_header(options, zone), "[地块坐标]", *_parcels(frame, options, zone)]
    body = _encoded(_LINE_END.join(lines) + _LINE_END, path)
    return write_atomically(path, lambda made: _write(made, body))


def _write(made: Path, body: bytes) -> None:
    made.write_bytes(body)


def _zone(frame: gpd.GeoDataFrame) -> Zone:
    code = frame.crs.to_epsg() if frame.crs is not None else None
    zone = zone_of_epsg(f"EPSG:{code}") if code else None
    if zone is None:
        raise CRSError(
            _("Boundary points (界址点) need a Gauss–Krüger zone of CGCS2000; the layer is in {crs}.").format(
                crs=frame.crs.name if frame.crs is not None else "-"
            ),
            hint=_("Bring the layer into the county's zone first, such as EPSG:4525."),
        )
    return zone


def _check_polygons(frame: gpd.GeoDataFrame) -> None:
    shapes = np.asarray(frame.geometry.array, dtype=object)
    wrong = np.flatnonzero(~np.isin(shapely.get_type_id(shapes), (3, 6)) | shapely.is_empty(shapes))
    if len(wrong):
        raise GeometryTypeError(
            _("Row {row} of the layer has no polygon (面), {count} such rows in all.").format(
                row=int(wrong[0]) + 1, count=len(wrong)
            ),
            hint=_("Leave out the rows without a polygon before writing boundary points."),
        )


def _header(options: BoundaryPointsOptions, zone: Zone) -> Iterator[str]:
    if options.project:
        yield "[项目信息]"
        yield from (f"{_safe(k)}={_one_line(v)}" for k, v in options.project.items())
    told = {
        "格式版本号": "", "数据产生单位": "", "数据产生日期": "", "坐标系": "2000国家大地坐标系",
        "几度分带": str(zone.width), "投影类型": "高斯克吕格", "计量单位": "米", "带号": str(zone.number),
        "精度": f"{10.0**-options.decimals:.{options.decimals}f}", "转换参数": "0,0,0,0,0,0,0",
    }  # fmt: skip
    yield "[属性描述]"
    yield from (f"{_safe(k)}={_one_line(v)}" for k, v in {**told, **options.header}.items())


def _one_line(value: object) -> str:
    return " ".join(str(value).split())


def _safe(value: object) -> str:
    return "" if pd.isna(value) else str(value).translate(_UNSAFE).strip()  # type: ignore[call-overload]


def _parcels(frame: gpd.GeoDataFrame, options: BoundaryPointsOptions, zone: Zone) -> Iterator[str]:
    texts = {name: _column(frame, name, getattr(options, name)) for name in _COLUMNS}
    parts, rows = shapely.get_parts(np.asarray(frame.geometry.array, dtype=object), return_index=True)
    several = np.bincount(rows, minlength=len(frame)) > 1
    shift = np.array([0.0 if zone.prefixed else zone.number * 1e6, 0.0])
    parts = shapely.transform(
        shapely.orient_polygons(parts, exterior_cw=True), lambda xy: _rounded(xy + shift, options)
    )
    areas = round_half_up(
        shapely.area(parts) / AREA_FACTORS[options.area_unit], _AREA_DECIMALS[options.area_unit]
    )
    nth: dict[int, int] = {}
    # A text file is lines: each part is written by itself.
    for part, row, area in zip(parts, rows.tolist(), areas.tolist(), strict=True):
        nth[row] = nth.get(row, 0) + 1
        number = texts["number"][row] or str(row + 1)
        points = list(_points(part, options.decimals))
        yield ",".join(
            [
                str(len(points)), f"{area:.{_AREA_DECIMALS[options.area_unit]}f}",
                f"{number}-{nth[row]}" if several[row] else number, texts["name"][row], "面",
                texts["sheet"][row], texts["use"][row], texts["class_code"][row], "@",
            ]
        )  # fmt: skip
        yield from points


def _rounded(xy: np.ndarray, options: BoundaryPointsOptions) -> np.ndarray:
    return np.round(xy, options.decimals)


def _column(frame: gpd.GeoDataFrame, name: str, asked: str) -> Sequence[str]:
    if asked and asked not in frame.columns:
        raise FieldMissingError(
            _("The layer has no column {column} for {field}.").format(column=asked, field=name),
            hint=_("The layer has: {names}.").format(names=", ".join(map(str, frame.columns))),
        )
    column = asked or next((c for c in _COLUMNS[name] if c in frame.columns), "")
    return [_safe(v) for v in frame[column]] if column else [""] * len(frame)


def _points(part: shapely.Polygon, decimals: int) -> Iterator[str]:
    """Point lines of a polygon; numbers run on over the rings, a ring's last point is its first once more."""
    number = 1
    for ring, line in enumerate([part.exterior, *part.interiors], start=1):
        xy = shapely.get_coordinates(line)
        last = len(xy) - 1
        for at, (easting, northing) in enumerate(xy.tolist()):
            name = number + (at if at < last else 0)
            yield f"J{name},{ring},{northing:.{decimals}f},{easting:.{decimals}f}"
        number += last


def _encoded(text: str, path: Path) -> bytes:
    """GBK, or GB18030 where a rare character needs its four bytes; the two agree on everything else."""
    try:
        return text.encode("gb18030")
    except UnicodeEncodeError as error:
        raise OutputError(
            _("{path} cannot be written: the character {character} is not in GB18030 (编码).").format(
                path=path, character=ascii(text[error.start])
            ),
            hint=_("Correct that character in the layer; it is damaged text."),
        ) from error
