from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from landinv.outputs.lists.supervision import write_supervision_csv
from landinv.reports.supervision import SUPERVISION_COLUMNS, supervision
from landinv.rules.ruleset import load_ruleset
from landinv.rules.supplies import judge_supplies


def supplies() -> pd.DataFrame:
    starts = pd.to_datetime(["2021-10-10", "2023-01-01"])
    return pd.DataFrame(
        {"supervision_no": ["1411272015B00011", "=1+1"], "agreed_start_on": starts, "price_wan": [413.66, 1.0],
         "source_refs": ["supplies#1", "supplies#2"]}
    )  # fmt: skip


def test_every_supply_stands_beside_its_judgement() -> None:
    judged = judge_supplies(supplies(), load_ruleset("cn-2012-53"), date(2022, 10, 10))
    whole = supervision(supplies(), judged)
    assert tuple(whole.columns) == SUPERVISION_COLUMNS
    assert whole["state"].tolist() == ["suspected_1", "waiting"]
    assert whole["kind"].fillna("").tolist() == ["suspected_idle", ""]


def test_list_is_written_with_codes_as_text_and_iso_dates(tmp_path: Path) -> None:
    judged = judge_supplies(supplies(), load_ruleset("cn-2012-53"), date(2022, 10, 10))
    path = write_supervision_csv(supervision(supplies(), judged), tmp_path / "supervision.csv")
    read = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    assert read["supervision_no"].tolist() == ["1411272015B00011", "'=1+1"]
    assert read["agreed_start_on"].tolist() == ["2021-10-10", "2023-01-01"]
    assert read["idle_days"].tolist() == ["0", ""]
    assert float(read["fee_wan"].iloc[0]) == 82.732


def test_nothing_supplied_gives_an_empty_list(tmp_path: Path) -> None:
    none = supervision(supplies().iloc[:0], pd.DataFrame())
    read = pd.read_csv(write_supervision_csv(none, tmp_path / "a.csv"), encoding="utf-8-sig")
    assert list(read.columns) == list(SUPERVISION_COLUMNS)
    assert read.empty
