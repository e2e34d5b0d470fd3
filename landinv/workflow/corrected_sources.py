"""Corrections made by hand, laid over sources before anything is derived, and over parcels once they are numbered."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import pandas as pd

from landinv.inventory.corrections import Corrected, corrected
from landinv.model.corrections import STANDS
from landinv.workflow.derive import Sources

RECORD_LAYERS = ("approvals", "supplies")


def with_corrections(sources: Sources, corrections: pd.DataFrame) -> tuple[Sources, list[Corrected]]:
    """Sources with the corrections of approvals and supplies, and what became of each of them."""
    datasets = list(sources.datasets)
    done = []
    for layer in RECORD_LAYERS:
        rows = corrections[corrections["layer"] == layer]
        if not len(rows):
            continue
        places = [n for n, d in enumerate(datasets) if d.options.role == layer]
        part = corrected([datasets[n].frame for n in places], rows)
        for n, frame in zip(places, part.frames, strict=True):
            datasets[n] = dataclasses.replace(datasets[n], frame=frame)
        done.append(part)
    return dataclasses.replace(sources, datasets=tuple(datasets)), done


def corrected_parcels(
    parcels: gpd.GeoDataFrame, corrections: pd.DataFrame
) -> tuple[gpd.GeoDataFrame, list[Corrected]]:
    """Numbered parcels with the corrections of their descriptions, and what became of each."""
    rows = corrections[corrections["layer"] == "parcels"]
    if not len(rows):
        return parcels, []
    part = corrected([parcels], rows)
    (frame,) = part.frames
    return gpd.GeoDataFrame(frame, crs=parcels.crs), [part]


def with_outcomes(corrections: pd.DataFrame, done: list[Corrected]) -> pd.DataFrame:
    """Corrections as the register keeps them, with what became of each, by number."""
    states = pd.concat([part.corrections["state"] for part in done]) if done else pd.Series(dtype="str")
    kept = corrections.assign(state=states.reindex(corrections.index).fillna(STANDS).astype("str"))
    return kept.sort_values("correction_id", ignore_index=True)
