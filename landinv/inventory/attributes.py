"""Fill a parcel's columns from its shape and its shares: areas, place, tenure, class, plan, limits, availability."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landinv.geometry.area import ellipsoidal_area_m2
from landinv.geometry.shares import main_share
from landinv.model.landclass import (
    COLLECTIVE,
    CONSTRUCTION,
    FARMLAND,
    STATE_OWNED,
    UNUSED,
    is_cropland,
    ownership,
    three_class,
)
from landinv.model.parcels import APPROVED_UNSUPPLIED, NOISE, UNCOVERED
from landinv.model.units import to_ha, to_mu

MIXED: Final = "混合"
VACANT: Final = "1201"  # 空闲地 counts as construction land but nothing stands on it
MINOR_SHARE: Final = 0.01  # of the parcel: below, another owner's strip does not make tenure mixed
BUILT_SHARE: Final = 0.5  # of the parcel under construction classes: evidence that it was built on
MAIN_THEMES: Final = ("landclass", "village", "township", "owner", "plan")
TOUCHED_M2: Final = 10.0  # of farmland or red line inside: below, two outlines that nearly coincide


def with_areas(parcels: gpd.GeoDataFrame, *, crs: str) -> gpd.GeoDataFrame:
    """Ellipsoidal and plane area (m²), and the ellipsoidal one in 亩 and 公顷; missing where there is no shape."""
    shaped = (parcels.geometry.notna() & ~parcels.geometry.is_empty).to_numpy()
    # normalised: where a ring begins must not decide the last digits
    shapes = shapely.normalize(np.asarray(parcels.geometry.array))
    area = np.where(shaped, ellipsoidal_area_m2(shapes, crs), np.nan)
    return parcels.assign(
        area_m2=area,
        area_plane_m2=np.where(shaped, parcels.geometry.area, np.nan),
        area_mu=to_mu(area),
        area_ha=to_ha(area),
    )


def with_shares(
    parcels: gpd.GeoDataFrame, shares: pd.DataFrame, *, measured: Collection[str], plan_code_system: str
) -> gpd.GeoDataFrame:
    """Everything the shares tell: main township, village, owner, class and plan; class sums; restrictions; flags.

    Parameters
    ----------
    parcels
        With areas, index 0..n-1.
    shares
        As :func:`landinv.inventory.themes.parcel_shares` gives them.
    measured
        Themes a layer was given for. The columns of the others stay missing: what was not measured is not zero.
    plan_code_system
        Code system of the plan's codes; they never travel without it.
    """
    places = {
        **_main(shares, "township", "township_code", "township"),
        **_main(shares, "village", "village_code", "village"),
        **_main(shares, "owner", "", "owner_unit"),
        **_main(shares, "landclass", "landclass_code", "landclass"),
        **_main(shares, "plan", "planned_use_code", "planned_use"),
    }
    columns = {name: values.reindex(parcels.index).astype("str") for name, values in places.items()}
    columns |= {name: values.reindex(parcels.index) for name, values in _class_sums(parcels, shares).items()}
    columns |= _restrictions(parcels, shares, measured)
    located = parcels.assign(**columns, tenure=_tenure(shares).reindex(parcels.index).astype("str"))
    if "planned_use_code" in columns:
        system = pd.Series(plan_code_system, index=parcels.index, dtype="str")
        located = located.assign(plan_code_system=system.where(located["planned_use_code"].notna()))
    place = located["township"].fillna("") + located["village"].fillna("")
    located = located.assign(
        location=located["location"].where(located["location"].notna(), place.where(place != ""))
    )
    return with_availability(located.assign(flags=_flags(located, shares, measured)))


def with_availability(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """``available``: approved and unsupplied, with a shape, not built on, not held for a project."""
    flags = (";" + parcels["flags"].fillna("") + ";").astype("str")
    free = (parcels["kind"] == APPROVED_UNSUPPLIED) & parcels["held_for"].isna()
    hindered = flags.str.contains(";built_on;|;no_shape;", regex=True)
    return parcels.assign(available=(free & ~hindered).astype("boolean"))


def _theme(shares: pd.DataFrame, theme: str) -> pd.DataFrame:
    return shares[shares["theme"] == theme]


def _covered(shares: pd.DataFrame, theme: str) -> pd.DataFrame:
    rows = _theme(shares, theme)
    return rows[~rows["code"].isin([UNCOVERED, NOISE])]


def _main(shares: pd.DataFrame, theme: str, code: str, name: str) -> dict[str, pd.Series]:
    covered = _covered(shares, theme)
    if _theme(shares, theme).empty:
        return {}
    main = (
        main_share(covered)
        .merge(covered[["parcel", "code", "name"]], on=["parcel", "code"])
        .set_index("parcel")
    )
    found = {name: main["name"].where(main["name"] != "", main["code"])}
    return {code: main["code"], **found} if code else found


def _tied(shares: pd.DataFrame, theme: str) -> pd.Series:
    """By parcel: whether another code has as much of it as the one that stands in its column."""
    tied: pd.Series = main_share(_covered(shares, theme)).set_index("parcel")["tied"]
    return tied.astype("boolean")


def _class_sums(parcels: gpd.GeoDataFrame, shares: pd.DataFrame) -> dict[str, pd.Series]:
    rows = _theme(shares, "landclass")
    if rows.empty:
        return {}
    shaped = parcels["area_m2"].notna()
    classes = three_class(rows["code"])
    masks = {
        "farmland_m2": classes == FARMLAND,
        "cropland_m2": is_cropland(rows["code"]),
        "construction_m2": classes == CONSTRUCTION,
        "unused_m2": classes == UNUSED,
    }
    sums = {name: rows[mask].groupby("parcel")["area_m2"].sum() for name, mask in masks.items()}
    return {name: s.reindex(parcels.index).fillna(0.0).where(shaped) for name, s in sums.items()}


def _restrictions(
    parcels: gpd.GeoDataFrame, shares: pd.DataFrame, measured: Collection[str]
) -> dict[str, pd.Series]:
    names = {"farmland": "permanent_farmland_m2", "redline": "redline_m2", "boundary": "outside_boundary_m2"}
    found = {}
    for theme in set(names) & set(measured):
        rows = _theme(shares, theme)
        # a strip along a limit is not land under it; seen from outside, land within it still is
        rows = rows if theme == "boundary" else rows[rows["code"] != NOISE]
        inside = rows.groupby("parcel")["area_m2"].sum().reindex(parcels.index).fillna(0.0)
        area = parcels["area_m2"]
        left = (area - inside).clip(lower=0.0) if theme == "boundary" else inside.where(area.notna())
        found[names[theme]] = left
    return found


def _tenure(shares: pd.DataFrame) -> pd.Series:
    rows = _theme(shares, "tenure")
    kind = ownership(rows["code"].astype("str"))
    sums = (
        rows[kind.notna()]
        .assign(kind=kind)
        .pivot_table(index="parcel", columns="kind", values="area_m2", aggfunc="sum")
    )
    sums = sums.reindex(columns=[STATE_OWNED, COLLECTIVE]).fillna(0.0)
    minor = MINOR_SHARE * sums.sum(axis=1)
    mixed = sums.min(axis=1) >= minor.where(minor > 0, np.inf)
    main = pd.Series(
        np.where(sums[STATE_OWNED] >= sums[COLLECTIVE], STATE_OWNED, COLLECTIVE), index=sums.index
    )
    return main.mask(mixed, MIXED)


def _flags(parcels: gpd.GeoDataFrame, shares: pd.DataFrame, measured: Collection[str]) -> pd.Series:
    classes = _theme(shares, "landclass")
    built = classes[
        (three_class(classes["code"]) == CONSTRUCTION) & (classes["code"].str.slice(0, 4) != VACANT)
    ]
    built_m2 = built.groupby("parcel")["area_m2"].sum().reindex(parcels.index).fillna(0.0)
    residual = parcels["kind"] == APPROVED_UNSUPPLIED
    marks = {
        "built_on": residual & (built_m2 >= BUILT_SHARE * parcels["area_m2"]),
        "permanent_farmland": parcels["permanent_farmland_m2"] >= TOUCHED_M2,
        "redline": parcels["redline_m2"] >= TOUCHED_M2,
        "outside_boundary": parcels["outside_boundary_m2"] >= TOUCHED_M2,
        "no_plan": parcels["planned_use_code"].isna()
        & (shares["theme"] == "plan").any()
        & parcels["area_m2"].notna(),
        "collective": ~residual & parcels["tenure"].isin([COLLECTIVE, MIXED]),
    }
    marks |= {f"tied_{theme}": _tied(shares, theme).reindex(parcels.index) for theme in MAIN_THEMES}
    flags = parcels["flags"].fillna("")
    for name, mask in marks.items():
        flags = flags.where(~mask.astype("boolean").fillna(value=False).astype(bool), flags + ";" + name)
    stripped: pd.Series = flags.str.strip(";").astype("str")
    return stripped
