"""Every rule of the survey layers' records, by code."""

from __future__ import annotations

from functools import partial
from typing import Final

from landinv.intake.survey_checks import areas, codes, settlements
from landinv.intake.survey_checks.areas import STATED_AREA
from landinv.intake.survey_checks.rule import SurveyCheck
from landinv.model import fields as F
from landinv.model.survey_lists import code_lists, layer_numbers

_EVERY: Final = F.SURVEY_ROLES
_VERIFIED_NUMBER: Final = tuple(r for r, n in layer_numbers().items() if n.is_ysdm_verified)
_INFERRED_NUMBER: Final = tuple(r for r, n in layer_numbers().items() if not n.is_ysdm_verified)


def _in_lists() -> tuple[SurveyCheck, ...]:
    """A check for each field that has a code list; unverified lists have a rule of their own."""
    return tuple(
        SurveyCheck(
            "A029" if known.is_verified else "A030",
            tuple(role for role in F.SURVEY_ROLES if any(f.name == name for f in F.survey_fields(role))),
            (name,),
            partial(codes.value_not_in_list, name),
        )
        for name, known in code_lists().items()
    )


def _stated_areas() -> tuple[SurveyCheck, ...]:
    test, words = areas.stated_area_differs_from_shape, areas.statutory_area
    return tuple(
        SurveyCheck("A006" if role == "dltb" else "A047", (role,), (field,), test, detail=words)
        for role, field in STATED_AREA.items()
    )


CHECKS: Final = (
    SurveyCheck("A001", ("dltb",), (F.DLBM,), codes.unknown_land_class),
    SurveyCheck("A002", ("dltb",), (F.QSXZ,), codes.unknown_tenure),
    SurveyCheck("A003", ("dltb",), (F.QSDWDM,), codes.owner_code_malformed),
    SurveyCheck("A004", ("dltb", "cjdcq"), (F.ZLDWDM,), codes.situs_code_malformed),
    SurveyCheck("A005", ("dltb", "cjdcq"), (F.ZLDWDM,), codes.code_of_another_county),
    SurveyCheck("A005", ("xzq",), (F.XZQDM,), codes.code_of_another_county),
    *_stated_areas(),
    SurveyCheck("A007", _EVERY, (F.BSM,), codes.identifier_repeated),
    SurveyCheck("A008", ("dltb",), (F.CZCSXM, F.DLBM), settlements.settlement_code_missing, needed=(F.DLBM,)),
    SurveyCheck("A009", _EVERY, (F.BSM,), codes.identifier_missing),
    SurveyCheck("A010", ("pzwjstd",), (F.PZYT,), codes.unknown_approved_use),
    SurveyCheck("A011", ("dltb",), (F.DLMC, F.DLBM), codes.class_name_does_not_match),
    SurveyCheck(
        "A013", ("dltb",), (F.TBDLMJ, F.TBMJ, F.KCMJ), areas.class_area_does_not_balance, needed=(F.TBMJ,)
    ),
    *_in_lists(),
    SurveyCheck(
        "A031",
        _VERIFIED_NUMBER,
        (F.YSDM,),
        codes.feature_code_of_another_layer,
        detail=codes.right_feature_code,
    ),
    SurveyCheck(
        "A032",
        _INFERRED_NUMBER,
        (F.YSDM,),
        codes.feature_code_of_another_layer,
        detail=codes.right_feature_code,
    ),
    SurveyCheck("A033", _EVERY, (F.BSM,), codes.identifier_malformed),
    SurveyCheck("A034", _EVERY, (F.BSM,), codes.identifier_of_another_county),
    SurveyCheck("A035", _EVERY, (F.BSM,), codes.identifier_prefix_differs),
    SurveyCheck("A036", ("dltb",), (F.TBBH, F.ZLDWDM), codes.patch_number_repeated),
    SurveyCheck(
        "A037",
        ("dltb",),
        (F.KCMJ, F.TBMJ, F.KCXS),
        areas.deducted_area_differs,
        detail=areas.deducted_by_share,
    ),
    SurveyCheck(
        "A038", ("dltb",), (F.KCMJ, F.KCXS, F.KCDLBM), areas.deduction_incomplete, needed=(F.KCDLBM,)
    ),
    SurveyCheck("A040", ("dltb",), (F.CZCSXM, F.DLBM), settlements.independent_industry_of_another_class),
    SurveyCheck("A041", ("dltb",), (F.CZCSXM, F.DLBM), settlements.mining_settlement_of_another_class),
    SurveyCheck("A042", ("dltb",), (F.CZCSXM, F.DLBM), settlements.special_settlement_of_another_class),
    SurveyCheck("A043", ("dltb",), (F.CZCSXM, F.DLBM), settlements.class_not_allowed_in_village),
    SurveyCheck("A044", ("dltb",), (F.CZCSXM, F.DLBM), settlements.class_not_allowed_in_town),
    SurveyCheck("A045", ("czcdyd",), (F.CZCDM,), settlements.settlement_number_malformed),
    SurveyCheck("A046", ("czcdyd",), (F.CZCDM, F.CZCLX), settlements.settlement_number_does_not_fit_type),
)
