from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from landinv.store import Store, open_store
from tests.store.registers import COUNTY


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "库" / "inventory 1%.gpkg"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with open_store(path, county=COUNTY, timeout_s=0.2) as opened:
        yield opened
