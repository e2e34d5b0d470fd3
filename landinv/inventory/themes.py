"""Shares of every parcel in the survey, the plan and the constraints, in square metres that add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.geometry.overlap_area import Parcels
from landinv.geometry.shares import noise_summed, zone_shares
from landinv.model import fields as F
from landinv.model.landclass import landclass_names, planned_use_names
from landinv.model.parcels import NOISE, UNCOVERED

UNCOVERED_NAME: Final = "未覆盖"
NOISE_NAME: Final = "边界细缝"
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


def parcel_shares(
    parcels: gpd.GeoDataFrame, layers: ThemeLayers, *, crs: str, noise_width_m: float = 0.0
) -> ThemeShares:
    """Ellipsoidal square metres of each parcel in each code of each theme.

    Parameters
    ----------
    parcels
        Polygons in the county's CRS, index 0..n-1; rows without a shape have no shares.
    layers
        What to overlay.
    noise_width_m
        A share that is nothing but strips in which no disc of this diameter fits is no row of its own: such shares
        are summed, a row of code ``noise`` for each parcel and theme. 0: none is.

    Returns
    -------
    ThemeShares
        In a tessellating theme the rows of a parcel add up to its area, the rest being code ``uncovered``. The extra
        theme ``tenure`` has QSXZ as its code. The order of features changes nothing.
    """
    overlay = _Overlay(parcels, crs, noise_width_m)
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

    def __init__(self, parcels: gpd.GeoDataFrame, crs: str, noise_width_m: float) -> None:
        self._parcels = Parcels.of(np.asarray(parcels.geometry.array), crs)
        self._noise_width_m = noise_width_m
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
        pieces = self._pieces(theme, zones, _filled(codes).to_numpy(dtype=object), fills=fills)
        self._rows.append(_named(noise_summed(pieces), theme, names))

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
        combined = _combined([codes for codes, _ in columns.values()])
        pieces = self._pieces("landclass", dltb, combined, fills=True)
        for position, (theme, (_, names)) in enumerate(columns.items()):
            if theme != "village" or with_village:
                self._rows.append(_named(noise_summed(_regrouped(pieces, position)), theme, names))
        if with_township:
            by_village = _regrouped(pieces, list(columns).index("village"))
            code = by_village["code"].str.slice(0, TOWNSHIP_DIGITS)
            whole = by_village["code"] == UNCOVERED
            by_township = by_village.assign(code=code.mask(whole, UNCOVERED))
            self._rows.append(_named(noise_summed(_summed(by_township)), "township", {}))

    def result(self) -> ThemeShares:
        """All rows in one order."""
        order = ["parcel", "theme", "area_m2", "code"]
        whole = pd.concat([_no_rows(), *self._rows], ignore_index=True)
        rows = whole.sort_values(order, ascending=[True, True, False, True]).reset_index(drop=True)
        return ThemeShares(rows, pd.concat([_no_rows(), *self._excess], ignore_index=True))

    def _pieces(
        self, theme: str, zones: gpd.GeoDataFrame, codes: npt.NDArray[np.object_], *, fills: bool
    ) -> pd.DataFrame:
        shapes = np.asarray(zones.geometry.array)
        shares = zone_shares(self._parcels, shapes, codes, tessellating=fills, thin_m=self._noise_width_m)
        if len(shares.excess):
            self._excess.append(shares.excess.assign(theme=theme, name=""))
        return shares.rows


def _no_rows() -> pd.DataFrame:
    types = {"parcel": "int64", "theme": "str", "code": "str", "name": "str", "area_m2": "float64"}
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in types.items()})


def _filled(codes: pd.Series) -> pd.Series:
    return codes.fillna(MISSING_CODE).replace("", MISSING_CODE)


def _combined(columns: Sequence[pd.Series]) -> npt.NDArray[np.object_]:
    """One code from several; each different combination is joined once, not each patch's."""
    numbered = [pd.factorize(_filled(codes)) for codes in columns]
    combination = pd.DataFrame({k: numbers for k, (numbers, _) in enumerate(numbered)})
    group = combination.groupby(list(combination), sort=False).ngroup().to_numpy()
    first = combination.drop_duplicates()
    parts = [np.asarray(words, dtype=object)[first[k]] for k, (_, words) in enumerate(numbered)]
    joined = np.array([_JOINER.join(words) for words in zip(*parts, strict=True)] + [""], dtype=object)
    return joined[group]


def _named(shares: pd.DataFrame, theme: str, names: Mapping[str, str]) -> pd.DataFrame:
    known = {**names, UNCOVERED: UNCOVERED_NAME, NOISE: NOISE_NAME, MISSING_CODE: "缺编码"}
    return shares.assign(theme=theme, name=shares["code"].map(known).fillna(""))


def _first_names(codes: pd.Series, names: pd.Series) -> dict[str, str]:
    """One name a code: the first in order of name, so that the order of features does not matter."""
    pairs = pd.DataFrame({"code": codes, "name": names}).drop_duplicates().dropna()
    pairs = pairs.sort_values(["code", "name"])
    return dict(pairs.drop_duplicates("code").itertuples(index=False, name=None))


def _regrouped(pieces: pd.DataFrame, position: int) -> pd.DataFrame:
    """Shares by one of the combined codes."""
    codes, words = pd.factorize(pieces["code"])
    # what no patch covers has one code for all
    alone = [word.split(_JOINER)[position] if _JOINER in word else word for word in words]
    return _summed(pieces.assign(code=np.array([*alone, ""], dtype=object)[codes]))


def _summed(rows: pd.DataFrame) -> pd.DataFrame:
    """Sums by code; thin where every row is."""
    sums: pd.DataFrame = rows.groupby(["parcel", "code"]).agg({"area_m2": "sum", "thin": "all"}).reset_index()
    return sums
