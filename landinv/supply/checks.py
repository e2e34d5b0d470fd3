"""What is wrong with approvals and supplies as they lie on one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landinv.geometry.area import ellipsoidal_area_m2
from landinv.geometry.difference import Overlay, merged, overlay_within, subtract
from landinv.model.findings import concat_findings
from landinv.model.keys import normal_document_nos
from landinv.supply.approvals import WITHDRAWN, shapes_of, text_column
from landinv.supply.declared import approval_area_findings, supply_area_findings
from landinv.supply.located import findings_at

BALANCE_TOLERANCE_M2: Final = 0.01
LEAST_M2: Final = 1.0
LEAST_SHARE: Final = 0.01


@dataclass(frozen=True)
class Situation:
    """Approvals (documents and their features) and supplies, and how they lie.

    Documents and supplies carry their shape's ellipsoidal area as ``area_m2``.
    ``before``: pairs of a document and one that counts before it; ``inside``: pairs of a document and a supply.
    """

    documents: gpd.GeoDataFrame
    features: gpd.GeoDataFrame
    supplies: gpd.GeoDataFrame
    before: Overlay
    inside: Overlay
    crs: str


def supply_findings(situation: Situation, balance: pd.DataFrame) -> pd.DataFrame:
    """Every finding about approvals and supplies with shapes (S001 to S015), in the order of their codes."""
    documents, features, supplies = situation.documents, situation.features, situation.supplies
    return concat_findings(
        [
            approval_without_number(features),
            approval_status_mixed(documents),
            approvals_overlap(situation),
            features_of_approval_overlap(features),
            supply_outside_approvals(situation),
            supply_cites_other_approval(situation),
            supplies_overlap(supplies, situation.crs),
            supply_on_withdrawn_approval(situation),
            balance_does_not_close(balance, documents),
            approval_area_findings(documents),
            supply_area_findings(supplies),
        ]
    )


def approval_without_number(features: gpd.GeoDataFrame) -> pd.DataFrame:
    """An approval's feature has no document number."""
    nameless = features[features["is_made"]]
    return findings_at(
        "S001",
        "approvals",
        shapes_of(nameless),
        feature=nameless["source_ref"],
        field="approval_no",
        detail=nameless["printed"],
    )


def approval_status_mixed(documents: gpd.GeoDataFrame) -> pd.DataFrame:
    """Features of one approval bear different statuses; the mildest is used, so that no land is lost."""
    mixed = documents[documents["statuses"] > 1]
    return findings_at(
        "S002",
        "approvals",
        shapes_of(mixed),
        feature=mixed["source_refs"],
        field="approval_status",
        value=mixed["approval_no"],
    )


def approvals_overlap(situation: Situation) -> pd.DataFrame:
    """Two approvals share land; it counts under one of them only."""
    pairs, numbers = situation.before, situation.documents["approval_no"].to_numpy()
    area = ellipsoidal_area_m2(pairs.shape, situation.crs)
    told = pairs.only(area >= LEAST_M2)
    names = [
        f"{later}与{first}重叠{size:.2f}平方米，计入{first}"
        for later, first, size in zip(
            numbers[told.target], numbers[told.cutter], area[area >= LEAST_M2], strict=True
        )
    ]
    return findings_at(
        "S003",
        "approvals",
        told.shape,
        feature=situation.documents["source_refs"].to_numpy()[told.target],
        value=_numbers(area[area >= LEAST_M2]),
        detail=names,
    )


def features_of_approval_overlap(features: gpd.GeoDataFrame) -> pd.DataFrame:
    """Two features of one approval share land."""
    several = features[features.duplicated("key", keep=False)].reset_index(drop=True)
    pairs = _pairs_within(several)
    key = several["key"].to_numpy()
    pairs = pairs.only(key[pairs.target] == key[pairs.cutter])
    refs, numbers = several["source_ref"].to_numpy(), several["printed"].to_numpy()
    detail = [
        f"{number}：与{other}重叠{size:.2f}平方米"
        for number, other, size in zip(
            numbers[pairs.target], refs[pairs.cutter], pairs.area_plane_m2, strict=True
        )
    ]
    return findings_at(
        "S004",
        "approvals",
        pairs.shape,
        feature=refs[pairs.target],
        value=_numbers(pairs.area_plane_m2),
        detail=detail,
    )


def supply_outside_approvals(situation: Situation) -> pd.DataFrame:
    """More than 1 m² and 1 % of a supply lies in no approval."""
    shapes, by_supply = shapes_of(situation.supplies), situation.inside.turned()
    held = np.zeros(len(shapes))
    np.maximum.at(held, by_supply.target, by_supply.area_plane_m2)
    open_ = shapes.copy()
    open_[shapely.area(shapes) - held < LEAST_M2 / 2.0] = None  # one approval holds it all
    asked = ~shapely.is_missing(open_)[by_supply.target]
    outside = subtract(open_, shapes_of(situation.documents), pairs=by_supply.only(asked))
    area = ellipsoidal_area_m2(outside, situation.crs)
    whole = situation.supplies["area_m2"].to_numpy()
    told = (area > LEAST_M2) & (area > LEAST_SHARE * whole)
    detail = [
        f"{part:.2f}平方米，占{part / of:.1%}" for part, of in zip(area[told], whole[told], strict=True)
    ]
    refs = situation.supplies["source_ref"].to_numpy()[told]
    return findings_at(
        "S005", "supplies", outside[told], feature=refs, value=_numbers(area[told]), detail=detail
    )


def supply_cites_other_approval(situation: Situation) -> pd.DataFrame:
    """The approval a supply cites is not the one that holds most of its shape."""
    cited = text_column(situation.supplies, "approval_no")
    keys = normal_document_nos(cited)
    inside = situation.inside
    lies = pd.DataFrame(
        {
            "supply": inside.cutter,
            "document": inside.target,
            "area": inside.area_plane_m2,
            "cited": situation.documents["key"].to_numpy()[inside.target] == keys.to_numpy()[inside.cutter],
        }
    )
    of = shapely.area(shapes_of(situation.supplies))[lies["supply"]]
    lies = lies.assign(certain=(lies["area"] > LEAST_M2) & (lies["area"] > LEAST_SHARE * of))
    best = lies[lies["certain"]].sort_values(["supply", "area", "document"], ascending=[True, False, True])
    best = best.drop_duplicates("supply").set_index("supply")
    in_cited = lies[lies["cited"]].set_index("supply")["area"].reindex(best.index).fillna(0.0)
    # a cited approval that holds as much, but for 1 %, is as good: approvals may overlap
    other = best[keys.notna().reindex(best.index) & (in_cited < best["area"] * (1.0 - LEAST_SHARE))]
    numbers = situation.documents["approval_no"].to_numpy()[other["document"]]
    return findings_at(
        "S006",
        "supplies",
        shapes_of(situation.supplies)[other.index],
        feature=situation.supplies["source_ref"].to_numpy()[other.index],
        field="approval_no",
        value=cited.to_numpy()[other.index],
        detail=[f"图形位于{number}" for number in numbers],
    )


def supplies_overlap(supplies: gpd.GeoDataFrame, crs: str) -> pd.DataFrame:
    """Two supplies share more than 1 m² of land."""
    pairs = _pairs_within(supplies)
    area = ellipsoidal_area_m2(pairs.shape, crs)
    pairs, area = pairs.only(area >= LEAST_M2), area[area >= LEAST_M2]
    refs = supplies["source_ref"].to_numpy()
    detail = [f"与{other}重叠{size:.2f}平方米" for other, size in zip(refs[pairs.cutter], area, strict=True)]
    return findings_at(
        "S007", "supplies", pairs.shape, feature=refs[pairs.target], value=_numbers(area), detail=detail
    )


def supply_on_withdrawn_approval(situation: Situation) -> pd.DataFrame:
    """More than 1 m² and 1 % of a supply lies in land that only withdrawn approvals cover."""
    documents, inside = situation.documents, situation.inside
    gone = (documents["approval_status"] == WITHDRAWN).to_numpy()
    on_gone = inside.only(gone[inside.target])
    if not len(on_gone.target):
        return concat_findings([])
    elsewhere = inside.only(~gone[inside.target])
    count = len(situation.supplies)
    pieces = subtract(
        merged(on_gone.shape, on_gone.cutter, count), merged(elsewhere.shape, elsewhere.cutter, count)
    )
    area = ellipsoidal_area_m2(pieces, situation.crs)
    whole = situation.supplies["area_m2"].to_numpy()
    told = (area > LEAST_M2) & (area > LEAST_SHARE * whole)
    names = (
        pd.Series(documents["approval_no"].to_numpy()[on_gone.target]).groupby(on_gone.cutter).agg("、".join)
    )
    detail = [
        f"{name}，{size:.2f}平方米"
        for name, size in zip(names.reindex(np.flatnonzero(told)), area[told], strict=True)
    ]
    refs = situation.supplies["source_ref"].to_numpy()[told]
    return findings_at(
        "S008", "supplies", pieces[told], feature=refs, value=_numbers(area[told]), detail=detail
    )


def balance_does_not_close(balance: pd.DataFrame, documents: gpd.GeoDataFrame) -> pd.DataFrame:
    """An approval's area is not the sum of its parts."""
    open_ = (balance["difference_m2"].abs() > BALANCE_TOLERANCE_M2).to_numpy()
    return findings_at(
        "S009",
        "supply",
        shapes_of(documents)[open_],
        feature=balance["approval_no"].to_numpy()[open_],
        field="difference_m2",
        value=[f"{gap:.4f}" for gap in balance["difference_m2"][open_]],
    )


def _pairs_within(frame: gpd.GeoDataFrame) -> Overlay:
    """Pairs that share an area; the cutter stands before the target."""
    return overlay_within(frame.geometry, np.arange(len(frame)))


def _numbers(areas: npt.NDArray[np.float64]) -> list[str]:
    return [f"{area:.2f}" for area in areas]
