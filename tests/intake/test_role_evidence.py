"""What a layer probably is, by its columns, its shapes and its name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.intake.role_evidence import (
    FieldLink,
    RoleGuess,
    Shown,
    field_links,
    guess_role,
    missing_fields,
    takes,
)
from landinv.model.fields import SURVEY_ROLES, survey_fields
from landinv.model.roles import RECORD_ROLES, ROLES, role_fields


def guess(name: str, columns: list[str], geometry: str = "polygon", *, is_dbf: bool = False) -> RoleGuess:
    return guess_role(Shown((name,), tuple((c,) for c in columns), geometry, is_dbf))


@pytest.mark.parametrize("role", SURVEY_ROLES)
def test_a_survey_layer_is_known_by_its_columns_alone(role: str) -> None:
    found = guess("未命名", [f.name for f in survey_fields(role)])
    assert (found.role, found.sure) == (role, True), found


@pytest.mark.parametrize("role", [r for r in RECORD_ROLES if r != "planning"])
def test_a_table_is_known_by_its_columns_alone(role: str) -> None:
    found = guess("Sheet1", [f.synonyms[0] for f in role_fields(role)], "table")
    assert (found.role, found.sure) == (role, True), found


def test_a_name_in_front_of_a_serial_number_counts() -> None:
    found = guess("141127DLTB_2019", ["BSM", "DLBM"])
    assert (found.role, found.sure) == ("dltb", True)
    assert "DLTB" in found.reasons[0]


def test_a_name_inside_another_word_does_not() -> None:
    assert guess("GDP", ["BZ"]).role == ""


def test_farmland_bears_survey_columns_and_is_a_constraint_all_the_same() -> None:
    columns = [
        "BSM",
        "YSDM",
        "YJJBNTTBBH",
        "TBBH",
        "DLBM",
        "DLMC",
        "QSXZ",
        "QSDWDM",
        "ZLDWDM",
        "YJJBNTMJ",
        "BZ",
    ]
    found = guess("YJJBNTTB", columns)
    assert (found.role, found.kind, found.sure) == ("constraints", "farmland", True)
    assert found.rivals[0][0] == "dltb"
    assert found.rivals[0][1] < 0.6, "a name that speaks for another role weakens what columns say"


@pytest.mark.parametrize(
    ("name", "kind"), [("STBHHX", "redline"), ("城镇开发边界", "boundary"), ("永久基本农田2021", "farmland")]
)
def test_a_constraint_without_columns_is_known_by_its_name(name: str, kind: str) -> None:
    found = guess(name, ["BZ"])
    assert (found.role, found.kind, found.sure) == ("constraints", kind, True)


def test_a_table_is_never_a_layer_of_shapes() -> None:
    assert guess("DLTB", [f.name for f in survey_fields("dltb")], "table").role != "dltb"


def test_lines_play_no_role() -> None:
    found = guess("供地", [f.synonyms[0] for f in role_fields("supplies")], "line")
    assert (found.role, found.sure) == ("", False)
    assert "line" in found.reasons[0]


def test_points_can_only_be_projects() -> None:
    assert [role for role in ROLES if takes(role, "Point Z")] == ["projects"]


def test_two_equal_likenesses_are_not_sure() -> None:
    found = guess("Sheet1", ["批准文号", "项目名称", "合同编号", "项目代码"], "table")
    assert not found.sure
    assert found.rivals


def test_a_missing_required_field_is_a_reason_against() -> None:
    columns = ["批次名称", "批准机关", "批准总面积", "新增建设用地面积"]
    without, whole = guess("x", columns, "table"), guess("x", [*columns, "批准文号"], "table")
    assert without.score < whole.score / 2
    assert any("approval_no" in reason for reason in without.reasons)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.text(max_size=8), max_size=8), st.text(max_size=10), st.sampled_from(["polygon", "table", ""])
)
def test_a_score_is_a_share_whatever_the_columns_are(columns: list[str], name: str, geometry: str) -> None:
    found = guess(name, columns, geometry)
    assert 0.0 <= found.score < 1.0
    assert found.reasons
    assert found.sure <= bool(found.role)


@settings(max_examples=15, deadline=None)
@given(st.permutations([f.synonyms[0] for f in role_fields("supplies")]))
def test_the_order_of_columns_does_not_matter(columns: list[str]) -> None:
    assert guess("x", columns, "table").role == "supplies"


def test_each_field_names_the_rule_that_found_it() -> None:
    fields = {
        "supervision_no": "DZJGH",
        "contract_no": "contract_no",
        "supplied_area": "面积",
        "project_name": "x",
    }
    columns = [("DZJGH",), ("contract_no",), ("面积",), ("x",)]
    links = field_links(fields, "supplies", {"project_name": "x"}, columns)
    assert [(link.field, link.rule) for link in links] == [
        ("supervision_no", "synonym"),
        ("contract_no", "own name"),
        ("project_name", "project file"),
        ("supplied_area", "synonym"),
    ]
    assert field_links({"agreed_start_on": "约定动工时"}, "supplies", {}, [("约定动工时",)]) == (
        FieldLink("agreed_start_on", "约定动工时", "cut at ten bytes"),
    )


def test_missing_fields_tell_required_from_others() -> None:
    required, others = missing_fields({"project_code": "a"}, "projects")
    assert required == ("project_name",)
    assert "owner" in others
    assert missing_fields({}, "dltb")[0] == ("DLBM",)


@pytest.mark.parametrize("name", ["DLTBGX2020", "141127DLTBGX", "地类图斑更新"])
def test_a_year_layer_is_told_from_the_patches_by_its_name(name: str) -> None:
    columns = [f.name for f in survey_fields("dltb")]
    assert (guess(name, columns).role, guess(name, columns).sure) == ("dltbgx", True)
    assert guess("DLTBGXGC", columns).role != "dltbgx", "the process of change is no state"
