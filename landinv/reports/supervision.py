"""Every supply with what the rules say of it, parcel or not: waiting, overdue, building, halted, built, idle."""

from __future__ import annotations

from typing import Final

import pandas as pd

SUPPLY_COLUMNS: Final = (
    "supervision_no", "contract_no", "parcel_code", "holder", "project_name", "location", "supplied_area", "price_wan",
    "signed_on", "agreed_start_on", "extension_start_on", "started_on", "agreed_finish_on", "finished_on", "halted_on",
)  # fmt: skip
JUDGED_COLUMNS: Final = (
    "state", "kind", "idle_level", "idle_since", "idle_days", "suspended_days", "fee_wan", "flags", "next_change_on",
    "next_kind", "would_change", "rule_id", "clause", "reason", "ruleset",
)  # fmt: skip
SUPERVISION_COLUMNS: Final = (*SUPPLY_COLUMNS, *JUDGED_COLUMNS, "source_refs")


def supervision(supplies: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """Supplies beside their judgement, in the order of the supplies.

    Parameters
    ----------
    supplies
        Canonical supplies with ``source_refs``; m² and 万元.
    judged
        :func:`landinv.rules.supplies.judge_supplies` of them; an empty frame where nothing was judged.

    Returns
    -------
    DataFrame
        :data:`SUPERVISION_COLUMNS`; a column that neither has is missing.
    """
    given = pd.DataFrame({c: supplies[c] for c in (*SUPPLY_COLUMNS, "source_refs") if c in supplies})
    told = pd.DataFrame({c: judged[c] for c in JUDGED_COLUMNS if c in judged}, index=given.index)
    return pd.concat([given, told], axis=1).reindex(columns=list(SUPERVISION_COLUMNS))
