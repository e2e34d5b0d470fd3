"""The package's own data tables: code lists and specifications kept as CSV with their certainty."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

DATA_DIR = Path(__file__).with_name("data")


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """Rows of ``model/data/<name>.csv`` as dictionaries of text.

    Raises
    ------
    FileNotFoundError
        If the package carries no such table.
    """
    with (DATA_DIR / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
