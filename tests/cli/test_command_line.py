"""The command line as a user meets it: one Error line, one Hint line, a documented exit code, two languages."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from landinv import errors
from landinv.cli.exit_codes import exit_code, exit_code_table

CJK = re.compile(r"[\u4e00-\u9fff]")


def landinv(*arguments: str, lang: str = "en", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LANDINV_LANG": lang, "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, "-m", "landinv", *arguments],
        capture_output=True, encoding="utf-8", check=False, env=environment, cwd=cwd,
    )  # fmt: skip


def failure(done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """The error and the hint; fails where there is more or less than one line of each, or a traceback."""
    assert "Traceback" not in done.stderr
    errors_, hints = (
        re.findall(r"^Error: (.+)$", done.stderr, re.M),
        re.findall(r"^Hint: (.+)$", done.stderr, re.M),
    )
    assert (len(errors_), len(hints)) == (1, 1), done.stderr
    return errors_[0], hints[0]


def test_help_speaks_both_languages() -> None:
    english, chinese = landinv("run", "--help"), landinv("run", "--help", lang="zh")
    assert "Usage:" in english.stdout
    assert not CJK.search(english.stdout)
    assert "--fail-on" in chinese.stdout
    words = [
        line
        for line in chinese.stdout.splitlines()
        if re.search(r"[a-z]{4,} [a-z]{3,}", line) and "landinv run" not in line
    ]
    assert words == [], "English sentences in Chinese help"


def test_lang_beats_the_environment() -> None:
    assert CJK.search(landinv("--lang", "zh", "--help", lang="en").stdout)
    assert not CJK.search(landinv("--lang", "en", "--help", lang="zh").stdout)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nsys.argv = ['landinv', '--help']\nfrom landinv.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pandas', 'geopandas', 'shapely', 'folium', 'pyproj'} & set(sys.modules)\n"
        "print('HEAVY', sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "HEAVY []" in done.stdout


def test_wrong_usage_is_exit_2() -> None:
    assert landinv("run", "--nonsense").returncode == 2
    assert landinv("walk").returncode == 2
    assert landinv("run", "--as-of", "2022-02-30").returncode == 2


def test_every_error_has_its_own_documented_code() -> None:
    tree = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.LandinvError)]
    codes = [exit_code(c("x")) for c in tree]
    assert len(set(codes)) == len(codes)
    assert min(codes) >= 10
    assert set(codes) <= {row[0] for row in exit_code_table()}


def test_a_missing_project_is_one_error_and_one_hint(tmp_path: Path) -> None:
    done = landinv("run", cwd=tmp_path)
    error, hint = failure(done)
    assert done.returncode == 12
    assert "landinv.toml" in error
    assert "landinv.toml" in hint
    chinese = landinv("run", lang="zh", cwd=tmp_path)
    assert re.search(r"^错误：.*landinv\.toml", chinese.stderr, re.M)
    assert re.search(r"^提示：", chinese.stderr, re.M)


def text_into(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def no_projection(folder: Path) -> None:
    """No .prj, and coordinates that could be anywhere."""
    import geopandas as gpd

    frame = gpd.read_file(folder / "BP.shp", encoding="GBK")
    frame = frame.set_geometry(frame.translate(-37_548_000 + 400, -4_240_000 + 300)).set_crs(
        None, allow_override=True
    )
    with pytest.warns(UserWarning, match="crs"):
        frame.to_file(folder / "BP.shp", encoding="GBK")
    (folder / "BP.prj").unlink(missing_ok=True)


def lines_for_polygons(folder: Path) -> None:
    import geopandas as gpd

    frame = gpd.read_file(folder / "BP.shp", encoding="GBK")
    frame.set_geometry(frame.boundary).to_file(folder / "BP.shp", encoding="GBK")


def no_features(folder: Path) -> None:
    import geopandas as gpd

    gpd.read_file(folder / "BP.shp", encoding="GBK").iloc[:0].to_file(folder / "BP.shp", encoding="GBK")


def no_class_code(folder: Path) -> None:
    import geopandas as gpd

    gpd.read_file(folder / "DLTB.shp", encoding="GBK").drop(columns="DLBM").to_file(
        folder / "DLTB.shp", encoding="GBK"
    )


MISHAPS: dict[str, tuple[Callable[[Path], object], int, str, str]] = {
    "missing file": (lambda f: (f / "GD.shp").unlink(), 12, r"GD\.shp", ""),
    "missing dbf": (lambda f: (f / "GD.dbf").unlink(), 13, r"GD", r"\.dbf"),
    "cut shapefile": (
        lambda f: (f / "GD.shp").write_bytes((f / "GD.shp").read_bytes()[:-40]),
        13,
        r"GD\.shp",
        "",
    ),
    "missing field": (no_class_code, 15, r"DLTB.*DLBM|DLBM.*DLTB", "fields"),
    "unknown key": (lambda f: text_into(f / "landinv.toml", "[output]", "[outptu]"), 11, "outptu", "output"),
    "no crs": (no_projection, 18, r"BP", r"crs"),
    "wrong geometry": (lines_for_polygons, 14, r"BP", ""),
    "empty layer": (no_features, 20, r"BP", ""),
    "unreadable workbook": (
        lambda f: (f / "供地台账.xlsx").write_bytes(b"PK\x03\x04 not a workbook"),
        13,
        "供地台账",
        "",
    ),
    "text for a workbook": (lambda f: (f / "供地台账.xlsx").write_text("甲,乙"), 13, "供地台账", ""),
}


@pytest.mark.parametrize("mishap", MISHAPS)
def test_bad_input_is_named_and_changes_nothing(
    tmp_path: Path, make_county_after_a_run: Callable[[Path], Path], mishap: str
) -> None:
    break_it, code, named, cure = MISHAPS[mishap]
    project = make_county_after_a_run(tmp_path / "县 区")
    kept = {
        p: p.read_bytes()
        for p in [project.parent / "register.gpkg", *(project.parent / "out").rglob("*")]
        if p.is_file()
    }
    break_it(project.parent)
    done = landinv("run", str(project))
    error, hint = failure(done)
    assert (done.returncode, bool(re.search(named, error))) == (code, True), (done.returncode, error)
    assert re.search(cure, hint), hint
    assert {p: p.read_bytes() for p in kept} == kept
    assert (
        len(list((project.parent / "out").rglob("*")))
        == len({*kept} - {project.parent / "register.gpkg"}) + 1
    )  # feed/


def test_fail_on_makes_findings_count(tmp_path: Path, make_county: Callable[[Path], Path]) -> None:
    assert landinv("run", str(make_county(tmp_path)), "--fail-on", "notice").returncode == 1


def test_the_summary_names_kinds_map_and_register(
    tmp_path: Path, make_county: Callable[[Path], Path]
) -> None:
    done = landinv("run", str(make_county(tmp_path)), lang="zh")
    assert done.returncode == 0
    for word in ("批而未供", "疑似闲置", "东村镇", "map.html", "register.gpkg"):
        assert word in done.stdout, done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="signals of the POSIX kind")
def test_ctrl_c_leaves_the_former_state(
    tmp_path: Path, make_county_after_a_run: Callable[[Path], Path]
) -> None:
    project = make_county_after_a_run(tmp_path)
    kept = {
        p: p.read_bytes() for p in [tmp_path / "register.gpkg", *(tmp_path / "out").rglob("*")] if p.is_file()
    }
    for wait_s in (0.3, 2.0, 4.0):
        running = subprocess.Popen(
            [sys.executable, "-m", "landinv", "run", str(project)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        time.sleep(wait_s)
        os.killpg(running.pid, signal.SIGINT)
        _, said = running.communicate(timeout=60)
        assert running.returncode in (130, 0, -signal.SIGINT)
        assert b"Traceback" not in said or wait_s < 1.0  # before our first line Python itself answers
        assert {p: p.read_bytes() for p in kept if p.name != "run.json"} == {
            p: b for p, b in kept.items() if p.name != "run.json"
        }
    shutil.rmtree(tmp_path / "out")
