"""Boundary-point text to polygons: rings by containment, axes by size, counts and areas held against the points."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from landinv.errors import CRSError
from landinv.i18n import gettext as _
from landinv.i18n import official
from landinv.intake.worker.answer import Content, Decided, Noticed, Request
from landinv.intake.worker.boundary_header import declared_crs
from landinv.intake.worker.boundary_text import POLYGON, BoundaryText, parse_boundary_text
from landinv.intake.worker.plain_text import read_plain_text
from landinv.intake.worker.rings import Rings, polygons_from_rings, wkb_array
from landinv.model.crs import NORTHING_RANGE_M
from landinv.model.units import AREA_FACTORS

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

COLUMNS: Final = (
    ("地块编号", "number"), ("地块名称", "name"), ("地块面积", "area"), ("图形属性", "kind"), ("图幅号", "sheet"),
    ("地块用途", "use"), ("地类编码", "class_code"), ("界址点数", "count"), ("描述", "remark"),
)  # fmt: skip
_UNITS: Final = {"m2": "平方米", "ha": "公顷", "mu": "亩"}
_AREA: Final = re.compile(r"([0-9]*\.?[0-9]+)\s*(平方米|㎡|m2|m²|公顷|hm2|hm²|ha|亩)?$", re.IGNORECASE)
_NEAR: Final = 0.01
# Coordinates are written to the millimetre or a tenth of it: ends this close are one point.
_SAME_POINT_M: Final = 0.002


def read_content(request: Request) -> Content:
    """Read staged boundary-point text; each parcel is a record.

    Raises
    ------
    UnreadableFileError
        If a line cannot be understood.
    EncodingUndecidedError
        If the encoding cannot be decided.
    CRSError
        If the coordinates are degrees.
    """
    source = read_plain_text(request)
    text = parse_boundary_text(source.text, title=request.title)
    points = _points(text, request)
    shapes = polygons_from_rings(points.rings, len(text.parcels))
    areas = _areas(text, shapes)
    prj, doubts = declared_crs(text.header, points.prefix)
    noticed = [
        *source.noticed,
        *points.noticed,
        *areas.noticed,
        *doubts,
        *_judged(text, shapes, areas, points),
    ]
    decided = (*source.decided, *areas.decided)
    table, columns = _table(text, shapes, areas.unit)
    facts = {
        "layer": "", "columns": columns, "declared": len(text.parcels), "encoding": source.encoding,
        "geometry": "polygon", "prj": prj,
    }  # fmt: skip
    return Content({"layer": table}, facts, tuple(noticed), decided)


@dataclass(frozen=True)
class _Points:
    """Rings in easting and northing, the zone prefix of most eastings, doubts, and parcels with mixed axes."""

    rings: Rings
    prefix: int
    noticed: tuple[Noticed, ...]
    mixed: BoolArray


def _points(text: BoundaryText, request: Request) -> _Points:
    x, y = np.array(text.x, dtype=float), np.array(text.y, dtype=float)
    if len(x) and ((np.abs(x) <= 180) & (np.abs(y) <= 180)).mean() > 0.5:
        raise CRSError(
            _(
                "{path}: the coordinates are degrees (度), such as ({x}, {y}); boundary points are metres."
            ).format(path=request.title, x=text.x[0], y=text.y[0]),
            hint=_("Export them again in the 3-degree zone of the county."),
        )
    count = len(text.parcels)
    owner = np.repeat(np.arange(count), _sizes([p.first_point for p in text.parcels], len(x)))
    swapped = _is_northing(y) & _is_easting(x)
    share = np.bincount(owner, swapped, count) / np.maximum(np.bincount(owner, minlength=count), 1)
    exchanged, mixed = share == 1.0, (share > 0.0) & (share < 1.0)
    noticed = _swaps(text, exchanged, mixed)
    turn = exchanged[owner]
    east, north = np.where(turn, x, y), np.where(turn, y, x)
    sizes = _sizes(text.ring_starts, len(x))
    first_rings = [p.first_ring for p in text.parcels]
    records = np.repeat(np.arange(count), _sizes(first_rings, len(sizes)))
    prefixes = np.floor(east[_is_easting(east) & (east >= 1e7)] / 1e6).astype(np.int64)
    prefix = int(np.bincount(prefixes).argmax()) if len(prefixes) > len(x) / 2 else 0
    return _Points(Rings(np.column_stack([east, north]), sizes, records), prefix, tuple(noticed), mixed)


def _sizes(starts: list[int], total: int) -> npt.NDArray[np.int64]:
    edges = np.array([*starts, total] if starts else [0], dtype=np.int64)
    sizes: npt.NDArray[np.int64] = edges[1:] - edges[:-1]
    return sizes


def _is_northing(values: FloatArray) -> BoolArray:
    result: BoolArray = (values >= NORTHING_RANGE_M[0]) & (values <= NORTHING_RANGE_M[1])
    return result


def _is_easting(values: FloatArray) -> BoolArray:
    """Six digits without a zone number, or eight with one of 13 to 45."""
    result: BoolArray = ((values >= 1e5) & (values < 1e6)) | ((values >= 13e6) & (values < 46e6))
    return result


def _swaps(text: BoundaryText, exchanged: BoolArray, mixed: BoolArray) -> list[Noticed]:
    noticed = [
        Noticed("I082", number + 1, "", "", "同一地块内写法不一，该记录未采用", quarantine=True)
        for number in np.flatnonzero(mixed).tolist()
    ]
    if exchanged.all() and len(exchanged):
        return [*noticed, Noticed("I082", detail=f"全部{len(exchanged)}个地块")]
    return noticed + [
        Noticed("I082", n + 1, "", "", _where(text, n)) for n in np.flatnonzero(exchanged).tolist()
    ]


def _where(text: BoundaryText, parcel: int) -> str:
    return f"第{text.parcels[parcel].line}行"


@dataclass(frozen=True)
class _Areas:
    """Unit of the declared areas (empty: undecided), which parcels' areas are confirmed by their shapes, and doubts."""

    unit: str
    confirmed: BoolArray
    noticed: tuple[Noticed, ...]
    decided: tuple[Decided, ...]


def _areas(text: BoundaryText, shapes: npt.NDArray[np.object_]) -> _Areas:
    """Declared areas against plane areas of the points: within one in a hundred, or half of the last decimal given."""
    told = [_AREA.match(p.fields.area) for p in text.parcels]
    values = np.array([float(m.group(1)) if m else np.nan for m in told])
    steps = np.array([0.5 * 10.0 ** -len(m.group(1).partition(".")[2]) if m else np.nan for m in told])
    plane = shapely.area(shapes)
    with np.errstate(invalid="ignore"):
        known = (values > 0) & (plane > 0)
        near = {
            unit: known
            & (np.abs(values * AREA_FACTORS[unit] - plane) <= np.maximum(_NEAR * plane, steps * AREA_FACTORS[unit]))
            for unit in _UNITS
        }  # fmt: skip
    own = np.array([m is not None and m.group(2) is not None for m in told], dtype=bool)
    counts = {unit: int((near[unit] & ~own).sum()) for unit in _UNITS}
    unit = max(counts, key=lambda u: counts[u])
    if not counts[unit] or sorted(counts.values())[-2] == counts[unit]:
        unit = ""
    any_unit = np.logical_or.reduce(list(near.values()))
    confirmed: BoolArray = np.where(own, any_unit, near[unit] if unit else any_unit)
    noticed = tuple(
        Noticed("I081", n + 1, "地块面积", text.parcels[n].fields.area, f"图形面积{plane[n]:.2f}平方米")
        for n in np.flatnonzero(known & ~confirmed).tolist()
    )
    asked = int((known & ~own).sum())
    if not asked:
        return _Areas("", confirmed, noticed, ())
    reason = official("{count} of {total} declared areas agree with their points").format(
        count=counts[unit] if unit else 0, total=asked
    )
    share = counts[unit] / asked if unit else 0.0
    return _Areas(
        unit, confirmed, noticed, (Decided("unit of 地块面积", unit or "-", reason, round(share, 2)),)
    )


def _judged(
    text: BoundaryText, shapes: npt.NDArray[np.object_], areas: _Areas, points: _Points
) -> list[Noticed]:
    """Doubts about each parcel, in file order; the loop is over parcels, whose texts must be read one by one."""
    torn = _torn(text)
    rows = _open_and_closed(text)
    noticed = []
    for at, parcel in enumerate(text.parcels):
        where = _where(text, at)
        fields = parcel.fields
        if fields.oddity:
            noticed.append(
                Noticed("I088", at + 1, "", "", f"{where}：{fields.oddity}", quarantine=not fields.kind)
            )
        if fields.kind not in (POLYGON, ""):
            noticed.append(Noticed("I015", at + 1, "图形属性", fields.kind, where, quarantine=True))
        elif shapes[at] is None and not points.mixed[at]:
            noticed.append(Noticed("I087", at + 1, "", str(parcel.rows), where, quarantine=True))
        elif at in torn:
            noticed.append(Noticed("I089", at + 1, "", "", f"{where}起；{torn[at]}", quarantine=True))
        count = fields.count
        if not (count.isascii() and count.isdigit() and int(count[:9]) in rows[at]):
            detail = f"{where}写明{count or '空'}点，实有{parcel.rows}行"
            unsure = fields.kind == POLYGON and not areas.confirmed[at]
            noticed.append(Noticed("I080", at + 1, "界址点数", count, detail, quarantine=unsure))
    if text.wide_commas:
        lines = f"第{text.wide_commas[0]}行等{len(text.wide_commas)}行"
        noticed.append(Noticed("I086", detail=lines))
    return noticed


def _open_and_closed(text: BoundaryText) -> list[set[int]]:
    """For each parcel the numbers of points that its line may rightly give: rows, or corners."""
    starts = np.array([*text.ring_starts, len(text.x)], dtype=np.int64)
    xy = np.column_stack([np.array(text.x, dtype=float), np.array(text.y, dtype=float)])
    closed = np.array(
        [b - a > 1 and bool((xy[a] == xy[b - 1]).all()) for a, b in pairwise(starts.tolist())], dtype=bool
    )
    allowed = []
    for at, parcel in enumerate(text.parcels):
        last = text.parcels[at + 1].first_ring if at + 1 < len(text.parcels) else len(closed)
        allowed.append({parcel.rows, parcel.rows - int(closed[parcel.first_ring : last].sum())})
    return allowed


def _torn(text: BoundaryText) -> dict[int, str]:
    """Parcels whose points look cut: ends of one name at two places, or a last number shorter than all others."""
    torn: dict[int, str] = {}
    owners = np.repeat(
        np.arange(len(text.parcels)), _sizes([p.first_ring for p in text.parcels], len(text.ring_starts))
    )
    ends = [*text.ring_starts[1:], len(text.x)]
    for owner, start, end in zip(owners.tolist(), text.ring_starts, ends, strict=False):
        gap = max(abs(text.x[start] - text.x[end - 1]), abs(text.y[start] - text.y[end - 1]))
        name = text.names[start]
        if end - start > 3 and name and name == text.names[end - 1] and gap > _SAME_POINT_M:
            between = text.names[start + 1 : end - 1]
            if name not in between and len(set(between)) == len(between):
                torn[owner] = f"首尾点同为{name}而坐标相差{gap:.3f}米"
    usual = set(text.decimals[:-1])
    if (
        not text.ends_in_line
        and len(text.decimals) > 3
        and len(usual) == 1
        and text.decimals[-1] < min(usual)
    ):
        torn[len(text.parcels) - 1] = "文件末行的坐标位数不足，文件可能被截断"
    return torn


def _table(
    text: BoundaryText, shapes: npt.NDArray[np.object_], unit: str
) -> tuple[pa.Table, list[dict[str, Any]]]:
    columns: dict[str, list[str]] = {
        title: [getattr(p.fields, name) for p in text.parcels] for title, name in COLUMNS
    }
    if not any(columns["描述"]):
        del columns["描述"]
    taken = set(columns)
    for key in dict.fromkeys(k for p in text.parcels for k in p.info):
        values = [p.info.get(key, "") for p in text.parcels]
        if any(values):
            columns[key if key not in taken else f"{key}（项目）"] = values
    described = [
        {"name": name, "type": "text", "width": 0, "decimals": 0}
        | ({"unit_text": _UNITS.get(unit, "")} if name == "地块面积" else {})
        for name in columns
    ]
    arrays = [pa.array([v or None for v in values], pa.large_string()) for values in columns.values()]
    table = pa.Table.from_arrays(
        [pa.array(np.arange(1, len(shapes) + 1)), wkb_array(shapes), *arrays],
        names=["record", "geometry", *(f"c{i}" for i in range(len(arrays)))],
    )
    return table, described
