"""Survey layers: the standard's own columns, text exact and numbers as float64; absent ones are findings."""

from __future__ import annotations

import numpy as np
import pandas as pd

from landinv.intake.headers import map_fields, wanted_fields
from landinv.intake.log import SOURCE_REF, Canonical, Log
from landinv.intake.raw import RawColumn, RawLayer
from landinv.intake.survey_checks.fields import check_columns
from landinv.intake.values import parse_codes, parse_numbers
from landinv.model import fields as F
from landinv.model.findings import findings
from landinv.model.landclass import landclass_names
from landinv.model.options import SourceOptions
from landinv.model.survey_lists import only_second_survey

_LAND_CLASSES = (F.DLBM, "KCDLBM", F.PZYT)
# Names that are words rather than codes; a spreadsheet's tricks with digits do not reach them.
_WORDS = ("MC", "BZ", "WH")


def canonical_survey(layer: RawLayer, options: SourceOptions) -> Canonical:
    """Columns of a survey layer by the standard's names, in its order, and ``source_ref``.

    Missing standard fields become empty columns and findings. No record is set aside for its attributes: a patch with a
    bad code still covers its land.

    Raises
    ------
    FieldMissingError
        If the one field the layer cannot do without, or an explicitly mapped column, is not there.
    ProjectFileError
        If the project file maps a field that the standard does not have.
    """
    log = Log(layer, options.key)
    wanted = wanted_fields(options.role, F.REQUIRED_SURVEY_FIELDS)
    chosen = map_fields(
        [c.words for c in layer.columns], wanted, options.fields, title=layer.title, is_dbf=layer.is_dbf
    )
    columns = {name: layer.columns[at] for name, at in chosen.positions.items()}
    frame: dict[str, pd.Series] = {}
    for spec in F.survey_fields(options.role):
        column = columns.get(spec.name)
        if column is None:
            kind = "float64" if spec.kind == "number" else "str"
            frame[spec.name] = pd.Series(np.nan, index=range(len(layer)), dtype=kind)
        elif spec.kind == "number":
            parsed = parse_numbers(column.text)
            log.rows("I022", parsed.bad, spec.name, values=column.text)
            frame[spec.name] = parsed.values
        else:
            frame[spec.name] = _text(spec.name, column, log)
    absent = [s for s in F.survey_fields(options.role) if s.name not in columns]
    if absent:
        log.findings.append(
            findings("I019", dataset=options.key, layer=layer.layer, field=[s.name for s in absent],
                     detail=[s.alias for s in absent])
        )  # fmt: skip
    log.findings += check_columns(columns, options.role, key=options.key, layer=layer.layer)
    ordered = pd.DataFrame(frame, index=range(len(layer)))
    ordered[SOURCE_REF] = layer.refs
    fields = {name: column.name for name, column in columns.items()}
    unusable = np.zeros(len(layer), bool)
    return Canonical(ordered, unusable, fields, tuple(log.findings), tuple(log.evidence))


def _text(name: str, column: RawColumn, log: Log) -> pd.Series:
    if name.endswith(_WORDS):
        return column.text
    parsed = parse_codes(column.text, column.numeric)
    log.rows("I026", parsed.bad, name, values=column.text)
    return _padded(name, parsed.values, log) if name in _LAND_CLASSES else parsed.values


def _padded(name: str, values: pd.Series, log: Log) -> pd.Series:
    """Class codes that lost their leading zero to a number get it back: 601 is 0601, 9 is 09.

    Not in a layer of the second survey, whose 101 is a railway and would become a paddy field.
    """
    if values.isin(list(only_second_survey())).any():
        return values
    lost = ~values.isin(list(landclass_names())) & ("0" + values).isin(list(landclass_names()))
    log.rows("I043", lost.to_numpy(dtype=bool), name, values=values)
    return values.where(~lost, "0" + values)
