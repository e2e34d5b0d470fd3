"""What approvals and supplies add to a parcel's row in the registers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import pandas as pd

from landinv.model.keys import normal_codes, normal_document_nos

APPROVAL_FIELDS: Final = ("batch_name", "authority", "approval_kind", "compensated")
SUPPLY_FIELDS: Final = (
    "land_use", "signed_on", "permit_on", "agreed_delivery_on", "delivered_on", "agreed_start_on",
    "extension_start_on", "agreed_finish_on", "started_on", "halted_on", "developable_area", "developed_area",
    "total_investment_wan", "invested_wan", "notice_no", "notice_on", "determination_no", "determined_on",
    "disposed_on",
)  # fmt: skip
_Normal = Callable[[pd.Series], pd.Series]
_SUPPLY_KEYS: Final[tuple[tuple[str, _Normal], ...]] = (
    ("source_refs", lambda values: values),
    ("supervision_no", normal_codes),
    ("contract_no", normal_document_nos),
    ("parcel_code", normal_codes),
)


def with_approvals(parcels: pd.DataFrame, approvals: pd.DataFrame, balance: pd.DataFrame) -> pd.DataFrame:
    """Parcels with what their approval says, joined on the normal form of the approval number.

    A field on which the features of one approval disagree stays missing: the list shows no value it would have to
    choose. ``batch_approved_m2`` and ``batch_supplied_m2`` are the whole approval's, from the balance.
    """
    keys = normal_document_nos(parcels["approval_no"])
    told = (
        _agreed(approvals, "approval_no", APPROVAL_FIELDS) if "approval_no" in approvals else pd.DataFrame()
    )
    columns = {str(name): keys.map(told[name]) for name in told}
    if len(balance):
        sums = (
            balance.assign(key=normal_document_nos(balance["approval_no"]))
            .drop_duplicates("key")
            .set_index("key")
        )
        columns |= {
            "batch_approved_m2": keys.map(sums["approved_m2"]),
            "batch_supplied_m2": keys.map(sums["supplied_m2"]),
        }
    return parcels.assign(**columns)


def with_supplies(parcels: pd.DataFrame, supplies: pd.DataFrame) -> pd.DataFrame:
    """Parcels with the dates, areas and documents of their supply.

    Joined on the source rows, then the supervision number, the contract number and the parcel code; a key that two
    supplies bear is not used. ``developed_pct`` and ``invested_pct`` are the two ratios of the rules, in per cent;
    ``notice`` and ``determination`` are a document's number with its date.
    """
    place = _supply_of(parcels, supplies)
    fields = [name for name in SUPPLY_FIELDS if name in supplies]
    told = supplies[fields].reset_index(drop=True)
    joined = parcels.assign(**{name: told[name].reindex(place.to_numpy()).array for name in fields})
    documents = {
        "notice": ("notice_no", "notice_on"),
        "determination": ("determination_no", "determined_on"),
    }
    joined = joined.assign(
        **{
            name: _number_and_date(joined[number], joined[day])
            for name, (number, day) in documents.items()
            if number in joined and day in joined
        }
    )
    ratios = {
        "developed_pct": ("developed_area", "developable_area"),
        "invested_pct": ("invested_wan", "total_investment_wan"),
    }
    return joined.assign(
        **{
            name: 100.0 * joined[part] / joined[whole].where(joined[whole] > 0)
            for name, (part, whole) in ratios.items()
            if part in joined and whole in joined
        }
    )


def _number_and_date(numbers: pd.Series, days: pd.Series) -> pd.Series:
    dates = pd.to_datetime(days).dt.strftime("\n%Y-%m-%d").fillna("")
    together = (numbers.fillna("").astype("str") + dates).str.lstrip("\n")
    return together.where(together != "")


def _supply_of(parcels: pd.DataFrame, supplies: pd.DataFrame) -> pd.Series:
    """Position in ``supplies`` of each parcel's supply, missing where none is certain."""
    place = pd.Series(float("nan"), index=parcels.index, dtype="float64")
    for name, normal in _SUPPLY_KEYS:
        if name not in supplies or name not in parcels:
            continue
        keys = normal(supplies[name]).reset_index(drop=True)
        unique = keys[keys.notna() & (keys != "") & ~keys.duplicated(keep=False)]
        positions = pd.Series(unique.index.to_numpy(dtype="float64"), index=unique.to_numpy())
        place = place.where(place.notna(), normal(parcels[name]).map(positions))
    return place


def _agreed(rows: pd.DataFrame, key: str, fields: Sequence[str]) -> pd.DataFrame:
    """Fields by normal key, where all rows of the key that say something say the same."""
    keys = normal_document_nos(rows[key])
    found = {}
    for name in fields:
        if name in rows:
            grouped = rows[name].groupby(keys)
            found[name] = grouped.first().where(grouped.nunique() == 1)
    return pd.DataFrame(found)
