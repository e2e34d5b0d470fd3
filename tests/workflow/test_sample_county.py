"""The sample county through the whole job, against numbers its generator knows by construction."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from landinv.workflow.run import run

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    for name in ("layers", "tables"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("inventory.gpkg*"))
    shutil.copy(ROOT / "landinv.toml", folder)
    run(folder / "landinv.toml")
    return folder / "maps"


@pytest.fixture(scope="module")
def truth() -> dict[str, object]:
    loaded: dict[str, object] = json.loads((ROOT / "layers" / "truth.json").read_text(encoding="utf-8"))
    return loaded


def test_unsupplied_land_of_named_approvals(out: Path, truth: dict[str, list[dict[str, object]]]) -> None:
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    balance = {row["approval_no"]: row for row in record["balance"]}
    assert len(truth["approvals"]) >= 6
    for known in truth["approvals"]:
        row = balance[known["approval_no"]]
        assert row["unsupplied_m2"] == pytest.approx(known["unsupplied_m2"], abs=0.05), known["approval_no"]
        assert abs(row["difference_m2"]) <= 0.01


def test_kind_of_every_named_supply(out: Path, truth: dict[str, list[dict[str, object]]]) -> None:
    parcels = pd.read_csv(out / "parcels.csv", dtype=str, encoding="utf-8-sig", keep_default_na=False)
    kinds = {n: k for n, k in zip(parcels["supervision_no"], parcels["kind"], strict=True) if n}
    levels = dict(zip(parcels["supervision_no"], parcels["idle_level"], strict=True))
    assert len(truth["supplies"]) >= 20
    for known in truth["supplies"]:
        number = known["supervision_no"]
        assert kinds.get(str(number)) == known["kind"], known
        if known.get("level"):
            assert levels[str(number)] == str(known["level"]), known
