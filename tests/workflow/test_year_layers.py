"""The patches after the annual change surveys: which land is whose, in which order, and what no longer holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landinv.errors import ProjectFileError
from landinv.intake import read_sources
from landinv.model.datasets import Dataset, SourceAccount
from landinv.model.findings import no_findings
from landinv.model.options import SourceOptions
from landinv.workflow.derive import Sources
from landinv.workflow.project import read_project
from landinv.workflow.run import run
from landinv.workflow.year_layers import with_year_layers

CRS = "EPSG:4525"
X0, Y0 = 37_548_000.0, 4_240_000.0


def at(x1: float, y1: float, x2: float, y2: float) -> shapely.Polygon:
    return shapely.box(X0 + x1, Y0 + y1, X0 + x2, Y0 + y2)


def layer(key: str, shapes: list[shapely.Polygon], classes: list[str], year: float | list[float], *,
          path: str = "") -> Dataset:  # fmt: skip
    options = SourceOptions(key, key.partition(".")[0], Path(path or f"{options_name(key)}.shp"))
    frame = gpd.GeoDataFrame(
        {
            "DLBM": classes, "TBMJ": [s.area for s in shapes], "KCMJ": 0.0, "TBDLMJ": [s.area for s in shapes],
            "SJNF": year, "source_ref": [f"{key}#{n + 1}" for n in range(len(shapes))],
        },
        geometry=shapes, crs=CRS,
    )  # fmt: skip
    account = SourceAccount(key, options.role, "", "", "", CRS, len(shapes), len(shapes), 0, 0)
    return Dataset(options, frame, account, frame.iloc[:0], no_findings())


def options_name(key: str) -> str:
    return key.partition(".")[0].upper()


BASE = layer("dltb", [at(0, 0, 100, 100), at(100, 0, 200, 100)], ["0103", "0404"], 2019)


def after(*changes: Dataset) -> Sources:
    return with_year_layers(Sources((BASE, *changes), CRS))


def survey(sources: Sources) -> gpd.GeoDataFrame:
    assert sources.survey is not None
    return sources.survey


def areas(sources: Sources) -> dict[str, float]:
    found = survey(sources)
    return {str(k): float(v) for k, v in found.geometry.area.groupby(found["DLBM"]).sum().items()}


def rules(sources: Sources, key: str) -> list[str]:
    return next(d for d in sources.datasets if d.options.key == key).findings["rule"].tolist()


def evidence(sources: Sources, key: str) -> tuple[str, str]:
    told = next(d for d in sources.datasets if d.options.key == key).account.evidence[-1]
    return told.decision, told.reason


def test_without_year_layers_nothing_changes() -> None:
    sources = Sources((BASE,), CRS)
    assert with_year_layers(sources) is sources


def test_a_change_takes_its_land_and_the_cut_patch_loses_its_stated_areas() -> None:
    done = after(layer("dltbgx", [at(50, 0, 100, 100)], ["0601"], 2020))
    assert areas(done) == {"0103": 5000.0, "0404": 10_000.0, "0601": 5000.0}
    rows = survey(done).set_index("source_ref")
    assert rows.index.tolist() == ["dltb#1", "dltb#2", "dltbgx#1"]
    assert rows[["TBMJ", "KCMJ", "TBDLMJ"]].isna().all(axis=1).tolist() == [True, False, False]
    assert done.layer("dltb") is done.survey
    decision, reason = evidence(done, "dltbgx")
    assert decision == "2020"
    assert "4999.7" in reason, reason
    assert rules(done, "dltbgx") == []
    assert BASE.frame["TBMJ"].tolist() == [10_000.0, 10_000.0], "the source itself is not changed"


def test_years_are_applied_in_order_however_they_are_listed() -> None:
    later = layer("dltbgx.b", [at(50, 0, 70, 100)], ["1201"], 2021)
    earlier = layer("dltbgx.a", [at(50, 0, 100, 100)], ["0601"], 2020)
    assert areas(after(later, earlier)) == {"0103": 5000.0, "0404": 10_000.0, "0601": 3000.0, "1201": 2000.0}
    assert areas(after(later, earlier)) == areas(after(earlier, later))


def test_the_name_tells_the_year_where_the_records_do_not() -> None:
    by_key = layer("dltbgx.2020", [at(50, 0, 100, 100)], ["0601"], np.nan)
    by_file = layer("dltbgx.x", [at(50, 0, 70, 100)], ["1201"], [np.nan], path="岚县DLTBGX_2021.shp")
    done = after(by_file, by_key)
    assert areas(done)["1201"] == 2000.0
    assert [evidence(done, k)[0] for k in ("dltbgx.2020", "dltbgx.x")] == ["2020", "2021"]


def test_a_single_layer_needs_no_year() -> None:
    done = after(layer("dltbgx", [at(50, 0, 100, 100)], ["0601"], np.nan))
    assert areas(done)["0601"] == 5000.0


def test_an_order_that_nothing_tells_is_asked_for() -> None:
    one = layer("dltbgx.a", [at(0, 0, 10, 10)], ["0601"], np.nan)
    other = layer("dltbgx.b", [at(0, 0, 10, 10)], ["1201"], [2021])
    with pytest.raises(ProjectFileError, match=r"dltbgx\.a") as error:
        after(one, other)
    assert "dltbgx.2020" in error.value.hint


def test_a_change_needs_patches_to_change() -> None:
    with pytest.raises(ProjectFileError, match="none to change"):
        with_year_layers(Sources((layer("dltbgx", [at(0, 0, 10, 10)], ["0601"], 2020),), CRS))


def test_a_change_older_than_the_patches_is_not_applied() -> None:
    done = after(layer("dltbgx", [at(50, 0, 100, 100)], ["0601"], 2018))
    assert areas(done) == {"0103": 10_000.0, "0404": 10_000.0}
    assert rules(done, "dltbgx") == ["I112"]


def test_records_beat_the_name_and_the_difference_is_told() -> None:
    done = after(layer("dltbgx.2020", [at(50, 0, 100, 100)], ["0601"], 2021))
    assert rules(done, "dltbgx.2020") == ["I119"]
    assert evidence(done, "dltbgx.2020")[0] == "2021"


def test_files_of_one_year_are_one_change_and_each_answers_for_its_own_shapes() -> None:
    one = layer("dltbgx.a", [at(0, 0, 10, 10), at(0, 90, 10, 100)], ["0601", "0601"], 2020)
    other = layer("dltbgx.b", [at(50, 0, 60, 10), at(190, 0, 220, 10)], ["1201", "1201"], 2020)
    done = after(one, other)
    assert rules(done, "dltbgx.a") == []
    found = next(d for d in done.datasets if d.options.key == "dltbgx.b").findings
    assert found[["rule", "feature"]].to_numpy().tolist() == [["I113", "dltbgx.b#2"]]
    assert float(found["value"].iloc[0]) == pytest.approx(200.0, abs=0.1)
    assert found["x"].iloc[0] == X0 + 205


def test_changes_that_overlap_do_not_balance() -> None:
    done = after(layer("dltbgx", [at(0, 0, 60, 100), at(40, 0, 100, 100)], ["0601", "1201"], 2020))
    assert rules(done, "dltbgx") == ["I114"]


def test_shares_and_accounts_follow_the_latest_year(
    tmp_path: Path, make_county: Callable[[Path], Path]
) -> None:
    """Approval 2 lies on works land (0601); the year layer makes three quarters of it 1201."""
    project = make_county(tmp_path)
    change = layer("dltbgx", [at(450, 50, 600, 150)], ["1201"], 2020).frame
    change.drop(columns="source_ref").to_file(tmp_path / "DLTBGX.shp", engine="pyogrio", encoding="GBK")
    text = project.read_text(encoding="utf-8") + '[sources."dltbgx.2020"]\npath = "DLTBGX.shp"\n'
    project.write_text(text, encoding="utf-8")
    options = read_project(project)
    read = read_sources([s for s in options.sources if s.role == "dltbgx"], options.county)
    assert (read[0].account.declared, read[0].account.ok) == (1, 1)
    assert "A018" not in read[0].findings["rule"].tolist(), "a change does not cover the county"
    run(project)
    parcels = pd.read_csv(
        tmp_path / "out" / "parcels.csv", dtype=str, encoding="utf-8-sig", keep_default_na=False
    )
    second = parcels[parcels["approval_no"].str.contains("2016") & (parcels["kind"] == "approved_unsupplied")]
    assert len(second) == 1
    row = second.iloc[0]
    assert float(row["construction_m2"]) == pytest.approx(float(row["area_m2"]), abs=0.01)
    assert row["landclass_code"] == "1201"
    assert "built_on" not in row["flags"], "only a quarter of it is works land now"
