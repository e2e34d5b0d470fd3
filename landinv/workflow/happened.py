"""Sources cut back to a day: what had not happened by then is left out, whoever knows it now."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Final

import pandas as pd

from landinv.workflow.derive import Sources

_BEGINS: Final = {"approvals": ("approved_on",), "supplies": ("supplied_on", "signed_on")}
_KEYS: Final = {"approvals": ("approval_no",), "supplies": ("supervision_no", "contract_no")}
# Dates of things that happened, with what is known of them; dates that were agreed upon stay.
_HAPPENED: Final = {
    "permit_on": (),
    "delivered_on": (),
    "started_on": ("developed_area", "invested_wan"),
    "finished_on": (),
    "halted_on": (),
    "notice_on": ("notice_no",),
    "determined_on": ("determination_no",),
    "disposed_on": ("disposal",),
}


def until(sources: Sources, day: date) -> Sources:
    """Sources as they would have been on a day, had everything that had happened by then been known.

    Approvals and supplies of a later date are left out in every source that names them; of the others, dates of later
    events and what goes with them are empty.
    """
    datasets = list(sources.datasets)
    for role in _BEGINS:
        places = [n for n, d in enumerate(datasets) if d.options.role == role]
        later = _later_keys([datasets[n].frame for n in places], role, day)
        for n in places:
            kept = _without(datasets[n].frame, role, later=later, day=day)
            datasets[n] = dataclasses.replace(datasets[n], frame=_blanked(kept, day))
    return dataclasses.replace(sources, datasets=tuple(datasets))


def _begins(frame: pd.DataFrame, role: str) -> pd.Series[pd.Timestamp]:
    begins = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[s]")
    for name in _BEGINS[role]:
        if name in frame:
            begins = begins.fillna(pd.to_datetime(frame[name]).astype("datetime64[s]"))
    return begins


def _later_keys(frames: list[pd.DataFrame], role: str, day: date) -> set[tuple[str, str]]:
    return {
        (name, str(key))
        for frame in frames
        for name in _KEYS[role]
        if name in frame
        for key in frame.loc[_begins(frame, role) > pd.Timestamp(day), name].dropna()
    }


def _without(frame: pd.DataFrame, role: str, *, later: set[tuple[str, str]], day: date) -> pd.DataFrame:
    drop = _begins(frame, role) > pd.Timestamp(day)
    for name in _KEYS[role]:
        if name in frame:
            keys = {key for field, key in later if field == name}
            drop |= frame[name].astype("str").isin(keys) & _begins(frame, role).isna()
    return frame[~drop]


def _blanked(frame: pd.DataFrame, day: date) -> pd.DataFrame:
    frame = frame.copy()
    for name, more in _HAPPENED.items():
        if name in frame:
            is_later = pd.to_datetime(frame[name]) > pd.Timestamp(day)
            for column in (name, *(c for c in more if c in frame)):
                frame[column] = frame[column].mask(is_later)
    return frame
