from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely.geometry import Polygon

from landinv.intake import read_source
from landinv.intake.raw import RawColumn
from landinv.intake.survey_checks.fields import check_columns
from landinv.model.options import CountyOptions, SourceOptions

Rect = Callable[[float, float, float, float], Polygon]
Source = Callable[..., SourceOptions]
Writer = Callable[..., Path]


def column(kind: str, width: int = 0, decimals: int = 0) -> RawColumn:
    return RawColumn(
        ("X",), kind, pd.Series([], dtype="str"), np.zeros(0, bool), width=width, decimals=decimals
    )


@pytest.mark.parametrize(
    ("field", "given", "rule"),
    [
        ("DLBM", column("text", 5), None),
        ("DLBM", column("text", 4), "A027"),
        ("DLBM", column("text", 254), None),
        ("DLBM", column("integer", 9), "A026"),
        ("TBMJ", column("real", 15, 2), None),
        ("TBMJ", column("real", 24, 15), None),
        ("TBMJ", column("real", 15, 1), "A027"),
        ("TBMJ", column("text", 20), "A026"),
        ("TBMJ", column("real"), None),
        ("HDMC", column("text", 10), None),
    ],
)
def test_type_and_width_against_the_standard(field: str, given: RawColumn, rule: str | None) -> None:
    found = check_columns({field: given}, "dltb", key="dltb", layer="DLTB")
    assert [frame["rule"].tolist() for frame in found] == ([[rule]] if rule else [])


def test_width_that_is_not_verified_is_not_compared() -> None:
    assert check_columns({"XZQMC": column("text", 3)}, "xzq", key="xzq", layer="") == []


@pytest.mark.usefixtures("quick")
def test_numbers_in_place_of_codes_are_told_with_the_file(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions
) -> None:
    path = write_layer("DLTB.shp", [at(0, 0, 100, 100)], {"DLBM": ["0103"], "QSXZ": [30]})
    got = read_source(source(path, "dltb"), county)
    told = got.findings[got.findings["rule"] == "A026"]
    assert told[["field", "value"]].to_numpy().tolist() == [["QSXZ", "整数"]]


@pytest.mark.usefixtures("quick")
def test_numbers_of_the_second_survey_get_no_zero(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions
) -> None:
    shapes = [at(0, 0, 100, 100), at(100, 0, 200, 100)]
    second = read_source(source(write_layer("A.shp", shapes, {"DLBM": ["101", "111"]}), "dltb"), county)
    assert second.frame["DLBM"].tolist() == ["101", "111"]
    third = read_source(source(write_layer("B.shp", shapes, {"DLBM": ["101", "0103"]}), "dltb"), county)
    assert third.frame["DLBM"].tolist() == ["0101", "0103"]


@pytest.mark.usefixtures("quick")
def test_heights_are_told_once_and_places_of_defects_are_kept(
    tmp_path: Path, at: Rect, source: Source, county: CountyOptions
) -> None:
    shapes = shapely.force_3d(np.array([at(0, 0, 100, 100), at(99, 0, 200, 100)]), 7.0)
    path = tmp_path / "DLTB.gpkg"
    pyogrio.write_dataframe(
        gpd.GeoDataFrame({"DLBM": ["0103", "0103"]}, geometry=shapes, crs="EPSG:4525"), path
    )
    got = read_source(source(path, "dltb"), county).findings
    assert (got["rule"] == "A025").sum() == 1
    overlap = got[got["rule"] == "A014"]
    assert overlap["x"].between(37_548_099, 37_548_100).tolist() == [True]
