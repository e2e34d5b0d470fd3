"""Where patches lie: in the village that they name, and in the settlement that they are part of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from landinv.geometry.shares import overlay_shares
from landinv.geometry.width import inside_points
from landinv.intake.survey_checks.codes import VILLAGE_DIGITS
from landinv.intake.survey_checks.layers import SurveyLayer
from landinv.intake.survey_checks.rule import IntArray, is_folded
from landinv.model import fields as F
from landinv.model.survey_lists import survey_limit

_FLOWN_IN = "1"


def patches_in_villages(dltb: SurveyLayer, cjdcq: SurveyLayer) -> list[pd.DataFrame]:
    """A place inside the patch lies in a village other than that of ZLDWDM; exclaves (FRDBS 1) excepted.

    Source: TD/T 1057-2020; one place stands for the patch, what crosses a border shows in the sums.
    """
    points = shapely.points(inside_points(dltb.shapes))
    # villages ask the patches, not the reverse: a large shape is prepared once for all its points
    village, patch = shapely.STRtree(points).query(cjdcq.shapes, predicate="contains")
    lies_in = np.full(len(points), -1, dtype=np.intp)
    lies_in[patch] = village
    there = cjdcq.frame[F.ZLDWDM].str.slice(0, VILLAGE_DIGITS).fillna("").to_numpy(dtype=object)
    own = dltb.frame[F.ZLDWDM].str.slice(0, VILLAGE_DIGITS).fillna("").to_numpy(dtype=object)
    known = np.isin(own, there) & (own != "") & (lies_in >= 0) & (there[lies_in] != "")
    flown_in = (dltb.frame[F.FRDBS] == _FLOWN_IN).to_numpy(dtype=bool)
    at = np.flatnonzero(known & (own != there[lies_in]) & ~flown_in)
    values = dltb.frame[F.ZLDWDM].iloc[at].tolist()
    return dltb.told(
        "A057", at, name=F.ZLDWDM, values=values, details=[f"位于{code}" for code in there[lies_in[at]]]
    )


def patches_in_settlements(dltb: SurveyLayer, czcdyd: SurveyLayer, crs: str) -> list[pd.DataFrame]:
    """Patches with CZCSXM lie in settlement areas of that type, and patches without lie in none.

    Source: rules of production survey software; what lies off by less than a limit (m²) is passed over.
    """
    if not (czcdyd.has(F.CZCLX) and dltb.has(F.CZCSXM)):
        return []
    attribute = dltb.frame[F.CZCSXM]
    at = np.flatnonzero(attribute.notna().to_numpy(dtype=bool))
    shares = overlay_shares(
        dltb.shapes[at], czcdyd.shapes, czcdyd.frame[F.CZCLX], crs=crs, tessellating=True
    ).rows
    own = attribute.iloc[at].to_numpy(dtype=object)[shares["parcel"]]
    kind = np.select([shares["code"] == own, shares["code"] == "uncovered"], ["own", "outside"], "other")
    areas = shares["area_m2"].groupby([shares["parcel"], kind]).sum().unstack(fill_value=0)
    areas = areas.reindex(columns=["own", "outside", "other"], index=range(len(at)), fill_value=0.0)
    limit = survey_limit("outside_settlement_m2")
    found = []
    for code, column in (("A050", "outside"), ("A051", "other")):
        rows = np.flatnonzero((areas[column] > limit).to_numpy())
        values = attribute.iloc[at[rows]].tolist()
        words = (
            _elsewhere(shares, rows, own_codes=attribute.iloc[at]) if column == "other" else [""] * len(rows)
        )
        details = [
            f"{area:.2f}平方米{word or '在范围外'}"
            for area, word in zip(areas[column].iloc[rows], words, strict=True)
        ]
        found += dltb.told(code, at[rows], name=F.CZCSXM, values=values, details=details)
    return found + _without_attribute(dltb, czcdyd)


def _elsewhere(shares: pd.DataFrame, rows: IntArray, *, own_codes: pd.Series) -> list[str]:
    others = shares[shares["code"] != "uncovered"]
    by_parcel = others.groupby("parcel")["code"].agg(list)
    own = own_codes.tolist()
    return ["在" + "、".join(c for c in by_parcel[row] if c != own[row]) + "内" for row in rows.tolist()]


def _without_attribute(dltb: SurveyLayer, czcdyd: SurveyLayer) -> list[pd.DataFrame]:
    """Patches wholly inside a settlement area that have no CZCSXM."""
    bare = np.flatnonzero(dltb.frame[F.CZCSXM].isna().to_numpy(dtype=bool))
    area, patch = shapely.STRtree(dltb.shapes[bare]).query(czcdyd.shapes, predicate="covers")
    at, first = np.unique(bare[patch], return_index=True)
    if not len(at):
        return []
    names = czcdyd.patches.named(area[first])
    values = dltb.frame[F.DLBM].iloc[at].tolist()
    if is_folded("A052", len(at), len(dltb.frame)):
        return dltb.told("A052", at[:1], name=F.CZCSXM, details=[f"共{len(at)}个图斑，首个在{names[0]}内"])
    return dltb.told(
        "A052", at, name=F.CZCSXM, details=[f"地类{v}，在{n}内" for v, n in zip(values, names, strict=True)]
    )
