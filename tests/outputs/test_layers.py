"""New layer files: what is written comes back, in every format; names, texts and dates survive or are told."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from landinv.disk import sha256_of
from landinv.errors import GeometryTypeError, OutputError
from landinv.model.findings import findings, no_findings
from landinv.outputs.layers.set_aside import REASON, with_reasons, write_set_aside
from landinv.outputs.layers.vector import shortened_names
from landinv.outputs.layers.writing import write_layer

CRS = "EPSG:4525"


@pytest.fixture
def parcels() -> gpd.GeoDataFrame:
    boxes = [shapely.box(37548000 + i * 100, 4240000, 37548050 + i * 100, 4240080) for i in range(3)]
    return gpd.GeoDataFrame(
        {
            "BSM": pd.Series(["141127211000000001", "141127211000000002", "0601"], dtype="str"),
            "图斑地类面积合计": [4000.0, np.nan, 4000.25],
            "fid": pd.Series(["a", None, "=1+1"], dtype="str"),
            "n": pd.Series([1, None, 3], dtype="Int64"),
            "signed_on": pd.to_datetime(pd.Series(["2019-05-01", None, "2020-02-29"])).astype("datetime64[s]"),
            "compensated": pd.Series([True, None, False], dtype="boolean"),
        },
        geometry=boxes,
        crs=CRS,
    )  # fmt: skip


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet", ".shp"])
def test_shapes_and_codes_come_back(parcels: gpd.GeoDataFrame, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"地块 一{suffix}"
    assert write_layer(parcels, path, dataset="x").path == path
    back = gpd.read_parquet(path) if suffix == ".parquet" else pyogrio.read_dataframe(path)
    assert back["BSM"].tolist() == ["141127211000000001", "141127211000000002", "0601"]
    assert back.crs.to_epsg() == 4525
    assert back.geometry.geom_equals(parcels.geometry, align=False).all()
    assert sorted(p.suffix for p in tmp_path.iterdir() if p.name.startswith(".")) == []


def test_geopackage_keeps_dates_blanks_and_a_column_named_fid(
    parcels: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    path = write_layer(parcels, tmp_path / "a.gpkg", dataset="x").path
    info = pyogrio.read_info(path)
    assert dict(zip(info["fields"], info["ogr_types"], strict=True))["signed_on"] == "OFTDate"
    back = pyogrio.read_dataframe(path)
    assert back["fid"].fillna("-").tolist() == ["a", "-", "=1+1"]
    assert back["图斑地类面积合计"].isna().tolist() == [False, True, False]
    assert back["n"].isna().tolist() == [False, True, False]


def test_geopackage_has_the_same_bytes_again(parcels: gpd.GeoDataFrame, tmp_path: Path) -> None:
    one, other = (write_layer(parcels, tmp_path / d / "a.gpkg", dataset="x").path for d in "ab")
    assert sha256_of(one) == sha256_of(other)


def test_shapefile_tells_its_shortened_names_and_is_gbk(parcels: gpd.GeoDataFrame, tmp_path: Path) -> None:
    written = write_layer(parcels, tmp_path / "a.shp", dataset="x")
    (told,) = written.findings
    assert dict(zip(told["field"], told["value"], strict=True)) == shortened_names(parcels.columns[:-1])
    assert (tmp_path / "a.cpg").read_text().strip().upper() in {"GBK", "936"}
    assert "图斑地".encode("gbk") in (tmp_path / "a.dbf").read_bytes()


def test_two_long_names_of_one_beginning_stay_apart() -> None:
    assert shortened_names(["extension_start_on", "extension_days"]) == {
        "extension_start_on": "extension_", "extension_days": "extensio_1",
    }  # fmt: skip


def test_text_too_long_for_a_shapefile_is_refused(parcels: gpd.GeoDataFrame, tmp_path: Path) -> None:
    long = parcels.assign(note="长" * 128)
    with pytest.raises(OutputError, match="note"):
        write_layer(long, tmp_path / "a.shp", dataset="x")
    assert list(tmp_path.iterdir()) == []


def test_csv_and_workbook_hold_codes_as_text_and_run_nothing(
    parcels: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    told = write_layer(parcels, tmp_path / "a.csv", dataset="x").findings
    assert [t["rule"].tolist() for t in told] == [["I071"]]
    lines = (tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[3] == "0601,4000.25,'=1+1,3,2020-02-29,false"
    write_layer(pd.DataFrame(parcels.drop(columns="geometry")), tmp_path / "a.xlsx", dataset="x")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    cells = [(c.value, c.data_type) for c in sheet[4]]
    assert cells[0] == ("0601", "s")
    assert cells[2] == ("=1+1", "s")


def test_table_cannot_become_a_shapefile(tmp_path: Path) -> None:
    with pytest.raises(GeometryTypeError):
        write_layer(pd.DataFrame({"a": ["1"]}), tmp_path / "a.shp", dataset="x")


def test_unknown_suffix_is_refused(parcels: gpd.GeoDataFrame, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.dwg"):
        write_layer(parcels, tmp_path / "a.dwg", dataset="x")


def _aside() -> gpd.GeoDataFrame:
    with np.errstate(invalid="ignore"):
        nan = shapely.Polygon([(0, 0), (9, 0), (np.nan, 5), (9, 9), (0, 9)])
    return gpd.GeoDataFrame({"source_ref": ["k#1", "k#2"]}, geometry=[nan, None], crs=CRS)


def test_set_aside_records_say_why_and_keep_what_can_be_drawn(tmp_path: Path) -> None:
    told = findings("I014", dataset="k", feature=["k#1"], action="quarantined")
    records = with_reasons(_aside(), told)
    path = write_set_aside(records, tmp_path / "q.gpkg", layer="q")
    assert path is not None
    back = pyogrio.read_dataframe(path)
    assert back[REASON][0].startswith("I014")
    assert back.geometry[0].area == 81.0
    assert back.geometry[1] is None


def test_mended_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "q.gpkg"
    path.write_bytes(b"mended by hand")
    write_set_aside(with_reasons(_aside(), no_findings()), path, layer="q")
    assert (tmp_path / "q_旧1.gpkg").read_bytes() == b"mended by hand"
    before = sha256_of(path)
    write_set_aside(with_reasons(_aside(), no_findings()), path, layer="q")
    assert sha256_of(path) == before
    assert not (tmp_path / "q_旧2.gpkg").exists()
    write_set_aside(with_reasons(_aside().iloc[:0], no_findings()), path, layer="q")
    assert not path.exists()
    assert sha256_of(tmp_path / "q_旧2.gpkg") == before
