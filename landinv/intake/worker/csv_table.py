"""Delimited text: bytes decoded strictly, rows taken apart by one state machine that forgives nothing in silence."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from pathlib import Path
from typing import Final

from landinv.errors import EncodingUndecidedError, UnreadableFileError
from landinv.i18n import gettext as _
from landinv.intake.worker.answer import Content, Decided, Noticed, Request
from landinv.intake.worker.cells import sheet_table
from landinv.intake.worker.text_encoding import Label, decide

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_SEPARATORS: Final = (",", "\t", ";", "|")
_FIELD_BYTES: Final = 32 * 1024 * 1024


def read_content(request: Request) -> Content:
    """Read a staged text table as coded cells; every cell is text.

    Raises
    ------
    EncodingUndecidedError
        If the encoding cannot be decided, or two are mixed.
    UnreadableFileError
        If it holds NUL bytes, a quote that never ends, or separators that are no separators.
    """
    raw = Path(request.path).read_bytes()
    text, encoding, noticed, decided = _text(raw, request)
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise _damaged(request, _("line {line} holds NUL bytes").format(line=line))
    rows, numbers, widths = _rows(text, request)
    noticed += _ragged(widths, numbers)
    table = sheet_table([[f"s{c}" if c else None for c in r] for r in rows], numbers)
    return Content({"": table}, {"encoding": encoding}, tuple(noticed), tuple(decided))


def _text(raw: bytes, request: Request) -> tuple[str, str, list[Noticed], list[Decided]]:
    for bom, name in _BOMS:
        if raw.startswith(bom) and not request.encoding:
            decided = [Decided("encoding", name, _("byte order mark"), 1.0)]
            return raw[len(bom) :].decode(name.removesuffix("-sig"), errors="strict"), name, [], decided
    if not request.encoding and raw[:200].count(0) > 20:
        return _without_mark(raw, request)
    body, cut = raw, False
    encoding = decide(
        [(line, 0) for line in body.splitlines()], Label(), title=request.title, override=request.encoding
    )
    if encoding.other:
        raise EncodingUndecidedError(
            _("{path}: part of the lines is UTF-8 and part GB18030 (编码).").format(path=request.title),
            hint=_("Save the table again in one encoding."),
        )
    noticed = list(encoding.noticed)
    try:
        text = raw.decode(encoding.name)
    except UnicodeDecodeError as error:
        cut = error.start >= len(raw) - 4
        line = raw[: error.start].count(b"\n") + 1
        if not cut:
            raise EncodingUndecidedError(
                _("{path}: line {line} is not {encoding} (编码).").format(
                    path=request.title, line=line, encoding=encoding.name
                ),
                hint=_("Save the table again in one encoding."),
            ) from error
        text = raw[: error.start].decode(encoding.name)
        noticed.append(Noticed("I004", line, "", "", f"第{line}行"))
    return text, encoding.name, noticed, list(encoding.decided)


def _without_mark(raw: bytes, request: Request) -> tuple[str, str, list[Noticed], list[Decided]]:
    name = "utf-16-le" if raw[1:200:2].count(0) > raw[0:200:2].count(0) else "utf-16-be"
    try:
        text = raw.decode(name)
    except UnicodeDecodeError as error:
        raise _damaged(request, _("line {line} holds NUL bytes").format(line=1)) from error
    noticed = [Noticed("I001", 0, "", name, "没有字节序标记，按内容判定为UTF-16")]
    return text, name, noticed, [Decided("encoding", name, _("every other byte is zero"), 0.8)]


def _rows(text: str, request: Request) -> tuple[list[list[str]], list[int], list[int]]:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    separator = _separator(plain, request)
    _check_quotes(plain, separator, request)
    csv.field_size_limit(_FIELD_BYTES)
    reader = csv.reader(io.StringIO(plain), delimiter=separator, strict=False)
    rows: list[list[str]] = []
    numbers: list[int] = []
    widths: list[int] = []
    begins = 1
    try:
        for row in reader:
            cells = [c.strip().strip("\u3000").strip() for c in row]
            if any(cells):
                rows.append(cells)
                numbers.append(begins)
                widths.append(len(cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise _damaged(request, _("line {line}: {cause}").format(line=begins, cause=str(error))) from error
    return rows, numbers, widths


def _separator(text: str, request: Request) -> str:
    head = [line for line in text.split("\n", 60)[:50] if line.strip()]
    counts = {s: Counter(line.count(s) for line in head if line.count(s)) for s in _SEPARATORS}
    agreeing = {s: max((n * times for n, times in c.items()), default=0) for s, c in counts.items()}
    best = max(_SEPARATORS, key=lambda s: (agreeing[s], -_SEPARATORS.index(s)))
    wide = sum(line.count("，") for line in head)
    if wide > len(head) and wide > sum(line.count(best) for line in head):
        raise _damaged(request, _("its separator is the full-width comma ，"))
    return best


def _check_quotes(text: str, separator: str, request: Request) -> None:
    """A quote that opens a cell must close before a separator or line end; else it swallows what follows."""
    inside = False
    line = opened = 1
    for number, part in enumerate(text.split('"')):
        if number:
            inside = not inside
            if inside:
                opened = line
        line += part.count("\n")
    if inside:
        raise _damaged(request, _("a quotation mark in line {line} is never closed").format(line=opened))


def _ragged(widths: list[int], numbers: list[int]) -> list[Noticed]:
    """Rows with more or fewer cells than the table's usual width.

    A row that is too wide has a separator too many, and every cell after it may stand in the wrong column.
    """
    usual = Counter(widths).most_common(1)[0][0] if widths else 0
    return [
        Noticed(
            "I034",
            number,
            "",
            str(width),
            f"第{number}行有{width}列，通常{usual}列",
            quarantine=width > usual,
        )
        for number, width in zip(numbers, widths, strict=True)
        if width != usual
    ]


def _damaged(request: Request, cause: str) -> UnreadableFileError:
    return UnreadableFileError(
        _("{path}: the text table cannot be read: {cause}.").format(path=request.title, cause=cause),
        hint=_("Open it in Excel or WPS and save it as .xlsx."),
    )
