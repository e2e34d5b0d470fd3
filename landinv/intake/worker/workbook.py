"""xlsx workbooks: vetted as the zip of XML they are, then read cell by cell without following anything."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import pyarrow as pa

from landinv.errors import LimitExceededError, UnreadableFileError
from landinv.i18n import gettext as _
from landinv.intake.limits import TABLE_COLUMNS, TABLE_ROWS, WORKBOOK_LIMITS
from landinv.intake.worker.answer import Content, Decided, Noticed, Request
from landinv.intake.worker.cells import coded, sheet_table

_DECLARATION: Final = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_HIDDEN: Final = re.compile(rb"<(?:row|col)\b[^>]*\bhidden=\"(?:1|true)\"")
_FORMULA: Final = re.compile(rb"<f[ >/]")
_ROW: Final = re.compile(rb"<row\b[^>]*\br=\"(\d+)\"")
_FAR_COLUMN: Final = re.compile(rb"<c\b[^>]*\br=\"[A-Z]{3}\d+\"[^>/]*>")
_EMPTY_RUN: Final = 20_000
_RATIO_FROM_BYTES: Final = 50_000_000


def read_content(request: Request) -> Content:
    """Read every visible sheet of a staged workbook as coded cells.

    Raises
    ------
    UnreadableFileError
        If it is damaged, or its XML declares entities.
    LimitExceededError
        If it unpacks to too much, or a sheet has too many rows or columns.
    """
    import openpyxl
    from defusedxml import DefusedXmlException
    from openpyxl.utils.exceptions import InvalidFileException

    # openpyxl takes its parsers from defusedxml by itself; the parts are vetted for declarations before it sees them.
    parts = _vet(request)
    try:
        tables, noticed = _sheets(openpyxl, request, has_formulas=bool(_FORMULA.search(parts)))
    except (
        InvalidFileException, zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, ParseError, EOFError,
        IndexError, AttributeError, OSError, DefusedXmlException,
    ) as error:  # fmt: skip
        raise _damaged(request, f"{type(error).__name__}: {str(error)[:100]}") from error
    noticed += _left_aside(request, parts, tables)
    if _HIDDEN.search(parts):
        noticed.append(Noticed("I031", 0, "", "", "隐藏的行或列已照常读取"))
    decided = (Decided("encoding", "utf-8", _("fixed by the format"), 1.0),)
    return Content(tables, {"encoding": "utf-8"}, tuple(noticed), decided)


def _left_aside(request: Request, parts: bytes, tables: dict[str, pa.Table]) -> list[Noticed]:
    """Links to other files, and cells so far from the data that reading stopped before them."""
    noticed = []
    with zipfile.ZipFile(request.path) as archive:
        links = [n for n in archive.namelist() if n.startswith("xl/externalLinks/") and n.endswith(".xml")]
    if links:
        noticed.append(Noticed("I066", 0, "", str(len(links))))
    last = max((max(t.column("row").to_pylist(), default=0) for t in tables.values()), default=0)
    beyond = [int(n) for n in _ROW.findall(parts) if int(n) > last + _EMPTY_RUN]
    if beyond or _FAR_COLUMN.search(parts):
        noticed.append(Noticed("I067", 0, "", str(max(beyond, default=0) or "")))
    return noticed


def _vet(request: Request) -> bytes:
    """Test every part to its end; returns the bytes of the sheets."""
    sheets: list[bytes] = []
    total = 0
    try:
        with zipfile.ZipFile(request.path) as archive:
            names = archive.namelist()
            if "[Content_Types].xml" not in names or len(names) > WORKBOOK_LIMITS.members:
                raise _damaged(request, _("it has not the parts of a workbook"))
            if len(set(names)) != len(names):
                raise _damaged(request, _("a part stands twice in it"))
            for info in archive.infolist():
                data = _part(archive, info, request)
                total += len(data)
                if total > WORKBOOK_LIMITS.total_bytes:
                    raise _too_large(request)
                if info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml"):
                    sheets.append(data)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        if isinstance(error, UnreadableFileError | LimitExceededError):
            raise
        raise _damaged(request, str(error)[:100]) from error
    return b"\n".join(sheets)


def _part(archive: zipfile.ZipFile, info: zipfile.ZipInfo, request: Request) -> bytes:
    with archive.open(info) as file:
        data = file.read(WORKBOOK_LIMITS.member_bytes + 1)
    too_dense = len(data) > _RATIO_FROM_BYTES and len(data) > WORKBOOK_LIMITS.ratio * max(
        info.compress_size, 1
    )
    if len(data) > WORKBOOK_LIMITS.member_bytes or too_dense:
        raise _too_large(request)
    if info.filename.endswith((".xml", ".rels")) and _DECLARATION.search(data.replace(b"\x00", b"")):
        raise _damaged(
            request,
            _("{part} declares entities, which no spreadsheet program writes").format(part=info.filename),
        )
    return data


def _sheets(
    openpyxl: Any, request: Request, *, has_formulas: bool
) -> tuple[dict[str, pa.Table], list[Noticed]]:
    tables: dict[str, pa.Table] = {}
    noticed: list[Noticed] = []
    with Path(request.path).open("rb") as file:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        with closing(book):
            for sheet in book.worksheets:
                if sheet.sheet_state != "visible":
                    noticed.append(Noticed("I031", 0, "", sheet.title, "隐藏的工作表未读取"))
                    continue
                rows, numbers = _rows(sheet, request)
                if has_formulas:
                    rows = _with_formulas(openpyxl, request, sheet.title, rows, numbers)
                tables[sheet.title] = sheet_table(rows, numbers)
    if request.layer:
        tables = _asked_for(tables, request)
    return tables, noticed


def _asked_for(tables: dict[str, pa.Table], request: Request) -> dict[str, pa.Table]:
    from landinv.intake.worker.gdal_reader import chosen_layer

    name = chosen_layer(request, list(tables))
    return {name: tables[name]}


def _rows(sheet: Any, request: Request) -> tuple[list[list[str | None]], list[int]]:
    """Rows that hold something, with their numbers; a lone cell far away does not make a million rows."""
    rows: list[list[str | None]] = []
    numbers: list[int] = []
    empty = 0
    for number, row in enumerate(_bounded(sheet), start=1):
        cells = [coded(v) for v in row]
        while cells and cells[-1] is None:
            cells.pop()
        if not cells:
            empty += 1
            if empty > _EMPTY_RUN:
                break
            continue
        empty = 0
        if number > TABLE_ROWS:
            raise _too_large(request)
        rows.append(cells)
        numbers.append(number)
    return rows, numbers


def _bounded(sheet: Any) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()
    yield from (tuple(islice(row, TABLE_COLUMNS)) for row in sheet.iter_rows(values_only=True))


def _with_formulas(
    openpyxl: Any, request: Request, title: str, rows: list[list[str | None]], numbers: list[int]
) -> list[list[str | None]]:
    """Mark cells that hold a formula but no stored result; without this they would pass for empty."""
    with Path(request.path).open("rb") as file:
        book = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
        with closing(book):
            formulas, at = _rows(book[title], request)
    known = dict(zip(numbers, rows, strict=True))
    result: list[list[str | None]] = []
    for number, cells in zip(at, formulas, strict=True):
        kept = known.get(number, [])
        merged = [kept[i] if i < len(kept) else None for i in range(len(cells))]
        for i, cell in enumerate(cells):
            if merged[i] is None and cell is not None and cell.startswith("s="):
                merged[i] = "f" + cell[1:]
        result.append(merged)
    numbers[:] = at
    return result


def _damaged(request: Request, cause: str) -> UnreadableFileError:
    return UnreadableFileError(
        _("{path}: the xlsx workbook is damaged or unsafe: {cause}.").format(path=request.title, cause=cause),
        hint=_("Open it in Excel or WPS and save it as a new .xlsx."),
    )


def _too_large(request: Request) -> LimitExceededError:
    return LimitExceededError(
        _("{path}: the xlsx workbook unpacks to more than a table of records can be.").format(
            path=request.title
        ),
        hint=_("Copy the records into a new workbook."),
    )
