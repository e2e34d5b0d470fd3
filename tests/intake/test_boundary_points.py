"""Boundary-point text: every variant offices write, and damage that must not pass."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely

from landinv.errors import CRSError, LandinvError, UnreadableFileError
from landinv.intake import read_every_column, read_source
from landinv.intake.sniffing import is_boundary_text
from landinv.intake.staging import staged
from landinv.intake.worker.boundary_text import parse_boundary_text
from landinv.model.datasets import Dataset
from landinv.model.options import CountyOptions, SourceOptions

pytestmark = pytest.mark.usefixtures("quick")

Source = Callable[..., SourceOptions]
Rules = Callable[[Any], dict[str, int]]
X0, Y0 = 37_548_000, 4_240_000
HEADER = {
    "坐标系": "2000国家大地坐标系", "几度分带": "3", "投影类型": "高斯克吕格", "计量单位": "米", "带号": "37",
    "精度": "0.001", "转换参数": "0,0,0,0,0,0,0",
}  # fmt: skip
SQUARE = [(0, 0), (0, 100), (100, 100), (100, 0)]
HOLE = [(40, 40), (40, 60), (60, 60), (60, 40)]


def points(
    rings: list[list[tuple[int, int]]], *, labels: list[int] | None = None, close: bool = True
) -> list[str]:
    """Point lines of rings given in metres east and north of the county's corner."""
    lines = []
    for number, ring in enumerate(rings):
        label = labels[number] if labels else number + 1
        whole = [*ring, ring[0]] if close else ring
        for at, (east, north) in enumerate(whole):
            lines.append(f"J{at % len(ring) + 1},{label},{Y0 + north}.000,{X0 + east}.000")
    return lines


def parcel(rings: list[list[tuple[int, int]]], area: str = "10000.00", **how: Any) -> list[str]:
    lines = points(rings, **how)
    return [f"{len(lines)},{area},DK-01,甲地块,面,J49,工业用地,0601,@", *lines]


def text(*parcels: list[str], header: dict[str, str] | None = None, end: str = "\r\n") -> str:
    head = ["[属性描述]", *(f"{k}={v}" for k, v in (HEADER if header is None else header).items())]
    return end.join([*head, "[地块坐标]", *(line for p in parcels for line in p)]) + end


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Dataset]:
    def of(content: str | bytes, encoding: str = "gbk") -> Dataset:
        path = tmp_path / "红线.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return read_every_column(SourceOptions("x", "", path), None)

    return of


Read = Callable[..., Dataset]
Sweep = Callable[..., dict[int, dict[int, Any]]]


def test_a_parcel_is_a_record_with_the_words_of_the_standard(read: Read, rules: Rules) -> None:
    got = read(text(parcel([SQUARE])))
    assert shapely.area(got.frame.geometry.array[0]) == 10_000
    row = got.frame.iloc[0]
    assert (row["地块编号"], row["地块名称"], row["图形属性"], row["图幅号"]) == (
        "DK-01",
        "甲地块",
        "面",
        "J49",
    )
    assert (row["地块用途"], row["地类编码"], row["界址点数"]) == ("工业用地", "0601", "5")
    assert (got.account.crs, got.account.encoding, got.account.declared) == ("EPSG:4525", "gb18030", 1)
    assert rules(got) == {}


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_encodings_and_line_ends_do_not_matter(read: Read, encoding: str, end: str) -> None:
    got = read(text(parcel([SQUARE]), end=end), encoding)
    assert got.frame["地块名称"].tolist() == ["甲地块"]
    assert got.account.ok == 1


def test_hole_is_decided_by_containment_not_by_ring_number(read: Read) -> None:
    for labels in ([1, 2], [1, 1], [2, 1], [1, 3]):
        got = read(text(parcel([SQUARE, HOLE], "9600", labels=labels)))
        assert shapely.area(got.frame.geometry.array[0]) == 9600, labels
    assert len(got.frame.geometry.array[0].interiors) == 1


def test_second_ring_outside_the_first_is_a_part(read: Read) -> None:
    far = [(x + 300, y) for x, y in SQUARE]
    got = read(text(parcel([SQUARE, far, HOLE], "19600")))
    shape = got.frame.geometry.array[0]
    assert (shape.geom_type, shapely.area(shape)) == ("MultiPolygon", 19_600)
    assert sorted(len(p.interiors) for p in shape.geoms) == [0, 1]


def test_ring_may_stay_open_and_the_count_may_be_of_corners(read: Read, rules: Rules) -> None:
    opened = read(text(parcel([SQUARE], close=False)))
    assert (opened.account.ok, rules(opened)) == (1, {})
    lines = parcel([SQUARE])
    corners = read(text(["4" + lines[0][1:], *lines[1:]]))
    assert (corners.account.ok, rules(corners)) == (1, {})
    assert shapely.equals(opened.frame.geometry.array[0], corners.frame.geometry.array[0])


def test_closing_point_given_twice_is_no_ring_of_its_own(read: Read, rules: Rules) -> None:
    lines = parcel([SQUARE])
    got = read(text(["6" + lines[0][1:], *lines[1:], lines[-1]]))
    assert (got.account.ok, shapely.area(got.frame.geometry.array[0])) == (1, 10_000)
    assert rules(got) == {}


def test_wrong_count_is_a_warning_where_the_area_confirms_the_points(read: Read, rules: Rules) -> None:
    lines = parcel([SQUARE])
    got = read(text(["9" + lines[0][1:], *lines[1:]]))
    assert (got.account.ok, rules(got)) == (1, {"I080": 1})


def test_wrong_count_without_a_confirming_area_is_set_aside(read: Read, rules: Rules) -> None:
    lines = parcel([SQUARE], "")
    got = read(text(["9" + lines[0][1:], *lines[1:]], parcel([[(x + 300, y) for x, y in SQUARE]])))
    assert (got.account.ok, got.account.quarantined, rules(got)) == (1, 1, {"I080": 1})


def test_seven_and_nine_fields_are_understood(read: Read, rules: Rules) -> None:
    lines = points([SQUARE])
    nine = ["5,10000,1,甲地块,面,,工业用地,0601,示例说明,@", *lines]
    got = read(text(nine))
    assert (got.frame["描述"].tolist(), rules(got)) == (["示例说明"], {})
    seven = read(text(["5,10000,1,甲地块,面,,工业用地,@", *lines]))
    assert (seven.frame["地块用途"].tolist(), rules(seven)) == (["工业用地"], {"I088": 1})
    nameless = read(text(["5,10000,DK-01,面,J49,工业用地,0601,@", *lines]))
    assert (nameless.frame["地块编号"].tolist(), nameless.account.ok) == (["DK-01"], 1)
    assert rules(nameless) == {"I088": 1}


def test_comma_inside_a_name_moves_no_column(read: Read) -> None:
    got = read(text(["5,10000,1,甲村,东地块,面,J49,工业用地,0601,@", *points([SQUARE])]))
    assert (got.frame["地块名称"].tolist(), got.frame["地类编码"].tolist()) == (["甲村,东地块"], ["0601"])


def test_full_width_signs_are_read_and_told(read: Read, rules: Rules) -> None:
    wide = [line.replace(",", "，") for line in parcel([SQUARE])]
    wide[2] = wide[2].translate(str.maketrans("0123456789.", "０１２３４５６７８９．"))
    content = text(wide).replace("[地块坐标]", "【地块坐标】").replace("[属性描述]", "［属性描述］")
    got = read(content.replace("=", "＝"))
    assert (got.account.ok, got.frame["地块名称"].tolist()) == (1, ["甲地块"])
    assert shapely.area(got.frame.geometry.array[0]) == 10_000
    assert rules(got) == {"I086": 1}


def test_spaces_around_values_do_not_matter(read: Read, rules: Rules) -> None:
    spaced = [line.replace(",", " , ") + "  " for line in parcel([SQUARE])]
    got = read(text(["", *spaced, ""]))
    assert (got.account.ok, got.frame["地块编号"].tolist(), rules(got)) == (1, ["DK-01"], {})


def test_without_headings_the_content_still_shows_what_it_is(read: Read, rules: Rules) -> None:
    got = read("\n".join(parcel([SQUARE])) + "\n")
    assert (got.account.ok, got.account.crs, rules(got)) == (1, "EPSG:4525", {"I009": 1, "I083": 1})


def test_lines_and_points_are_set_aside_and_counted(read: Read, rules: Rules) -> None:
    line = ["2,0,L1,示例线,线,,,,@", f"J1,1,{Y0},{X0}", f"J2,1,{Y0 + 5},{X0}"]
    got = read(text(parcel([SQUARE]), line, [line[0].replace("线,,", "点,,"), *line[1:]]))
    assert (got.account.declared, got.account.ok, got.account.quarantined) == (3, 1, 2)
    assert rules(got) == {"I015": 2}


def test_exchanged_axes_are_put_right_and_told(read: Read, rules: Rules) -> None:
    def turned(lines: list[str]) -> list[str]:
        cells = [line.split(",") for line in lines[1:]]
        return [lines[0], *(",".join([c[0], c[1], c[3], c[2]]) for c in cells)]

    whole = read(text(turned(parcel([SQUARE]))))
    assert (shapely.bounds(whole.frame.geometry.array[0]).tolist()) == [X0, Y0, X0 + 100, Y0 + 100]
    assert rules(whole) == {"I082": 1}
    one = parcel([[(x + 300, y) for x, y in SQUARE]])
    mixed = [*one[:3], turned(one)[3], *one[4:]]
    partly = read(text(turned(parcel([SQUARE])), mixed))
    assert (partly.account.ok, partly.account.quarantined) == (1, 1)
    assert partly.quarantined["source_ref"].tolist() == ["x#2"]


def unprefixed(lines: list[str]) -> list[str]:
    return [line.replace(f",{X0 // 1_000_000}5", ",5") for line in lines]


def test_zone_comes_from_the_prefix_then_from_the_header(read: Read, rules: Rules) -> None:
    got = read(text(unprefixed(parcel([SQUARE]))))
    assert (got.account.crs, rules(got)) == ("EPSG:4546", {})
    wrong = read(text(parcel([SQUARE]), header=HEADER | {"带号": "3"}))
    assert (wrong.account.crs, rules(wrong)) == ("EPSG:4525", {"I084": 1})


def test_width_written_as_zone_number_is_no_zone(read: Read) -> None:
    with pytest.raises(CRSError, match=r"红线\.txt"):
        read(text(unprefixed(parcel([SQUARE])), header=HEADER | {"带号": "3"}))


@pytest.mark.parametrize("system", ["1980西安坐标系", "80国家大地坐标系", "北京54坐标系"])
def test_old_datums_are_refused(tmp_path: Path, source: Source, county: CountyOptions, system: str) -> None:
    path = tmp_path / "红线.txt"
    path.write_bytes(text(parcel([SQUARE]), header=HEADER | {"坐标系": system}).encode("gbk"))
    with pytest.raises(CRSError, match=r"1980西安坐标系|1954北京坐标系"):
        read_source(source(path), county)


def test_unknown_system_is_asked_about(read: Read) -> None:
    with pytest.raises(CRSError, match="示例坐标系"):
        read(text(parcel([SQUARE]), header=HEADER | {"坐标系": "示例坐标系"}))


def test_degrees_are_refused(read: Read) -> None:
    lines = ["5,100,1,甲,面,,,,@", *(f"J{i},1,38.{i}1,111.{i}2" for i in (1, 2, 3, 4)), "J1,1,38.11,111.12"]
    with pytest.raises(CRSError, match="degrees"):
        read(text(lines))


def test_area_unit_is_shown_by_the_points(read: Read, rules: Rules) -> None:
    got = read(text(parcel([SQUARE], "1.0000")))
    assert any(e.subject == "unit of 地块面积" and e.decision == "ha" for e in got.account.evidence)
    own = read(text(parcel([SQUARE], "1公顷")))
    assert "I081" not in rules(own)


def test_area_that_is_not_the_points_is_a_finding(read: Read, rules: Rules) -> None:
    far = [[(x + 300, y) for x, y in SQUARE]]
    got = read(text(parcel([SQUARE]), parcel(far), parcel([[(x + 600, y) for x, y in SQUARE]], "12000")))
    assert rules(got) == {"I081": 1}
    assert got.account.ok == 3


def test_role_takes_area_in_the_unit_the_points_show(
    tmp_path: Path, source: Source, county: CountyOptions
) -> None:
    path = tmp_path / "供地.txt"
    path.write_bytes(text(parcel([SQUARE], "1.0000")).encode("gbk"))
    got = read_source(source(path), county)
    assert got.frame["supplied_area"].tolist() == [10_000.0]
    assert got.frame["parcel_code"].tolist() == ["DK-01"]


def test_points_of_three_columns_are_read(read: Read) -> None:
    lines = [line.replace(",1,", ",", 1) for line in points([SQUARE])]
    rows = [",".join(line.split(",")[:1] + line.split(",")[-2:]) for line in lines]
    got = read(text(["5,10000,1,甲,面,,,,@", *rows]))
    assert shapely.area(got.frame.geometry.array[0]) == 10_000


def test_short_ring_sets_its_parcel_aside_with_its_line(read: Read, rules: Rules) -> None:
    got = read(text(parcel([SQUARE]), parcel([[(300, 0), (300, 50)]])))
    assert (got.account.ok, got.account.quarantined) == (1, 1)
    found = got.findings[got.findings["rule"] == "I087"].iloc[0]
    assert "第16行" in found["message"]
    assert found["feature"] == "x#2"


def test_shift_parameters_and_missing_header_are_told(read: Read, rules: Rules) -> None:
    got = read(text(parcel([SQUARE]), header=HEADER | {"转换参数": "0,0,1.5,0,0,0,0"}))
    assert rules(got) == {"I085": 1}
    less = read(text(parcel([SQUARE]), header={"坐标系": "2000国家大地坐标系"}))
    assert rules(less) == {"I083": 1}


def test_project_values_become_columns(read: Read) -> None:
    head = "[项目信息]\n项目名称=示例一号项目\n批准文号=示例〔2020〕1号\n"
    got = read(head + text(parcel([SQUARE]), end="\n"))
    assert got.frame["项目名称"].tolist() == ["示例一号项目"]
    assert got.frame["批准文号"].tolist() == ["示例〔2020〕1号"]


def test_damaged_line_is_an_error_that_names_it(read: Read) -> None:
    for bad in ("J3,1,42401xx.0,37548100.0", "J3,1,4240100.0", "?", "J3,x,4240100.0,37548100.0"):
        lines = parcel([SQUARE])
        with pytest.raises(UnreadableFileError, match="line 13"):
            read(text([*lines[:3], bad, *lines[4:]]))


def test_ends_of_one_name_at_two_places_set_the_parcel_aside(read: Read, rules: Rules) -> None:
    lines = parcel([SQUARE])
    got = read(
        text([*lines[:-1], lines[-1].replace(".000", ".444")], parcel([[(x + 300, y) for x, y in SQUARE]]))
    )
    assert (got.account.ok, rules(got)) == (1, {"I089": 1})


def test_cut_at_any_byte_is_never_a_wrong_shape_in_silence(sweep: Sweep) -> None:
    far = [[(x + 300, y) for x, y in SQUARE]]
    whole = text(parcel([SQUARE, HOLE], "9600.00"), parcel(far)).encode("gbk")
    end = len(whole)
    right = sweep("boundary_points", whole, [end])[end]
    assert [shapely.area(s) for s in right.values()] == [9600, 10_000]
    first_parcel = len(text(parcel([SQUARE, HOLE], "9600.00")).encode("gbk"))
    taken = sweep("boundary_points", whole, range(end))
    wrong = [c for c, shapes in taken.items() for n, s in shapes.items() if not shapely.equals(s, right[n])]
    assert wrong == []
    # Only a cut between parcels, or behind the last point, leaves nothing to tell of.
    quiet = [c for c, shapes in taken.items() if shapes]
    assert all(c >= first_parcel - 2 for c in quiet)


def test_noise_is_an_error_and_no_traceback(read: Read) -> None:
    for content in (
        b"[\xb5\xd8\xbf\xe9\xd7\xf8\xb1\xea]\r\n" + bytes(range(256)),
        "[地块坐标]".encode(),
        "[属性描述]\n=1\n".encode(),
    ):
        with pytest.raises(LandinvError):
            read(content)


def test_a_table_of_text_is_no_boundary_text() -> None:
    assert not is_boundary_text("编号,名称,面积\n1,甲,5\n".encode("gbk"))
    assert not is_boundary_text("联系人,邮箱\n甲,a@example\n".encode())
    assert is_boundary_text("\n".join(parcel([SQUARE])).encode("utf-16"))


def test_zip_with_boundary_text_is_read_but_a_shapefile_beside_it_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "红线.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("说明.txt", "示例说明")
        archive.writestr("红线.txt", text(parcel([SQUARE])).encode("gbk"))
    with staged(path) as copy:
        assert (copy.format, copy.title.endswith("红线.txt")) == ("boundary points", True)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("甲.geojson", "{}")
    with staged(path) as copy:
        assert copy.format == "geojson"


def test_second_header_that_contradicts_the_first_is_refused() -> None:
    one = text(parcel([SQUARE]))
    with pytest.raises(UnreadableFileError, match="带号"):
        parse_boundary_text(
            (one + text(parcel([SQUARE]), header=HEADER | {"带号": "38"})).replace("\r\n", "\n"),
            title="a.txt",
        )
    assert len(parse_boundary_text((one + one).replace("\r\n", "\n"), title="a.txt").parcels) == 2
