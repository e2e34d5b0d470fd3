from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.inventory.identity import Identity, assign_parcel_ids

E, N = 37548000, 4240000
Row = tuple[str, str | None, shapely.Geometry | None]


def box(x: int, y: int, width: int, height: int = 100) -> shapely.Polygon:
    return shapely.box(E + x, N + y, E + x + width, N + y + height)


def frame(*rows: Row, **columns: list[object]) -> gpd.GeoDataFrame:
    data = {"family": [r[0] for r in rows], "natural_key": [r[1] for r in rows], **columns}
    return gpd.GeoDataFrame(data, geometry=[r[2] for r in rows], crs="EPSG:4525")


def known(ids: list[str], *rows: Row, current: list[bool] | None = None) -> gpd.GeoDataFrame:
    extra: dict[str, list[object]] = {"parcel_id": list(ids)}
    if current is not None:
        extra["current"] = list(current)
    return frame(*rows, **extra)


def numbered(new: gpd.GeoDataFrame, old: gpd.GeoDataFrame | None = None) -> Identity:
    return assign_parcel_ids(new, known([]) if old is None else old, county_code="141127")


P1, P2, P3 = (f"141127-P0000{n}" for n in (1, 2, 3))
S1, S2 = "141127-S00001", "141127-S00002"


def test_first_numbers_go_by_township_then_key_then_north_to_south_then_west_to_east() -> None:
    new = frame(
        ("P", "B", box(0, 0, 10)),
        ("P", "A", box(500, 0, 10)),
        ("P", "A", box(0, 0, 10)),
        ("P", "A", box(900, 500, 10)),
        ("P", "A", box(0, 0, 20)),
        township_code=["141127101", "141127101", "141127101", "141127101", "141127100"],
    )
    assert [i[-1] for i in numbered(new).ids] == ["5", "4", "3", "2", "1"]


def test_families_count_by_themselves() -> None:
    result = numbered(frame(("S", "a", None), ("P", "甲", box(0, 0, 10)), ("S", "b", box(0, 0, 10))))
    assert result.ids.tolist() == [S1, P1, S2]
    assert result.fate.tolist() == ["new"] * 3


def test_same_key_and_shape_keeps_its_number_whatever_ring_start() -> None:
    ring = [(0, 0), (0, 9), (9, 9), (9, 0)]
    turned = [ring[(n + 2) % 4] for n in range(4)][::-1]
    here = shapely.transform(shapely.polygons([ring, turned]), lambda xy: np.add(xy, [E, N]))
    result = numbered(frame(("P", "甲", here[1])), known(["141127-P00042"], ("P", "甲", here[0])))
    assert result.ids.tolist() == ["141127-P00042"]
    assert result.fate.tolist() == ["kept"]


def test_residual_part_of_the_same_approval_is_found_by_half_of_the_smaller_shape() -> None:
    old = known([P1], ("P", "甲", box(0, 0, 100)))
    assert numbered(frame(("P", "甲", box(50, 0, 100))), old).ids.tolist() == [P1]
    assert numbered(frame(("P", "甲", box(51, 0, 100))), old).ids.tolist() == [P2]


def test_residual_part_under_another_key_needs_four_fifths_of_both() -> None:
    old = known([P1], ("P", "甲", box(0, 0, 100)))
    again = numbered(frame(("P", "乙", box(20, 0, 80))), old)
    assert (again.ids.tolist(), again.fate.tolist()) == ([P1], ["reshaped"])
    assert numbered(frame(("P", "乙", box(21, 0, 79))), old).ids.tolist() == [P2]


def test_supply_is_found_by_its_key_wherever_it_lies() -> None:
    old = known([S1], ("S", "1411272015B00012", box(0, 0, 100)))
    moved = numbered(frame(("S", "1411272015B00012", box(900, 0, 100))), old)
    assert (moved.ids.tolist(), moved.fate.tolist()) == ([S1], ["reshaped"])
    elsewhere = numbered(frame(("S", "1411272015B00013", box(50, 0, 100))), old)
    assert (elsewhere.ids.tolist(), elsewhere.fate.tolist()) == ([S2], ["new"])


def test_supply_that_was_renumbered_is_found_by_its_shape_while_it_is_current() -> None:
    row = ("S", "1411272015B00012", box(0, 0, 100))
    new = frame(("S", "1411272015B00013", box(0, 0, 100)))
    assert numbered(new, known([S1], row)).ids.tolist() == [S1]
    gone = known([S1], row, current=[False])
    assert (numbered(new, gone).ids.tolist(), numbered(new, gone).fate.tolist()) == ([S2], ["new"])


@pytest.mark.parametrize(("shift_m", "fate"), [(0.05, "kept"), (0.3, "reshaped"), (20.0, "reshaped")])
def test_boundary_drawn_anew_a_few_centimetres_beside_is_the_same_shape(shift_m: float, fate: str) -> None:
    moved = shapely.affinity.translate(box(0, 0, 100), shift_m, -shift_m)
    result = numbered(frame(("P", "甲", moved)), known([P1], ("P", "甲", box(0, 0, 100))))
    assert (result.ids.tolist(), result.fate.tolist()) == ([P1], [fate])
    assert len(result.lineage) == 0


def test_record_that_gains_its_shape_keeps_its_number() -> None:
    old = known([S1, P1], ("S", "a", None), ("P", "甲", None))
    result = numbered(frame(("P", "甲", box(0, 0, 9)), ("S", "a", box(50, 0, 9))), old)
    assert result.ids.tolist() == [P1, S1]
    assert result.fate.tolist() == ["reshaped", "reshaped"]


def test_families_are_not_mixed_up_by_key_or_shape() -> None:
    old = known([P1], ("P", "甲", box(0, 0, 100)))
    assert numbered(frame(("S", "甲", box(0, 0, 100))), old).ids.tolist() == [S1]


def test_numbers_of_gone_parcels_are_not_given_again() -> None:
    old = known(["141127-P00007"], ("P", "甲", box(0, 0, 100)), current=[False])
    assert numbered(frame(("P", "乙", box(900, 0, 100))), old).ids.tolist() == ["141127-P00008"]


def test_gone_parcel_that_comes_back_gets_its_number_back() -> None:
    old = known(["141127-P00007"], ("P", "甲", box(0, 0, 100)), current=[False])
    assert numbered(frame(("P", "甲", box(0, 0, 100))), old).ids.tolist() == ["141127-P00007"]


def test_current_parcel_comes_before_a_gone_one_of_greater_overlap() -> None:
    old = known([P1, P2], ("P", "甲", box(0, 0, 100)), ("P", "甲", box(0, 0, 60)), current=[False, True])
    assert numbered(frame(("P", "甲", box(0, 0, 99))), old).ids.tolist() == [P2]


def test_split_gives_the_number_to_the_greatest_part_and_tells_the_parent() -> None:
    old = known([P1], ("P", "甲", box(0, 0, 100)))
    result = numbered(frame(("P", "甲", box(0, 0, 30)), ("P", "甲", box(40, 0, 60))), old)
    assert result.ids.tolist() == [P2, P1]
    assert result.fate.tolist() == ["split", "split"]
    assert result.lineage.to_dict("list") == {"parent_id": [P1], "child_id": [P2], "overlap_m2": [3000.0]}


def test_merger_keeps_the_greater_parents_number_and_tells_the_other() -> None:
    old = known([P1, P2], ("P", "甲", box(0, 0, 30)), ("P", "甲", box(30, 0, 70)))
    result = numbered(frame(("P", "甲", box(0, 0, 100))), old)
    assert (result.ids.tolist(), result.fate.tolist()) == ([P2], ["merged"])
    assert result.lineage.to_dict("list") == {"parent_id": [P1], "child_id": [P2], "overlap_m2": [3000.0]}


def test_supply_cut_out_of_a_residual_part_is_new_and_has_its_lineage() -> None:
    old = known([P1], ("P", "甲", box(0, 0, 100)))
    result = numbered(frame(("P", "甲", box(0, 0, 60)), ("S", "a", box(60, 0, 40))), old)
    assert result.ids.tolist() == [P1, S1]
    assert result.fate.tolist() == ["reshaped", "new"]
    assert result.lineage.to_dict("list") == {"parent_id": [P1], "child_id": [S1], "overlap_m2": [4000.0]}


def test_kept_neighbour_is_nobodys_parent() -> None:
    old = known([P1], ("P", "甲", box(0, 0, 100)))
    result = numbered(frame(("P", "甲", box(0, 0, 100)), ("P", "乙", box(10, 0, 10))), old)
    assert result.fate.tolist() == ["kept", "new"]
    assert len(result.lineage) == 0


def test_rows_without_key_are_found_by_shape() -> None:
    old = known([P1], ("P", None, box(0, 0, 100)))
    assert numbered(frame(("P", None, box(0, 0, 100))), old).ids.tolist() == [P1]


def test_index_of_the_frame_is_the_index_of_the_answer() -> None:
    new = frame(("P", "甲", box(0, 0, 9)), ("P", "乙", box(50, 0, 9))).set_index(np.array([7, 3]))
    result = numbered(new)
    assert result.ids.index.tolist() == [7, 3]
    assert result.ids[3] == P1


def test_arguments_are_not_touched() -> None:
    new, old = frame(("P", "甲", box(0, 0, 60))), known([P1], ("P", "甲", box(0, 0, 100)))
    copies = new.copy(deep=True), old.copy(deep=True)
    numbered(new, old)
    assert new.equals(copies[0])
    assert old.equals(copies[1])


parcels = st.lists(
    st.tuples(
        st.sampled_from("PS"), st.sampled_from(["甲", "乙", "丙"]), st.integers(0, 6), st.integers(1, 5)
    ),
    min_size=1,
    max_size=7,
    unique=True,
)


def drawn(rows: list[tuple[str, str, int, int]]) -> gpd.GeoDataFrame:
    # A supply's key names one supply.
    return frame(
        *((f, k if f == "P" else f"{k}{n}", box(10 * x, 0, 10 * w)) for n, (f, k, x, w) in enumerate(rows))
    )


@settings(max_examples=20, deadline=None)
@given(rows=parcels, before=parcels, seed=st.integers(0, 99))
def test_order_of_rows_does_not_matter_and_no_number_is_given_twice(
    rows: list[tuple[str, str, int, int]], before: list[tuple[str, str, int, int]], seed: int
) -> None:
    old = drawn(before)
    old = old.assign(parcel_id=numbered(old).ids)
    new = drawn(rows)
    result = numbered(new, old)
    assert result.ids.is_unique
    shuffled = numbered(new.sample(frac=1, random_state=seed), old.sample(frac=1, random_state=seed))
    assert shuffled.ids.reindex(new.index).equals(result.ids)
    assert shuffled.fate.reindex(new.index).equals(result.fate)
    assert shuffled.lineage.equals(result.lineage)


@settings(max_examples=12, deadline=None)
@given(rows=parcels)
def test_the_same_parcels_again_are_all_kept(rows: list[tuple[str, str, int, int]]) -> None:
    new = drawn(rows)
    old = new.assign(parcel_id=numbered(new).ids)
    again = numbered(new, old)
    assert again.ids.equals(old["parcel_id"].astype("str"))
    assert set(again.fate) == {"kept"}
    assert again.lineage.empty


@pytest.mark.parametrize("digits", ["99999", "100000"])
def test_numbers_grow_beyond_five_digits(digits: str) -> None:
    old = known([f"141127-P{digits}"], ("P", "甲", None))
    assert numbered(frame(("P", "乙", box(0, 0, 9))), old).ids.tolist() == [f"141127-P{int(digits) + 1}"]
