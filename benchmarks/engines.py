"""The stages of a derivation in spatial databases, from loaded tables; run by derivation.py with a Python that has them.

Prints one line of JSON: seconds by engine and stage. Areas by parcel and code are written beside the tables.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

THEMES = ("landclass", "village", "plan", "farmland")
SHARES = """select p.code as parcel, z.code as code, sum(ST_Area(ST_Intersection(p.g, z.g))) as area_m2
            from parcels p join {theme} z on ST_Intersects(p.g, z.g) group by p.code, z.code"""
VALIDITY = "select count(*) from landclass where not ST_IsValid(g)"


def stages(engine: str, work: Path, ask: Callable[[str], pd.DataFrame], residual: str) -> dict[str, float]:
    """Time every stage of one engine; ``ask`` runs a statement and gives its rows."""
    seconds = {}
    for name, statement in (("validity", VALIDITY), ("residual", residual)):
        begun = time.perf_counter()
        ask(statement)
        seconds[name] = time.perf_counter() - begun
    for theme in THEMES:
        begun = time.perf_counter()
        rows = ask(SHARES.format(theme=theme))
        seconds[f"shares {theme}"] = time.perf_counter() - begun
        rows.to_parquet(work / f"{engine}_{theme}.parquet")
    return seconds


def duckdb_stages(work: Path) -> dict[str, float]:
    import duckdb
    import duckdb_extension_spatial

    extension = next(Path(duckdb_extension_spatial.__path__[0]).rglob("spatial.duckdb_extension"))
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension}'")
    for name in ("parcels", *THEMES, "BP", "GD"):
        connection.execute(
            f"create table {name} as select code, ST_GeomFromWKB(wkb) as g from '{work}/{name}.parquet'"
        )
    residual = """select count(*), sum(ST_Area(g)) from (
        select ST_Difference(any_value(b.g), ST_Union_Agg(s.g)) as g from BP b join GD s on ST_Intersects(b.g, s.g) group by b.code)"""
    return stages("duckdb", work, lambda sql: connection.execute(sql).df(), residual)


def sedonadb_stages(work: Path) -> dict[str, float]:
    import sedonadb

    connection = sedonadb.connect()
    for name in ("parcels", *THEMES, "BP", "GD"):
        connection.read_parquet(f"{work}/{name}.parquet").to_view(f"raw_{name}", overwrite=True)
        loaded = connection.sql(f"select code, ST_GeomFromWKB(wkb) as g from raw_{name}").to_memtable()
        loaded.to_view(name if name.islower() else name.lower(), overwrite=True)
    residual = """select count(*) as n, sum(ST_Area(ST_Difference(g, cut))) as a from (
        select b.code, first_value(b.g) as g, ST_Union_Agg(s.g) as cut from bp b join gd s on ST_Intersects(b.g, s.g) group by b.code)"""
    simple = "select count(*) as n, sum(ST_Area(ST_Difference(b.g, s.g))) as a from bp b join gd s on ST_Intersects(b.g, s.g)"

    def ask(sql: str) -> pd.DataFrame:
        if sql is residual:
            try:
                return connection.sql(sql).to_pandas()
            except Exception:  # noqa: BLE001 - no union aggregate in this version: a difference of each pair then
                return connection.sql(simple).to_pandas()
        return connection.sql(sql).to_pandas()

    return stages("sedonadb", work, ask, residual)


def postgis_stages(work: Path, dsn: str) -> dict[str, float]:
    import io

    import psycopg2

    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("create extension if not exists postgis")
    for name in ("parcels", *THEMES, "BP", "GD"):
        frame = pd.read_parquet(work / f"{name}.parquet")
        kind = "bigint" if frame["code"].dtype.kind == "i" else "text"
        cursor.execute(f"drop table if exists {name}; create unlogged table {name} (code {kind}, g geometry)")
        lines = (f"{code}\t{wkb.hex()}\n" for code, wkb in zip(frame["code"], frame["wkb"], strict=True))
        cursor.copy_expert(f"copy {name} from stdin", io.StringIO("".join(lines)))
        cursor.execute(f"create index on {name} using gist (g); analyze {name}")

    def ask(sql: str) -> pd.DataFrame:
        cursor.execute(sql)
        return pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description])

    residual = """select count(*), sum(ST_Area(g)) from (
        select ST_Difference(b.g, ST_Union(s.g)) as g from BP b join GD s on ST_Intersects(b.g, s.g) group by b.code, b.g) as cut"""
    return stages("postgis", work, ask, residual)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--postgis", default="")
    options = parser.parse_args()
    seconds = {}
    if importlib.util.find_spec("duckdb_extension_spatial"):
        seconds["duckdb"] = duckdb_stages(options.work)
    if importlib.util.find_spec("sedonadb"):
        seconds["sedonadb"] = sedonadb_stages(options.work)
    if options.postgis:
        seconds["postgis"] = postgis_stages(options.work, options.postgis)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
