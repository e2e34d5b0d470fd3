"""Each layer and sheet of a file as an entry: what it is, how it was read, what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import Polygon

from landinv.errors import (
    CRSError,
    FieldMissingError,
    LimitExceededError,
    SourceMissingError,
    UnreadableFileError,
)
from landinv.intake import inspect as inspecting
from landinv.intake import read
from landinv.intake.inspect import Inspected, inspect_file, inspect_files
from landinv.model.options import CountyOptions, SourceOptions

At = Callable[[float, float, float, float], Polygon]


@pytest.fixture(autouse=True)
def _here(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspecting, "read_staged", read.read_staged)


def one(path: Path, county: CountyOptions | None = None, **more: Any) -> Inspected:
    (entry,) = inspect_file(path, county, **more)
    return entry


def rules(entry: Inspected) -> dict[str, int]:
    return {group.rule: group.count for group in entry.findings}


def write_gpkg(path: Path, layers: dict[str, dict[str, Any]], shape: Polygon) -> Path:
    for name, columns in layers.items():
        frame = gpd.GeoDataFrame(columns, geometry=[shape], crs="EPSG:4525")
        pyogrio.write_dataframe(frame, path, layer=name, append=path.exists())
    return path


def test_a_layer_tells_counts_encoding_crs_role_and_mapping(write_layer: Any, at: At) -> None:
    path = write_layer(
        "BP.shp", [at(0, 0, 100, 100), at(200, 0, 300, 100)],
        {"PZWH": ["晋政地字〔2019〕1号", "晋政地字〔2019〕2号"], "PCMC": ["第一批次", "第二批次"], "PZMJ": [1.0, 1.0], "备用": ["甲", "乙"]},
    )  # fmt: skip
    entry = one(path)
    assert entry.account is not None
    assert (entry.format, entry.geometry, entry.layer) == ("shapefile", "polygon", "")
    assert (entry.account.declared, entry.account.ok) == (2, 2)
    assert (entry.account.encoding, entry.account.crs) == ("gb18030", "EPSG:4525")
    assert (entry.guess.role, entry.guess.sure) == ("approvals", True)
    assert {(link.field, link.column) for link in entry.links} >= {
        ("approval_no", "PZWH"),
        ("approved_area", "PZMJ"),
    }
    assert entry.unmapped == ("备用",)
    assert "cropland_area" in entry.absent
    assert entry.missing == ()


def test_codes_are_held_against_the_county_only_where_one_is_known(
    write_layer: Any, at: At, county: CountyOptions
) -> None:
    path = write_layer("XZQ.shp", [at(0, 0, 9, 9)], {"XZQDM": ["140200100"], "XZQMC": ["某镇"]})
    assert "A005" in rules(one(path, county))
    alone = one(path)
    assert "A005" not in rules(alone)
    assert alone.place.code == "140200"


def test_every_layer_of_a_geopackage_is_an_entry(tmp_path: Path, at: At) -> None:
    layers = {
        "XZQ": {"XZQDM": ["141127100"], "XZQMC": ["东村镇"]},
        "说明": {"BZ": ["无"]},
    }
    entries = inspect_file(write_gpkg(tmp_path / "a.gpkg", layers, at(0, 0, 9, 9)), None)
    assert [(e.layer, e.guess.role) for e in entries] == [("XZQ", "xzq"), ("说明", "")]
    assert all(e.account is not None and e.account.ok == 1 for e in entries)


def test_layers_beyond_the_limit_are_told(tmp_path: Path, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspecting, "MOST_LAYERS", 1)
    layers = {name: {"BZ": ["无"]} for name in ("甲", "乙", "丙")}
    entries = inspect_file(write_gpkg(tmp_path / "a.gpkg", layers, at(0, 0, 9, 9)), None)
    assert len(entries) == 2
    assert isinstance(entries[1].error, LimitExceededError)
    assert "2" in str(entries[1].error)


def test_the_register_of_a_run_is_no_source(tmp_path: Path, at: At) -> None:
    layers = {name: {"BZ": ["无"]} for name in ("parcels", "approvals", "supplies", "slivers")}
    entry = one(write_gpkg(tmp_path / "inventory.gpkg", layers, at(0, 0, 9, 9)))
    assert entry.left_out
    assert entry.account is None


def test_every_sheet_is_an_entry_with_its_own_role(write_book: Any) -> None:
    path = write_book(
        "资料.xlsx",
        {
            "说明": [["请按要求填写"]],
            "供地": [
                ["电子监管号", "受让人", "约定动工时间"],
                ["1411272015B00012", "岚县甲木铸造有限公司", "2020-01-01"],
            ],
            "项目": [
                ["项目名称", "建设单位", "用地需求（亩）"],
                ["示例一号项目", "岚县甲木铸造有限公司", 15],
            ],
        },
    )
    guide, supplies, projects = inspect_file(path, None)
    assert guide.left_out
    assert (supplies.layer, supplies.guess.role) == ("供地", "supplies")
    assert (projects.layer, projects.guess.role) == ("项目", "projects")
    assert all(e.account is not None and e.account.declared == 1 for e in (supplies, projects))


def test_findings_are_counted_by_rule_with_an_example(write_book: Any) -> None:
    rows = [
        ["电子监管号", "受让人", "约定动工时间"],
        *([f"1411272015B0001{n}", "甲木", "2019年5月"] for n in range(3)),
    ]
    entry = one(write_book("供地.xlsx", {"Sheet1": rows}))
    (group,) = [g for g in entry.findings if g.rule == "I024"]
    assert (group.count, group.fields, group.severity) == (3, ("agreed_start_on",), "warning")
    assert "2019年5月" in group.example


def test_a_file_that_cannot_be_read_is_an_entry(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 cut")
    (tmp_path / "b.shp").write_bytes(b"x")
    entries = inspect_files([tmp_path / "a.xlsx", tmp_path / "b.shp", tmp_path / "c.csv"], None)
    assert [type(e.error) for e in entries] == [UnreadableFileError, UnreadableFileError, SourceMissingError]
    assert all(e.account is None and e.error is not None and e.error.hint for e in entries)


def test_a_layer_whose_role_fails_is_still_counted(write_layer: Any, at: At) -> None:
    entry = one(
        write_layer("DLTB.shp", [at(0, 0, 9, 9)], {"TBBH": ["1"], "TBMJ": [81.0], "ZLDWDM": ["1" * 19]})
    )
    assert entry.guess.role == "dltb"
    assert isinstance(entry.error, FieldMissingError)
    assert entry.account is not None
    assert entry.account.declared == 1


def test_a_layer_of_no_known_place_is_an_error(write_layer: Any) -> None:
    square = Polygon([(1000, 1000), (1100, 1000), (1100, 1100), (1000, 1100)])
    entry = one(write_layer("供地红线.shp", [square], {"DZJGH": ["1"], "TDSYQR": ["甲木"]}, crs=None))
    assert isinstance(entry.error, CRSError)
    assert entry.account is None
    assert entry.guess.role == "supplies"


def test_a_source_of_the_project_is_read_as_it_says(write_book: Any) -> None:
    path = write_book("表.xlsx", {"S": [["号", "大小", "受让人"], ["1411272015B00012", 2, "甲木"]]})
    fields = {"supervision_no": "号", "supplied_area": "大小"}
    source = SourceOptions("supplies.old", "supplies", path, fields=fields, units={"supplied_area": "ha"})
    entry = one(path, known=(source,))
    assert (entry.guess.role, entry.guess.score) == ("supplies", 1.0)
    assert "supplies.old" in entry.guess.reasons[0]
    assert (entry.links[0].field, entry.links[0].rule) == ("supervision_no", "project file")
    assert entry.error is None


def test_a_likeness_that_is_not_sure_is_not_forced_on_the_file(write_book: Any) -> None:
    rows = [["项目名称", "批准文号", "甲", "乙"], ["示例一号项目", "晋政地字〔2019〕1号", "x", "y"]]
    entry = one(write_book("a.xlsx", {"S": rows}))
    assert not entry.guess.sure
    assert entry.links == ()
    assert entry.error is None
    assert entry.account is not None


def test_a_page_that_says_it_is_no_data_is_passed_over(write_book: Any, source: Any) -> None:
    path = write_book(
        "a.xlsx",
        {
            "供地": [["电子监管号", "受让人"], ["1411272015B00012", "甲木"]],
            "填表说明": [["说明（本页不是数据，导入时不读）"], ["电子监管号", "受让人"], ["例", "例"]],
        },
    )
    assert [e.layer for e in inspect_file(path, None)] == ["供地"]
    got = read.read_source(source(path), None)
    assert (got.account.declared, len(got.findings)) == (1, 0)
