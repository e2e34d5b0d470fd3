"""What a geodatabase keeps beside its columns: aliases find fields, coded values have names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pyarrow as pa
import pyogrio
import pytest
from shapely.geometry import box

from landinv.intake import read_every_column, read_source
from landinv.intake.staging import staged
from landinv.intake.worker import filegdb
from landinv.intake.worker.answer import Content, Request
from landinv.intake.worker.gdb_domains import coded_values
from landinv.model.options import CountyOptions, SourceOptions

pytestmark = pytest.mark.usefixtures("quick")

DOMAIN = """<?xml version="1.0" encoding="UTF-8"?>
<typens:GPCodedValueDomain2 xmlns:typens="http://www.esri.com/schemas/ArcGIS/10.3"><DomainName>权属性质</DomainName>
<CodedValues><CodedValue><Name>国有土地所有权</Name><Code>10</Code></CodedValue>
<CodedValue><Name>集体土地所有权</Name><Code>30</Code></CodedValue></CodedValues></typens:GPCodedValueDomain2>"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A geodatabase whose columns are named F1, F2 and bear what they are as alias and domain."""
    path = tmp_path / "库.gdb"
    layer = gpd.GeoDataFrame(
        {"F1": ["0601"], "F2": ["10"], "TBMJ": [10_000.0]},
        geometry=[box(37_548_000, 4_240_000, 37_548_100, 4_240_100)], crs="EPSG:4525",
    )  # fmt: skip
    table = pa.table(layer.to_arrow(geometry_encoding="WKB"))
    told = {
        "F1": {"GDAL:OGR:alternative_name": "地类编码"},
        "F2": {"GDAL:OGR:alternative_name": "权属性质", "GDAL:OGR:domain_name": "权属性质"},
    }
    fields = [f.with_metadata(told[f.name]) if f.name in told else f for f in table.schema]
    pyogrio.raw.write_arrow(
        table.cast(pa.schema(fields)), path, layer="DLTB", driver="OpenFileGDB", geometry_name="geometry",
        geometry_type="Polygon", crs="EPSG:4525",
    )  # fmt: skip
    return path


@pytest.fixture
def content() -> Callable[[Path], Content]:
    def read(path: Path) -> Content:
        with staged(path) as copy:
            return filegdb.read_content(
                Request(str(copy.main), str(copy.folder), copy.title, driver="OpenFileGDB")
            )

    return read


def test_alias_finds_the_field(database: Path, county: CountyOptions) -> None:
    got = read_source(SourceOptions("dltb", "dltb", database), county)
    assert got.account.fields["DLBM"] == "F1"
    assert got.frame["DLBM"].tolist() == ["0601"]


def test_aliases_are_told_beside_the_columns(database: Path, content: Callable[[Path], Content]) -> None:
    columns = {c["name"]: c for c in content(database).facts["columns"]}
    assert columns["F1"]["alias"] == "地类编码"
    assert "alias" not in columns["TBMJ"]


def test_names_of_coded_values_are_told(
    database: Path, content: Callable[[Path], Content], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        filegdb, "with_aliases", lambda columns, _schema: [{**c, "domain": "权属性质"} for c in columns]
    )
    monkeypatch.setattr(filegdb, "_definitions", lambda _request, _pyogrio: [None, DOMAIN])
    assert content(database).facts["domains"] == {
        "权属性质": {"10": "国有土地所有权", "30": "集体土地所有权"}
    }


def test_definitions_of_the_items_are_read(database: Path) -> None:
    with staged(database) as copy:
        read = filegdb._definitions(Request(str(copy.main), str(copy.folder), copy.title), pyogrio)
    assert any("DEFeatureClassInfo" in text for text in read if text)


@pytest.mark.parametrize(
    "hostile",
    [
        DOMAIN[:-20],
        DOMAIN.replace("?>", '?><!DOCTYPE a [<!ENTITY b "c">]>'),
        DOMAIN.replace("权属性质", "别的"),
        "",
    ],
)
def test_unsound_definition_gives_no_names(hostile: str) -> None:
    assert coded_values([hostile, None], ["权属性质"]) == {}


def test_coded_values_come_as_words_where_words_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, county: CountyOptions
) -> None:
    path = tmp_path / "批次.gdb"
    frame = gpd.GeoDataFrame(
        {"PZWH": ["晋政地字〔2015〕1号", "晋政地字〔2015〕2号"], "PZZT": ["1", "9"]},
        geometry=[box(37_548_000 + d, 4_240_000, 37_548_050 + d, 4_240_100) for d in (0, 100)], crs="EPSG:4525",
    )  # fmt: skip
    frame.to_file(path, driver="OpenFileGDB", layer="BP")
    monkeypatch.setattr(
        filegdb, "with_aliases", lambda columns, _schema: [{**c, "domain": "状态"} for c in columns]
    )
    monkeypatch.setattr(filegdb, "coded_values", lambda _found, _wanted: {"状态": {"1": "撤回"}})
    got = read_source(SourceOptions("approvals", "approvals", path), county)
    assert got.frame["approval_status"].tolist() == ["撤回", "9"]
    assert got.frame["approval_no"].tolist() == ["晋政地字〔2015〕1号", "晋政地字〔2015〕2号"]
    assert got.findings["rule"].tolist().count("I123") == 1
    assert "1=撤回" in got.findings["message"][got.findings["rule"] == "I123"].iloc[0]
    plain = read_every_column(SourceOptions("x", "", path), None)
    assert plain.frame["PZZT"].tolist() == ["1", "9"]
    assert [e.decision for e in plain.account.evidence if e.subject == "words of PZZT"] == ["1=撤回"]
