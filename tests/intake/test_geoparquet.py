"""GeoParquet: CRS by its metadata, exact text, and damage that raises."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from shapely.geometry import MultiPolygon, Point, box

from landinv.errors import CRSError, LandinvError, LimitExceededError, UnreadableFileError
from landinv.intake import read_every_column, read_source
from landinv.intake.worker import geoparquet
from landinv.intake.worker.answer import Request
from landinv.model.datasets import Dataset
from landinv.model.options import CountyOptions, SourceOptions

pytestmark = pytest.mark.usefixtures("quick")

Rules = Callable[[Any], dict[str, int]]
X0, Y0 = 37_548_000, 4_240_000


def squares(count: int = 3) -> list[shapely.Geometry]:
    return [box(X0 + 200 * i, Y0, X0 + 200 * i + 100, Y0 + 100) for i in range(count)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "甲.parquet"


def frame(shapes: list[Any], crs: object = "EPSG:4525", **columns: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        columns or {"BSM": [f"{i:018d}" for i in range(len(shapes))]}, geometry=shapes, crs=crs
    )


def read(path: Path) -> Dataset:
    return read_every_column(SourceOptions("x", "", path), None)


def with_geo(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Rewrite the geometry metadata of a file."""
    table = pq.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    change(geo)
    pq.write_table(
        table.replace_schema_metadata({**table.schema.metadata, b"geo": json.dumps(geo).encode()}), path
    )


def test_layer_is_read_with_exact_codes_and_its_crs(path: Path, rules: Rules) -> None:
    frame(squares()).to_parquet(path, row_group_size=1, write_covering_bbox=True)
    got = read(path)
    assert got.frame["BSM"].tolist() == [f"{i:018d}" for i in range(3)]
    assert list(got.frame.columns) == ["BSM", "source_ref", "geometry"]
    assert shapely.area(got.frame.geometry.array).tolist() == [10_000] * 3
    assert (got.account.crs, got.account.declared, rules(got)) == ("EPSG:4525", 3, {})


def test_role_maps_its_columns(path: Path, county: CountyOptions) -> None:
    frame(squares(1), DZJGH=["0012"], GDMJ=[1.0]).to_parquet(path)
    got = read_source(SourceOptions("supplies", "supplies", path), county)
    assert (got.frame["supervision_no"].tolist(), got.frame["supplied_area"].tolist()) == (
        ["0012"],
        [10_000.0],
    )


@pytest.mark.parametrize("kind", ["polygon", "multipolygon", "point"])
def test_native_encodings_are_read(path: Path, kind: str) -> None:
    shapes = {
        "polygon": [squares()[0].difference(box(X0 + 40, Y0 + 40, X0 + 60, Y0 + 60)), squares()[1]],
        "multipolygon": [MultiPolygon(squares(2)), MultiPolygon(squares(1))],
        "point": [Point(X0, Y0), Point(X0 + 1, Y0)],
    }[kind]
    layer = frame(shapes)
    layer.to_parquet(path, geometry_encoding="geoarrow")
    assert shapely.equals(read(path).frame.geometry.array, layer.geometry.array).all()


def test_null_record_that_still_holds_points_shifts_no_other() -> None:
    points = [[{"x": float(X0 + i), "y": float(Y0 + i * i)} for i in (0, 1, 2, 0)] for _ in range(3)]
    rings = pa.array(
        [[p] for p in points], pa.list_(pa.list_(pa.struct({"x": pa.float64(), "y": pa.float64()})))
    )
    holed = pa.ListArray.from_arrays(rings.offsets, rings.values, mask=pa.array([False, True, False]))
    for column, expected in ((holed, [False, True, False]), (rings.slice(1), [False, False])):
        wkb = geoparquet._from_native(column, "polygon", Request("", "", "甲"))
        shapes = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False))
        assert shapely.is_missing(shapes).tolist() == expected
        assert {shapely.area(s) for s in shapes if s is not None} == {1.0}


def test_missing_shape_is_set_aside_in_both_encodings(path: Path, rules: Rules) -> None:
    for encoding in ("WKB", "geoarrow"):
        frame([squares()[0], None, squares()[2]]).to_parquet(path, geometry_encoding=encoding)
        got = read(path)
        assert (got.account.ok, got.account.quarantined) == (2, 1), encoding
        assert rules(got) == {"I013": 1}


def test_crs_by_definition_by_default_and_unknown(path: Path, rules: Rules) -> None:
    frame(squares(), crs=4525).to_parquet(path)
    with_geo(path, lambda geo: geo["columns"]["geometry"]["crs"].pop("id"))
    assert read(path).account.crs == "EPSG:4525"
    with_geo(path, lambda geo: geo["columns"]["geometry"].update(crs=None))
    assert rules(read(path)) == {"I009": 1}
    with_geo(path, lambda geo: geo["columns"]["geometry"].update(crs={"type": "ProjectedCRS"}))
    with pytest.raises(CRSError, match="cut off or malformed"):
        read(path)
    frame([box(111.5, 38.2, 111.6, 38.3)], crs="OGC:CRS84").to_parquet(path)
    assert read(path).account.crs == "EPSG:4326"
    with_geo(path, lambda geo: geo["columns"]["geometry"].pop("crs"))
    assert read(path).account.crs == "EPSG:4326"


def test_types_of_other_libraries_keep_their_digits(path: Path, rules: Rules) -> None:
    layer = frame(squares(2))
    layer.to_parquet(path)
    table = pq.read_table(path)
    more = {
        "面积": pa.array([Decimal("12345678901234567.89"), None], pa.decimal128(20, 2)),
        "类": pa.array(["甲", "乙"]).dictionary_encode(), "空": pa.nulls(2), "列": pa.array([[1], [2]]),
    }  # fmt: skip
    for name, values in more.items():
        table = table.append_column(name, values)
    pq.write_table(table, path)
    got = read(path)
    assert got.frame["类"].tolist() == ["甲", "乙"]
    assert "12345678901234567.89" in [str(v) for v in got.frame["面积"]] or got.frame["面积"].notna().any()
    assert rules(got).get("I046") == 1


def test_plain_table_and_malformed_metadata_are_refused(path: Path) -> None:
    pq.write_table(pa.table({"甲": [1]}), path)
    with pytest.raises(UnreadableFileError, match="几何图形"):
        read(path)
    frame(squares()).to_parquet(path)
    for change in (
        lambda geo: geo.pop("primary_column"), lambda geo: geo.update(primary_column="无"),
        lambda geo: geo["columns"].update(geometry=5), lambda geo: geo["columns"]["geometry"].update(encoding="polygon"),
        lambda geo: geo["columns"]["geometry"].update(encoding="x"),
        lambda geo: geo["columns"]["geometry"].update(encoding=None),
    ):  # fmt: skip
        frame(squares()).to_parquet(path)
        with_geo(path, change)
        with pytest.raises(UnreadableFileError, match="GeoParquet"):
            read(path)


def test_size_is_limited(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame(squares()).to_parquet(path)
    monkeypatch.setattr(geoparquet, "_MOST_ROWS", 2)
    with pytest.raises(LimitExceededError, match="3 rows"):
        read(path)


def test_cut_or_changed_bytes_are_an_error_or_nothing_lost(path: Path) -> None:
    frame(squares()).to_parquet(path)
    whole = path.read_bytes()
    for cut in range(4, len(whole), 97):
        path.write_bytes(whole[:cut])
        with pytest.raises(LandinvError):
            read(path)
    other = path.with_name("乙.parquet")
    other.write_bytes(b"\x00" * 100)
    with pytest.raises(UnreadableFileError, match="geoparquet"):
        read(other)
