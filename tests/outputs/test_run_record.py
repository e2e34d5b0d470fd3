from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from landinv import __version__
from landinv.errors import OutputError
from landinv.outputs.run_record import RunRecord, write_run_record

from .test_lists_sample import AS_OF, COUNTY, make_account, make_balance, make_findings, make_parcels


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDINV_LANG", "en")


def make_record(folder: Path) -> RunRecord:
    outputs = [folder / "parcels.csv", folder / "feed" / "parcels.csv"]
    for path in outputs:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"abc")
    parcels = make_parcels()
    return RunRecord(
        county=COUNTY,
        as_of=AS_OF,
        ruleset="cn-2012-53",
        sources=(make_account(), make_account("supplies.contracts")),
        balance=make_balance(parcels).assign(overlaps_with=None),
        balance_records=pd.DataFrame(
            {"approval_no": ["甲"], "approved_m2": [np.nan], "supplied_m2": [4000.0]}
        ),
        parcels=parcels,
        findings=make_findings(),
        outputs=tuple(outputs),
        finished_at=datetime(2022, 10, 10, 9, 30, 1, 5),
        seconds={"read": 1.25, "derive": 2.0},
    )


@pytest.fixture
def document(tmp_path: Path) -> dict[str, Any]:
    path = write_run_record(make_record(tmp_path), tmp_path / "run.json")
    return json.loads(path.read_text(encoding="utf-8"))


def test_keys_are_the_contracts_in_a_fixed_order(document: dict[str, Any]) -> None:
    assert list(document) == [
        "schema", "landinv", "county", "as_of", "ruleset", "ruleset_version", "ruleset_sha256", "sources", "balance",
        "balance_records", "totals", "reconciliation", "counts",
        "areas_m2", "findings", "outputs", "seconds", "finished_at",
    ]  # fmt: skip
    assert (document["schema"], document["landinv"]) == ("landinv.run/1", __version__)
    assert (document["as_of"], document["finished_at"]) == ("2022-10-10", "2022-10-10T09:30:01")
    assert document["seconds"] == {"read": 1.25, "derive": 2.0}


def test_sources_account_for_every_record(document: dict[str, Any]) -> None:
    source = document["sources"][1]
    assert source["key"] == "supplies.contracts"
    assert source["declared"] == source["ok"] + source["repaired"] + source["quarantined"] == 10
    assert (source["sha256"], source["encoding"], source["crs"]) == ("ab" * 32, "GB18030", "EPSG:4525")
    assert source["evidence"][0]["confidence"] == 0.99


def test_balance_is_unrounded_and_closes(document: dict[str, Any]) -> None:
    items = ["overlap_m2", "withdrawn_m2", "deducted_m2", "supplied_m2", "unsupplied_m2", "sliver_m2"]
    for row in document["balance"]:
        assert list(row)[:9] == ["approval_no", "approved_m2", *items, "difference_m2"]
        assert row["approved_m2"] - sum(row[i] for i in items) == pytest.approx(
            row["difference_m2"], abs=1e-9
        )
    assert document["balance"][0]["overlap_m2"] == 7 / 3
    assert document["totals"]["unsupplied_m2"] == sum(row["unsupplied_m2"] for row in document["balance"])


def test_missing_is_null(document: dict[str, Any]) -> None:
    assert document["balance_records"] == [{"approval_no": "甲", "approved_m2": None, "supplied_m2": 4000.0}]
    assert document["balance"][0]["overlaps_with"] is None


def test_counts_are_those_of_the_parcels(document: dict[str, Any]) -> None:
    assert sum(document["counts"].values()) == 30
    assert document["counts"]["idle"] == 6
    assert document["findings"]["by_severity"] == {"notice": 0, "warning": 1, "error": 1}
    assert document["findings"]["by_rule"] == {"A013": 1, "S003": 1}
    assert sum(document["areas_m2"].values()) == pytest.approx(make_parcels()["area_m2"].sum())


def test_outputs_are_relative_with_their_sums(document: dict[str, Any]) -> None:
    sha256 = hashlib.sha256(b"abc").hexdigest()
    assert document["outputs"] == [
        {"path": name, "sha256": sha256, "bytes": 3} for name in ("feed/parcels.csv", "parcels.csv")
    ]


def test_equal_runs_differ_in_time_alone(tmp_path: Path) -> None:
    record = make_record(tmp_path)
    later = dataclasses.replace(record, finished_at=datetime(2023, 1, 1), seconds={"read": 9.0})
    texts = []
    for name, one in (("a.json", record), ("b.json", later)):
        texts.append(write_run_record(one, tmp_path / name).read_text(encoding="utf-8").splitlines())
    differing = [line for line, other in zip(*texts, strict=False) if line != other]
    assert texts[0][: texts[0].index('  "seconds": {')] == texts[1][: texts[1].index('  "seconds": {')]
    assert '"as_of"' not in "".join(differing)


def test_an_output_elsewhere_is_refused(tmp_path: Path) -> None:
    record = make_record(tmp_path / "out")
    with pytest.raises(OutputError, match="entered in the run's account"):
        write_run_record(record, tmp_path / "other" / "run.json")
    gone = dataclasses.replace(record, outputs=(tmp_path / "out" / "gone.csv",))
    with pytest.raises(OutputError, match=r"gone\.csv"):
        write_run_record(gone, tmp_path / "out" / "run.json")
