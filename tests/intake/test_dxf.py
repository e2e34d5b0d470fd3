"""DXF drawings: closed polylines with arcs, texts as notes, and nothing left out without a word."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely

from landinv.errors import LandinvError, SourceMissingError, UnreadableFileError
from landinv.intake import read_every_column
from landinv.model.datasets import Dataset
from landinv.model.options import SourceOptions

pytestmark = pytest.mark.usefixtures("quick")

Rules = Callable[[Any], dict[str, int]]
Sweep = Callable[..., dict[int, dict[int, Any]]]
Vertices = list[tuple[float, ...]]
X0, Y0 = 37_548_000, 4_240_000
SQUARE: Vertices = [(0, 0), (100, 0), (100, 100), (0, 100)]


def pairs(*items: tuple[int, object]) -> str:
    return "".join(f"{code:>3}\r\n{value}\r\n" for code, value in items)


def light(
    vertices: Vertices, *, closed: bool = True, layer: str = "红线", more: tuple[tuple[int, object], ...] = ()
) -> str:
    items: list[tuple[int, object]] = [
        (0, "LWPOLYLINE"),
        (5, "2F"),
        (8, layer),
        *more,
        (90, len(vertices)),
        (70, int(closed)),
    ]
    for vertex in vertices:
        items += [(10, X0 + vertex[0]), (20, Y0 + vertex[1])]
        if len(vertex) > 2:
            items.append((42, vertex[2]))
    return pairs(*items)


def heavy(vertices: Vertices, *, closed: bool = True, layer: str = "红线", flags: int = 0) -> str:
    body = pairs((0, "POLYLINE"), (8, layer), (66, 1), (10, 0), (20, 0), (70, int(closed) | flags))
    for vertex in vertices:
        bulge = ((42, vertex[2]),) if len(vertex) > 2 else ()
        body += pairs((0, "VERTEX"), (8, layer), (10, X0 + vertex[0]), (20, Y0 + vertex[1]), *bulge)
    return body + pairs((0, "SEQEND"))


def text(x: float, y: float, words: str, kind: str = "TEXT") -> str:
    return pairs((0, kind), (8, "注记"), (10, X0 + x), (20, Y0 + y), (1, words))


def dxf(*entities: str, blocks: str = "", page: str = "ANSI_936", version: str = "AC1015") -> str:
    head = pairs(
        (0, "SECTION"),
        (2, "HEADER"),
        (9, "$ACADVER"),
        (1, version),
        (9, "$DWGCODEPAGE"),
        (3, page),
        (0, "ENDSEC"),
    )
    inside = pairs((0, "SECTION"), (2, "BLOCKS")) + blocks + pairs((0, "ENDSEC"))
    return (
        head
        + inside
        + pairs((0, "SECTION"), (2, "ENTITIES"))
        + "".join(entities)
        + pairs((0, "ENDSEC"), (0, "EOF"))
    )


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Dataset]:
    def of(content: str, encoding: str = "gbk", layer: str = "") -> Dataset:
        path = tmp_path / "图.dxf"
        path.write_bytes(content.encode(encoding))
        return read_every_column(SourceOptions("x", "", path, layer=layer), None)

    return of


Read = Callable[..., Dataset]


@pytest.mark.parametrize("draw", [light, heavy])
def test_closed_polyline_is_a_polygon_with_its_layer(
    read: Read, rules: Rules, draw: Callable[..., str]
) -> None:
    got = read(dxf(draw(SQUARE)))
    assert shapely.area(got.frame.geometry.array).tolist() == [10_000]
    assert got.frame["图层"].tolist() == ["红线"]
    assert (got.account.crs, got.account.encoding) == ("EPSG:4525", "gb18030")
    assert rules(got) == {"I009": 1}


@pytest.mark.parametrize("draw", [light, heavy])
def test_bulge_is_an_arc(read: Read, draw: Callable[..., str]) -> None:
    # Two half circles of radius 50, counter-clockwise; then one side of the square swung out and one swung in.
    circle = read(dxf(draw([(0, 0, 1), (100, 0, 1)])))
    assert shapely.area(circle.frame.geometry.array)[0] == pytest.approx(math.pi * 2500, abs=0.2)
    waved = read(dxf(draw([(0, 0, 0.5), (100, 0), (100, 100, -0.5), (0, 100)])))
    assert shapely.area(waved.frame.geometry.array)[0] == pytest.approx(10_000, abs=0.01)
    out = read(dxf(draw([(0, 0, math.tan(math.pi / 8)), (100, 0), (100, 100), (0, 100)])))
    quarter = (math.pi / 4 - 0.5) * (100 / math.sqrt(2)) ** 2
    assert shapely.area(out.frame.geometry.array)[0] == pytest.approx(10_000 + quarter, abs=0.1)


def test_ends_within_a_millimetre_close_a_polyline(read: Read, rules: Rules) -> None:
    got = read(
        dxf(light([*SQUARE, (0.0004, 0.0)], closed=False), light([*SQUARE, (0.01, 0.0)], closed=False))
    )
    assert (got.account.declared, got.account.ok, got.account.quarantined) == (2, 1, 1)
    assert rules(got)["I094"] == 1
    assert "首尾相距0.010" in " ".join(got.findings["message"])


def test_polygon_within_another_is_kept_and_told(read: Read, rules: Rules) -> None:
    inner = [(x / 5 + 40, y / 5 + 40) for x, y in SQUARE]
    got = read(dxf(light(SQUARE), light(inner)))
    assert shapely.area(got.frame.geometry.array).tolist() == [10_000, 400]
    assert rules(got)["I093"] == 1
    assert got.findings[got.findings["rule"] == "I093"]["feature"].tolist() == ["x#2"]


def test_text_in_one_polygon_is_its_note(read: Read, rules: Rules) -> None:
    far = [(x + 300, y) for x, y in SQUARE]
    got = read(
        dxf(
            light(SQUARE),
            light(far),
            text(50, 50, "甲地块"),
            text(60, 50, r"{\fSimSun|b0;0601}\P\U+519C", "MTEXT"),
            text(900, 0, "图框"),
        )
    )
    assert got.frame["注记"].tolist() == ["甲地块；0601 农", None] or got.frame["注记"].isna().tolist() == [
        False,
        True,
    ]
    assert got.frame["注记"].iloc[0] == "甲地块；0601 农"
    assert rules(got)["I095"] == 1


def test_other_entities_are_counted_and_told(read: Read, rules: Rules) -> None:
    block = pairs((0, "BLOCK"), (2, "甲")) + light(SQUARE) + pairs((0, "ENDBLK"))
    mesh = heavy(SQUARE, flags=64)
    paper = light(SQUARE, more=((67, 1),))
    got = read(
        dxf(
            light(SQUARE),
            pairs((0, "CIRCLE"), (10, 1)),
            pairs((0, "CIRCLE"), (10, 1)),
            mesh,
            paper,
            blocks=block,
        )
    )
    assert got.account.declared == 1
    told = " ".join(got.findings["message"])
    assert rules(got)["I092"] == 2
    for words in ("CIRCLE共2个", "MESH共1个", "LWPOLYLINE共1个", "图块中有1条多段线"):
        assert words in told


def test_cad_layer_can_be_chosen(read: Read) -> None:
    content = dxf(light(SQUARE), light([(x + 300, y) for x, y in SQUARE], layer="道路"))
    assert read(content, layer="道路").frame["图层"].tolist() == ["道路"]
    with pytest.raises(SourceMissingError, match="红线, 道路"):
        read(content, layer="水系")


def test_mirrored_and_tilted_polylines(read: Read, rules: Rules) -> None:
    mirrored = pairs(
        (0, "LWPOLYLINE"), (8, "红线"), (90, 3), (70, 1), (10, -X0), (20, Y0), (10, -X0 - 100), (20, Y0), (10, -X0), (20, Y0 + 100),
        (210, 0.0), (220, 0.0), (230, -1.0),
    )  # fmt: skip
    tilted = light(SQUARE, more=((210, 1.0), (220, 0.0), (230, 0.0)))
    got = read(dxf(mirrored, tilted))
    assert shapely.bounds(got.frame.geometry.array[0]).tolist() == [X0, Y0, X0 + 100, Y0 + 100]
    assert (got.account.quarantined, rules(got)["I018"]) == (1, 1)


def test_faulty_polyline_is_set_aside_alone(read: Read, rules: Rules) -> None:
    lost = light(SQUARE).replace(" 90\r\n4", " 90\r\n5")
    odd = light(SQUARE).replace(str(Y0 + 100), "nan")
    short = light([(0, 0), (5, 0)])
    got = read(dxf(lost, odd, short, light(SQUARE)))
    assert (got.account.ok, got.account.quarantined) == (1, 3)
    assert (rules(got)["I018"], rules(got)["I087"]) == (2, 1)


def test_drawing_of_2007_is_utf_8_whatever_its_page_says(read: Read) -> None:
    got = read(dxf(light(SQUARE), version="AC1027"), "utf-8")
    assert (got.frame["图层"].tolist(), got.account.encoding) == (["红线"], "utf-8")


def test_cut_at_any_byte_is_an_error(sweep: Sweep) -> None:
    whole = dxf(light(SQUARE), heavy(SQUARE)).encode("gbk")
    assert min(sweep("dxf", whole, range(len(whole)))) >= len(whole.rstrip())


def test_what_is_no_ascii_drawing_is_refused(read: Read) -> None:
    with pytest.raises(UnreadableFileError, match="binary"):
        read("AutoCAD Binary DXF\r\n\x1a")
    with pytest.raises(UnreadableFileError, match="line 3"):
        read("0\nSECTION\nx\n1\n0\nEOF\n")
    for content in ("0\nEOF\n", "0\nSECTION\n2\nENTITIES\n0\nEOF\n", "9" * 5000 + "\n1\n0\nEOF\n"):
        with pytest.raises(LandinvError):
            read(content)
    with pytest.raises(UnreadableFileError, match="no end"):
        read(dxf(heavy(SQUARE).replace("  0\r\nSEQEND\r\n", "")))
