"""CSV lists for Excel and for programs: UTF-8 with BOM, CRLF, codes as text, formulas made harmless."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landinv.disk import write_atomically
from landinv.errors import FieldMissingError, FieldValueError, SourceMissingError
from landinv.i18n import gettext as _
from landinv.model.finding_state import STATE_COLUMNS, STATE_DATES
from landinv.model.findings import FINDING_COLUMNS
from landinv.model.parcels import ParcelColumn, parcel_columns
from landinv.outputs.lists.neutral import restore
from landinv.outputs.lists.plain_text import column_text, fixed_text, safe_text

SLIVER_COLUMNS: Final = ("approval_no", "area_m2", "area_plane_m2", "width_m", "x", "y", "source_refs")
COORDINATE_DECIMALS: Final = 3  # millimetres
_BOOLS: Final = {"true": True, "false": False}


def write_parcels_csv(parcels: gpd.GeoDataFrame, path: Path) -> Path:
    """Write the register: the contract's columns in their order, one row a parcel, in the order given.

    Areas in m² carry 4 decimals, 亩 and 公顷 6; dates are ISO, booleans true and false, missing is nothing. Text that
    a spreadsheet would run begins with an apostrophe (:mod:`landinv.outputs.lists.neutral`);
    :func:`read_parcels_csv` takes it away again.

    Returns
    -------
    Path
        The file written: ``path``, or its neighbour where ``path`` is open in Excel.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    return _write(parcel_text(parcels), path)


def parcel_text(parcels: pd.DataFrame) -> pd.DataFrame:
    """The register's columns as the text that stands in CSV files; a missing value stays missing."""
    return pd.DataFrame({c.name: column_text(parcels[c.name], c.kind, c.unit) for c in parcel_columns()})


def read_parcels_csv(path: Path) -> pd.DataFrame:
    """Read a register back.

    Parameters
    ----------
    path
        A file of :func:`write_parcels_csv`, edited or not; columns beyond the contract's are left out.

    Returns
    -------
    DataFrame
        Canonical columns: text ``str``, numbers ``float64``, whole numbers ``Int64``, dates ``datetime64[s]``,
        booleans ``boolean``; the apostrophes of harmless text are gone.

    Raises
    ------
    SourceMissingError
        If there is no such file.
    FieldMissingError
        If a canonical column is missing.
    FieldValueError
        If a cell holds what its column cannot.
    """
    if not path.is_file():
        raise SourceMissingError(
            _("{path} is not there.").format(path=path),
            hint=_("Run the inventory first, or correct the path."),
        )
    # An open file, never a name: pandas would fetch an address.
    with path.open(encoding="utf-8-sig", newline="") as file:
        text = pd.read_csv(file, dtype="str", keep_default_na=False, na_values=[""])
    missing = [c.name for c in parcel_columns() if c.name not in text]
    if missing:
        raise FieldMissingError(
            _("{path} has no column {columns}.").format(path=path, columns=", ".join(missing)),
            hint=_("Do not rename or delete columns of the register; extra columns do no harm."),
        )
    return pd.DataFrame({c.name: _parsed(text[c.name], c, path) for c in parcel_columns()})


def write_findings_csv(findings: pd.DataFrame, path: Path) -> Path:
    """Write every finding, one row each, in the order given; x and y (metres) carry 3 decimals, dates are ISO.

    The columns of :data:`~landinv.model.finding_state.STATE_COLUMNS` stand last, where the frame has them.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    columns = {
        c: fixed_text(findings[c], COORDINATE_DECIMALS) if c in "xy" else safe_text(findings[c])
        for c in FINDING_COLUMNS
    }
    states = {
        c: column_text(findings[c], "date" if c in STATE_DATES else "text", "")
        for c in STATE_COLUMNS
        if c in findings
    }
    return _write(pd.DataFrame(columns | states), path)


def write_slivers_csv(slivers: gpd.GeoDataFrame, path: Path) -> Path:
    """Write what was cut off as sliver: approval, ellipsoidal and plane m², width (m), a point inside, source rows.

    x and y are easting and northing in the slivers' CRS, in metres.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    placed = sliver_points(slivers)
    areas = {c: fixed_text(placed[c], 4) for c in ("area_m2", "area_plane_m2")}
    lengths = {c: fixed_text(placed[c], COORDINATE_DECIMALS) for c in ("width_m", "x", "y")}
    text = {c: safe_text(placed[c]) for c in ("approval_no", "source_refs")}
    return _write(pd.DataFrame({**text, **areas, **lengths})[list(SLIVER_COLUMNS)], path)


def write_reconciliation_csv(rows: pd.DataFrame, path: Path) -> Path:
    """Write the survey's approved and unbuilt land against the derived land; areas in m² with 4 decimals.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    names = [str(name) for name in rows.columns]
    text = {n: fixed_text(rows[n], 4) if n.endswith("_m2") else safe_text(rows[n]) for n in names}
    return _write(pd.DataFrame(text), path)


def sliver_points(slivers: gpd.GeoDataFrame) -> pd.DataFrame:
    """Slivers as a plain table with x and y of a point inside, in their CRS (easting, northing)."""
    inside = shapely.point_on_surface(np.asarray(slivers.geometry.array))
    table = pd.DataFrame(slivers.drop(columns=slivers.geometry.name))
    return table.assign(x=shapely.get_x(inside), y=shapely.get_y(inside))


def csv_bytes(text: pd.DataFrame, *, encoding: str) -> bytes:
    """A table of text as CSV after RFC 4180: CRLF between records, quotes only where needed."""
    body: str = text.to_csv(index=False, lineterminator="\r\n", na_rep="")
    return body.encode(encoding)


def _write(text: pd.DataFrame, path: Path) -> Path:
    content = csv_bytes(text, encoding="utf-8-sig")

    def write(target: Path) -> None:
        target.write_bytes(content)

    return write_atomically(path, write)


def _parsed(text: pd.Series, column: ParcelColumn, path: Path) -> pd.Series:
    try:
        return _typed(text, column.kind)
    except ValueError as error:
        raise FieldValueError(
            _("{path}: column {column} holds a value that is no {kind}: {reason}.").format(
                path=path, column=column.name, kind=column.kind, reason=error
            ),
            hint=_("Correct the cell, or write the register anew."),
        ) from error


def _typed(text: pd.Series, kind: str) -> pd.Series:
    if kind == "number":
        return pd.to_numeric(text).astype("float64")
    if kind == "integer":
        return pd.to_numeric(text).astype("Int64")
    if kind == "date":
        return pd.to_datetime(text, format="%Y-%m-%d").astype("datetime64[s]")
    if kind == "bool":
        if not text.dropna().isin(list(_BOOLS)).all():
            raise ValueError(_("only true and false"))
        return text.map(_BOOLS).astype("boolean")
    return restore(text)
