"""``landinv convert`` as a clerk uses it: one file in, one file out, and an account that adds up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
import shapely

from landinv.cli.app import main
from landinv.disk import sha256_of
from landinv.i18n import current_language, set_language


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder without a project file; the language of other tests is left as it was."""
    monkeypatch.chdir(tmp_path)
    before = current_language()
    yield
    set_language(before)


def _layer(path: Path, shapes: list[Any], crs: str | None = "EPSG:4526") -> Path:
    codes = [f"14112721100000000{i}" for i in range(len(shapes))]
    frame = gpd.GeoDataFrame(
        {"BSM": codes, "XMMC": ["东村镇厂房"] * len(shapes), "TBMJ": [s.area if s else 0.0 for s in shapes]},
        geometry=shapes,
        crs=crs,
    )
    frame.to_file(path, encoding="GBK")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    return path


def _box(place: int) -> Any:
    return shapely.box(38500000 + 200 * place, 4240000, 38500100 + 200 * place, 4240100)


def _convert(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, dict[str, Any]]:
    with pytest.raises(SystemExit) as end:
        main(["--lang", "zh", "convert", *map(str, arguments), "--format", "json"])
    told = capsys.readouterr().out
    return int(end.value.code or 0), json.loads(told) if told.startswith("{") else {}


def test_clean_layer_comes_through_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = _layer(tmp_path / "地 块.shp", [_box(0), _box(1)])
    code, account = _convert(capsys, source, tmp_path / "out.gpkg")
    assert code == 0
    assert account["schema"] == "landinv.convert/1"
    assert [account[k] for k in ("declared", "ok", "repaired", "quarantined")] == [2, 2, 0, 0]
    assert (account["encoding"], account["crs"]) == ("gb18030", "EPSG:4526")
    back = pyogrio.read_dataframe(tmp_path / "out.gpkg")
    assert back["BSM"].tolist() == ["141127211000000000", "141127211000000001"]
    assert back["XMMC"].tolist() == ["东村镇厂房"] * 2
    assert back["TBMJ"].tolist() == [10000.0, 10000.0]
    assert back.columns.tolist()[:3] == ["BSM", "XMMC", "TBMJ"]
    assert not (tmp_path / "out.gpkg.quarantined.gpkg").exists()


def test_bad_record_is_set_aside_and_can_be_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = _layer(tmp_path / "dk.shp", [_box(0), None, _box(2)])
    code, account = _convert(capsys, source, tmp_path / "out.gpkg")
    assert code == 1
    assert [account[k] for k in ("declared", "ok", "repaired", "quarantined")] == [3, 2, 0, 1]
    assert account["findings"][0]["rule"] == "I013"
    aside = Path(account["quarantined_gpkg"])
    mended = pyogrio.read_dataframe(aside).set_geometry([_box(1)], crs="EPSG:4526")
    mended.assign(TBMJ=10000.0).to_file(tmp_path / "mended.gpkg")
    code, account = _convert(capsys, tmp_path / "mended.gpkg", tmp_path / "again.gpkg")
    assert [account[k] for k in ("declared", "ok", "quarantined")] == [1, 1, 0]
    assert pyogrio.read_dataframe(tmp_path / "again.gpkg")["BSM"].tolist() == ["141127211000000001"]


def test_refused_file_leaves_what_was_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = _layer(tmp_path / "dk.shp", [_box(0)])
    source.write_bytes(source.read_bytes()[:-8])
    out = tmp_path / "out.gpkg"
    out.write_bytes(b"older result")
    with pytest.raises(SystemExit) as end:
        main(["--lang", "zh", "convert", str(source), str(out)])
    assert end.value.code == 13
    assert "dk.shp" in capsys.readouterr().err
    assert out.read_bytes() == b"older result"
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".dbf", ".gpkg", ".prj", ".shp", ".shx"]


def test_source_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = _layer(tmp_path / "dk.shp", [_box(0)])
    before = sha256_of(source)
    assert _convert(capsys, source, tmp_path / "DK.shp")[0] == 24
    assert _convert(capsys, source, source)[0] == 24
    assert sha256_of(source) == before


def test_old_datum_is_kept_and_told_without_a_county(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, account = _convert(
        capsys, _layer(tmp_path / "dk.shp", [_box(0)], "EPSG:2362"), tmp_path / "out.gpkg"
    )
    assert code == 1
    assert [f["rule"] for f in account["findings"]] == ["I060"]
    assert account["crs"] == "EPSG:2362"


def test_county_of_the_folder_places_the_layer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "landinv.toml").write_text(
        '[county]\nname = "示例县"\ncode = "141127"\ncrs = "EPSG:4525"\n[sources.dltb]\npath = "a.shp"\n',
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    near = shapely.box(37548000, 4240000, 37548100, 4240100)
    source = _layer(tmp_path / "dk.shp", [near], "EPSG:4525")
    assert _convert(capsys, source, "out.gpkg")[0] == 0
    assert pyogrio.read_info(tmp_path / "out.gpkg")["crs"] == "EPSG:4525"
    old = _layer(tmp_path / "old.shp", [near], "EPSG:2361")
    assert _convert(capsys, old, "old.gpkg")[0] == 18


def test_unknown_role_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["convert", str(tmp_path / "a.shp"), str(tmp_path / "b.gpkg"), "--role", "dltbb"])
    assert end.value.code == 2
    assert "dltb" in capsys.readouterr().err


def test_table_tells_severities_and_units_in_chinese(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "供地台账.csv"
    source.write_text(
        "电子监管号,供地面积（亩）,成交价款（万元）\n1411272015B00011,约60,375\n1411272015B00012,30,120\n",
        "utf-8",
    )
    with pytest.raises(SystemExit) as end:
        main(["--lang", "zh", "convert", str(source), str(tmp_path / "o.csv"), "--role", "supplies"])
    told = capsys.readouterr().out
    assert end.value.code == 1
    assert "供应面积" in told
    assert ": 亩 (" in told
    assert ": 万元 (" in told
    assert "警告" in told
    assert "warning" not in told
