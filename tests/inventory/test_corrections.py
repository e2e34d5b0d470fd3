from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from landinv.errors import CorrectionError
from landinv.inventory.corrections import as_text, corrected, correction_findings, of_text
from landinv.model.corrections import CORRECTION_COLUMNS

SQUARE = shapely.box(37548000, 4240000, 37548100, 4240100)


def correction(
    field: str, was: str, value: str, *, key: str = "1", key_field: str = "supervision_no"
) -> pd.DataFrame:
    row = [
        "C-1",
        "supplies",
        key_field,
        key,
        field,
        was,
        value,
        "2022-10-10",
        "示例甲",
        "合同扫描件",
        "stands",
    ]
    return pd.DataFrame([row], columns=list(CORRECTION_COLUMNS)).astype("str")


def supplies(**columns: object) -> gpd.GeoDataFrame:
    data = {"supervision_no": ["1", "2"], **columns}
    return gpd.GeoDataFrame(pd.DataFrame(data), geometry=[SQUARE, None], crs="EPSG:4525")


def state(frame: pd.DataFrame, rows: pd.DataFrame) -> str:
    return str(corrected([frame], rows).corrections["state"].iloc[0])


def test_value_is_replaced_where_it_still_is_what_it_was() -> None:
    given = supplies(holder=["甲", "甲"])
    done = corrected([given], correction("holder", "甲", "乙"))
    assert done.frames[0]["holder"].tolist() == ["乙", "甲"]
    assert done.corrections["state"].tolist() == ["stands"]
    assert given["holder"].tolist() == ["甲", "甲"]


def test_source_that_says_something_else_stands_and_is_told() -> None:
    done = corrected([supplies(holder=["丙", "甲"])], correction("holder", "甲", "乙"))
    assert done.frames[0]["holder"].tolist() == ["丙", "甲"]
    found = correction_findings([done])
    assert found[["rule", "severity", "feature", "field", "value"]].values.tolist() == [
        ["T020", "error", "1", "holder", "丙"]
    ]


def test_record_that_is_gone_and_source_that_was_mended_are_told() -> None:
    assert state(supplies(holder=["甲", "甲"]), correction("holder", "甲", "乙", key="9")) == "gone"
    done = corrected([supplies(holder=["乙", "甲"])], correction("holder", "甲", "乙"))
    assert correction_findings([done])["rule"].tolist() == ["T022"]


@pytest.mark.parametrize(
    ("column", "was", "value", "expected"),
    [
        (pd.to_datetime(["2019-05-01", None]), "2019-05-01", "2020-06-02", pd.Timestamp("2020-06-02")),
        ([1.5, 2.0], "1.5", "3", 3.0),
        (pd.array([True, None], dtype="boolean"), "true", "false", False),
        (pd.array([5, None], dtype="Int64"), "5", "7", 7),
        ([None, "x"], "", "乙", "乙"),
    ],
)
def test_values_of_every_type_are_corrected(column: object, was: str, value: str, expected: object) -> None:
    done = corrected([supplies(value=column)], correction("value", was, value))
    assert done.frames[0]["value"].iloc[0] == expected
    assert done.corrections["state"].tolist() == ["stands"]
    again = corrected(done.frames, correction("value", was, value))
    assert again.corrections["state"].tolist() == ["fulfilled"]


def test_shape_is_corrected_whatever_point_stands_first() -> None:
    moved = shapely.box(37548000, 4240000, 37548100, 4240120)
    turned = shapely.normalize(SQUARE).reverse()
    rows = correction("geometry", turned.wkb_hex, moved.wkb_hex)
    done = corrected([supplies()], rows)
    assert done.frames[0].geometry.iloc[0].equals(moved)
    assert state(gpd.GeoDataFrame(done.frames[0]), rows) == "fulfilled"


def test_record_of_two_sources_is_corrected_in_each_that_says_it() -> None:
    shapes, rows = supplies(), pd.DataFrame({"supervision_no": ["1"], "holder": ["甲"]})
    done = corrected([shapes, rows], correction("holder", "甲", "乙"))
    assert done.frames[1]["holder"].tolist() == ["乙"]
    assert done.corrections["state"].tolist() == ["stands"]


def test_approval_number_is_found_however_it_is_bracketed() -> None:
    frame = pd.DataFrame({"approval_no": ["晋政地字[2015]1号"], "authority": ["省"]})
    done = corrected(
        [frame], correction("authority", "省", "部", key="晋政地字〔2015〕1号", key_field="approval_no")
    )
    assert done.frames[0]["authority"].tolist() == ["部"]


def test_text_that_is_no_value_of_the_column_is_refused() -> None:
    dates = pd.Series(pd.to_datetime(["2019-05-01"]))
    with pytest.raises(CorrectionError, match="agreed_start_on"):
        of_text("去年五月", dates, field="agreed_start_on")
    assert as_text(dates).tolist() == ["2019-05-01"]
