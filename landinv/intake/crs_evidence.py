"""The CRS of a layer: what its file says, held against what its coordinates show; contradictions are refused.

Nothing here trusts a definition alone: a wrong .prj places land beside itself without any error of the readers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj

from landinv.errors import CRSError
from landinv.i18n import gettext as _
from landinv.i18n import official
from landinv.model.crs import (
    CGCS2000_GEOGRAPHIC,
    LATITUDE_RANGE,
    LONGITUDE_RANGE,
    NORTHING_RANGE_M,
    REACH_M,
    WGS84_GEOGRAPHIC,
    Zone,
    are_twins,
    old_datum,
    zone_of_prefix,
    zone_of_projection,
)
from landinv.model.datasets import Evidence
from landinv.model.findings import findings
from landinv.model.options import SourceOptions

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_WKT: Final = re.compile(
    r"^(PROJCS|GEOGCS|PROJCRS|GEOGCRS|GEODCRS|COMPD_CS|COMPOUNDCRS|BOUNDCRS)\s*[\[(]", re.IGNORECASE
)
_LOCAL: Final = re.compile(r"^(LOCAL_CS|ENGCRS|ENGINEERINGCRS)", re.IGNORECASE)
_CGCS_INVERSE_FLATTENING: Final = 298.257222101
_WGS_INVERSE_FLATTENING: Final = 298.257223563
# Fewer odd shapes than this are single errors, set aside; more say that the whole layer is wrong.
_SINGLE: Final = 0.2


@dataclass(frozen=True)
class Declared:
    """A CRS a file declares: ``user_input`` for pyproj, zone if it is one, degrees or not, name, whether WGS 84."""

    user_input: str
    name: str
    is_degrees: bool
    zone: Zone | None = None
    is_wgs84: bool = False


@dataclass(frozen=True)
class CRSChoice:
    """CRS to read coordinates in, evidence, findings, and shapes whose coordinates are out of its range."""

    crs: str
    outliers: BoolArray
    evidence: Evidence
    findings: tuple[pd.DataFrame, ...] = field(default_factory=tuple)


def decide_crs(
    prj: str | None, bounds: FloatArray, options: SourceOptions, *, title: str, in_china: bool
) -> CRSChoice:
    """Decide the CRS of a layer.

    Parameters
    ----------
    prj
        Definition that came with the file (WKT or ``EPSG:…``); None or blank where none came.
    bounds
        N×4 array of minx, miny, maxx, maxy; rows of NaN (no shape) count as no evidence.
    options
        Of the source; its ``crs`` beats ``prj`` and is held against the coordinates too.
    title
        The file's name for messages.
    in_china
        Whether degrees must lie in China's range.

    Raises
    ------
    CRSError
        If the CRS is missing and cannot be shown by coordinates, cannot be understood, is of a refused datum, or
        contradicts the coordinates.
    """
    seen = _Shown(bounds)
    text = options.crs or (prj or "").lstrip("\ufeff").strip()
    if not text:
        return _from_coordinates(seen, options.key, title)
    declared = _parsed(text, title)
    choice = _Confirming(
        declared, seen, title, official("the project file") if options.crs else official("the file")
    ).choice(in_china=in_china)
    found = list(choice.findings)
    if declared.is_wgs84:
        found.append(findings("I010", dataset=options.key, value=declared.name))
    return replace(choice, findings=tuple(f.assign(dataset=options.key) for f in found))


class _Shown:
    """What coordinates show, shape by shape."""

    given: BoolArray
    degrees: BoolArray
    swapped_degrees: BoolArray
    prefixed: BoolArray
    unprefixed: BoolArray
    swapped: BoolArray

    def __init__(self, bounds: FloatArray) -> None:
        low_x, low_y, high_x, high_y = bounds.T
        self.given = np.asarray(np.isfinite(bounds).all(axis=1), dtype=np.bool_)
        with np.errstate(invalid="ignore"):
            self.degrees = (
                self.given
                & (np.abs(bounds[:, [0, 2]]) <= 180).all(1)
                & (np.abs(bounds[:, [1, 3]]) <= 90).all(1)
            )
            # Latitude where longitude belongs: China's longitudes are no latitudes.
            self.swapped_degrees = (
                self.given & (low_x >= LATITUDE_RANGE[0]) & (high_x <= LATITUDE_RANGE[1])
                & (low_y >= LONGITUDE_RANGE[0]) & (high_y <= LONGITUDE_RANGE[1])
            )  # fmt: skip
            north = (low_y >= NORTHING_RANGE_M[0]) & (high_y <= NORTHING_RANGE_M[1])
            east = (low_x >= NORTHING_RANGE_M[0]) & (high_x <= NORTHING_RANGE_M[1])
            prefix_x, prefix_y = np.floor(low_x / 1e6), np.floor(low_y / 1e6)
            self.prefixed = self.given & north & _is_prefix(prefix_x) & (prefix_x == np.floor(high_x / 1e6))
            self.unprefixed = self.given & north & (low_x >= 1e5) & (high_x < 1e6)
            self.swapped = self.given & east & (
                (_is_prefix(prefix_y) & (prefix_y == np.floor(high_y / 1e6))) | ((low_y >= 1e5) & (high_y < 1e6))
            )  # fmt: skip
        self.prefixes = np.where(self.prefixed, prefix_x, 0).astype(int)
        self.count = int(self.given.sum())
        self.bounds = bounds

    def mostly(self, mask: BoolArray) -> bool:
        return self.count > 0 and float(mask.sum()) / self.count > 1 - _SINGLE

    @property
    def prefix(self) -> int:
        """The prefix of most prefixed shapes; 0 where none is."""
        present = self.prefixes[self.prefixes > 0]
        return int(np.bincount(present).argmax()) if len(present) else 0

    def example(self) -> str:
        at = int(np.flatnonzero(self.given)[0]) if self.count else 0
        return f"({self.bounds[at, 0]:.3f}, {self.bounds[at, 1]:.3f})" if self.count else "-"


def _is_prefix(numbers: FloatArray) -> BoolArray:
    result: BoolArray = ((numbers >= 13) & (numbers <= 23)) | ((numbers >= 25) & (numbers <= 45))
    return result


def _from_coordinates(seen: _Shown, key: str, title: str) -> CRSChoice:
    """No definition: only the zone prefix of an eight-digit easting shows the projection."""
    if seen.mostly(seen.swapped) or seen.mostly(seen.swapped_degrees):
        raise _swapped(seen, title)
    if seen.mostly(seen.prefixed):
        _check_one_zone(seen, title)
        zone = zone_of_prefix(seen.prefix)
        if zone is not None:
            evidence = Evidence(
                "crs",
                zone.epsg,
                official("no .prj; the eastings begin with {prefix}: {zone}").format(
                    prefix=seen.prefix, zone=zone.title
                ),
                0.85,
            )
            outliers = seen.given & (seen.prefixes != seen.prefix)
            found = findings("I009", dataset=key, field=".prj", value=zone.epsg, detail=zone.title)
            return CRSChoice(zone.epsg, outliers, evidence, (found,))
    raise CRSError(
        _("{path} has no CRS (.prj), and its coordinates, such as {point}, do not show which it is.").format(
            path=title, point=seen.example()
        ),
        hint=_(
            'Say it with `crs = "EPSG:…"` at this source, for example "EPSG:4525" for the 3-degree zone 37.'
        ),
    )


def _parsed(text: str, title: str) -> Declared:
    code = re.fullmatch(r"EPSG:(\d{4,6})", text, re.IGNORECASE)
    if _LOCAL.match(text):
        raise _not_understood(title, text, _("it is a local engineering CRS"))
    if not code and not _WKT.match(text.replace("'", '"')):
        raise _not_understood(title, text, _("it is no CRS definition"))
    wkt = text.replace("'", '"') if '"' not in text else text
    try:
        crs = pyproj.CRS.from_epsg(int(code.group(1))) if code else pyproj.CRS.from_wkt(wkt)
    except pyproj.exceptions.CRSError as error:
        raise _not_understood(title, text, _("it is cut off or malformed")) from error
    return _described(crs, text, title)


def _described(crs: pyproj.CRS, text: str, title: str) -> Declared:
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    geodetic = crs.geodetic_crs
    if geodetic is None or geodetic.ellipsoid is None:
        raise _not_understood(title, text, _("it is a local engineering CRS"))
    names = f"{crs.name} {geodetic.name} {geodetic.datum.name if geodetic.datum else ''} {geodetic.ellipsoid.name}"
    datum = old_datum(names) or _old_ellipsoid(geodetic.ellipsoid)
    if datum:
        raise CRSError(
            _(
                "{path} is in {datum} ({name}); no public transformation from it is accurate, so it is refused."
            ).format(path=title, datum=datum, name=crs.name),
            hint=_("Have the survey office convert it to 国家2000 (CGCS2000) with its own parameters."),
        )
    is_wgs84 = _is_ellipsoid(geodetic.ellipsoid, _WGS_INVERSE_FLATTENING) and "wgs" in names.lower()
    is_cgcs = _is_ellipsoid(geodetic.ellipsoid, _CGCS_INVERSE_FLATTENING) and re.search(
        r"2000|china|cgcs", names, re.IGNORECASE
    )
    if not (is_wgs84 or is_cgcs):
        raise CRSError(
            _("{path}: its CRS {name} is not on 国家2000 (CGCS2000).").format(path=title, name=crs.name),
            hint=_("Convert the layer to CGCS2000 first."),
        )
    if crs.is_geographic:
        code = WGS84_GEOGRAPHIC if is_wgs84 else CGCS2000_GEOGRAPHIC
        return Declared(code, crs.name, is_degrees=True, is_wgs84=bool(is_wgs84))
    zone = None if is_wgs84 else _zone(crs)
    user_input = zone.epsg if zone else crs.to_wkt()
    return Declared(user_input, crs.name, is_degrees=False, zone=zone, is_wgs84=bool(is_wgs84))


def _old_ellipsoid(ellipsoid: Any) -> str:
    if abs(ellipsoid.semi_major_metre - 6378140.0) < 1e-3:
        return "1980西安坐标系"
    return "1954北京坐标系" if abs(ellipsoid.semi_major_metre - 6378245.0) < 1e-3 else ""


def _is_ellipsoid(ellipsoid: Any, inverse_flattening: float) -> bool:
    return bool(
        abs(ellipsoid.semi_major_metre - 6378137.0) < 1e-3
        and abs(ellipsoid.inverse_flattening - inverse_flattening) < 5e-7
    )


def _zone(crs: pyproj.CRS) -> Zone | None:
    operation = crs.coordinate_operation
    if operation is None or not re.search(
        r"transverse.?mercator|gauss", operation.method_name, re.IGNORECASE
    ):
        return None
    in_metres = {p.name.lower(): float(p.value) * float(p.unit_conversion_factor) for p in operation.params}
    as_given = {p.name.lower(): float(p.value) for p in operation.params}
    scale = next((v for n, v in as_given.items() if "scale" in n), 1.0)
    meridian = next((v for n, v in as_given.items() if "longitude" in n or "meridian" in n), float("nan"))
    latitude = next((v for n, v in as_given.items() if "latitude" in n), 0.0)
    easting = next((v for n, v in in_metres.items() if "easting" in n), float("nan"))
    northing = next((v for n, v in in_metres.items() if "northing" in n), 0.0)
    if abs(scale - 1.0) > 1e-12 or latitude or northing:
        return None
    return zone_of_projection(meridian, easting)


@dataclass(frozen=True)
class _Confirming:
    """A declared CRS while its coordinates are heard; ``source`` is who declared it."""

    declared: Declared
    seen: _Shown
    title: str
    source: str

    def choice(self, *, in_china: bool) -> CRSChoice:
        """The declared CRS, or its twin, with the shapes that do not lie in its range."""
        seen, declared = self.seen, self.declared
        if seen.mostly(seen.swapped) or seen.mostly(seen.swapped_degrees):
            raise _swapped(seen, self.title)
        if declared.is_degrees:
            if not seen.mostly(seen.degrees) and seen.count:
                raise self._contradiction(_("the CRS is in degrees (度), the coordinates are metres"))
            inside = seen.degrees & (_in_china(seen.bounds) if in_china else seen.given)
            return self._agreed(declared.user_input, seen.given & ~inside, 0.95)
        if seen.mostly(seen.degrees):
            raise self._contradiction(_("the CRS is in metres, the coordinates are degrees (度)"))
        if declared.zone is None:
            return self._agreed(declared.user_input, np.zeros(len(seen.given), bool), 0.8)
        return self._in_zone(declared.zone)

    def _in_zone(self, zone: Zone) -> CRSChoice:
        seen = self.seen
        if seen.mostly(seen.prefixed) and not (zone.prefixed and seen.prefix == zone.number):
            return self._twin(zone)
        if zone.prefixed and seen.mostly(seen.unprefixed):
            raise self._contradiction(
                _("the CRS wants eastings that begin with {number}, these have no zone number").format(
                    number=zone.number
                )
            )
        if zone.prefixed:
            _check_one_zone(seen, self.title)
        with np.errstate(invalid="ignore"):
            inside = (seen.bounds[:, 0] - zone.false_easting_m >= -REACH_M[zone.width]) & (
                seen.bounds[:, 2] - zone.false_easting_m <= REACH_M[zone.width]
            )
            inside &= (seen.bounds[:, 1] >= NORTHING_RANGE_M[0]) & (seen.bounds[:, 3] <= NORTHING_RANGE_M[1])
        return self._agreed(zone.epsg, seen.given & ~inside, 0.98)

    def _twin(self, zone: Zone) -> CRSChoice:
        """The zone that the prefix names, where it is the declared one but for the prefix."""
        seen = self.seen
        _check_one_zone(seen, self.title)
        other = zone_of_prefix(seen.prefix)
        if other is None or not are_twins(zone, other):
            raise self._contradiction(
                _("the CRS is {said}, the eastings begin with {prefix}").format(
                    said=zone.title, prefix=seen.prefix
                )
            )
        reason = official(
            "{source} says {name}; the eastings begin with {prefix}, of the same meridian"
        ).format(source=self.source, name=self.declared.name, prefix=seen.prefix)
        found = findings("I011", dataset="", value=self.declared.name, detail=other.title)
        outliers = seen.given & (seen.prefixes != seen.prefix)
        return CRSChoice(other.epsg, outliers, Evidence("crs", other.epsg, reason, 0.9), (found,))

    def _agreed(self, crs: str, outliers: BoolArray, confidence: float) -> CRSChoice:
        """A few shapes out of range are single errors; more contradict the CRS."""
        if self.seen.count and outliers.sum() / self.seen.count > _SINGLE:
            raise self._contradiction(
                _("{count} of {total} shapes lie outside its range").format(
                    count=int(outliers.sum()), total=self.seen.count
                )
            )
        decision = crs if crs.startswith("EPSG") else self.declared.name
        reason = official("{source} says {name}; the coordinates agree").format(
            source=self.source, name=self.declared.name
        )
        return CRSChoice(crs, outliers, Evidence("crs", decision, reason, confidence))

    def _contradiction(self, cause: str) -> CRSError:
        return CRSError(
            _("{path}: the CRS (.prj) {name} contradicts the coordinates, such as {point}: {cause}.").format(
                path=self.title, name=self.declared.name, point=self.seen.example(), cause=cause
            ),
            hint=_('Say which CRS it truly is with `crs = "EPSG:…"` at this source.'),
        )


def _in_china(bounds: FloatArray) -> BoolArray:
    with np.errstate(invalid="ignore"):
        result: BoolArray = (
            (bounds[:, 0] >= LONGITUDE_RANGE[0]) & (bounds[:, 2] <= LONGITUDE_RANGE[1])
            & (bounds[:, 1] >= LATITUDE_RANGE[0]) & (bounds[:, 3] <= LATITUDE_RANGE[1])
        )  # fmt: skip
    return result


def _check_one_zone(seen: _Shown, title: str) -> None:
    """Shapes of two zones in one layer cannot both be right; a single one may be an error of that shape."""
    present = seen.prefixes[seen.prefixes > 0]
    numbers, counts = np.unique(present, return_counts=True)
    minor = counts.sum() - counts.max() if len(counts) else 0
    if len(numbers) > 1 and (minor > 1 or minor / counts.sum() > _SINGLE):
        raise CRSError(
            _("{path} mixes zones: eastings begin with {zones}.").format(
                path=title,
                zones=", ".join(f"{n} ({c})" for n, c in zip(numbers.tolist(), counts.tolist(), strict=True)),
            ),
            hint=_("Split the layer by zone and convert the parts to one zone."),
        )


def _swapped(seen: _Shown, title: str) -> CRSError:
    return CRSError(
        _("{path}: the two coordinates (坐标, 经纬度) are swapped, such as {point}.").format(
            path=title, point=seen.example()
        ),
        hint=_("Export it again with easting (or longitude) first."),
    )


def _not_understood(title: str, text: str, cause: str) -> CRSError:
    return CRSError(
        _("{path}: its CRS definition (.prj) cannot be used: {cause}; it begins: {text}.").format(
            path=title, cause=cause, text=" ".join(text[:60].split())
        ),
        hint=_('Say the CRS with `crs = "EPSG:…"` at this source and remove the damaged definition.'),
    )
