"""The list of every supply with its state, for supervision after supply."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from landinv.disk import write_atomically
from landinv.outputs.lists.csv import csv_bytes
from landinv.outputs.lists.plain_text import column_text

_KINDS: Final = {
    "supplied_area": ("number", "m2"), "price_wan": ("number", "wan"), "fee_wan": ("number", "wan"),
    "idle_level": ("integer", ""), "idle_days": ("integer", ""), "suspended_days": ("integer", ""),
}  # fmt: skip
_DATES: Final = ("_on", "idle_since")


def write_supervision_csv(supplies: pd.DataFrame, path: Path) -> Path:
    """Write every supply, one row each, in the order given: UTF-8 with BOM, m² and 万元, ISO dates.

    Parameters
    ----------
    supplies
        From :func:`landinv.reports.supervision.supervision`.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    text = pd.DataFrame({str(name): _text(supplies[name], str(name)) for name in supplies})
    content = csv_bytes(text, encoding="utf-8-sig")

    def write(target: Path) -> None:
        target.write_bytes(content)

    return write_atomically(path, write)


def _text(values: pd.Series, name: str) -> pd.Series:
    if name.endswith(_DATES):
        return column_text(pd.to_datetime(values), "date", "")
    kind, unit = _KINDS.get(name, ("text", ""))
    if kind == "integer":
        values = values.astype("Int64")
    return column_text(values if kind != "text" else values.astype("str"), kind, unit)
