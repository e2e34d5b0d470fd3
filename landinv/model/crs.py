"""Chinese map grids as facts: Gauss–Krüger zones and their EPSG codes, twin zones, ranges, and refused datums.

Source: EPSG registry (codes checked against pyproj); ranges from the grid's definition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CGCS2000_GEOGRAPHIC: Final = "EPSG:4490"
WGS84_GEOGRAPHIC: Final = "EPSG:4326"
GCJ02: Final = "GCJ-02"  # no CRS but a shift of hundreds of metres that Chinese web maps apply
FALSE_EASTING_M: Final = 500_000.0
NORTHING_RANGE_M: Final = (1.8e6, 6.0e6)
LONGITUDE_RANGE: Final = (73.0, 136.0)
LATITUDE_RANGE: Final = (3.0, 55.0)
# A survey keeps a whole county in one zone, so shapes reach beyond the zone's nominal half width.
REACH_M: Final = {3: 250_000.0, 6: 420_000.0}
OLD_DATUMS: Final = {"1980西安坐标系": ("xian", "iag_1975", "iag75"), "1954北京坐标系": ("beijing", "krasov")}

_FIRST: Final = {3: (25, 45), 6: (13, 23)}
_EPSG: Final = {(3, True): 4513, (3, False): 4534, (6, True): 4491, (6, False): 4502}


@dataclass(frozen=True)
class Zone:
    """A Gauss–Krüger zone of CGCS2000: width (3 or 6 degrees), number, and whether eastings carry the number."""

    width: int
    number: int
    prefixed: bool

    @property
    def central_meridian(self) -> int:
        """Degrees east."""
        return self.number * 3 if self.width == 3 else self.number * 6 - 3

    @property
    def false_easting_m(self) -> float:
        """Easting of the central meridian, in metres."""
        return FALSE_EASTING_M + (self.number * 1e6 if self.prefixed else 0.0)

    @property
    def epsg(self) -> str:
        """Code of the zone.

        Examples
        --------
        >>> Zone(3, 37, True).epsg, Zone(6, 19, True).epsg, Zone(3, 37, False).epsg
        ('EPSG:4525', 'EPSG:4497', 'EPSG:4546')
        """
        return f"EPSG:{_EPSG[self.width, self.prefixed] + self.number - _FIRST[self.width][0]}"

    @property
    def title(self) -> str:
        """How an office names it: ``3度带37带（中央经线111°）``."""
        return f"{self.width}度带{self.number}带（中央经线{self.central_meridian}°）"


def zone_of_prefix(prefix: int) -> Zone | None:
    """Zone that a two-digit easting prefix stands for; None where no zone has that number.

    Examples
    --------
    >>> zone_of_prefix(37).central_meridian, zone_of_prefix(19).central_meridian, zone_of_prefix(50)
    (111, 111, None)
    """
    for width, (first, last) in _FIRST.items():
        if first <= prefix <= last:
            return Zone(width, prefix, prefixed=True)
    return None


def zone_of_epsg(code: str) -> Zone | None:
    """Zone of a CGCS2000 Gauss–Krüger code; None for any other code.

    Examples
    --------
    >>> zone_of_epsg("EPSG:4525")
    Zone(width=3, number=37, prefixed=True)
    """
    digits = code.upper().removeprefix("EPSG:")
    if not digits.isdigit():
        return None
    for (width, prefixed), start in _EPSG.items():
        first, last = _FIRST[width]
        if start <= int(digits) <= start + last - first:
            return Zone(width, first + int(digits) - start, prefixed)
    return None


def zone_of_projection(central_meridian: float, false_easting_m: float) -> Zone | None:
    """Zone of a transverse Mercator with unit scale, by its central meridian and false easting.

    A false easting of 500 000 m with a meridian of both series (111°) is taken as the 3-degree one; the coordinates
    are the same.

    Examples
    --------
    >>> zone_of_projection(111.0, 37_500_000.0), zone_of_projection(111.0, 500_000.0)
    (Zone(width=3, number=37, prefixed=True), Zone(width=3, number=37, prefixed=False))
    """
    for width in (3, 6):
        first, last = _FIRST[width]
        for number in range(first, last + 1):
            for prefixed in (True, False):
                zone = Zone(width, number, prefixed)
                if zone.central_meridian == central_meridian and zone.false_easting_m == false_easting_m:
                    return zone
    return None


def are_twins(one: Zone, other: Zone) -> bool:
    """True where two zones share the central meridian, so that coordinates differ in the prefix alone (37 and 19)."""
    return one.central_meridian == other.central_meridian


def is_gcj02(text: str) -> bool:
    """Whether a CRS as typed means the shifted coordinates of web maps.

    Examples
    --------
    >>> is_gcj02("gcj02"), is_gcj02("GCJ-02"), is_gcj02("EPSG:4326")
    (True, True, False)
    """
    return "".join(c for c in text.upper() if c.isalnum()) == "GCJ02"


def old_datum(name: str) -> str:
    """Chinese name of a refused datum that a CRS name or definition speaks of; empty for others.

    No public transformation from these to CGCS2000 is accurate, so they are never reprojected.

    Examples
    --------
    >>> old_datum("Xian_1980_3_Degree_GK_Zone_37"), old_datum("D_China_2000")
    ('1980西安坐标系', '')
    """
    plain = name.lower().replace("'", "").replace(" ", "_")
    for title, marks in OLD_DATUMS.items():
        if any(mark in plain for mark in marks):
            return title
    return ""
