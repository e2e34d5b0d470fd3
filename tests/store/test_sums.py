from __future__ import annotations

import pytest

from landinv.store.sums import joint_sum, row_sum, to_json


def test_form_of_row_sums_stands_fast_for_stores_already_written() -> None:
    assert row_sum(("甲", 1.5, None, 7, -(2**40), ""), b"GP") == "004da56d74260e0a93ba2f6c89cdd429"


def test_interned_and_computed_texts_have_one_sum() -> None:
    assert row_sum(("abc",)) == row_sum(("".join(["a", "bc"]),))


@pytest.mark.parametrize(
    ("one", "other"),
    [(("1",), (1,)), ((1,), (1.0,)), (("",), (None,)), (("a", "b"), ("ab",)), ((None, "a"), ("a",))],
)
def test_what_differs_in_type_or_place_differs_in_sum(
    one: tuple[object, ...], other: tuple[object, ...]
) -> None:
    assert row_sum(one) != row_sum(other)


def test_empty_columns_at_the_end_and_no_shape_do_not_blur() -> None:
    assert row_sum(("a", None, None)) == row_sum(("a",))
    assert row_sum(("a",), b"x") != row_sum(("a",))


def test_joint_sum_depends_on_order() -> None:
    assert joint_sum(["a", "b"]) != joint_sum(["b", "a"])


def test_json_has_keys_in_order_and_plain_hanzi() -> None:
    assert to_json({"b": 1, "a": "甲"}) == '{"a":"甲","b":1}'
