"""Shapes of a layer: the right kind, finite, in the county's CRS, valid; every one ends ok, repaired or quarantined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from landinv.errors import CRSError, EmptyLayerError, GeometryTypeError
from landinv.geometry.gcj02 import without_gcj02
from landinv.geometry.repair import repair_polygons
from landinv.geometry.threads import in_threads
from landinv.i18n import gettext as _
from landinv.intake.crs_evidence import CRSChoice, decide_crs
from landinv.intake.grid import vertices_off_the_grid
from landinv.intake.raw import RawLayer
from landinv.model.crs import NORTHING_RANGE_M, REACH_M, Zone, zone_of_epsg
from landinv.model.datasets import Evidence
from landinv.model.findings import findings
from landinv.model.options import SourceOptions
from landinv.model.roles import ANY_OR_NONE, GEOMETRY

ShapeArray = npt.NDArray[np.object_]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

OK: Final = "ok"
REPAIRED: Final = "repaired"
QUARANTINED: Final = "quarantined"
_POLYGONS: Final = (3, 6)
_POINTS: Final = (0, 4)
_NAMES: Final = {
    0: "点（point）", 1: "线（line）", 2: "线（line）", 3: "面（polygon）", 4: "点（point）", 5: "线（line）",
    6: "面（polygon）", 7: "集合（collection）",
}  # fmt: skip
_LARGEST: Final = 1e9
# Shoelace by ring direction against area by ring role; both are sums of the same products.
_RING_TOLERANCE: Final = 1e-6
# Collinear rings have no area but for rounding: this share of the squared perimeter is far below any land.
_FLAT: Final = 1e-12


@dataclass(frozen=True)
class Shaped:
    """Shapes after intake, in the order of the file.

    ``geometry`` is in ``crs`` (the county's, or the file's own without a county), two-dimensional; ``status`` is ok,
    repaired or quarantined; ``read_crs`` is the CRS the file was read in.
    """

    geometry: ShapeArray
    status: npt.NDArray[np.object_]
    crs: str
    read_crs: str
    findings: tuple[pd.DataFrame, ...]
    evidence: tuple[Evidence, ...]


class _Judgement:
    """The finding rule that each record of a layer fails by, empty where none; filled step by step."""

    def __init__(self, layer: RawLayer, condemned: Mapping[int, str]) -> None:
        known = pd.Series(layer.records).map(dict(condemned))
        self.already: BoolArray = known.notna().to_numpy(dtype=bool)
        self.rule = np.full(len(layer), "", dtype=object)

    @property
    def usable(self) -> BoolArray:
        """Records that no rule has failed so far."""
        result: BoolArray = (self.rule == "") & ~self.already
        return result

    def fail(self, mask: BoolArray, rule: str) -> None:
        """Fail the records of ``mask`` that nothing has failed before."""
        self.rule[mask & self.usable] = rule


# Coordinates beyond all measure overflow on their way to being found out; the findings tell of them.
@np.errstate(over="ignore", invalid="ignore")
def accept_shapes(
    layer: RawLayer, options: SourceOptions, *, county_crs: str, condemned: Mapping[int, str]
) -> Shaped:
    """Check, place and repair the shapes of a layer.

    Parameters
    ----------
    layer
        With its shapes.
    options
        Of the source; its role says which kinds of shape are right (none: every kind).
    county_crs
        CRS to bring the shapes to; empty: they stay in their own.
    condemned
        Record number → finding rule of records already known to be damaged.

    Raises
    ------
    GeometryTypeError
        If the layer holds another kind of shape than the role needs.
    EmptyLayerError
        If no record has a shape.
    CRSError
        If the CRS is missing, contradicted or refused, or the layer lies outside the county's zone.
    """
    if not len(layer):
        return _no_shapes(layer, options, county_crs)
    shapes = _plane(layer)
    judgement = _Judgement(layer, condemned)
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    _judge_kinds(shapes, judgement, layer, options)
    judgement.fail(_not_finite(xy, owner, len(shapes)), "I014")
    with np.errstate(invalid="ignore"):
        judgement.fail((np.abs(shapely.bounds(shapes)) > _LARGEST).any(axis=1), "I012")
    choice = decide_crs(
        str(layer.facts["prj"]) if layer.facts.get("prj") else None,
        np.where(judgement.usable[:, None], shapely.bounds(shapes), np.nan),
        options,
        title=layer.title,
        in_china=bool(county_crs),
    )
    judgement.fail(choice.outliers, "I012")
    target = county_crs or choice.crs
    placed = shapes.copy()
    placed[judgement.usable] = to_crs(shapes[judgement.usable], choice.crs, target)
    if choice.is_shifted:
        placed[judgement.usable] = without_gcj02(placed[judgement.usable], target)
    zone = zone_of_epsg(county_crs)
    if zone is not None:
        judgement.fail(_outside_zone(placed, judgement.usable, zone, layer, choice), "I012")
    off_grid = vertices_off_the_grid(xy, owner, len(shapes)) & judgement.usable
    del xy, owner
    polygons = np.isin(shapely.get_type_id(placed), _POLYGONS)
    judgement.fail(_without_area(placed, polygons & judgement.usable), "I051")
    found = [*choice.findings, *_contradicting_rings(layer, shapes, judgement.usable, options)]
    found += _other_kinds(polygons, shapes, layer, options)
    if off_grid.any():
        refs = layer.refs.iloc[np.flatnonzero(off_grid)].tolist()
        found.append(findings("I062", dataset=options.key, layer=layer.layer, feature=refs))
    return _repaired(placed, judgement, layer, options, _Placing(choice, target, tuple(found)))


def to_crs(shapes: ShapeArray, source: str, target: str) -> ShapeArray:
    """Shapes in another CRS, easting (longitude) first; twin zones exchange the prefix exactly.

    Examples
    --------
    >>> point = np.array([shapely.Point(19548000, 4240000)], dtype=object)
    >>> to_crs(point, "EPSG:4497", "EPSG:4525")[0]
    <POINT (37548000 4240000)>
    """
    if source == target or not len(shapes):
        return shapes
    one, other = zone_of_epsg(source), zone_of_epsg(target)
    if one and other and one.central_meridian == other.central_meridian:
        shift = np.array([other.false_easting_m - one.false_easting_m, 0.0])
        moved: ShapeArray = shapely.transform(shapes, lambda xy: xy + shift)
        return moved
    transformer = _transformer(source, target)
    placed: ShapeArray = shapely.transform(
        shapes, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
    )
    return placed


@lru_cache(maxsize=16)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def _judge_kinds(shapes: ShapeArray, judgement: _Judgement, layer: RawLayer, options: SourceOptions) -> None:
    """Fail shapes that are missing, of a wrong kind or not finite; refuse a layer of a wrong kind."""
    kinds = shapely.get_type_id(shapes)
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    judgement.fail(shapely.is_missing(shapes) & np.asarray(layer.has_shape, dtype=bool), "I018")
    judgement.fail(empty, "I013")
    right = np.isin(kinds, (*_POLYGONS, *_POINTS) if GEOMETRY.get(options.role) == ANY_OR_NONE else _POLYGONS)
    if not options.role:
        right = kinds >= 0
    if not (right & ~empty).any():
        if (~empty).any():
            found = ", ".join(sorted({_NAMES.get(int(k), str(k)) for k in kinds[~empty]}))
            raise GeometryTypeError(
                _("{path} holds {found}, its role {role} needs polygons (面).").format(
                    path=layer.title, found=found, role=options.role
                ),
                hint=_("Give the polygon layer; turn closed lines into polygons first."),
            )
        if not judgement.already.any():
            raise EmptyLayerError(
                _("{path}: not one of {count} records has a geometry (几何图形).").format(
                    path=layer.title, count=len(shapes)
                ),
                hint=_("Export the layer again with its shapes."),
            )
    judgement.fail(~right, "I015")


def _no_shapes(layer: RawLayer, options: SourceOptions, county_crs: str) -> Shaped:
    """What a layer without records comes to; its CRS cannot be held against any coordinate."""
    told = options.crs or str(layer.facts.get("prj") or "").lstrip("\ufeff").strip()
    try:
        epsg = pyproj.CRS.from_user_input(told).to_epsg() if told else None
    except pyproj.exceptions.CRSError:
        epsg = None
    read_crs = f"EPSG:{epsg}" if epsg else ""
    nothing = np.array([], dtype=object)
    return Shaped(nothing, nothing, county_crs or read_crs, read_crs, (), ())


def _plane(layer: RawLayer) -> ShapeArray:
    """Shapes without heights and measures."""
    shapes = np.array([], dtype=object) if layer.shapes is None else layer.shapes
    if (shapely.has_z(shapes) | shapely.has_m(shapes)).any():
        flat: ShapeArray = shapely.force_2d(shapes)
        return flat
    return shapes


def _not_finite(xy: FloatArray, owner: npt.NDArray[np.intp], count: int) -> BoolArray:
    """Shapes with a coordinate that is no number: inside a ring it does not show in the bounds."""
    result = np.zeros(count, bool)
    if not np.isfinite(xy.sum()):
        result[owner[~np.isfinite(xy).all(axis=1)]] = True
    return result


def _without_area(shapes: ShapeArray, mask: BoolArray) -> BoolArray:
    """Polygons of ``mask`` that lie on a line; crossing rings that cancel to nothing are the repair's to judge."""
    result = np.zeros(len(shapes), bool)
    thin = np.flatnonzero(mask)
    thin = thin[shapely.area(shapes[thin]) <= _FLAT * shapely.length(shapes[thin]) ** 2]
    on_a_line = shapely.get_dimensions(shapely.convex_hull(shapes[thin])) < 2
    result[thin] = on_a_line | shapely.is_valid(shapes[thin])
    return result


def _contradicting_rings(
    layer: RawLayer, shapes: ShapeArray, usable: BoolArray, options: SourceOptions
) -> list[pd.DataFrame]:
    """Shapefile polygons whose rings' directions give another area than the roles the reader gave the rings."""
    if layer.signed_areas is None:
        return []
    asked = np.flatnonzero(np.isfinite(layer.signed_areas) & usable)
    by_direction, by_role = np.abs(layer.signed_areas[asked]), shapely.area(shapes[asked])
    off = np.abs(by_direction - by_role) > _RING_TOLERANCE * np.maximum(by_role, 1.0)
    if not off.any():
        return []
    at = asked[off]
    pairs = zip(by_direction[off], by_role[off], strict=True)
    details = [f"按环方向{a:.2f}平方米，按内外关系{b:.2f}平方米" for a, b in pairs]
    refs = layer.refs.iloc[at].tolist()
    return [findings("I050", dataset=options.key, layer=layer.layer, feature=refs, detail=details)]


def _other_kinds(
    polygons: BoolArray, shapes: ShapeArray, layer: RawLayer, options: SourceOptions
) -> list[pd.DataFrame]:
    if options.role or polygons.any():
        return []
    kinds = "、".join(
        sorted({_NAMES.get(int(k), str(k)) for k in set(shapely.get_type_id(shapes).tolist()) - {-1}})
    )
    return [findings("I049", dataset=options.key, layer=layer.layer, value=layer.geometry, detail=kinds)]


def _outside_zone(
    placed: ShapeArray, usable: BoolArray, zone: Zone, layer: RawLayer, choice: CRSChoice
) -> BoolArray:
    """Shapes beyond the reach of the county's zone; the layer is refused where most are."""
    low_x, low_y, high_x, high_y = shapely.bounds(placed).T
    with np.errstate(invalid="ignore"):
        inside = (
            (low_x - zone.false_easting_m >= -REACH_M[zone.width])
            & (high_x - zone.false_easting_m <= REACH_M[zone.width])
            & (low_y >= NORTHING_RANGE_M[0])
            & (high_y <= NORTHING_RANGE_M[1])
        )
    outside: BoolArray = usable & ~inside
    if outside.sum() > usable.sum() / 2:
        raise CRSError(
            _("{path} ({crs}) lies outside the county's zone, {zone}.").format(
                path=layer.title, crs=choice.evidence.decision, zone=zone.title
            ),
            hint=_("Check that it is this county's layer, and `crs` of the source and of the county."),
        )
    return outside


@dataclass(frozen=True)
class _Placing:
    """How the shapes were placed: the CRS they were read in, the one they are in now, findings so far."""

    choice: CRSChoice
    target: str
    findings: tuple[pd.DataFrame, ...]


def _repaired(
    placed: ShapeArray, judgement: _Judgement, layer: RawLayer, options: SourceOptions, placing: _Placing
) -> Shaped:
    status = np.where(judgement.usable, OK, QUARANTINED).astype(object)
    geometry = placed.copy()
    found = list(placing.findings)
    polygons = np.flatnonzero(judgement.usable & np.isin(shapely.get_type_id(placed), _POLYGONS))
    doubtful = polygons[~in_threads(shapely.is_valid, placed[polygons]).astype(bool)]
    if len(doubtful):
        repair = repair_polygons(placed[doubtful], crs=placing.target)
        status[doubtful], geometry[doubtful] = repair.status, repair.geometry
        areas = zip(repair.area_before_m2, repair.area_after_m2, repair.reason, strict=True)
        details = np.array([_change(before, after, why) for before, after, why in areas], dtype=object)
        for end, code in ((REPAIRED, "I016"), (QUARANTINED, "I017")):
            rows = np.flatnonzero(repair.status == end)
            if len(rows):
                refs = layer.refs.iloc[doubtful[rows]].tolist()
                found.append(
                    findings(
                        code,
                        dataset=options.key,
                        layer=layer.layer,
                        feature=refs,
                        detail=details[rows],
                        action=end,
                    )
                )
    for code in sorted(set(judgement.rule.tolist()) - {""}):
        refs = layer.refs.iloc[np.flatnonzero(judgement.rule == code)].tolist()
        found.append(findings(code, dataset=options.key, layer=layer.layer, feature=refs, action=QUARANTINED))
    evidence = placing.choice.evidence
    return Shaped(geometry, status, placing.target, evidence.decision, tuple(found), (evidence,))


def _change(before: float, after: float, why: str) -> str:
    areas = f"；修复前{before:.2f}平方米" if np.isfinite(before) else ""
    return f"{why}{areas}，修复后{after:.2f}平方米" if np.isfinite(after) else f"{why}{areas}"
