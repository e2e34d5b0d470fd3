"""Say why a parcel is what it is, from the register alone: rule, law, inputs, and what would change it and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd

from landinv.errors import ParcelUnknownError, SourceMissingError
from landinv.i18n import gettext as _
from landinv.model.keys import normal_document_nos
from landinv.model.options import ProjectOptions
from landinv.rules.evidence import Evidence, approval_evidence, plain_row, supply_evidence
from landinv.rules.page import unverified_numbers
from landinv.rules.ruleset import choose_ruleset
from landinv.store import State, open_store
from landinv.workflow.project import read_project

EXPLAIN_SCHEMA: Final = "landinv.explain/1"
SUPPLY_NAMES: Final = ("supervision_no", "contract_no", "parcel_code", "record_key")
LAND_COLUMNS: Final = (
    "cohort", "tenure", "owner_unit", "landclass", "planned_use", "construction_m2", "permanent_farmland_m2",
    "redline_m2", "outside_boundary_m2",
)  # fmt: skip
STORED: Final = ("kind", "idle_level", "rule_id", "clause", "reason", "ruleset", "as_of", "would_change")


@dataclass(frozen=True)
class Explanation:
    """Everything that is told of a parcel, or of a supply that is none.

    ``stored`` is what the register holds (empty where the supply is no parcel), ``evidence`` the judgement made anew
    from the register's own rows (None where it keeps none, as of approvals without a shape); ``differs`` says that the
    two do not agree although they are for the same day; ``land`` is what the survey and the plan say; ``classes`` are
    the survey classes inside with their m²; ``unverified`` the unverified numbers the result rests on (unverified
    articles are marked where they are cited).
    """

    asked: str
    language: str
    as_of: date
    parcel_id: str | None
    who: dict[str, Any]
    stored: dict[str, Any]
    evidence: Evidence | None
    land: dict[str, Any]
    classes: tuple[dict[str, Any], ...]
    unverified: tuple[str, ...]
    differs: bool = field(default=False)

    def to_json(self) -> dict[str, Any]:
        """JSON values (``landinv.explain/1``), dates ISO."""
        evidence = self.evidence
        told: dict[str, Any] = {
            "schema": EXPLAIN_SCHEMA,
            "asked": self.asked,
            "language": self.language,
            "as_of": self.as_of,
            "parcel_id": self.parcel_id,
            "who": self.who,
            "stored": self.stored,
            "differs_from_stored": self.differs,
            "land": self.land,
            "landclasses": list(self.classes),
            "unverified": list(self.unverified),
        }
        if evidence is not None:
            told |= {
                "ruleset": evidence.ruleset.stamp,
                "ruleset_sha256": evidence.ruleset.digest,
                "judgement": evidence.judged,
                "conditions": evidence.conditions,
                "articles": list(evidence.articles),
                "inputs": list(evidence.inputs),
                "source_refs": evidence.source_refs,
                "clock": evidence.clock,
                "next": evidence.next,
                "changes": list(evidence.changes),
            }
        iso: dict[str, Any] = _iso(told)
        return iso


def explain(project: Path, asked: str, *, as_of: date | None = None, language: str = "zh") -> Explanation:
    """Explain one parcel, or one supply that is no parcel.

    Parameters
    ----------
    project
        The project file.
    asked
        A parcel's number; or a supervision number, contract number, cadastral code or approval number.
    as_of
        Replay for this day; None: the day the register was computed for.
    language
        ``zh`` or ``en``.

    Raises
    ------
    SourceMissingError
        If there is no register yet.
    ParcelUnknownError
        If the register has nothing of this number, or several things.
    RulesetError
        If no ruleset named in the project file was in force on the day.
    """
    options = read_project(project)
    with open_store(options.store, county=options.county) as store:
        state = store.read_state()
    if state is None:
        raise SourceMissingError(
            _("There is no register {path}.").format(path=options.store),
            hint=_("Run landinv run first, or check [store] path in the project file."),
        )
    return explained(state, options, asked, as_of=as_of, language=language)


def explained(
    state: State, options: ProjectOptions, asked: str, *, as_of: date | None, language: str
) -> Explanation:
    """As :func:`explain`, from a register's state."""
    parcel, supply, approval = _found(state, asked.strip())
    stored = plain_row(parcel) if len(parcel) else {}
    day = as_of or stored.get("as_of") or _register_day(state)
    ruleset = choose_ruleset(options.rules.rulesets, day)
    evidence = None
    if len(supply):
        evidence = supply_evidence(supply, ruleset, day, language=language)
    elif len(approval):
        evidence = approval_evidence(approval, ruleset, day, language=language)
    rows = [frame for frame in (parcel, supply, approval) if len(frame)]
    names = (
        "approval_no",
        "batch_name",
        "supervision_no",
        "contract_no",
        "holder",
        "project_name",
        "location",
    )
    who = {name: value for name in names if (value := _first(rows, name)) is not None}
    return Explanation(
        asked=asked,
        language=language,
        as_of=day,
        parcel_id=stored.get("parcel_id"),
        who=who,
        stored={name: stored.get(name) for name in STORED} if stored else {},
        evidence=evidence,
        land={name: stored[name] for name in (*LAND_COLUMNS, "flags") if stored.get(name) is not None},
        classes=_classes(state, stored.get("parcel_id")),
        unverified=unverified_numbers(ruleset, evidence.numbers if evidence else (), language),
        differs=_differs(stored, evidence),
    )


def _found(state: State, asked: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The parcel, its supply and its approval, at most one row each."""
    parcels, supplies, approvals = (pd.DataFrame(f) for f in (state.parcels, state.supplies, state.approvals))
    none = parcels.iloc[:0]
    parcel = parcels[parcels["parcel_id"] == asked]
    if len(parcel):
        key = str(parcel["natural_key"].iloc[0])
        if str(parcel["family"].iloc[0]) == "S":
            return parcel, supplies[supplies["record_key"] == key].iloc[:1], none
        return parcel, none, _of_number(approvals, key).iloc[:1]
    named = pd.concat(
        [supplies[name].astype("str") == asked for name in SUPPLY_NAMES if name in supplies], axis=1
    )
    supply = supplies[named.any(axis=1)] if len(supplies) else supplies
    if len(supply) > 1:
        raise _unknown(asked, supply["record_key"].astype("str").tolist())
    if len(supply):
        own = (parcels["natural_key"] == supply["record_key"].iloc[0]) & (parcels["family"] == "S")
        return parcels[own].iloc[:1], supply, none
    pieces = _of_number(parcels[parcels["family"] == "P"], asked, column="natural_key")
    if len(pieces) > 1:
        raise _unknown(asked, pieces["parcel_id"].tolist())
    approval = _of_number(approvals, asked).iloc[:1]
    if len(pieces) or len(approval):
        return pieces, none, approval
    raise _unknown(asked, [])


def _of_number(frame: pd.DataFrame, number: str, column: str = "approval_no") -> pd.DataFrame:
    if column not in frame or frame.empty:
        return frame.iloc[:0]
    wanted = normal_document_nos(pd.Series([number], dtype="str")).iloc[0]
    same = (normal_document_nos(frame[column].astype("str")) == wanted).to_numpy(dtype=bool)
    found: pd.DataFrame = frame.loc[same]
    return found


def _unknown(asked: str, several: list[str]) -> ParcelUnknownError:
    if several:
        return ParcelUnknownError(
            _("{asked} stands for several: {names}.").format(asked=asked, names=", ".join(several)),
            hint=_("Name one of them."),
        )
    return ParcelUnknownError(
        _("The register has no parcel, supply or approval {asked}.").format(asked=asked),
        hint=_("Take the number from parcels.csv or supervision.csv."),
    )


def _register_day(state: State) -> date:
    days = pd.to_datetime(state.parcels["as_of"]).dropna()
    return days.max().date() if len(days) else date.today()


def _first(rows: list[pd.DataFrame], name: str) -> Any:
    values = (plain_row(frame[[name]])[name] for frame in rows if name in frame)
    return next((value for value in values if value is not None), None)


def _classes(state: State, parcel_id: str | None) -> tuple[dict[str, Any], ...]:
    shares = state.shares
    rows = shares[(shares["parcel_id"] == parcel_id) & (shares["theme"] == "landclass")]
    ordered = rows.sort_values("area_m2", ascending=False)
    rows_told = ordered[["code", "name", "area_m2"]].to_dict("records")
    return tuple({str(name): value for name, value in row.items()} for row in rows_told)


def _differs(stored: dict[str, Any], evidence: Evidence | None) -> bool:
    if not stored or evidence is None or stored.get("as_of") != evidence.as_of:
        return False
    names = ("rule_id", "idle_level", "ruleset")
    return any(stored.get(n) != evidence.judged.get(n) for n in names if n in evidence.judged)


def _iso(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _iso(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_iso(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value
