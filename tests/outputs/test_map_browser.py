"""The saved map in a real Chromium: one request, no error, no value that runs, and figures that are pandas' own."""

from __future__ import annotations

import dataclasses
import re
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from playwright.sync_api import Browser, Page, sync_playwright

from landinv.model.parcels import kinds
from landinv.outputs.map import MapContent, build_map, save_map
from landinv.outputs.map.planes import degrees_from_plane
from tests.outputs.test_map_county import CRS, EAST, NORTH, TOWNSHIPS, county

pytestmark = pytest.mark.browser
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        pytest.fail("Chromium is needed to test the map; install chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=path, args=["--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"]
        )
        yield found
        found.close()


class Opened:
    """A page with what it asked for and what it complained of."""

    def __init__(
        self, browser: Browser, file: Path, *, size: tuple[int, int] = (1366, 768), anchor: str = ""
    ) -> None:
        self.page: Page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda r: self.requests.append(r.url))
        self.page.on(
            "console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.goto(file.as_uri() + anchor)
        self.page.evaluate("landinv.ready.then(() => 1)")

    def listed(self) -> list[str]:
        """Parcel ids of the list beside the map, to its end."""
        return self.page.evaluate(
            """() => { const list = document.getElementById("li-list"); let before = -1;
              while (before !== list.children.length) {
                before = list.children.length; list.scrollTop = 1e9; list.dispatchEvent(new Event("scroll")); }
              return Array.from(list.querySelectorAll(".li-row-id")).map((n) => n.firstChild.textContent); }"""
        )

    def until(self, expression: str) -> None:
        """Wait for an expression to hold (playwright's own waiting needs eval, which the page forbids)."""
        for _ in range(100):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"never true: {expression}")

    def legend(self) -> dict[str, tuple[int, float, float]]:
        """Kind (and total) to number, hectares and mu, as they stand on the page."""
        rows = self.page.evaluate(
            """() => Array.from(document.querySelectorAll("#li-legend tr[data-kind], #li-legend .li-total")).map(
              (r) => [r.dataset.kind || "total", ...Array.from(r.querySelectorAll(".li-number")).map((c) => c.textContent)])"""
        )
        return {
            r[0]: (int(r[1].replace(",", "")), float(r[2].replace(",", "")), float(r[3].replace(",", "")))
            for r in rows
        }

    def text(self, selector: str) -> str:
        return self.page.eval_on_selector(selector, "n => n.textContent")


@pytest.fixture(scope="module")
def content() -> MapContent:
    return county(500, 300, bend=2)


@pytest.fixture(scope="module")
def file(content: MapContent, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_map(build_map(content), tmp_path_factory.mktemp("map") / "map.html")


@pytest.fixture
def opened(browser: Browser, file: Path) -> Iterator[Opened]:
    found = Opened(browser, file)
    yield found
    found.page.close()
    assert found.complaints == []


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (390, 844)])
def test_one_request_no_complaint_and_everything_in_the_window(
    browser: Browser, file: Path, size: tuple[int, int]
) -> None:
    found = Opened(browser, file, size=size)
    found.page.wait_for_timeout(300)
    assert found.requests == [file.as_uri()]
    assert found.complaints == []
    assert found.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    box = found.page.locator("#li-mark").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= size[0]
    assert found.text("#li-county") == "岚县"
    assert found.text("#li-asof") == "基准日 2022-10-10"
    assert found.text("#li-mark") == "内部用图　注意保密"
    found.page.close()


def test_page_may_not_reach_out_even_when_it_tries(opened: Opened) -> None:
    tried = opened.page.evaluate(
        """() => fetch("https://elsewhere.invalid/x").then(() => "reached", () => "refused")"""
    )
    assert tried == "refused"
    assert opened.page.evaluate(
        """() => { const s = document.createElement("script"); s.textContent = "window.RAN = 1";
          document.body.appendChild(s); return window.RAN === undefined; }"""
    )
    assert all("Content Security Policy" in c for c in opened.complaints)
    opened.complaints.clear()


def test_legend_counts_what_pandas_counts(opened: Opened, content: MapContent) -> None:
    found = opened.legend()
    frame = content.parcels
    for kind in kinds():
        rows = frame[frame["kind"] == kind]
        count, ha, mu = found[kind]
        assert count == len(rows)
        assert ha == pytest.approx(rows["area_m2"].sum() / 1e4, abs=0.01)
        assert mu == pytest.approx(rows["area_m2"].sum() * 0.0015, abs=0.01)
    count, ha, mu = found["total"]
    assert count == len(frame)
    assert ha == round(frame["area_m2"].sum() / 1e4, 2)
    assert ha == pytest.approx(sum(v[1] for k, v in found.items() if k != "total"), abs=1e-9)
    assert mu == pytest.approx(sum(v[2] for k, v in found.items() if k != "total"), abs=1e-9)


def test_township_filter_shows_the_rows_pandas_finds(opened: Opened, content: MapContent) -> None:
    opened.page.select_option(
        "#li-township",
        label=re.compile("乙镇").pattern + f"（{(content.parcels['township'] == '乙镇').sum()}）",
    )
    wanted = content.parcels[content.parcels["township"] == "乙镇"]
    assert sorted(opened.listed()) == sorted(wanted["parcel_id"])
    assert opened.legend()["total"][0] == len(wanted)
    drawn = opened.page.evaluate("landinv.view.items.filter((i) => i.drawn).map((i) => i.row.parcel_id)")
    assert sorted(drawn) == sorted(wanted["parcel_id"])


def test_search_shows_the_rows_pandas_finds(opened: Opened, content: MapContent) -> None:
    frame = content.parcels
    for text, column in (
        ("〔2019〕7号", "approval_no"),
        ("甲木3号", "holder"),
        ("-0012", "parcel_id"),
        ("示例29号项目", "project_name"),
    ):
        opened.page.fill("#li-search", text)
        wanted = frame[frame[column].str.contains(text, regex=False)]
        assert len(wanted)
        assert set(wanted["parcel_id"]) <= set(opened.listed()), text
    opened.page.fill("#li-search", "甲木3号 丙乡")
    both = frame[frame["holder"].str.contains("甲木3号") & (frame["township"] == "丙乡")]
    assert sorted(opened.listed()) == sorted(both["parcel_id"])
    opened.page.fill("#li-search", "关联示例17号")
    assert opened.listed() == [
        content.links.loc[content.links["project_name"].str.contains("示例17号"), "parcel_id"].iloc[0]
    ]


def test_a_kind_switched_off_leaves_list_map_and_total(opened: Opened, content: MapContent) -> None:
    opened.page.click('#li-legend input[data-kind="approved_unsupplied"]')
    rest = content.parcels[content.parcels["kind"] != "approved_unsupplied"]
    assert sorted(opened.listed()) == sorted(rest["parcel_id"])
    assert opened.legend()["total"][0] == len(rest)
    assert opened.legend()["total"][1] == round(rest["area_m2"].sum() / 1e4, 2)
    opened.page.click('#li-legend input[data-kind="approved_unsupplied"]')
    assert opened.legend()["total"][0] == len(content.parcels)


def test_nothing_found_offers_the_way_back(opened: Opened, content: MapContent) -> None:
    opened.page.fill("#li-search", "没有这样的东西")
    assert opened.listed() == []
    opened.page.click(".li-none button")
    assert len(opened.listed()) == len(content.parcels)
    assert opened.page.input_value("#li-search") == ""


def test_the_card_of_a_parcel_that_is_filtered_out_closes(opened: Opened, content: MapContent) -> None:
    opened.page.click('.li-row:has-text("141127-0004")')
    township = content.parcels["township"].iloc[4]
    opened.page.fill("#li-search", township)
    assert opened.page.locator("#li-card").is_visible()
    opened.page.fill("#li-search", "没有这样的东西")
    assert opened.page.locator("#li-card").is_hidden()


def test_list_sorts_by_area_both_ways(opened: Opened, content: MapContent) -> None:
    area = content.parcels.set_index("parcel_id")["area_m2"]
    opened.page.click('[data-sort="area_m2"]')
    assert list(area[opened.listed()]) == sorted(area, reverse=True)
    opened.page.click('[data-sort="area_m2"]')
    assert list(area[opened.listed()]) == sorted(area)


def test_identify_agrees_with_shapely_everywhere(opened: Opened, content: MapContent) -> None:
    assert content.background is not None
    rng = np.random.default_rng(7)
    xy = rng.uniform(-200, 12_200, (3000, 2)) + np.array([EAST, NORTH])
    degrees = degrees_from_plane(xy, content.parcels.crs)
    found = opened.page.evaluate(
        """(points) => { const set = landinv.view.layers.find((e) => e.layer.name === "background").set;
          return points.map(([lng, lat]) => { const hit = landinv.identify(lng, lat);
            return [hit.parcels, hit.layers.background.map((i) => landinv.columnValue(set.columns.TBBH, i))]; }); }""",
        degrees.tolist(),
    )
    points = gpd.GeoDataFrame(geometry=shapely.points(xy), crs=CRS)
    for at, frame, column in ((0, content.parcels, "parcel_id"), (1, content.background, "TBBH")):
        joined = gpd.sjoin(points, frame[[column, "geometry"]], predicate="within")
        expected = joined.groupby(level=0)[column].apply(sorted).reindex(range(len(xy)))
        wrong = [
            i
            for i, want in expected.items()
            if sorted(found[i][at]) != (want if isinstance(want, list) else [])
        ]  # type: ignore[call-overload]
        assert wrong == []
        assert expected.notna().sum() > 100


def test_cursor_s_coordinates_are_the_zone_s_to_a_centimetre(opened: Opened, content: MapContent) -> None:
    box = opened.page.locator("#li-map").bounding_box()
    assert box is not None
    opened.page.mouse.move(box["x"] + 500, box["y"] + 300)
    said = [float(v.replace(" ", "")) for v in re.findall(r"\d[\d ]*\.\d\d", opened.text("#li-coordinates"))]
    at = opened.page.evaluate(
        "(() => { const p = landinv.view.map.containerPointToLatLng([500, 300]); return [p.lng, p.lat]; })()"
    )
    plane = gpd.GeoSeries([shapely.Point(at)], crs=content.parcels.crs.geodetic_crs).to_crs(CRS)[0]
    assert said == pytest.approx([plane.x, plane.y], abs=0.006)


def test_list_click_opens_the_card_flies_there_and_writes_the_address(
    opened: Opened, content: MapContent
) -> None:
    opened.page.click('.li-row:has-text("141127-0007")')
    row = content.parcels.set_index("parcel_id").loc["141127-0007"]
    assert opened.text("#li-card h2") == "141127-0007"
    assert opened.page.url.endswith("#parcel=141127-0007")
    point = degrees_from_plane(
        np.array([[row.geometry.centroid.x, row.geometry.centroid.y]]), content.parcels.crs
    )[0]
    assert opened.page.evaluate(
        "([lng, lat]) => landinv.view.map.getBounds().contains([lat, lng])", point.tolist()
    )
    assert opened.page.evaluate("landinv.view.map.getZoom()") >= 15
    fields = opened.page.evaluate(
        "Object.fromEntries(Array.from(document.querySelectorAll('#li-card [data-field]')).map((n) => [n.dataset.field, n.querySelector('dd').textContent]))"
    )
    assert fields["holder"] == row["holder"]
    assert fields["area_m2"] == f"{row['area_m2']:,.2f}"
    assert fields["supervision_no"] == row["supervision_no"]
    assert fields["available"] == "是"
    assert "contract_no" not in fields, "an empty field is shown"
    assert row["reason"] in opened.text(".li-reason")
    assert row["clause"] in opened.text(".li-reason cite")
    assert "关联示例7号项目" in opened.text(".li-links")
    assert "70.0%" in opened.text(".li-shares")
    opened.page.keyboard.press("Escape")
    assert opened.page.locator("#li-card").is_hidden()
    assert "#" not in opened.page.url


def test_a_click_on_a_parcel_opens_its_card_and_one_beside_it_the_patch(
    opened: Opened, content: MapContent
) -> None:
    opened.page.evaluate("landinv.view.choose(20, {fly: true}); landinv.view.close()")
    row = content.parcels.iloc[20]
    pixel = """([lng, lat]) => { const r = document.getElementById("li-map").getBoundingClientRect();
      const p = landinv.view.map.latLngToContainerPoint([lat, lng]); return [p.x + r.left, p.y + r.top]; }"""
    corner = row.geometry.bounds
    inside, beside = degrees_from_plane(
        np.array([[corner[0] + 5, corner[1] + 5], [corner[0] - 12, corner[1] + 8]]), content.parcels.crs
    ).tolist()
    opened.page.mouse.click(*opened.page.evaluate(pixel, inside))
    assert opened.text("#li-card h2") == row["parcel_id"]
    opened.page.mouse.click(*opened.page.evaluate(pixel, beside))
    assert opened.text("#li-card h2") == "现状图斑"
    assert content.background is not None
    patch = content.background[
        content.background.contains(shapely.Point(corner[0] - 12, corner[1] + 8))
    ].iloc[0]
    card = opened.text("#li-card")
    for column in ("DLMC", "DLBM", "QSDWMC", "ZLDWMC", "TBBH"):
        assert patch[column] in card
    assert "乡镇界" in card


def test_the_address_opens_a_parcel_and_slash_goes_to_the_search(browser: Browser, file: Path) -> None:
    found = Opened(browser, file, anchor="#parcel=141127-0042")
    assert found.text("#li-card h2") == "141127-0042"
    found.page.keyboard.press("Escape")
    found.page.keyboard.press("/")
    assert found.page.evaluate("document.activeElement.id") == "li-search"
    assert found.page.input_value("#li-search") == ""
    found.page.evaluate("location.hash = '#parcel=141127-0043'")
    found.until("document.querySelector('#li-card h2').textContent === '141127-0043'")
    assert found.complaints == []
    found.page.close()


COLOURED = """() => { let n = 0; document.querySelectorAll(".leaflet-pane canvas").forEach((c) => {
  const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
  for (let i = 3; i < d.length; i += 400) n += d[i] > 0; }); return n; }"""


def test_the_sheet_is_painted_before_the_printer_looks(opened: Opened) -> None:
    painted = opened.page.evaluate(
        f"(() => {{ window.dispatchEvent(new Event('beforeprint')); return ({COLOURED})(); }})()"
    )
    assert painted > 50
    opened.page.evaluate("window.dispatchEvent(new Event('afterprint'))")


def test_layers_are_painted_and_can_be_switched_off(opened: Opened) -> None:
    opened.until(f"({COLOURED})() > 50")
    opened.page.click("#li-layers-button")
    assert opened.page.locator("#li-layers-panel input").count() == 5
    for number in range(5):
        opened.page.locator("#li-layers-panel input").nth(number).uncheck()
    assert opened.page.evaluate(COLOURED) == 0
    opened.page.locator("#li-layers-panel label", has_text="永久基本农田").locator("input").check()
    opened.until(f"({COLOURED})() > 5")


def test_print_shows_map_and_legend_and_hides_the_list(opened: Opened, tmp_path: Path) -> None:
    from pypdf import PdfReader

    opened.page.pdf(path=str(tmp_path / "map.pdf"), prefer_css_page_size=True, print_background=True)
    reader = PdfReader(tmp_path / "map.pdf")
    assert len(reader.pages) == 1
    assert round(float(reader.pages[0].mediabox.width)) == 842
    text = reader.pages[0].extract_text()
    assert "141127-0001" not in text
    compact = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    assert compact.count("丙乡") == 1, "a halo is printed as text once more"
    for wanted in (
        "批而未供和闲置土地分布图",
        "内部用图",
        "图例与统计",
        "合计",
        "现状图斑",
        "耕地",
        "中央子午线111",
    ):
        assert wanted in compact
    assert opened.page.locator(".li-side").is_visible()
    assert not opened.page.evaluate("document.documentElement.classList.contains('li-printing')")


def test_parcels_without_a_shape_are_listed_and_counted(
    browser: Browser, content: MapContent, tmp_path: Path
) -> None:
    frame = content.parcels.iloc[:5].copy()
    frame.geometry = [*frame.geometry.iloc[:3], None, shapely.Polygon()]
    target = save_map(build_map(dataclasses.replace(content, parcels=frame)), tmp_path / "m.html")
    found = Opened(browser, target)
    assert len(found.listed()) == 5
    assert found.legend()["total"][0] == 5
    found.page.click('.li-row:has-text("141127-0003")')
    assert "无图形" in found.text("#li-card header")
    assert found.complaints == []
    found.page.close()


def test_a_map_of_nothing_but_its_title_opens(browser: Browser, content: MapContent, tmp_path: Path) -> None:
    bare = dataclasses.replace(
        content, parcels=content.parcels.iloc[:0], shares=content.shares.iloc[:0], links=content.links.iloc[:0], background=None, outlines={}, language="en"
    )  # fmt: skip
    found = Opened(browser, save_map(build_map(bare), tmp_path / "m.html"))
    assert found.listed() == []
    assert found.text("#li-mark") == "Internal use · confidential"
    assert found.complaints == []
    found.page.close()


PAYLOADS = (
    "{{7*191}}", "{% for x in y %}", "{# 甲", "${window.RAN=1}", "`;window.RAN=1;`", "</script><script>window.RAN=1</script>",
    "<img src=x onerror=window.RAN=1>", "\"'><svg onload=window.RAN=1>", "\u2028window.RAN=1\u2029", "<!--<script>", "\\u003cb\\u003e&lt;b&gt;",
    "');window.RAN=1;('", "__proto__", "javascript:window.RAN=1", "{{ cycler.__init__.__globals__.os.mkdir('PWNED') }}", "constructor",
)  # fmt: skip


def poisoned(content: MapContent, payload: str) -> MapContent:
    """The content with the payload in each place a value can stand."""
    text = [
        "township",
        "village",
        "holder",
        "location",
        "project_name",
        "approval_no",
        "reason",
        "clause",
        "flags",
        "landclass",
        "idle_cause",
    ]
    frame = content.parcels.iloc[:3].assign(**dict.fromkeys(text, payload))
    frame["parcel_id"] = [f"{payload}{n}" for n in range(3)]
    shares = pd.DataFrame(
        {"parcel_id": frame["parcel_id"], "theme": "owner", "code": payload, "name": payload, "area_m2": 1.0}
    )
    links = pd.DataFrame({"parcel_id": frame["parcel_id"], "project_key": payload, "project_code": payload, "project_name": payload,
                          "method": payload, "score": 0.5, "evidence": payload})  # fmt: skip
    assert content.background is not None
    places = content.outlines["townships"].assign(XZQMC=payload)
    return dataclasses.replace(
        content, county_name=payload, title=payload, stamp=payload, parcels=frame, shares=shares, links=links,
        background=content.background.iloc[:40].assign(DLBM=payload, DLMC=payload, QSDWMC=payload, TBBH=payload),
        outlines={"townships": places, payload: content.outlines["farmland"].assign(name=payload)},
    )  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_value_is_shown_as_it_is_and_never_runs(
    browser: Browser, content: MapContent, payload: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = Opened(browser, save_map(build_map(poisoned(content, payload)), tmp_path / "m.html"))
    page = found.page
    page.click("#li-layers-button")
    page.locator("#li-layers-panel input").nth(1).check()
    page.locator(".li-row").first.click()
    shown: dict[str, Any] = {
        s: found.text(s)
        for s in (
            "#li-county",
            "#li-title",
            "#li-stamp",
            "#li-layers-panel",
            "#li-list",
            "#li-card",
            "#li-township",
        )
    }
    assert [s for s, text in shown.items() if payload not in text] == []
    assert (
        page.evaluate(
            "(p) => Array.from(document.querySelectorAll('#li-card dd')).filter((n) => n.textContent === p).length",
            payload,
        )
        >= 6
    )
    for selector in (".li-reason p", ".li-links b", ".li-share-name"):
        assert found.text(selector) == payload
    page.keyboard.press("Escape")
    page.evaluate(
        "landinv.view.map.setZoom(12, {animate: false}); landinv.view.map.fire('click', {latlng: L.latLng(landinv.view.layers[0].layer.labels ? [0, 0] : landinv.view.map.getCenter())})"
    )
    assert payload in found.text(".leaflet-pane .li-place")
    page.wait_for_timeout(50)
    assert page.evaluate("window.RAN") is None
    assert found.requests == [(tmp_path / "m.html").as_uri()]
    assert found.complaints == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.html"]
    page.close()


def test_the_patch_card_shows_values_as_they_are(
    browser: Browser, content: MapContent, tmp_path: Path
) -> None:
    payload = PAYLOADS[6]
    found = Opened(browser, save_map(build_map(poisoned(content, payload)), tmp_path / "m.html"))
    assert content.background is not None
    inside = content.background.geometry.iloc[5].representative_point()
    lng, lat = degrees_from_plane(np.array([[inside.x, inside.y]]), content.parcels.crs)[0]
    found.page.evaluate(
        "([lng, lat]) => landinv.view.map.fire('click', {latlng: L.latLng(lat, lng)})", [lng, lat]
    )
    assert found.text('#li-card [data-field="QSDWMC"] dd') == payload
    assert found.page.evaluate("window.RAN") is None
    found.page.close()


def test_townships_of_the_test_county_are_labelled(opened: Opened) -> None:
    labels = opened.page.evaluate(
        "Array.from(document.querySelectorAll('.li-place-large')).map((n) => n.textContent)"
    )
    assert sorted(labels) == sorted(TOWNSHIPS)
