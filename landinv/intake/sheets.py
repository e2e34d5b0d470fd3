"""Worksheets as people lay them out: titles and notes above, headers of one or two rows, totals and remarks between.

Each sheet that has a header of the role becomes a layer of its own; sheets of other offices may differ in columns and
units.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from landinv.errors import EmptyLayerError, FieldMissingError
from landinv.i18n import gettext as _
from landinv.intake.headers import Wanted, count_hits
from landinv.intake.naming import shown
from landinv.intake.raw import RawColumn, RawLayer
from landinv.intake.values import plain
from landinv.model.advice import NOT_DATA
from landinv.model.findings import findings

_SEARCHED_ROWS: Final = 30
_LISTED: Final = 5
_LEAST_HITS: Final = 2
_TOTALS: Final = re.compile(
    r"^(本页|本表|全县|全部|以上|\d+年)?(合计|总计|小计|共计|累计)[::]?(\d+(宗|个|户|块|条|项)?)?$"
)
_FIGURES: Final = re.compile(r"^[\d.,:/年月日%+-]+$")
_REMARK: Final = re.compile(r"^(备?注[::1-9、]|说明[::]|填表|制表|审核人|负责人|[一二三四五六七八九十]+、)")


@dataclass(frozen=True)
class _Header:
    """Where a header was found: its first row, how many rows it takes, words of each column, fields it names."""

    row: int
    height: int
    words: tuple[tuple[str, ...], ...]
    hits: int


@dataclass(frozen=True)
class SheetsRead:
    """Layers of the sheets that have a header, and what was left out on the way."""

    layers: tuple[RawLayer, ...]
    findings: tuple[pd.DataFrame, ...] = field(default_factory=tuple)


def sheet_layers(
    tables: Mapping[str, pa.Table], wanted: Sequence[Wanted], *, key: str, title: str, any_words: bool = False
) -> SheetsRead:
    """Find the header of each sheet and take its records.

    Parameters
    ----------
    tables
        Coded cells of each sheet (see the worker's ``cells``), with worksheet row numbers in ``row``.
    wanted
        Fields of the role, or of every role where none is named.
    any_words
        Whether a first row of nothing but words is a header even if no field is known by them.

    Raises
    ------
    FieldMissingError
        If no sheet has a row that could be the header.
    EmptyLayerError
        If no sheet holds a cell.
    """
    grids = {name: _grid(table) for name, table in tables.items() if table.num_rows and not is_guide(table)}
    if not grids:
        raise EmptyLayerError(
            _("{path} holds no cell (空表).").format(path=title),
            hint=_("Check that the right file was given."),
        )
    headers = {name: _find_header(grid, wanted, any_words=any_words) for name, grid in grids.items()}
    best = max(h.hits for h in headers.values())
    if best < _LEAST_HITS:
        raise FieldMissingError(
            _("{path}: no row looks like a header (表头); the first row is: {row}.").format(
                path=title,
                row=shown(", ".join(c[1:] for c in next(iter(grids.values())).iloc[0, 1:].dropna()))[:200],
            ),
            hint=_("Name the columns in one row above the records, for example: {words}.").format(
                words=", ".join(w.words[min(1, len(w.words) - 1)] for w in wanted[:5])
            ),
        )
    several = len(tables) > 1
    layers: list[RawLayer] = []
    found: list[pd.DataFrame] = []
    for name, grid in grids.items():
        if headers[name].hits < max(_LEAST_HITS, best / 3) and len(grids) > 1:
            found.append(findings("I047", dataset=key, layer=name))
            continue
        layer, left_out = _layer(
            grid, headers[name], key=f"{key}#{name}!" if several else f"{key}#", name=name
        )
        layers.append(replace(layer, title=title))
        found += [frame.assign(dataset=key) for frame in left_out]
    filled = tuple(layer for layer in layers if len(layer))
    return SheetsRead(filled or tuple(layers[:1]), tuple(found))


def is_guide(table: pa.Table) -> bool:
    """Whether the first cell of a sheet says that the sheet is guidance and no data."""
    cells = [name for name in table.column_names if name != "row"]
    return bool(table.num_rows and cells) and NOT_DATA in str(table.column(cells[0])[0].as_py() or "")


def _grid(table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas()
    return frame.astype({name: "str" for name in frame.columns if name != "row"})


def _words(row: pd.Series) -> list[str]:
    return ["" if pd.isna(v) or v[0] not in "sdn" else v[1:] for v in row.to_numpy()]


def _find_header(grid: pd.DataFrame, wanted: Sequence[Wanted], *, any_words: bool) -> _Header:
    """The row, or pair of rows, among the first ones that names most fields; of equals one row, and the upper one."""
    cells = grid.drop(columns="row")
    rows = [_words(cells.iloc[i]) for i in range(min(_SEARCHED_ROWS, len(cells)))]
    found = [
        _Header(n, 1, tuple((w,) for w in row), count_hits(filter(None, row), wanted))
        for n, row in enumerate(rows)
    ]
    for number, (upper, lower) in enumerate(pairwise(rows)):
        words = _joined(upper, lower)
        hits = count_hits((w for forms in words for w in forms if w), wanted)
        found.append(_Header(number, 2, words, hits))
    best = max(found, key=lambda h: (h.hits, -h.height, -h.row))
    if best.hits >= _LEAST_HITS or not any_words or not _is_all_words(cells.iloc[0]):
        return best
    return replace(found[0], hits=_LEAST_HITS)


def _is_all_words(row: pd.Series) -> bool:
    """Several cells, every one of them text that is no number or date."""
    given = [str(v) for v in row.dropna()]
    return len(given) >= _LEAST_HITS and all(v[0] == "s" and not _FIGURES.match(plain(v[1:])) for v in given)


def _joined(upper: Sequence[str], lower: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Words of a two-row header: the upper cell reaches over the empty ones to its right where a lower word stands."""
    words: list[tuple[str, ...]] = []
    over = ""
    for above, below in zip(upper, lower, strict=True):
        over = above or (over if below else "")
        if over and below:
            words.append((over + below, below))
        else:
            words.append((over or below,))
    return tuple(words)


def _layer(
    grid: pd.DataFrame, header: _Header, *, key: str, name: str
) -> tuple[RawLayer, list[pd.DataFrame]]:
    body = grid.iloc[header.row + header.height :]
    cells = body.drop(columns="row")
    keep, left_out = _records(cells, body["row"], key, name)
    body, cells = body[keep], cells[keep]
    refs = pd.Series([f"{key}{n}" for n in body["row"].tolist()], dtype="str")
    titles, doubled = _unique(header.words)
    columns = tuple(
        _column(cells.iloc[:, i], words)
        for i, words in enumerate(titles)
        if any(words) or cells.iloc[:, i].notna().any()
    )
    found = [findings("I042", dataset="", layer=name, field=doubled)] if doubled else []
    if header.height > 1:
        found.append(
            findings("I054", dataset="", layer=name, feature=f"{key}{int(grid['row'].iloc[header.row])}")
        )
    above = grid.iloc[: header.row].drop(columns="row").to_numpy().ravel()
    notes = tuple(str(v)[1:] for v in above if isinstance(v, str))
    records = body["row"].to_numpy(dtype=np.int64)
    return RawLayer("", name, columns, records, refs, notes=notes), found + left_out


def _unique(words: Sequence[tuple[str, ...]]) -> tuple[list[tuple[str, ...]], list[str]]:
    """Header words with repeated ones numbered (``面积``, ``面积.1``), and the repeated words."""
    seen: dict[str, int] = {}
    result: list[tuple[str, ...]] = []
    doubled: list[str] = []
    for number, forms in enumerate(words, start=1):
        first = forms[0] or f"列{number}"
        count = seen.get(first, 0)
        seen[first] = count + 1
        if count:
            doubled.append(first)
            result.append((f"{first}.{count}",))
        else:
            result.append((first, *forms[1:]))
    return result, doubled


def _column(cells: pd.Series, words: tuple[str, ...]) -> RawColumn:
    cells = cells.reset_index(drop=True)
    kind = cells.str.slice(0, 1)
    text = cells.str.slice(1)
    broken = kind.isin(["e", "f"]).to_numpy(dtype=bool)
    failed = cells.where(broken) if broken.any() else None
    return RawColumn(
        words, "cells", text.where(~broken), (kind == "n").to_numpy(dtype=bool, na_value=False), failed,
        unit_text=" ".join(words),
    )  # fmt: skip


def _records(
    cells: pd.DataFrame, numbers: pd.Series, key: str, name: str
) -> tuple[pd.Series, list[pd.DataFrame]]:
    """Which rows are records: not totals, remarks, or a row that numbers the columns."""
    filled = cells.notna().sum(axis=1)
    firsts = [_first_text(row) for row in cells.to_numpy()]
    totals = pd.Series([bool(_TOTALS.match(f)) for f in firsts], index=cells.index)
    remarks = pd.Series([bool(_REMARK.match(f)) for f in firsts], index=cells.index) & (filled <= 2)
    counting = pd.Series(
        [_counts_columns(row) for row in cells.to_numpy()[:2]], index=cells.index[:2]
    ).reindex(cells.index, fill_value=False)
    found = []
    for rows, detail in ((totals, ""), (remarks & ~totals, "说明行"), (counting, "列号行")):
        if rows.any():
            values = [f for f, r in zip(firsts, rows, strict=True) if r]
            refs = [f"{key}{n}" for n in numbers[rows].tolist()]
            found.append(
                findings(
                    "I030", dataset="", layer=name, feature=refs, value=values, detail=[detail] * len(refs)
                )
            )
    kept = ~(totals | remarks | counting) & (filled > 0)
    return kept, [*found, *_blank_rows(numbers[filled > 0], numbers[kept], key, name)]


def _blank_rows(filled: pd.Series, records: pd.Series, key: str, name: str) -> list[pd.DataFrame]:
    """One finding of rows with nothing in them between the first and the last record."""
    if not len(records):
        return []
    first, last = int(records.iloc[0]), int(records.iloc[-1])
    blank = sorted(set(range(first, last)) - set(filled.tolist()))
    if not blank:
        return []
    more = "等" if len(blank) > _LISTED else ""
    detail = f"第{'、'.join(map(str, blank[:_LISTED]))}行{more}"
    return [
        findings(
            "I120", dataset="", layer=name, feature=f"{key}{blank[0]}", value=str(len(blank)), detail=[detail]
        )
    ]


def _first_text(row: np.ndarray) -> str:
    """First words of a row, half-width; a serial number before them is passed over."""
    words = [plain(v[1:]) for v in row if isinstance(v, str) and v[0] == "s"]
    totals = [w for w in words[:3] if _TOTALS.match(w)]
    return (totals or words or [""])[0]


def _counts_columns(row: np.ndarray) -> bool:
    given = [plain(v[1:]) for v in row if isinstance(v, str)]
    return len(given) > 2 and given == [str(n) for n in range(1, len(given) + 1)]
