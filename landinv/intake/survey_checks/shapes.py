"""Single shapes of a survey layer: twice the same, in parts, too small, too narrow, drawn carelessly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landinv.geometry.ring_defects import ring_defects, same_shapes
from landinv.geometry.width import fits_disc
from landinv.intake.raw import RawLayer
from landinv.intake.survey_checks.rule import SOURCE_REF, IntArray, Patches, folded, is_folded
from landinv.model import fields as F
from landinv.model.findings import findings
from landinv.model.survey_lists import least_area_m2, survey_limit

ShapeArray = npt.NDArray[np.object_]

REPEATED: Final = "A019"
SEVERAL_PARTS: Final = "A020"
TOO_SMALL: Final = "A021"
TOO_NARROW: Final = "A022"
SPIKE: Final = "A023"
CLOSE_VERTICES: Final = "A024"
HEIGHT_DROPPED: Final = "A025"
_ASKED: Final = 100
_ONE_PART: Final = ("dltb", "xzq")
_WHOLE_SURVEY: Final = ("dltb", "xzq", "cjdcq", "czcdyd")


def shapes_drawn_wrong(patches: Patches, key: str) -> Iterator[pd.DataFrame]:
    """Findings of every check of single shapes that holds for the layer."""
    if patches.shapes is None or not len(patches.shapes):
        return
    shapes = patches.shapes
    yield from _repeated(patches, shapes, key)
    if patches.layer in _ONE_PART:
        yield from _several_parts(patches, shapes, key)
    if patches.layer == "dltb":
        yield from _too_small(patches, shapes, key)
        yield from _too_narrow(patches, shapes, key)
    yield from _careless_vertices(patches, shapes, key)


def heights_dropped(layer: RawLayer, key: str) -> list[pd.DataFrame]:
    """One finding where shapes of a file had heights (Z) or measures (M), which a land survey does not have."""
    if layer.shapes is None:
        return []
    # a file has them throughout or not at all; records that break are told elsewhere
    first = layer.shapes[:_ASKED]
    told = [word for word, has in (("Z", shapely.has_z(first)), ("M", shapely.has_m(first))) if has.any()]
    if not told:
        return []
    return [findings(HEIGHT_DROPPED, dataset=key, layer=layer.layer, value="、".join(told))]


def _repeated(patches: Patches, shapes: ShapeArray, key: str) -> Iterator[pd.DataFrame]:
    first = same_shapes(shapes)
    at = np.flatnonzero(first != np.arange(len(first)))
    if len(at):
        details = [f"与{name}图形相同" for name in patches.named(first[at])]
        yield _rows(REPEATED, patches, at, key, details)


def _several_parts(patches: Patches, shapes: ShapeArray, key: str) -> Iterator[pd.DataFrame]:
    count = shapely.get_num_geometries(shapes)
    at = np.flatnonzero(count > 1)
    if len(at):
        yield _rows(SEVERAL_PARTS, patches, at, key, [f"{n}部分" for n in count[at]])


def _too_small(patches: Patches, shapes: ShapeArray, key: str) -> Iterator[pd.DataFrame]:
    least = patches.frame[F.DLBM].map(least_area_m2()).to_numpy(dtype="float64")
    # plane and ellipsoidal area differ by less than 2 in 10,000: of no account for so round a limit
    area = np.where(np.isfinite(patches.statutory_m2), patches.statutory_m2, shapely.area(shapes))
    at = np.flatnonzero((area < least) & (area > 0.0))
    if not len(at):
        return
    if is_folded(TOO_SMALL, len(at), len(area)):
        yield folded(TOO_SMALL, patches, at, key, name=F.DLBM)
    else:
        details = [
            f"{a:.2f}平方米，最小上图面积{m:.0f}平方米" for a, m in zip(area[at], least[at], strict=True)
        ]
        yield _rows(TOO_SMALL, patches, at, key, details)


def _too_narrow(patches: Patches, shapes: ShapeArray, key: str) -> Iterator[pd.DataFrame]:
    limit = survey_limit("patch_width_m")
    mean = 2.0 * shapely.area(shapes) / np.maximum(shapely.length(shapes), 1e-9)
    doubtful = np.flatnonzero(mean < limit)
    at = doubtful[~fits_disc(shapes[doubtful], limit)]
    if not len(at):
        return
    if is_folded(TOO_NARROW, len(at), len(mean)):
        yield folded(TOO_NARROW, patches, at, key)
    else:
        yield _rows(TOO_NARROW, patches, at, key, [f"平均宽度{width:.2f}米" for width in mean[at]])


def _careless_vertices(patches: Patches, shapes: ShapeArray, key: str) -> Iterator[pd.DataFrame]:
    found = ring_defects(
        shapes,
        max_angle_deg=survey_limit("spike_angle_deg"),
        min_length_m=survey_limit("spike_length_m"),
        within_m=survey_limit("vertex_distance_m"),
    )
    spikes, close = found.spikes, found.close_vertices
    if len(spikes) and patches.layer in _WHOLE_SURVEY:
        pairs = zip(spikes["angle_deg"], spikes["length_m"], strict=True)
        details = [f"夹角{angle:.2f}度，长{length:.2f}米" for angle, length in pairs]
        yield _placed(SPIKE, patches, spikes, key, details)
    if len(close):
        count, same = close["shape"].nunique(), int((close["distance_m"] == 0.0).sum())
        detail = f"{count}个图形共{len(close)}处，其中完全重合{same}处；首处如此"
        yield _placed(CLOSE_VERTICES, patches, close.head(1), key, [detail])


def _rows(code: str, patches: Patches, at: IntArray, key: str, details: list[str]) -> pd.DataFrame:
    refs = patches.frame[SOURCE_REF].iloc[at].tolist()
    return findings(code, dataset=key, feature=refs, detail=details)


def _placed(code: str, patches: Patches, found: pd.DataFrame, key: str, details: list[str]) -> pd.DataFrame:
    refs = patches.frame[SOURCE_REF].iloc[found["shape"].to_numpy()].tolist()
    places = {axis: found[axis].to_numpy() for axis in "xy"}
    return findings(code, dataset=key, feature=refs, detail=details, **places)
