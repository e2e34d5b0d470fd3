"""Checksum lists: what they vouch for is held to, what they do not mention is left alone."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from landinv.errors import UnreadableFileError
from landinv.intake.hash_lists import expected_sha256
from landinv.intake.staging import staged


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "台账.csv"
    path.write_bytes("编号,名称\n1,甲\n".encode("gbk"))
    return path


def test_sum_of_its_own_list_is_held_to(table: Path) -> None:
    table.with_name("台账.csv.sha256").write_text(hashlib.sha256(table.read_bytes()).hexdigest())
    with staged(table) as copy:
        assert copy.size == table.stat().st_size
    table.write_bytes(table.read_bytes().replace("甲".encode("gbk"), "乙".encode("gbk")))
    with pytest.raises(UnreadableFileError, match=r"台账\.csv is not the file"), staged(table):
        pass


def test_list_of_a_folder_in_gbk_names_each_file(table: Path) -> None:
    line = f"{'0' * 64} *台账.csv\n{'1' * 64}  别的.csv\n"
    (table.parent / "SHA256SUMS.txt").write_bytes(line.encode("gbk"))
    assert expected_sha256(table) == "0" * 64
    assert expected_sha256(table.with_name("别的.csv")) == "1" * 64
    assert expected_sha256(table.with_name("无.csv")) == ""
    with pytest.raises(UnreadableFileError), staged(table):
        pass
