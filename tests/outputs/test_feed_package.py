from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from landinv.errors import OutputError
from landinv.model.parcels import parcel_columns
from landinv.outputs.feed.package import FeedContent, feed_rows, write_feed

from .test_lists_sample import AS_OF, COUNTY, PAYLOADS, make_links, make_parcels, make_projects


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDINV_LANG", "en")


PYTHON_TYPES = {"string": str, "number": (int, float), "integer": int, "boolean": bool, "null": type(None)}


@pytest.fixture
def content() -> FeedContent:
    parcels = make_parcels()
    return FeedContent(COUNTY, AS_OF, parcels, make_projects(parcels), make_links(parcels))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def parsed(text: str, kind: str) -> Any:
    """A cell as the type its field declares; fails where it is none."""
    if text == "":
        return None
    if kind == "boolean":
        return {"true": True, "false": False}[text]
    if kind == "date":
        return pd.Timestamp(text).date().isoformat()
    return {"string": str, "number": float, "integer": int}[kind](text)


def test_files_are_the_four_tables_and_their_description(content: FeedContent, tmp_path: Path) -> None:
    written = write_feed(content, tmp_path / "feed")
    names = [
        "projects.csv",
        "parcels.csv",
        "links.csv",
        "procedures.csv",
        "feed.schema.json",
        "datapackage.json",
    ]
    assert [path.name for path in written] == names
    assert sorted(p.name for p in (tmp_path / "feed").iterdir()) == sorted(names)
    assert not (tmp_path / "feed" / "parcels.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_description_tells_the_truth_about_the_files(content: FeedContent, tmp_path: Path) -> None:
    write_feed(content, tmp_path)
    package = json.loads((tmp_path / "datapackage.json").read_text(encoding="utf-8"))
    assert (package["schema"], package["as_of"]) == ("landinv.feed/1", "2022-10-10")
    tables = {r["name"]: rows(tmp_path / r["path"]) for r in package["resources"]}
    for resource in package["resources"]:
        body = (tmp_path / resource["path"]).read_bytes()
        assert resource["bytes"] == len(body)
        assert resource["hash"] == f"sha256:{hashlib.sha256(body).hexdigest()}"
        fields = resource["schema"]["fields"]
        table = tables[resource["name"]]
        assert list(table[0]) == [f["name"] for f in fields]
        for field in fields:
            values = [parsed(row[field["name"]], field["type"]) for row in table]
            allowed = field.get("constraints", {}).get("enum")
            assert allowed is None or set(values) <= {*allowed, None}
        keys = [tuple(row[k] for k in resource["schema"]["primaryKey"]) for row in table]
        assert keys == sorted(set(keys))
        for foreign in resource["schema"].get("foreignKeys", []):
            targets = {
                row[foreign["reference"]["fields"]] for row in tables[foreign["reference"]["resource"]]
            }
            assert {row[foreign["fields"]] for row in table} <= targets


def test_parcels_are_the_contracts_columns(content: FeedContent, tmp_path: Path) -> None:
    write_feed(content, tmp_path)
    assert list(rows(tmp_path / "parcels.csv")[0]) == [c.name for c in parcel_columns()]


def test_procedures_are_long_and_only_what_is_told(content: FeedContent, tmp_path: Path) -> None:
    write_feed(content, tmp_path)
    found = rows(tmp_path / "procedures.csv")
    assert len(found) == 2 * 10
    assert {row["procedure"]: row["status"] for row in found} == {
        "site_selection": "已批",
        "tendering": "2022-05-01",
    }


def test_a_dated_procedure_is_written_as_its_date(content: FeedContent, tmp_path: Path) -> None:
    dated = content.projects.assign(tendering=pd.Timestamp(2022, 5, 1), site_selection=None)
    write_feed(dataclasses.replace(content, projects=dated), tmp_path)
    assert {row["status"] for row in rows(tmp_path / "procedures.csv")} == {"2022-05-01"}


def test_order_of_rows_does_not_matter(content: FeedContent, tmp_path: Path) -> None:
    turned = FeedContent(
        COUNTY, AS_OF, content.parcels.iloc[::-1], content.projects.iloc[::-1], content.links.iloc[::-1]
    )
    for one, other in zip(
        write_feed(content, tmp_path / "a"), write_feed(turned, tmp_path / "b"), strict=True
    ):
        assert one.read_bytes() == other.read_bytes()


def test_no_text_is_a_formula(content: FeedContent, tmp_path: Path) -> None:
    names = pd.Series([PAYLOADS[i % 20] for i in range(len(content.projects))], dtype="str")
    write_feed(dataclasses.replace(content, projects=content.projects.assign(project_name=names)), tmp_path)
    written = [row["project_name"] for row in rows(tmp_path / "projects.csv")]
    assert all(text[0] in "'{" for text in written)
    package = json.loads((tmp_path / "datapackage.json").read_text(encoding="utf-8"))
    assert "单引号" in package["text_escape"]


def test_row_set_schema_fits_the_rows(content: FeedContent, tmp_path: Path) -> None:
    write_feed(content, tmp_path)
    schema = json.loads((tmp_path / "feed.schema.json").read_text(encoding="utf-8"))
    assert schema["properties"]["schema"] == {"const": "landinv.feed/1"}
    for name, frame in feed_rows(content).items():
        shape = schema["$defs"][name]
        assert list(shape["properties"]) == list(frame.columns)
        package = json.loads((tmp_path / "datapackage.json").read_text(encoding="utf-8"))
        types = {
            f["name"]: f["type"]
            for r in package["resources"]
            if r["name"] == name
            for f in r["schema"]["fields"]
        }
        for row in rows(tmp_path / f"{name}.csv"):
            for field, text in row.items():
                kinds = shape["properties"][field]["type"]
                kinds = kinds if isinstance(kinds, list) else [kinds]
                assert (
                    isinstance(parsed(text, types[field]), tuple(PYTHON_TYPES[k] for k in kinds))
                    or text == ""
                )
                assert text != "" or "null" in kinds


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: {"projects": pd.concat([c.projects, c.projects.iloc[:1]])}, "twice"),
        (lambda c: {"projects": c.projects.assign(project_key=None)}, "has no project_key"),
        (lambda c: {"links": c.links.assign(project_key="P-无此项目")}, "P-无此项目 is not in projects"),
        (lambda c: {"links": c.links.assign(parcel_id="无此地块")}, "无此地块 is not in parcels"),
    ],
)
def test_contradicting_keys_are_refused_and_nothing_is_written(
    content: FeedContent, tmp_path: Path, change: Any, said: str
) -> None:
    with pytest.raises(OutputError, match=said):
        write_feed(dataclasses.replace(content, **change(content)), tmp_path / "feed")
    assert not (tmp_path / "feed").exists()


def test_no_projects_make_empty_tables(content: FeedContent, tmp_path: Path) -> None:
    bare = dataclasses.replace(content, projects=pd.DataFrame(), links=content.links.iloc[:0])
    write_feed(bare, tmp_path)
    assert rows(tmp_path / "projects.csv") == rows(tmp_path / "procedures.csv") == []
    assert (tmp_path / "projects.csv").read_text(encoding="utf-8").startswith("project_key,project_code,")
