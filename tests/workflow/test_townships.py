"""A survey with an abolished township, and the bureau's table of what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from shapely.geometry import box

from landinv.errors import ProjectFileError
from landinv.workflow.project import read_project
from landinv.workflow.run import run


@pytest.fixture
def old_county(tmp_path: Path, make_county: Callable[[Path], Path]) -> Path:
    """The small county with its land in a township that was abolished."""
    project = make_county(tmp_path)
    land = box(37_548_000, 4_240_000, 37_549_000, 4_240_600)
    frame = gpd.GeoDataFrame({"XZQDM": ["141127205"], "XZQMC": ["河口乡"]}, geometry=[land], crs="EPSG:4525")
    frame.to_file(tmp_path / "XZQ.shp", engine="pyogrio", encoding="GBK")
    return project


def with_county_key(project: Path, line: str) -> None:
    text = project.read_text(encoding="utf-8")
    project.write_text(
        text.replace('crs = "EPSG:4525"\n', f'crs = "EPSG:4525"\n{line}\n', 1), encoding="utf-8"
    )


def test_parcels_stand_under_the_current_township(old_county: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in [
        ["原代码", "原名称", "现代码", "现名称", "启用年份"],
        [141127205, "河口乡", 141127103, "界河口镇", 2021],
    ]:
        book.active.append(row)
    book.save(old_county.parent / "乡镇对照.xlsx")
    with_county_key(old_county, 'townships = "乡镇对照.xlsx"')
    run(old_county)
    out = old_county.parent / "out"
    parcels = pd.read_csv(out / "parcels.csv", dtype=str, encoding="utf-8-sig", keep_default_na=False)
    shaped = parcels[parcels["area_m2"] != ""]
    assert set(zip(shaped["township_code"], shaped["township"], strict=True)) == {("141127103", "界河口镇")}
    assert shaped["reason"].str.contains("调查时属河口乡（141127205）").all()
    assert shaped["flags"].str.contains("former_township").all()
    assert shaped["location"].str.startswith("界河口镇").all()
    findings = pd.read_csv(out / "findings.csv", dtype=str, encoding="utf-8-sig", keep_default_na=False)
    assert not findings["rule"].isin(["I117", "I118"]).any()
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    table = next(s for s in record["sources"] if s["key"] == "townships")
    assert (table["declared"], table["ok"], len(table["sha256"])) == (1, 1, 64)


def test_without_a_table_the_old_unit_stands_and_the_clerk_is_told_what_to_fill(old_county: Path) -> None:
    run(old_county)
    out = old_county.parent / "out"
    parcels = pd.read_csv(out / "parcels.csv", dtype=str, encoding="utf-8-sig", keep_default_na=False)
    assert set(parcels.loc[parcels["area_m2"] != "", "township"]) == {"河口乡"}
    findings = pd.read_csv(out / "findings.csv", dtype=str, encoding="utf-8-sig", keep_default_na=False)
    told = findings[findings["rule"] == "I117"]
    assert told["value"].tolist() == ["141127205"]


def test_the_table_is_a_source_like_any_other(old_county: Path) -> None:
    with_county_key(old_county, 'townships = "乡镇对照.csv"')
    source = next(s for s in read_project(old_county).sources if s.key == "townships")
    assert (source.role, source.path) == ("townships", old_county.parent / "乡镇对照.csv")


def test_a_table_named_twice_is_an_error(old_county: Path) -> None:
    with_county_key(old_county, 'townships = "a.csv"')
    text = old_county.read_text(encoding="utf-8") + '[sources.townships]\npath = "b.csv"\n'
    old_county.write_text(text, encoding="utf-8")
    with pytest.raises(ProjectFileError, match="townships"):
        read_project(old_county)
