"""The sample county in layers/ and tables/ is what its readme says it is."""

from __future__ import annotations

import importlib.util
import json
import re
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import box

ROOT = Path(__file__).resolve().parents[2]
LAYERS, TABLES = ROOT / "layers", ROOT / "tables"
SHAPEFILES = ["BP", "CJDCQ", "CZCDYD", "CZKFBJ", "DLTB", "GD", "GHFQ", "KFYQ", "LSYD", "PZWJSTD", "STBHHX"]
SHAPEFILES += ["XZQ", "YJJBNTTB"]
COUNTY_RANGE = (37526100.0, 4207500.0, 37574700.0, 4275500.0)
# Name, type, width and decimals of the survey standard, in its order.
DLTB_WIDTHS = [
    "BSM",
    "C18",
    "YSDM",
    "C10",
    "TBYBH",
    "C8",
    "TBBH",
    "C8",
    "DLBM",
    "C5",
    "DLMC",
    "C60",
    "QSXZ",
    "C2",
    "QSDWDM",
    "C19",
    "QSDWMC",
    "C60",
    "ZLDWDM",
    "C19",
    "ZLDWMC",
    "C60",
    "TBMJ",
    "F15,2",
    "KCDLBM",
    "C5",
    "KCXS",
    "F6,4",
    "KCMJ",
    "F15,2",
    "TBDLMJ",
    "F15,2",
    "GDLX",
    "C2",
    "GDPDJB",
    "C2",
    "XZDWKD",
    "F5,1",
    "TBXHDM",
    "C4",
    "TBXHMC",
    "C20",
    "ZZSXDM",
    "C6",
    "ZZSXMC",
    "C10",
    "GDDB",
    "N2",
    "FRDBS",
    "C1",
    "CZCSXM",
    "C4",
    "SJNF",
    "N4",
    "MSSM",
    "C2",
    "HDMC",
    "C100",
    "BZ",
    "C254",
]
BUILT = ("05", "06", "07", "08", "09")


def dbf_fields(path: Path) -> list[str]:
    """Fields of a table as ``NAME``, ``C18``, …, read from the bytes."""
    data = path.read_bytes()
    found: list[str] = []
    at = 32
    while data[at] != 0x0D:
        name, kind, width, decimals = struct.unpack_from("<11sc4xBB", data, at)
        form = f"{kind.decode()}{width}" + (f",{decimals}" if decimals else "")
        found += [name.rstrip(b"\0").decode(), form]
        at += 32
    return found


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((LAYERS / "truth.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def read() -> Callable[[str], Any]:
    cache: dict[str, Any] = {}

    def layer(name: str) -> Any:
        if name not in cache:
            cache[name] = pyogrio.read_dataframe(LAYERS / f"{name}.shp", encoding="GBK")
        return cache[name]

    return layer


@pytest.fixture(scope="module")
def sound(read: Callable[[str], Any], truth: dict[str, Any]) -> Any:
    """DLTB without the rows that are wrong on purpose."""
    patches = read("DLTB")
    return patches[~patches["BSM"].isin(truth["flawed_dltb"])]


@pytest.fixture
def generator() -> Iterator[Any]:
    """The script as a module; the modules beside it are forgotten afterwards."""
    path, before = ROOT / "scripts" / "make_sample_county.py", list(sys.path)
    spec = importlib.util.spec_from_file_location("make_sample_county", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    sys.path[:] = before
    for name in [n for n in sys.modules if n == spec.name or n.split(".")[0] == "sample_county"]:
        del sys.modules[name]


def area_module(generator: Any) -> Any:
    return sys.modules["sample_county.ellipsoid"]


def test_patches_tessellate_without_gap_or_overlap(read: Callable[[str], Any]) -> None:
    shapes = read("DLTB").geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    whole = shapely.coverage_union_all(shapes)
    assert whole.geom_type == "Polygon"
    assert len(whole.interiors) == 0
    assert shapely.area(shapes).sum() == pytest.approx(whole.area, abs=1e-3)


def test_patches_are_single_polygons_in_survey_sizes(read: Callable[[str], Any]) -> None:
    patches = read("DLTB")
    assert 3000 <= len(patches) <= 5000
    assert set(patches.geometry.geom_type) == {"Polygon"}
    assert patches.geometry.area.min() >= 200


def test_patch_coordinates_lie_on_the_written_grid(read: Callable[[str], Any]) -> None:
    xy = shapely.get_coordinates(read("DLTB").geometry.to_numpy())
    assert np.array_equal(xy, np.round(xy, 2))


@pytest.mark.parametrize(("layer", "key", "digits"), [("CJDCQ", "ZLDWDM", 19), ("XZQ", "XZQDM", 9)])
def test_village_and_township_are_unions_of_patches(
    read: Callable[[str], Any], layer: str, key: str, digits: int
) -> None:
    patches, areas = read("DLTB"), read(layer).set_index(key)
    assert shapely.coverage_is_valid(areas.geometry.to_numpy())
    groups = patches.groupby(patches["ZLDWDM"].str[:digits])
    assert len(groups) == len(areas)
    for code, rows in groups:
        united = shapely.coverage_union_all(rows.geometry.to_numpy())
        area = areas.geometry[areas.index.str[:digits] == code].iloc[0]
        assert united.equals(area)
        assert area.geom_type == "Polygon"


def test_control_areas_are_the_sums_of_patch_areas(read: Callable[[str], Any], truth: dict[str, Any]) -> None:
    patches, villages, townships = read("DLTB"), read("CJDCQ"), read("XZQ")
    wrong_by = 1000.0  # one flawed row declares this much too much
    assert round(patches["TBMJ"].sum(), 2) == truth["dltb_tbmj_sum_m2"]
    assert villages["DCMJ"].sum() == pytest.approx(truth["dltb_tbmj_sum_m2"] - wrong_by, abs=0.001)
    assert townships["DCMJ"].sum() == pytest.approx(villages["DCMJ"].sum(), abs=0.001)


def test_dltb_has_the_standard_fields_in_order_with_their_widths() -> None:
    assert dbf_fields(LAYERS / "DLTB.dbf") == DLTB_WIDTHS


def test_boundary_layers_have_the_standard_widths() -> None:
    assert dbf_fields(LAYERS / "XZQ.dbf") == (
        [
            "BSM",
            "C18",
            "YSDM",
            "C10",
            "XZQDM",
            "C12",
            "XZQMC",
            "C100",
            "DCMJ",
            "F15,2",
            "JSMJ",
            "F15,2",
            "MSSM",
            "C2",
            "HDMC",
            "C100",
            "BZ",
            "C254",
        ]
    )
    assert dbf_fields(LAYERS / "CZCDYD.dbf") == (
        [
            "BSM",
            "C18",
            "YSDM",
            "C10",
            "CZCLX",
            "C4",
            "CZCDM",
            "C19",
            "CZCMC",
            "C100",
            "CZCMJ",
            "F15,2",
            "BZ",
            "C254",
        ]
    )


@pytest.mark.parametrize("name", SHAPEFILES)
def test_attributes_are_gbk_without_cpg(name: str) -> None:
    data = (LAYERS / f"{name}.dbf").read_bytes()
    assert not (LAYERS / f"{name}.cpg").exists()
    assert data[29] == (0 if name == "GD" else 0x4D)
    records = data[struct.unpack_from("<H", data, 8)[0] : -1]
    assert re.search(r"[\u4e00-\u9fff]", records.decode("gbk"))
    with pytest.raises(UnicodeDecodeError):
        records.decode("utf-8")


@pytest.mark.parametrize("name", [n for n in SHAPEFILES if n != "LSYD"])
def test_projection_file_names_zone_37(name: str) -> None:
    text = (LAYERS / f"{name}.prj").read_text(encoding="ascii")
    assert text.startswith('PROJCS["CGCS2000_3_Degree_GK_Zone_37"')
    assert pyogrio.read_info(LAYERS / f"{name}.shp")["crs"] == "EPSG:4525"


def test_temporary_land_has_no_projection_file() -> None:
    assert (LAYERS / "LSYD.shp").exists()
    assert not (LAYERS / "LSYD.prj").exists()


@pytest.mark.parametrize("name", SHAPEFILES)
def test_every_layer_lies_inside_the_county_range(
    read: Callable[[str], Any], truth: dict[str, Any], name: str
) -> None:
    frame = read(name)
    assert len(frame) == truth["feature_counts"][name]
    bounds = box(*frame.total_bounds)
    assert box(*COUNTY_RANGE).contains(bounds)


def test_codes_are_well_formed(sound: Any) -> None:
    assert sound["BSM"].is_unique
    assert sound["BSM"].str.fullmatch(r"1411272110\d{8}").all()
    assert sound["QSDWDM"].str.fullmatch(r"141127\d{13}").all()
    assert sound["ZLDWDM"].str.fullmatch(r"141127\d{6}0{7}").all()
    assert not sound.duplicated(["ZLDWDM", "TBBH"]).any()
    assert set(sound["QSXZ"]) <= {"10", "20", "30", "40"}
    assert sound.groupby("DLBM")["DLMC"].nunique().eq(1).all()
    state = sound["QSDWDM"].str[6:] == "0" * 13
    assert (state == sound["QSXZ"].isin(["10", "20"])).all()


def test_settlement_attribute_follows_the_survey_rules(sound: Any, read: Callable[[str], Any]) -> None:
    needs = sound["DLBM"].str.startswith(BUILT) | sound["DLBM"].isin(["1004", "1005", "1201"])
    given = sound["CZCSXM"].fillna("")
    assert ((given != "") == needs).all()
    assert set(sound.loc[given == "202A", "DLBM"]) == {"0601"}
    assert set(sound.loc[given == "204", "DLBM"]) <= {"0602", "1201"}
    assert set(sound.loc[given == "205", "DLBM"]) == {"09"}
    settlements = read("CZCDYD")
    assert settlements["CZCDM"].str.len().eq(19).all()
    inside = shapely.contains(shapely.union_all(settlements.geometry.to_numpy()).buffer(0.01), sound.geometry)
    assert inside[needs].all()


def test_patch_areas_balance_to_the_hundredth(read: Callable[[str], Any]) -> None:
    cents = read("DLTB")[["TBMJ", "KCMJ", "TBDLMJ"]].mul(100).round().astype("int64")
    assert (cents["TBMJ"] == cents["KCMJ"] + cents["TBDLMJ"]).all()


def test_field_ridges_are_deducted_from_sloping_dry_land_only(sound: Any) -> None:
    ridged = sound["KCXS"].notna()
    assert ridged.sum() > 100
    assert set(sound.loc[ridged, "DLBM"]) == {"0103"}
    assert set(sound.loc[ridged, "KCDLBM"]) == {"1203"}
    assert sound.loc[ridged, "GDLX"].isin(["TT", "PD"]).all()
    expected = (sound["TBMJ"] * sound["KCXS"])[ridged]
    assert np.allclose(sound.loc[ridged, "KCMJ"], expected, atol=0.00501)


def test_declared_area_is_the_ellipsoidal_one(sound: Any, generator: Any) -> None:
    area = area_module(generator).survey_area_m2(sound.geometry.to_numpy())
    assert np.abs(area - sound["TBMJ"]).max() < 0.0051
    assert (sound.geometry.area - sound["TBMJ"]).abs().max() > 1


@pytest.mark.parametrize(
    ("polygon", "expected"),
    [
        (box(37548000, 4240000, 37548100, 4240100), 9999.43),
        (box(37574000, 4275000, 37575000, 4276000), 999863.37),
        (box(37548000, 4240000, 37549000, 4241000) - box(37548200, 4240200, 37548800, 4240800), 639962.94),
    ],
)
def test_own_area_agrees_with_the_published_polygons(generator: Any, polygon: Any, expected: float) -> None:
    assert area_module(generator).survey_area_m2([polygon])[0] == pytest.approx(expected, abs=0.005)


def test_flaws_are_where_the_truth_says(read: Callable[[str], Any], truth: dict[str, Any]) -> None:
    flawed = read("DLTB").set_index("BSM").loc[truth["flawed_dltb"]]
    assert flawed["DLMC"].iloc[0] == "村庄"
    assert list(flawed["DLBM"])[1:3] == ["601", "0105"]
    assert pd.isna(flawed["CZCSXM"].iloc[3])
    assert len(flawed["QSDWDM"].iloc[4]) == 18
    assert flawed["TBMJ"].iloc[5] - flawed.geometry.area.iloc[5] == pytest.approx(1000, abs=20)
    readme = (LAYERS / "README.md").read_text(encoding="utf-8")
    assert all(f"BSM {key}" in readme for key in truth["flawed_dltb"])


def test_approvals_match_their_truth(read: Callable[[str], Any], truth: dict[str, Any]) -> None:
    features, given = read("BP"), shapely.make_valid(read("GD").geometry.to_numpy())
    supplied = shapely.union_all(given)
    for row in truth["approvals"]:
        shapes = features.geometry[features["PZWH"] == row["approval_no"]]
        whole = shapely.union_all(shapes.to_numpy())
        rest = whole - supplied
        assert whole.area == pytest.approx(row["approved_plane_m2"], abs=0.001)
        total = row["unsupplied_plane_m2"] + row["sliver_plane_m2"]
        assert rest.area == pytest.approx(total, abs=0.001)
        parts = shapely.get_parts(rest) if rest.area else []
        assert len(parts) == row["parcels"] + row["slivers"]
    assert {r["slivers"] for r in truth["approvals"]} == {0, 2}


def test_two_approvals_overlap_by_the_known_area(read: Callable[[str], Any], truth: dict[str, Any]) -> None:
    one, two = (
        read("BP").geometry[read("BP")["PZWH"] == n].iloc[0] for n in truth["overlap"]["approval_nos"]
    )
    assert (one & two).area == pytest.approx(truth["overlap"]["overlap_plane_m2"], abs=0.001)
    assert (one & two).area == pytest.approx(28 * 150, abs=0.5)


def test_supplies_misfit_approvals_by_centimetres(read: Callable[[str], Any]) -> None:
    approved = read("BP").geometry[read("BP")["PZWH"] == "晋政地字〔2009〕118号"].iloc[0]
    supplied = read("GD").geometry[read("GD")["DZJGH"] == "1411272012B00012"].iloc[0]
    assert 0.04 < shapely.hausdorff_distance(approved.boundary, supplied.boundary) < 0.30


def test_approvals_and_supplies_have_known_defects_only(
    read: Callable[[str], Any], truth: dict[str, Any]
) -> None:
    assert read("BP").geometry.is_valid.all()
    broken = read("GD")[~read("GD").geometry.is_valid]
    leap = next(s for s in truth["supplies"] if s["scenario"] == "leap_day")
    assert list(broken["DZJGH"]) == [leap["supervision_no"]]
    assert read("LSYD").geometry.isna().sum() == 1


def test_plan_zones_do_not_overlap(read: Callable[[str], Any]) -> None:
    zones = read("GHFQ")
    assert shapely.coverage_is_valid(zones.geometry.to_numpy())
    assert zones["GHDLDM"].str.fullmatch(r"\d{2}|\d{4}|\d{6}").all()
    assert 15e6 < zones.geometry.area.sum() < read("DLTB").geometry.area.sum()


def contract_rows() -> list[dict[str, Any]]:
    """Rows of the contract register under their two-row header, without the total."""
    sheet = openpyxl.load_workbook(TABLES / "供地台账.xlsx")["供地台账"]
    upper, lower = ([c.value for c in sheet[k]] for k in (3, 4))
    names = [low or up for up, low in zip(upper, lower, strict=True)]
    body = sheet.iter_rows(min_row=5, values_only=True)
    rows = [dict(zip(map(str, names), row, strict=True)) for row in body]
    assert rows[-1]["序号"] == "合　计"
    return rows[:-1]


def test_contract_register_keeps_codes_as_text_and_dates_in_six_styles() -> None:
    rows = contract_rows()
    codes = [r[n] for r in rows for n in ("电子监管号", "项目代码") if r[n] is not None]
    assert all(isinstance(code, str) for code in codes)
    dates = [r["签订日期"] for r in rows] + [r["约定动工时间"] for r in rows]
    text = [d for d in dates if isinstance(d, str)]
    patterns = [r"\d{4}-\d\d-\d\d", r"\d{4}/\d+/\d+", r"\d{4}\.\d+\.\d+", r"\d{4}年\d+月\d+日", r"\d{8}"]
    assert all(any(re.fullmatch(p, d) for d in text) for p in patterns)
    assert len(text) < len([d for d in dates if d is not None])


def test_every_supply_of_the_truth_has_record_and_shape(
    read: Callable[[str], Any], truth: dict[str, Any]
) -> None:
    wide = {ord(chr(0xFF10 + k)): str(k) for k in range(10)}
    recorded = {str(r["电子监管号"]).translate(wide) for r in contract_rows()}
    drawn = set(read("GD")["DZJGH"].dropna())
    wanted = {s["supervision_no"] for s in truth["supplies"]}
    assert len(wanted) == 22
    assert wanted <= recorded
    assert wanted <= drawn
    assert set(truth["shape_without_record"]) <= drawn - recorded


def test_all_kinds_occur(truth: dict[str, Any]) -> None:
    kinds = {(s["kind"], s.get("level")) for s in truth["supplies"]}
    assert kinds == {
        (None, None),
        ("supplied_unstarted", None),
        ("suspected_idle", 1),
        ("suspected_idle", 2),
        ("suspected_idle", None),
        ("cannot_judge", None),
        ("idle", None),
    }


def test_project_codes_have_five_groups_but_for_the_known_mistakes() -> None:
    sheet = openpyxl.load_workbook(TABLES / "项目台账.xlsx")["重点项目台账"]
    codes = [str(row[1].value or "") for row in sheet.iter_rows(min_row=5)]
    assert 30 <= len(codes) <= 40
    good = [c for c in codes if re.fullmatch(r"\d{4}-?141127-?\d\d-?\d\d-?\d{6}", c)]
    assert len(codes) - len(good) == 3
    assert any("-" not in c for c in good)


def test_workbooks_carry_fixed_times() -> None:
    for path in sorted(TABLES.glob("*.xlsx")):
        with zipfile.ZipFile(path) as archive:
            assert {i.date_time for i in archive.infolist()} == {(2022, 9, 30, 9, 0, 0)}


def test_sample_is_small() -> None:
    names = [*LAYERS.glob("README*"), LAYERS / "truth.json", *TABLES.glob("*.xlsx")]
    names += [p for n in SHAPEFILES for p in LAYERS.glob(f"{n}.*")]
    assert 0 < sum(p.stat().st_size for p in names) <= 12_000_000


@pytest.mark.slow
def test_script_writes_the_same_bytes_again(generator: Any, tmp_path: Path) -> None:
    generator.write_county(tmp_path)
    made = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    assert len(made) >= 4 * len(SHAPEFILES)
    different = [str(p) for p in made if (tmp_path / p).read_bytes() != (ROOT / p).read_bytes()]
    assert different == []
