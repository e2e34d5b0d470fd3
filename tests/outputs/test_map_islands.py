"""Values leave as data that neither HTML nor jinja can act on; the register and its shapes leave whole."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import date

import geopandas as gpd
import jinja2
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from landinv.model.parcels import parcel_columns
from landinv.outputs.map.islands import gzip_island, inert_json, json_island, text_column
from landinv.outputs.map.register import (
    card_specification,
    kind_specification,
    link_table,
    parcel_shapes,
    parcel_table,
    share_table,
)
from landinv.outputs.map.tints import tint_of, tints_of
from tests.outputs.test_map_county import CRS, EAST, NORTH, links, parcels, shares

NASTY = [
    "</script><script>x()</script>",
    "<!--",
    "{{7*191}}",
    "{%",
    "{#",
    "{{{{",
    "\u2028",
    "'\"`${x}",
    "&lt;",
    "{",
]
texts = st.one_of(st.text(max_size=20), st.lists(st.sampled_from(NASTY), max_size=3).map("".join))


@given(
    st.recursive(texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
)
def test_inert_json_reads_back_and_holds_nothing_to_act_on(value: object) -> None:
    text = inert_json(value)
    assert json.loads(text) == value
    assert not set("<>&\u2028\u2029") & set(text)
    assert jinja2.Template(text).render() == text


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        inert_json({"area_m2": float("nan")})


def test_half_a_surrogate_pair_does_not_stop_the_page() -> None:
    assert inert_json("\ud800") == '"\\ud800"'


def test_islands_are_scripts_of_a_data_type() -> None:
    assert (
        json_island("words", {"a": 1}).markup()
        == '<script type="application/json" id="landinv-words">{"a":1}</script>\n'
    )


def test_compressed_island_is_the_same_each_time_and_opens_again() -> None:
    content = bytes(range(256)) * 50
    island = gzip_island("x", content)
    assert island == gzip_island("x", content)
    packed = base64.b64decode(island.text)
    assert gzip.decompress(packed) == content
    assert packed[4:8] == bytes(4), "the time of writing stands in the file"


def test_text_column_keeps_missing_apart_from_empty() -> None:
    assert text_column(pd.Series(["b", None, "a", "b", ""])) == {
        "values": ["b", "a", ""],
        "codes": [0, -1, 1, 0, 2],
    }


def test_every_register_column_stands_once_on_the_card() -> None:
    shown = [c["name"] for group in card_specification("zh") for c in group["columns"]]
    assert sorted([*shown, "parcel_id", "kind"]) == sorted(c.name for c in parcel_columns())


def test_card_and_kinds_speak_the_language_asked_for() -> None:
    assert (
        card_specification("en")[0]["columns"][0]["title"] == "Situs"
        or card_specification("en")[0]["columns"][0]["title"].isascii()
    )
    assert [k["title"] for k in kind_specification("zh")][:2] == ["批而未供", "供而未用"]
    assert kind_specification("en")[0]["title"] == "Approved but unsupplied"


def test_register_values_become_json_values() -> None:
    frame = parcels(3)
    frame["area_m2"] = [1.5, np.nan, np.inf]
    frame["idle_days"] = [3.0, np.nan, 4.0]
    frame["available"] = [True, None, "false"]
    frame["approved_on"] = [date(2020, 2, 29), pd.Timestamp("2021-01-02 03:04"), pd.NaT]
    frame["holder"] = ["甲", "", None]
    table = parcel_table(frame)
    assert table["area_m2"] == [1.5, None, None]
    assert table["idle_days"] == [3, None, 4]
    assert table["available"] == [True, None, False]
    assert table["approved_on"] == ["2020-02-29", "2021-01-02", None]
    assert table["holder"] == ["甲", None, None]
    json.dumps(table, allow_nan=False)


def test_columns_the_register_does_not_know_stay_out() -> None:
    assert "secret" not in parcel_table(parcels(2).assign(secret="x"))


def test_shares_come_largest_first_and_links_best_first() -> None:
    found = parcels(4)
    table = share_table(shares(found).sample(frac=1, random_state=1))
    assert table["parcel_id"] == sorted(table["parcel_id"])
    assert table["name"][:2] == ["旱地", "工业用地"]
    two = pd.concat([links(found).assign(score=0.4), links(found)])
    assert link_table(two)["score"][:2] == [1.0, 0.4]


def test_shapes_are_exact_to_the_millimetre() -> None:
    ring = [(0.001, 0.002), (100.5, 0.0), (100.25, 77.777), (0.0, 50.0)]
    hole = [(10, 10), (20, 10), (20, 20)]
    moved = [[(EAST + x, NORTH + y) for x, y in part] for part in (ring, hole)]
    frame = gpd.GeoDataFrame(
        geometry=[shapely.Polygon(moved[0], [moved[1]]), None, shapely.Polygon()], crs=CRS
    )
    found = parcel_shapes(frame)
    assert [len(s) for s in found["shapes"]] == [1, 0, 0]
    assert found["points"][1:] == [None, None]
    steps = np.array(found["shapes"][0][0][0]).reshape(-1, 2)
    back = (np.cumsum(steps, axis=0) + found["origin_mm"]) / 1000
    np.testing.assert_array_equal(back, np.round(moved[0], 3))
    point = (np.array(found["points"][0]) + found["origin_mm"]) / 1000
    assert frame.geometry[0].contains(shapely.Point(point))


def test_no_shape_at_all_is_an_empty_register_of_shapes() -> None:
    frame = gpd.GeoDataFrame(geometry=[None, None], crs=CRS)
    assert parcel_shapes(frame) == {"origin_mm": [0, 0], "shapes": [[], []], "points": [None, None]}


@pytest.mark.parametrize(
    ("code", "group"),
    [("0103", "cropland"), ("0602", "industry"), ("0603", "wetland"), ("1104A", "water"), ("1106", "wetland"), ("0201K", "orchard"),
     ("09", "special"), ("05H1", "commerce"), ("1203", "other"), ("", "unknown"), ("X", "unknown")],
)  # fmt: skip
def test_land_class_groups(code: str, group: str) -> None:
    assert tint_of(code).group == group


def test_tints_leave_missing_codes_out() -> None:
    assert list(tints_of(pd.Series(["0103", None, "0103"]))) == ["0103"]
