"""Which characters a file's bytes are: decided by the bytes, with the file's labels as one witness among others.

A county's tables are mostly GBK without a label, or with a wrong one. Each candidate must decode strictly; among those
that do, the one wins whose characters are the common ones of its own character set.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from landinv.errors import EncodingUndecidedError
from landinv.i18n import gettext as _
from landinv.i18n import official
from landinv.intake.worker.answer import Decided, Noticed

UTF8: Final = "utf-8"
GB18030: Final = "gb18030"
BIG5: Final = "big5"
CANDIDATES: Final = (UTF8, GB18030, BIG5)
_ALIASES: Final = {
    "gbk": GB18030, "cp936": GB18030, "936": GB18030, "gb2312": GB18030, "ansi936": GB18030, "gb18030": GB18030,
    "windows936": GB18030, "ms936": GB18030, "euccn": GB18030, "chinese": GB18030, "oem936": GB18030,
    "utf8": UTF8, "65001": UTF8, "cp65001": UTF8, "unicode": UTF8, "big5": BIG5, "950": BIG5, "cp950": BIG5,
    "ansi950": BIG5, "oem": "", "system": "", "88591": "latin-1", "iso88591": "latin-1", "latin1": "latin-1",
    "1252": "cp1252", "cp1252": "cp1252", "ansi1252": "cp1252", "88591x": "latin-1",
}  # fmt: skip
_ENOUGH_CHARACTERS: Final = 6
_SURE: Final = 0.75
_CLEAR: Final = 0.25


@dataclass(frozen=True)
class Label:
    """What the file says of itself: bytes of a .cpg (None: no such file), and encoding of its language byte."""

    cpg: bytes | None = None
    language: str | None = None


@dataclass(frozen=True)
class TextEncoding:
    """A decided encoding; ``other`` is the second one of a file that mixes two."""

    name: str
    other: str = ""
    noticed: tuple[Noticed, ...] = ()
    decided: tuple[Decided, ...] = field(default_factory=tuple)

    def decode(self, raw: bytes, width: int = 0) -> tuple[str, tuple[str, ...]]:
        """Text of a value that fills at most ``width`` bytes, and the finding rules it met.

        A character cut by the end of the field is dropped and noticed (I004); bytes that fit nothing become the
        replacement mark (I003); NUL inside text is dropped (I005).
        """
        body = raw.rstrip(b"\x00 ")
        rules: list[str] = []
        if b"\x00" in body:
            rules.append("I005")
            body = body.replace(b"\x00", b"")
        if body.isascii():
            return body.decode("ascii"), tuple(rules)
        name = _likelier(body, width, self.name, self.other) if self.other else self.name
        text, cut = _strict(body, name, width)
        if text is None:
            return body.decode(name, errors="replace"), (*rules, "I003")
        return text, (*rules, "I004") if cut else tuple(rules)


def named_encoding(label: str) -> str | None:
    r"""Python's name of an encoding as people and programs write it; empty for "the system's", None for nonsense.

    Examples
    --------
    >>> named_encoding("ANSI 936"), named_encoding("GBK\n"), named_encoding("<html>") is None
    ('gb18030', 'gb18030', True)
    """
    plain = re.sub(r"[^0-9a-z]", "", label.lower())
    if plain in _ALIASES:
        return _ALIASES[plain]
    try:
        return codecs.lookup(label.strip()).name if label.strip() else ""
    except (LookupError, ValueError):
        return None


def decide(
    values: Iterable[tuple[bytes, int]], label: Label, *, title: str, override: str = ""
) -> TextEncoding:
    """Decide the encoding of values given with the byte widths of their fields (0: no width).

    Raises
    ------
    EncodingUndecidedError
        If several encodings fit equally well and no label decides, or none fits, or ``override`` is no encoding.
    """
    samples = [(raw.rstrip(b"\x00 ").replace(b"\x00", b""), width) for raw, width in values]
    samples = [(raw, width) for raw, width in samples if not raw.isascii()]
    if override:
        name = named_encoding(override)
        if not name:
            raise EncodingUndecidedError(
                _("{path}: {encoding} is no known character encoding.").format(path=title, encoding=override),
                hint=_('Use `encoding = "GB18030"` or `encoding = "UTF-8"`.'),
            )
        return TextEncoding(name, decided=(Decided("encoding", name, _("set in the project file"), 1.0),))
    labels = _labels(label)
    if not samples:
        name = next((n for n in labels.values() if n), UTF8)
        return TextEncoding(
            name,
            noticed=_nonsense(label),
            decided=(Decided("encoding", "ascii", _("every byte is ASCII"), 1.0),),
        )
    scores = {name: _score(samples, name) for name in CANDIDATES}
    return _judged(samples, scores, labels, label, title)


def _labels(label: Label) -> dict[str, str]:
    """Encodings that the file's labels name: ``cpg`` and ``language byte``; a Western label proves nothing."""
    named: dict[str, str] = {}
    if label.cpg is not None:
        text = label.cpg.lstrip(codecs.BOM_UTF8).decode("ascii", errors="replace").strip()
        named["cpg"] = named_encoding(text) or ""
    if label.language:
        named["ldid"] = label.language
    return {k: v for k, v in named.items() if v in CANDIDATES}


def _nonsense(label: Label) -> tuple[Noticed, ...]:
    if label.cpg is None:
        return ()
    text = label.cpg.lstrip(codecs.BOM_UTF8).decode("ascii", errors="replace").strip()
    return (
        (Noticed("I001", 0, ".cpg", text[:40], "cpg编码名称无法识别"),)
        if named_encoding(text) is None
        else ()
    )


@dataclass(frozen=True)
class _Score:
    """Share of values decoded strictly, share of common characters, characters counted, values cut at a field's end."""

    fitting: float
    common: float
    characters: int


def _score(samples: list[tuple[bytes, int]], name: str) -> _Score:
    fitting = common = characters = 0
    for raw, width in samples:
        text, _cut = _strict(raw, name, width)
        if text is None:
            continue
        fitting += 1
        wide = [c for c in text if ord(c) > 0x7F]
        characters += len(wide)
        common += sum(map(_is_common, wide, [name] * len(wide)))
    return _Score(fitting / len(samples), common / characters if characters else 0.0, characters)


def _is_common(character: str, name: str) -> bool:
    """Level-1 Han of the set in question, Chinese punctuation and full-width forms."""
    code = ord(character)
    if 0x3000 <= code <= 0x303F or 0xFF00 <= code <= 0xFF5E or character in "—…“”‘’·×㎡°":
        return True
    if not 0x4E00 <= code <= 0x9FFF:
        return False
    if name == BIG5:
        return _lead(character, "big5", 0xA4, 0xC6)
    return _lead(character, "gb2312", 0xB0, 0xD7) or (name == UTF8 and _lead(character, "big5", 0xA4, 0xC6))


def _lead(character: str, charset: str, first: int, last: int) -> bool:
    try:
        raw = character.encode(charset)
    except UnicodeEncodeError:
        return False
    return len(raw) == 2 and first <= raw[0] <= last


def _strict(raw: bytes, name: str, width: int) -> tuple[str | None, bool]:
    """Text decoded strictly; a last character cut by the field's end is dropped. None where bytes do not fit."""
    try:
        return raw.decode(name), False
    except UnicodeDecodeError as error:
        at_end = error.start >= len(raw) - 3 and width and len(raw) >= width - 1
        incomplete = error.end == len(raw) or "incomplete" in error.reason or "unexpected end" in error.reason
        if not (at_end and incomplete):
            return None, False
        try:
            return raw[: error.start].decode(name), True
        except UnicodeDecodeError:
            return None, False


def _likelier(body: bytes, width: int, one: str, other: str) -> str:
    """Of two encodings mixed in one file, the likelier for this value."""
    best = sorted(
        (one, other), key=lambda n: (-_score([(body, width)], n).fitting, -_score([(body, width)], n).common)
    )
    return best[0]


def _judged(
    samples: list[tuple[bytes, int]],
    scores: dict[str, _Score],
    labels: dict[str, str],
    label: Label,
    title: str,
) -> TextEncoding:
    fit = {n: s for n, s in scores.items() if s.fitting == 1.0}
    utf8 = scores[UTF8]
    rival = scores[GB18030].common if GB18030 in fit else 0.0
    # GBK text of few characters can be valid UTF-8 by chance, but then reads as letters of other scripts.
    likelier = utf8.common >= rival or rival < 0.5
    if UTF8 in fit and utf8.characters >= _ENOUGH_CHARACTERS and likelier:
        return _settled(UTF8, official("every value is valid UTF-8"), 0.99, labels, label)
    if 0.0 < utf8.fitting < 1.0 and _mixed(samples):
        noticed = (Noticed("I002", 0, "", "", "UTF-8、GB18030"), *_nonsense(label))
        reason = official("part of the values is valid UTF-8 and the rest is GB18030")
        return TextEncoding(GB18030, UTF8, noticed, (Decided("encoding", "gb18030+utf-8", reason, 0.7),))
    ranked = sorted(scores, key=lambda n: (-scores[n].common * scores[n].fitting ** 4, CANDIDATES.index(n)))
    best, second = ranked[0], ranked[1]
    lead = scores[best].common - scores[second].common * scores[second].fitting ** 4
    few = scores[best].characters < _ENOUGH_CHARACTERS
    labelled = next((n for n in labels.values() if n in fit), "")
    both = UTF8 in fit and GB18030 in fit
    if (few or both or lead < _CLEAR or scores[best].common < 0.5) and labelled:
        reason = official("the file's own label, which its bytes do not contradict")
        settled = _settled(labelled, reason, 0.9, labels, label)
        return _doubted(settled, samples) if both else settled
    if both and (not few or lead < _CLEAR):
        raise _undecided(samples, title, scores)
    if scores[best].common >= _SURE and scores[best].fitting > 0.5 and (lead >= _CLEAR or best == GB18030):
        reason = official(
            "{share:.0%} of the characters are common ones in it, {other:.0%} in {second}"
        ).format(share=scores[best].common, other=scores[second].common, second=second)
        settled = _settled(best, reason, min(0.97, 0.6 + lead), labels, label)
        return _doubted(settled, samples) if both else settled
    if GB18030 in fit and scores[GB18030].common >= 0.5 and lead >= 0:
        return _settled(GB18030, official("the only encoding of the mainland that fits"), 0.7, labels, label)
    raise _undecided(samples, title, scores)


def _mixed(samples: list[tuple[bytes, int]]) -> bool:
    """True where some long values are valid UTF-8 and others, not valid UTF-8, are good GB18030."""
    utf8 = [s for s in samples if len(s[0]) >= 6 and _strict(*_as_utf8(s))[0] is not None]
    rest = [s for s in samples if _strict(*_as_utf8(s))[0] is None]
    return (
        bool(utf8 and rest) and _score(rest, GB18030).common >= _SURE and _score(utf8, UTF8).common >= _SURE
    )


def _as_utf8(sample: tuple[bytes, int]) -> tuple[bytes, str, int]:
    return sample[0], UTF8, sample[1]


def _settled(name: str, reason: str, confidence: float, labels: dict[str, str], label: Label) -> TextEncoding:
    noticed = list(_nonsense(label))
    noticed += [
        Noticed(
            "I001",
            0,
            "." + source if source == "cpg" else source,
            said,
            f"{source}为{said}，按内容判定编码为{name}",
        )
        for source, said in labels.items()
        if said != name
    ]
    if name == BIG5:
        noticed.append(Noticed("I053", 0, "", BIG5, "繁体（Big5）编码"))
    return TextEncoding(name, "", tuple(noticed), (Decided("encoding", name, reason, round(confidence, 2)),))


def _doubted(settled: TextEncoding, samples: list[tuple[bytes, int]]) -> TextEncoding:
    """The decision with a warning: the few characters there are also make sense in the other encoding."""
    raw = samples[0][0]
    texts = "、".join(f"{n}：{raw.decode(n, errors='replace')}" for n in (UTF8, GB18030))
    return replace(settled, noticed=(*settled.noticed, Noticed("I061", 0, "", settled.name, texts)))


def _undecided(
    samples: list[tuple[bytes, int]], title: str, scores: dict[str, _Score]
) -> EncodingUndecidedError:
    raw = samples[0][0]
    readings = ", ".join(
        f"{n}: {raw.decode(n, errors='replace')}" for n in CANDIDATES if scores[n].fitting > 0
    )
    return EncodingUndecidedError(
        _(
            "{path}: the character encoding (编码) cannot be decided; the first text reads as {readings}."
        ).format(path=title, readings=readings or raw[:20].hex()),
        hint=_('Say it with `encoding = "GB18030"` or `encoding = "UTF-8"` at this source.'),
    )
