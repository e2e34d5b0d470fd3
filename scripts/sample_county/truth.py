"""truth.json: numbers known by construction, with plain shapely and without the package under test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from .approvals import Approval
from .contracts import area_mu, price_wan
from .ellipsoid import survey_area_m2
from .frame import to_zone
from .shapefile import Layer
from .supplies import AS_OF, SCENARIOS, Supply
from .survey import Flaw

NAMED = ["A05", "A08", "A11", "A13", "A20", "A22", "A31"]
MIN_AREA_M2, MIN_WIDTH_M = 100.0, 2.0
UNCHECKED_LEVEL = {"halted_area", "halted_money", "determined"}


def _is_parcel(part: BaseGeometry) -> bool:
    """A part is a parcel when it has 100 m² and a disc of 2 m fits in; nothing here is near either limit."""
    width = 2 * float(shapely.length(shapely.maximum_inscribed_circle(part)))
    surely_not = part.area < 80 or width < MIN_WIDTH_M - 0.3
    if not surely_not and (part.area < 120 or width < MIN_WIDTH_M + 0.3):
        raise ValueError("a named residue is too near a limit to serve as truth")
    return not surely_not


def approval_truth(approval: Approval, supplies: Sequence[Supply]) -> dict[str, object]:
    """Areas of one approval from the coordinates as written (plane and ellipsoidal m²)."""
    whole = shapely.union_all([to_zone(s, 3) for s in approval.shapes])
    given = [shapely.make_valid(to_zone(s.shape, 3)) for s in supplies if s.shape is not None]
    rest = shapely.difference(whole, shapely.union_all(given))
    parts = [p for p in shapely.get_parts(rest) if p.area > 0]
    parcels = [p for p in parts if _is_parcel(p)]
    slivers = [p for p in parts if not _is_parcel(p)]
    return {
        "approval_no": approval.number,
        "approved_plane_m2": round(whole.area, 4),
        "supplied_plane_m2": round(whole.area - rest.area, 4),
        "unsupplied_plane_m2": round(sum(p.area for p in parcels), 4),
        "sliver_plane_m2": round(sum(p.area for p in slivers), 4),
        "unsupplied_m2": round(float(survey_area_m2(parcels).sum()) if parcels else 0.0, 3),
        "parcels": len(parcels),
        "slivers": len(slivers),
    }


def supply_truth(supply: Supply) -> dict[str, object]:
    """What a supply should become on ``AS_OF``; level is left out where the rules do not fix it."""
    _, kind, level = SCENARIOS[supply.scenario]
    found: dict[str, object] = {
        "supervision_no": supply.supervision_no,
        "scenario": supply.scenario,
        "kind": kind,
    }
    if supply.scenario not in UNCHECKED_LEVEL:
        found["level"] = level
        price = price_wan(supply)
        found["fee_wan"] = round(price * 0.2, 4) if level == 1 and price is not None else None
    return found


def build_truth(
    layers: Sequence[Layer],
    approvals: Sequence[Approval],
    supplies: Sequence[Supply],
    *,
    flaws: Sequence[Flaw],
) -> dict[str, object]:
    """Everything that tests may rely on."""
    by_key = {a.key: a for a in approvals}
    overlap = shapely.intersection(to_zone(by_key["A10"].shapes[0], 3), to_zone(by_key["A16"].shapes[0], 3))
    both = [s for s in supplies if s.recorded and s.shape is not None and s.key not in {"S37"}]
    first = {s.scenario: s for s in reversed(both)}
    dltb = next(layer for layer in layers if layer.name == "DLTB")
    cents = int(np.round(dltb.rows["TBMJ"].astype(float) * 100).sum())
    return {
        "as_of": AS_OF.isoformat(),
        "feature_counts": {layer.name: len(layer.rows) for layer in layers},
        "approvals": [approval_truth(by_key[k], supplies) for k in NAMED],
        "overlap": {
            "approval_nos": [by_key["A10"].number, by_key["A16"].number],
            "overlap_plane_m2": round(float(overlap.area), 4),
        },
        "withdrawn": [a.number for a in approvals if a.status == "撤回"],
        "lapsed": [a.number for a in approvals if a.status == "失效"],
        "supplies": [supply_truth(first[name]) for name in SCENARIOS],
        "shape_without_record": [s.supervision_no for s in supplies if not s.recorded],
        "record_without_shape": [s.project_name for s in supplies if s.shape is None],
        "outside_any_approval": [
            s.supervision_no for s in supplies if s.shape is not None and not s.approval
        ],
        "declared_mu": {s.supervision_no: area_mu(s) for s in both},
        "dltb_tbmj_sum_m2": cents / 100,
        "flawed_dltb": [f.key.removeprefix("BSM ") for f in flaws if f.layer == "DLTB"],
    }
