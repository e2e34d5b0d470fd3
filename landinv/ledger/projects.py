"""One row per project out of the sheets of several offices, with what they disagree on side by side."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landinv.ledger.canonical_rows import normal_names, stack_rows
from landinv.ledger.grouped_rows import disagreements, first_filled
from landinv.model.findings import concat_findings, findings
from landinv.model.keys import normal_codes
from landinv.model.roles import role_fields

ROLE: Final = "projects"
FIELDS: Final = tuple(field.name for field in role_fields(ROLE))
PROJECT_COLUMNS: Final = ("project_key", *FIELDS, "below_threshold", "source_refs")
THRESHOLD_WAN: Final = 500.0  # from here on fixed-asset investment is counted project by project


def merge_projects(
    frames: Sequence[gpd.GeoDataFrame | pd.DataFrame], *, threshold_wan: float = THRESHOLD_WAN
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Projects of all sheets, one row each.

    Parameters
    ----------
    frames
        Canonical project rows with ``source_ref``; polygons or points are in the county's CRS. Money 万元, areas m².
    threshold_wan
        Total investment (万元) below which a project is marked.

    Returns
    -------
    projects
        Columns :data:`PROJECT_COLUMNS` (with ``geometry`` a GeoDataFrame, where any row has one), index 0..n-1, in
        order of first appearance. Rows of one project code (normal form) are one project; rows without a code join the
        only project of their name. A row under another's code whose name and owner both differ from the first row's is
        a project of its own (a wrong code must not swallow it), its key the code, ``~`` and ten hex digits of the name.
        Otherwise ``project_key`` is the code's normal form, else ``P-`` and ten hex digits of the
        name. Of each field the first filled value stands. ``below_threshold`` is missing where the investment is.
    findings
        Malformed codes, merged rows, and every disagreement with both values.
    """
    rows = stack_rows(frames, ROLE)
    codes, names = normal_codes(rows["project_code"]).astype("str"), normal_names(rows["project_name"])
    keys, how = _project_keys(codes, names, refs=rows["source_ref"])
    foreign = _foreign_rows(keys, names, owners=normal_names(rows["owner"]))
    keys = keys.where(~foreign, keys + "~" + names.map(_digest, na_action="ignore").astype("str"))
    merged = first_filled(rows, keys)
    projects = pd.DataFrame(
        {
            "project_key": merged.index,
            **{name: merged[name].to_numpy() for name in FIELDS},
            "below_threshold": (merged["total_investment_wan"] < threshold_wan)
            .astype("boolean")
            .mask(merged["total_investment_wan"].isna())
            .to_numpy(),
            "source_refs": merged["source_refs"].to_numpy(),
        }
    ).astype({"below_threshold": "boolean", **merged.drop(columns="source_refs").dtypes.to_dict()})
    found = [
        _code_findings(rows, codes),
        *_merge_findings(rows, keys=keys, how=how),
        _row_findings("L027", rows[foreign], refs="source_ref"),
        _same_name_findings(projects),
    ]
    return _with_geometry(projects, frames, keys), concat_findings(found)


def is_project_code(codes: pd.Series) -> pd.Series:
    """True where a normal form has the 20 digits of a project code and a possible time group.

    The 24 places of the standard count the four hyphens between its groups (4, 6, 2, 2 and 6 digits).
    Source: GB/T 40058-2021; the reading of the time group (``2013`` … ``2020`` a year, otherwise ``YYMM`` from 2013 on)
    and the check digit are unverified, and the latter is not tested.

    Examples
    --------
    >>> is_project_code(pd.Series(["22091411270401123456", "20191411274403012345", "22091411"])).tolist()
    [True, True, False]
    """
    digits = codes.str.fullmatch(r"\d{20}", na=False).astype(bool)
    group = pd.to_numeric(codes.where(digits).str.slice(0, 4), errors="coerce")
    year_and_month = (group // 100 >= 13) & (group % 100).between(1, 12)
    # 2001 … 2012 are months of 2020: the platform is younger than 2013
    return digits & (group.between(2001, 2020) | year_and_month)


def _project_keys(codes: pd.Series, names: pd.Series, *, refs: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Key of each row, and how it was found: code, name, ambiguous (several projects bear the name) or alone."""
    bearers = pd.DataFrame({"name": names, "code": codes}).dropna().drop_duplicates()
    bearers_of = bearers.groupby("name")["code"].agg(["first", "size"])
    count = names.map(bearers_of["size"]).fillna(0)
    by_name = names.map(bearers_of["first"].where(bearers_of["size"] == 1)).astype("str")
    # A row with neither code nor name is a project of its own
    made = names.where(names.notna(), "row " + refs).map(_key_of_name).astype("str")
    keys = codes.where(codes.notna(), by_name.where(by_name.notna(), made))
    how = np.select(
        [codes.notna(), by_name.notna(), count > 1], ["code", "name", "ambiguous"], default="alone"
    )
    return keys, pd.Series(how, index=codes.index)


def _foreign_rows(keys: pd.Series, names: pd.Series, *, owners: pd.Series) -> pd.Series:
    """Rows that share only the key with the first row of it: neither name holds the other, and the owners differ."""
    first_name = keys.map(names.groupby(keys).first()).astype("str")
    first_owner = keys.map(owners.groupby(keys).first()).astype("str")
    other_owner = owners.notna() & first_owner.notna() & (owners != first_owner)
    suspects = names[other_owner & names.notna() & first_name.notna()]
    apart = [
        one not in other and other not in one
        for one, other in zip(suspects, first_name[suspects.index], strict=True)
    ]
    return pd.Series(data=False, index=keys.index).mask(keys.index.isin(suspects.index[apart]), other=True)


def _key_of_name(name: str) -> str:
    return f"P-{_digest(name)}"


def _digest(name: str) -> str:
    return hashlib.blake2b(name.encode(), digest_size=5).hexdigest()


def _code_findings(rows: pd.DataFrame, codes: pd.Series) -> pd.DataFrame:
    wrong = rows[codes.notna() & ~is_project_code(codes)]
    return findings(
        "L021",
        dataset=ROLE,
        feature=wrong["project_name"].fillna(wrong["project_code"]),
        field="project_code",
        value=wrong["project_code"],
        detail=wrong["source_ref"],
    )


def _merge_findings(rows: pd.DataFrame, *, keys: pd.Series, how: pd.Series) -> list[pd.DataFrame]:
    merged = first_filled(rows, keys)
    repeated = keys.groupby(keys, sort=False).size() > 1
    # One name typed with and without a blank is no disagreement; two codes under one key are not possible
    differing = disagreements(rows, keys, role=ROLE, fields=[f for f in FIELDS if f != "project_code"])
    names = merged["project_name"]
    return [
        _row_findings("L022", merged[repeated.reindex(merged.index, fill_value=False)], refs="source_refs"),
        findings(
            "L023",
            dataset=ROLE,
            feature=differing["label"].map(names).fillna(differing["label"]),
            field=differing["field"],
            value=differing["value"],
        ),
        _row_findings("L025", rows[how == "ambiguous"], refs="source_ref"),
        _row_findings("L026", rows[how == "name"], refs="source_ref"),
    ]


def _row_findings(code: str, rows: pd.DataFrame, *, refs: str) -> pd.DataFrame:
    name = rows["project_name"].fillna("")
    return findings(
        code, dataset=ROLE, feature=name, field="project_code", value=name, detail=rows[refs].fillna("")
    )


def _same_name_findings(projects: pd.DataFrame) -> pd.DataFrame:
    coded = projects[projects["project_code"].notna()]
    name = normal_names(coded["project_name"])
    same = coded[name.duplicated(keep=False) & name.notna()]
    return findings(
        "L024",
        dataset=ROLE,
        feature=same["project_name"],
        field="project_code",
        value=same["project_code"],
        detail=same["source_refs"],
    )


def _with_geometry(
    projects: pd.DataFrame, frames: Sequence[gpd.GeoDataFrame | pd.DataFrame], keys: pd.Series
) -> gpd.GeoDataFrame | pd.DataFrame:
    shaped = [frame for frame in frames if isinstance(frame, gpd.GeoDataFrame)]
    if not shaped:
        return projects
    parts = [
        frame.geometry.to_numpy()
        if isinstance(frame, gpd.GeoDataFrame)
        else np.full(len(frame), None, dtype=object)
        for frame in frames
    ]
    outline = pd.Series(np.concatenate(parts), index=keys.index, dtype=object).dropna()
    unions = outline.groupby(keys.reindex(outline.index)).agg(lambda shapes: shapely.union_all(list(shapes)))
    geometry = [unions.get(key) for key in projects["project_key"]]
    return gpd.GeoDataFrame(projects, geometry=geometry, crs=shaped[0].crs)
