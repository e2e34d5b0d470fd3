"""The file by the standard's text, by GDAL's validator, and as QGIS opens it."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pyogrio
import pytest

from landinv.model.parcels import kinds
from landinv.store import Store
from tests.store.registers import event, parcels, register

VALIDATOR = "from osgeo_utils.samples import validate_gpkg as v; import sys; sys.exit(v.main(sys.argv))"


def changed(store: Store) -> None:
    store.commit(register(parcels(600)), event())
    store.commit(register(parcels(599, holder=["岚县甲木铸造有限公司", *[None] * 598])), event())


def test_validator_of_gdal_passes_the_file(store: Store, path: Path) -> None:
    changed(store)
    python = "/usr/bin/python3"
    done = subprocess.run([python, "-c", VALIDATOR, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_table_is_described_and_every_layer_indexed(store: Store, path: Path) -> None:
    changed(store)
    with closing(sqlite3.connect(path)) as c:
        tables = {n for (n,) in c.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        ours = {n for n in tables if not n.startswith(("gpkg_", "rtree_", "sqlite_"))}
        assert ours == {n for (n,) in c.execute("SELECT table_name FROM gpkg_contents")}
        assert c.execute("PRAGMA foreign_key_check").fetchall() == []
        for layer in ("parcels", "approvals", "supplies", "slivers"):
            assert c.execute("SELECT rtreecheck(?)", (f"rtree_{layer}_geom",)).fetchone() == ("ok",)
        keys = [c.execute(f"PRAGMA table_info({n})").fetchall() for n in ours]
        assert all([row[1] for row in info if row[5]] in (["fid"], ["id"]) for info in keys)


def test_columns_of_all_layers_have_chinese_titles(store: Store, path: Path) -> None:
    changed(store)
    with closing(sqlite3.connect(path)) as c:
        told = {
            (t, column): title
            for t, column, title in c.execute("SELECT table_name, column_name, title FROM gpkg_data_columns")
        }
        for table in ("parcels", "shares", "findings", "corrections", "events", "row_log"):
            columns = {row[1] for row in c.execute(f"PRAGMA table_info({table})")}
            silent = {n for n in columns if (table, n) not in told}
            assert silent <= {"fid", "geom", "rowsum", "content", "prev", "digest", "after_sum"}, (
                table,
                silent,
            )
    assert told["shares", "area_m2"] == "椭球面积（平方米）"


def test_titles_reach_readers_as_aliases(store: Store, path: Path) -> None:
    changed(store)
    _meta, rows = pyogrio.read_arrow(path, layer="parcels")
    told = rows.schema.field("approval_no").metadata[b"GDAL:OGR:alternative_name"].decode()
    assert told == "批准文号"


def test_layers_carry_a_default_style_by_kind(store: Store, path: Path) -> None:
    changed(store)
    with closing(sqlite3.connect(path)) as c:
        styles = dict(c.execute("SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault = 1"))
    assert set(styles) == {"parcels", "approvals", "supplies", "slivers"}
    told = {n: ElementTree.fromstring(qml) for n, qml in styles.items()}
    labels = [c.get("label") for c in told["parcels"].iter("category")]
    assert labels == [k.zh for k in kinds().values()]
    assert all(t.find("renderer-v2") is not None for t in told.values())
    aliases = {a.get("field"): a.get("name") for a in told["approvals"].iter("alias")}
    assert aliases["approval_no"] == "批准文号"


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("UPDATE layer_styles SET styleQML = 'x'", "table_sums"),
        ("UPDATE meta SET value = '岚' WHERE key = 'crs'", "open"),
        ("UPDATE meta SET value = 'epsg:4525' WHERE key = 'crs'", "table_sums"),
        (
            "UPDATE gpkg_contents SET last_change = '2000-01-01T00:00:00.000Z' WHERE table_name = 'parcels'",
            "table_sums",
        ),
        ("UPDATE rtree_parcels_geom_node SET data = zeroblob(length(data)) WHERE nodeno = 2", "index"),
        ("UPDATE row_log SET content = zeroblob(20) WHERE fid = 1", "log"),
        ("DELETE FROM row_log WHERE fid = 1", "chain"),
    ],
)
def test_damage_of_what_the_file_says_of_itself_is_found(
    store: Store, path: Path, statement: str, check: str
) -> None:
    from tests.store.test_verify import edited

    changed(store)
    edited(path, statement)
    assert check in set(store.verify()["check"]), store.verify().to_string()
