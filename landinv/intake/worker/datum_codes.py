"""EPSG codes of the old national datums, so that a layer on them is refused, or kept, as what it is.

Source: EPSG registry (Xian 1980 and Beijing 1954 Gauss–Krüger zones; checked against pyproj).
"""

from __future__ import annotations

from typing import Final

from landinv.model.crs import Zone

XIAN_1980: Final = 4610
BEIJING_1954: Final = 4214
# First code of the 3- and 6-degree zones, with and without the zone number in the easting.
_FIRST_CODES: Final = {
    XIAN_1980: {(3, True): 2349, (3, False): 2370, (6, True): 2327, (6, False): 2338},
    BEIJING_1954: {(3, True): 2401, (3, False): 2422, (6, True): 21413, (6, False): 21453},
}
_FIRST_ZONES: Final = {3: 25, 6: 13}


def old_datum_code(datum: int, zone: Zone | None) -> str:
    """Code of a zone on an old datum, or of the datum's degrees where the zone is not known.

    Examples
    --------
    >>> old_datum_code(XIAN_1980, Zone(3, 37, True)), old_datum_code(BEIJING_1954, Zone(6, 19, True))
    ('EPSG:2361', 'EPSG:21419')
    """
    if zone is None:
        return f"EPSG:{datum}"
    first = _FIRST_CODES[datum][zone.width, zone.prefixed]
    return f"EPSG:{first + zone.number - _FIRST_ZONES[zone.width]}"
