"""Months one after the other, and the same by plain pairwise overlap."""

from __future__ import annotations

import itertools
import random

import geopandas as gpd
import pandas as pd
import shapely

from landinv.inventory.identity import Identity, assign_parcel_ids

E, N = 37548000, 4240000
MONTHS = 40


def months() -> list[gpd.GeoDataFrame]:
    """Forty states of a strip of land: parcels are split, merged, reshaped, renumbered, go and come."""
    chance = random.Random(4)
    cuts_m, taken, key = [0, 100, 200, 300, 400, 500], set[int](), 0
    states = []
    for _month in range(MONTHS):
        what = chance.choice(("split", "merge", "move", "take", "give", "rename", "nothing"))
        if what == "split":
            cuts_m = sorted({*cuts_m, chance.randrange(20, 500, 20)})
        elif what == "merge" and len(cuts_m) > 4:
            cuts_m.remove(chance.choice(cuts_m[1:-1]))
        elif what == "move":
            cuts_m = sorted({c + 4 if 0 < c < 500 and chance.random() < 0.3 else c for c in cuts_m})
        elif what == "take":
            taken.add(chance.choice(cuts_m[:-1]))
        elif what == "give":
            taken.clear()
        elif what == "rename":
            key += 1
        rows = [
            (f"批{key}", shapely.box(E + a, N, E + b, N + 100))
            for a, b in itertools.pairwise(cuts_m)
            if a not in taken
        ]
        chance.shuffle(rows)
        states.append(
            gpd.GeoDataFrame(
                {"family": "P", "natural_key": [k for k, _s in rows]},
                geometry=[s for _k, s in rows],
                crs="EPSG:4525",
            )
        )
    return states


def replayed() -> list[tuple[gpd.GeoDataFrame, Identity]]:
    """Each month with its numbers, upon all that was known by then."""
    known = gpd.GeoDataFrame(
        {"parcel_id": [], "family": [], "natural_key": [], "current": []}, geometry=[], crs="EPSG:4525"
    ).astype({"current": bool, "parcel_id": "str"})
    told = []
    for month in months():
        identity = assign_parcel_ids(month, known, county_code="141127")
        numbered = month.assign(parcel_id=identity.ids)
        told.append((numbered, identity))
        gone = known[~known["parcel_id"].isin(identity.ids)].assign(current=False)
        known = gpd.GeoDataFrame(
            pd.concat([numbered.assign(current=True), gone], ignore_index=True), crs="EPSG:4525"
        )
    return told


def test_lineage_agrees_with_plain_pairwise_overlap() -> None:
    before: dict[str, shapely.Geometry] = {}
    for numbered, identity in replayed():
        now = dict(zip(numbered["parcel_id"], numbered.geometry, strict=True))
        fates = dict(zip(identity.ids, identity.fate, strict=True))
        living = {i for i in now if fates[i] == "kept"}
        wanted = {
            (old, new)
            for old, then in before.items()
            for new, shape in now.items()
            if old != new and old not in living and new not in living
            if then.intersection(shape).area >= 0.5 * min(then.area, shape.area)
        }
        found = set(zip(identity.lineage["parent_id"], identity.lineage["child_id"], strict=True))
        assert found == wanted
        before = now


def test_numbers_are_never_given_twice_and_land_is_never_two_parcels() -> None:
    seen: dict[str, int] = {}
    for month, (numbered, identity) in enumerate(replayed()):
        assert numbered["parcel_id"].is_unique
        for number, fate in zip(identity.ids, identity.fate, strict=True):
            if fate == "new":
                assert number not in seen
            seen[number] = month
    assert len(seen) > 6


def test_every_fate_occurs() -> None:
    fates = {fate for _numbered, identity in replayed() for fate in identity.fate}
    assert fates == {"kept", "reshaped", "split", "merged", "new"}
