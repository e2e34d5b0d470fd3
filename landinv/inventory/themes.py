"""Shares of every parcel in the survey, the plan and the constraints, in square metres that add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from landinv.geometry.shares import overlay_shares
from landinv.model import fields as F
from landinv.model.landclass import landclass_names, planned_use_names
from landinv.model.parcels import UNCOVERED

UNCOVERED_NAME: Final = "未覆盖"
MISSING_CODE: Final = "missing"
VILLAGE_DIGITS: Final = 12  # county 6, township 3, village 3; what follows is the group
TOWNSHIP_DIGITS: Final = 9
_JOINER: Final = "\x1f"  # unit separator: stands in no code
_TENURE_THEME: Final = "tenure"  # feeds the parcel's tenure column; not one of the register's themes


@dataclass(frozen=True)
class ThemeLayers:
    """Layers to overlay, each in the county's CRS or None where the bureau gave none.

    ``constraints`` maps a kind (farmland, redline, boundary, or the bureau's own) to its polygons.
    """

    dltb: gpd.GeoDataFrame | None
    xzq: gpd.GeoDataFrame | None
    cjdcq: gpd.GeoDataFrame | None
    kfyq: gpd.GeoDataFrame | None
    planning: gpd.GeoDataFrame | None
    constraints: Mapping[str, gpd.GeoDataFrame]

    def measured(self) -> frozenset[str]:
        """Themes that these layers can tell of."""
        given = {
            "landclass": self.dltb, "owner": self.dltb, "village": self.cjdcq, "township": self.xzq,
            "plan": self.planning, "zone": self.kfyq, **self.constraints,
        }  # fmt: skip
        survey = {"village", "township"} if self.dltb is not None else set()
        return frozenset(survey | {theme for theme, layer in given.items() if layer is not None})


@dataclass(frozen=True)
class ThemeShares:
    """``rows``: parcel (position), theme, code, name, area_m2. ``excess``: land that two codes of one theme claim."""

    rows: pd.DataFrame
    excess: pd.DataFrame


def parcel_shares(parcels: gpd.GeoDataFrame, layers: ThemeLayers, *, crs: str) -> ThemeShares:
    """Ellipsoidal square metres of each parcel in each code of each theme.

    Parameters
    ----------
    parcels
        Polygons in the county's CRS, index 0..n-1; rows without a shape have no shares.
    layers
        What to overlay.

    Returns
    -------
    ThemeShares
        In a tessellating theme the rows of a parcel add up to its area, the rest being code ``uncovered``. The extra
        theme ``tenure`` has QSXZ as its code. The order of features changes nothing.
    """
    overlay = _Overlay(parcels, crs)
    if layers.dltb is not None:
        overlay.survey(layers.dltb, with_village=layers.cjdcq is None, with_township=layers.xzq is None)
    if layers.cjdcq is not None:
        codes = layers.cjdcq[F.ZLDWDM].str.slice(0, VILLAGE_DIGITS)
        overlay.theme("village", layers.cjdcq, codes, _first_names(codes, layers.cjdcq[F.ZLDWMC]))
    if layers.xzq is not None:
        codes = layers.xzq[F.XZQDM].str.slice(0, TOWNSHIP_DIGITS)
        overlay.theme("township", layers.xzq, codes, _first_names(codes, layers.xzq[F.XZQMC]))
    if layers.planning is not None:
        codes = layers.planning["plan_code"]
        names = {**planned_use_names(), **_first_names(codes, layers.planning["plan_name"])}
        overlay.theme("plan", layers.planning, codes, names)
    if layers.kfyq is not None:
        codes = layers.kfyq[F.KFYQMC]
        overlay.theme("zone", layers.kfyq, codes, {c: c for c in codes.dropna().unique()}, fills=False)
    for kind, zones in sorted(layers.constraints.items()):
        codes = pd.Series(kind, index=zones.index)
        overlay.theme(kind, zones, codes, _first_names(codes, zones["name"]), fills=False)
    return overlay.result()


class _Overlay:
    """Collects the shares of one set of parcels, theme by theme."""

    def __init__(self, parcels: gpd.GeoDataFrame, crs: str) -> None:
        self._shapes = np.asarray(parcels.geometry.array)
        self._crs = crs
        self._rows: list[pd.DataFrame] = []
        self._excess: list[pd.DataFrame] = []

    def theme(
        self,
        theme: str,
        zones: gpd.GeoDataFrame,
        codes: pd.Series,
        names: Mapping[str, str],
        *,
        fills: bool = True,
    ) -> None:
        """One theme from one layer; ``fills``: it should cover everything once."""
        self._rows.append(_named(self._pieces(theme, zones, _filled(codes), fills=fills), theme, names))

    def survey(self, dltb: gpd.GeoDataFrame, *, with_village: bool, with_township: bool) -> None:
        """Class, owner and tenure (and place, where no layer of its own is given) from a single overlay."""
        village = dltb[F.ZLDWDM].str.slice(0, VILLAGE_DIGITS)
        class_names = {**_first_names(dltb[F.DLBM], dltb[F.DLMC]), **landclass_names()}
        columns = {
            "landclass": (dltb[F.DLBM], class_names),
            "owner": (dltb[F.QSDWDM], _first_names(dltb[F.QSDWDM], dltb[F.QSDWMC])),
            _TENURE_THEME: (dltb[F.QSXZ], {}),
            "village": (village, _first_names(village, dltb[F.ZLDWMC])),
        }
        filled = pd.concat([_filled(codes) for codes, _ in columns.values()], axis=1)
        combined = filled.agg(_JOINER.join, axis=1)
        pieces = self._pieces("landclass", dltb, combined, fills=True)
        for position, (theme, (_, names)) in enumerate(columns.items()):
            if theme != "village" or with_village:
                self._rows.append(_named(_regrouped(pieces, position), theme, names))
        if with_township:
            by_village = _regrouped(pieces, list(columns).index("village"))
            code = by_village["code"].str.slice(0, TOWNSHIP_DIGITS)
            self._rows.append(_named(_summed(by_village.assign(code=code)), "township", {}))

    def result(self) -> ThemeShares:
        """All rows in one order."""
        order = ["parcel", "theme", "area_m2", "code"]
        whole = pd.concat([_no_rows(), *self._rows], ignore_index=True)
        rows = whole.sort_values(order, ascending=[True, True, False, True]).reset_index(drop=True)
        return ThemeShares(rows, pd.concat([_no_rows(), *self._excess], ignore_index=True))

    def _pieces(self, theme: str, zones: gpd.GeoDataFrame, codes: pd.Series, *, fills: bool) -> pd.DataFrame:
        shares = overlay_shares(
            self._shapes,
            np.asarray(zones.geometry.array),
            codes.to_numpy(),
            crs=self._crs,
            tessellating=fills,
        )
        if len(shares.excess):
            self._excess.append(shares.excess.assign(theme=theme, name=""))
        return shares.rows


def _no_rows() -> pd.DataFrame:
    types = {"parcel": "int64", "theme": "str", "code": "str", "name": "str", "area_m2": "float64"}
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in types.items()})


def _filled(codes: pd.Series) -> pd.Series:
    return codes.fillna(MISSING_CODE).replace("", MISSING_CODE)


def _named(shares: pd.DataFrame, theme: str, names: Mapping[str, str]) -> pd.DataFrame:
    known = {**names, UNCOVERED: UNCOVERED_NAME, MISSING_CODE: "缺编码"}
    return shares.assign(theme=theme, name=shares["code"].map(known).fillna(""))


def _first_names(codes: pd.Series, names: pd.Series) -> dict[str, str]:
    """One name a code: the first in order of name, so that the order of features does not matter."""
    pairs = pd.DataFrame({"code": codes, "name": names}).dropna().sort_values(["code", "name"])
    return dict(pairs.drop_duplicates("code").itertuples(index=False, name=None))


def _regrouped(pieces: pd.DataFrame, position: int) -> pd.DataFrame:
    """Shares by one of the combined codes."""
    parts = pieces["code"].str.split(_JOINER)
    code = parts.str[position].where(pieces["code"] != UNCOVERED, UNCOVERED)
    return _summed(pieces.assign(code=code))


def _summed(rows: pd.DataFrame) -> pd.DataFrame:
    sums: pd.DataFrame = rows.groupby(["parcel", "code"])[["area_m2"]].sum().reset_index()
    return sums
