"""What a record role needs beyond its columns: keys for supplies, a code system for zones, well-formed codes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd
import shapely

from landinv.intake.log import Log
from landinv.intake.raw import RawLayer
from landinv.model.keys import normal_codes
from landinv.model.landclass import PLAN_CODE_SYSTEM_2023, planned_use_names
from landinv.model.options import SourceOptions

RECORD_KEY: Final = "record_key"
_KEY_ORDER: Final = ("supervision_no", "contract_no", "parcel_code")


def completed(frame: pd.DataFrame, options: SourceOptions, log: Log) -> pd.DataFrame:
    """The frame with the columns and checks that its role needs; other roles come back as they are.

    Supplies get ``record_key``, zones a ``code_system`` in every row; findings go to ``log``.
    """
    completions: dict[str, Callable[[pd.DataFrame, SourceOptions, Log], pd.DataFrame]] = {
        "supplies": _with_record_key, "planning": _with_code_system, "projects": _with_project_codes,
    }  # fmt: skip
    complete = completions.get(options.role)
    return complete(frame, options, log) if complete else frame


def _with_record_key(frame: pd.DataFrame, options: SourceOptions, log: Log) -> pd.DataFrame:
    """Key of each supply: its first number, else one made from what the row says."""
    key = frame[_KEY_ORDER[0]]
    for name in _KEY_ORDER[1:]:
        key = key.where(key.notna(), frame[name])
    made = key.isna().to_numpy(dtype=bool)
    key = key.copy()
    key.iloc[np.flatnonzero(made)] = [
        _made_key(frame.iloc[at], log.layer, at) for at in np.flatnonzero(made).tolist()
    ]
    log.rows("I035", made, RECORD_KEY, values=key)
    log.rows("I036", key.duplicated(keep=False).to_numpy(), RECORD_KEY, values=key)
    return frame.assign(**{RECORD_KEY: key.astype("str")})


def _made_key(row: pd.Series, layer: RawLayer, at: int) -> str:
    """Same content, same key in every run; the shape is part of the content."""
    digest = hashlib.blake2b(
        "\x1f".join("" if pd.isna(v) else str(v) for v in row).encode("utf-8"), digest_size=5
    )
    if layer.shapes is not None and layer.shapes[at] is not None:
        digest.update(shapely.to_wkb(layer.shapes[at]))
    return f"ROW-{digest.hexdigest()}"


def _with_code_system(frame: pd.DataFrame, options: SourceOptions, log: Log) -> pd.DataFrame:
    missing = frame["code_system"].isna()
    default = options.code_system or PLAN_CODE_SYSTEM_2023
    if missing.any() and not options.code_system:
        log.column("I037", name="code_system", value=default)
    system = frame["code_system"].where(~missing, default)
    codes, names = frame["plan_code"], planned_use_names()
    official = codes.map(names)
    ours = (system == PLAN_CODE_SYSTEM_2023) & codes.notna()
    # Third-level codes are finer than the table; their second level tells whether they exist.
    known = official.notna() | codes.str.slice(0, 4).isin(list(names))
    log.rows("I056", (ours & ~known).to_numpy(dtype=bool), "plan_code", values=codes)
    named = ours & official.notna() & frame["plan_name"].notna() & (frame["plan_name"] != official)
    log.rows("I055", named.to_numpy(dtype=bool), "plan_name", values=frame["plan_name"])
    return frame.assign(code_system=system)


def _with_project_codes(frame: pd.DataFrame, _options: SourceOptions, log: Log) -> pd.DataFrame:
    """Project codes of another form (4-6-2-2-6 digits) are told; they stay as they came."""
    codes = frame["project_code"]
    formed = (
        normal_codes(codes).astype("str").str.fullmatch(r"\d{20}|\d{24}").fillna(value=False).astype(bool)
    )
    log.rows("I058", (codes.notna() & ~formed).to_numpy(dtype=bool), "project_code", values=codes)
    return frame
