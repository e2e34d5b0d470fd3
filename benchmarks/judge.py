"""Judge real tables of supplies beside an oracle of ten lines, and a hundred thousand invented ones against the clock.

python benchmarks/judge.py FOLDER [--as-of 2022-10-10 …]     every table of FOLDER, every disagreement printed
python benchmarks/judge.py --speed [--supplies 100000]       seconds of judging with reasons

Tables are read through the program's own intake as role ``supplies``, whatever their headers, so what is compared is
the judgement of the dates it found. The oracle knows nothing of the package: dates in, kind and level out.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from landinv.errors import LandinvError
from landinv.intake import read_source
from landinv.model.options import SourceOptions
from landinv.rules.ruleset import load_ruleset
from landinv.rules.supplies import judge_supplies

RULESET = "cn-2012-53"
DAYS = [
    date(2015, 7, 1),
    date(2018, 2, 28),
    date(2020, 2, 29),
    date(2020, 5, 20),
    date(2022, 10, 10),
    date(2026, 1, 1),
]
DATES = (
    "agreed_start_on",
    "extension_start_on",
    "delivered_on",
    "permit_on",
    "started_on",
    "finished_on",
    "halted_on",
)


def later(day: date, years: int) -> date:
    leap = (day.month, day.day) == (2, 29)
    return (
        date(day.year + years, 2, 28)
        if leap and (day.year + years) % 4
        else day.replace(year=day.year + years)
    )


def oracle(s: dict[str, date | None], as_of: date) -> tuple[str, int]:
    """Kind and level of a supply that has dates but no ratios, causes, prices or determination."""
    s = {k: v for k, v in s.items() if v and (v <= as_of or k in ("agreed_start_on", "extension_start_on"))}
    given = s.get("delivered_on") or s.get("permit_on")
    due = s.get("extension_start_on") or s.get("agreed_start_on") or (later(given, 1) if given else None)
    if "finished_on" in s:
        return "", 0
    if "started_on" in s:
        halted = s.get("halted_on")
        return ("cannot_judge", 0) if halted and later(halted, 1) <= as_of else ("", 0)
    if due is None:
        return "cannot_judge", 0
    level = (later(due, 1) <= as_of) + (later(due, 2) <= as_of)
    return ("suspected_idle", level) if level else ("supplied_unstarted", 0) if due < as_of else ("", 0)


def read_tables(folder: Path) -> list[tuple[str, pd.DataFrame]]:
    """Every table of a folder that the intake accepts, canonical columns; the refused are told."""
    tables = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".csv", ".xlsx", ".xls")):
        try:
            dataset = read_source(SourceOptions(key="supplies", role="supplies", path=path), None)
        except LandinvError as error:
            print(f"refused   {path.name}: {error}")
            continue
        tables.append((path.name, pd.DataFrame(dataset.frame)))
    return tables


def compare(name: str, supplies: pd.DataFrame, days: list[date]) -> int:
    """Judge one table for several days beside the oracle; print and count the disagreements."""
    ruleset = load_ruleset(RULESET)
    dates = supplies.reindex(columns=list(DATES))
    rows = [
        {str(k): None if pd.isna(v) else pd.Timestamp(v).date() for k, v in r.items()}
        for r in dates.to_dict("records")
    ]
    plain = dates.apply(pd.to_datetime)
    wrong = 0
    for day in days:
        judged = judge_supplies(plain, ruleset, day)
        found = list(zip(judged["kind"].fillna(""), judged["idle_level"].fillna(0), strict=True))
        for row, got, told in zip(rows, found, judged["reason"], strict=True):
            if got != oracle(row, day):
                wrong += 1
                print(f"DISAGREE  {name} {day}: {row} program {got} oracle {oracle(row, day)}: {told}")
        kinds = ", ".join(
            f"{kind or 'none'} {n}" for kind, n in sorted(Counter(kind for kind, _ in found).items())
        )
        print(f"{day}  {name}: {len(rows)} supplies: {kinds}")
    return wrong


def invented(count: int) -> pd.DataFrame:
    """Supplies of every sort, a tenth of them seized for a while."""
    rng = np.random.default_rng(20121001)
    first = pd.Timestamp("2012-08-01")

    def days(last: int, missing: float) -> pd.Series[Any]:
        found = pd.Series(first + pd.to_timedelta(rng.integers(0, last, count), "D"))
        return found.mask(rng.random(count) < missing)

    suspended = days(3_800, 0.9)
    return pd.DataFrame(
        {
            "agreed_start_on": days(4_000, 0.2), "delivered_on": days(3_000, 0.5), "permit_on": days(3_000, 0.5),
            "started_on": days(4_000, 0.5), "finished_on": days(5_000, 0.8), "halted_on": days(3_800, 0.6),
            "extension_start_on": days(4_500, 0.9), "developed_area": rng.uniform(0, 100, count),
            "developable_area": np.where(rng.random(count) < 0.2, np.nan, 150.0),
            "invested_wan": rng.uniform(0, 100, count), "total_investment_wan": 200.0,
            "price_wan": rng.uniform(0, 1e4, count), "idle_cause": rng.choice(["政府原因", "资金不足", "无"], count),
            "suspended_on": suspended, "suspension_cause": "司法查封",
            "resumed_on": suspended + pd.to_timedelta(rng.integers(1, 500, count), "D"),
        }
    )  # fmt: skip


def speed(count: int) -> None:
    """Seconds of judging with reasons, best of three."""
    supplies, ruleset = invented(count), load_ruleset(RULESET)
    seconds = []
    for _turn in range(3):
        begun = time.perf_counter()
        judged = judge_supplies(supplies, ruleset, date(2022, 10, 10))
        seconds.append(time.perf_counter() - begun)
    assert judged["reason"].notna().all()
    print(f"{count} supplies with reasons: best {min(seconds):.2f} s, worst {max(seconds):.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--as-of", type=date.fromisoformat, nargs="*", default=DAYS)
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--supplies", type=int, default=100_000)
    asked = parser.parse_args()
    if asked.speed:
        speed(asked.supplies)
    if asked.folder:
        tables = read_tables(asked.folder)
        wrong = sum(compare(name, supplies, asked.as_of) for name, supplies in tables)
        print(f"{len(tables)} tables, {wrong} disagreements")
        sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
