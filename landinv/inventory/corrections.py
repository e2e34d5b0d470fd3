"""Corrections made by hand, laid over what sources say: they survive an import, and tell where they no longer fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landinv.errors import CorrectionError
from landinv.i18n import gettext as _
from landinv.inventory.shapes import same_shapes
from landinv.model.corrections import CONFLICT, FULFILLED, GEOMETRY_FIELD, GONE, STANDS
from landinv.model.findings import concat_findings, findings
from landinv.model.keys import normal_document_nos


@dataclass(frozen=True)
class Corrected:
    """Frames with their corrections laid over, in the order given; the corrections with their ``state``, and ``now``.

    ``now`` is what the source says today, as text, where a correction does not fit.
    """

    frames: tuple[pd.DataFrame, ...]
    corrections: pd.DataFrame
    now: pd.Series[str]


def correction_id(layer: str, key: str, field: str) -> str:
    """Number of a correction: one for each value that can be corrected.

    Examples
    --------
    >>> correction_id("supplies", "1411272015B00011", "agreed_start_on")
    'C-afe1ba93bc'
    """
    return "C-" + blake2b("\n".join((layer, key, field)).encode(), digest_size=5).hexdigest()


def corrected(frames: Sequence[pd.DataFrame], corrections: pd.DataFrame) -> Corrected:
    """Lay corrections over frames of one layer; a loop over corrections, for each has a key and a field of its own.

    A value is replaced only where it still is what it was when it was corrected. Where a source says something else by
    now the correction is in conflict and the source's value stands; where the record is not there any more it is gone;
    where the source says what the correction says it is fulfilled.

    Parameters
    ----------
    frames
        Frames of one layer; arguments are not changed.
    corrections
        Rows of that layer (:data:`~landinv.model.corrections.CORRECTION_COLUMNS`).
    """
    made = [frame.copy() for frame in frames]
    states, now = [], []
    for row in corrections.to_dict("records"):
        told = [_lay_over(frame, row) for frame in made]
        state, said = _judged([t for t in told if t is not None])
        states.append(state)
        now.append(said)
    index = corrections.index
    return Corrected(
        tuple(made),
        corrections.assign(state=pd.Series(states, index=index, dtype="str")),
        pd.Series(now, index=index, dtype="str"),
    )


def correction_findings(done: Sequence[Corrected]) -> pd.DataFrame:
    """Findings of corrections that are in conflict (T020), without a record (T021), or fulfilled (T022)."""
    found = []
    for part in done:
        for code, state in (("T020", CONFLICT), ("T021", GONE), ("T022", FULFILLED)):
            rows = part.corrections[part.corrections["state"] == state]
            if len(rows):
                was, value = (rows[c].map(_shown) for c in ("was", "value"))
                found.append(
                    findings(
                        code,
                        dataset="corrections",
                        layer=rows["layer"].tolist(),
                        feature=rows["key"].tolist(),
                        field=rows["field"].tolist(),
                        value=part.now[rows.index].map(_shown).tolist(),
                        detail=(rows["correction_id"] + " " + was + "→" + value).tolist(),
                    )
                )
    return concat_findings(found)


def as_text(values: pd.Series[Any] | gpd.GeoSeries) -> pd.Series[str]:
    """Values as corrections keep them: empty where missing, ISO dates, true or false, a shape as hexadecimal WKB."""
    if values.dtype == "geometry":
        wkb = shapely.to_wkb(values.to_numpy(), hex=True, output_dimension=2)
        return pd.Series(["" if w is None else w for w in wkb], index=values.index, dtype="str")
    return pd.Series([_text(v) for v in values.astype("object")], index=values.index, dtype="str")


def of_text(text: str, like: pd.Series[Any] | gpd.GeoSeries, *, field: str) -> Any:
    """A correction's text as a value for a column.

    Raises
    ------
    CorrectionError
        If the text cannot be a value of that column.
    """
    if text == "":
        return None
    try:
        if like.dtype == "geometry":
            return shapely.from_wkb(text)
        if pd.api.types.is_bool_dtype(like.dtype):
            return {"true": True, "false": False, "是": True, "否": False}[text.lower()]
        if pd.api.types.is_datetime64_any_dtype(like.dtype):
            return pd.Timestamp(text)
        if pd.api.types.is_numeric_dtype(like.dtype):
            number = float(text)
            return int(number) if pd.api.types.is_integer_dtype(like.dtype) else number
    except (ValueError, KeyError, shapely.errors.ShapelyError) as error:
        raise CorrectionError(
            _("{value} cannot be a value of {field}.").format(value=text, field=field),
            hint=_(
                "Give dates as YYYY-MM-DD, numbers in plain digits (areas in m²), truth values as true or false."
            ),
        ) from error
    return text


def rows_of(frame: pd.DataFrame, key_field: str, key: str) -> npt.NDArray[np.bool_]:
    """Where a frame's rows have a key; document numbers are compared in their normal form."""
    if key_field not in frame:
        return np.zeros(len(frame), dtype=bool)
    held = frame[key_field].astype("str").fillna("").str.strip()
    if key_field == "approval_no":
        wanted = normal_document_nos(pd.Series([key], dtype="str")).iloc[0]
        return np.asarray(normal_document_nos(held) == wanted, dtype=bool)
    return np.asarray(held == key.strip(), dtype=bool)


def put_value(frame: pd.DataFrame, rows: npt.NDArray[np.bool_], field: str, text: str) -> None:
    """Write a correction's text into a column of a frame made for it."""
    name = _column(frame, field)
    value = of_text(text, frame[name], field=field)
    if frame[name].dtype == "geometry":
        shapes = frame[name].to_numpy().copy()
        shapes[rows] = value
        frame[name] = gpd.GeoSeries(shapes, index=frame.index, crs=frame[name].crs)
    else:
        frame.loc[rows, name] = (
            value if value is not None else pd.NA if frame[name].dtype == "boolean" else None
        )


@dataclass(frozen=True)
class _Told:
    was: bool
    value: bool
    other: str


def _lay_over(frame: pd.DataFrame, row: Mapping[Any, Any]) -> _Told | None:
    """What one frame says about a corrected value, which is replaced there; None where it has no such record."""
    name = _column(frame, row["field"])
    rows = rows_of(frame, row["key_field"], row["key"])
    if name not in frame or not rows.any():
        return None
    was, value = _text(row["was"]), _text(row["value"])
    said = as_text(frame[name])
    if row["field"] == GEOMETRY_FIELD:
        is_was, is_value = (rows & _is_shape(frame[name], text) for text in (was, value))
        return _replaced(frame, row, is_was, is_value, other="")
    typed = pd.Series([of_text(t, frame[name], field=row["field"]) for t in (was, value)], dtype="object")
    was, value = (_text(v) for v in typed)
    is_was, is_value = rows & (said == was).to_numpy(), rows & (said == value).to_numpy()
    strange = said[rows & ~is_was & ~is_value & (said != "").to_numpy()]
    return _replaced(frame, row, is_was, is_value, other=str(strange.iloc[0]) if len(strange) else "")


def _replaced(
    frame: pd.DataFrame,
    row: Mapping[Any, Any],
    is_was: npt.NDArray[np.bool_],
    is_value: npt.NDArray[np.bool_],
    *,
    other: str,
) -> _Told:
    if is_was.any():
        put_value(frame, is_was, row["field"], _text(row["value"]))
    return _Told(bool(is_was.any()), bool(is_value.any()), other)


def _judged(told: list[_Told]) -> tuple[str, str]:
    if not told:
        return GONE, ""
    other = next((t.other for t in told if t.other), "")
    if other:
        return CONFLICT, other
    if any(t.was for t in told):
        return STANDS, ""
    return (FULFILLED, "") if any(t.value for t in told) else (CONFLICT, "")


def _is_shape(shapes: gpd.GeoSeries, text: str) -> npt.NDArray[np.bool_]:
    wanted = np.full(len(shapes), shapely.from_wkb(text) if text else None, dtype=object)
    return same_shapes(shapes.to_numpy(), wanted)


def _column(frame: pd.DataFrame, field: str) -> str:
    if field == GEOMETRY_FIELD and isinstance(frame, gpd.GeoDataFrame):
        return str(frame.active_geometry_name)
    return field


def _text(value: Any) -> str:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (pd.Timestamp, np.datetime64)) or hasattr(value, "isoformat"):
        return pd.Timestamp(value).strftime("%Y-%m-%d")
    if isinstance(value, (float, np.floating)):
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    return str(value)


def _shown(text: Any) -> str:
    plain = _text(text)
    return "图形" if len(plain) > 120 and all(c in "0123456789ABCDEFabcdef" for c in plain) else plain
