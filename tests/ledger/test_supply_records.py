from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from landinv.errors import CRSError
from landinv.ledger.supply_records import JOIN_COLUMNS, SupplyJoin, join_supply_records

CRS = "EPSG:4525"
E0, N0 = 37548000, 4240000
SUP = "1411272015B0001{}"


def square(column: int, side: int = 100) -> Polygon:
    west = E0 + 1000 * column
    return box(west, N0, west + side, N0 + side)


def shapes(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    numbered = [
        {"geometry": square(n), "source_ref": f"supplies#{n + 1}", **row} for n, row in enumerate(rows)
    ]
    return gpd.GeoDataFrame(numbered, geometry="geometry", crs=CRS)


def records(*rows: dict[str, Any]) -> pd.DataFrame:
    table = pd.DataFrame([{"source_ref": f"supplies.contracts#{n + 4}", **row} for n, row in enumerate(rows)])
    dates = [name for name in table if str(name).endswith("_on")]
    return table.assign(**{name: pd.to_datetime(table[name]).astype("datetime64[s]") for name in dates})


def join(*frames: pd.DataFrame) -> SupplyJoin:
    return join_supply_records(frames, crs=CRS)


def codes(found: SupplyJoin) -> list[str]:
    return sorted(found.findings["rule"])


def test_shape_and_record_become_one_supply() -> None:
    found = join(
        shapes({"supervision_no": SUP.format(1), "holder": "岚县甲木铸造有限公司"}),
        records(
            {"supervision_no": " 1411272015b00011", "agreed_start_on": "2020-01-01", "supplied_area": 1e4}
        ),
    )
    row = found.supplies.iloc[0]
    assert len(found.supplies) == 1
    assert row["supervision_no"] == "1411272015b00011"  # trimmed, else as the ledger has it
    assert row["record_key"] == SUP.format(1)
    assert (row["holder"], row["agreed_start_on"]) == ("岚县甲木铸造有限公司", pd.Timestamp("2020-01-01"))
    assert (row["has_shape"], row["has_record"]) == (True, True)
    assert row["source_refs"] == "supplies#1;supplies.contracts#4"
    assert row["geometry"].area == 1e4
    assert codes(found) == []


def test_contract_number_joins_where_supervision_number_does_not() -> None:
    found = join(
        shapes({"contract_no": "岚出让[2019]5号"}),
        records({"contract_no": "岚出让〔2019〕５ 号", "supervision_no": SUP.format(1)}),
    )
    assert found.supplies["supervision_no"].tolist() == [SUP.format(1)]
    assert codes(found) == []


def test_supervision_number_goes_before_contract_number() -> None:
    found = join(
        shapes(
            {"supervision_no": SUP.format(1), "contract_no": "合2"},
            {"supervision_no": SUP.format(2), "contract_no": "合1"},
        ),
        records(
            {"supervision_no": SUP.format(1), "contract_no": "合1", "holder": "甲"},
            {"supervision_no": SUP.format(2), "contract_no": "合2", "holder": "乙"},
        ),
    )
    assert found.supplies["holder"].tolist() == ["甲", "乙"]
    assert codes(found) == ["L004", "L004"]


def test_wrong_supervision_number_is_joined_by_contract_and_shown() -> None:
    found = join(
        shapes({"supervision_no": SUP.format(1), "contract_no": "合1"}),
        records({"supervision_no": SUP.format(9), "contract_no": "合1"}),
    )
    assert len(found.supplies) == 1
    assert codes(found) == ["L004"]
    finding = found.findings.iloc[0]
    assert finding["field"] == "supervision_no"
    assert SUP.format(1) in finding["value"]
    assert SUP.format(9) in finding["value"]


def test_ambiguous_contract_number_joins_nothing() -> None:
    found = join(
        shapes(
            {"supervision_no": SUP.format(1), "contract_no": "合1"},
            {"supervision_no": SUP.format(2), "contract_no": "合1"},
        ),
        records({"contract_no": "合1"}),
    )
    assert len(found.supplies) == 3
    assert found.supplies["has_record"].tolist() == [False, False, True]
    assert codes(found).count("L009") == 3


def test_parcel_code_joins_only_where_nothing_speaks_against_it() -> None:
    code = "141127001001GB00001"
    joined = join(shapes({"parcel_code": code}), records({"parcel_code": code, "contract_no": "合1"}))
    assert (len(joined.supplies), codes(joined)) == (1, ["L010"])
    apart = join(
        shapes({"parcel_code": code, "contract_no": "合2"}),
        records({"parcel_code": code, "contract_no": "合1"}),
    )
    assert (len(apart.supplies), codes(apart)) == (2, ["L001", "L002"])


def test_shape_without_record_is_found_only_where_records_were_given() -> None:
    shape = shapes({"supervision_no": SUP.format(1)})
    assert codes(join(shape)) == []
    found = join(shape, records({"supervision_no": "1411272019A77777"}))
    assert codes(found) == ["L001", "L002"]
    bare = found.findings.set_index("rule").loc["L001"]
    assert (bare["x"], bare["y"]) == (E0 + 50, N0 + 50)


def test_record_without_shape_has_no_geometry() -> None:
    found = join(records({"supervision_no": SUP.format(1)}))
    row = found.supplies.iloc[0]
    assert row["geometry"] is None
    assert (row["has_shape"], row["has_record"]) == (False, True)
    assert codes(found) == ["L002"]


def test_row_of_a_layer_without_geometry_is_a_record() -> None:
    layer = shapes({"supervision_no": SUP.format(1)}, {"supervision_no": SUP.format(2), "geometry": None})
    found = join(layer)
    assert found.supplies["has_shape"].tolist() == [True, False]


def test_nearly_equal_numbers_are_named_and_not_joined() -> None:
    found = join(
        shapes({"supervision_no": "1411272015B00012"}), records({"supervision_no": "1411272015B00021"})
    )
    assert len(found.supplies) == 2
    assert codes(found) == ["L001", "L002", "L011"]


@pytest.mark.parametrize(
    ("recorded", "declared", "apart"),
    [(1e4, 1e4, False), (10009, 10000, False), (10011, 10000, True), (15, 10000, True), (10000, 10020, True)],
)
def test_area_of_record_and_shape_are_compared(recorded: float, declared: float, apart: bool) -> None:
    found = join(
        shapes({"supervision_no": SUP.format(1), "supplied_area": declared}),
        records({"supervision_no": SUP.format(1), "supplied_area": recorded}),
    )
    assert codes(found) == (["L003"] if apart else [])
    assert found.supplies["supplied_area"].tolist() == [recorded]


def test_area_is_compared_with_the_shape_itself_where_it_declares_none() -> None:
    found = join(
        shapes({"supervision_no": SUP.format(1)}),
        records({"supervision_no": SUP.format(1), "supplied_area": 9000}),
    )
    assert codes(found) == ["L003"]
    assert "图形填报缺" in found.findings["value"].iloc[0]


def test_disagreement_on_key_fields_shows_both_values_and_their_rows() -> None:
    found = join(
        shapes({"supervision_no": SUP.format(1), "holder": "岚县甲木铸造有限公司", "location": "东村"}),
        records({"supervision_no": SUP.format(1), "holder": "岚县乙木铸造有限公司", "location": "西村"}),
    )
    assert found.supplies["holder"].tolist() == ["岚县乙木铸造有限公司"]
    finding = found.findings.iloc[0]
    assert (finding["rule"], finding["feature"], finding["field"]) == ("L004", SUP.format(1), "holder")
    assert finding["value"] == (
        "岚县甲木铸造有限公司［supplies#1］；岚县乙木铸造有限公司［supplies.contracts#4］"
    )


def test_exact_repetition_counts_once() -> None:
    row = {"supervision_no": SUP.format(1), "holder": "甲"}
    found = join(shapes({"supervision_no": SUP.format(1)}), records(row, row))
    assert len(found.supplies) == 1
    assert found.supplies["source_refs"].iloc[0] == "supplies#1;supplies.contracts#4;supplies.contracts#5"
    assert codes(found) == ["L005"]


def test_repetition_without_any_number_counts_once() -> None:
    found = join(records({"holder": "甲"}, {"holder": "甲"}, {"holder": "乙"}))
    assert found.supplies["holder"].tolist() == ["甲", "乙"]
    assert found.supplies["record_key"].str.startswith("ROW-").all()
    assert codes(found) == ["L002", "L002", "L005"]


def test_records_that_complete_each_other_are_merged() -> None:
    found = join(
        records({"supervision_no": SUP.format(1), "agreed_start_on": "2020-01-01", "holder": None}),
        records({"supervision_no": SUP.format(1), "holder": "甲", "agreed_start_on": None}),
    )
    row = found.supplies.iloc[0]
    assert (len(found.supplies), row["holder"], row["agreed_start_on"].year) == (1, "甲", 2020)
    assert codes(found) == ["L002", "L006"]


def test_contradicting_records_are_kept_apart_and_the_first_joins() -> None:
    found = join(
        shapes({"supervision_no": SUP.format(1)}),
        records(
            {"supervision_no": SUP.format(1), "holder": "甲"},
            {"supervision_no": SUP.format(1), "holder": "乙"},
        ),
    )
    assert found.supplies["holder"].tolist() == ["甲", "乙"]
    assert found.supplies["has_shape"].tolist() == [True, False]
    assert found.supplies["record_key"].tolist() == [SUP.format(1), SUP.format(1) + "~2"]
    assert codes(found) == ["L002", "L007"]


def test_several_shapes_of_one_number_are_one_supply() -> None:
    found = join(shapes({"supervision_no": SUP.format(1)}, {"supervision_no": SUP.format(1)}))
    assert len(found.supplies) == 1
    assert found.supplies.geometry.iloc[0].area == 2e4
    assert codes(found) == ["L008"]


@pytest.mark.parametrize(("stated", "whole"), [((1e4, 1e4), 2e4), ((2e4, 2e4), 2e4), ((9e3, 1.1e4), 2e4)])
def test_declared_area_of_several_shapes_is_read_by_what_the_shapes_measure(
    stated: tuple[float, float], whole: float
) -> None:
    found = join(shapes(*({"supervision_no": SUP.format(1), "supplied_area": area} for area in stated)))
    assert found.supplies["supplied_area"].tolist() == [whole]


def test_disagreeing_shapes_of_one_supply_are_found() -> None:
    found = join(
        shapes({"contract_no": "合1", "holder": "甲"}, {"contract_no": "合1", "holder": "乙"}),
    )
    assert codes(found) == ["L008", "L012"]


def test_nothing_in_gives_nothing_out() -> None:
    for frames in ((), (shapes({}).iloc[:0],), (records({}).iloc[:0],)):
        found = join(*frames)
        assert (len(found.supplies), len(found.findings)) == (0, 0)
        assert tuple(found.supplies.columns) == JOIN_COLUMNS
        assert found.supplies.crs == CRS


def test_shapes_of_another_crs_are_refused() -> None:
    with pytest.raises(CRSError, match="EPSG:4526"):
        join(shapes({}).set_crs("EPSG:4526", allow_override=True))


def test_inputs_are_not_changed() -> None:
    layer, table = shapes({"supervision_no": SUP.format(1)}), records({"supervision_no": SUP.format(1)})
    before = layer.copy(deep=True), table.copy(deep=True)
    join(layer, table)
    pd.testing.assert_frame_equal(layer, before[0])
    pd.testing.assert_frame_equal(table, before[1])


numbers = st.sampled_from([None, "1", "2", "3"])
row = st.fixed_dictionaries(
    {
        "supervision_no": numbers,
        "contract_no": numbers,
        "parcel_code": numbers,
        "holder": st.sampled_from("甲乙"),
    }
)


@settings(max_examples=8, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(st.lists(row, max_size=5), st.lists(row, max_size=5))
def test_no_row_and_no_land_is_lost(left: list[dict[str, Any]], right: list[dict[str, Any]]) -> None:
    layer = shapes(*left) if left else shapes({}).iloc[:0]
    table = records(*right) if right else records({}).iloc[:0]
    found = join(layer, table).supplies
    kept = sorted(";".join(found["source_refs"]).split(";")) if len(found) else []
    assert kept == sorted([*layer["source_ref"], *table["source_ref"]])
    assert found.geometry.area.sum() == pytest.approx(1e4 * len(left))
    assert found["record_key"].is_unique
    assert (found["has_shape"] == found.geometry.notna()).all()
