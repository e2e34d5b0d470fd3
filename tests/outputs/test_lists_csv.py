from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landinv.errors import FieldMissingError, FieldValueError, SourceMissingError
from landinv.model.finding_state import STATE_COLUMNS
from landinv.model.findings import FINDING_COLUMNS
from landinv.model.parcels import parcel_columns
from landinv.outputs.lists.csv import (
    SLIVER_COLUMNS,
    read_parcels_csv,
    write_findings_csv,
    write_parcels_csv,
    write_slivers_csv,
)
from landinv.outputs.lists.neutral import is_risky, neutralise, restore

from .test_lists_sample import PAYLOADS, X0, Y0, make_findings, make_parcels, make_slivers


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDINV_LANG", "en")


NAMES = [c.name for c in parcel_columns()]


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def with_texts(texts: tuple[str, ...]) -> gpd.GeoDataFrame:
    return make_parcels(len(texts)).assign(holder=pd.Series(texts, dtype="str"))


def test_columns_are_the_contracts_in_its_order(tmp_path: Path) -> None:
    path = write_parcels_csv(make_parcels(), tmp_path / "parcels.csv")
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfparcel_id,kind,area_m2,")
    assert raw.decode("utf-8-sig").split("\r\n")[0].split(",") == NAMES
    assert raw.count(b"\r\n") == 31
    assert raw.count(b"\n") == raw.count(b"\r\n")


def test_values_are_plain(tmp_path: Path) -> None:
    parcels = make_parcels().assign(price_wan=1200.5, link_score=0.85)
    parcels.loc[3, "area_plane_m2"] = -0.00001
    row = cells(write_parcels_csv(parcels, tmp_path / "p.csv"))[3]
    assert (row["area_m2"], row["area_ha"], row["area_mu"]) == ("1100.0000", "0.110000", "1.650000")
    assert (row["area_plane_m2"], row["price_wan"], row["link_score"]) == ("0.0000", "1200.5", "0.85")
    assert (row["idle_since"], row["as_of"], row["idle_days"]) == ("2020-06-30", "2022-10-10", "832")
    assert (row["available"], row["disposal"]) == ("false", "")
    assert row["parcel_code"] == "141127001001GB00003"


def test_sums_agree_with_the_true_areas(tmp_path: Path) -> None:
    parcels = make_parcels(1000)
    rows = cells(write_parcels_csv(parcels, tmp_path / "p.csv"))
    total = sum(Decimal(row["area_m2"]) for row in rows if row["area_m2"])
    assert abs(float(total) - parcels["area_m2"].sum()) < 0.01


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    parcels = make_parcels()
    back = read_parcels_csv(write_parcels_csv(parcels, tmp_path / "p.csv"))
    expected = pd.DataFrame(parcels.drop(columns="geometry"))
    expected = expected.assign(flags=expected["flags"].where(expected["flags"] != ""))
    pd.testing.assert_frame_equal(back, expected[NAMES], atol=5e-5, rtol=0)


def test_no_cell_is_a_formula_and_every_text_comes_back(tmp_path: Path) -> None:
    assert len(PAYLOADS) == 20
    path = write_parcels_csv(with_texts(PAYLOADS), tmp_path / "p.csv")
    written = [row["holder"] for row in cells(path)]
    assert all(text[0] in "'{" for text in written)
    assert read_parcels_csv(path)["holder"].tolist() == list(PAYLOADS)


def test_plain_numbers_are_left_alone() -> None:
    numbers = pd.Series(["-12.5", "+3", "-1e5", "-.5", "12"])
    assert neutralise(numbers).tolist() == numbers.tolist()


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="'=+-@\t\r\n＝|1a.岚,\"", max_size=6))
def test_restoring_undoes_and_nothing_risky_is_left(text: str) -> None:
    safe = neutralise(pd.Series([text], dtype="str"))
    assert restore(safe).tolist() == [text]
    if safe[0][:1] in set("=+-@\t\r\n＝|") - {""}:
        assert not is_risky(safe)[0]
        float(safe[0])


awkward = st.text(alphabet="'=\r\n,\"岚 a", min_size=1, max_size=8)


@settings(max_examples=4, deadline=None)
@given(st.lists(awkward, min_size=20, max_size=40))
def test_any_text_survives_the_file(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("csv") / "p.csv"
    write_parcels_csv(with_texts(tuple(texts)), path)
    assert read_parcels_csv(path)["holder"].tolist() == texts


def test_same_parcels_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = (write_parcels_csv(make_parcels(), tmp_path / name) for name in ("a.csv", "b.csv"))
    assert one.read_bytes() == two.read_bytes()


def test_reading_names_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(SourceMissingError, match=r"nowhere\.csv"):
        read_parcels_csv(tmp_path / "nowhere.csv")
    path = write_parcels_csv(make_parcels(3), tmp_path / "p.csv")
    text = path.read_text(encoding="utf-8-sig")
    path.write_text(text.replace("area_mu", "mu"), encoding="utf-8")
    with pytest.raises(FieldMissingError, match="area_mu"):
        read_parcels_csv(path)
    for wrong in ("1000.0000,9x", "true,yes", "2016-03-01,2016/3/1"):
        path.write_text(text.replace(*wrong.split(",")), encoding="utf-8")
        with pytest.raises(FieldValueError, match=r"p\.csv"):
            read_parcels_csv(path)


def test_findings_keep_their_columns_and_coordinates(tmp_path: Path) -> None:
    rows = cells(write_findings_csv(make_findings(), tmp_path / "f.csv"))
    assert list(rows[0]) == list(FINDING_COLUMNS)
    assert (rows[0]["rule"], rows[0]["x"], rows[1]["x"]) == ("A013", f"{X0 + 1}.500", "")


def test_slivers_have_a_point_inside(tmp_path: Path) -> None:
    rows = cells(write_slivers_csv(make_slivers(), tmp_path / "s.csv"))
    assert list(rows[0]) == list(SLIVER_COLUMNS)
    assert (rows[0]["area_m2"], rows[0]["width_m"]) == ("30.0000", "0.500")
    assert X0 < float(rows[0]["x"]) < X0 + 60
    assert Y0 < float(rows[0]["y"]) < Y0 + 0.5


def test_no_slivers_make_a_header_alone(tmp_path: Path) -> None:
    path = write_slivers_csv(make_slivers().iloc[:0], tmp_path / "s.csv")
    assert path.read_text(encoding="utf-8-sig").splitlines() == [",".join(SLIVER_COLUMNS)]


def test_states_of_findings_stand_last(tmp_path: Path) -> None:
    found = make_findings()
    stated = found.assign(
        finding_id="F-0123456789",
        state="accepted",
        first_seen_on=pd.Timestamp("2022-10-10"),
        fixed_on=pd.NaT,
        accepted_on=pd.Timestamp("2023-01-02"),
        accepted_by="示例甲",
        accepted_why="=1+1",
    )
    row = cells(write_findings_csv(stated, tmp_path / "f.csv"))[0]
    assert list(row) == [*FINDING_COLUMNS, *STATE_COLUMNS]
    assert (row["first_seen_on"], row["fixed_on"], row["accepted_on"]) == ("2022-10-10", "", "2023-01-02")
    assert row["accepted_why"] == "'=1+1"
    assert list(cells(write_findings_csv(found, tmp_path / "g.csv"))[0]) == list(FINDING_COLUMNS)
