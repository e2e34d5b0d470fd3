from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.inventory.finding_ids import finding_ids
from landinv.model.datasets import Dataset, SourceAccount
from landinv.model.findings import concat_findings, findings
from landinv.model.options import SourceOptions

X, Y = 37_548_000.0, 4_240_000.0


def dataset(
    key: str, columns: dict[str, Sequence[Any]], *, first: int = 1, at: Sequence[float] = ()
) -> Dataset:
    """A source whose records are numbered from ``first``; with ``at``, squares of 10 m that far to the east."""
    count = len(next(iter(columns.values())))
    frame = pd.DataFrame({**columns, "source_ref": [f"{key}#{first + n}" for n in range(count)]})
    if at:
        shapes = [shapely.box(X + e, Y, X + e + 10, Y + 10) for e in at]
        frame = gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4525")
    role = key.partition(".")[0]
    account = SourceAccount(key, role, "", "", "", "", count, count, 0, 0)
    return Dataset(
        SourceOptions(key, role, Path(key)), frame, account, frame.iloc[:0], findings("A001", dataset=key)
    )


def ids(found: pd.DataFrame, *sources: Dataset) -> list[str]:
    return finding_ids(found, sources).tolist()


def class_unknown(*refs: str, value: str = "0105") -> pd.DataFrame:
    return findings("A001", dataset="dltb", feature=list(refs), field="DLBM", value=[value] * len(refs))


def test_number_is_short_and_has_a_form() -> None:
    assert re.fullmatch(
        r"F-[0-9a-f]{10}", ids(class_unknown("dltb#1"), dataset("dltb", {"BSM": ["1411"]}))[0]
    )
    assert ids(class_unknown()) == []


@given(shift=st.integers(1, 500), count=st.integers(1, 6))
@settings(max_examples=20, deadline=None)
def test_numbers_survive_when_records_shift(shift: int, count: int) -> None:
    keys = [f"14112721100{n:07d}" for n in range(count)]
    before = dataset("dltb", {"BSM": keys}, at=range(count))
    after = dataset("dltb", {"BSM": keys}, first=1 + shift, at=range(count))
    old = ids(class_unknown(*before.frame["source_ref"]), before)
    assert ids(class_unknown(*after.frame["source_ref"]), after) == old
    assert len(set(old)) == count


def test_another_value_rule_field_or_record_is_another_finding() -> None:
    source = dataset("dltb", {"BSM": ["1411", "1412"]})
    frames = [
        class_unknown("dltb#1"),
        class_unknown("dltb#2"),
        class_unknown("dltb#1", value="0199"),
        findings("A002", dataset="dltb", feature="dltb#1", field="DLBM", value="0105"),
        findings("A001", dataset="dltb", feature="dltb#1", field="PZYT", value="0105"),
    ]
    # One by one: together, an ordinal would tell equal ones apart.
    assert len({ids(frame, source)[0] for frame in frames}) == len(frames)


def test_another_measure_in_the_message_is_another_finding() -> None:
    source = dataset("approvals", {"approval_no": ["晋政地字〔2019〕1号"]})
    small, large = (
        findings("S003", dataset="approvals", feature="approvals#1", detail=f"重叠{area}平方米")
        for area in ("12.00", "5000.00")
    )
    assert ids(small, source) != ids(large, source)


def test_rewording_a_rule_leaves_the_number() -> None:
    source = dataset("dltb", {"BSM": ["1411"]})
    found = class_unknown("dltb#1")
    told = found.assign(layer="DLTB2020", severity="notice", responsible="别的科室", action="repaired")
    assert ids(told, source) == ids(found, source)


def test_feature_without_a_key_is_known_by_its_place() -> None:
    def at(east: float, first: int) -> list[str]:
        zone = dataset("constraints.farmland", {"name": ["示例"] * 2}, first=first, at=(0.0, east))
        found = findings("I016", dataset="constraints.farmland", feature=f"constraints.farmland#{first + 1}")
        return ids(found, zone)

    assert at(500.0, 1) == at(500.0, 8) == at(500.3, 1)
    assert at(500.0, 1) != at(540.0, 1)


def test_row_without_a_key_is_known_by_its_content() -> None:
    def row(owner: str, first: int) -> list[str]:
        table = dataset("projects", {"project_code": [None], "owner": [owner]}, first=first)
        return ids(findings("I039", dataset="projects", feature=f"projects#{first}"), table)

    assert row("岚县甲木铸造有限公司", 3) == row("岚县甲木铸造有限公司", 9)
    assert row("岚县甲木铸造有限公司", 3) != row("岚县乙水置业有限公司", 3)


def test_first_filled_key_counts() -> None:
    table = dataset("supplies", {"supervision_no": [None, "S2"], "contract_no": ["C1", None]})
    same = dataset("supplies", {"supervision_no": ["S2", None], "contract_no": ["X", "C1"]})
    one = findings("R010", dataset="supplies", feature=["supplies#1", "supplies#2"])
    other = findings("R010", dataset="supplies", feature=["supplies#2", "supplies#1"])
    assert ids(one, table) == ids(other, same)


def test_several_records_of_one_feature_are_one_key() -> None:
    def joined(first: int, rows: str) -> list[str]:
        shapes = dataset("supplies", {"supervision_no": ["1411272015B00011"]}, first=first)
        table = dataset("supplies.contracts", {"supervision_no": ["1411272015B00011"]}, first=1)
        named = table.frame.assign(source_ref=[f"supplies.contracts#{rows}"])
        table = Dataset(table.options, named, table.account, named.iloc[:0], table.findings)
        feature = f"supplies#{first};supplies.contracts#{rows}"
        found = findings("S005", dataset="supplies", feature=feature, detail=f"与{feature}重叠4.19平方米")
        return ids(found, shapes, table)

    assert joined(5, "供地台账!9") == joined(4, "供地台账!8") == joined(4, "二〇二三年!8")


def test_record_that_was_left_out_is_known_by_its_sheet() -> None:
    table = dataset("projects", {"project_code": ["2019-141127-33-01-337570"]})
    told = [
        findings("I030", dataset="projects", feature=f"projects#{ref}", value="合计")
        for ref in ("重点!48", "重点!47", "招商!48")
    ]
    first, second, other = (ids(found, table)[0] for found in told)
    assert first == second != other


def test_equal_findings_are_told_apart_by_place_whatever_their_order() -> None:
    source = dataset("dltb", {"BSM": ["1411", "1411"]})
    found = class_unknown("dltb#1", "dltb#2").assign(x=[X, X + 50], y=Y)
    one, two = ids(found, source)
    assert one != two
    assert ids(found.iloc[::-1].reset_index(drop=True), source) == [two, one]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["", "1"])), max_size=8))
@settings(max_examples=25, deadline=None)
def test_numbers_are_unique_and_the_same_again(rows: list[tuple[str, str]]) -> None:
    found = concat_findings(
        [findings("A001", dataset="dltb", feature=feature, value=value) for feature, value in rows]
    )
    given_ids = ids(found)
    assert len(set(given_ids)) == len(rows)
    assert ids(found) == given_ids
