from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import Polygon

from landinv.intake.survey_checks.across import survey_findings_across
from landinv.model.datasets import Dataset, SourceAccount
from landinv.model.fields import survey_fields
from landinv.model.findings import no_findings
from landinv.model.options import SourceOptions

CRS = "EPSG:4525"
ONE, TWO, OTHER = "1411271002010000000", "1411271002020000000", "1411271012010000000"
Rect = Callable[[float, float, float, float], Polygon]


def dataset(key: str, shapes: list[Polygon], quarantined: int = 0, **columns: Any) -> Dataset:
    role = key.split(".", maxsplit=1)[0]
    frame = pd.DataFrame(
        {
            spec.name: pd.Series(
                columns.get(spec.name),
                index=range(len(shapes)),
                dtype="float64" if spec.kind == "number" else "str",
            )
            for spec in survey_fields(role)
        }
    )
    frame["source_ref"] = pd.Series([f"{key}#{i}" for i in range(1, len(shapes) + 1)], dtype="str")
    whole = gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS)
    account = SourceAccount(key, role, "", "", "", CRS, len(shapes), len(shapes), 0, 0)
    return Dataset(SourceOptions(key, role, Path()), whole, account, whole.head(quarantined), no_findings())


def rules(*datasets: Dataset) -> list[tuple[str, str]]:
    found = survey_findings_across(datasets, CRS)
    return list(zip(found["rule"], found["feature"], strict=True))


def county(at: Rect, **dltb: Any) -> list[Dataset]:
    """Two villages of two patches each, in one township."""
    patches = [at(0, 0, 50, 100), at(50, 0, 100, 100), at(100, 0, 150, 100), at(150, 0, 200, 100)]
    right = {"ZLDWDM": [ONE, ONE, TWO, TWO], "TBMJ": [5000.01, 4999.99, 5000.0, 5000.0]}
    return [
        dataset("dltb", patches, **{**right, **dltb}),
        dataset(
            "cjdcq", [at(0, 0, 100, 100), at(100, 0, 200, 100)], ZLDWDM=[ONE, TWO], DCMJ=[10_000.0, 10_000.0]
        ),
        dataset("xzq", [at(0, 0, 200, 100)], XZQDM=["141127100000"], DCMJ=[20_000.0]),
    ]


def test_sums_that_foot_have_no_finding(at: Rect) -> None:
    assert rules(*county(at)) == []
    assert rules() == []


def test_cent_too_much_shows_in_the_village_and_in_the_county(at: Rect) -> None:
    found = survey_findings_across(county(at, TBMJ=[5000.01, 5000.0, 5000.0, 5000.0]), CRS)
    assert found["rule"].tolist() == ["A053", "A055"]
    assert found["feature"][0] == "cjdcq#1"
    assert "地类图斑合计10000.01，村级调查区10000.00，相差0.01平方米" in found["message"][0]
    assert found["x"].notna()[0]


def test_village_in_two_shapes_counts_once(at: Rect) -> None:
    layers = county(at)
    shapes = [at(0, 0, 50, 100), at(50, 0, 100, 100), at(100, 0, 200, 100)]
    for stated, told in ((4000.0, []), (4000.5, [("A053", "cjdcq#1")])):
        villages = dataset("cjdcq", shapes, ZLDWDM=[ONE, ONE, TWO], DCMJ=[stated, 6000.0, 10_000.0])
        assert [pair for pair in rules(layers[0], villages) if pair[0] == "A053"] == told


def test_cents_are_summed_as_whole_numbers(at: Rect) -> None:
    parts = [1.15, 4.64, 1.46]
    assert sum(100 * part for part in parts) != 725.0
    shapes = [at(0, 0, 10, 10), at(10, 0, 20, 10), at(20, 0, 30, 10)]
    villages = dataset("cjdcq", [at(0, 0, 30, 10)], ZLDWDM=[ONE], DCMJ=[7.25])
    assert rules(dataset("dltb", shapes, ZLDWDM=ONE, TBMJ=parts), villages) == []


def test_records_set_aside_are_said_beside_a_sum(at: Rect) -> None:
    layers = county(at, TBMJ=[5000.0, 4000.0, 5000.0, 5000.0])
    short = dataset(
        "dltb", list(layers[0].frame.geometry), quarantined=2, ZLDWDM=[ONE, ONE, TWO, TWO], TBMJ=[1.0] * 4
    )
    found = survey_findings_across([short, *layers[1:]], CRS)
    assert found["message"].str.contains("另有2条记录未采用").all()


def test_village_sum_against_its_township(at: Rect) -> None:
    layers = county(at)
    wrong = dataset("xzq", [at(0, 0, 200, 100)], XZQDM=["141127100"], DCMJ=[20_000.5])
    assert rules(*layers[:2], wrong) == [("A054", "xzq#1"), ("A055", "")]


def test_units_without_their_area_are_told_once_each(at: Rect) -> None:
    layers = county(at, ZLDWDM=[ONE, ONE, OTHER, OTHER])
    found = survey_findings_across(layers, CRS)
    unknown = found[found["rule"] == "A056"]
    assert unknown["feature"].tolist() == ["dltb#3"]
    assert "共2个图斑" in unknown["message"].iloc[0]


def test_village_of_an_unknown_township(at: Rect) -> None:
    layers = county(at)
    far = dataset("cjdcq", [at(0, 0, 100, 100), at(100, 0, 200, 100)], ZLDWDM=[ONE, OTHER])
    assert ("A058", "cjdcq#2") in rules(layers[0], far, layers[2])


def test_patch_in_another_village_but_not_an_exclave(at: Rect) -> None:
    swapped = county(at, ZLDWDM=[ONE, TWO, TWO, ONE], FRDBS=["0", "0", "0", "1"])
    found = survey_findings_across(swapped, CRS)
    lies = found[found["rule"] == "A057"]
    assert lies["feature"].tolist() == ["dltb#2"]
    assert f"位于{ONE[:12]}" in lies["message"].iloc[0]


def settled(at: Rect, attribute: list[str | None], kinds: list[str]) -> list[tuple[str, str]]:
    patches = [at(0, 0, 50, 100), at(50, 0, 100, 100), at(100, 0, 150, 100)]
    areas = [at(0, 0, 50, 100), at(50, 0, 100, 100)]
    return rules(
        dataset("dltb", patches, CZCSXM=attribute, DLBM="0702"), dataset("czcdyd", areas, CZCLX=kinds)
    )


def test_settlement_attribute_against_the_area_it_lies_in(at: Rect) -> None:
    assert settled(at, ["203", "202", None], ["203", "202"]) == []
    assert settled(at, ["203", "203", "203"], ["203", "203"]) == [("A050", "dltb#3")]
    assert settled(at, ["203", "203", None], ["203", "202"]) == [("A051", "dltb#2")]
    assert settled(at, ["203", None, None], ["203", "203"]) == [("A052", "dltb#2")]


def test_patch_half_outside_is_told_with_its_area(at: Rect) -> None:
    layers = [
        dataset("dltb", [at(0, 0, 100, 100), at(200, 0, 300, 100)], CZCSXM=["203", "203"]),
        dataset("czcdyd", [at(0, 0, 50, 100), at(200, 0, 300, 99.995)], CZCLX=["203", "203"]),
    ]
    found = survey_findings_across(layers, CRS)
    assert list(zip(found["rule"], found["feature"], strict=True)) == [("A050", "dltb#1")]
    assert "（4999.7" in found["message"][0]
    assert np.isfinite(found["x"][0])


def test_two_sources_of_a_layer_that_overlap(at: Rect) -> None:
    north = dataset("dltb.north", [at(0, 0, 100, 100), at(90, 0, 190, 100)])
    south = dataset("dltb.south", [at(180, 0, 300, 100)])
    found = survey_findings_across([north, south], CRS)
    assert found["dataset"].tolist() == ["dltb.north"]
    assert found["feature"].tolist() == ["dltb.north#2"]
    assert "dltb.south#1重叠" in found["message"][0]
