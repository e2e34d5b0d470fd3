"""VCT 3: border lines shared by neighbours, and every break in the chain from line to attribute."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely

from landinv.errors import CRSError, LandinvError, SourceMissingError, UnreadableFileError
from landinv.intake import read_every_column, read_source
from landinv.intake.worker.vct_objects import read_lines, read_polygons
from landinv.intake.worker.vct_sections import read_sections
from landinv.model.datasets import Dataset
from landinv.model.options import CountyOptions, SourceOptions

pytestmark = pytest.mark.usefixtures("quick")

Rules = Callable[[Any], dict[str, int]]
Sweep = Callable[..., dict[int, dict[int, Any]]]
X0, Y0 = 37_548_000, 4_240_000
HEAD = {
    "Datamark": "LANDUSE-VCT", "Version": "3.0", "CoordinateSystemType": "P", "Dim": "2", "XAxisDirection": "E",
    "YAxisDirection": "N", "XYUnit": "M", "Spheroid": "CGCS2000,6378137.0,298.257222101",
    "Projection": "高斯-克吕格投影", "Parameters": "111,1,37500000,0,3,37", "Separator": ",",
}  # fmt: skip
# Two neighbours share line 2, drawn from south to north; the first has a hole (line 4), a part of its own.
LINES = {
    1: [(100, 0), (0, 0), (0, 100), (100, 100)],
    2: [(100, 0), (100, 100)],
    3: [(100, 0), (200, 0), (200, 100), (100, 100)],
    4: [(40, 40), (60, 40), (60, 60), (40, 60), (40, 40)],
}
POLYGONS = {11: [1, -2, 0, 4], 12: [-2, 3], 13: [4]}
ROWS = [
    "11,000000000000000011,0601,9600.00",
    "12,000000000000000012,0701,10000.00",
    "13,000000000000000013,1001,400.00",
]


def points(line: list[tuple[int, int]]) -> list[str]:
    return [f"{X0 + x}.0000,{Y0 + y}.0000" for x, y in line]


def line_objects(lines: dict[int, list[tuple[int, int]]]) -> list[str]:
    return [
        t
        for i, line in lines.items()
        for t in [str(i), "1099000000", "unknown", "1", "1", "11", str(len(line)), *points(line), "0"]
    ]


def polygon_objects(polygons: dict[int, list[int]], code: str = "2001010100") -> list[str]:
    texts = []
    for identifier, references in polygons.items():
        ids = list(map(str, references))
        rows = [",".join(ids[i : i + 8]) for i in range(0, len(ids), 8)]
        count = str(len(ids))
        texts += [str(identifier), code, "unknown", "100", f"{X0},{Y0}", "21", count, *rows, "0"]
    return texts


def vct(**changed: Any) -> str:
    parts: dict[str, list[str]] = {
        "Head": [f"{k}:{v}" for k, v in (HEAD | changed.pop("head", {})).items()],
        "FeatureCode": ["2001010100,地类图斑,Polygon,DLTB", "1099000000,边界线,Line,BJX"],
        "TableStructure": ["DLTB,3", "BSM,Char,18", "DLBM,Char,5", "TBMJ,Float,15,2", "0"],
        "Point": [],
        "Line": line_objects(LINES),
        "Polygon": polygon_objects(POLYGONS),
        "Attribute": ["DLTB", *ROWS, "TableEnd"],
    }
    parts |= changed
    return "\n".join(
        t
        for name, lines in parts.items()
        if lines is not None
        for t in [f"{name}Begin", *lines, f"{name}End", ""]
    )


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Dataset]:
    def of(content: str, encoding: str = "gb2312", layer: str = "") -> Dataset:
        path = tmp_path / "库.vct"
        path.write_bytes(content.encode(encoding))
        return read_every_column(SourceOptions("x", "", path, layer=layer), None)

    return of


Read = Callable[..., Dataset]


def test_polygons_are_joined_from_shared_borders(read: Read, rules: Rules) -> None:
    got = read(vct())
    assert shapely.area(got.frame.geometry.array).tolist() == [9600, 10_000, 400]
    assert got.frame["DLBM"].tolist() == ["0601", "0701", "1001"]
    assert got.frame["BSM"].tolist()[0] == "000000000000000011"
    assert (got.account.crs, got.account.declared, got.account.ok) == ("EPSG:4525", 3, 3)
    assert rules(got) == {}


def test_role_takes_the_table(tmp_path: Path, county: CountyOptions) -> None:
    path = tmp_path / "库.vct"
    path.write_bytes(vct().encode("gbk"))
    got = read_source(SourceOptions("dltb", "dltb", path), county)
    assert got.frame["TBMJ"].tolist() == [9600.0, 10_000.0, 400.0]


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-8-sig"])
def test_encoding_is_shown_by_the_bytes(read: Read, encoding: str) -> None:
    content = vct(Attribute=["DLTB", "11,1,水田,1.0", "12,2,果园示例村,1.0", "13,3,河流水面,1.0", "TableEnd"])
    assert read(content, encoding).frame["DLBM"].tolist() == ["水田", "果园示例村", "河流水面"]


def test_count_may_leave_out_the_ring_separators(read: Read) -> None:
    content = vct().replace("21\n4\n1,-2,0,4\n0", "21\n3\n1,-2,0,4\n0")
    assert shapely.area(read(content).frame.geometry.array).tolist()[0] == 9600


def test_many_references_run_over_rows(read: Read) -> None:
    lines = {i: [(10 * i, 0), (10 * i + 10, 0)] for i in range(1, 21)} | {
        50: [(210, 0), (210, 50), (10, 50), (10, 0)]
    }
    content = vct(
        Line=line_objects(lines),
        Polygon=polygon_objects({11: [*range(1, 21), 50]}),
        Attribute=["DLTB", ROWS[0], "TableEnd"],
    )
    assert shapely.area(read(content).frame.geometry.array).tolist() == [10_000]


def test_polygon_with_coordinates_of_its_own_is_read(read: Read) -> None:
    square = points([(0, 0), (0, 100), (100, 100), (100, 0), (0, 0)])
    hole = points(LINES[4])
    for before in (["2", "11", "5"], ["2", "5"], ["11", "5"]):
        own = ["11", "2001010100", "unknown", "1", f"{X0},{Y0}", *before, *square, "11", "5", *hole, "0"]
        got = read(vct(Polygon=own, Attribute=["DLTB", ROWS[0], "TableEnd"]))
        assert shapely.area(got.frame.geometry.array).tolist() == [9600], before


def test_several_tables_must_be_chosen_by_name(read: Read) -> None:
    both = vct(
        FeatureCode=["2001010100,地类图斑,Polygon,DLTB", "1000600100,行政区,Polygon,XZQ"],
        TableStructure=[
            "DLTB,3",
            "BSM,Char,18",
            "DLBM,Char,5",
            "TBMJ,Float,15,2",
            "0",
            "XZQ,1",
            "XZQDM,Char,12",
            "0",
        ],
        Polygon=polygon_objects(POLYGONS) + polygon_objects({21: [4]}, "1000600100"),
        Attribute=["DLTB", *ROWS, "TableEnd", "XZQ", "21,141127100", "TableEnd"],
    )
    with pytest.raises(SourceMissingError, match="DLTB, XZQ"):
        read(both)
    assert read(both, layer="xzq").frame["XZQDM"].tolist() == ["141127100"]


def test_line_that_is_missing_sets_its_polygons_alone_aside(read: Read, rules: Rules) -> None:
    lines = {i: line for i, line in LINES.items() if i != 3}
    got = read(vct(Line=line_objects(lines)))
    assert (got.account.ok, got.account.quarantined, rules(got)) == (2, 1, {"I090": 1})
    assert "引用的线3不存在" in got.findings["message"].iloc[0]


def test_border_that_does_not_meet_sets_its_polygons_aside(read: Read, rules: Rules) -> None:
    broken = LINES | {3: [(100, 0), (200, 0), (200, 100), (100, 99)]}
    got = read(vct(Line=line_objects(broken)))
    assert (got.account.ok, rules(got)) == (2, {"I090": 1})
    assert "相差1.000" in got.findings["message"].iloc[0]


def test_direction_of_a_border_matters(read: Read, rules: Rules) -> None:
    got = read(vct(Polygon=polygon_objects(POLYGONS | {12: [2, 3]})))
    assert (got.account.ok, rules(got)) == (2, {"I090": 1})


def test_polygon_and_attributes_must_match_one_to_one(read: Read, rules: Rules) -> None:
    got = read(vct(Attribute=["DLTB", ROWS[0], ROWS[1], "77,7,0601,1.0", "TableEnd"]))
    assert (got.account.declared, got.account.ok, got.account.quarantined) == (4, 2, 2)
    assert rules(got)["I091"] == 2
    twice = read(vct(Attribute=["DLTB", *ROWS, ROWS[0], "TableEnd"]))
    assert (twice.account.ok, rules(twice)) == (2, {"I091": 1})


def test_row_with_a_value_too_many_is_set_aside(read: Read, rules: Rules) -> None:
    got = read(vct(Attribute=["DLTB", ROWS[0] + ",5", *ROWS[1:], "TableEnd"]))
    assert (got.account.ok, rules(got)) == (2, {"I034": 1})


def test_arc_as_border_is_an_error_with_its_line(read: Read) -> None:
    with pytest.raises(UnreadableFileError, match=r"line \d+ .*arc"):
        read(vct(Line=[t if t != "11" else "12" for t in line_objects(LINES)]))


@pytest.mark.parametrize(
    ("old", "new"),
    [("37548040.0000,4240040.0000", "37548040.0000,424x"), ("37548040.0000,4240040.0000", "37548040.0000")],
)
def test_damaged_coordinate_is_an_error_with_its_line(read: Read, old: str, new: str) -> None:
    content = vct().replace(old, new, 1)
    line = vct().split(old)[0].count("\n") + 1
    with pytest.raises(UnreadableFileError, match=f"line {line} "):
        read(content)


def test_section_without_end_is_an_error(read: Read) -> None:
    for section in ("Line", "Polygon", "Attribute", "Head", "TableStructure"):
        with pytest.raises(LandinvError):
            read(vct().replace(f"{section}End", ""))
        with pytest.raises(LandinvError):
            read(vct(**{section: None}) if section != "Line" else vct(Line=["1"]))


def test_cut_at_any_byte_is_an_error_until_the_last_section_ends(sweep: Sweep) -> None:
    whole = vct().encode("gb2312")
    last = whole.rindex(b"AttributeEnd") + len(b"AttributeEnd")
    taken = sweep("vct", whole, range(0, len(whole)))
    assert min(taken) == last


def test_version_2_and_other_texts_are_refused(read: Read) -> None:
    with pytest.raises(UnreadableFileError, match="version 2"):
        read(vct(head={"Version": "2.0"}))
    with pytest.raises(UnreadableFileError, match="no VCT file"):
        read("甲,乙\n1,2\n")


def test_crs_is_held_against_the_header(read: Read) -> None:
    assert (
        read(vct(head={"XAxisDirection": "N"}).replace("XAxisDirection:N", "XAxisDirection:E")).account.ok
        == 3
    )
    with pytest.raises(CRSError, match="swapped"):
        read(vct(head={"XAxisDirection": "N"}))
    with pytest.raises(CRSError, match="Offset"):
        read(vct(head={"Offset": "37000000,0"}))
    with pytest.raises(CRSError, match="XYUnit"):
        read(vct(head={"XYUnit": "KM"}))
    assert read(vct(head={"Parameters": ""})).account.crs == "EPSG:4525"


def test_old_datum_is_refused(tmp_path: Path, county: CountyOptions) -> None:
    path = tmp_path / "库.vct"
    path.write_text(vct(head={"Spheroid": "Krassovsky,6378245.0,298.3"}), encoding="gbk")
    with pytest.raises(CRSError, match="1954北京坐标系"):
        read_source(SourceOptions("dltb", "dltb", path), county)


def test_objects_are_taken_apart_in_file_order() -> None:
    sections = read_sections(vct(), title="a.vct")
    lines, polygons = read_lines(sections), read_polygons(sections)
    assert lines.size.tolist() == [4, 2, 4, 5]
    assert polygons.ids == ["11", "12", "13"]
    assert polygons.references[0] == [1, -2, 0, 4]


def test_table_without_structure_and_doubled_columns(read: Read, rules: Rules) -> None:
    with pytest.raises(UnreadableFileError, match="DLTB has no structure"):
        read(vct(TableStructure=["XZQ,1", "XZQDM,Char,12", "0"]))
    got = read(vct(TableStructure=["DLTB,3", "BSM,Char,18", "DLBM,Char,5", "DLBM,Char,5", "0"]))
    assert {"DLBM", "DLBM_2"} <= set(got.frame.columns)
    assert rules(got) == {"I042": 1}


OLD_HEAD = {
    "Datamark": "CNSDTF-VCT", "Unit": "M", "Dim": "2", "Topo": "1", "Coordinate": "M", "Projection": "高斯-克吕格投影",
    "Spheroid": "2000,6378137.0,298.257222101", "Parameters": "111,1,37500000,0,3,37", "MinX": "0", "Separator": ",",
}  # fmt: skip


@pytest.mark.parametrize(
    "version", ["1.0", "2.0", "VCT2.0", "CNSDTF-VCT 2.0", "GB/T 17798-1999", "4.0", "", "2007 VCT 2.0"]
)
def test_older_heads_are_refused_whatever_word_they_use(read: Read, version: str) -> None:
    text = vct().partition("HeadEnd")[2]
    head = [f"{k}:{v}" for k, v in ({"Version": version} | OLD_HEAD).items()]
    with pytest.raises(UnreadableFileError, match="version 3 can be read") as told:
        read("\n".join(["HeadBegin", *head, "HeadEnd", text]))
    assert "VCT 3" in told.value.hint


@pytest.mark.parametrize("version", ["3.0", "3", "VCT3.0", "GB/T 17798-2007", "GB/T 17798-2007 3.1", ""])
def test_heads_of_version_3_are_read(read: Read, version: str) -> None:
    assert len(read(vct(head={"Version": version})).frame) == 3


def test_objects_of_version_2_under_a_new_head_are_not_misread(read: Read) -> None:
    line = ["1", "1099000000", "边界", "1", "2", f"{X0},{Y0}", f"{X0 + 100},{Y0}"]
    polygon = ["11", "2001010100", "图斑", f"{X0},{Y0}", "1", "1"]
    with pytest.raises(UnreadableFileError, match="line"):
        read(vct(Polygon=polygon))
    with pytest.raises(UnreadableFileError, match="line"):
        read(vct(Line=line))
