"""Looking over a county's folder, and the project file written from what was found."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from landinv.errors import OutputError, SourceMissingError
from landinv.intake.inspect import Inspected, Place
from landinv.intake.role_evidence import RoleGuess
from landinv.model.datasets import Evidence, SourceAccount
from landinv.workflow.doctor import doctor, report_json
from landinv.workflow.project import read_project
from landinv.workflow.project_writer import project_text
from landinv.workflow.run import run

ROOT = Path(__file__).resolve().parents[2]


def state_of(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        str(p.relative_to(folder)): (hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() else "", p.stat().st_mtime_ns)
        for p in [folder, *folder.rglob("*")]
    }  # fmt: skip


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample county's files without their project file."""
    folder = tmp_path_factory.mktemp("样 县")
    for name in ("layers", "tables"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("inventory.gpkg*"))
    return folder


def account(**changes: object) -> SourceAccount:
    values: dict[str, object] = {
        "key": "x", "role": "dltb", "path": "x", "sha256": "", "encoding": "gb18030", "crs": "EPSG:4525",
        "declared": 1, "ok": 1, "repaired": 0, "quarantined": 0,
    }  # fmt: skip
    return SourceAccount(**{**values, **changes})  # type: ignore[arg-type]


def entry(name: str, role: str, *, kind: str = "", sure: bool = True, **changes: object) -> Inspected:
    guess = RoleGuess(role, kind, 0.9, sure=sure, reasons=("x",), rivals=(("supplies", 0.85),))
    return Inspected(Path("/县") / name, guess=guess, **{"account": account(), **changes})  # type: ignore[arg-type]


def test_looking_changes_nothing_and_no_file_is_left(
    tmp_path: Path, make_county: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_county(tmp_path / "县")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    before = state_of(tmp_path)
    report = doctor([tmp_path / "县"])
    assert state_of(tmp_path) == before
    roles = {e.path.name: e.guess.role for e in report.entries}
    assert roles == {
        "BP.shp": "approvals", "CJDCQ.shp": "cjdcq", "CZKFBJ.shp": "constraints", "DLTB.shp": "dltb",
        "GD.shp": "supplies", "GHFQ.shp": "planning", "STBHHX.shp": "constraints", "XZQ.shp": "xzq",
        "YJJBNTTB.shp": "constraints", "供地台账.xlsx": "supplies", "项目台账.xlsx": "projects",
    }  # fmt: skip
    assert all(e.guess.sure for e in report.entries)
    assert not report.is_clean  # columns of the standard are missing on purpose


def test_the_project_of_the_current_folder_is_the_measure(
    tmp_path: Path, make_county: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_county(tmp_path)
    monkeypatch.chdir(tmp_path)
    report = doctor([Path("XZQ.shp")])
    assert report.county is not None
    assert report.county.code == "141127"
    assert "xzq" in report.entries[0].guess.reasons[0]
    (tmp_path / "landinv.toml").write_text("[county]\nname = ''\n")
    broken = doctor([Path("XZQ.shp")])
    assert broken.county is None
    assert [s.path.name for s in broken.skipped] == ["landinv.toml"]


def test_results_and_register_of_a_project_are_not_looked_at(
    tmp_path: Path, make_county: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_county(tmp_path)
    (tmp_path / "out").mkdir()
    shutil.copy(tmp_path / "供地台账.xlsx", tmp_path / "out" / "parcels.xlsx")
    monkeypatch.chdir(tmp_path)
    assert not any("out" in str(e.path) for e in doctor([tmp_path / "out", Path("XZQ.shp")]).entries)


@pytest.mark.parametrize("empty", [True, False])
def test_nothing_there_is_an_error(tmp_path: Path, empty: bool) -> None:
    (tmp_path / "说明.docx").write_bytes(b"x")
    with pytest.raises(SourceMissingError):
        doctor([tmp_path if empty else tmp_path / "nowhere"])


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of the POSIX kind")
def test_one_bad_file_does_not_end_it(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["项目名称", "建设单位"], ["示例一号项目", "岚县甲木铸造有限公司"]):
        book.active.append(row)
    book.save(tmp_path / "项目.xlsx")
    (tmp_path / "坏.xlsx").write_bytes(b"PK\x03\x04")
    (tmp_path / "说明.txt").write_text("请核对")
    (tmp_path / "link.shp").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.xlsx")
    report = doctor([tmp_path, tmp_path / "gone.shp"])
    assert {e.path.name: e.error is None for e in report.entries} == {
        "gone.shp": False, "坏.xlsx": False, "项目.xlsx": True,
    }  # fmt: skip
    assert {s.path.name for s in report.skipped} == {"link.shp", "pipe.xlsx", "说明.txt"}


def test_the_json_is_complete_and_plain(tmp_path: Path, make_county: Callable[[Path], Path]) -> None:
    make_county(tmp_path)
    told = json.loads(json.dumps(report_json(doctor([tmp_path / "DLTB.shp", tmp_path / "nowhere.shp"]))))
    assert told["schema"] == "landinv.doctor/1"
    assert set(told) == {"schema", "project", "county", "summary", "entries", "skipped", "written"}
    lost, dltb = sorted(told["entries"], key=lambda e: e["error"] is None)
    assert (dltb["declared"], dltb["ok"], dltb["role"]["role"]) == (3, 3, "dltb")
    assert dltb["encoding"]["decision"] == "gb18030"
    assert 0 < dltb["crs"]["confidence"] <= 1
    assert {"field": "DLBM", "column": "DLBM", "rule": "own name"} in dltb["fields"]
    (absent,) = [f for f in dltb["findings"] if f["rule"] == "I019"]
    assert (absent["severity"], absent["count"]) == ("notice", len(dltb["absent"]))
    assert absent["advice"]
    assert (lost["error"]["kind"], lost["declared"]) == ("SourceMissingError", None)
    assert told["summary"]["errors"] == 1


@pytest.mark.slow
def test_the_written_project_gives_the_numbers_of_the_shipped_one(
    sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sample)
    before = state_of(sample / "layers")
    doctor([Path("layers"), Path("tables")], write=Path("landinv.toml"))
    assert state_of(sample / "layers") == before
    options = read_project(Path("landinv.toml"))
    assert (options.county.name, options.county.code, options.county.crs) == ("岚县", "141127", "EPSG:4525")
    assert len(options.sources) == 16
    run(Path("landinv.toml"), as_of=date(2022, 10, 10))
    record = json.loads(Path("maps", "run.json").read_text(encoding="utf-8"))
    truth = json.loads((ROOT / "layers" / "truth.json").read_text(encoding="utf-8"))
    balance = {row["approval_no"]: row["unsupplied_m2"] for row in record["balance"]}
    for known in truth["approvals"]:
        assert balance[known["approval_no"]] == pytest.approx(known["unsupplied_m2"], abs=0.05), known
    parcels = pd.read_csv("maps/parcels.csv", dtype=str, encoding="utf-8-sig", keep_default_na=False)
    kinds = dict(zip(parcels["supervision_no"], parcels["kind"], strict=True))
    assert {k["supervision_no"]: kinds.get(k["supervision_no"]) for k in truth["supplies"]} == {
        k["supervision_no"]: k["kind"] for k in truth["supplies"]
    }


def test_an_existing_project_file_is_left_alone(tmp_path: Path, make_county: Callable[[Path], Path]) -> None:
    project = make_county(tmp_path)
    before = project.read_bytes()
    with pytest.raises(OutputError):
        doctor([tmp_path], write=project)
    assert project.read_bytes() == before


def test_what_the_layers_do_not_tell_is_left_for_the_official() -> None:
    text = project_text(
        [entry("供地.xlsx", "supplies", account=account(role="supplies", crs=""))], folder=Path("/县")
    )
    county = tomllib.loads(text)["county"]
    assert county == {"name": "", "code": "", "crs": ""}
    assert text.count("必填") == 3


def test_county_comes_from_the_survey_layers() -> None:
    layers = [
        entry("a.shp", "dltb", place=Place("141127")),
        entry("b.shp", "xzq", place=Place("141127", "岚县")),
        entry("c.shp", "planning", place=Place("140200", "别县")),
    ]
    county = tomllib.loads(project_text(layers, folder=Path("/县")))["county"]
    assert county == {"name": "岚县", "code": "141127", "crs": "EPSG:4525"}


def test_degrees_tell_the_zone_by_their_longitude() -> None:
    layer = entry("a.shp", "dltb", account=account(crs="EPSG:4490"), place=Place(longitude=111.6))
    assert tomllib.loads(project_text([layer], folder=Path("/县")))["county"]["crs"] == "EPSG:4525"


def test_doubtful_sources_stand_as_comments_with_the_reason() -> None:
    found = [
        entry("DLTB.shp", "dltb"),
        entry("DLTB_old.shp", "dltb"),
        entry("表.xlsx", "projects", sure=False),
        entry("坏.shp", "supplies", error=OutputError("打不开")),
        entry("图.shp", ""),
    ]
    text = project_text(found, folder=Path("/县"))
    sources = tomllib.loads(text)["sources"]
    assert sources == {"dltb": {"path": "DLTB.shp"}}
    for word in (
        '# path = "DLTB_old.shp"',
        "同一角色",
        '# path = "表.xlsx"',
        "不能确定",
        "打不开",
        "# 图.shp",
    ):
        assert word in text, word
    assert "\n# # " not in text
    enabled = text.replace("\n# path", "\npath").replace("\n# [sources", "\n[sources")
    assert set(tomllib.loads(enabled)["sources"]["dltb"]) == {"path", "DLTB_old"}


def test_what_only_evidence_decided_waits_as_a_comment() -> None:
    evidence = (
        Evidence("encoding", "big5", "多数文字", 0.7),
        Evidence("crs", "EPSG:4525", "带号", 0.98),
        Evidence("unit of approved_area", "ha", "图形", 0.95),
        Evidence("unit of cropland_area", "mu", "表头", 0.98),
    )
    text = project_text([entry("a.shp", "approvals", account=account(evidence=evidence))], folder=Path("/县"))
    assert '# encoding = "big5"' in text
    assert '# crs = "EPSG' not in text
    assert '# units = { approved_area = "ha" }' in text
    assert tomllib.loads(text)["sources"]["approvals"] == {"path": "a.shp"}


@pytest.mark.parametrize("stem", ["供 地", 'a"b', "path", "title", "x.y", "换\n行", "末\x7f"])
def test_any_name_makes_a_key_of_its_own(stem: str) -> None:
    found = [
        entry("GD.shp", "supplies"),
        entry(f"{stem}.xlsx", "supplies"),
        entry(f"2/{stem}.xlsx", "supplies"),
    ]
    text = project_text(found, folder=Path("/县"))
    tables = tomllib.loads(text)["sources"]["supplies"]
    inner = [v["path"] for v in tables.values() if isinstance(v, dict)]
    assert tables["path"] == "GD.shp"
    assert sorted(inner) == sorted([f"{stem}.xlsx", f"2/{stem}.xlsx"])


def test_two_constraints_of_a_kind_both_count(tmp_path: Path) -> None:
    found = [entry("a.shp", "constraints", kind="farmland"), entry("b.shp", "constraints", kind="farmland")]
    text = project_text(found, folder=Path("/县")).replace('name = ""', 'name = "岚县"')
    text = text.replace('code = ""', 'code = "141127"')
    (tmp_path / "landinv.toml").write_text(text, encoding="utf-8")
    sources = read_project(tmp_path / "landinv.toml").sources
    assert [(s.kind, s.effect) for s in sources] == [("farmland", "report")] * 2
