"""Links between parcels and projects: by project code, supervision number, contract number, then by place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landinv.errors import CRSError
from landinv.i18n import gettext as _
from landinv.ledger.near_misses import near_misses
from landinv.model.findings import concat_findings, findings, no_findings
from landinv.model.keys import normal_codes, normal_document_nos
from landinv.model.parcels import LINK_COLUMNS

EXACT_KEYS: Final = {
    "project_code": ("项目代码一致", normal_codes),
    "supervision_no": ("电子监管号一致", normal_codes),
    "contract_no": ("合同编号一致", normal_document_nos),
}
METHODS: Final = (*EXACT_KEYS, "overlap")
OVERLAP_SHARE: Final = 0.5
POINT_SCORE: Final = 0.9
EDGE_COLUMNS: Final = ("parcel_id", "project_key", "method", "score", "evidence")


@dataclass(frozen=True)
class Links:
    """``links``: columns of ``model.parcels.LINK_COLUMNS``; ``findings``: codes that lead nowhere or apart."""

    links: pd.DataFrame
    findings: pd.DataFrame


def link_projects(parcels: gpd.GeoDataFrame, projects: gpd.GeoDataFrame | pd.DataFrame, *, crs: str) -> Links:
    """Link parcels to the projects that hold them or want them.

    Parameters
    ----------
    parcels
        Canonical parcels with ``parcel_id`` (unique); shapes in ``crs``, may be missing.
    projects
        As :func:`landinv.ledger.projects.merge_projects` gives them; polygons or points in ``crs`` where there are any.
    crs
        The county's CRS (easting, northing, metres).

    Returns
    -------
    Links
        One row per parcel and project, the best method each: ``score`` is 1.0 for an equal number, the overlap's share
        of the smaller shape (from 0.5) for polygons, 0.9 for a point inside; ``evidence`` names all that speaks for
        the link. Rows follow the order of the parcels, best link first, index 0..n-1.

    Raises
    ------
    CRSError
        If either frame is in another CRS.
    """
    _require_crs(parcels, crs)
    _require_crs(projects, crs)
    exact = [_number_edges(parcels, projects, key=key) for key in EXACT_KEYS]
    edges = pd.concat([*exact, _overlap_edges(parcels, projects)], ignore_index=True)
    links = _best_links(edges, parcels=parcels, projects=projects)
    found = [_lost_code_findings(parcels, projects), _contradictions(pd.concat(exact), parcels)]
    return Links(links, concat_findings(found))


def _require_crs(frame: pd.DataFrame, crs: str) -> None:
    if isinstance(frame, gpd.GeoDataFrame) and frame.crs is not None and frame.crs != crs:
        raise CRSError(
            _("Shapes to be linked are in {found}, not in the county's {crs}.").format(
                found=frame.crs, crs=crs
            ),
            hint=_("Bring both layers into the county's CRS first."),
        )


def _edges(
    parcels: pd.Series, projects: pd.Series, *, method: str, score: object, evidence: object
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "parcel_id": parcels.to_numpy(),
            "project_key": projects.to_numpy(),
            "method": method,
            "score": score,
            "evidence": evidence,
        },
        columns=list(EDGE_COLUMNS),
    ).astype(
        {"parcel_id": "str", "project_key": "str", "method": "str", "score": "float64", "evidence": "str"}
    )


def _number_edges(parcels: pd.DataFrame, projects: pd.DataFrame, *, key: str) -> pd.DataFrame:
    words = EXACT_KEYS[key][0]
    ours = pd.DataFrame({"parcel_id": parcels["parcel_id"], "key": _normal(parcels, key)}).dropna()
    theirs = pd.DataFrame({"project_key": projects["project_key"], "key": _normal(projects, key)}).dropna()
    both = ours.merge(theirs, on="key", how="inner")
    return _edges(
        both["parcel_id"], both["project_key"], method=key, score=1.0, evidence=words + "：" + both["key"]
    )


def _normal(frame: pd.DataFrame, key: str) -> pd.Series:
    if key not in frame:
        return pd.Series(np.nan, index=frame.index, dtype="str")
    forms = EXACT_KEYS[key][1](frame[key]).astype("str")
    return forms.where(forms != "")


def _overlap_edges(parcels: gpd.GeoDataFrame, projects: pd.DataFrame) -> pd.DataFrame:
    if not isinstance(projects, gpd.GeoDataFrame) or not isinstance(parcels, gpd.GeoDataFrame):
        return _edges(
            parcels["parcel_id"][:0], projects["project_key"][:0], method="overlap", score=[], evidence=[]
        )
    land, sites = parcels.geometry.to_numpy(), projects.geometry.to_numpy()
    i, j = shapely.STRtree(sites).query(land, predicate="intersects")
    is_point = shapely.get_dimensions(sites[j]) == 0
    smaller = np.minimum(shapely.area(land[i]), shapely.area(sites[j]))
    shared = shapely.area(shapely.intersection(land[i], sites[j]))
    share = np.divide(shared, smaller, out=np.zeros_like(shared), where=smaller > 0)
    score = np.where(is_point, POINT_SCORE, np.minimum(share, 1.0))
    told = [
        "项目位置点在地块内" if point else f"项目范围与地块重叠{area:.2f}平方米，占较小者{part:.1%}"
        for point, area, part in zip(is_point, shared, share, strict=True)
    ]
    near = score >= OVERLAP_SHARE
    return _edges(
        parcels["parcel_id"].iloc[i[near]],
        projects["project_key"].iloc[j[near]],
        method="overlap",
        score=score[near],
        evidence=np.array(told, dtype=object)[near],
    )


def _best_links(edges: pd.DataFrame, *, parcels: pd.DataFrame, projects: pd.DataFrame) -> pd.DataFrame:
    place = {parcel: n for n, parcel in enumerate(parcels["parcel_id"])}
    rank = {method: n for n, method in enumerate(METHODS)}
    ranked = edges.assign(place=edges["parcel_id"].map(place), rank=edges["method"].map(rank))
    ranked = ranked.assign(less=-ranked["score"]).sort_values(
        ["place", "rank", "less", "project_key"], kind="stable"
    )
    grouped = ranked.groupby(["parcel_id", "project_key"], sort=False)
    best = grouped[["method", "score"]].first()
    best = best.assign(evidence=grouped["evidence"].agg(lambda texts: "；".join(dict.fromkeys(texts))))
    named = projects.set_index("project_key")[["project_code", "project_name"]]
    links = best.reset_index().join(named, on="project_key")
    return pd.DataFrame(links[list(LINK_COLUMNS)]).astype({"evidence": "str"})


def _lost_code_findings(parcels: pd.DataFrame, projects: pd.DataFrame) -> pd.DataFrame:
    """Project codes of parcels that the ledger does not hold; none where there is no ledger."""
    if not len(projects):
        return no_findings()
    known = set(_normal(projects, "project_code").dropna())
    codes = _normal(parcels, "project_code")
    lost = codes[codes.notna() & ~codes.isin(known)]
    if lost.empty:
        return no_findings()
    near = lost.map(near_misses(lost, known)).astype("str")
    alone, slips = lost.index[near.isna()], lost.index[near.notna()]
    shown = {"dataset": "links", "field": "project_code"}
    told = "台账中有" + near[slips]
    return concat_findings(
        [
            findings(
                "L031",
                **shown,
                feature=parcels.loc[alone, "parcel_id"],
                value=parcels.loc[alone, "project_code"],
            ),
            findings(
                "L032",
                **shown,
                feature=parcels.loc[slips, "parcel_id"],
                value=parcels.loc[slips, "project_code"],
                detail=told,
            ),
        ]
    )


def _contradictions(edges: pd.DataFrame, parcels: pd.DataFrame) -> pd.DataFrame:
    """Parcels whose project code names one project and whose other numbers name none but others."""
    by_code = edges[edges["method"] == "project_code"].groupby("parcel_id")["project_key"].agg(set)
    others = edges[edges["method"] != "project_code"].groupby("parcel_id")["project_key"].agg(set)
    both = pd.DataFrame({"code": by_code, "number": others}, dtype=object).dropna()
    if both.empty:
        return no_findings()
    apart = [parcel for parcel, code, number in both.itertuples() if not code & number]
    marked = parcels[parcels["parcel_id"].isin(apart)]
    listed = both.map(lambda names: "、".join(sorted(names)))
    told = "项目代码：" + listed["code"] + "；监管号或合同编号：" + listed["number"]
    return findings(
        "L033",
        dataset="links",
        feature=marked["parcel_id"],
        field="project_code",
        value=told[marked["parcel_id"]],
    )
