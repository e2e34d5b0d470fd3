"""The township that land belongs to now, where the survey still knows an older one."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import pandas as pd

from landinv.model.findings import concat_findings, findings, no_findings
from landinv.model.parcels import NOISE, UNCOVERED
from landinv.model.townships import TownshipUnits

THEME: Final = "township"
FORMER: Final = "former_township"
_COUNTED: Final = ["parcel", "theme", "code", "name"]


def with_current_townships(shares: pd.DataFrame, units: TownshipUnits) -> pd.DataFrame:
    """Shares whose township rows stand under the current unit; land of merged units is added up.

    Parameters
    ----------
    shares
        parcel, theme, code, name, area_m2 (m²), as :func:`landinv.inventory.themes.parcel_shares` gives them.
    units
        Units on the day of the run. A name that the layer lacks comes from there too.

    Returns
    -------
    DataFrame
        The same columns, in the order of parcels, themes, and areas from large to small.
    """
    rows = shares[shares["theme"] == THEME]
    code = units.current(rows["code"])
    known = code.map(units.names).astype("str")
    moved = code != rows["code"]
    name = rows["name"].where(~(moved | (rows["name"] == "")) | known.isna(), known)
    name = name.where(~moved | known.notna(), code)
    now = rows.assign(code=code, name=name.astype("str"))
    # The layer's own name of a unit beats the table's where both speak of it.
    own = now[~moved].drop_duplicates("code").set_index("code")["name"]
    now = now.assign(name=now["code"].map(own).astype("str").fillna(now["name"]))
    summed = now.groupby(_COUNTED, sort=False)["area_m2"].sum().reset_index()
    whole = pd.concat([shares[shares["theme"] != THEME], summed], ignore_index=True)
    order = ["parcel", "theme", "area_m2", "code"]
    return whole.sort_values(order, ascending=[True, True, False, True], kind="stable").reset_index(drop=True)


def with_former_said(
    parcels: gpd.GeoDataFrame, surveyed: pd.DataFrame, units: TownshipUnits
) -> gpd.GeoDataFrame:
    """Parcels on land of an abolished unit with the flag ``former_township`` and the old unit in ``reason``.

    ``surveyed`` are the shares under the survey's codes; parcels have the index 0..n-1 that shares refer to.
    """
    rows = surveyed[(surveyed["theme"] == THEME) & surveyed["code"].isin(list(units.successors))]
    if rows.empty:
        return parcels
    rows = rows.sort_values(["parcel", "code"], kind="stable")
    names = rows["name"].where(rows["name"] != "", rows["code"].map(units.names).astype("str").fillna(""))
    told = (names + "（" + rows["code"] + "）").groupby(rows["parcel"]).agg("、".join).reindex(parcels.index)
    there = told.notna()
    reason = parcels["reason"].fillna("") + "调查时属" + told.fillna("") + "。"
    flags = (parcels["flags"].fillna("") + ";" + FORMER).str.lstrip(";")
    return parcels.assign(
        reason=parcels["reason"].where(~there, reason).astype("str"),
        flags=parcels["flags"].where(~there, flags).astype("str"),
    )


def township_findings(shares: pd.DataFrame, units: TownshipUnits) -> pd.DataFrame:
    """A finding for each abolished unit that land still stands under, and for each unusable row of the table."""
    found = [no_findings()]
    rows = shares[(shares["theme"] == THEME) & ~shares["code"].isin([NOISE, UNCOVERED])]
    still = rows[rows["code"].isin(list(units.abolished))]
    if len(still):
        count = still.groupby("code")["parcel"].nunique()
        names = [units.names[str(code)] for code in count.index]
        details = [f"{name}，涉及{n}宗" for name, n in zip(names, count.tolist(), strict=True)]
        found.append(
            findings("I117", dataset="shares", layer=THEME, value=count.index.tolist(), detail=details)
        )
    bad = units.problems
    if len(bad):
        keys = bad["source_ref"].str.split("#").str[0]
        for key, part in bad.groupby(keys):
            found.append(
                findings("I118", dataset=str(key), feature=part["source_ref"].tolist(),
                         value=part["value"].tolist(), detail=part["cause"].tolist())
            )  # fmt: skip
    return concat_findings(found)
