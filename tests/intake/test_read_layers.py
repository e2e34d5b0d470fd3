from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from landinv.errors import (
    CRSError,
    EmptyLayerError,
    FieldMissingError,
    GeometryTypeError,
    SourceMissingError,
    UnreadableFileError,
)
from landinv.intake import read_every_column, read_source, read_sources
from landinv.model.options import CountyOptions, SourceOptions

pytestmark = pytest.mark.usefixtures("quick")

Writer = Callable[..., Path]
Rect = Callable[[float, float, float, float], Polygon]
Source = Callable[..., SourceOptions]
Rules = Callable[[Any], dict[str, int]]
Bytes = Callable[[Path, int, bytes], None]
X0, Y0 = 37_548_000.0, 4_240_000.0


def supplies(count: int) -> dict[str, list[Any]]:
    return {
        "DZJGH": [f"1411272015B{i:05d}" for i in range(count)],
        "XMMC": [f"示例{i}号标准厂房项目" for i in range(count)],
        "GDMJ": [1.0] * count,
    }


def row(at: Rect, count: int) -> list[Polygon]:
    return [at(200 * i, 0, 200 * i + 100, 100) for i in range(count)]


def test_gbk_shapefile_without_a_label_simply_works(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions, rules: Rules
) -> None:
    path = write_layer("GD.shp", row(at, 3), supplies(3))
    got = read_source(source(path), county)
    assert got.account.encoding == "gb18030"
    assert got.account.crs == "EPSG:4525"
    assert (got.account.declared, got.account.ok) == (3, 3)
    assert got.frame["project_name"].tolist() == [
        "示例0号标准厂房项目",
        "示例1号标准厂房项目",
        "示例2号标准厂房项目",
    ]
    assert got.frame["source_ref"].tolist() == ["supplies#1", "supplies#2", "supplies#3"]
    assert got.frame["record_key"].tolist() == got.frame["supervision_no"].tolist()
    assert got.account.fields["supervision_no"] == "DZJGH"
    assert len(got.account.sha256) == 64
    assert rules(got) == {}


def test_unit_of_a_layer_is_shown_by_its_shapes(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions
) -> None:
    got = read_source(source(write_layer("GD.shp", row(at, 3), supplies(3))), county)
    assert got.frame["supplied_area"].tolist() == [10_000.0] * 3
    assert any(e.subject == "unit of supplied_area" and e.decision == "ha" for e in got.account.evidence)


def test_unit_that_shapes_contradict_is_a_finding(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions, rules: Rules
) -> None:
    path = write_layer("GD.shp", row(at, 3), supplies(3))
    got = read_source(source(path, units={"supplied_area": "mu"}), county)
    assert rules(got) == {"I029": 1}
    assert got.frame["supplied_area"].round(2).tolist() == [666.67] * 3


def test_area_that_agrees_with_no_unit_is_left_empty(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions, rules: Rules
) -> None:
    columns = supplies(3) | {"GDMJ": [7.0, 300.0, 0.02]}
    got = read_source(source(write_layer("GD.shp", row(at, 3), columns)), county)
    assert rules(got) == {"I028": 1}
    assert got.frame["supplied_area"].isna().all()


def test_every_record_ends_in_one_of_three_ways(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions, rules: Rules
) -> None:
    # One vertex goes out and back: a spike that repair removes without changing the area.
    x, y = X0 + 600, Y0
    spike = Polygon(
        [
            (x, y),
            (x, y + 100),
            (x + 100, y + 100),
            (x + 100, y + 50),
            (x + 130, y + 50),
            (x + 100, y + 50),
            (x + 100, y),
        ]
    )
    shapes = [at(0, 0, 100, 100), None, spike, at(800, 0, 900, 100)]
    got = read_source(source(write_layer("GD.shp", shapes, supplies(4))), county)
    account = got.account
    assert (account.declared, account.ok, account.repaired, account.quarantined) == (4, 2, 1, 1)
    assert rules(got) == {"I013": 1, "I016": 1}
    assert got.quarantined["source_ref"].tolist() == ["supplies#2"]
    repaired = got.findings[got.findings["rule"] == "I016"].iloc[0]
    assert repaired["feature"] == "supplies#3"
    assert "平方米" in repaired["message"]
    assert repaired["x"] == pytest.approx(X0 + 665)
    assert got.frame.geometry.is_valid.all()


def test_unclosed_ring_condemns_its_record_and_no_other(
    raw_shapefile: Writer, source: Source, county: CountyOptions, rules: Rules
) -> None:
    ring = [(X0, Y0), (X0, Y0 + 100), (X0 + 100, Y0 + 100), (X0 + 100, Y0), (X0, Y0)]
    other = [(a + 300, b) for a, b in ring]
    path = raw_shapefile([[ring], [other[:-1]]])
    got = read_source(source(path, "kfyq", crs="EPSG:4525"), county)
    assert (got.account.ok, got.account.quarantined) == (1, 1)
    assert rules(got)["I018"] == 1


def test_hole_that_lies_outside_is_told(
    raw_shapefile: Writer, source: Source, county: CountyOptions, rules: Rules
) -> None:
    ring = [(X0, Y0), (X0, Y0 + 100), (X0 + 100, Y0 + 100), (X0 + 100, Y0), (X0, Y0)]
    hole = [(a + 300, b) for a, b in ring[::-1]]
    got = read_source(source(raw_shapefile([[ring, hole]]), "kfyq", crs="EPSG:4525"), county)
    assert rules(got)["I050"] == 1


def test_collinear_ring_is_set_aside(
    raw_shapefile: Writer, source: Source, county: CountyOptions, rules: Rules
) -> None:
    good = [(X0, Y0), (X0, Y0 + 100), (X0 + 100, Y0 + 100), (X0 + 100, Y0), (X0, Y0)]
    flat = [(X0, Y0 + 300), (X0 + 50, Y0 + 300), (X0 + 100, Y0 + 300), (X0, Y0 + 300)]
    got = read_source(source(raw_shapefile([[good], [flat]]), "kfyq", crs="EPSG:4525"), county)
    assert (got.account.ok, got.account.quarantined) == (1, 1)
    assert rules(got)["I051"] == 1


def test_deleted_row_is_set_aside_and_the_others_keep_their_attributes(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions, edit: Bytes, rules: Rules
) -> None:
    path = write_layer("GD.shp", row(at, 3), supplies(3))
    header = int.from_bytes(path.with_suffix(".dbf").read_bytes()[8:10], "little")
    edit(path.with_suffix(".dbf"), header, b"*")
    got = read_source(source(path), county)
    assert rules(got) == {"I008": 1}
    assert got.frame["supervision_no"].tolist() == ["1411272015B00001", "1411272015B00002"]
    assert got.frame.geometry.iloc[0].equals(at(200, 0, 300, 100))


def test_missing_table_is_named(write_layer: Writer, at: Rect, source: Source, county: CountyOptions) -> None:
    path = write_layer("GD.shp", row(at, 2), supplies(2))
    path.with_suffix(".dbf").unlink()
    with pytest.raises(UnreadableFileError, match=r"GD\.shp: the \.dbf file"):
        read_source(source(path), county)


def test_missing_index_is_made_again_and_told(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions, rules: Rules
) -> None:
    path = write_layer("GD.shp", row(at, 3), supplies(3))
    before = read_source(source(path), county)
    path.with_suffix(".shx").unlink()
    got = read_source(source(path), county)
    assert rules(got) == {"I063": 1}
    assert got.frame.geometry.geom_equals(before.frame.geometry).all()
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(UnreadableFileError, match=r"\.shp"):
        read_source(source(path), county)


def test_overlapping_and_identical_shapes_of_a_plain_layer_are_named(
    write_layer: Writer, at: Rect, source: Source, rules: Rules
) -> None:
    shapes = [at(0, 0, 100, 100), at(50, 0, 150, 100), at(300, 0, 400, 100), at(300, 0, 400, 100)]
    columns = {"BSM": [f"{i:018d}" for i in range(4)]}
    got = read_every_column(source(write_layer("DK.shp", shapes, columns), ""), None)
    assert rules(got) == {"I069": 2}
    assert "重叠5000.00平方米" in got.findings["message"][0]
    assert "000000000000000003完全重合" in got.findings["message"][1]


def test_numbers_of_stars_are_missing_and_told_once(
    write_layer: Writer, at: Rect, source: Source, rules: Rules
) -> None:
    columns = {"BSM": [f"{i:018d}" for i in range(3)], "TBMJ": [10_000.0, np.nan, np.nan]}
    path = write_layer("DK.shp", row(at, 3), columns)
    assert b"****" in path.with_suffix(".dbf").read_bytes()
    got = read_every_column(source(path, ""), None)
    assert rules(got) == {"I068": 1}
    assert got.frame["TBMJ"].isna().tolist() == [False, True, True]


def test_vertex_off_the_grid_of_its_layer_is_told(
    write_layer: Writer, at: Rect, source: Source, rules: Rules
) -> None:
    shapes = [*row(at, 60), at(19000, 0, 19100.00004, 100)]
    got = read_every_column(
        source(write_layer("DK.shp", shapes, {"BSM": [f"{i:018d}" for i in range(61)]}), ""), None
    )
    assert rules(got) == {"I062": 1}
    assert got.findings["value"].tolist() == ["BSM 000000000000000060"]


def test_table_with_fewer_rows_than_shapes_is_refused(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions
) -> None:
    path = write_layer("GD.shp", row(at, 3), supplies(3))
    other = write_layer("other.shp", row(at, 2), supplies(2))
    shutil.copy(other.with_suffix(".dbf"), path.with_suffix(".dbf"))
    with pytest.raises(UnreadableFileError, match=r"3 shapes.*2 rows"):
        read_source(source(path), county)


@pytest.mark.parametrize(
    ("shape", "word"), [(LineString([(X0, Y0), (X0 + 9, Y0)]), "线"), (Point(X0, Y0), "点")]
)
def test_wrong_kind_of_shape_is_refused(
    write_layer: Writer, source: Source, county: CountyOptions, shape: BaseGeometry, word: str
) -> None:
    with pytest.raises(GeometryTypeError, match=word):
        read_source(source(write_layer("GD.shp", [shape])), county)


def test_projects_may_be_points(write_layer: Writer, source: Source, county: CountyOptions) -> None:
    path = write_layer("XM.shp", [Point(X0, Y0)], {"XMMC": ["示例一号项目"]})
    assert len(read_source(source(path, "projects"), county).frame) == 1


def test_empty_layer_is_refused(
    write_layer: Writer, source: Source, county: CountyOptions, tmp_path: Path
) -> None:
    path = tmp_path / "empty.shp"
    gpd.GeoDataFrame({"BZ": np.array([], dtype=object)}, geometry=[], crs="EPSG:4525").to_file(
        path, geometry_type="Polygon"
    )
    with pytest.raises(EmptyLayerError, match=r"empty\.shp holds 0"):
        read_source(source(path, "approvals"), county)


@pytest.mark.parametrize("role", ["supplies", "constraints", ""])
@pytest.mark.parametrize("suffix", [".shp", ".gpkg"])
def test_layer_without_records_is_told_where_it_may_be_so(
    source: Source, county: CountyOptions, tmp_path: Path, rules: Rules, role: str, suffix: str
) -> None:
    path = tmp_path / f"empty{suffix}"
    gpd.GeoDataFrame({"DZJGH": np.array([], dtype=object)}, geometry=[], crs="EPSG:4525").to_file(
        path, geometry_type="Polygon"
    )
    read = read_source if role else read_every_column
    got = read(source(path, role), county)
    assert rules(got) == {"I121": 1}
    assert (got.account.declared, got.account.ok, len(got.frame)) == (0, 0, 0)
    assert got.frame.crs == "EPSG:4525"


def test_plain_table_of_a_geopackage_is_a_table(
    source: Source, county: CountyOptions, tmp_path: Path
) -> None:
    path = tmp_path / "台账.gpkg"
    frame = pd.DataFrame({"电子监管号": ["1411272015B00011"], "项目名称": ["示例铸造项目"]})
    pyogrio.write_dataframe(frame, path, layer="台账", driver="GPKG")
    got = read_source(source(path, "supplies"), county)
    assert got.frame["supervision_no"].tolist() == ["1411272015B00011"]
    assert "geometry" not in got.frame
    with pytest.raises(GeometryTypeError, match="is a table"):
        read_source(source(path, "planning"), county)


def test_plain_table_beside_a_layer_is_read_where_it_is_asked_for(
    source: Source, county: CountyOptions, tmp_path: Path, at: Rect
) -> None:
    path = tmp_path / "库.gpkg"
    gpd.GeoDataFrame({"BZ": ["甲"]}, geometry=[at(0, 0, 10, 10)], crs="EPSG:4525").to_file(path, layer="dk")
    frame = pd.DataFrame({"电子监管号": ["1411272015B00011"]})
    pyogrio.write_dataframe(frame, path, layer="台账", driver="GPKG", append=True)
    assert read_every_column(source(path, ""), county).frame["BZ"].tolist() == ["甲"]
    named = SourceOptions("supplies", "supplies", path, layer="台账")
    assert read_source(named, county).frame["supervision_no"].tolist() == ["1411272015B00011"]


def test_layer_missing_from_the_contents_is_read_and_told(
    source: Source, county: CountyOptions, tmp_path: Path, at: Rect, rules: Rules
) -> None:
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"BZ": ["甲"]}, geometry=[at(0, 0, 10, 10)], crs="EPSG:4525").to_file(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("DELETE FROM gpkg_contents")
        database.commit()
    got = read_every_column(source(path, ""), county)
    assert got.frame["BZ"].tolist() == ["甲"]
    assert rules(got)["I122"] == 1


def test_layer_in_another_form_of_the_zone_is_brought_to_the_countys(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions
) -> None:
    plain = [Polygon([(x - 37_000_000, y) for x, y in s.exterior.coords]) for s in row(at, 2)]
    got = read_source(source(write_layer("GD.shp", plain, supplies(2), crs="EPSG:4546")), county)
    assert got.account.crs == "EPSG:4546"
    assert got.frame.crs.to_epsg() == 4525
    assert got.frame.total_bounds.tolist() == [X0, Y0, X0 + 300, Y0 + 100]


def test_degrees_are_reprojected_longitude_first(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions
) -> None:
    degrees = gpd.GeoSeries(row(at, 2), crs="EPSG:4525").to_crs("EPSG:4490").tolist()
    got = read_source(source(write_layer("GD.shp", degrees, supplies(2), crs="EPSG:4490")), county)
    assert np.allclose(got.frame.total_bounds, [X0, Y0, X0 + 300, Y0 + 100], atol=1e-3)


def test_layer_of_another_zone_is_refused(write_layer: Writer, source: Source, county: CountyOptions) -> None:
    far = [Polygon([(39e6 + 5e5, Y0), (39e6 + 5e5 + 10, Y0), (39e6 + 5e5, Y0 + 10)])]
    with pytest.raises(CRSError, match="zone"):
        read_source(source(write_layer("GD.shp", far, crs="EPSG:4527")), county)


def test_without_a_county_shapes_stay_where_they_are(write_layer: Writer, at: Rect, source: Source) -> None:
    got = read_source(source(write_layer("GD.shp", row(at, 1), supplies(1), crs=None)), None)
    assert got.account.crs == "EPSG:4525"
    assert got.frame.total_bounds.tolist() == [X0, Y0, X0 + 100, Y0 + 100]


def test_holes_and_parts_survive(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions
) -> None:
    holed = at(0, 0, 100, 100).difference(at(20, 20, 60, 60))
    parts = MultiPolygon([at(200, 0, 300, 100), at(400, 0, 500, 100)])
    got = read_source(source(write_layer("GD.shp", [holed, parts], supplies(2))), county)
    assert got.frame.area.tolist() == [8_400.0, 20_000.0]


def test_supply_without_any_number_gets_a_key_from_its_content(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions, rules: Rules
) -> None:
    columns = supplies(2) | {"DZJGH": [None, None], "XMMC": ["同名项目名称", "同名项目名称"]}
    path = write_layer("GD.shp", row(at, 2), columns)
    one, again = (read_source(source(path), county).frame["record_key"].tolist() for _ in range(2))
    assert one == again
    assert len(set(one)) == 2
    assert all(key.startswith("ROW-") and len(key) == 14 for key in one)
    assert rules(read_source(source(path), county))["I035"] == 2


def test_planning_without_a_code_system_takes_the_stated_default(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions, rules: Rules
) -> None:
    path = write_layer(
        "GHFQ.shp", row(at, 2), {"GHDLDM": ["1001", "070102"], "GHDLMC": ["工业用地", "二类城镇住宅用地"]}
    )
    got = read_source(source(path, "planning"), county)
    assert got.frame["code_system"].unique().tolist() == ["用地用海分类（2023）"]
    assert rules(got)["I037"] == 1
    told = read_source(source(path, "planning", code_system="试行分类"), county)
    assert told.frame["code_system"].unique().tolist() == ["试行分类"]
    assert "I037" not in rules(told)


def test_constraint_is_what_the_project_file_says(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions
) -> None:
    path = write_layer("HX.shp", row(at, 2))
    got = read_source(
        source(
            path, "constraints", key="constraints.flood", kind="flood", effect="exclude", title="蓄滞洪区"
        ),
        county,
    )
    assert got.frame.columns.tolist() == ["kind", "effect", "name", "source_ref", "geometry"]
    assert got.frame.iloc[0, :4].tolist() == ["flood", "exclude", "蓄滞洪区", "constraints.flood#1"]


def test_geopackage_layer_is_chosen_by_name(
    tmp_path: Path, at: Rect, source: Source, county: CountyOptions, rules: Rules
) -> None:
    path = tmp_path / "two.gpkg"
    frame = gpd.GeoDataFrame(supplies(2), geometry=row(at, 2), crs="EPSG:4525")
    for layer in ("供地", "其他"):
        pyogrio.write_dataframe(frame, path, layer=layer)
    with pytest.raises(SourceMissingError, match=r"2 layers: 供地, 其他"):
        read_source(source(path), county)
    with pytest.raises(SourceMissingError, match="no layer named 没有"):
        read_source(source(path, layer="没有"), county)
    got = read_source(source(path, layer="供地"), county)
    assert got.frame["supplied_area"].tolist() == [10_000.0] * 2
    assert rules(got) == {}


def test_geopackage_with_a_trigger_or_a_view_is_refused(
    tmp_path: Path, at: Rect, source: Source, county: CountyOptions
) -> None:
    import sqlite3
    from contextlib import closing

    for number, sql in enumerate(
        ("CREATE TRIGGER t AFTER INSERT ON l BEGIN DELETE FROM l; END", "CREATE VIEW v AS SELECT * FROM l")
    ):
        path = tmp_path / f"{number}.gpkg"
        pyogrio.write_dataframe(
            gpd.GeoDataFrame(supplies(1), geometry=row(at, 1), crs="EPSG:4525"), path, layer="l"
        )
        with closing(sqlite3.connect(path)) as database:
            database.execute(sql)
            database.commit()
        with pytest.raises(UnreadableFileError, match="refused"):
            read_source(source(path), county)


def test_damaged_geopackage_is_refused(
    tmp_path: Path, at: Rect, source: Source, county: CountyOptions
) -> None:
    path = tmp_path / "cut.gpkg"
    pyogrio.write_dataframe(gpd.GeoDataFrame(supplies(2), geometry=row(at, 2), crs="EPSG:4525"), path)
    path.write_bytes(path.read_bytes()[:30_000])
    with pytest.raises(UnreadableFileError, match="完整性"):
        read_source(source(path), county)


def test_file_geodatabase_is_read(tmp_path: Path, at: Rect, source: Source, county: CountyOptions) -> None:
    path = tmp_path / "库.gdb"
    frame = gpd.GeoDataFrame(supplies(2), geometry=row(at, 2), crs="EPSG:4525")
    pyogrio.write_dataframe(frame, path, layer="GD", driver="OpenFileGDB")
    got = read_source(source(path), county)
    assert got.frame["project_name"].tolist() == ["示例0号标准厂房项目", "示例1号标准厂房项目"]
    next(path.glob("a0000000[9a-f].gdbtablx")).unlink()
    with pytest.raises(UnreadableFileError, match="gdbtablx"):
        read_source(source(path), county)


def test_geojson_keeps_long_codes_exactly(
    tmp_path: Path, at: Rect, source: Source, county: CountyOptions
) -> None:
    degrees = gpd.GeoSeries(row(at, 1), crs="EPSG:4525").to_crs("EPSG:4326").iloc[0]
    feature = {
        "type": "Feature",
        "properties": {"project_code": 201512345678901234567890, "XMMC": "示例一号项目", "监管号": "0012"},
        "geometry": json.loads(json.dumps(degrees.__geo_interface__)),
    }
    path = tmp_path / "gd.geojson"
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]}, ensure_ascii=False), "utf-8"
    )
    got = read_source(source(path), county)
    assert got.frame["project_code"].tolist() == ["201512345678901234567890"]
    assert got.frame["supervision_no"].tolist() == ["0012"]
    assert np.allclose(got.frame.total_bounds, [X0, Y0, X0 + 100, Y0 + 100], atol=1.0)


@pytest.mark.parametrize(
    "text", ['{"type": "FeatureCollection", "features": [', '{"type": "Topology"}',
             '{"type": "FeatureCollection", "features": [], "crs": {"type": "link", "properties": {"href": "http://x"}}}'],
)  # fmt: skip
def test_broken_geojson_is_refused(tmp_path: Path, source: Source, text: str) -> None:
    path = tmp_path / "x.geojson"
    path.write_text(text, "utf-8")
    with pytest.raises(UnreadableFileError, match=r"x\.geojson"):
        read_source(source(path), None)


def test_required_field_that_is_missing_is_named(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions
) -> None:
    path = write_layer("GHFQ.shp", row(at, 1), {"BZ": ["无"]})
    with pytest.raises(FieldMissingError, match=r"GHFQ\.shp has no field plan_code") as caught:
        read_source(source(path, "planning"), county)
    assert "BZ" in caught.value.hint


def test_reading_without_a_role_keeps_every_column_as_text(
    write_layer: Writer, at: Rect, source: Source
) -> None:
    columns = {"BSM": ["001", "002"], "别名": ["甲乙丙丁", "戊己庚辛"], "TBMJ": [9999.43, 12.0]}
    got = read_every_column(source(write_layer("DK.shp", row(at, 2), columns), ""), None)
    assert got.frame.columns.tolist() == ["BSM", "别名", "TBMJ", "source_ref", "geometry"]
    assert got.frame["BSM"].tolist() == ["001", "002"]
    assert got.findings["rule"].tolist() == ["A006"]


def test_area_that_alone_disagrees_to_the_centimetre_is_told(
    write_layer: Writer, at: Rect, source: Source, rules: Rules
) -> None:
    columns = {"BSM": [f"{i:018d}" for i in range(8)], "TBMJ": [10_000.0] * 7 + [10_000.05]}
    got = read_every_column(source(write_layer("DK.shp", row(at, 8), columns), ""), None)
    assert rules(got) == {"A006": 1}
    assert "000000000000000007" in got.findings["value"][0]


def test_several_sources_come_back_in_their_order(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions
) -> None:
    told: list[str] = []
    sources = [
        source(write_layer(f"L{i}.shp", row(at, i + 1), supplies(i + 1)), key=f"supplies.{i}")
        for i in range(3)
    ]
    got = read_sources(sources, county, progress=told.append)
    assert [len(d.frame) for d in got] == [1, 2, 3]
    assert any("supplies.1" in message for message in told)


def test_first_failing_source_is_raised(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions, tmp_path: Path
) -> None:
    good = source(write_layer("L.shp", row(at, 1), supplies(1)))
    with pytest.raises(SourceMissingError, match=r"no\.shp"):
        read_sources([good, source(tmp_path / "no.shp"), source(tmp_path / "later.shp")], county)
