"""What the feed's tables hold: fields, types and keys, as Frictionless table schemas and as JSON Schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from landinv.model.parcels import LINK_COLUMNS, kinds, parcel_columns
from landinv.model.roles import PROCEDURES, role_fields

FEED_SCHEMA: Final = "landinv.feed/1"
PROJECT_KEY: Final = "project_key"
_TYPES: Final = {
    "text": "string", "code": "string", "choice": "string", "status": "string", "number": "number", "area": "number",
    "money": "number", "integer": "integer", "date": "date", "bool": "boolean",
}  # fmt: skip
_JSON_TYPES: Final = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
}
_LINK_TITLES: Final = {
    "parcel_id": "地块编号", PROJECT_KEY: "项目键", "project_code": "项目代码", "project_name": "项目名称",
    "method": "关联方式", "score": "关联得分", "evidence": "关联依据",
}  # fmt: skip


@dataclass(frozen=True)
class FeedField:
    """A column of the feed: canonical name, Frictionless type, title, unit (m2, ha, mu, wan or none), allowed words."""

    name: str
    type: str
    title: str
    unit: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class FeedTable:
    """A table of the feed: its fields, its key, and the keys of other tables it refers to (field, table, field)."""

    name: str
    title: str
    fields: tuple[FeedField, ...]
    key: tuple[str, ...]
    refers: tuple[tuple[str, str, str], ...] = ()


def feed_tables() -> tuple[FeedTable, ...]:
    """The four tables, those referred to first.

    Examples
    --------
    >>> [table.name for table in feed_tables()]
    ['projects', 'parcels', 'links', 'procedures']
    """
    return (
        FeedTable("projects", "项目", _project_fields(), (PROJECT_KEY,)),
        FeedTable("parcels", "地块", _parcel_fields(), ("parcel_id",)),
        FeedTable(
            "links",
            "项目与地块的关联",
            tuple(
                FeedField(c, "number" if c == "score" else "string", _LINK_TITLES[c]) for c in LINK_COLUMNS
            ),
            ("parcel_id", PROJECT_KEY, "method"),
            (("parcel_id", "parcels", "parcel_id"), (PROJECT_KEY, "projects", PROJECT_KEY)),
        ),
        FeedTable(
            "procedures",
            "项目审批手续",
            (
                FeedField(PROJECT_KEY, "string", "项目键"),
                FeedField("procedure", "string", "手续", words=PROCEDURES),
                FeedField("status", "string", "状态或日期"),
            ),
            (PROJECT_KEY, "procedure"),
            ((PROJECT_KEY, "projects", PROJECT_KEY),),
        ),
    )


def table_schema(table: FeedTable) -> dict[str, Any]:
    """Frictionless table schema (version 1): fields, missing values, primary and foreign keys."""
    schema: dict[str, Any] = {
        "fields": [_field(f, required=f.name in table.key) for f in table.fields],
        "missingValues": [""],
        "primaryKey": list(table.key),
    }
    if table.refers:
        schema["foreignKeys"] = [
            {"fields": field, "reference": {"resource": other, "fields": target}}
            for field, other, target in table.refers
        ]
    return schema


def row_set_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a row set: the four tables as lists of objects, missing values null or absent."""
    tables = feed_tables()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": FEED_SCHEMA,
        "type": "object",
        "properties": {
            "schema": {"const": FEED_SCHEMA},
            **{
                t.name: {"type": "array", "title": t.title, "items": {"$ref": f"#/$defs/{t.name}"}}
                for t in tables
            },
        },
        "required": ["schema", *(t.name for t in tables)],
        "additionalProperties": False,
        "$defs": {t.name: _row_schema(t) for t in tables},
    }


def _project_fields() -> tuple[FeedField, ...]:
    fields = [f for f in role_fields("projects") if f.name not in PROCEDURES]
    # The first synonym of a field is its Chinese title.
    named = (FeedField(f.name, _TYPES[f.kind], f.synonyms[0], f.unit, f.choices) for f in fields)
    return (FeedField(PROJECT_KEY, "string", "项目键"), *named)


def _parcel_fields() -> tuple[FeedField, ...]:
    words = {"kind": tuple(kinds()), "next_kind": tuple(kinds())}
    return tuple(
        FeedField(c.name, _TYPES[c.kind], c.zh, c.unit, words.get(c.name, ())) for c in parcel_columns()
    )


def _field(field: FeedField, *, required: bool) -> dict[str, Any]:
    described: dict[str, Any] = {"name": field.name, "type": field.type, "title": field.title}
    if field.unit:
        described["unit"] = field.unit
    if required:
        described["constraints"] = {"required": True}
    if field.words:
        described["constraints"] = {**described.get("constraints", {}), "enum": list(field.words)}
    return described


def _row_schema(table: FeedTable) -> dict[str, Any]:
    return {
        "type": "object",
        "title": table.title,
        "properties": {f.name: _property(f, optional=f.name not in table.key) for f in table.fields},
        "required": list(table.key),
        "additionalProperties": False,
    }


def _property(field: FeedField, *, optional: bool) -> dict[str, Any]:
    described: dict[str, Any] = {"title": field.title, **_JSON_TYPES[field.type]}
    if field.words:
        described["enum"] = [*field.words, None] if optional else list(field.words)
    if optional:
        described["type"] = [described["type"], "null"]
    return described
