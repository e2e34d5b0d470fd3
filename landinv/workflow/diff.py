"""What differs between two states of the register: by date, by run, or in another file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from landinv.errors import SourceMissingError
from landinv.i18n import gettext as _
from landinv.inventory.changes import GEOMETRY, change_set
from landinv.outputs.layers.writing import write_layer
from landinv.store import open_store
from landinv.workflow.register import Register, document, opened, records

DIFF_COLUMNS: Final = ("parcel_id", "change", "kind", "township", "column", "before", "after", "area_m2")
NOW: Final = "now"
_RUN: Final = re.compile(r"#?(\d{1,7})")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
# What moves with the date alone tells nothing of the land.
_OF_THE_DAY: Final = ("as_of",)


@dataclass(frozen=True)
class Side:
    """One of two states: as it was asked for, its batch (None: of another file), and its parcels."""

    asked: str
    batch: int | None
    parcels: gpd.GeoDataFrame

    def area_m2(self) -> float:
        """Ellipsoidal area of all parcels."""
        return float(self.parcels["area_m2"].sum()) if "area_m2" in self.parcels else 0.0


@dataclass(frozen=True)
class Diff:
    """``rows``: one for each parcel added or removed and each changed value (:data:`DIFF_COLUMNS`); areas m².

    ``shapes`` are the parcels concerned, as they are on the later side, or were.
    """

    register: Path
    old: Side
    new: Side
    rows: pd.DataFrame
    shapes: gpd.GeoDataFrame

    def counts(self) -> dict[str, int]:
        """Parcels added, removed and changed."""
        per_parcel = self.rows.drop_duplicates("parcel_id")["change"].value_counts()
        return {change: int(per_parcel.get(change, 0)) for change in ("added", "removed", "changed")}

    def to_json(self) -> dict[str, Any]:
        """The difference as plain JSON, ``landinv.diff/1``."""
        sides = {
            name: {"asked": s.asked, "batch": s.batch, "parcels": len(s.parcels), "area_m2": s.area_m2()}
            for name, s in (("old", self.old), ("new", self.new))
        }
        return document("diff", self.register, **sides, counts=self.counts(), rows=records(self.rows))


def diff(project: Path, old: str, new: str = NOW) -> Diff:
    """Compare two states of the register.

    Parameters
    ----------
    project
        The project file.
    old, new
        Each a date (the register as it stood at its end), the number of a run, ``now``, or another register's file,
        such as a backup.

    Raises
    ------
    SourceMissingError
        If there is no such run or file.
    LandinvError
        If a register cannot be read.
    """
    with opened(project) as register:
        sides = [_side(register, asked) for asked in (old, new)]
    return compared(register.path, *sides)


def write_diff(found: Diff, path: Path) -> Path:
    """Write a difference to a new file: a workbook or CSV of its rows, or a GeoPackage of the parcels concerned.

    Raises
    ------
    OutputError
        If the format is unknown or the file cannot be written.
    """
    if path.suffix.lower() == ".gpkg":
        told = found.rows.groupby("parcel_id", sort=False).agg(
            change=("change", "first"), columns=("column", lambda c: "、".join(x for x in c if x))
        )
        frame: pd.DataFrame = found.shapes.merge(told, left_on="parcel_id", right_index=True, how="left")
    else:
        frame = found.rows
    return write_layer(frame, path, dataset="diff").path


def _side(register: Register, asked: str) -> Side:
    path = Path(asked)
    if asked == NOW:
        batch = register.store.batch_at(date.max.isoformat())
    elif _DAY.fullmatch(asked):
        batch = register.store.batch_at(date.fromisoformat(asked).isoformat())
    elif path.is_file():
        with open_store(path, county=register.options.county) as other:
            state = other.read_state()
        if state is None:
            raise SourceMissingError(
                _("There is no register {path}.").format(path=path),
                hint=_("Name a register, such as a backup."),
            )
        return Side(asked, None, state.parcels)
    elif match := _RUN.fullmatch(asked):
        batch = int(match[1])
    else:
        raise SourceMissingError(
            _("{asked} is no date, no run of the register, and no file.").format(asked=asked),
            hint=_(
                "Give a date (2022-10-10), a run's number (12; see landinv history), now, or a register's file."
            ),
        )
    return Side(asked, batch, register.store.state_after(batch).parcels)


def compared(path: Path, old: Side, new: Side) -> Diff:
    """What differs between two sides, row by row."""
    before, after = (_keyed(side.parcels) for side in (old, new))
    changes = change_set(before.reset_index(drop=True), after.reset_index(drop=True))
    added = _whole(after.loc[changes.added], "added")
    removed = _whole(before.loc[changes.removed], "removed")
    changed = [
        _value(before, after, str(key), column)
        for key, columns in changes.changed.items()
        for column in columns
    ]
    rows = pd.DataFrame([*added, *removed, *changed], columns=list(DIFF_COLUMNS))
    concerned = pd.concat([after.loc[[*changes.added, *changes.changed.index]], before.loc[changes.removed]])
    shapes = gpd.GeoDataFrame(
        concerned[["parcel_id", "kind"]], geometry=concerned.geometry.array, crs=after.crs
    )
    return Diff(path, old, new, rows.sort_values(["parcel_id", "column"], ignore_index=True), shapes)


def _keyed(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    plain = parcels.drop(columns=[c for c in _OF_THE_DAY if c in parcels])
    for column in ("kind", "township", "area_m2"):
        if column not in plain:
            plain = plain.assign(**{column: None})
    if "parcel_id" not in plain:
        plain = plain.assign(parcel_id=pd.Series(dtype="str"))
    return plain.set_index("parcel_id", drop=False).rename_axis(None)


def _whole(parcels: gpd.GeoDataFrame, change: str) -> list[tuple[Any, ...]]:
    columns = zip(*(parcels[c] for c in ("parcel_id", "kind", "township", "area_m2")), strict=True)
    return [(key, change, kind, place, "", None, None, area) for key, kind, place, area in columns]


def _value(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, key: str, column: str) -> tuple[Any, ...]:
    then, now = before.loc[key], after.loc[key]
    if column == GEOMETRY:
        # Plane areas say how much a boundary moved; the shapes themselves are in the GeoPackage.
        shapes = (then[before.geometry.name], now[after.geometry.name])
        values = [None if shape is None else f"{shape.area:.2f} m²" for shape in shapes]
    else:
        values = [_plain(row.get(column)) for row in (then, now)]
    return (key, "changed", now["kind"], now["township"], column, *values, now["area_m2"])


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d")
    return value.item() if hasattr(value, "item") else value
