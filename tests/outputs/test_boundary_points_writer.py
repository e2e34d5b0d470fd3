"""Boundary points written: bytes as the filing wants them, and the same shapes when read back."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box

from landinv.errors import CRSError, FieldMissingError, GeometryTypeError, OutputError
from landinv.intake.worker.answer import Request
from landinv.intake.worker.boundary_points import read_content
from landinv.outputs.layers.boundary_points import BoundaryPointsOptions, write_boundary_points

X0, Y0 = 37_548_000, 4_240_000


def frame(shapes: list[object], crs: str = "EPSG:4525", **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(dict(columns), geometry=shapes, crs=crs)


def square(east: int, size: int = 100) -> Polygon:
    return box(X0 + east, Y0, X0 + east + size, Y0 + size)


def read_back(path: Path) -> tuple[list[shapely.Geometry], dict[str, list[str]], list[str]]:
    content = read_content(Request(str(path), str(path.parent), path.name))
    table = content.tables["layer"]
    names = [c["name"] for c in content.facts["columns"]]
    shapes = list(shapely.from_wkb(table.column("geometry").to_numpy(zero_copy_only=False)))
    columns = {name: table.column(f"c{i}").to_pylist() for i, name in enumerate(names)}
    return shapes, columns, [n.rule for n in content.noticed]


def test_bytes_are_as_the_filing_wants_them(tmp_path: Path) -> None:
    holed = Polygon(square(0).exterior, [box(X0 + 40, Y0 + 40, X0 + 60, Y0 + 60).exterior])
    layer = frame([holed], parcel_code=["DK,01"], project_name=["示例一号项目"], land_use=["工业用地"])
    made = write_boundary_points(layer, tmp_path / "a.txt", options=BoundaryPointsOptions(decimals=3))
    raw = made.read_bytes()
    lines = raw.decode("gbk").split("\r\n")
    assert raw.endswith(b"\r\n")
    assert lines[0] == "[属性描述]"
    assert "带号=37" in lines
    assert "精度=0.001" in lines
    at = lines.index("[地块坐标]")
    assert lines[at + 1] == "10,9600.00,DK，01,示例一号项目,面,,工业用地,,@"
    rings = [line.split(",")[1] for line in lines[at + 2 : -1]]
    assert rings == ["1"] * 5 + ["2"] * 5
    corners = [tuple(map(float, line.split(",")[3:1:-1])) for line in lines[at + 2 : at + 7]]
    assert not shapely.is_ccw(shapely.LinearRing(corners))
    names = [line.split(",")[0] for line in lines[at + 2 : -1]]
    assert names == ["J1", "J2", "J3", "J4", "J1", "J5", "J6", "J7", "J8", "J5"]


def test_each_part_is_a_parcel_and_the_easting_bears_its_zone(tmp_path: Path) -> None:
    parts = MultiPolygon([box(548_000, Y0, 548_100, Y0 + 100), box(548_300, Y0, 548_400, Y0 + 100)])
    layer = frame([parts, box(549_000, Y0, 549_100, Y0 + 100)], crs="EPSG:4546", parcel_id=["甲", "乙"])
    shapes, columns, rules = read_back(write_boundary_points(layer, tmp_path / "a.txt"))
    assert columns["地块编号"] == ["甲-1", "甲-2", "乙"]
    assert [shapely.bounds(s)[0] for s in shapes] == [X0, X0 + 300, X0 + 1000]
    assert rules == []


def test_hectares_have_four_decimals(tmp_path: Path) -> None:
    made = write_boundary_points(
        frame([square(0)]), tmp_path / "a.txt", options=BoundaryPointsOptions(area_unit="ha")
    )
    _shapes, columns, _rules = read_back(made)
    assert columns["地块面积"] == ["1.0000"]
    assert columns["地块编号"] == ["1"]


def test_rare_characters_are_written_and_damaged_ones_named(tmp_path: Path) -> None:
    made = write_boundary_points(frame([square(0)], parcel_id=["㐀村"]), tmp_path / "a.txt")
    assert "㐀村" in made.read_bytes().decode("gb18030")
    torn = BoundaryPointsOptions(header={"数据产生单位": "甲\udc80"})
    with pytest.raises(OutputError, match="udc80"):
        write_boundary_points(frame([square(0)]), tmp_path / "b.txt", options=torn)
    assert not (tmp_path / "b.txt").exists()


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with pytest.raises(CRSError, match="WGS 84"):
        write_boundary_points(frame([box(111, 38, 112, 39)], crs="EPSG:4326"), path)
    with pytest.raises(GeometryTypeError, match="Row 2"):
        write_boundary_points(frame([square(0), Point(X0, Y0)]), path)
    with pytest.raises(GeometryTypeError, match="Row 1"):
        write_boundary_points(frame([Polygon()]), path)
    with pytest.raises(FieldMissingError, match="无此列"):
        write_boundary_points(frame([square(0)]), path, options=BoundaryPointsOptions(name="无此列"))
    with pytest.raises(ValueError, match="decimals"):
        BoundaryPointsOptions(decimals=2)
    assert not path.exists()


def test_the_frame_is_left_as_it_was(tmp_path: Path) -> None:
    layer = frame([square(0)], parcel_id=["甲"])
    before = layer.copy(deep=True)
    write_boundary_points(layer, tmp_path / "a.txt")
    assert layer.equals(before)


grid = st.integers(0, 8)


@st.composite
def cells(draw: st.DrawFn) -> shapely.Geometry:
    """A union of grid squares: holes, parts, and corners that touch, all valid."""
    taken = draw(st.sets(st.tuples(grid, grid), min_size=1, max_size=30))
    shift = draw(st.integers(0, 9999)) / 10_000
    squares = [
        box(X0 + shift + 10 * i, Y0 + shift + 10 * j, X0 + shift + 10 * i + 10, Y0 + shift + 10 * j + 10)
        for i, j in taken
    ]
    return shapely.union_all(squares)


@settings(max_examples=40, deadline=None)
@given(shape=cells(), decimals=st.sampled_from([3, 4]), unit=st.sampled_from(["m2", "ha"]))
def test_reading_back_gives_the_same_shape(
    shape: shapely.Geometry, decimals: int, unit: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("points") / "a.txt"
    options = BoundaryPointsOptions(decimals=decimals, area_unit=unit)
    shapes, _columns, rules = read_back(write_boundary_points(frame([shape]), path, options=options))
    assert rules == []
    assert len(shapes) == len(shapely.get_parts(shape))
    back = shapely.union_all(np.array(shapes, dtype=object))
    assert shapely.hausdorff_distance(back.boundary, shape.boundary) <= 10.0**-decimals
    assert abs(shapely.area(back) - shapely.area(shape)) < 1.0
