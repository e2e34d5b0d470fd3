"""Bulk reading through pyogrio with Arrow, and record by record through fiona where bulk fails."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from landinv.errors import SourceMissingError, UnreadableFileError
from landinv.i18n import gettext as _
from landinv.intake.drivers import HARMLESS
from landinv.intake.worker.answer import Noticed, Request

_RESTARTED = "LANDINV_WORKER_RESTARTED"


def checked_pyogrio(request: Request) -> Any:
    """Import pyogrio with the one driver registered.

    A GDAL that has drivers unknown to our list makes the worker start itself again with those skipped too, once.

    Raises
    ------
    UnreadableFileError
        If another driver stays registered all the same.
    """
    import pyogrio

    extra = set(pyogrio.list_drivers()) - {request.driver} - HARMLESS
    if not extra:
        return pyogrio
    if os.environ.get(_RESTARTED):
        raise UnreadableFileError(
            _("{path}: the reading library cannot be confined to one format.").format(path=request.title),
            hint=_("Reinstall pyogrio."),
        )
    saved = Path(request.folder) / "request.json"
    handle = os.open(saved, os.O_RDONLY)
    os.dup2(handle, 0)
    skipped = ",".join([os.environ.get("GDAL_SKIP", ""), *sorted(extra)])
    return os.execve(
        sys.executable,
        [sys.executable, "-I", "-B", str(Path(__file__).with_name("__main__.py"))],
        {**os.environ, "GDAL_SKIP": skipped, _RESTARTED: "1"},
    )


def chosen_layer(request: Request, names: list[str]) -> str:
    """Layer to read: the one asked for, or the only one.

    Raises
    ------
    SourceMissingError
        If the named layer is not there, or none is named and there are several or none.
    """
    listed = ", ".join(names[:12]) or "-"
    if request.layer:
        for name in names:
            if name == request.layer:
                return name
        folded = [n for n in names if n.casefold() == request.layer.casefold()]
        if len(folded) == 1:
            return folded[0]
        raise SourceMissingError(
            _("{path} has no layer named {layer}; it has: {names}.").format(
                path=request.title, layer=request.layer, names=listed
            ),
            hint=_('Correct `layer = "…"` of this source.'),
        )
    if len(names) == 1:
        return names[0]
    raise SourceMissingError(
        _("{path} has {count} layers: {names}.").format(path=request.title, count=len(names), names=listed),
        hint=_('Say which one with `layer = "…"`.'),
        names=tuple(names),
    )


def read_layer(request: Request, layer: str | None) -> tuple[dict[str, Any], pa.Table, list[Noticed]]:
    """Attributes and WKB of a whole layer by Arrow; on failure fiona names the record that breaks.

    What the library only warns of is handed back as noticed.

    Raises
    ------
    UnreadableFileError
        If the layer cannot be read to its end.
    """
    pyogrio = checked_pyogrio(request)
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

    options = {"layer": layer, "return_fids": True, "datetime_as_string": True}
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            meta, table = pyogrio.raw.read_arrow(request.path, **options)
    except (
        DataSourceError,
        DataLayerError,
        FeatureError,
        FieldError,
        GeometryError,
        pa.ArrowException,
    ) as error:
        where = first_unreadable_record(request, layer)
        detail = (
            _("record {record} cannot be read").format(record=where) if where else str(error).splitlines()[0]
        )
        raise UnreadableFileError(
            _("{path}: {detail}.").format(path=request.title, detail=detail),
            hint=_("The file is damaged; export it again from its source."),
        ) from error
    except NotImplementedError as error:
        raise curves_refused(request) from error
    texts = sorted({str(w.message).replace(request.folder, "")[:160] for w in told})
    return meta, table, [Noticed("I006", value=text, detail="读取库的警告") for text in texts]


def curves_refused(request: Request) -> UnreadableFileError:
    """The error to raise where a layer holds arcs: no area can be measured by them here."""
    return UnreadableFileError(
        _("{path} holds curves (圆弧, 曲线), which have no vertices to measure by.").format(
            path=request.title
        ),
        hint=_("Turn the arcs into vertices (densify, 增密) where the layer was made, and export it again."),
    )


def first_unreadable_record(request: Request, layer: str | None) -> int:
    """Number from 1 of the first record fiona cannot read; 0 where it cannot even begin."""
    import fiona
    from fiona.errors import FionaError

    count = 0
    try:
        with fiona.open(request.path, layer=layer, enabled_drivers=[request.driver]) as records:
            for _record in records:
                count += 1
    except (FionaError, OSError, ValueError, KeyError, TypeError):
        return count + 1 if count else 0
    return 0


def as_text(
    table: pa.Table, names: Iterable[str], request: Request
) -> tuple[list[pa.Array], list[dict[str, Any]]]:
    """The attribute columns ``names`` as exact text, with what they were: text, integer, real, date or bool.

    Binary and nested columns are left empty; their type is ``unreadable``.

    Raises
    ------
    UnreadableFileError
        If a text is not UTF-8, as these formats require; it shows damage that nothing else reveals.
    """
    arrays: list[pa.Array] = []
    columns: list[dict[str, Any]] = []
    for name in names:
        column = table.column(name).combine_chunks()
        kind = _kind(column.type)
        columns.append({"name": name, "type": kind, "width": 0, "decimals": 0})
        if kind == "unreadable":
            arrays.append(pa.nulls(len(column), pa.large_string()))
            continue
        if kind == "text":
            _check_text(column, name, request)
        arrays.append(pc.utf8_trim_whitespace(pc.cast(column, pa.large_string())))
    return arrays, columns


def _check_text(column: pa.Array, name: str, request: Request) -> None:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        record = next(
            (n for n, raw in enumerate(pc.cast(column, pa.large_binary()), 1) if not _is_utf8(raw)), 0
        )
        raise UnreadableFileError(
            _(
                "{path}: record {record}, field {field}: the text is damaged (完整性), it is not UTF-8."
            ).format(path=request.title, record=record, field=name),
            hint=_("Copy the file again from its source, or export it again."),
        ) from error


def _is_utf8(raw: pa.Scalar) -> bool:
    try:
        (raw.as_py() or b"").decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _kind(type_: pa.DataType) -> str:
    tests = (
        ("bool", pa.types.is_boolean),
        ("integer", pa.types.is_integer),
        ("real", pa.types.is_floating),
        ("date", pa.types.is_temporal),
        ("text", lambda t: pa.types.is_string(t) or pa.types.is_large_string(t)),
    )
    return next((kind for kind, is_kind in tests if is_kind(type_)), "unreadable")
