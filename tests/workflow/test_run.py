"""The whole job on a county small enough to work out by hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyproj
import pytest
import shapely
from shapely.geometry import Polygon, box

from landinv.errors import LandinvError, SourceMissingError
from landinv.workflow.run import RunResult, run

GEOD = pyproj.Geod(a=6378137.0, rf=298.257222101)
DEGREES = pyproj.Transformer.from_crs("EPSG:4525", "EPSG:4490", always_xy=True)


def on_ellipsoid(x1: float, y1: float, x2: float, y2: float) -> float:
    """Area of a rectangle by another way than the program's: geodesics between points 5 m apart."""
    ring = shapely.segmentize(box(x1, y1, x2, y2), 5.0).exterior.coords
    lon, lat = DEGREES.transform([37_548_000 + x for x, _ in ring], [4_240_000 + y for _, y in ring])
    return abs(GEOD.geometry_area_perimeter(Polygon(zip(lon, lat, strict=True)))[0])


@dataclass(frozen=True)
class Done:
    """A finished run: what it returned and what it left."""

    folder: Path
    project: Path
    result: RunResult

    def parcels(self) -> pd.DataFrame:
        return pd.read_csv(
            self.folder / "out" / "parcels.csv", dtype=str, encoding="utf-8-sig", keep_default_na=False
        )

    def parcel(self, **where: str) -> pd.Series:
        rows = self.parcels()
        for column, value in where.items():
            rows = rows[rows[column] == value]
        assert len(rows) == 1, where
        return rows.iloc[0]

    def record(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.folder / "out" / "run.json").read_text(encoding="utf-8"))
        return loaded


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    import importlib.util

    spec = importlib.util.spec_from_file_location("county", Path(__file__).parents[1] / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    county = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(county)
    folder = tmp_path_factory.mktemp("岚 县")
    project = county.write_county(folder)
    return Done(folder, project, run(project))


def test_residual_of_a_half_supplied_approval(done: Done) -> None:
    parcel = done.parcel(approval_no="晋政地字〔2015〕1号", kind="approved_unsupplied")
    assert float(parcel.area_m2) == pytest.approx(on_ellipsoid(200, 100, 300, 300), abs=0.01)
    assert float(parcel.area_plane_m2) == 20_000.0
    assert float(parcel.area_mu) == pytest.approx(float(parcel.area_m2) * 0.0015, abs=1e-4)
    assert (parcel.township, parcel.village, parcel.tenure) == ("东村镇", "甲村", "集体")
    assert (parcel.landclass_code, parcel.planned_use_code) == ("0103", "1001")
    assert float(parcel.farmland_m2) == pytest.approx(float(parcel.area_m2), abs=0.01)
    assert float(parcel.permanent_farmland_m2) == 0.0
    assert (parcel.cohort, parcel.available) == ("2009-2018", "true")


def test_an_approval_without_supply_stays_whole(done: Done) -> None:
    parcel = done.parcel(approval_no="晋政地字〔2016〕2号")
    assert float(parcel.area_plane_m2) == 20_000.0
    assert parcel.kind == "approved_unsupplied"
    assert "built_on" in parcel["flags"].split(";")
    assert parcel.available == "false"
    assert parcel.planned_use_code == "070102"  # 15,000 m² of it, against 5,000 m² of 1001


def test_a_strip_of_ten_centimetres_is_a_sliver_and_no_parcel(done: Done) -> None:
    assert not (
        done.parcels()["kind"].eq("approved_unsupplied")
        & done.parcels()["approval_no"].eq("晋政地字〔2017〕3号")
    ).any()
    slivers = pd.read_csv(done.folder / "out" / "slivers.csv", encoding="utf-8-sig")
    assert slivers["approval_no"].tolist() == ["晋政地字〔2017〕3号"]
    assert slivers["area_m2"][0] == pytest.approx(10.0, abs=0.01)


def test_the_balance_closes_for_every_approval(done: Done) -> None:
    balance = {row["approval_no"]: row for row in done.record()["balance"]}
    assert len(balance) == 4
    for row in balance.values():
        parts = sum(
            v for k, v in row.items() if k.endswith("_m2") and k not in ("approved_m2", "difference_m2")
        )
        assert row["approved_m2"] - parts == pytest.approx(row["difference_m2"], abs=1e-6)
        assert abs(row["difference_m2"]) <= 0.01
    first, withdrawn = balance["晋政地字〔2015〕1号"], balance["晋政地字〔2018〕4号"]
    assert first["supplied_m2"] == pytest.approx(on_ellipsoid(100, 100, 200, 300), abs=0.01)
    assert withdrawn["withdrawn_m2"] == pytest.approx(on_ellipsoid(850, 400, 950, 500), abs=0.01)
    assert withdrawn["unsupplied_m2"] == 0.0


def test_on_the_anniversary_itself_the_land_is_suspected(done: Done) -> None:
    parcel = done.parcel(supervision_no="1411272015B00011")
    assert (parcel.kind, parcel.idle_level, parcel.idle_days) == ("suspected_idle", "1", "0")
    assert float(parcel.fee_wan) == 60.0
    assert parcel.idle_since == "2022-10-10"
    assert parcel.next_change_on == "2023-10-10"
    assert "第53号" in parcel.clause
    assert float(parcel.permanent_farmland_m2) == pytest.approx(on_ellipsoid(100, 100, 150, 300), abs=0.01)
    assert float(parcel.area_declared_m2) == 20_000.0


def test_past_its_start_for_less_than_a_year_it_is_unstarted(done: Done) -> None:
    parcel = done.parcel(supervision_no="1411272017B00033")
    assert (parcel.kind, parcel.idle_level, parcel.fee_wan) == ("supplied_unstarted", "", "")
    assert (parcel.next_kind, parcel.next_change_on) == ("suspected_idle", "2023-03-01")


def test_a_supply_without_shape_is_kept_and_says_so(done: Done) -> None:
    parcel = done.parcel(supervision_no="1411272018B00044")
    assert (parcel.kind, parcel.idle_level, parcel.area_m2) == ("suspected_idle", "2", "")
    assert "没有图形" in parcel.reason
    assert float(parcel.area_declared_m2) == 5_000.0


def test_a_project_is_linked_by_its_code(done: Done) -> None:
    parcel = done.parcel(supervision_no="1411272015B00011")
    assert parcel.link_method == "project_code"
    links = pd.read_csv(done.folder / "out" / "feed" / "links.csv", dtype=str)
    assert parcel.parcel_id in links["parcel_id"].tolist()


def test_shares_add_up_to_every_parcel(done: Done) -> None:
    import sqlite3

    with sqlite3.connect(done.folder / "register.gpkg") as store:
        shares = pd.read_sql("select * from shares", store)
        parcels = pd.read_sql("select parcel_id, area_m2 from parcels where area_m2 is not null", store)
    store.close()
    area = parcels.set_index("parcel_id")["area_m2"]
    for theme in ("landclass", "owner", "village", "township", "plan"):
        sums = shares[shares["theme"] == theme].groupby("parcel_id")["area_m2"].sum()
        assert (sums - area).abs().max() < 1e-3, theme
        assert set(sums.index) == set(area.index)


def test_every_record_of_every_source_is_accounted_for(done: Done) -> None:
    sources = done.record()["sources"]
    assert {s["role"] for s in sources} >= {"dltb", "approvals", "supplies", "projects", "constraints"}
    for source in sources:
        assert source["declared"] == source["ok"] + source["repaired"] + source["quarantined"], source
        assert len(source["sha256"]) == 64


def test_outputs_carry_their_hashes(done: Done) -> None:
    outputs = done.record()["outputs"]
    names = {o["path"] for o in outputs}
    assert {"parcels.csv", "parcels.xlsx", "map.html", "findings.csv", "slivers.csv"} <= names
    assert any(n.startswith("feed/") for n in names)
    for output in outputs:
        content = (done.folder / "out" / output["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == output["sha256"], output


def everything(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in folder.rglob("*")
        if p.is_file() and p.name != "run.json"
    }


def test_the_second_run_changes_no_byte(done: Done) -> None:
    before, record = everything(done.folder), done.record()
    again = run(done.project)
    assert everything(done.folder) == before
    assert dict(again.changes) == {"added": 0, "removed": 0, "changed": 0}
    later = done.record()
    volatile = {"seconds", "finished_at"}
    assert {k: v for k, v in later.items() if k not in volatile} == {
        k: v for k, v in record.items() if k not in volatile
    }


def test_as_of_beats_the_project_file(
    done: Done, tmp_path: Path, make_county: Callable[[Path], Path]
) -> None:
    project = make_county(tmp_path)
    run(project, as_of=date(2022, 10, 9), out=tmp_path / "elsewhere")
    parcels = pd.read_csv(tmp_path / "elsewhere" / "parcels.csv", dtype=str, encoding="utf-8-sig")
    kinds = parcels.set_index("supervision_no")["kind"]
    assert kinds["1411272015B00011"] == "supplied_unstarted"  # the day before the anniversary
    assert not (tmp_path / "out").exists()


def test_a_changed_supply_is_reported_and_numbers_stay(
    tmp_path: Path, make_county: Callable[[Path], Path]
) -> None:
    import importlib.util

    project = make_county(tmp_path)
    first = run(project)
    ids = pd.read_csv(tmp_path / "out" / "parcels.csv", dtype=str, encoding="utf-8-sig")["parcel_id"].tolist()
    spec = importlib.util.spec_from_file_location("county", Path(__file__).parents[1] / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    county = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(county)
    county.write_layer(
        tmp_path / "GD.shp",
        [county.at(100, 100, 220, 300), county.at(700.1, 100, 800, 200), county.at(450, 50, 650, 150)],
        DZJGH=["1411272015B00011", "1411272017B00033", "1411272022B00055"],
        PZWH=["晋政地字[2015]1号", "晋政地字〔2017〕3号", "晋政地字〔2016〕2号"],
        GDMJ=[2.4, 0.999, 2.0],
    )
    second = run(project)
    assert dict(first.changes) == {"added": len(ids), "removed": 0, "changed": 0}
    # approval 2 is now wholly supplied by a contract nobody recorded: gone as residual, new as a supply to judge
    assert second.changes["removed"] == 1
    assert second.changes["added"] == 1
    assert second.changes["changed"] == 2  # the residual of approval 1 shrank, its supply grew
    after = pd.read_csv(tmp_path / "out" / "parcels.csv", dtype=str, encoding="utf-8-sig")
    assert set(ids) - set(after["parcel_id"]) == {"141127-P00002"}


def test_a_missing_file_leaves_the_last_good_run_untouched(
    tmp_path: Path, make_county_after_a_run: Callable[[Path], Path]
) -> None:
    project = make_county_after_a_run(tmp_path)
    before = everything(tmp_path)
    for part in tmp_path.glob("GHFQ.*"):
        part.rename(tmp_path.parent / part.name)
    with pytest.raises(SourceMissingError, match=r"GHFQ\.shp"):
        run(project)
    assert {k: v for k, v in before.items() if not k.startswith("GHFQ")} == everything(tmp_path)
    assert not list((tmp_path / "out").glob(".landinv-*"))


def test_a_failing_output_leaves_register_and_outputs_untouched(
    tmp_path: Path, make_county_after_a_run: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from landinv.workflow import publish

    project = make_county_after_a_run(tmp_path)
    before = everything(tmp_path)

    def fails(*_: object) -> None:
        raise LandinvError("the map cannot be drawn")

    monkeypatch.setattr(publish, "save_map", fails)
    with pytest.raises(LandinvError):
        run(project, as_of=date(2024, 1, 1))
    assert everything(tmp_path) == before


def test_a_workbook_held_open_is_written_beside(
    tmp_path: Path, make_county_after_a_run: Callable[[Path], Path]
) -> None:
    project = make_county_after_a_run(tmp_path)
    (tmp_path / "out" / "~$parcels.xlsx").write_bytes(b"held by a spreadsheet program")
    old = (tmp_path / "out" / "parcels.xlsx").read_bytes()
    result = run(project, as_of=date(2024, 1, 1))
    assert (tmp_path / "out" / "parcels.xlsx").read_bytes() == old
    ((name, beside),) = result.beside
    assert name == "parcels.xlsx"
    assert beside.is_file()
    assert beside.read_bytes() != old
