from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import shapely
from shapely.geometry import MultiPolygon, Polygon

from landinv.geometry.area import statutory_area_m2
from landinv.intake.survey_checks import check_survey_layer, record_findings
from landinv.intake.survey_checks.rule import Patches
from landinv.model.fields import survey_fields
from landinv.model.findings import concat_findings
from landinv.model.options import SourceOptions
from landinv.model.survey_lists import survey_limit

CRS = "EPSG:4525"
X0, Y0 = 37_548_000.0, 4_240_000.0
VILLAGE = "1411271002010000000"
Rect = Callable[[float, float, float, float], Polygon]


def layer_frame(shapes: list[Any], role: str = "dltb", **columns: Any) -> pd.DataFrame:
    """A layer whose records are right but for what the columns say."""
    count = len(shapes)
    right: dict[str, Any] = {
        "BSM": [f"1411272110{i:08d}" for i in range(1, count + 1)], "YSDM": "2001010100",
        "TBBH": [str(i) for i in range(count)], "DLBM": "0103", "DLMC": "旱地", "QSXZ": "30", "QSDWDM": VILLAGE,
        "ZLDWDM": VILLAGE, "TBMJ": statutory_area_m2(np.array(shapes), CRS), "KCMJ": 0.0,
        "TBDLMJ": statutory_area_m2(np.array(shapes), CRS), "SJNF": 2019.0, "MSSM": "00", "FRDBS": "0",
    }  # fmt: skip
    if role != "dltb":
        right = {"BSM": right["BSM"]}
    given = {**right, **columns}
    frame = {}
    for spec in survey_fields(role):
        values = given.get(spec.name)
        kind = "float64" if spec.kind == "number" else "str"
        frame[spec.name] = pd.Series(values, index=range(count), dtype=kind)
    return pd.DataFrame(frame).assign(
        source_ref=pd.Series([f"{role}#{i}" for i in range(1, count + 1)], dtype="str")
    )


def found(shapes: list[Any], role: str = "dltb", **columns: Any) -> pd.DataFrame:
    options = SourceOptions(role, role, None)  # type: ignore[arg-type]
    frame = layer_frame(shapes, role, **columns)
    told = check_survey_layer(frame, np.array(shapes, dtype=object), options, crs=CRS, county_code="141127")
    return concat_findings(told)


def rules(frame: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(frame["rule"], frame["feature"], strict=True))


def ring(*points: tuple[float, float]) -> Polygon:
    return Polygon([(X0 + x, Y0 + y) for x, y in points])


def test_right_layer_has_no_finding(at: Rect) -> None:
    assert rules(found([at(0, 0, 100, 100), at(100, 0, 200, 100)])) == []


def test_overlap_names_both_patches_place_and_area(at: Rect) -> None:
    told = found([at(0, 0, 100, 100), at(99.5, 0, 200, 100)])
    assert rules(told) == [("A014", "dltb#1")]
    assert "dltb#2（BSM 141127211000000002）重叠50" in told["message"][0]
    assert X0 + 99.5 < told["x"][0] < X0 + 100


def test_gap_names_both_patches_and_slight_ones_have_their_own_rule(at: Rect) -> None:
    for off, rule in ((0.5, "A015"), (0.005, "A016")):
        frame = [at(-10, -10, 210, 0), at(-10, 100, 210, 110), at(-10, 0, 0, 100), at(200, 0, 210, 100)]
        told = found([at(0, 0, 100, 100), at(100 + off, 0, 200, 100), *frame])
        assert [r for r, _ in rules(told)] == [rule]
        assert "dltb#1" in told["feature"][0] + told["message"][0]
        assert "dltb#2" in told["feature"][0] + told["message"][0]
        assert abs(told["x"][0] - X0 - 100) < 1


def test_large_hole_is_a_notice_with_its_size(at: Rect) -> None:
    around = [at(-10, -10, 410, 0), at(-10, 400, 410, 410), at(-10, 0, 0, 400), at(400, 0, 410, 400)]
    told = found(around, TBMJ=None, TBDLMJ=None)
    assert [(r, s) for r, s in zip(told["rule"], told["severity"], strict=True)] == [("A017", "notice")]
    assert "1.6e+05" in told["message"][0]


def test_gaps_are_no_defect_of_layers_that_do_not_cover_the_county(at: Rect) -> None:
    shapes = [at(0, 0, 100, 100), at(100.05, 0, 200, 100), at(150, 0, 300, 100)]
    both = {"CZCLX": "203", "CZCDM": VILLAGE, "CZCMC": "示例村"}
    assert rules(found(shapes, "czcdyd", **both)) == [("A014", "czcdyd#2")]
    assert rules(found(shapes, "kfyq", KFYQMC="示例园区")) == []


def test_same_shape_twice_is_told_once_and_not_as_an_overlap(at: Rect) -> None:
    told = found([at(0, 0, 100, 100), at(100, 0, 200, 100), at(0, 0, 100, 100)])
    assert rules(told) == [("A019", "dltb#3")]
    assert "dltb#1" in told["message"][0]


def test_parts_are_wrong_in_patches_and_districts_alone(at: Rect) -> None:
    parts = [MultiPolygon([at(0, 0, 100, 100), at(200, 0, 300, 100)])]
    assert rules(found(parts)) == [("A020", "dltb#1")]
    assert rules(found(parts, "xzq", XZQDM="141127100000", XZQMC="示例镇")) == [("A020", "xzq#1")]
    assert rules(found(parts, "cjdcq", ZLDWDM=VILLAGE, ZLDWMC="示例村")) == []


def test_least_area_depends_on_the_class(at: Rect) -> None:
    shapes = [at(i * 50, 0, i * 50 + 10, 30) for i in range(4)]
    told = found(shapes, DLBM=["0601", "1202", "0103", "1206"], DLMC=None, CZCSXM=["203", None, None, None])
    assert rules(told) == [("A021", "dltb#3"), ("A021", "dltb#4")]
    assert "最小上图面积400" in told["message"][0]


def test_strip_and_spike_are_told_with_their_measures(at: Rect) -> None:
    strip = at(0, 0, 800, 0.8)
    spike = ring((0, 100), (100, 100), (100, 150), (130, 150), (100, 150.1), (100, 200), (0, 200))
    told = found([strip, spike])
    assert rules(told) == [("A022", "dltb#1"), ("A023", "dltb#2")]
    assert "平均宽度0.80" in told["message"][0]
    assert (told["x"][1], told["y"][1]) == (X0 + 130, Y0 + 150)


def test_close_vertices_of_a_layer_are_one_notice(at: Rect) -> None:
    first = ring((0, 0), (100, 0), (100, 0.002), (100, 100), (0, 100))
    second = ring((200, 0), (300, 0), (300, 100), (300, 100), (200, 100))
    told = found([first, second])
    assert rules(told) == [("A024", "dltb#1")]
    assert "2个图形共2处，其中完全重合1处" in told["message"][0]


def test_many_notices_of_one_rule_are_one_with_their_number(at: Rect) -> None:
    count = int(survey_limit("rows_per_notice")) + 1
    shapes = [at(i * 30, 0, i * 30 + 10, 10) for i in range(count)]
    told = found(shapes)
    assert rules(told) == [("A021", "dltb#1")]
    assert f"共{count}条" in told["message"][0]
    assert len(found(shapes[1:])) == count - 1


def test_warning_of_most_of_a_layer_is_one_and_of_less_than_half_stays_many(at: Rect) -> None:
    count = 300
    columns = {n: v for n, v in layer_frame([at(0, 0, 100, 100)] * count).items() if n != "MSSM"}
    for wrong, rows in ((200, 1), (140, 140)):
        frame = pd.DataFrame(columns).assign(
            MSSM=pd.Series(["02"] * wrong + ["00"] * (count - wrong), dtype="str")
        )
        told = concat_findings(record_findings(Patches(frame, np.full(count, np.nan), "141127"), "dltb"))
        assert (told["rule"] == "A029").sum() == rows
        assert "（200条）" in told["message"][0] or rows > 1


def test_codes_outside_their_lists_and_unverified_lists_apart(at: Rect) -> None:
    shapes = [at(i * 50, 0, i * 50 + 50, 100) for i in range(3)]
    told = found(shapes, GDLX=["PD", "XX", None], TBXHDM=["HDGD", "QQQQ", None], MSSM=["00", "00", "07"])
    assert rules(told) == [("A029", "dltb#2"), ("A029", "dltb#3"), ("A030", "dltb#2")]
    assert told["field"].tolist() == ["GDLX", "MSSM", "TBXHDM"]


def test_obligatory_field_left_empty_here_and_there_is_told(at: Rect) -> None:
    shapes = [at(i * 50, 0, i * 50 + 50, 100) for i in range(3)]
    told = found(shapes, SJNF=[2019.0, None, 2019.0])
    assert rules(told) == [("A028", "dltb#2")]
    assert told["field"][0] == "SJNF"
    assert rules(found(shapes, SJNF=None)) == []


def test_many_empty_obligatory_fields_are_one_finding(at: Rect) -> None:
    shapes = [at(i * 50, 0, i * 50 + 50, 100) for i in range(40)]
    told = found(shapes, SJNF=[2019.0] * 15 + [None] * 25)
    assert rules(told) == [("A028", "dltb#16")]
    assert "共25条" in told["message"][0]


def test_layer_of_the_second_survey_and_planned_uses_are_recognised(at: Rect) -> None:
    shapes = [at(i * 50, 0, i * 50 + 50, 100) for i in range(4)]
    second = found(shapes, DLBM=["011", "031", "111", "0103"], DLMC=None)
    told = second[second["rule"] == "A039"]
    assert told["message"].str.contains("第二次全国土地调查：3条").tolist() == [True]
    planned = found(shapes, DLBM=["0703", "070102", "0103", "0103"], DLMC=None)
    assert planned.loc[planned["rule"] == "A039", "message"].str.contains(
        "用地用海分类（2023）：2条"
    ).tolist() == [True]
    named = found(
        shapes,
        DLBM=["0601", "0601", "0103", "0103"],
        DLMC=["农村道路", "工业用地", "旱地", "旱地"],
        CZCSXM="203",
    )
    told = named[named["rule"] == "A039"]
    assert told["field"].tolist() == ["DLMC"]
    assert "1条，如0601农村道路" in told["message"].iloc[0]


def test_stated_area_of_other_layers_is_compared_too(at: Rect) -> None:
    shape = at(0, 0, 100, 100)
    area = float(statutory_area_m2([shape], CRS)[0])
    columns = {"CZCLX": "203", "CZCDM": VILLAGE, "CZCMC": "示例村"}
    assert rules(found([shape], "czcdyd", CZCMJ=area, **columns)) == []
    assert rules(found([shape], "czcdyd", CZCMJ=area + 5, **columns)) == [("A047", "czcdyd#1")]


def test_borders_that_differ_everywhere_are_one_finding(monkeypatch: Any, at: Rect) -> None:
    monkeypatch.setattr("landinv.geometry.coverage.MOST_LOOSE", 5)
    told = found([at(0, 0, 100, 100), at(99.5, 0, 200, 100)])
    assert told["rule"].tolist() == ["A018"]
    assert "8条边中8条" in told["message"][0]
    assert shapely.area(at(0, 0, 1, 1)) == 1
