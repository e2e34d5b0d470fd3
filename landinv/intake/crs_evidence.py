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
from landinv.intake.shown_coordinates import SINGLE, Shown
from landinv.model.crs import (
    CGCS2000_GEOGRAPHIC,
    GCJ02,
    LATITUDE_RANGE,
    LONGITUDE_RANGE,
    NORTHING_RANGE_M,
    REACH_M,
    WGS84_GEOGRAPHIC,
    Zone,
    are_twins,
    is_gcj02,
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


@dataclass(frozen=True)
class Declared:
    """A CRS a file declares: ``user_input`` for pyproj, zone if it is one, degrees or not, name, whether WGS 84."""

    user_input: str
    name: str
    is_degrees: bool
    zone: Zone | None = None
    is_wgs84: bool = False
    foreign_datum: str = ""


@dataclass(frozen=True)
class CRSChoice:
    """CRS to read coordinates in, evidence, findings, and shapes whose coordinates are out of its range.

    ``is_shifted``: the project file calls the coordinates GCJ-02, so that a shift has to be undone.
    """

    crs: str
    outliers: BoolArray
    evidence: Evidence
    findings: tuple[pd.DataFrame, ...] = field(default_factory=tuple)
    is_shifted: bool = False


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
        Whether the layer is to be used with a county's: degrees must lie in China's range, and the datum must be
        CGCS2000 or WGS 84. Otherwise any datum is kept as it is, with a finding.

    Raises
    ------
    CRSError
        If the CRS is missing and cannot be shown by coordinates, cannot be understood, is of a refused datum, or
        contradicts the coordinates.
    """
    if is_gcj02(options.crs):
        return _shifted(prj, bounds, replace(options, crs=""), title=title)
    seen = Shown(bounds)
    text = options.crs or (prj or "").lstrip("\ufeff").strip()
    if not text:
        return _from_coordinates(seen, options.key, title)
    declared = _parsed(text, title, any_datum=not in_china)
    choice = _Confirming(
        declared, seen, title, official("the project file") if options.crs else official("the file")
    ).choice(in_china=in_china)
    found = list(choice.findings)
    if declared.is_wgs84:
        found.append(findings("I010", dataset=options.key, value=declared.name))
    if declared.foreign_datum:
        found.append(
            findings("I060", dataset=options.key, value=declared.name, detail=declared.foreign_datum)
        )
    return replace(choice, findings=tuple(f.assign(dataset=options.key) for f in found))


def _shifted(prj: str | None, bounds: FloatArray, options: SourceOptions, *, title: str) -> CRSChoice:
    """Coordinates that the project file calls GCJ-02; what they are written in is decided as for any others."""
    seen = Shown(bounds)
    written = prj if prj and prj.strip() else CGCS2000_GEOGRAPHIC if seen.mostly(seen.degrees) else None
    choice = decide_crs(written, bounds, options, title=title, in_china=True)
    reason = official("the project file says GCJ-02; written in {crs}, the shift undone").format(
        crs=choice.evidence.decision
    )
    told = [f for f in choice.findings if not (f["rule"] == "I010").all()]
    found = (*told, findings("I115", dataset=options.key, value=choice.evidence.decision, action="converted"))
    evidence = Evidence("crs", GCJ02, reason, 0.9)
    return replace(choice, evidence=evidence, findings=found, is_shifted=True)


def _from_coordinates(seen: Shown, key: str, title: str) -> CRSChoice:
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


def _parsed(text: str, title: str, *, any_datum: bool) -> Declared:
    code = re.fullmatch(r"EPSG:(\d{4,6})", text, re.IGNORECASE)
    if _LOCAL.match(text):
        raise _not_understood(title, text, _("it is a local engineering CRS"))
    is_json = text.startswith("{")
    if not code and not is_json and not _WKT.match(text.replace("'", '"')):
        raise _not_understood(title, text, _("it is no CRS definition"))
    wkt = text.replace("'", '"') if '"' not in text else text
    read = pyproj.CRS.from_json if is_json else pyproj.CRS.from_wkt
    try:
        crs = pyproj.CRS.from_epsg(int(code.group(1))) if code else read(wkt)
    except pyproj.exceptions.CRSError as error:
        raise _not_understood(title, text, _("it is cut off or malformed")) from error
    return _described(crs, text, title, any_datum=any_datum)


def _described(crs: pyproj.CRS, text: str, title: str, *, any_datum: bool) -> Declared:
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    geodetic = crs.geodetic_crs
    if geodetic is None or geodetic.ellipsoid is None:
        raise _not_understood(title, text, _("it is a local engineering CRS"))
    names = f"{crs.name} {geodetic.name} {geodetic.datum.name if geodetic.datum else ''} {geodetic.ellipsoid.name}"
    datum = old_datum(names) or _old_ellipsoid(geodetic.ellipsoid)
    if datum and any_datum:
        return _foreign(crs, datum)
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
        if any_datum:
            return _foreign(crs, geodetic.name)
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


def _foreign(crs: pyproj.CRS, datum: str) -> Declared:
    code = crs.to_epsg()
    return Declared(
        f"EPSG:{code}" if code else crs.to_wkt(), crs.name, is_degrees=crs.is_geographic, foreign_datum=datum
    )


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
    seen: Shown
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
        if self.seen.count and outliers.sum() / self.seen.count > SINGLE:
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


def _check_one_zone(seen: Shown, title: str) -> None:
    """Shapes of two zones in one layer cannot both be right; a single one may be an error of that shape."""
    present = seen.prefixes[seen.prefixes > 0]
    numbers, counts = np.unique(present, return_counts=True)
    minor = counts.sum() - counts.max() if len(counts) else 0
    if len(numbers) > 1 and (minor > 1 or minor / counts.sum() > SINGLE):
        raise CRSError(
            _("{path} mixes zones: eastings begin with {zones}.").format(
                path=title,
                zones=", ".join(f"{n} ({c})" for n, c in zip(numbers.tolist(), counts.tolist(), strict=True)),
            ),
            hint=_("Split the layer by zone and convert the parts to one zone."),
        )


def _swapped(seen: Shown, title: str) -> CRSError:
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
