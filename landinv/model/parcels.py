"""The parcel's canonical columns and the kinds it can have."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from landinv.model.tables import table

APPROVED_UNSUPPLIED: Final = "approved_unsupplied"
SUPPLIED_UNSTARTED: Final = "supplied_unstarted"
SUSPECTED_IDLE: Final = "suspected_idle"
IDLE: Final = "idle"
CANNOT_JUDGE: Final = "cannot_judge"

SHARE_COLUMNS: Final = ("parcel_id", "theme", "code", "name", "area_m2")
LINK_COLUMNS: Final = (
    "parcel_id",
    "project_key",
    "project_code",
    "project_name",
    "method",
    "score",
    "evidence",
)
UNCOVERED: Final = "uncovered"
NOISE: Final = "noise"  # strips narrower than ``noise_width_m``: outlines that nearly coincide
TESSELLATING_THEMES: Final = ("landclass", "owner", "village", "township", "plan")
THEMES: Final = (*TESSELLATING_THEMES, "farmland", "redline", "boundary", "zone")


@dataclass(frozen=True)
class ParcelColumn:
    """A column of the register: type (text, number, integer, date, bool), unit, decimals shown, titles."""

    name: str
    kind: str
    unit: str
    decimals: int
    zh: str
    en: str


@dataclass(frozen=True)
class Kind:
    """A kind of parcel with its titles, order, map colour (colour-blind safe) and print pattern."""

    name: str
    zh: str
    en: str
    order: int
    colour: str
    pattern: str


@cache
def parcel_columns() -> tuple[ParcelColumn, ...]:
    """Canonical parcel columns in the order of the contract."""
    return tuple(
        ParcelColumn(r["name"], r["type"], r["unit"], int(r["decimals"] or 0), r["zh"], r["en"])
        for r in table("parcel_columns")
    )


@cache
def kinds() -> dict[str, Kind]:
    """Kinds of parcel by name, in order."""
    return {
        r["kind"]: Kind(r["kind"], r["zh"], r["en"], int(r["order"]), r["colour"], r["pattern"])
        for r in table("kinds")
    }
