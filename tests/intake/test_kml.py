"""KML and KMZ: polygons of placemarks, no entity, no link."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely

from landinv.errors import LandinvError, SourceMissingError, UnreadableFileError
from landinv.intake import read_every_column, read_source
from landinv.model.datasets import Dataset
from landinv.model.options import CountyOptions, SourceOptions

pytestmark = pytest.mark.usefixtures("quick")

Rules = Callable[[Any], dict[str, int]]
Sweep = Callable[..., dict[int, dict[int, Any]]]
SQUARE = "111.500,38.200,0 111.510,38.200,0 111.510,38.210,0 111.500,38.210,0 111.500,38.200,0"
HOLE = "111.502,38.202 111.504,38.202 111.504,38.204 111.502,38.204 111.502,38.202"


def ring(side: str, coordinates: str) -> str:
    return f"<{side}BoundaryIs><LinearRing><coordinates>\n {coordinates} \n</coordinates></LinearRing></{side}BoundaryIs>"


def polygon(outer: str = SQUARE, *inner: str) -> str:
    return f"<Polygon>{ring('outer', outer)}{''.join(ring('inner', i) for i in inner)}</Polygon>"


def placemark(shape: str, name: str = "示例一号地块", data: str = "") -> str:
    return f"<Placemark><name>{name}</name><ExtendedData>{data}</ExtendedData>{shape}</Placemark>"


def kml(*placemarks: str, encoding: str = "UTF-8", more: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>'
        f"{''.join(placemarks)}</Folder>{more}</Document></kml>\n"
    )


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Dataset]:
    def of(content: str, encoding: str = "utf-8") -> Dataset:
        path = tmp_path / "图.kml"
        path.write_bytes(content.encode(encoding))
        return read_every_column(SourceOptions("x", "", path), None)

    return of


Read = Callable[..., Dataset]


def test_placemark_is_a_record_with_its_data(read: Read, rules: Rules) -> None:
    data = '<Data name="地块编号"><value> 0012 </value></Data><SchemaData><SimpleData name="面积">9.5</SimpleData></SchemaData>'
    got = read(kml(placemark(polygon(SQUARE, HOLE), data=data), placemark(polygon())))
    assert got.frame["name"].tolist() == ["示例一号地块"] * 2
    assert got.frame["地块编号"].iloc[0] == "0012"
    assert len(got.frame.geometry.array[0].interiors) == 1
    assert (got.account.declared, got.account.ok, rules(got)["I010"]) == (2, 2, 1)


def test_role_brings_it_into_the_county(tmp_path: Path, county: CountyOptions) -> None:
    path = tmp_path / "图.kml"
    data = '<Data name="DZJGH"><value>0012</value></Data>'
    path.write_text(kml(placemark(polygon(), data=data)), encoding="utf-8")
    got = read_source(SourceOptions("supplies", "supplies", path), county)
    assert got.frame["supervision_no"].tolist() == ["0012"]
    assert 37_543_000 < shapely.bounds(got.frame.geometry.array[0])[0] < 37_544_000


def test_declared_chinese_encoding_is_read(read: Read) -> None:
    assert read(kml(placemark(polygon()), encoding="gb2312"), "gb2312").frame["name"].tolist() == [
        "示例一号地块"
    ]


def test_several_geometries_of_a_placemark(read: Read, rules: Rules) -> None:
    both = f"<MultiGeometry>{polygon()}{polygon(HOLE)}</MultiGeometry>"
    far = polygon(HOLE.replace("111.50", "111.60"))
    got = read(kml(placemark(f"<MultiGeometry>{polygon()}{far}</MultiGeometry>"), placemark(both)))
    assert got.frame.geometry.array[0].geom_type == "MultiPolygon"
    point = "<Point><coordinates>111.5,38.2</coordinates></Point>"
    mixed = read(kml(placemark(f"<MultiGeometry>{polygon()}{point}</MultiGeometry>"), placemark(point)))
    assert [s.geom_type for s in mixed.frame.geometry.array] == ["GeometryCollection", "Point"]


@pytest.mark.parametrize(
    "bad",
    [
        SQUARE.replace("111.510,38.210,0", "x,38"),
        SQUARE.replace("111.510,38.210,0", "nan,38"),
        SQUARE.replace("111.510,38.210,0", "111.5"),
        SQUARE.rsplit(" ", 1)[0],
        "111.5,38.2 111.6,38.2 111.5,38.2",
        "",
    ],
)
def test_bad_ring_sets_its_placemark_aside_alone(read: Read, rules: Rules, bad: str) -> None:
    got = read(kml(placemark(polygon()), placemark(polygon(bad)), placemark(polygon(SQUARE, bad))))
    assert (got.account.ok, got.account.quarantined, rules(got)["I018"]) == (1, 2, 2)


def test_network_link_is_told_and_never_followed(read: Read, rules: Rules) -> None:
    link = "<NetworkLink><Link><href>http://127.0.0.1:9/a.kml</href></Link></NetworkLink>"
    got = read(kml(placemark(polygon()), more=link))
    assert (got.account.ok, rules(got)["I096"]) == (1, 1)


def test_entities_are_refused_in_any_encoding(read: Read) -> None:
    bomb = '<!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    for encoding in ("utf-8", "utf-16"):
        with pytest.raises(UnreadableFileError):
            read(kml(placemark(polygon(), name="&b;")).replace("<kml", bomb + "<kml"), encoding)


def test_other_xml_is_refused(read: Read) -> None:
    with pytest.raises(UnreadableFileError, match="gml"):
        read("<gml><Placemark/></gml>")


def test_kmz_holds_one_kml(tmp_path: Path) -> None:
    path = tmp_path / "图.kmz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("doc.kml", kml(placemark(polygon())))
        archive.writestr("files/icon.png", b"\x89PNG")
    assert read_every_column(SourceOptions("x", "", path), None).account.ok == 1
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("two.kml", kml())
    with pytest.raises(SourceMissingError, match="2 layers"):
        read_every_column(SourceOptions("x", "", path), None)


def test_cut_at_any_byte_is_an_error(sweep: Sweep) -> None:
    whole = kml(placemark(polygon(SQUARE, HOLE))).encode()
    assert min(sweep("kml", whole, range(len(whole)))) == len(whole.rstrip())


def test_deep_nesting_is_no_traceback(read: Read) -> None:
    with pytest.raises(LandinvError):
        read("<kml>" + "<Folder>" * 50_000)
