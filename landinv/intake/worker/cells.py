"""Cells of a sheet as text that keeps what each was: the first character is its kind.

``s`` text, ``n`` number (shortest exact form), ``d`` date or time (ISO), ``b`` true or false, ``e`` error value,
``f`` formula whose result was never stored. Empty cells are null.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, Final

import pyarrow as pa

Row = Sequence[str | None]


def coded(value: Any) -> str | None:
    """Cell value as coded text; None for an empty one.

    Examples
    --------
    >>> coded(3.0), coded("  甲 "), coded(True), coded(dt.datetime(2019, 5, 1))
    ('n3', 's甲', 'btrue', 'd2019-05-01')
    """
    for kinds, code in _CODERS:
        if isinstance(value, kinds):
            return code(value)
    return None if value is None else _coded_text(str(value))


def _coded_number(value: float) -> str:
    return f"n{int(value)}" if value.is_integer() and abs(value) < 1e15 else f"n{value!r}"


def _coded_moment(value: dt.datetime) -> str:
    return (
        f"d{value.date().isoformat()}" if value.time() == dt.time() else f"d{value.isoformat(' ', 'seconds')}"
    )


def _coded_text(value: str) -> str | None:
    text = value.replace("\x00", "").replace("_x000D_", "").strip().strip("\u3000")
    is_error = text.startswith("#") and text.endswith(("!", "?", "A")) and len(text) < 10
    return f"{'e' if is_error else 's'}{text}" if text else None


# In this order: a bool is an int, and a datetime a date.
_CODERS: Final[tuple[tuple[Any, Callable[[Any], str]], ...]] = (
    (bool, lambda v: "btrue" if v else "bfalse"),
    (int, lambda v: f"n{v}"),
    (float, _coded_number),
    (dt.datetime, _coded_moment),
    ((dt.date, dt.time), lambda v: f"d{v.isoformat()}"),
)


def sheet_table(rows: Sequence[Row], numbers: Sequence[int]) -> pa.Table:
    """Rows of coded cells as an Arrow table with the worksheet row number of each in ``row``."""
    width = max((len(r) for r in rows), default=0)
    columns = [
        pa.array([r[i] if i < len(r) else None for r in rows], pa.large_string()) for i in range(width)
    ]
    return pa.Table.from_arrays(
        [pa.array(list(numbers), pa.int64()), *columns], names=["row", *(f"c{i}" for i in range(width))]
    )
