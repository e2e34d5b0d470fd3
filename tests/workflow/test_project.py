"""Reading landinv.toml: every key known, every mistake named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from landinv.errors import ProjectFileError, SourceMissingError
from landinv.i18n import set_language
from landinv.workflow.project import read_project

COUNTY = '[county]\nname = "岚县"\ncode = "141127"\ncrs = "EPSG:4525"\n'
DLTB = '[sources.dltb]\npath = "layers/DLTB.shp"\n'


@pytest.fixture(autouse=True)
def english() -> None:
    set_language("en")


def write(tmp_path: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path = tmp_path / "landinv.toml"
    path.write_text(text, encoding=encoding)
    return path


def test_defaults_and_absolute_paths(tmp_path: Path) -> None:
    options = read_project(write(tmp_path, COUNTY + DLTB))
    assert options.county.code == "141127"
    assert options.store == str(tmp_path / "layers" / "inventory.gpkg")
    assert options.output.dir == tmp_path / "maps"
    assert options.derive.min_area_m2 == 100.0
    assert options.derive.min_width_m == 2.0
    assert [(s.key, s.role, s.path) for s in options.sources] == [
        ("dltb", "dltb", tmp_path / "layers" / "DLTB.shp")
    ]


def test_dotted_and_quoted_source_keys_are_the_same(tmp_path: Path) -> None:
    dotted = '[sources.supplies]\npath = "a.shp"\n[sources.supplies.contracts]\npath = "b.xlsx"\n'
    quoted = '[sources.supplies]\npath = "a.shp"\n[sources."supplies.contracts"]\npath = "b.xlsx"\n'
    first = read_project(write(tmp_path, COUNTY + dotted))
    second = read_project(write(tmp_path, COUNTY + quoted))
    assert first.sources == second.sources
    assert [(s.key, s.role) for s in first.sources] == [
        ("supplies", "supplies"),
        ("supplies.contracts", "supplies"),
    ]


def test_fields_and_units_are_mappings_not_sources(tmp_path: Path) -> None:
    text = '[sources.supplies]\npath = "a.shp"\nfields = { supervision_no = "DZJGH" }\nunits = { supplied_area = "ha" }\n'
    (source,) = read_project(write(tmp_path, COUNTY + text)).sources
    assert dict(source.fields) == {"supervision_no": "DZJGH"}
    assert dict(source.units) == {"supplied_area": "ha"}


def test_a_file_saved_by_notepad_in_gbk_is_read(tmp_path: Path) -> None:
    assert read_project(write(tmp_path, COUNTY + DLTB, encoding="gbk")).county.name == "岚县"


def test_as_of_is_a_date(tmp_path: Path) -> None:
    options = read_project(write(tmp_path, COUNTY + DLTB + "[rules]\nas_of = 2022-10-10\n"))
    assert options.rules.as_of == date(2022, 10, 10)


def test_constraint_kind_comes_from_its_key_and_reports_by_default(tmp_path: Path) -> None:
    (source,) = read_project(
        write(tmp_path, COUNTY + '[sources.constraints.redline]\npath = "r.shp"\n')
    ).sources
    assert (source.kind, source.effect) == ("redline", "report")


@pytest.mark.parametrize(
    ("text", "found", "hint"),
    [
        (COUNTY.replace("crs =", "csr =") + DLTB, "csr", "crs"),
        (COUNTY + '[sources.dlbt]\npath = "x.shp"\n', "dlbt", "dltb"),
        (COUNTY + '[sources.dltb]\npath = "x.shp"\nencodng = "GBK"\n', "encodng", "encoding"),
        (COUNTY + DLTB + "[derive]\nmin_area = 5\n", "min_area", "min_area_m2"),
        (COUNTY + DLTB + "[deriv]\nmin_area_m2 = 5\n", "deriv", "derive"),
        (COUNTY + "[sources.dltb]\nlayer = 'a'\n", "path", "path"),
        (COUNTY + DLTB + "[derive]\nmin_area_m2 = '5'\n", "min_area_m2", "metres"),
        (COUNTY + DLTB + "[derive]\nmin_area_m2 = nan\n", "min_area_m2", "metres"),
        (COUNTY + DLTB + "[rules]\nas_of = '2022-13-01'\n", "as_of", "2022-10-10"),
        (COUNTY.replace("141127", "1411") + DLTB, "1411", "141127"),
        (COUNTY.replace("EPSG:4525", "EPSG:4490") + DLTB, "4490", "EPSG:4525"),
        (COUNTY.replace("EPSG:4525", "nonsense") + DLTB, "nonsense", "EPSG:4525"),
        (COUNTY, "sources", "landinv.toml"),
        (DLTB, "county", "landinv.toml"),
        (COUNTY + DLTB + '[output]\nsheets = "yes"\n', "sheets", "true"),
        (COUNTY + '[sources.constraints.park]\npath = "p.shp"\n', "park", "exclude"),
        (COUNTY + DLTB + 'units = { TBMJ = "acre" }\n', "acre", "ha"),
        (COUNTY + "[sources.dltb\n", "TOML", "line"),
    ],
)
def test_mistakes_are_named_with_their_cure(tmp_path: Path, text: str, found: str, hint: str) -> None:
    with pytest.raises(ProjectFileError) as caught:
        read_project(write(tmp_path, text))
    assert found in str(caught.value)
    assert "landinv.toml" in str(caught.value)
    assert hint in caught.value.hint


def test_a_missing_project_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceMissingError, match=r"nothing\.toml"):
        read_project(tmp_path / "nothing.toml")
