"""A saved map is whole, asks nobody, is the same each time, and no value in it passes a template."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
import re
from pathlib import Path

import folium
import pytest
from branca.element import MacroElement
from folium.plugins import Fullscreen
from geopandas.testing import assert_geodataframe_equal

from landinv.errors import AssetError, CRSError, FieldMissingError, FieldValueError
from landinv.outputs.map import assets, build_map, save_map
from landinv.outputs.map.leaflet_map import HERE, SCRIPTS, words
from landinv.outputs.map.page import render_page
from tests.outputs.test_map_county import county, parcels

SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


@pytest.fixture(scope="module")
def content():
    return county(60, 12)


def test_same_content_makes_the_same_bytes(content, tmp_path: Path) -> None:
    first = save_map(build_map(content), tmp_path / "a.html").read_bytes()
    again = build_map(dataclasses.replace(content))
    assert save_map(again, tmp_path / "b.html").read_bytes() == first
    assert save_map(again, tmp_path / "c.html").read_bytes() == first, "saving twice changes the map"


def test_it_is_a_folium_map_and_stays_one(content) -> None:
    m = build_map(content)
    assert isinstance(m, folium.Map)
    before = render_page(m)
    folium.CircleMarker([38.3, 111.6], radius=5).add_to(m)
    assert before.count("L.circleMarker(\n") == 0
    assert render_page(m).count("L.circleMarker(\n") == 1


def test_its_own_save_is_the_safe_one(content, tmp_path: Path) -> None:
    m = build_map(content)
    m.save(str(tmp_path / "m.html"))
    buffer = io.BytesIO()
    m.save(buffer, close_file=False)
    assert (tmp_path / "m.html").read_bytes() == buffer.getvalue() == render_page(m).encode()


def test_every_script_is_named_by_the_policy_and_nothing_may_be_fetched(content) -> None:
    page = render_page(build_map(content))
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    scripts = SCRIPT.findall(page)
    assert len(scripts) >= 2
    for text in scripts:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy[1]
    for rule in ("default-src 'none'", "connect-src 'none'", "form-action 'none'", "base-uri 'none'"):
        assert rule in policy[1]
    assert "unsafe-eval" not in policy[1]
    assert "'unsafe-inline'" not in policy[1].split("script-src")[1].split(";")[0]


def test_no_address_stands_in_the_page(content) -> None:
    page = render_page(build_map(content))
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?(?!data:)[^"'\s>]+""", markup)
    assert not re.findall(r"url\((?![\"']?(?:data:|#))[^)]*\)", markup)
    assert "//cdn" not in page


@pytest.mark.parametrize(
    "element",
    [
        lambda: folium.TileLayer("OpenStreetMap"),
        lambda: folium.Marker([38.3, 111.6], icon=folium.Icon()),
        lambda: folium.Marker([38.3, 111.6], popup="甲"),
        lambda: folium.GeoJson({"type": "FeatureCollection", "features": []}, name="x").add_child(
            folium.Element('<img src="//elsewhere.invalid/x.png">')
        ),
        Fullscreen,
        lambda: folium.WmsTileLayer("https://elsewhere.invalid/wms", layers="x"),
    ],
    ids=["tiles", "icon", "popup", "picture", "plugin", "wms"],
)
def test_what_is_not_carried_is_refused_and_nothing_is_written(element, content, tmp_path: Path) -> None:
    m = build_map(content)
    made = element()
    made.add_to(m)
    if isinstance(made, folium.GeoJson):
        m.get_root().html.add_child(next(iter(made._children.values())))
    target = tmp_path / "m.html"
    target.write_text("old", encoding="utf-8")
    with pytest.raises(AssetError) as caught:
        save_map(m, target)
    assert caught.value.hint
    assert target.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["m.html"]


def test_macro_rendering_is_put_back_even_after_a_refusal(content) -> None:
    m = build_map(content)
    folium.Marker([38.3, 111.6], icon=folium.Icon()).add_to(m)
    with pytest.raises(AssetError):
        render_page(m)
    assert MacroElement.render.__module__ == "branca.element"
    assert len(m.get_root().script._children) == 0, "what was rendered stays in the figure"


def test_a_value_in_a_folium_element_is_not_compiled_again(content, tmp_path: Path) -> None:
    trap = tmp_path / "PWNED"
    value = "{{ cycler.__init__.__globals__.os.mkdir('" + str(trap) + "') }}{{7*191}}"
    feature = {
        "type": "Feature",
        "properties": {"a": value},
        "geometry": {"type": "Point", "coordinates": [111.6, 38.3]},
    }
    m = build_map(content)
    folium.GeoJson({"type": "FeatureCollection", "features": [feature]}).add_to(m)
    try:
        page = render_page(m)
    except AssetError:
        pytest.fail("a plain GeoJson needs nothing that is not carried")
    assert not trap.exists()
    assert "{{7*191}}" in page
    assert "1337" not in page


def test_our_own_values_survive_even_folium_s_own_rendering(content, tmp_path: Path) -> None:
    trap = tmp_path / "PWNED"
    value = "{{ cycler.__init__.__globals__.os.mkdir('" + str(trap) + "') }}{{7*191}}{% 未定义"
    m = build_map(dataclasses.replace(content, parcels=content.parcels.assign(holder=value), title=value))
    m.get_root().title = ""  # folium's own template does not escape it; ours does
    page = m.get_root().render()
    assert not trap.exists()
    assert r"\u007b{7*191}}" in page


def test_the_page_s_title_is_text(content) -> None:
    page = render_page(build_map(dataclasses.replace(content, title="</title><script>x()</script>{{7*191}}")))
    assert "<title>岚县 &lt;/title&gt;&lt;script&gt;x()&lt;/script&gt;{{7*191}}</title>" in page


def test_a_title_that_begins_with_the_county_does_not_name_it_twice(content) -> None:
    page = render_page(build_map(dataclasses.replace(content, title="岚县土地分布图")))
    assert "<title>岚县 土地分布图</title>" in page
    assert '"title":"土地分布图"' in page


def test_nothing_of_the_content_is_changed(content) -> None:
    before = content.parcels.copy(deep=True), content.background.copy(deep=True)
    render_page(build_map(content))
    assert_geodataframe_equal(content.parcels, before[0])
    assert_geodataframe_equal(content.background, before[1])


def test_wrong_content_is_refused_in_words(content) -> None:
    def refused(error: type[Exception], says: str, **change: object) -> None:
        with pytest.raises(error, match=says):
            build_map(dataclasses.replace(content, **change))

    refused(CRSError, "EPSG:3857", crs="EPSG:3857")
    refused(CRSError, "nowhere", crs="nowhere")
    refused(CRSError, "townships", outlines={"townships": content.outlines["townships"].to_crs("EPSG:4490")})
    refused(FieldMissingError, "kind", parcels=content.parcels.drop(columns="kind"))
    refused(FieldValueError, "141127-0000", parcels=parcels(2).assign(parcel_id="141127-0000"))
    refused(FieldValueError, "fr", language="fr")
    degrees = parcels(1).to_crs("EPSG:4490")
    refused(CRSError, "Gauss", crs="EPSG:4490", parcels=degrees, background=None, outlines={})


def test_a_damaged_asset_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assets.asset_bytes.cache_clear()
    monkeypatch.setattr(assets, "ASSETS_DIR", tmp_path)
    (tmp_path / "leaflet.js").write_bytes(b"alert(1)")
    with pytest.raises(AssetError, match="damaged"):
        assets.asset_bytes("leaflet.js")
    with pytest.raises(AssetError, match="does not carry"):
        assets.asset_bytes("leaflet.css")
    assets.asset_bytes.cache_clear()


def test_every_carried_file_is_what_the_manifest_says_and_has_its_licence() -> None:
    rows = assets.manifest()["carried"]
    assert {row["file"] for row in rows} | {"manifest.json"} == {p.name for p in assets.ASSETS_DIR.iterdir()}
    for row in rows:
        assert hashlib.sha256((assets.ASSETS_DIR / row["file"]).read_bytes()).hexdigest() == row["sha256"]
    for package in {row["package"] for row in rows}:
        assert (assets.ASSETS_DIR / f"{package}.LICENSE.txt").is_file()


def test_every_address_of_folium_s_bare_map_is_answered() -> None:
    found = {assets.answer(url) for _, url in [*folium.Map.default_js, *folium.Map.default_css]}
    assert found == {"leaflet.js", "leaflet.css", None}


def test_every_word_the_page_asks_for_is_there_in_both_languages() -> None:
    sources = "".join((HERE / "js" / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    asked = set(re.findall(r'app\.word\("(\w+)"\)', sources))
    asked |= set(
        re.findall(
            r'data-(?:word|placeholder|title)="(\w+)"', (HERE / "frame.html").read_text(encoding="utf-8")
        )
    )
    assert len(asked) > 30
    for language in ("zh", "en"):
        assert asked <= words(language).keys()
        assert all(words(language).values())


def test_every_script_of_the_folder_is_in_the_page_and_is_short() -> None:
    found = {p.stem: p.read_text(encoding="utf-8") for p in (HERE / "js").glob("*.js")}
    assert set(found) == set(SCRIPTS)
    assert max(text.count("\n") for text in found.values()) <= 400
    assert not [
        name
        for name, text in found.items()
        if re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)
    ]
