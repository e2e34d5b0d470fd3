"""File geodatabase: bulk by Arrow, and the count checked record by record in a second library."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from landinv.errors import UnreadableFileError
from landinv.i18n import gettext as _
from landinv.intake.worker.answer import Content, Request
from landinv.intake.worker.gdal_reader import checked_pyogrio, chosen_layer, read_layer
from landinv.intake.worker.gdb_domains import coded_values, with_aliases
from landinv.intake.worker.layer_content import layer_content


def read_content(request: Request) -> Content:
    """Read one layer of a staged geodatabase.

    Raises
    ------
    SourceMissingError
        If the layer is not there, or several are and none is named.
    UnreadableFileError
        If it cannot be read to its end.
    """
    _check_pairs(request)
    pyogrio = checked_pyogrio(request)
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        listed = pyogrio.list_layers(request.path)
        names = [str(name) for name, geometry in listed if geometry is not None]
        layer = chosen_layer(request, names)
        declared = int(pyogrio.read_info(request.path, layer=layer, force_feature_count=True)["features"])
    except (DataSourceError, DataLayerError) as error:
        raise UnreadableFileError(
            _("{path}: the file geodatabase (gdb) cannot be opened: {cause}.").format(
                path=request.title, cause=str(error).splitlines()[0][:160]
            ),
            hint=_("Copy the whole .gdb folder again, every file of it."),
        ) from error
    meta, table, noticed = read_layer(request, layer)
    if table.num_rows != declared:
        raise UnreadableFileError(
            _("{path}: layer {layer} declares {declared} features, {found} can be read.").format(
                path=request.title, layer=layer, declared=declared, found=table.num_rows
            ),
            hint=_("Copy the whole .gdb folder again, every file of it."),
        )
    content = layer_content(request, (meta, table), layer, encoding="utf-16", noticed=noticed)
    columns = with_aliases(content.facts["columns"], table.schema)
    wanted = sorted({c["domain"] for c in columns if "domain" in c})
    domains = coded_values(_definitions(request, pyogrio), wanted) if wanted else {}
    return replace(content, facts={**content.facts, "columns": columns, "domains": domains})


def _definitions(request: Request, pyogrio: Any) -> list[str | None]:
    """Definitions of the geodatabase's items; none where they cannot be read, for no value depends on them."""
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

    try:
        _meta, items = pyogrio.raw.read_arrow(request.path, layer="GDB_Items", columns=["Definition"])
        return list(items.column("Definition").to_pylist())
    except (DataSourceError, DataLayerError, FeatureError, pa.ArrowException, KeyError, ValueError):
        return []


def _check_pairs(request: Request) -> None:
    """Every table needs its offsets; without them GDAL guesses where records begin."""
    folder = Path(request.path)
    for table in sorted(folder.glob("a????????.gdbtable")):
        if not table.with_suffix(".gdbtablx").exists():
            raise UnreadableFileError(
                _("{path}: the file {name} of the file geodatabase (gdb) is missing.").format(
                    path=request.title, name=table.with_suffix(".gdbtablx").name
                ),
                hint=_("Copy the whole .gdb folder again, every file of it."),
            )
