from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Polygon

from landinv.errors import FieldMissingError
from landinv.geometry.area import statutory_area_m2
from landinv.intake import read_source
from landinv.intake.survey_checks import CHECKS, areas, codes, settlements
from landinv.intake.survey_checks.rule import Patches
from landinv.model.findings import finding_rules
from landinv.model.options import CountyOptions, SourceOptions

Writer = Callable[..., Path]
Rect = Callable[[float, float, float, float], Polygon]
Source = Callable[..., SourceOptions]
VILLAGE = "1411271002010000000"


def patches(area: list[float] | None = None, **columns: list[Any]) -> Patches:
    frame = pd.DataFrame(
        {
            n: pd.Series(v, dtype="str" if any(isinstance(x, str) for x in v) else None)
            for n, v in columns.items()
        }
    )
    return Patches(frame, np.array(area or [np.nan] * len(frame)), "141127")


@pytest.mark.parametrize(
    ("check", "columns", "expected"),
    [
        (codes.unknown_land_class, {"DLBM": ["0103", "0105", None, "1104A"]}, [False, True, True, False]),
        (codes.class_name_does_not_match, {"DLBM": ["0103", "0702", "x"], "DLMC": ["旱地", "村庄", "y"]}, [False, True, False]),
        (codes.unknown_tenure, {"QSXZ": ["20", "国有", None]}, [False, True, True]),
        (codes.unknown_approved_use, {"PZYT": ["0601", "9999", None]}, [False, True, False]),
        (codes.owner_code_malformed, {"QSDWDM": [VILLAGE, VILLAGE[:-1], "14112710020A", None, VILLAGE[:12]]},
         [False, True, True, True, False]),
        (codes.situs_code_malformed, {"ZLDWDM": [VILLAGE[:15], ""]}, [False, True]),
        (codes.code_of_another_county, {"ZLDWDM": [VILLAGE, "141128100201", None]}, [False, True, False]),
        (codes.code_of_another_county, {"XZQDM": ["141127100", "140100"]}, [False, True]),
        (codes.identifier_missing, {"BSM": ["1", None]}, [False, True]),
        (codes.identifier_repeated, {"BSM": ["1", "1", None, None, "2"]}, [True, True, False, False, False]),
        (settlements.settlement_code_missing, {"DLBM": ["0702", "0702", "0103", "1004", "1003"], "CZCSXM": ["203", None, None, None, None]},
         [False, True, False, True, False]),
        (areas.class_area_does_not_balance,
         {"TBMJ": [100.0, 100.0, 100.0, 100.0], "KCMJ": [10.0, np.nan, 10.0, 10.0], "TBDLMJ": [90.0, 100.0, 90.005, 90.01]},
         [False, False, False, True]),
        (codes.identifier_of_another_county, {"BSM": ["141127211000000001", "141128211000000001", "141128", None]},
         [False, True, False, False]),
        (codes.identifier_malformed, {"BSM": ["141127211000000001", "1411272110000000A1", "12", None]}, [False, True, True, False]),
        (codes.identifier_prefix_differs, {"BSM": ["141127211000000001", "141127210000000001", "12", None]}, [False, True, False, False]),
        (codes.feature_code_of_another_layer, {"YSDM": ["2001010100", "2001010200", None]}, [False, True, False]),
        (codes.patch_number_repeated,
         {"TBBH": ["1", "1", "2", "1", None, None], "ZLDWDM": [VILLAGE, VILLAGE[:12], VILLAGE, "1411271002020000000", VILLAGE, VILLAGE]},
         [True, True, False, False, False, False]),
        (areas.deducted_area_differs,
         {"TBMJ": [1000.0, 1000.0, 1000.0, 1000.0], "KCXS": [0.1, 0.1, 0.0, np.nan], "KCMJ": [100.01, 100.02, 5.0, 5.0]},
         [False, True, False, False]),
        (areas.deduction_incomplete,
         {"KCDLBM": ["1203", None, "1203", None], "KCXS": [0.1, 0.1, np.nan, 0.0], "KCMJ": [10.0, 10.0, 10.0, 0.0]},
         [False, True, True, False]),
        (settlements.independent_industry_of_another_class,
         {"CZCSXM": ["202A", "202A", "203A", "203", None], "DLBM": ["0601", "0602", "1201", "0602", "0602"]},
         [False, True, True, False, False]),
        (settlements.mining_settlement_of_another_class,
         {"CZCSXM": ["204"] * 4 + ["203"], "DLBM": ["0602", "0603", "1201", "0601", "0601"]}, [False, False, False, True, False]),
        (settlements.special_settlement_of_another_class, {"CZCSXM": ["205", "205", "203"], "DLBM": ["09", "0601", "0601"]},
         [False, True, False]),
        (settlements.class_not_allowed_in_village,
         {"CZCSXM": ["203"] * 5 + ["202"], "DLBM": ["1001", "1002", "1006", "1101", "0702", "1001"]},
         [True, True, True, True, False, False]),
        (settlements.class_not_allowed_in_town,
         {"CZCSXM": ["201", "202", "203", "202"], "DLBM": ["1006", "1006", "1006", "1004"]}, [True, True, False, False]),
        (settlements.settlement_number_malformed, {"CZCDM": [VILLAGE, VILLAGE[:12], None, "14112710020100000X0"]},
         [False, True, True, True]),
        (settlements.settlement_number_does_not_fit_type,
         {"CZCLX": ["201", "201", "202A", "202", "203", "205", None, "204"],
          "CZCDM": ["141127" + "0" * 13, "141127100" + "0" * 10, "141127100" + "0" * 10, VILLAGE, VILLAGE, "141127100" + "0" * 10, VILLAGE,
                    "12"]},
         [False, True, False, True, False, True, False, False]),
    ],
)  # fmt: skip
def test_rule_finds_its_defect_and_no_other(
    check: Callable[[Patches], pd.Series], columns: dict[str, list[Any]], expected: list[bool]
) -> None:
    assert check(patches(**columns)).tolist() == expected


def test_patch_area_may_differ_by_what_rounding_explains() -> None:
    given = patches([10_000.0, 10_000.0, 1e6, np.nan], TBMJ=[10_000.19, 10_000.21, 1e6 + 19.9, 5.0])
    assert areas.stated_area_differs_from_shape(given).tolist() == [False, True, False, False]


def test_every_rule_is_registered_with_who_must_act() -> None:
    registered = finding_rules()
    assert {c.code for c in CHECKS} <= set(registered)
    for code, rule in registered.items():
        if code[0] in "IA":
            assert rule.severity in ("notice", "warning", "error")
            assert rule.responsible
            assert rule.message


@pytest.mark.usefixtures("quick")
def test_patches_with_bad_codes_stay_in_the_layer(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions
) -> None:
    shapes = [at(0, 0, 100, 100), at(100, 0, 200, 100), at(200, 0, 300, 100)]
    area = statutory_area_m2(np.array(shapes), "EPSG:4525").tolist()
    path = write_layer(
        "DLTB.shp", shapes,
        {"BSM": ["1", "2", "2"], "DLBM": ["0103", "601", "0105"], "DLMC": ["旱地", "工业用地", "不明用地"],
         "QSXZ": ["30"] * 3, "QSDWDM": [VILLAGE] * 3, "ZLDWDM": [VILLAGE, VILLAGE, "1411281002010000000"],
         "TBMJ": [area[0], area[1], area[2] + 50], "KCMJ": [0.0, 0.0, 5.0], "TBDLMJ": [area[0], area[1], area[2]],
         "CZCSXM": [None, "203", None]},
    )  # fmt: skip
    got = read_source(source(path, "dltb"), county)
    assert got.account.ok == 3
    assert got.frame["DLBM"].tolist() == ["0103", "0601", "0105"]
    found = got.findings[~got.findings["rule"].str.startswith("I019")]
    pairs = sorted(zip(found["rule"], found["feature"], strict=True))
    assert pairs == [
        ("A001", "dltb#3"), ("A005", "dltb#3"), ("A006", "dltb#3"), ("A007", "dltb#2"), ("A007", "dltb#3"),
        ("A013", "dltb#3"), ("A033", "dltb#1"), ("A033", "dltb#2"), ("A033", "dltb#3"), ("I043", "dltb#2"),
    ]  # fmt: skip
    assert found["x"].notna().all()


@pytest.mark.usefixtures("quick")
def test_missing_standard_fields_are_findings_but_the_class_is_required(
    write_layer: Writer, at: Rect, source: Source, county: CountyOptions
) -> None:
    path = write_layer("DLTB.shp", [at(0, 0, 100, 100)], {"地类编码": ["0103"]})
    got = read_source(source(path, "dltb"), county)
    assert (got.findings["rule"] == "I019").sum() == 29
    assert got.frame["TBMJ"].isna().all()
    assert got.frame["TBMJ"].dtype == "float64"
    other = write_layer("X.shp", [at(0, 0, 100, 100)], {"LB": ["0103"]})
    with pytest.raises(FieldMissingError, match="DLBM"):
        read_source(source(other, "dltb"), county)
    assert read_source(source(other, "dltb", fields={"DLBM": "LB"}), county).frame["DLBM"].tolist() == [
        "0103"
    ]
