"""What a run amounts to: parcels by kind and township, the balance's totals, findings by severity and rule."""

from __future__ import annotations

import math
from typing import Final

import pandas as pd

from landinv.inventory.finding_states import open_findings, state_counts
from landinv.model.finding_state import OPEN, STATES
from landinv.model.findings import finding_rules
from landinv.model.parcels import kinds
from landinv.model.severity import SEVERITIES
from landinv.reports.rounding import SHOWN_AREAS, shown_areas

ALL: Final = ""  # township or kind of a row that counts all of them
UNKNOWN_TOWNSHIP: Final = "乡镇不明"
UNKNOWN_COHORT: Final = "批准时间不明"
BALANCE_ITEMS: Final = (
    "approved_m2", "overlap_m2", "withdrawn_m2", "deducted_m2", "supplied_m2", "unsupplied_m2", "sliver_m2",
    "difference_m2",
)  # fmt: skip
_AFTER_DIGITS: Final = "～"
_FIGURES: Final = {"count": "sum", **dict.fromkeys(SHOWN_AREAS, "sum")}


def township_titles(parcels: pd.DataFrame) -> pd.Series:
    """Township of each parcel as lists print it: its name, else its code, else ``乡镇不明``."""
    name = parcels["township"].where(parcels["township"].fillna("") != "", parcels["township_code"])
    return name.where(name.fillna("") != "", UNKNOWN_TOWNSHIP).astype("str")


def township_order(parcels: pd.DataFrame) -> list[str]:
    """Townships as lists print them, by code; those without a code after the others."""
    codes = parcels["township_code"].where(parcels["township_code"].fillna("") != "", _AFTER_DIGITS)
    first = codes.groupby(township_titles(parcels)).min()
    return [name for _code, name in sorted((str(code), str(name)) for name, code in first.items())]


def summary_by_kind_and_township(parcels: pd.DataFrame) -> pd.DataFrame:
    """Number and area of parcels for each township and kind, with totals.

    Parameters
    ----------
    parcels
        Canonical columns. A parcel without a shape counts in ``count`` and, having no area, in no area.

    Returns
    -------
    DataFrame
        township, kind (canonical name), count, area_m2, area_ha, area_mu as printed (2, 4 and 2 decimals): every
        township with every kind, in order of township code and of kinds. An empty ``kind`` counts all kinds, an
        empty ``township`` all townships; each such row is the sum of the printed rows it stands for.
    """
    townships = township_titles(parcels)
    order = township_order(parcels)
    shown = shown_areas(parcels).fillna(0.0).assign(township=townships, kind=parcels["kind"], count=1)
    cells = shown.groupby(["township", "kind"]).agg(_FIGURES)
    grid = pd.MultiIndex.from_product([order, list(kinds())], names=["township", "kind"])
    cells = cells.reindex(grid, fill_value=0).reset_index()
    by_township = cells.groupby("township").agg(_FIGURES).reindex(order).reset_index().assign(kind=ALL)
    by_kind = cells.groupby("kind").agg(_FIGURES).reindex(list(kinds()), fill_value=0).reset_index()
    everything = by_kind[list(_FIGURES)].sum().to_frame().T.assign(township=ALL, kind=ALL)
    rows = pd.concat([cells, by_township, by_kind.assign(township=ALL), everything], ignore_index=True)
    return _tidy(rows, ["township", "kind"], [[*order, ALL], [*kinds(), ALL]])


def summary_by_cohort(parcels: pd.DataFrame) -> pd.DataFrame:
    """Number and printed area of parcels for each approval cohort; the last row, of an empty cohort, is the total.

    Returns
    -------
    DataFrame
        cohort, count, area_m2, area_ha, area_mu; missing cohorts stand under ``批准时间不明``.
    """
    cohorts = parcels["cohort"].where(parcels["cohort"].fillna("") != "", UNKNOWN_COHORT).astype("str")
    shown = shown_areas(parcels).fillna(0.0).assign(cohort=cohorts, count=1)
    cells = shown.groupby("cohort").agg(_FIGURES).reset_index()
    # 2009年以前 is older than 2009-2018, though it sorts after it
    before = cells["cohort"].str.contains("以前")
    order = [*sorted(cells["cohort"][before]), *sorted(cells["cohort"][~before]), ALL]
    total = cells[list(_FIGURES)].sum().to_frame().T.assign(cohort=ALL)
    return _tidy(pd.concat([cells, total], ignore_index=True), ["cohort"], [order])


def _tidy(rows: pd.DataFrame, keys: list[str], orders: list[list[str]]) -> pd.DataFrame:
    """Rows in the order given for each key, figures free of the dust of binary sums."""
    places = [
        rows[key].map({label: i for i, label in enumerate(order)})
        for key, order in zip(keys, orders, strict=True)
    ]
    sequence = pd.concat(places, axis=1).sort_values(keys, kind="stable").index
    figures = {name: rows[name].astype("float64").round(decimals) for name, decimals in SHOWN_AREAS.items()}
    typed = rows.assign(**figures, count=rows["count"].astype("int64"))
    return typed.loc[sequence, [*keys, *_FIGURES]].reset_index(drop=True)


def totals(balance: pd.DataFrame) -> dict[str, float]:
    """Unrounded sum (m²) of each item of the balance; items the frame has not are 0.

    Sums are exact before their one rounding, so the order of approvals does not matter.
    """
    return {name: math.fsum(balance[name].dropna()) if name in balance else 0.0 for name in BALANCE_ITEMS}


def kind_counts(parcels: pd.DataFrame) -> dict[str, int]:
    """Number of parcels of every kind, in order, zeros included."""
    counts = parcels["kind"].value_counts()
    return {name: int(counts.get(name, 0)) for name in kinds()}


def findings_by_rule(findings: pd.DataFrame) -> pd.DataFrame:
    """Findings counted by rule, the worst first.

    Returns
    -------
    DataFrame
        rule, name, severity, responsible, message (the rule's own), clause, and the number in each state (open,
        accepted, fixed); index 0..n-1.
    """
    states = findings["state"] if "state" in findings else pd.Series(OPEN, index=findings.index)
    counts = pd.crosstab(findings["rule"], states).reindex(columns=list(STATES), fill_value=0)
    known = pd.DataFrame([vars(rule) for rule in finding_rules().values()]).set_index("code")
    told = counts.rename_axis(index="rule", columns=None).join(known, how="left").reset_index()
    worst = told["severity"].map({name: -place for place, name in enumerate(SEVERITIES)})
    order = told.assign(worst=worst).sort_values(["worst", "rule"]).index
    columns = ["rule", "name", "severity", "responsible", "message", "clause", *STATES]
    return told.loc[order, columns].reset_index(drop=True)


def finding_counts(findings: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Number of findings: open ones ``by_severity`` (worst last) and ``by_rule`` (sorted), all ``by_state``."""
    still_open = open_findings(findings)
    severities = still_open["severity"].value_counts()
    rules = still_open["rule"].value_counts().sort_index()
    return {
        "by_severity": {name: int(severities.get(name, 0)) for name in SEVERITIES},
        "by_rule": {str(code): int(count) for code, count in rules.items()},
        "by_state": state_counts(findings),
    }
