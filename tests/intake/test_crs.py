from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
import pytest

from landinv.errors import CRSError
from landinv.intake.crs_evidence import CRSChoice, decide_crs
from landinv.model.crs import Zone, old_datum, zone_of_epsg, zone_of_prefix, zone_of_projection
from landinv.model.options import SourceOptions

HERE = (548_000.0, 4_240_000.0)
DEGREES = np.array([[111.5, 38.2, 111.6, 38.3]])
ESRI = pyproj.CRS.from_epsg(4525).to_wkt("WKT1_ESRI")


def boxes(easting: float, northing: float, count: int = 5) -> np.ndarray:
    step = 100.0 * np.arange(count)
    return np.column_stack([easting + step, northing + step, easting + step + 50, northing + step + 50])


def decided(prj: str | None, bounds: np.ndarray, crs: str = "", *, in_china: bool = True) -> CRSChoice:
    options = SourceOptions("dltb", "dltb", Path("DLTB.shp"), crs=crs)
    return decide_crs(prj, bounds, options, title="DLTB.shp", in_china=in_china)


def rules(choice: CRSChoice) -> list[str]:
    return [f["rule"].iloc[0] for f in choice.findings]


@pytest.mark.parametrize("width", [3, 6])
@pytest.mark.parametrize("prefixed", [True, False])
def test_zone_codes_are_those_of_the_registry(width: int, prefixed: bool) -> None:
    first, last = (25, 45) if width == 3 else (13, 23)
    for number in range(first, last + 1):
        zone = Zone(width, number, prefixed)
        crs = pyproj.CRS.from_user_input(zone.epsg)
        values = {p.name: p.value for p in crs.coordinate_operation.params}
        assert values["Longitude of natural origin"] == zone.central_meridian
        assert values["False easting"] == zone.false_easting_m
        assert zone_of_epsg(zone.epsg) == zone


def test_prefix_and_projection_find_their_zone() -> None:
    assert zone_of_prefix(37) == Zone(3, 37, prefixed=True)
    assert zone_of_prefix(19) == Zone(6, 19, prefixed=True)
    assert zone_of_prefix(24) is None
    assert zone_of_projection(111.0, 37_500_000.0) == Zone(3, 37, prefixed=True)
    assert zone_of_projection(111.7, 500_000.0) is None
    assert zone_of_epsg("EPSG:3857") is None


def test_old_datums_are_known_by_name() -> None:
    assert old_datum("GCS_Beijing_1954") == "1954北京坐标系"
    assert old_datum("Xi'an 1980") == "1980西安坐标系"
    assert old_datum("GCS_China_Geodetic_Coordinate_System_2000") == ""


@pytest.mark.parametrize("prj", [ESRI, ESRI.replace('"', "'"), "\ufeff" + ESRI, "EPSG:4525"])
def test_definition_is_understood_in_every_dress(prj: str) -> None:
    choice = decided(prj, boxes(37e6 + HERE[0], HERE[1]))
    assert choice.crs == "EPSG:4525"
    assert not choice.outliers.any()


def test_custom_name_is_no_obstacle() -> None:
    prj = ESRI.replace("CGCS2000_3_Degree_GK_Zone_37", "岚县坐标")
    assert decided(prj, boxes(37e6 + HERE[0], HERE[1])).crs == "EPSG:4525"


def test_prefix_alone_decides_and_is_told() -> None:
    choice = decided(None, boxes(37e6 + HERE[0], HERE[1]))
    assert choice.crs == "EPSG:4525"
    assert rules(choice) == ["I009"]
    assert choice.evidence.confidence < 0.9


@pytest.mark.parametrize("bounds", [boxes(*HERE), DEGREES])
def test_without_definition_or_prefix_nothing_is_guessed(bounds: np.ndarray) -> None:
    with pytest.raises(CRSError) as caught:
        decided(None, bounds)
    assert 'crs = "EPSG:' in caught.value.hint


def test_twin_zone_is_exchanged_for_the_one_the_eastings_name() -> None:
    six_degree = pyproj.CRS.from_epsg(4497).to_wkt("WKT1_ESRI")
    choice = decided(six_degree, boxes(37e6 + HERE[0], HERE[1]))
    assert choice.crs == "EPSG:4525"
    assert rules(choice) == ["I011"]


@pytest.mark.parametrize(
    ("prj", "bounds", "word"),
    [
        (ESRI, boxes(38e6 + HERE[0], HERE[1]), "38"),
        (ESRI, boxes(*HERE), "zone number"),
        (ESRI, DEGREES, "contradicts"),
        (pyproj.CRS.from_epsg(4490).to_wkt("WKT1_ESRI"), boxes(37e6 + HERE[0], HERE[1]), "度"),
        (ESRI, boxes(HERE[1], 37e6 + HERE[0]), "swapped"),
        ("EPSG:4490", DEGREES[:, [1, 0, 3, 2]], "swapped"),
    ],
)
def test_contradictions_are_refused(prj: str, bounds: np.ndarray, word: str) -> None:
    with pytest.raises(CRSError, match=word):
        decided(prj, bounds)


@pytest.mark.parametrize("epsg", [2361, 2382, 2413, 4610, 4214])
def test_old_datums_are_refused(epsg: int) -> None:
    prj = pyproj.CRS.from_epsg(epsg).to_wkt("WKT1_ESRI")
    with pytest.raises(CRSError, match=r"西安坐标系|北京坐标系"):
        decided(prj, boxes(37e6 + HERE[0], HERE[1]))


@pytest.mark.parametrize(
    "prj", ["<html>404</html>", ESRI[:120], "http://example.invalid/4525.prj", 'LOCAL_CS["x"]']
)
def test_damaged_definition_is_refused_even_with_a_prefix(prj: str) -> None:
    with pytest.raises(CRSError, match="prj"):
        decided(prj, boxes(37e6 + HERE[0], HERE[1]))


def test_two_zones_in_one_layer_are_refused() -> None:
    bounds = np.vstack([boxes(37e6 + HERE[0], HERE[1]), boxes(38e6 + HERE[0], HERE[1])])
    with pytest.raises(CRSError, match=r"37 \(5\), 38 \(5\)"):
        decided(ESRI, bounds)


def test_a_single_stray_shape_is_an_outlier() -> None:
    bounds = np.vstack([boxes(37e6 + HERE[0], HERE[1], 11), [[0.0, 0.0, 37e6 + HERE[0], HERE[1]]]])
    assert decided(ESRI, bounds).outliers.tolist() == [False] * 11 + [True]


def test_wgs84_is_taken_and_told() -> None:
    choice = decided("EPSG:4326", DEGREES)
    assert choice.crs == "EPSG:4326"
    assert rules(choice) == ["I010"]


def test_project_file_beats_the_definition_but_not_the_coordinates() -> None:
    assert decided(None, boxes(*HERE), "EPSG:4546").crs == "EPSG:4546"
    with pytest.raises(CRSError, match="37"):
        decided(None, boxes(37e6 + HERE[0], HERE[1]), "EPSG:4526")


def test_degrees_elsewhere_pass_only_without_a_county() -> None:
    elsewhere = np.array([[-3.0, 40.0, -2.9, 40.1]])
    assert decided("EPSG:4326", elsewhere, in_china=False).crs == "EPSG:4326"
    with pytest.raises(CRSError, match="outside"):
        decided("EPSG:4326", elsewhere)
