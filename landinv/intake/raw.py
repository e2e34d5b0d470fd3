"""What came out of a file, before it means anything: columns of exact text, record numbers, shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class RawColumn:
    """A source column.

    ``words`` are its header words, best first; ``kind`` what the file says it is (text, integer, real, date, bool,
    cells, unreadable); ``text`` its values as exact text (NaN: missing); ``numeric`` where a cell holds a number;
    ``failed`` the text of error cells and formulas without a stored result (NaN elsewhere).
    """

    words: tuple[str, ...]
    kind: str
    text: pd.Series
    numeric: BoolArray
    failed: pd.Series | None = None
    width: int = 0
    decimals: int = 0
    unit_text: str = ""

    @property
    def name(self) -> str:
        """Header as the file has it."""
        return self.words[0]


@dataclass(frozen=True)
class RawLayer:
    """A layer or sheet: columns in file order, record or row numbers, references, shapes as read (None: a table).

    A shape is None where the record has none or its bytes are no shape; ``has_shape`` tells these apart.

    ``signed_areas`` are areas by ring direction, in square units of the file's CRS, where the format has such (NaN:
    not to be compared).
    """

    title: str
    layer: str
    columns: tuple[RawColumn, ...]
    records: npt.NDArray[np.int64]
    refs: pd.Series
    shapes: npt.NDArray[np.object_] | None = None
    has_shape: BoolArray | None = None
    signed_areas: npt.NDArray[np.float64] | None = None
    geometry: str = ""
    notes: tuple[str, ...] = ()
    is_dbf: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.records)

    def words(self, column: str) -> Mapping[str, str]:
        """Words of a column's coded values by code, where the file's database has a domain for it; else nothing."""
        domains: Mapping[str, Mapping[str, str]] = self.facts.get("domains") or {}
        names = [d.get("domain", "") for d in self.facts.get("columns", ()) if d["name"] == column]
        return domains.get(names[0], {}) if names else {}


def raw_layer(table: pa.Table, facts: Mapping[str, Any], *, key: str, title: str, is_dbf: bool) -> RawLayer:
    """Layer from a worker's answer; records are numbered from 1 and referred to as ``key#number``."""
    records = table.column("record").to_numpy()
    shapes, has_shape = (None, None) if facts.get("is_table") else _shapes(table)
    columns = tuple(_column(table.column(f"c{i}"), described) for i, described in enumerate(facts["columns"]))
    return RawLayer(
        title=title,
        layer=str(facts.get("layer", "")),
        columns=columns,
        records=records,
        refs=pd.Series([f"{key}#{n}" for n in records.tolist()], dtype="str"),
        shapes=shapes,
        has_shape=has_shape,
        signed_areas=table.column("signed").to_numpy() if "signed" in table.column_names else None,
        geometry=str(facts.get("geometry", "")),
        is_dbf=is_dbf,
        facts=facts,
    )


def _shapes(table: pa.Table) -> tuple[npt.NDArray[np.object_], BoolArray]:
    """Shapes of all records, from WKB or from the vertices of a single ring, and which records have one."""
    wkb = table.column("geometry")
    has_shape: BoolArray = wkb.is_valid().to_numpy().copy()
    with np.errstate(invalid="ignore", over="ignore"):
        shapes = (
            shapely.from_wkb(wkb.to_numpy(), on_invalid="ignore")
            if has_shape.any()
            else np.full(len(has_shape), None, dtype=object)
        )
    if "ring" in table.column_names:
        rings = table.column("ring").combine_chunks()
        at = np.flatnonzero(rings.is_valid())
        count = pc.list_value_length(rings).drop_null().to_numpy() // 2
        xy = rings.flatten().to_numpy().reshape(-1, 2)
        lines = shapely.linearrings(xy, indices=np.repeat(np.arange(len(at)), count))
        shapes[at], has_shape[at] = shapely.polygons(lines), True
    return shapes, has_shape


def _column(values: pa.ChunkedArray, described: Mapping[str, Any]) -> RawColumn:
    text = pd.Series(values.to_pandas(), dtype="str")
    text = text.where(text.notna() & (text != ""))
    # Text of a layer's numbers is exact; only cells of a spreadsheet are doubles that may have lost digits.
    return RawColumn(
        _words(described), str(described["type"]), text, np.zeros(len(text), bool), width=int(described["width"]),
        decimals=int(described["decimals"]), unit_text=str(described.get("unit_text", "")),
    )  # fmt: skip


def _words(described: Mapping[str, Any]) -> tuple[str, ...]:
    """Header words of a column: its name, then the alias that a geodatabase keeps beside it."""
    name, alias = str(described["name"]), str(described.get("alias", ""))
    return (name, alias) if alias and alias != name else (name,)


def take(column: RawColumn, rows: Sequence[int] | npt.NDArray[np.intp]) -> RawColumn:
    """The column with only these rows, index 0..n-1."""
    at = np.asarray(rows, dtype=np.intp)
    failed = None if column.failed is None else column.failed.iloc[at].reset_index(drop=True)
    return RawColumn(
        column.words, column.kind, column.text.iloc[at].reset_index(drop=True), column.numeric[at], failed,
        column.width, column.decimals, column.unit_text,
    )  # fmt: skip
