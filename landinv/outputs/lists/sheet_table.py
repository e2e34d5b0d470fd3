"""A list before it is drawn: columns with titles, rows, subtotals that add up."""

from __future__ import annotations

import csv
import itertools
import math
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.model.units import M2_PER_HA, round_half_up
from landinv.outputs.lists.words import CODED, to_titles
from landinv.reports.rounding import foot_within

DATA: Final = "data"
SUBTOTAL: Final = "subtotal"
TOTAL: Final = "total"
SEQUENCE_TITLE: Final = "序号"
SUBTOTAL_LABEL: Final = "小计"
TOTAL_LABEL: Final = "合计"
_FACTORS: Final = {"": 1.0, "ha": M2_PER_HA}

Cell = str | float | int | date | None


@dataclass(frozen=True)
class Column:
    """A column of a list.

    ``kind`` is text, code, number, integer, date, a coded kind (:data:`~landinv.outputs.lists.words.CODED`) or blank
    (left for the pen); ``factor`` divides the frame's value into the unit of the title; ``width`` is the widest the
    column may be, in units of half a hanzi; ``total`` columns are rounded so that they add up, and are summed.
    """

    name: str
    title: str
    kind: str
    factor: float
    decimals: int
    width: float
    total: bool

    @property
    def is_number(self) -> bool:
        """Number or whole number."""
        return self.kind in {"number", "integer"}


@dataclass(frozen=True)
class SheetTable:
    """A list with its titles.

    ``frame`` holds the columns' values under their names, in canonical units, rows in the order of printing;
    ``group`` names the column that subtotals go by (rows of a group stand together), or is empty; ``unit_line`` and
    ``note`` stand above and below; ``colour`` marks the sheet's tab.
    """

    sheet: str
    title: str
    frame: pd.DataFrame
    unit_line: str
    group: str = ""
    totals: bool = True
    note: str = ""
    colour: str = ""
    unit_word: str = "宗"
    columns: tuple[Column, ...] = field(default=())


@dataclass(frozen=True)
class Row:
    """A printed row: data, subtotal or total, with one value a column."""

    role: str
    sequence: Cell
    cells: tuple[Cell, ...]


@cache
def sheet_columns(sheet: str) -> tuple[Column, ...]:
    """Columns of a sheet in their order, from ``register_columns.csv``."""
    with Path(__file__).with_name("register_columns.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["sheet"] == sheet]
    return tuple(
        Column(
            name=row["name"],
            title=row["title"],
            kind=row["kind"],
            factor=_FACTORS[row["unit"]],
            decimals=int(row["decimals"] or 0),
            width=float(row["width"]),
            total=row["total"] == "yes",
        )
        for row in rows
    )


def printed_rows(table: SheetTable) -> list[Row]:
    """Rows as they are printed, with subtotals after each group and the total at the end.

    Summed columns are rounded once so that rows add up to subtotals, and subtotals to the total, which is the true
    sum rounded half up; other numbers are rounded half up.
    """
    columns = [_printed(table, column) for column in table.columns]
    data = [Row(DATA, n + 1, tuple(cells)) for n, cells in enumerate(zip(*columns, strict=True))]
    if not table.totals or not data:
        return data
    if not table.group:
        return [*data, _sum_row(table, data, TOTAL, "")]
    rows: list[Row] = []
    groups = table.frame[table.group].fillna("").astype("str").to_numpy()
    starts = [0, *(np.flatnonzero(groups[1:] != groups[:-1]) + 1).tolist(), len(groups)]
    for start, end in itertools.pairwise(starts):
        rows += data[start:end]
        rows.append(_sum_row(table, data[start:end], SUBTOTAL, str(groups[start])))
    return [*rows, _sum_row(table, data, TOTAL, "")]


def _sum_row(table: SheetTable, rows: list[Row], role: str, group: str) -> Row:
    cells: list[Cell] = []
    for place, column in enumerate(table.columns):
        if column.total:
            numbers = [float(c) for r in rows if isinstance(c := r.cells[place], int | float)]
            cells.append(round(math.fsum(numbers), column.decimals) if numbers else None)
        elif place == 0:
            cells.append(f"{len(rows)} {table.unit_word}")
        else:
            cells.append(group if column.name == table.group and group else None)
    return Row(role, SUBTOTAL_LABEL if role == SUBTOTAL else TOTAL_LABEL, tuple(cells))


def _printed(table: SheetTable, column: Column) -> list[Cell]:
    if column.kind == "blank" or column.name not in table.frame:
        return [None] * len(table.frame)
    values = table.frame[column.name]
    if column.is_number:
        return _numbers(table, column)
    if column.kind == "date":
        days = pd.to_datetime(values)
        return days.dt.date.astype("object").where(days.notna(), None).tolist()
    words = to_titles(values, column.kind) if column.kind in CODED else values
    return [str(v) if v else None for v in words.astype("object").where(words.notna(), None).tolist()]


def _numbers(table: SheetTable, column: Column) -> list[Cell]:
    values: npt.NDArray[np.float64] = (
        table.frame[column.name].to_numpy(dtype="float64", na_value=np.nan) / column.factor
    )
    if column.total:
        groups = table.frame[table.group].fillna("").to_numpy(dtype="object") if table.group else None
        whole = np.zeros(len(values), dtype="object")
        shown = foot_within(values, [whole] if groups is None else [whole, groups], column.decimals)
    else:
        shown = round_half_up(values, column.decimals)
    dustless = np.round(shown, column.decimals) + 0.0
    as_number = int if column.kind == "integer" else float
    return [as_number(v) if math.isfinite(v) else None for v in dustless.tolist()]
