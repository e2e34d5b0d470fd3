"""Twenty invented contracts of the shape of the real ones, worked out by hand for 10 October 2022.

Every date, level and fee below was counted on a calendar, not taken from the program.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from landinv.rules.ruleset import Ruleset
from landinv.rules.supplies import judge_supplies

AS_OF = date(2022, 10, 10)
SEIZED = {"suspension_cause": "司法查封"}
BUILT_LITTLE = {
    "developable_area": 30_000.0, "developed_area": 9_999.0,
    "total_investment_wan": 8_000.0, "invested_wan": 2_000.0,
}  # fmt: skip

# name: contract → kind, level, idle since, idle days, fee 万元, next change, state
CONTRACTS: dict[str, tuple[dict[str, Any], tuple[str | None, int | None, str | None, int | None, float | None, str | None, str]]] = {
    # signed and waiting: due on 1 December, overdue from the 2nd
    "甲木铸造": ({"agreed_start_on": "2022-12-01", "price_wan": 500.0},
             (None, None, None, None, None, "2022-12-02", "waiting")),
    # due on the very day: not overdue before the 11th
    "乙水置业": ({"agreed_start_on": "2022-10-10"}, (None, None, None, None, None, "2022-10-11", "waiting")),
    # 1 March 2022 and a year: 1 March 2023
    "丙火商贸": ({"agreed_start_on": "2022-03-01", "price_wan": 800.0},
             ("supplied_unstarted", None, None, None, None, "2023-03-01", "overdue_start")),
    # 10 October 2021: the anniversary is today, idle for 0 days, fee 20 % of 413.66
    "丁土物流": ({"agreed_start_on": "2021-10-10", "price_wan": 413.66},
             ("suspected_idle", 1, "2022-10-10", 0, 82.732, "2023-10-10", "suspected_1")),
    # the day before today's anniversary is still level 1: two years on 11 October 2022
    "戊金机械": ({"agreed_start_on": "2020-10-11", "price_wan": 100.0},
             ("suspected_idle", 1, "2021-10-11", 364, 20.0, "2022-10-11", "suspected_1")),
    # due 15 May 2018: idle since 15 May 2019; 2019-05-15 to 2022-10-10 is 3 years (1096) and 148 days
    "己石建材": ({"agreed_start_on": "2018-05-15", "price_wan": 2_000.0},
             ("suspected_idle", 2, "2019-05-15", 1244, None, None, "suspected_2")),
    # leap day: due 29 February 2020, idle since 28 February 2021, two years on 28 February 2022; 224 days since then
    "庚竹文化": ({"agreed_start_on": "2020-02-29", "price_wan": 60.0},
             ("suspected_idle", 2, "2021-02-28", 589, None, None, "suspected_2")),
    # no agreed start: delivered 31 August 2020, due 31 August 2021, idle since 31 August 2022 (40 days)
    "辛泉饮品": ({"delivered_on": "2020-08-31", "signed_on": "2020-01-01", "price_wan": 250.0},
             ("suspected_idle", 1, "2022-08-31", 40, 50.0, "2023-08-31", "suspected_1")),
    # neither start nor delivery: permit 30 April 2021, due 30 April 2022, overdue, idle on 30 April 2023
    "壬山种业": ({"permit_on": "2021-04-30"},
             ("supplied_unstarted", None, None, None, None, "2023-04-30", "overdue_start")),
    # only signed: cannot judge
    "癸谷粮油": ({"signed_on": "2014-08-08", "agreed_delivery_on": "2014-10-01"},
             ("cannot_judge", None, None, None, None, None, "cannot_judge")),
    # extended to 1 January 2022: the old due date of 2019 does not count any more
    "甲水包装": ({"agreed_start_on": "2019-01-01", "extension_start_on": "2022-01-01"},
             ("supplied_unstarted", None, None, None, None, "2023-01-01", "overdue_start")),
    # two extensions; the later one was signed only on 1 November 2022, so today the first counts: idle since 1 June 2022
    "乙木家具": ({"agreed_start_on": "2020-01-01", "price_wan": 10.0,
              "extensions": "2021-06-01（2020-05-01签订）；2023-06-01（2022-11-01签订）"},
             ("suspected_idle", 1, "2022-06-01", 131, 2.0, "2023-06-01", "suspected_1")),
    # seized for 100 days (1 June to 8 September 2021 inclusive): one year moves from 1 May to 9 August 2022
    "丙土陶瓷": ({"agreed_start_on": "2021-05-01", "price_wan": 300.0,
              "suspended_on": "2021-06-01", "resumed_on": "2021-09-09", **SEIZED},
             ("suspected_idle", 1, "2022-08-09", 62, 60.0, "2023-08-09", "suspected_1")),
    # seized since 1 October 2022 without an end: the clock stands, 4 April 2023 is not announced
    "丁火锻压": ({"agreed_start_on": "2022-04-04", "suspended_on": "2022-10-01", **SEIZED},
             ("supplied_unstarted", None, None, None, None, None, "overdue_start")),
    # a halt of lacking money is not deducted: one year on 1 May 2022
    "戊水纺织": ({"agreed_start_on": "2021-05-01", "price_wan": 300.0,
              "suspensions": "2021-06-01至2021-09-08 资金不足"},
             ("suspected_idle", 1, "2022-05-01", 162, 60.0, "2023-05-01", "suspected_1")),
    # the government's doing: suspected, without level and fee
    "己金电子": ({"agreed_start_on": "2019-09-30", "price_wan": 900.0, "idle_cause": "政府未按期交地"},
             ("suspected_idle", None, "2020-09-30", 740, None, None, "suspected_government")),
    # halted 28 February 2021 with 33.33 % of the area: idle since 28 February 2022 (224 days), fee 20 % of 1156.8
    "庚石新材": ({"agreed_start_on": "2018-05-01", "started_on": "2018-06-20", "halted_on": "2021-02-28",
              "price_wan": 1_156.8, **BUILT_LITTLE},
             ("suspected_idle", 1, "2022-02-28", 224, 231.36, "2023-02-28", "suspected_1")),
    # one square metre more makes a third, and 25 % is enough: halted, not idle
    "辛竹纸业": ({"agreed_start_on": "2018-05-01", "started_on": "2018-06-20", "halted_on": "2021-02-28",
              **BUILT_LITTLE, "developed_area": 10_000.0},
             (None, None, None, None, None, None, "halted")),
    # determined on 1 September 2022, due 20 January 2021: idle since 20 January 2022 (263 days), level 1
    "壬泉冷链": ({"agreed_start_on": "2021-01-20", "price_wan": 455.5, "determination_no": "岚自然资闲认〔2022〕1号",
              "determined_on": "2022-09-01"},
             ("idle", 1, "2022-01-20", 263, 91.1, "2023-01-20", "idle_1")),
    # collective land: listed as unstarted, never called idle
    "癸山农机": ({"agreed_start_on": "2019-01-01", "price_wan": 100.0, "parcel_code": "141127001001JB00001"},
             ("supplied_unstarted", None, None, None, None, None, "outside_statute")),
}  # fmt: skip


def frame(*supplies: dict[str, Any]) -> pd.DataFrame:
    table = pd.DataFrame(list(supplies))
    dates = [name for name in table if str(name).endswith("_on")]
    return table.assign(**{name: pd.to_datetime(table[name]) for name in dates})


def found(judged: pd.DataFrame) -> list[tuple[Any, ...]]:
    columns = ["kind", "idle_level", "idle_since", "idle_days", "fee_wan", "next_change_on", "state"]
    return [tuple(None if pd.isna(v) else v for v in row) for row in judged[columns].itertuples(index=False)]


def expected(name: str) -> tuple[Any, ...]:
    kind, level, since, days, fee, change, state = CONTRACTS[name][1]
    return kind, level, since and pd.Timestamp(since), days, fee, change and pd.Timestamp(change), state


def test_there_are_twenty() -> None:
    assert len(CONTRACTS) == 20


def test_contracts_are_judged_as_by_hand(ruleset: Ruleset) -> None:
    judged = judge_supplies(frame(*(contract for contract, _ in CONTRACTS.values())), ruleset, AS_OF)
    rounded = judged.assign(fee_wan=judged["fee_wan"].round(9))
    told = dict(zip(CONTRACTS, found(rounded), strict=True))
    assert told == {name: expected(name) for name in CONTRACTS}


@pytest.mark.parametrize("name", ["甲木铸造", "丙土陶瓷", "癸山农机"])
def test_one_alone_is_judged_as_among_others(ruleset: Ruleset, name: str) -> None:
    assert found(judge_supplies(frame(CONTRACTS[name][0]), ruleset, AS_OF)) == [expected(name)]


def test_what_an_assumption_rests_on_is_cited_and_marked_as_unverified(ruleset: Ruleset) -> None:
    names = list(CONTRACTS)
    judged = judge_supplies(frame(*(c for c, _ in CONTRACTS.values())), ruleset, AS_OF)
    clause = dict(zip(names, judged["clause"], strict=True))
    assert "第二十二条〔未核实〕" in clause["辛泉饮品"]
    assert "第二百零二条〔未核实〕" in clause["庚竹文化"]
    assert "第八条〔未核实〕" in clause["丙土陶瓷"]
    assert "第十四条（中止建设）〔未核实〕" in clause["庚石新材"]
    assert clause["丁土物流"] == "闲置土地处置办法（国土资源部令第53号）第二条第一款、第十四条第一项"


def test_deducted_days_are_told_in_the_reason(ruleset: Ruleset) -> None:
    judged = judge_supplies(frame(CONTRACTS["丙土陶瓷"][0]), ruleset, AS_OF).iloc[0]
    assert judged["suspended_days"] == 100
    assert "已扣除不计入的100天：司法查封 2021-06-01至2021-09-08" in judged["reason"]
    english = judge_supplies(frame(CONTRACTS["丙土陶瓷"][0]), ruleset, AS_OF, language="en").iloc[0]
    assert "100 days do not count" in english["reason"]
