"""Write the ledger feed: four CSV tables, their description, and the schema of a row set."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd

from landinv.disk import write_atomically
from landinv.errors import OutputError
from landinv.i18n import gettext as _
from landinv.model.options import CountyOptions
from landinv.model.roles import PROCEDURES
from landinv.outputs.feed.schema import (
    FEED_SCHEMA,
    PROJECT_KEY,
    FeedField,
    FeedTable,
    feed_tables,
    row_set_schema,
    table_schema,
)
from landinv.outputs.lists.csv import csv_bytes
from landinv.outputs.lists.plain_text import column_text

_KINDS: Final = {"string": "text", "boolean": "bool"}
_ESCAPE_NOTE: Final = (
    "以等号、加号、减号、@、制表符、换行、全角等号或竖线开头的文本（数字除外），"
    "以及其前已有单引号的同类文本，前加一个半角单引号，读取时去掉一个即得原文。"
)


@dataclass(frozen=True)
class FeedContent:
    """What the feed is made of.

    ``parcels`` has the canonical columns, ``links`` those of :data:`landinv.model.parcels.LINK_COLUMNS`, ``projects``
    ``project_key`` and the role's fields with the procedures as columns. Areas m², money 万元; shapes do not leave.
    """

    county: CountyOptions
    as_of: date
    parcels: pd.DataFrame
    projects: pd.DataFrame
    links: pd.DataFrame


def write_feed(content: FeedContent, folder: Path) -> list[Path]:
    """Write the feed as a tabular data package; the same content gives the same bytes, whatever its rows' order.

    Parameters
    ----------
    content
        Frames of the run.
    folder
        Receives ``projects.csv``, ``parcels.csv``, ``links.csv``, ``procedures.csv`` (UTF-8 without BOM, CRLF, rows
        by key), ``feed.schema.json`` and, last, ``datapackage.json``, which carries the sums of the tables.

    Returns
    -------
    list of Path
        The files written, each put in place whole.

    Raises
    ------
    OutputError
        If a key is missing or stands twice, a row refers to one that is not in the feed, or a file cannot be written.
    """
    frames = feed_rows(content)
    tables = feed_tables()
    for table in tables:
        _require_keys(table, frames)
    bodies = {f"{t.name}.csv": csv_bytes(_as_text(frames[t.name], t), encoding="utf-8") for t in tables}
    bodies["feed.schema.json"] = _json_bytes(row_set_schema())
    bodies["datapackage.json"] = _json_bytes(_description(content, bodies))
    return [_write(folder / name, body) for name, body in bodies.items()]


def feed_rows(content: FeedContent) -> dict[str, pd.DataFrame]:
    """Rows of each table by name, columns and order as in the files, values typed.

    ``procedures`` has a row for each procedure that a project has a status or date for.
    """
    rows = {
        "projects": content.projects,
        "parcels": content.parcels,
        "links": content.links,
        "procedures": _procedures(content.projects),
    }
    return {
        table.name: pd.DataFrame(rows[table.name])
        .reindex(columns=[f.name for f in table.fields])
        .sort_values(list(table.key), kind="stable", ignore_index=True)
        for table in feed_tables()
    }


def _procedures(projects: pd.DataFrame) -> pd.DataFrame:
    present = [name for name in PROCEDURES if name in projects]
    if not present or PROJECT_KEY not in projects:
        return pd.DataFrame({PROJECT_KEY: [], "procedure": [], "status": []}, dtype="str")
    long = projects[[PROJECT_KEY, *present]].melt(PROJECT_KEY, var_name="procedure", value_name="status")
    told = long[long["status"].notna() & (long["status"].astype("str") != "")]
    return told.assign(status=told["status"].map(_status_text))


def _status_text(value: object) -> str:
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else str(value)


def _as_text(frame: pd.DataFrame, table: FeedTable) -> pd.DataFrame:
    return pd.DataFrame({f.name: _field_text(frame[f.name], f) for f in table.fields})


def _field_text(values: pd.Series, field: FeedField) -> pd.Series:
    return column_text(values, _KINDS.get(field.type, field.type), field.unit)


def _require_keys(table: FeedTable, frames: dict[str, pd.DataFrame]) -> None:
    rows = frames[table.name]
    hint = _("Report this with the project file: the run produced contradicting keys.")
    keys = rows[list(table.key)]
    if keys.isna().to_numpy().any():
        raise OutputError(
            _("feed table {table}: a row has no {key}.").format(table=table.name, key=" + ".join(table.key)),
            hint=hint,
        )
    if (repeated := keys[keys.duplicated()]).size:
        raise OutputError(
            _("feed table {table}: key {key} stands twice.").format(
                table=table.name, key=" + ".join(str(v) for v in repeated.iloc[0])
            ),
            hint=hint,
        )
    for field, other, target in table.refers:
        unknown = rows.loc[~rows[field].isin(frames[other][target]), field]
        if len(unknown):
            raise OutputError(
                _("feed table {table}: {field} {value} is not in {other}.").format(
                    table=table.name, field=field, value=unknown.iloc[0], other=other
                ),
                hint=hint,
            )


def _description(content: FeedContent, bodies: dict[str, bytes]) -> dict[str, Any]:
    return {
        "profile": "tabular-data-package",
        "schema": FEED_SCHEMA,
        "name": f"landinv-feed-{content.county.code}",
        "title": f"{content.county.name}存量土地与项目台账数据",
        "county": {"name": content.county.name, "code": content.county.code},
        "as_of": content.as_of.isoformat(),
        "text_escape": _ESCAPE_NOTE,
        "resources": [_resource(table, bodies[f"{table.name}.csv"]) for table in feed_tables()],
    }


def _resource(table: FeedTable, body: bytes) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "title": table.title,
        "path": f"{table.name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(body),
        "hash": f"sha256:{hashlib.sha256(body).hexdigest()}",
        "dialect": {
            "delimiter": ",",
            "quoteChar": '"',
            "doubleQuote": True,
            "lineTerminator": "\r\n",
            "header": True,
        },
        "schema": table_schema(table),
    }


def _json_bytes(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode("utf-8")


def _write(path: Path, body: bytes) -> Path:
    def write(target: Path) -> None:
        target.write_bytes(body)

    return write_atomically(path, write)
