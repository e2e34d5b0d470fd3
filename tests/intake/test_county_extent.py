"""Layers held against the county's survey: the shift of web maps, and land that is not this county's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import affinity

from landinv.errors import CRSError
from landinv.geometry.gcj02 import with_gcj02, without_gcj02
from landinv.intake.county_extent import MANY, held_against_county
from landinv.intake.county_reference import county_reference
from landinv.intake.read import read_source
from landinv.model.datasets import Dataset, SourceAccount
from landinv.model.findings import no_findings
from landinv.model.options import CountyOptions, SourceOptions

CRS = "EPSG:4525"
X0, Y0 = 37_548_000.0, 4_240_000.0
SIZE = 12_000


def at(x1: float, y1: float, x2: float, y2: float) -> shapely.Polygon:
    return shapely.box(X0 + x1, Y0 + y1, X0 + x2, Y0 + y2)


def patches(count: int = 250) -> list[shapely.Polygon]:
    """A survey of irregular patches that fill the county."""
    points = np.random.default_rng(7).uniform(0, SIZE, (count, 2)) + np.array([X0, Y0])
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=at(0, 0, SIZE, SIZE))
    )
    return list(shapely.intersection(cells, at(0, 0, SIZE, SIZE)))


SURVEY = patches()


def dataset(key: str, shapes: list[Any], *, crs: str = CRS) -> Dataset:
    options = SourceOptions(key, key.partition(".")[0], Path(f"{key}.shp"))
    frame = gpd.GeoDataFrame(
        {"source_ref": [f"{key}#{n + 1}" for n in range(len(shapes))]}, geometry=shapes, crs=CRS
    )
    account = SourceAccount(key, options.role, f"{key}.shp", "", "", crs, len(shapes), len(shapes), 0, 0)
    return Dataset(options, frame, account, frame.iloc[:0], no_findings())


def shifted(shapes: list[Any]) -> list[Any]:
    return list(with_gcj02(np.array(shapes, dtype=object), CRS))


def held(*datasets: Dataset) -> dict[str, Dataset]:
    return {d.options.key: d for d in held_against_county(list(datasets), CRS)}


def told(one: Dataset) -> tuple[str, list[str]]:
    """Decision on the shift, and rules of the findings."""
    decisions = [e.decision for e in one.account.evidence if e.subject == "shift"]
    return "".join(decisions), one.findings["rule"].tolist()


def test_a_layer_drawn_on_the_surveys_borders_is_right_as_it_stands() -> None:
    done = held(dataset("dltb", SURVEY), dataset("constraints.farmland", SURVEY[10:40]))
    assert told(done["constraints.farmland"]) == ("none", [])
    assert told(done["dltb"]) == ("", [])


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490", CRS])
def test_a_shifted_layer_is_refused_whatever_it_claims(crs: str) -> None:
    zones = dataset("constraints.farmland", shifted(SURVEY[10:40]), crs=crs)
    with pytest.raises(CRSError, match=r"moved \d+ m to the west and \d+ m to the south.*GCJ-02") as error:
        held(dataset("dltb", SURVEY), zones)
    assert 'crs = "GCJ-02"' in error.value.hint


def test_a_layer_without_common_borders_is_left_undecided() -> None:
    sites = [at(x, x, x + 37, x + 53) for x in range(1000, 9000, 400)]
    done = held(dataset("dltb", SURVEY), dataset("approvals", sites))
    assert told(done["approvals"]) == ("undecided", [])


def test_a_handful_of_vertices_proves_nothing() -> None:
    one = shapely.Polygon(shapely.get_coordinates(SURVEY[20])[:3])
    done = held(dataset("dltb", SURVEY), dataset("constraints.own", shifted([one])))
    assert told(done["constraints.own"])[0] == "undecided"


def test_a_county_border_from_a_web_map_is_known_by_its_outline() -> None:
    border = affinity.rotate(at(40, 40, SIZE - 30, SIZE - 40), 0.2)
    assert (
        told(held(dataset("dltb", SURVEY), dataset("constraints.edge", [border]))["constraints.edge"])[0]
        == "none"
    )
    with pytest.raises(CRSError, match="GCJ-02"):
        held(dataset("dltb", SURVEY), dataset("constraints.edge", shifted([border]), crs="EPSG:4326"))


def test_shifted_districts_are_refused_beside_true_patches() -> None:
    district = [at(0, 0, SIZE, SIZE / 2), at(0, SIZE / 2, SIZE, SIZE)]
    with pytest.raises(CRSError, match=r"xzq\.shp"):
        held(dataset("xzq", shifted(district), crs="EPSG:4326"), dataset("dltb", SURVEY))


def test_what_is_called_shifted_and_is_not_is_refused() -> None:
    wrong = list(without_gcj02(np.array(SURVEY[10:40], dtype=object), CRS))
    with pytest.raises(CRSError, match="it is given as GCJ-02") as error:
        held(dataset("dltb", SURVEY), dataset("constraints.farmland", wrong, crs="GCJ-02"))
    assert "off this source" in error.value.hint


def test_a_layer_that_leaves_the_county_by_the_shift_is_doubted_not_refused() -> None:
    sites = [at(SIZE - 400, y, SIZE - 370, y + 31) for y in range(500, 9000, 260)]
    done = held(dataset("dltb", SURVEY), dataset("approvals", shifted(sites), crs="EPSG:4326"))
    decision, rules = told(done["approvals"])
    assert decision == "undecided"
    assert "I116" in rules
    in_metres = held(dataset("dltb", SURVEY), dataset("approvals", shifted(sites)))["approvals"]
    assert "I116" not in told(in_metres)[1]


def test_shapes_outside_the_county_are_told_one_by_one() -> None:
    shapes = [at(100, 100, 150, 150), at(SIZE + 50, 0, SIZE + 90, 40), at(SIZE + 2, 0, SIZE + 8, 6), None]
    found = held(dataset("dltb", SURVEY), dataset("approvals", shapes))["approvals"].findings
    assert found[["rule", "feature"]].to_numpy().tolist() == [["I110", "approvals#2"]]
    assert found[["x", "y"]].to_numpy().tolist() == [[X0 + SIZE + 70, Y0 + 20]]


def test_of_many_shapes_outside_the_layer_is_told() -> None:
    shapes = [at(SIZE + 20, 20 * n, SIZE + 30, 20 * n + 9) for n in range(MANY + 1)]
    found = held(dataset("dltb", SURVEY), dataset("planning", shapes))["planning"].findings
    assert found["rule"].tolist() == ["I110"]
    assert "101" in found["message"].iloc[0]


def test_a_layer_that_reaches_beyond_the_county_is_told_how_much() -> None:
    found = held(dataset("dltb", SURVEY), dataset("planning", [at(0, 0, SIZE + 1010, 1000)]))[
        "planning"
    ].findings
    assert found["rule"].tolist() == ["I111"]
    assert "100.00公顷" in found["message"].iloc[0]


def test_a_layer_of_another_place_is_refused_and_a_stray_shape_is_not() -> None:
    far = [at(SIZE + 9000, n * 50, SIZE + 9040, n * 50 + 40) for n in range(4)]
    with pytest.raises(CRSError, match="4 of 6 shapes lie more than 5 km outside"):
        held(dataset("dltb", SURVEY), dataset("approvals", [at(0, 0, 9, 9), at(50, 0, 90, 90), *far]))
    done = held(dataset("dltb", SURVEY), dataset("approvals", [at(0, 0, 9, 9), at(50, 0, 90, 90), *far[:2]]))
    assert told(done["approvals"])[1] == ["I110", "I110"]


def test_districts_draw_the_county_where_they_cover_it() -> None:
    bent = shapely.Polygon([(X0, Y0), (X0 + SIZE, Y0), (X0 + SIZE, Y0 + SIZE), (X0 + 3000, Y0 + 3000)])
    inside = [
        p for p in (shapely.intersection(s, bent) for s in SURVEY) if p.geom_type == "Polygon" and p.area > 1
    ]
    shapes = [at(1000, 5000, 1050, 5050)]
    by_hull = held(dataset("dltb", inside), dataset("approvals", shapes))["approvals"]
    by_districts = held(dataset("dltb", inside), dataset("xzq", [bent]), dataset("approvals", shapes))[
        "approvals"
    ]
    assert told(by_hull)[1] == ["I110"]
    assert told(by_districts)[1] == ["I110"]
    hollow = [at(4000, 7000, 4050, 7050)]
    ring = shapely.difference(at(0, 0, SIZE, SIZE), at(3000, 6000, 5000, 8000))
    cells = [p for p in (shapely.intersection(s, ring) for s in SURVEY) if p.geom_type == "Polygon"]
    assert told(held(dataset("dltb", cells), dataset("approvals", hollow))["approvals"])[1] == []
    with_xzq = held(dataset("dltb", cells), dataset("xzq", [ring]), dataset("approvals", hollow))
    assert told(with_xzq["approvals"])[1] == ["I110"]


def test_patches_in_metres_are_trusted_before_districts_in_degrees() -> None:
    districts, survey = dataset("xzq", [at(0, 0, SIZE, SIZE)], crs="EPSG:4326"), dataset("dltb", SURVEY)
    chosen = county_reference([districts, survey], CRS)
    assert chosen is not None
    assert chosen.keys == ("dltb",)
    assert chosen.district_keys == ("xzq",)
    in_degrees = county_reference([dataset("dltb", SURVEY, crs="EPSG:4326"), dataset("xzq", SURVEY)], CRS)
    assert in_degrees is not None
    assert in_degrees.keys == ("xzq",)
    assert county_reference([dataset("dltb", SURVEY, crs="GCJ-02")], CRS) is None


def test_without_a_survey_layer_nothing_is_held_against_anything() -> None:
    sites = dataset("approvals", [at(0, 0, 10, 10)])
    assert held_against_county([sites], CRS) == [sites]


@pytest.mark.parametrize("written", ["EPSG:4326", "EPSG:4490", "EPSG:4525", None])
@pytest.mark.usefixtures("quick")
def test_a_source_called_gcj02_is_converted_with_a_warning(
    written: str | None, write_layer: Callable[..., Path], county: CountyOptions, tmp_path: Path
) -> None:
    true = at(0, 0, 100, 100)
    there = gpd.GeoSeries(shifted([true]), crs=CRS).to_crs(written or "EPSG:4490")
    path = write_layer("web.shp", list(there), crs=written or "EPSG:4490")
    if written is None:
        path.with_suffix(".prj").unlink()
    source = SourceOptions("constraints.own", "constraints", path, crs="gcj-02", kind="own", effect="report")
    done = read_source(source, county)
    assert done.account.crs == "GCJ-02"
    rules = done.findings["rule"].tolist()
    assert "I115" in rules
    assert "I010" not in rules
    assert shapely.hausdorff_distance(done.frame.geometry.iloc[0], true) < 0.01


def test_some_common_vertices_among_many_prove_nothing() -> None:
    sites = [at(x, x, x + 37, x + 53) for x in range(1000, 9000, 100)]
    mixed = shifted([*sites, *SURVEY[20:23]])
    done = held(dataset("dltb", SURVEY), dataset("approvals", mixed))
    assert told(done["approvals"])[0] == "undecided"


def test_patches_beyond_the_districts_are_told() -> None:
    strip = [at(SIZE + 100, 0, SIZE + 200, 500)]
    done = held(dataset("dltb", [*SURVEY, *strip]), dataset("xzq", [at(0, 0, SIZE, SIZE)]))
    assert done["dltb"].findings["feature"].tolist() == [f"dltb#{len(SURVEY) + 1}"]
    assert done["xzq"].findings.empty
