"""What the header of boundary-point text says of its CRS, held against the zone prefix of its eastings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from landinv.intake.worker.answer import Noticed
from landinv.intake.worker.datum_codes import BEIJING_1954, XIAN_1980, old_datum_code
from landinv.model.crs import Zone, zone_of_prefix

_NEEDED: Final = ("坐标系", "几度分带", "投影类型", "计量单位", "带号")
_OLD_DATUMS: Final = (
    (("80", "西安", "xian"), XIAN_1980),
    (("54", "北京", "beijing"), BEIJING_1954),
)
_METRES: Final = ("米", "m", "meter", "metre", "meters", "metres")
_GAUSS: Final = re.compile(r"高斯|克吕格|克里格|gauss|kr.?ger|transverse", re.IGNORECASE)


def declared_crs(header: Mapping[str, str], prefix: int) -> tuple[str | None, list[Noticed]]:
    """CRS as the header means it, and doubts about the header.

    Parameters
    ----------
    header
        Keys and values as they stand.
    prefix
        Zone number that most eastings begin with; 0 where they have six digits.

    Returns
    -------
    tuple
        An EPSG code, a text that names an unknown CRS (to be asked about), or None where the header names none. A
        refused datum gives its own code, so that it is refused as a ``.prj`` of that datum is.

    Examples
    --------
    >>> declared_crs({"坐标系": "2000国家大地坐标系", "带号": "38", "几度分带": "3"}, 0)[0]
    'EPSG:4547'
    >>> declared_crs({"坐标系": "1980西安坐标系"}, 37)[0]
    'EPSG:2361'
    """
    noticed = _missing(header) + _doubtful(header)
    system = "".join(header.get("坐标系", "").split()).lower()
    if not system:
        return None, noticed
    zone, doubts = _zone(header, prefix)
    if "2000" not in system:
        old = (datum for marks, datum in _OLD_DATUMS if any(m in system for m in marks))
        datum = next(old, 0)
        return old_datum_code(datum, zone) if datum else header["坐标系"], noticed + doubts
    return zone.epsg if zone else None, noticed + doubts


def _zone(header: Mapping[str, str], prefix: int) -> tuple[Zone | None, list[Noticed]]:
    """The prefix first, the header's zone number second: some programs write the zone's width in its place."""
    told = header.get("带号", "").strip()
    width = _width(header.get("几度分带", ""))
    number = int(told) if told.isascii() and told.isdigit() else 0
    if prefix:
        doubts = []
        zone = zone_of_prefix(prefix)
        if told and number != prefix:
            doubts.append(Noticed("I084", 0, "带号", told, f"坐标带号为{prefix}，已按坐标处理"))
        if zone and width and zone.width != width:
            doubts.append(Noticed("I084", 0, "几度分带", header["几度分带"], f"坐标为{zone.title}"))
        return zone, doubts
    zone = zone_of_prefix(number)
    if zone is None or (width and zone.width != width):
        doubts = [Noticed("I084", 0, "带号", told, "不是可用的带号")] if told else []
        return None, doubts
    return Zone(zone.width, zone.number, prefixed=False), []


def _width(text: str) -> int:
    found = re.search(r"[36三六]", text)
    return {"3": 3, "6": 6, "三": 3, "六": 6}[found.group()] if found else 0


def _missing(header: Mapping[str, str]) -> list[Noticed]:
    missing = [key for key in _NEEDED if not header.get(key)]
    if not header:
        return [Noticed("I083", detail="没有［属性描述］")]
    return [Noticed("I083", detail="、".join(missing))] if missing else []


def _doubtful(header: Mapping[str, str]) -> list[Noticed]:
    noticed = []
    unit, projection = header.get("计量单位", "米"), header.get("投影类型", "高斯")
    if unit and unit.lower() not in _METRES:
        noticed.append(Noticed("I084", 0, "计量单位", unit, "已按米处理"))
    if projection and not _GAUSS.search(projection):
        noticed.append(Noticed("I084", 0, "投影类型", projection, "已按高斯-克吕格投影处理"))
    shifts = header.get("转换参数", "")
    if re.search(r"[1-9]", shifts):
        noticed.append(Noticed("I085", 0, "转换参数", shifts))
    return noticed
