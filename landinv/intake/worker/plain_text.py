"""Text files to exact text: byte order marks, UTF-16, then strict decoding in the encoding its bytes show."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from landinv.errors import EncodingUndecidedError, UnreadableFileError
from landinv.i18n import gettext as _
from landinv.intake.worker.answer import Decided, Noticed, Request
from landinv.intake.worker.text_encoding import Label, decide

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
# So many lines with other than ASCII letters show an encoding as well as all of them; all are decoded strictly after.
_SAMPLE_LINES: Final = 4000


@dataclass(frozen=True)
class PlainText:
    """Text of a whole file with line feeds alone as line ends, its encoding, and what was noticed and decided."""

    text: str
    encoding: str
    noticed: tuple[Noticed, ...]
    decided: tuple[Decided, ...]


def read_plain_text(request: Request, label: Label | None = None) -> PlainText:
    """Text of a staged file.

    Raises
    ------
    EncodingUndecidedError
        If the encoding cannot be decided, two are mixed, or a line is not in it.
    UnreadableFileError
        If it holds NUL bytes.
    """
    raw = Path(request.path).read_bytes()
    for bom, name in _BOMS:
        if raw.startswith(bom) and not request.encoding:
            decided = (Decided("encoding", name, _("byte order mark"), 1.0),)
            return PlainText(_strict(raw[len(bom) :], name, request), name, (), decided)
    if not request.encoding and raw[:200].count(0) > 20:
        name = "utf-16-le" if raw[1:200:2].count(0) > raw[0:200:2].count(0) else "utf-16-be"
        noticed = (Noticed("I001", 0, "", name, "没有字节序标记，按内容判定为UTF-16"),)
        decided = (Decided("encoding", name, _("every other byte is zero"), 0.8),)
        return PlainText(_strict(raw, name, request), name, noticed, decided)
    encoding = decide(
        [(line, 0) for line in _sample(raw)], label or Label(), title=request.title, override=request.encoding
    )
    if encoding.other:
        raise EncodingUndecidedError(
            _("{path}: part of the lines is UTF-8 and part GB18030 (编码).").format(path=request.title),
            hint=_("Save the file again in one encoding."),
        )
    body = raw.removeprefix(codecs.BOM_UTF8) if encoding.name == "utf-8" else raw
    return PlainText(_strict(body, encoding.name, request), encoding.name, encoding.noticed, encoding.decided)


def _sample(raw: bytes) -> list[bytes]:
    """Lines with other than ASCII bytes, from all over the file; a file of millions of lines is not taken apart."""
    high = np.flatnonzero(np.frombuffer(raw, dtype=np.uint8) > 0x7F)
    spans: dict[int, int] = {}
    end = -1
    for at in high[:: max(1, len(high) // (4 * _SAMPLE_LINES))].tolist():
        if at >= end:
            end = raw.find(b"\n", at)
            end = len(raw) if end < 0 else end
            spans[raw.rfind(b"\n", 0, at) + 1] = end
    return [raw[first:last] for first, last in spans.items()]


def _strict(raw: bytes, name: str, request: Request) -> str:
    try:
        text = raw.decode(name)
    except UnicodeDecodeError as error:
        line = raw[: error.start].decode(name, errors="replace").count("\n") + 1
        raise EncodingUndecidedError(
            _("{path}: line {line} is not {encoding} (编码).").format(
                path=request.title, line=line, encoding=name
            ),
            hint=_(
                "The file is cut off or damaged there, or mixes encodings; save it again in one encoding."
            ),
        ) from error
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise UnreadableFileError(
            _("{path}: line {line} holds NUL bytes.").format(path=request.title, line=line),
            hint=_("The file is damaged; export it again from its source."),
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")
