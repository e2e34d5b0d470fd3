"""The survey's own layer of approved and unbuilt land (PZWJSTD) held against what the approvals have left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landinv.geometry.area import FloatArray, ShapeArray, ellipsoidal_area_m2
from landinv.geometry.difference import Overlay, merged, overlay, subtract
from landinv.model import fields as F
from landinv.model.findings import concat_findings
from landinv.model.keys import normal_document_nos
from landinv.supply.approvals import in_record_order, joined_names, shapes_of, text_column
from landinv.supply.checks import LEAST_M2, LEAST_SHARE
from landinv.supply.located import findings_at

BOTH: Final = "两者都有"
PARTLY: Final = "部分一致"
SURVEY_ONLY: Final = "仅调查有"
DERIVED_ONLY: Final = "仅推算有"
FROM_SURVEY: Final = "survey"
FROM_APPROVALS: Final = "derived"
SLIVER: Final = "sliver"
RECONCILED_COLUMNS: Final = (
    "origin", "source_refs", "number", "approval_no", "other_approval_nos", "verdict", "area_m2", "common_m2",
    "alone_m2", "supplied_m2", "closed_m2", "unapproved_m2", "area_declared_m2",
)  # fmt: skip
STATISTIC_COLUMNS: Final = ("village_code", "village", "approved_use", "landclass_code", "area_m2")
_VILLAGE_DIGITS: Final = 12


@dataclass(frozen=True)
class Reconciliation:
    """The survey's layer and the derived land, side by side; areas ellipsoidal m², unrounded.

    ``rows``: columns :data:`RECONCILED_COLUMNS`, first a row for each survey polygon, then one for each derived part
    (slivers too, their origin says so). ``common_m2`` + ``alone_m2`` = ``area_m2``; of a survey polygon's land alone
    ``supplied_m2`` is supplied, ``closed_m2`` approved but withdrawn or deducted, and ``unapproved_m2`` in no
    approval. ``totals``: m² of the survey, of the derived land, of both, and of either alone, land under two survey
    polygons counted once.
    """

    rows: pd.DataFrame
    totals: dict[str, float]
    findings: pd.DataFrame


def reconcile_unbuilt(
    survey: gpd.GeoDataFrame,
    parts: gpd.GeoDataFrame,
    *,
    approvals: gpd.GeoDataFrame,
    supplies: gpd.GeoDataFrame,
    crs: str,
) -> Reconciliation:
    """Which of the survey's approved and unbuilt land the approvals have left too, and which not.

    Parameters
    ----------
    survey
        PZWJSTD with the standard's columns and ``source_ref``; valid polygons in ``crs``.
    parts
        Residual parts with approval_no, is_sliver and source_refs, as
        :func:`~landinv.supply.residual.derive_residual` gives them.
    approvals, supplies
        Shapes that tell why land of the survey is not among the parts.
    crs
        County's CRS, easting, northing, metres.

    Returns
    -------
    Reconciliation
        ``verdict`` by what is alone: at most 1 m² or 1 % of a shape counts as nothing.
    """
    drawn = in_record_order(survey)
    ours, left = shapes_of(drawn), shapes_of(parts)
    pairs = overlay(ours, left)
    alone = subtract(ours, left, pairs=pairs)
    open_ = subtract(alone, shapes_of(supplies))
    unapproved = subtract(open_, shapes_of(approvals))
    areas = {
        "area_m2": ellipsoidal_area_m2(ours, crs),
        "alone_m2": ellipsoidal_area_m2(alone, crs),
    }
    surveyed = _rows(
        pd.DataFrame(
            {
                "origin": FROM_SURVEY,
                "source_refs": drawn["source_ref"],
                "number": text_column(drawn, "TBBH"),
                "approval_no": text_column(drawn, "PZWH"),
                "other_approval_nos": _distinct_names(pairs, parts["approval_no"], len(drawn)),
                "supplied_m2": areas["alone_m2"] - ellipsoidal_area_m2(open_, crs),
                "closed_m2": ellipsoidal_area_m2(open_, crs) - ellipsoidal_area_m2(unapproved, crs),
                "unapproved_m2": ellipsoidal_area_m2(unapproved, crs),
                "area_declared_m2": pd.to_numeric(drawn["TBMJ"], errors="coerce"),
            }
        ),
        areas,
        SURVEY_ONLY,
    )
    derived = _derived_rows(drawn, parts, pairs, crs)
    rows = pd.concat([surveyed, derived], ignore_index=True)[list(RECONCILED_COLUMNS)]
    found = concat_findings([_other_number(drawn, surveyed), _not_left(drawn, surveyed, alone)])
    return Reconciliation(rows, _totals(ours, left, crs), found)


def unbuilt_statistic(survey: gpd.GeoDataFrame, dltb: gpd.GeoDataFrame, *, crs: str) -> pd.DataFrame:
    """The survey's statistic of its approved and unbuilt land: area by village, approved use and present class.

    Ridges inside arable land (KCXS) count under their own class (KCDLBM), as in the survey's own figures. Land that no
    patch covers has no village and class; less than 1 m² of a polygon is left out.

    Returns
    -------
    DataFrame
        Columns :data:`STATISTIC_COLUMNS`, ellipsoidal m², unrounded; by village, use and class; it adds up to the area
        of the layer, each polygon counted for itself.
    """
    drawn = in_record_order(survey)
    ours = shapes_of(drawn)
    near = np.unique(shapely.STRtree(shapes_of(dltb)).query(ours, predicate="intersects")[1])
    patches = dltb.iloc[near].reset_index(drop=True)
    pairs = overlay(ours, shapes_of(patches))
    rest = ellipsoidal_area_m2(subtract(ours, shapes_of(patches), pairs=pairs), crs)
    use = text_column(drawn, F.PZYT).fillna("").to_numpy()
    patch = patches.iloc[pairs.cutter].reset_index(drop=True)
    area = ellipsoidal_area_m2(pairs.shape, crs)
    share = pd.to_numeric(patch["KCXS"], errors="coerce").fillna(0.0).clip(0.0, 1.0).to_numpy()
    ridge_class = text_column(patch, "KCDLBM")
    share = np.where(ridge_class.notna(), share, 0.0)
    place = pd.DataFrame(
        {
            "village_code": text_column(patch, F.ZLDWDM).str.slice(0, _VILLAGE_DIGITS).fillna("").to_numpy(),
            "village": text_column(patch, "ZLDWMC").fillna("").to_numpy(),
            "approved_use": use[pairs.target],
        }
    )
    pieces = pd.concat(
        [
            place.assign(landclass_code=text_column(patch, F.DLBM).fillna("").to_numpy(), area_m2=area * (1.0 - share)),
            place.assign(landclass_code=ridge_class.fillna("").to_numpy(), area_m2=area * share)[share > 0.0],
            pd.DataFrame(
                {"village_code": "", "village": "", "approved_use": use, "landclass_code": "",
                 "area_m2": np.where(rest < LEAST_M2, 0.0, rest)}
            ),
        ]
    )  # fmt: skip
    groups = ["village_code", "approved_use", "landclass_code"]
    summed = pieces[pieces["area_m2"] > 0.0].groupby(groups, sort=True)
    return summed.agg({"village": "first", "area_m2": "sum"}).reset_index()[list(STATISTIC_COLUMNS)]


def _derived_rows(drawn: gpd.GeoDataFrame, parts: gpd.GeoDataFrame, pairs: Overlay, crs: str) -> pd.DataFrame:
    left, turned = shapes_of(parts), pairs.turned()
    areas = {
        "area_m2": ellipsoidal_area_m2(left, crs),
        "alone_m2": ellipsoidal_area_m2(subtract(left, shapes_of(drawn), pairs=_sorted(turned)), crs),
    }
    told = pd.DataFrame(
        {
            "origin": np.where(parts["is_sliver"], SLIVER, FROM_APPROVALS),
            "source_refs": parts["source_refs"],
            "number": np.nan,
            "approval_no": parts["approval_no"],
            "other_approval_nos": _distinct_names(turned, text_column(drawn, "PZWH"), len(parts)),
            "supplied_m2": np.nan,
            "closed_m2": np.nan,
            "unapproved_m2": np.nan,
            "area_declared_m2": np.nan,
        }
    )
    return _rows(told, areas, DERIVED_ONLY)


def _rows(told: pd.DataFrame, areas: dict[str, FloatArray], nowhere_else: str) -> pd.DataFrame:
    area, alone = areas["area_m2"], areas["alone_m2"]
    little = np.maximum(LEAST_M2, LEAST_SHARE * area)
    verdict = np.where(alone <= little, BOTH, np.where(area - alone <= little, nowhere_else, PARTLY))
    return told.assign(verdict=verdict, area_m2=area, common_m2=area - alone, alone_m2=alone)


def _sorted(pairs: Overlay) -> Overlay:
    order = np.lexsort((pairs.cutter, pairs.target))
    return Overlay(pairs.target[order], pairs.cutter[order], pairs.shape[order], pairs.area_plane_m2[order])


def _distinct_names(pairs: Overlay, names: pd.Series, count: int) -> list[str]:
    """Each number that meets a shape, once, in the order of the rows it stands in."""
    met = pd.DataFrame({"row": pairs.target, "other": pairs.cutter, "name": names.to_numpy()[pairs.cutter]})
    met = met.dropna(subset="name").sort_values(["row", "other"]).drop_duplicates(["row", "name"])
    return joined_names(met["row"], met["name"], count)


def _totals(survey: ShapeArray, derived: ShapeArray, crs: str) -> dict[str, float]:
    whole = [merged(shapes, np.zeros(len(shapes), dtype=np.intp), 1) for shapes in (survey, derived)]
    of_survey, of_derived = (float(ellipsoidal_area_m2(shape, crs)[0]) for shape in whole)
    alone = float(ellipsoidal_area_m2(subtract(whole[0], whole[1]), crs)[0])
    common = of_survey - alone
    return {
        "survey_m2": of_survey,
        "derived_m2": of_derived,
        "common_m2": common,
        "survey_only_m2": alone,
        "derived_only_m2": of_derived - common,
    }


def _other_number(drawn: gpd.GeoDataFrame, surveyed: pd.DataFrame) -> pd.DataFrame:
    """The number that the survey gives is none of those whose land lies there."""
    keys = normal_document_nos(surveyed["approval_no"]).to_numpy()
    others = [
        set(normal_document_nos(pd.Series(t.split(";"), dtype="str"))) for t in surveyed["other_approval_nos"]
    ]
    met = (surveyed["common_m2"] > np.maximum(LEAST_M2, LEAST_SHARE * surveyed["area_m2"])).to_numpy()
    told = met & np.array(
        [not pd.isna(k) and k not in o for k, o in zip(keys, others, strict=True)], dtype=bool
    )
    return findings_at(
        "S030", "pzwjstd", shapes_of(drawn)[told],
        feature=surveyed["source_refs"].to_numpy()[told],
        field="PZWH",
        value=surveyed["approval_no"].to_numpy()[told],
        detail=[f"图形位于{names.replace(';', '、')}" for names in surveyed["other_approval_nos"][told]],
    )  # fmt: skip


def _not_left(drawn: gpd.GeoDataFrame, surveyed: pd.DataFrame, alone: ShapeArray) -> pd.DataFrame:
    """Land that the survey calls approved and unbuilt and that is not among what the approvals have left."""
    told = (surveyed["verdict"] != BOTH).to_numpy()
    details = [
        f"{row.alone_m2:.2f}平方米，其中已供地{row.supplied_m2:.2f}平方米、已撤回或核减{row.closed_m2:.2f}平方米、不在批文红线内{row.unapproved_m2:.2f}平方米"
        for row in surveyed[told].itertuples()
    ]
    return findings_at(
        "S031", "pzwjstd", alone[told],
        feature=surveyed["source_refs"].to_numpy()[told],
        field="PZWH",
        value=surveyed["approval_no"].fillna("").to_numpy()[told],
        detail=details,
    )  # fmt: skip
