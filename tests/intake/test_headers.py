from __future__ import annotations

import pytest

from landinv.errors import FieldMissingError, ProjectFileError
from landinv.intake.headers import FieldMap, Wanted, header_unit, map_fields, wanted_fields
from landinv.intake.values import AREA_UNITS, MONEY_UNITS

SUPPLIES = wanted_fields("supplies", {})


def mapped(
    headers: list[str], overrides: dict[str, str] | None = None, *, is_dbf: bool = False
) -> dict[str, str]:
    found = map_fields([(h,) for h in headers], SUPPLIES, overrides or {}, title="t.xlsx", is_dbf=is_dbf)
    return {name: headers[at] for name, at in found.positions.items()}


def test_words_of_offices_are_known_in_any_dress() -> None:
    got = mapped(["序号", "电子\n监管号", "成交价款（万元）", "ＧＤＭＪ", " 约定 动工时间 "])
    assert got == {
        "supervision_no": "电子\n监管号", "price_wan": "成交价款（万元）", "supplied_area": "ＧＤＭＪ",
        "agreed_start_on": " 约定 动工时间 ",
    }  # fmt: skip


def test_project_file_beats_the_words() -> None:
    got = mapped(["项目名称", "地块名"], {"project_name": "地块名"})
    assert got["project_name"] == "地块名"


def test_a_column_is_used_once() -> None:
    got = mapped(["约定开工"], {"started_on": "约定开工"})
    assert got == {"started_on": "约定开工"}
    two = [Wanted("first", ("用途",), required=False), Wanted("second", ("用途",), required=False)]
    assert map_fields([("用途",)], two, {}, title="t").positions == {"first": 0}


def test_named_column_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(FieldMissingError, match="约定开工时间") as caught:
        mapped(["约定开工时间", "面积"], {"agreed_start_on": "约定开工日期"})
    assert "面积" in caught.value.hint


def test_unknown_field_of_the_project_file_names_the_nearest() -> None:
    with pytest.raises(ProjectFileError, match="supervision_no"):
        mapped(["面积"], {"supervison_no": "面积"})


def test_required_field_must_be_there() -> None:
    with pytest.raises(FieldMissingError, match="plan_code"):
        map_fields([("BZ",)], wanted_fields("planning", {}), {}, title="GHFQ.shp")


def test_names_cut_at_ten_bytes_are_known_in_a_dbf_only() -> None:
    assert mapped(["电子监管编"], is_dbf=True) == {"supervision_no": "电子监管编"}
    assert mapped(["电子监管编"]) == {}


def test_other_columns_that_would_fit_are_told() -> None:
    found: FieldMap = map_fields([("供应面积",), ("土地面积",)], SUPPLIES, {}, title="t")
    assert found.positions["supplied_area"] == 0
    assert found.ambiguous == {"supplied_area": (1,)}


def test_survey_layer_takes_drafts_and_aliases() -> None:
    wanted = wanted_fields("dltb", {"dltb": "DLBM"})
    headers = [("地类编码",), ("tkxs",), ("XXTBKD",)]
    found = map_fields(headers, wanted, {}, title="t")
    assert found.positions == {"DLBM": 0, "KCXS": 1, "XZDWKD": 2}
    assert "QSXZ" in found.missing


@pytest.mark.parametrize(
    ("text", "area", "money"),
    [("面积（亩）", "mu", ""), ("总投资(亿元)", "", "yi"), ("单位：公顷、万元", "ha", "wan"), ("面积_公顷", "ha", ""),
     ("用地面积", "", ""), ("单位:m2", "m2", "")],
)  # fmt: skip
def test_units_in_headers_and_notes(text: str, area: str, money: str) -> None:
    assert (header_unit(text, AREA_UNITS), header_unit(text, MONEY_UNITS)) == (area, money)
