from __future__ import annotations

from pathlib import Path

import pytest

from landinv.store import Store
from landinv.store.network import network_type
from tests.store.registers import event, register

MOUNTS = (
    "sysfs /sys sysfs rw 0 0\n/dev/sda1 / ext4 rw 0 0\n"
    "//server/share /mnt/our\\040share cifs rw 0 0\n/dev/sdb1 /mnt/our\\040share/disk ext4 rw 0 0\n"
)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/a/inventory.gpkg", ""),
        ("/mnt/our share/layers/inventory.gpkg", "cifs"),
        ("/mnt/our share/disk/inventory.gpkg", ""),
        ("/mnt/our shares/inventory.gpkg", ""),
    ],
)
def test_network_folder_is_known_by_the_mount_it_lies_on(tmp_path: Path, path: str, kind: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert network_type(Path(path), mounts=mounts) == kind


def test_store_on_a_network_folder_is_warned_of(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("landinv.store.geopackage.network_type", lambda _path: "cifs")
    store.commit(register(), event())
    assert "cifs" in caplog.text
