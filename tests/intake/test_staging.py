from __future__ import annotations

import os
import stat
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from landinv.errors import LimitExceededError, SourceMissingError, UnreadableFileError
from landinv.intake.archives import extract, member_name
from landinv.intake.limits import ArchiveLimits
from landinv.intake.naming import shown
from landinv.intake.staging import staged

Writer = Callable[..., Path]
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")


@pytest.fixture
def shapefile(write_layer: Writer, at: Callable[..., Any]) -> Path:
    return write_layer("GD.shp", [at(0, 0, 9, 9)])


def refused(path: Path) -> None:
    with staged(path):
        pass


def test_copy_lies_in_a_private_folder_under_a_plain_name_and_goes(shapefile: Path) -> None:
    odd = shapefile.with_name("地块 'x|layername=y;.shp")
    for suffix in (".shp", ".shx", ".dbf", ".prj"):
        shapefile.with_suffix(suffix).rename(odd.with_name(odd.name.removesuffix(".shp") + suffix))
    with staged(odd) as copy:
        assert copy.main.name == "shape.shp"
        assert sorted(p.name for p in copy.folder.iterdir()) == [
            "shape.shp",
            "shape.shx",
            "table.dbf",
            "table.prj",
        ]
        if os.name == "posix":
            assert stat.S_IMODE(copy.folder.stat().st_mode) == 0o700
    assert not copy.folder.exists()


def test_copy_goes_when_reading_fails(shapefile: Path) -> None:
    folders: list[Path] = []

    def fail() -> None:
        with staged(shapefile) as copy:
            folders.append(copy.folder)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not folders[0].exists()


def test_suffixes_may_differ_in_case(shapefile: Path) -> None:
    upper = shapefile.with_name("GD.SHP")
    shapefile.rename(upper)
    with staged(upper) as copy:
        assert (copy.folder / "table.dbf").exists()


def test_sum_is_of_all_parts(shapefile: Path) -> None:
    with staged(shapefile) as copy:
        before = copy.sha256
    with shapefile.with_suffix(".prj").open("a") as file:
        file.write(" ")
    with staged(shapefile) as copy:
        assert copy.sha256 != before


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceMissingError, match=r"no\.shp does not exist"):
        refused(tmp_path / "no.shp")


@pytest.mark.parametrize(
    "address", ["http://example.invalid/a.shp", "/vsicurl/http://x/a.shp", "PG:dbname=x.shp"]
)
def test_addresses_are_no_local_files(address: str) -> None:
    with pytest.raises(UnreadableFileError, match="local file"):
        refused(Path(address))


@POSIX
def test_links_pipes_and_devices_are_refused(shapefile: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.shp"
    link.symlink_to(shapefile)
    with pytest.raises(UnreadableFileError, match="is a link"):
        refused(link)
    pipe = tmp_path / "pipe.shp"
    os.mkfifo(pipe)
    with pytest.raises(UnreadableFileError, match="regular"):
        refused(pipe)
    shapefile.with_suffix(".dbf").unlink()
    shapefile.with_suffix(".dbf").symlink_to("/dev/zero")
    with pytest.raises(UnreadableFileError, match=r"GD\.dbf"):
        refused(shapefile)


@pytest.mark.parametrize(
    ("name", "head", "word"),
    [("a.shp", b"<html>", "xml/html"), ("a.gpkg", b"PK\x03\x04", "zip"), ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "password"),
     ("a.xls", b"<table>", "html"), ("a.geojson", b"<VRT>", "xml"), ("a.csv", b"", "empty"), ("a.vrt", b"x", "format"),
     ("a.zip", b"Rar!\x1a", "rar")],
)  # fmt: skip
def test_first_bytes_must_be_right(tmp_path: Path, name: str, head: bytes, word: str) -> None:
    path = tmp_path / name
    for suffix in {path.suffix, *((".shx", ".dbf") if name == "a.shp" else ())}:
        path.with_suffix(suffix).write_bytes(head)
    with pytest.raises(UnreadableFileError, match=word):
        refused(path)


def test_folder_with_one_shapefile_is_that_shapefile(shapefile: Path, tmp_path: Path) -> None:
    with staged(tmp_path) as copy:
        assert copy.title.endswith("GD.shp")
    (tmp_path / "B.shp").write_bytes(b"")
    with pytest.raises(SourceMissingError, match=r"B\.shp, GD\.shp"):
        refused(tmp_path)


def zipped(path: Path, files: dict[str, Path | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content.read_bytes() if isinstance(content, Path) else content)
    return path


def parts(shapefile: Path, stem: str = "GD") -> dict[str, Path | bytes]:
    return {f"{stem}{s}": shapefile.with_suffix(s) for s in (".shp", ".shx", ".dbf", ".prj")}


def test_zip_with_one_layer_is_unpacked(shapefile: Path, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"__MACOSX/._GD.shp": b"x", **parts(shapefile, "成果/GD")})
    with staged(archive) as copy:
        assert copy.title.endswith("a.zip/成果/GD.shp")
        assert copy.main.read_bytes() == shapefile.read_bytes()


def test_gbk_names_without_a_flag_are_understood() -> None:
    assert member_name(zipfile.ZipInfo("供地.dbf".encode("gbk").decode("cp437"))) == "供地.dbf"
    assert member_name(zipfile.ZipInfo("供地.dbf".encode().decode("cp437"))) == "供地.dbf"


@pytest.mark.parametrize(
    ("files", "word"),
    [({"../GD.shp": b"x"}, "leaves the folder"), ({"/tmp/GD.shp": b"x"}, "leaves the folder"),
     ({"a\\..\\b.shp": b"x"}, "leaves the folder"), ({"GD.shp": b"x", "gd.SHP": b"y"}, "twice"),
     ({"inner.zip": b"x"}, "archive inside"), ({}, "empty")],
)  # fmt: skip
def test_archive_that_bends_the_rules_is_refused(
    tmp_path: Path, files: dict[str, Path | bytes], word: str
) -> None:
    with pytest.raises(UnreadableFileError, match=word):
        extract(zipped(tmp_path / "a.zip", files), tmp_path / "out", title="a.zip")


def test_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("GD.shp")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/hostname")
    with pytest.raises(UnreadableFileError, match="link"):
        extract(tmp_path / "a.zip", tmp_path / "out", title="a.zip")


def test_damaged_member_is_refused(
    shapefile: Path, tmp_path: Path, edit: Callable[[Path, int, bytes], None]
) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("GD.shp", shapefile.read_bytes())
    edit(path, 100, b"\xff\xfe")
    with pytest.raises(UnreadableFileError, match="CRC"):
        extract(path, tmp_path / "out", title="a.zip")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(UnreadableFileError, match="cut off"):
        extract(path, tmp_path / "out2", title="a.zip")


def test_bombs_are_refused_by_count_size_and_ratio(tmp_path: Path) -> None:
    many = zipped(tmp_path / "m.zip", {f"{i}.txt": b"" for i in range(30)})
    with pytest.raises(LimitExceededError, match="files in it is 30"):
        extract(many, tmp_path / "o1", title="m.zip", limits=ArchiveLimits(members=10))
    flat = zipped(tmp_path / "f.zip", {"a.dbf": bytes(21 * 1024 * 1024)})
    with pytest.raises(LimitExceededError, match="100 times"):
        extract(flat, tmp_path / "o2", title="f.zip")
    with pytest.raises(LimitExceededError, match="unpacks to more"):
        extract(flat, tmp_path / "o3", title="f.zip", limits=ArchiveLimits(total_bytes=1000))


def test_zip_with_two_layers_names_them(shapefile: Path, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {**parts(shapefile, "a"), **parts(shapefile, "b")})
    with pytest.raises(SourceMissingError, match=r"a\.shp, b\.shp"):
        refused(archive)


def test_names_are_printable_whatever_they_hold() -> None:
    assert shown("a\nb\x1b[31m.shp") == "a\ufffdb\ufffd[31m.shp"
    raw = os.fsdecode("地块.shp".encode("gbk"))
    assert shown(raw) == "地块.shp"


def test_zip_with_several_layers_is_read_by_the_one_that_is_named(shapefile: Path, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {**parts(shapefile, "成果/GD"), **parts(shapefile, "成果/BP")})
    with pytest.raises(SourceMissingError, match="2 layers") as told:
        refused(archive)
    assert told.value.names == ("成果/GD.shp", "成果/BP.shp")
    for wanted in ("GD", "bp.shp", "成果/BP.shp"):
        with staged(archive, wanted) as copy:
            assert copy.title.casefold().endswith(Path(wanted).stem.casefold() + ".shp")
            assert copy.layer == ""
    with pytest.raises(SourceMissingError), staged(archive, "XZQ"):
        pass


def test_folder_with_several_layers_is_read_by_the_one_that_is_named(shapefile: Path) -> None:
    for suffix in (".shp", ".shx", ".dbf", ".prj"):
        (shapefile.parent / f"BP{suffix}").write_bytes(shapefile.with_suffix(suffix).read_bytes())
    with pytest.raises(SourceMissingError, match="2 layers"):
        refused(shapefile.parent)
    with staged(shapefile.parent, "BP") as copy:
        assert copy.title.endswith("BP.shp")


def test_folder_without_a_layer_is_said_to_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "dk.shp").mkdir()
    with pytest.raises(SourceMissingError, match="is a folder"):
        refused(tmp_path / "dk.shp")
