"""Layers that should cover their land exactly once: overlaps, gaps and holes as findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from landinv.geometry.coverage import CoverageDefects, coverage_defects
from landinv.geometry.ring_defects import same_shapes
from landinv.intake.survey_checks.rule import SOURCE_REF, IntArray, Patches
from landinv.model.findings import findings
from landinv.model.survey_lists import survey_limit

OVERLAP: Final = "A014"
GAP: Final = "A015"
SLIGHTLY_OFF: Final = "A016"
LARGE_HOLE: Final = "A017"
NO_TESSELLATION: Final = "A018"
# Layers that cover the county, and those that only must not cover anything twice.
WITHOUT_GAPS: Final = ("dltb", "xzq", "cjdcq")
WITHOUT_OVERLAPS: Final = (*WITHOUT_GAPS, "czcdyd")


def coverage_broken(patches: Patches, key: str) -> Iterator[pd.DataFrame]:
    """Findings of overlaps between the layer's patches, and of gaps and holes where it should have none.

    Whole shapes that stand twice are told by their own rule and not as overlaps. Borders that are off by no more than
    a limit (1 cm) have a rule of their own. Place and size are the defect's.

    Source: TD/T 1057-2020, topology; the limits are ours.
    """
    if patches.shapes is None or patches.layer not in WITHOUT_OVERLAPS:
        return
    found = measured(patches)
    if not found.is_complete:
        detail = f"{found.edges}条边中{found.loose}条与相邻图斑不重合，未逐一列出"
        yield findings(NO_TESSELLATION, dataset=key, detail=[detail])
        return
    first = same_shapes(patches.shapes)
    pairs = found.overlaps
    other = first[pairs["first"].to_numpy()] != first[pairs["second"].to_numpy()]
    yield from overlaps_told(pairs[other], patches, key)
    if patches.layer in WITHOUT_GAPS:
        yield from gaps_told(found.gaps, patches, key)


def measured(patches: Patches) -> CoverageDefects:
    """Overlaps and gaps of a layer's shapes, in the classes of the survey's limits."""
    assert patches.shapes is not None
    limits = (0.0, survey_limit("narrow_m"), survey_limit("open_gap_m"))
    return coverage_defects(patches.shapes, patches.crs, tolerances_m=limits)


def overlaps_told(pairs: pd.DataFrame, patches: Patches, key: str) -> Iterator[pd.DataFrame]:
    """Findings of overlapping pairs, the slight ones apart."""
    slight = (pairs["above_m"] < survey_limit("narrow_m")).to_numpy()
    for code, part in ((OVERLAP, pairs[~slight]), (SLIGHTLY_OFF, pairs[slight])):
        if len(part):
            names = patches.named(part["second"].to_numpy(dtype=np.intp))
            details = [
                f"与{name}重叠{area:.4g}平方米，平均宽{width:.3f}米"
                for name, area, width in zip(names, part["area_m2"], part["width_m"], strict=True)
            ]
            yield _placed(code, part, patches, key, details)


def gaps_told(gaps: pd.DataFrame, patches: Patches, key: str) -> Iterator[pd.DataFrame]:
    """Findings of gaps: slight ones, large holes and all others."""
    slight = (gaps["above_m"] < survey_limit("narrow_m")).to_numpy()
    large = (gaps["area_m2"] >= survey_limit("large_hole_m2")).to_numpy()
    kinds = ((GAP, ~slight & ~large), (SLIGHTLY_OFF, slight), (LARGE_HOLE, large & ~slight))
    for code, kind in kinds:
        part = gaps[kind]
        if len(part):
            yield _placed(code, part, patches, key, _gap_details(part, patches))


def _gap_details(gaps: pd.DataFrame, patches: Patches) -> list[str]:
    second = gaps["second"].to_numpy(dtype=np.intp)
    names = np.array(patches.named(np.maximum(second, 0)), dtype=object)
    sizes = zip(gaps["area_m2"], gaps["width_m"], gaps["neighbours"], gaps["is_open"], strict=True)
    words = [
        f"无图斑覆盖{area:.4g}平方米，平均宽{width:.3f}米，邻接{count}个图斑{'，开口于图层外缘' if is_open else ''}"
        for area, width, count, is_open in sizes
    ]
    return [
        f"与{name}之间；{text}" if at >= 0 else text
        for at, name, text in zip(second, names, words, strict=True)
    ]


def _placed(code: str, part: pd.DataFrame, patches: Patches, key: str, details: list[str]) -> pd.DataFrame:
    first: IntArray = part["first"].to_numpy(dtype=np.intp)
    refs = patches.frame[SOURCE_REF].to_numpy(dtype=object)[np.maximum(first, 0)]
    shown = np.where(first >= 0, refs, "").tolist()
    places = {axis: part[axis].to_numpy() for axis in "xy"}
    return findings(code, dataset=key, feature=shown, detail=details, **places)
