"""Findings that remember: open, accepted as an exception, or fixed; from the register and what is found now."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from landinv.errors import FieldValueError, FindingUnknownError
from landinv.i18n import gettext as _
from landinv.model.finding_state import ACCEPTED, FIXED, OPEN, STATE_COLUMNS, STATE_DATES, STATES
from landinv.model.findings import FINDING_COLUMNS

REGISTER_COLUMNS: Final = (*FINDING_COLUMNS, *STATE_COLUMNS)
_ACCEPTANCE: Final = ("accepted_by", "accepted_why", "accepted_on")
_SHOWN_IDS: Final = 3


@dataclass(frozen=True)
class Decision:
    """Who lets findings stand as they are (or no longer does), why, and on which day."""

    by: str
    why: str
    on: date


def with_states(found: pd.DataFrame, known: pd.DataFrame | None, *, as_of: date) -> pd.DataFrame:
    """Findings of today beside those the register remembers.

    A finding that was accepted stays accepted; one that was fixed and is found again is open; one that stood in the
    register and is not found any more is fixed on ``as_of`` and stays in the table. The register's words of who
    accepted it stay with a fixed one, as a record; they go when it opens again.

    Parameters
    ----------
    found
        Findings with ``finding_id`` (unique).
    known
        Findings as the register has them; None, or without ``finding_id``, where it remembers nothing.
    as_of
        The date findings are first seen or fixed on.

    Returns
    -------
    DataFrame
        :data:`REGISTER_COLUMNS`, index 0..n-1: what is found, in its order, then what is fixed, by date and number.
    """
    before = _remembered(known)
    day = pd.Timestamp(as_of)
    ids = found["finding_id"]
    then = before.set_index("finding_id").reindex(ids.to_numpy())
    accepted = (then["state"] == ACCEPTED).to_numpy()
    told = {c: then[c].where(accepted).to_numpy() for c in _ACCEPTANCE}
    now = found.assign(
        state=pd.Series(OPEN, index=found.index, dtype="str").mask(accepted, ACCEPTED),
        first_seen_on=then["first_seen_on"].fillna(day).to_numpy(),
        fixed_on=pd.Series(pd.NaT, index=found.index, dtype="datetime64[s]"),
        **told,
    )
    here = set(ids.tolist())
    gone = before[np.array([finding not in here for finding in before["finding_id"].tolist()], dtype=bool)]
    fixed = gone.assign(
        fixed_on=gone["fixed_on"].where(gone["state"] == FIXED, day), state=FIXED
    ).sort_values(["fixed_on", "rule", "finding_id"], kind="stable")
    parts = [part for part in (_typed(now), _typed(fixed)) if len(part)] or [_typed(now)]
    return pd.concat(parts, ignore_index=True)


def accepted(known: pd.DataFrame, ids: Sequence[str], decision: Decision) -> pd.DataFrame:
    """The register's findings with those of ``ids`` accepted as exceptions.

    Raises
    ------
    FindingUnknownError
        If the register has no such finding.
    FieldValueError
        If nobody or no reason is named, or a finding is fixed already.
    """
    frame, rows = _chosen(known, ids, decision)
    gone = frame.loc[rows & (frame["state"] == FIXED), "finding_id"].tolist()
    if gone:
        raise FieldValueError(
            _("{finding} is not found any more; there is nothing to accept.").format(finding=gone[0]),
            hint=_("Leave it out; fixed findings need no exception."),
        )
    return frame.assign(
        state=frame["state"].mask(rows, ACCEPTED),
        accepted_by=frame["accepted_by"].mask(rows, decision.by.strip()),
        accepted_why=frame["accepted_why"].mask(rows, decision.why.strip()),
        accepted_on=frame["accepted_on"].mask(rows, pd.Timestamp(decision.on)),
    )


def reopened(known: pd.DataFrame, ids: Sequence[str], decision: Decision) -> pd.DataFrame:
    """The register's findings with the exceptions of ``ids`` taken back.

    Raises
    ------
    FindingUnknownError
        If the register has no such finding.
    FieldValueError
        If nobody or no reason is named, or a finding is no exception.
    """
    frame, rows = _chosen(known, ids, decision)
    others = frame.loc[rows & (frame["state"] != ACCEPTED), "finding_id"].tolist()
    if others:
        raise FieldValueError(
            _("{finding} is not accepted as an exception; there is nothing to take back.").format(
                finding=others[0]
            ),
            hint=_("Leave it out. A fixed finding opens by itself when it is found again."),
        )
    return frame.assign(
        state=frame["state"].mask(rows, OPEN), **{c: frame[c].mask(rows) for c in _ACCEPTANCE}
    )


def state_counts(findings: pd.DataFrame) -> dict[str, int]:
    """Number of findings in every state, zeros included; findings that bear no state are open."""
    if "state" not in findings:
        return {state: len(findings) if state == OPEN else 0 for state in STATES}
    counts = findings["state"].value_counts()
    return {state: int(counts.get(state, 0)) for state in STATES}


def open_findings(findings: pd.DataFrame) -> pd.DataFrame:
    """Those that still have to be dealt with; all where the frame bears no states."""
    return findings[findings["state"] == OPEN] if "state" in findings else findings


def found_now(findings: pd.DataFrame) -> pd.DataFrame:
    """Those that are in the data: open or accepted; all where the frame bears no states."""
    return findings[findings["state"] != FIXED] if "state" in findings else findings


def _remembered(known: pd.DataFrame | None) -> pd.DataFrame:
    """The register's findings with every column; an older register's have no number to know them by."""
    if known is None or "finding_id" not in known:
        return _typed(pd.DataFrame(columns=list(REGISTER_COLUMNS)))
    numbered = known[known["finding_id"].notna()].drop_duplicates("finding_id")
    return _typed(numbered)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    whole = frame.reindex(columns=list(REGISTER_COLUMNS)).reset_index(drop=True)
    kinds = {
        c: "datetime64[s]" if c in STATE_DATES else "float64" if c in "xy" else "str"
        for c in REGISTER_COLUMNS
    }
    return whole.astype(kinds)


def _chosen(known: pd.DataFrame, ids: Sequence[str], decision: Decision) -> tuple[pd.DataFrame, pd.Series]:
    if not (decision.by.strip() and decision.why.strip()):
        raise FieldValueError(
            _("An exception needs a name and a reason."), hint=_("Give both: --by NAME --why TEXT.")
        )
    frame = _remembered(known)
    here = set(frame["finding_id"])
    for finding in ids:
        if finding not in here:
            near = difflib.get_close_matches(finding, sorted(here), n=_SHOWN_IDS, cutoff=0.0)
            raise FindingUnknownError(
                _("The register has no finding {finding}.").format(finding=finding),
                hint=_("Nearest: {near}. Numbers stand in findings.csv, in the column finding_id.").format(
                    near=", ".join(near) or "–"
                ),
            )
    return frame, frame["finding_id"].isin(list(ids))
