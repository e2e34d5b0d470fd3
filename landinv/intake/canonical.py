"""Record roles: source columns become the role's canonical ones; nothing is guessed quietly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from landinv.i18n import official
from landinv.intake.area_units import (
    IMPLAUSIBLE_WAN,
    UNIT_TITLES,
    UnitChoice,
    contradicts_shapes,
    unit_as_part_of,
    unit_from_shapes,
    unit_from_size,
)
from landinv.intake.completions import completed
from landinv.intake.headers import header_unit, map_fields, wanted_fields
from landinv.intake.log import SOURCE_REF, Canonical, Log
from landinv.intake.raw import RawColumn, RawLayer
from landinv.intake.values import (
    AREA_UNITS,
    MONEY_UNITS,
    Parsed,
    parse_choices,
    parse_codes,
    parse_dates,
    parse_flags,
    parse_numbers,
)
from landinv.model.datasets import Evidence
from landinv.model.options import SourceOptions
from landinv.model.roles import RoleField, role_fields
from landinv.model.units import AREA_FACTORS, MONEY_FACTORS_WAN

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

PRIMARY_AREA: Final = {"approvals": "approved_area", "supplies": "supplied_area", "projects": "demand_area"}
_TEXT: Final = ("text", "status")
_SHOWN_CODES: Final = 20


def canonical_records(
    layer: RawLayer, options: SourceOptions, shape_m2: FloatArray | None = None
) -> Canonical:
    """Canonical columns of a record role.

    Parameters
    ----------
    layer
        Raw columns of a layer or sheet.
    options
        Of the source: its role, its mapping and its units.
    shape_m2
        Ellipsoidal areas of the shapes (NaN: none), the strongest witness of a unit; None for tables.

    Returns
    -------
    Canonical
        ``frame`` has every canonical field of the role (missing ones empty) and ``source_ref``; for supplies
        ``record_key`` too.

    Raises
    ------
    FieldMissingError
        If a required or explicitly mapped column is not there.
    ProjectFileError
        If the project file maps a field that the role does not have.
    """
    log = Log(layer, options.key)
    wanted = wanted_fields(options.role, {})
    chosen = map_fields(
        [c.words for c in layer.columns], wanted, options.fields, title=_named(layer), is_dbf=layer.is_dbf
    )
    columns = {name: layer.columns[at] for name, at in chosen.positions.items()}
    for name, others in chosen.ambiguous.items():
        log.column("I020", name=name, value=columns[name].name if name in columns else "",
                   detail="、".join(layer.columns[o].name for o in others))  # fmt: skip
    for name, column in columns.items():
        log.failed_cells(column, name)
    kinds = {spec.name: spec.kind for spec in role_fields(options.role)}
    columns = {name: _in_words(name, column, kinds[name], log) for name, column in columns.items()}
    unusable = np.zeros(len(layer), bool)
    frame: dict[str, pd.Series] = {}
    for spec in role_fields(options.role):
        if spec.kind in ("area", "money"):
            continue
        frame[spec.name] = _values(spec, columns.get(spec.name), log, unusable)
    frame |= _money(options, columns, log)
    frame |= _areas(options, columns, frame, log, shape_m2)
    ordered = pd.DataFrame(
        {f.name: frame[f.name] for f in role_fields(options.role)}, index=range(len(layer))
    )
    ordered = completed(ordered, options, log)
    ordered[SOURCE_REF] = layer.refs
    fields = {name: column.name for name, column in columns.items()}
    return Canonical(ordered, unusable, fields, tuple(log.findings), tuple(log.evidence))


def _in_words(name: str, column: RawColumn, kind: str, log: Log) -> RawColumn:
    """A column of coded values in the words of its domain, where words are asked for; codes stay codes."""
    if kind not in (*_TEXT, "choice", "bool"):
        return column
    words = log.layer.words(column.name)
    known = column.text.isin(list(words))
    if not known.any():
        return column
    used = column.text[known].unique()
    shown = "、".join(f"{code}={words[code]}" for code in used[:_SHOWN_CODES])
    log.column("I123", name=name, value=column.name, detail=shown)
    return replace(column, text=column.text.map(words).where(known, column.text).astype("str"))


def _named(layer: RawLayer) -> str:
    return f"{layer.title} [{layer.layer}]" if layer.layer else layer.title


def _values(spec: RoleField, column: RawColumn | None, log: Log, unusable: BoolArray) -> pd.Series:
    if column is None:
        return _nothing(spec.kind, len(log.layer))
    if spec.kind in _TEXT:
        values = column.text.str.replace(r"[\r\n\t]+", " ", regex=True)
        values = values.where(values.str.strip() != "")
    elif spec.kind == "code":
        parsed = parse_codes(column.text, column.numeric)
        unusable |= parsed.bad
        values = _checked(parsed, "I026", spec, column, log)
    elif spec.kind == "date":
        parsed = parse_dates(column.text, column.numeric)
        if parsed.incomplete is not None:
            log.rows("I024", parsed.incomplete, spec.name, values=column.text)
        values = _checked(parsed, "I023", spec, column, log)
    elif spec.kind == "bool":
        values = _checked(parse_flags(column.text), "I025", spec, column, log)
    else:
        values = _checked(parse_choices(column.text, spec.choices), "I025", spec, column, log)
    if spec.required:
        log.rows("I039", values.isna().to_numpy(dtype=bool), spec.name)
    return values


def _checked(parsed: Parsed, code: str, spec: RoleField, column: RawColumn, log: Log) -> pd.Series:
    action = "quarantined" if code == "I026" else ""
    log.rows(code, parsed.bad, spec.name, values=column.text, action=action)
    return parsed.values


def _nothing(kind: str, count: int) -> pd.Series:
    types = {"date": "datetime64[s]", "bool": "boolean", "area": "float64", "money": "float64"}
    if kind == "date":
        return pd.Series(np.full(count, np.datetime64("NaT"), dtype="datetime64[s]"))
    return pd.Series(np.nan if kind != "bool" else pd.NA, index=range(count), dtype=types.get(kind, "str"))


def _numbers(column: RawColumn, units: Mapping[str, str], name: str, log: Log) -> Parsed:
    parsed = parse_numbers(column.text, dict(units))
    log.rows("I022", parsed.bad, name, values=column.text)
    negative = (parsed.values < 0).to_numpy()
    log.rows("I038", negative, name, values=column.text)
    return Parsed(parsed.values.where(~negative), parsed.bad, units=parsed.units)


def _told_unit(
    name: str, column: RawColumn, log: Log, options: SourceOptions, units: Mapping[str, str]
) -> UnitChoice:
    """Unit by the project file, the header, or a note above it; empty where none tells."""
    if name in options.units:
        return UnitChoice(options.units[name], official("set in the project file"), 1.0)
    for text in (column.name, column.unit_text):
        if unit := header_unit(text, units):
            return UnitChoice(unit, official("named in the header {header}").format(header=column.name), 0.98)
    for note in log.layer.notes:
        if "单位" in note and (unit := header_unit(note, units)):
            return UnitChoice(unit, official("named in the note {note}").format(note=note), 0.9)
    return UnitChoice("", "", 0.0)


def _money(options: SourceOptions, columns: Mapping[str, RawColumn], log: Log) -> dict[str, pd.Series]:
    """Sums of money in 万元; a cell's own unit beats the header's, and no unit is taken as 万元 and said."""
    result: dict[str, pd.Series] = {}
    for spec in role_fields(options.role):
        if spec.kind != "money":
            continue
        column = columns.get(spec.name)
        if column is None:
            result[spec.name] = _nothing("money", len(log.layer))
            continue
        parsed = _numbers(column, MONEY_UNITS, spec.name, log)
        told = _told_unit(spec.name, column, log, options, MONEY_UNITS)
        bare = (
            parsed.values[parsed.units.isna() & (parsed.values > 0)]
            if parsed.units is not None
            else parsed.values
        )
        if not told.unit and len(bare):
            if float(bare.median()) > IMPLAUSIBLE_WAN:
                log.column("I028", name=spec.name, value=column.name, detail="数值过大，不像万元")
                result[spec.name] = _nothing("money", len(log.layer))
                continue
            log.column("I027", name=spec.name, value=column.name, detail=UNIT_TITLES["wan"])
        result[spec.name] = _converted(parsed, told.unit or "wan", MONEY_FACTORS_WAN)
        log.evidence.append(
            Evidence(
                f"unit of {spec.name}",
                told.unit or "wan",
                told.reason or official("no unit is named; the usual one is taken"),
                told.confidence or 0.5,
            )
        )
    return result


def _converted(parsed: Parsed, unit: str, factors: Mapping[str, float]) -> pd.Series:
    factor = pd.Series(factors[unit], index=parsed.values.index, dtype="float64")
    if parsed.units is not None:
        own = parsed.units.map(dict(factors)).astype("float64")
        factor = own.where(own.notna(), factor)
    return parsed.values * factor


def _areas(
    options: SourceOptions, columns: Mapping[str, RawColumn], frame: Mapping[str, pd.Series], log: Log,
    shape_m2: FloatArray | None,
) -> dict[str, pd.Series]:  # fmt: skip
    """Areas in m²: the role's main area first, the others in its light."""
    specs = sorted(
        (f for f in role_fields(options.role) if f.kind == "area"),
        key=lambda f: f.name != PRIMARY_AREA.get(options.role),
    )
    result: dict[str, pd.Series] = {}
    primary_unit = ""
    for spec in specs:
        column = columns.get(spec.name)
        if column is None:
            result[spec.name] = _nothing("area", len(log.layer))
            continue
        parsed = _numbers(column, AREA_UNITS, spec.name, log)
        choice = _told_unit(spec.name, column, log, options, AREA_UNITS)
        is_primary = spec.name == PRIMARY_AREA.get(options.role)
        witness = _witness(frame, shape_m2) if is_primary and shape_m2 is not None else None
        if not choice.unit:
            choice = _shown_unit(parsed, witness, _whole(result, options), primary_unit)
        result[spec.name] = _in_m2(spec.name, column, parsed, choice, log)
        if is_primary:
            primary_unit = choice.unit
            _compare(spec.name, parsed, choice, witness, log)
    return result


def _in_m2(name: str, column: RawColumn, parsed: Parsed, choice: UnitChoice, log: Log) -> pd.Series:
    log.evidence.append(Evidence(f"unit of {name}", choice.unit, choice.reason, choice.confidence))
    if choice.unit:
        if choice.assumed:
            log.column("I027", name=name, value=column.name, detail=UNIT_TITLES[choice.unit])
        return _converted(parsed, choice.unit, AREA_FACTORS)
    log.column("I028", name=name, value=column.name, detail=f"中位数{parsed.values.median():g}")
    told_by_cell = parsed.units.notna() if parsed.units is not None else parsed.values.isna()
    return _converted(parsed, "m2", AREA_FACTORS).where(told_by_cell)


def _whole(result: Mapping[str, pd.Series], options: SourceOptions) -> pd.Series | None:
    whole = result.get(PRIMARY_AREA.get(options.role, ""))
    return whole if whole is not None and whole.notna().any() else None


def _witness(frame: Mapping[str, pd.Series], shape_m2: FloatArray) -> list[FloatArray]:
    """Shape areas to hold declared ones against: feature by feature, and by approval where it has several shapes."""
    witnesses = [shape_m2]
    number = frame.get("approval_no")
    if number is not None and number.notna().any() and "approved_on" in frame:
        witnesses.append(
            pd.Series(shape_m2).groupby(number.to_numpy(), dropna=False).transform("sum").to_numpy()
        )
    return witnesses


def _shown_unit(
    parsed: Parsed, witness: list[FloatArray] | None, whole: pd.Series | None, primary_unit: str
) -> UnitChoice:
    bare = _bare(parsed)
    if not np.isfinite(bare).any():
        return UnitChoice("m2", official("every cell names its unit, or none has a value"), 0.9)
    for areas in witness or ():
        choice = unit_from_shapes(bare, areas)
        if choice.unit:
            return choice
    if witness:
        return unit_from_shapes(bare, witness[0])
    if whole is not None and primary_unit:
        return unit_as_part_of(bare, whole.to_numpy(), primary_unit)
    return unit_from_size(bare)


def _compare(
    name: str, parsed: Parsed, choice: UnitChoice, witness: list[FloatArray] | None, log: Log
) -> None:
    """A unit that was told and that the shapes contradict is a finding, not a correction."""
    if not witness or not choice.unit:
        return
    others = {contradicts_shapes(_bare(parsed), choice.unit, areas) for areas in witness}
    if "" not in others:
        log.column(
            "I029", name=name, value=UNIT_TITLES[choice.unit], detail=f"按图形应为{UNIT_TITLES[others.pop()]}"
        )


def _bare(parsed: Parsed) -> FloatArray:
    """Values of cells that do not name a unit themselves."""
    values = parsed.values.to_numpy()
    return values if parsed.units is None else np.where(parsed.units.notna(), np.nan, values)
