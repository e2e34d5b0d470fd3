"""Where a VCT header says its coordinates lie."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from landinv.errors import CRSError
from landinv.i18n import gettext as _
from landinv.intake.worker.datum_codes import BEIJING_1954, XIAN_1980, old_datum_code
from landinv.model.crs import CGCS2000_GEOGRAPHIC, Zone, zone_of_projection

_NUMBER: Final = re.compile(r"[-+]?\d+(?:\.\d*)?")
_METRES: Final = ("m", "米", "meter", "metre")
_DEGREES: Final = ("d", "度", "degree", "dd")
_OLD_AXES: Final = ((6378140.0, XIAN_1980), (6378245.0, BEIJING_1954))


def declared_crs(head: Mapping[str, str], *, title: str) -> str | None:
    """CRS of a header as an EPSG code; None where it does not say enough, so that the coordinates must show it.

    Raises
    ------
    CRSError
        If the coordinates are shifted, or neither metres nor degrees.

    Examples
    --------
    >>> head = {"spheroid": "CGCS2000,6378137.0,298.257222101", "parameters": "111,1,37500000,0,3,37"}
    >>> declared_crs(head, title="a.vct")
    'EPSG:4525'
    """
    unit = head.get("xyunit", "m").lower() or "m"
    if unit not in (*_METRES, *_DEGREES):
        raise _not_placed(title, "XYUnit", unit)
    if any(float(n) for n in _NUMBER.findall(head.get("offset", ""))):
        raise _not_placed(title, "Offset", head["offset"])
    spheroid = head.get("spheroid", "")
    numbers = [float(n) for n in _NUMBER.findall(spheroid.partition(",")[2])]
    old = next((datum for axis, datum in _OLD_AXES if numbers and abs(numbers[0] - axis) < 1.0), None)
    if old:
        return old_datum_code(old, _zone(head))
    if not re.search(r"2000", spheroid) and not (len(numbers) > 1 and abs(numbers[1] - 298.257222101) < 5e-7):
        return None
    if unit in _DEGREES or head.get("coordinatesystemtype", "p").lower() in ("c", "g"):
        return CGCS2000_GEOGRAPHIC
    zone = _zone(head)
    return zone.epsg if zone else None


def _zone(head: Mapping[str, str]) -> Zone | None:
    """Zone of the projection parameters: central meridian, scale, easting, northing; then width and number."""
    values = [float(n) for n in _NUMBER.findall(head.get("parameters", ""))]
    if len(values) < 4 or values[1] not in (0.0, 1.0) or values[3]:
        return None
    return zone_of_projection(values[0], values[2])


def has_northing_first(head: Mapping[str, str]) -> bool:
    """Whether the first coordinate is the northing."""
    return head.get("xaxisdirection", "e").lower().startswith("n")


def _not_placed(title: str, key: str, value: str) -> CRSError:
    return CRSError(
        _("{path}: the VCT header says {key}:{value}, which cannot be placed.").format(
            path=title, key=key, value=value
        ),
        hint=_("Export it again in metres, without an offset."),
    )
