from __future__ import annotations

import json
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
import shapely

from landinv.errors import (
    LandinvError,
    OutputError,
    SourceMissingError,
    StoreDamagedError,
    StoreEditedError,
    StoreLockedError,
)
from landinv.model.options import CountyOptions
from landinv.store import Store, backup, open_store
from tests.store.registers import COUNTY, E, N, event, parcels, register

_READ_WITH_GDAL = """
import json, sys, pyogrio
layers = pyogrio.list_layers(sys.argv[1]).tolist()
frame = pyogrio.read_dataframe(sys.argv[1], layer="parcels")
window = pyogrio.read_dataframe(sys.argv[1], layer="parcels", bbox=tuple(json.loads(sys.argv[2])))
info = pyogrio.read_info(sys.argv[1], layer="parcels")
print(json.dumps({
    "layers": {name: kind for name, kind in layers}, "crs": info["crs"], "count": len(frame),
    "window": window["parcel_id"].tolist(), "area": float(frame.area.sum()), "types": info["dtypes"].tolist(),
    "fields": info["fields"].tolist(), "holder": frame["holder"].fillna("").tolist(),
}))
"""


def test_gdal_reads_layers_types_crs_and_window(store: Store, path: Path) -> None:
    store.commit(register(parcels(holder=["岚县甲木铸造有限公司", None, None])), event())
    window = [E + 410, N + 10, E + 420, N + 20]
    done = subprocess.run(
        [sys.executable, "-c", _READ_WITH_GDAL, str(path), json.dumps(window)],
        capture_output=True,
        check=True,
    )
    seen = json.loads(done.stdout)
    assert {"parcels", "approvals", "supplies", "slivers"} == {
        name for name, kind in seen["layers"].items() if kind == "MultiPolygon"
    }
    assert {"findings", "shares", "links", "events", "parcel_history", "lineage", "meta"} <= set(
        seen["layers"]
    )
    assert seen["crs"] == "EPSG:4525"
    assert (seen["count"], seen["area"], seen["window"]) == (3, 30000.0, ["141127-P00002"])
    assert seen["holder"] == ["岚县甲木铸造有限公司", "", ""]
    types = dict(zip(seen["fields"], seen["types"], strict=True))
    assert types["approved_on"].startswith("datetime64")
    assert (types["available"], types["area_m2"]) == ("bool", "float64")


def test_file_is_a_geopackage_by_its_own_words(store: Store, path: Path) -> None:
    store.commit(register(), event())
    assert path.read_bytes()[68:72] == b"GPKG"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (10300,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        triggers = connection.execute(
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'parcels'"
        ).fetchone()
        title = connection.execute(
            "SELECT title FROM gpkg_data_columns WHERE column_name = 'area_m2'"
        ).fetchone()
        (blob,) = connection.execute("SELECT geom FROM parcels WHERE fid = 1").fetchone()
        codes = connection.execute("SELECT srs_id FROM gpkg_spatial_ref_sys ORDER BY 1").fetchall()
    assert triggers == (6,)
    assert struct.unpack("<2sBBi4d", blob[:40]) == (b"GP", 0, 3, 4525, E + 200, E + 300, N, N + 100)
    assert shapely.from_wkb(blob[40:]).geom_type == "MultiPolygon"
    assert title == ("椭球面积（平方米）",)
    assert codes == [(-1,), (0,), (4326,), (4525,)]


def test_edit_by_gdal_keeps_the_index_and_is_seen_by_verify(store: Store, path: Path) -> None:
    store.commit(register(), event())
    edit = "UPDATE parcels SET geom = (SELECT geom FROM parcels WHERE fid = 1), holder = '乙' WHERE parcel_id LIKE '%3'"
    ogrinfo = shutil.which("ogrinfo")
    assert ogrinfo, "gdal-bin is part of the test machine"
    subprocess.run([ogrinfo, "-q", str(path), "-sql", edit], check=True, capture_output=True)
    problems = store.verify()
    assert set(problems["check"]) == {"row_sums"}
    assert problems["row"].tolist() == ["141127-P00003"]
    with pytest.raises(StoreEditedError, match="parcels"):
        store.commit(register(parcels(4)), event())
    assert len(store.events()) == 1


def test_store_held_by_another_is_refused_with_a_hint_and_left(store: Store, path: Path) -> None:
    store.commit(register(), event())
    before = path.read_bytes()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreLockedError, match="inventory") as caught:
            store.commit(register(parcels(4)), event())
        assert store.read_state() is not None
        other.execute("ROLLBACK")
    assert "QGIS" in caught.value.hint
    assert path.read_bytes() == before


def test_change_by_someone_else_since_reading_is_not_overwritten(path: Path) -> None:
    open_store(path, county=COUNTY).commit(register(), event())
    mine, theirs = (open_store(path, county=COUNTY) for _ in range(2))
    mine.known_parcels()
    theirs.read_state()
    theirs.commit(register(parcels(4)), event())
    mine.read_state()
    mine.events()
    with pytest.raises(StoreLockedError, match="someone else"):
        mine.commit(register(parcels(2)), event())
    assert open_store(path, county=COUNTY).commit(register(parcels(2)), event()).removed == 2


def test_two_commits_in_a_row_build_upon_one_another(store: Store) -> None:
    assert store.read_state() is None
    for count in (1, 2, 3):
        store.commit(register(parcels(count)), event())
    assert len(store.events()) == 3


@pytest.mark.parametrize("content", [b"not a database at all" * 60, b"SQLite format 3\0" + b"\0" * 500])
def test_file_that_is_no_database_is_refused_and_left(store: Store, path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    for use in (store.read_state, lambda: store.commit(register(), event())):
        with pytest.raises(StoreDamagedError, match="inventory"):
            use()
    assert path.read_bytes() == content
    assert len(store.verify()) == 1


def test_geopackage_of_someone_else_is_refused_and_left(store: Store, path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE gpkg_contents (table_name TEXT)")
        other.execute("PRAGMA application_id=1196444487")
    before = path.read_bytes()
    with pytest.raises(StoreDamagedError, match="not a store"):
        store.commit(register(), event())
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("county", "said"),
    [
        (CountyOptions("甲县", "141199", "EPSG:4525"), "141127"),
        (CountyOptions("岚县", "141127", "EPSG:4526"), "4525"),
    ],
)
def test_store_of_another_county_or_crs_is_refused(
    store: Store, path: Path, county: CountyOptions, said: str
) -> None:
    store.commit(register(), event())
    with pytest.raises(StoreDamagedError, match=said):
        open_store(path, county=county).read_state()


def test_store_of_a_later_program_is_refused(store: Store, path: Path) -> None:
    store.commit(register(), event())
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    with pytest.raises(StoreDamagedError, match="99"):
        store.read_state()


def test_empty_file_is_a_store_not_begun(store: Store, path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    assert store.read_state() is None
    assert store.commit(register(), event()).written


_AS_NOBODY = """
import os, sys
from pathlib import Path
from tests.store.registers import COUNTY, event, parcels, register
from landinv.errors import OutputError
from landinv.store import open_store
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
store = open_store(Path(sys.argv[1]) / "inventory.gpkg", county=COUNTY, timeout_s=0.2)
state = store.read_state()
assert len(state.parcels) == 3 and store.verify().empty
try:
    store.commit(register(parcels(4)), event())
except OutputError as error:
    print(error.message, "|", error.hint)
"""


def test_read_only_store_is_read_and_a_commit_refused() -> None:
    # Not in pytest's own folder, which only its owner may enter.
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "inventory.gpkg"
        open_store(path, county=COUNTY).commit(register(), event())
        before = path.read_bytes()
        path.chmod(0o444)
        path.parent.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", _AS_NOBODY, name], capture_output=True, check=True, text=True
        )
        assert "cannot be opened or written" in done.stdout
        assert path.read_bytes() == before
        path.parent.chmod(0o755)


_WITH_LITTLE_SPACE = """
import resource, signal, sys
from pathlib import Path
from tests.store.registers import COUNTY, event, parcels, register
from landinv.errors import OutputError
from landinv.store import open_store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20000,) * 2)
try:
    open_store(path, county=COUNTY).commit(register(parcels(500)), event())
except OutputError as error:
    print(error.message)
"""


def test_full_disk_is_refused_with_the_state_as_before(store: Store, path: Path) -> None:
    store.commit(register(), event())
    done = subprocess.run(
        [sys.executable, "-c", _WITH_LITTLE_SPACE, str(path)], capture_output=True, check=True, text=True
    )
    assert "cannot be opened or written" in done.stdout
    state = store.read_state()
    assert state is not None
    assert len(state.parcels) == 3
    assert store.verify().empty


def test_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match=r"a\.gpkg"):
        open_store(tmp_path / "file" / "a.gpkg", county=COUNTY).commit(register(), event())


def test_database_server_is_not_served_yet() -> None:
    with pytest.raises(LandinvError, match="database server"):
        open_store("postgresql://host/db", county=COUNTY)


def test_backup_is_a_whole_store(store: Store, path: Path, tmp_path: Path) -> None:
    store.commit(register(), event())
    target = tmp_path / "备份" / "b.gpkg"
    assert backup(path, target) == target
    copy = open_store(target, county=COUNTY)
    assert copy.verify().empty
    assert not copy.commit(register(), event()).written
    assert [p.name for p in target.parent.iterdir()] == ["b.gpkg"]


def test_backup_of_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceMissingError, match=r"a\.gpkg"):
        backup(tmp_path / "a.gpkg", tmp_path / "b.gpkg")
    assert not list(tmp_path.iterdir())
