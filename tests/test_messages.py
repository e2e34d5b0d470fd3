"""The catalogues: nothing empty, the same placeholders on both sides, Chinese that is Chinese."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parent.parent / "landinv" / "locale"
LANGUAGES = ("zh", "en")
CJK = re.compile(r"[\u4e00-\u9fff]")
# msgids whose Chinese may do without a Chinese character, because they hold nothing but placeholders
WITHOUT_CJK = frozenset(
    {"{path}: {cause}.", "{path}: {detail}.", "{path}: {key}: {what}.", "{finding} {rule} {feature}: {state}"}
)
# what the Chinese punctuation stands for; half-width marks next to a Chinese character are slips
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;!?]|[\u4e00-\u9fff][.:](?:\s|$)|[,;!?] ?[\u4e00-\u9fff]")


def texts(value: str | Iterable[str] | None) -> tuple[str, ...]:
    """The forms of a message: one, or one for each number."""
    return (value,) if isinstance(value, str) else tuple(value or ())


def first(entry: Message) -> str:
    """The msgid by which an entry is named."""
    return texts(entry.id)[0]


def entries(language: str) -> list[Message]:
    """All entries of a catalogue but its header."""
    with (LOCALE / language / "LC_MESSAGES" / "landinv.po").open("rb") as file:
        return [entry for entry in read_po(file, locale=language) if entry.id]


def placeholders(text: str) -> set[str]:
    """Every placeholder with its conversion and format, such as ``{share:.0%}`` or ``%(prog)s``."""
    percent = set(re.findall(r"%\(\w+\)[a-z]", text))
    braces = {
        f"{{{name}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}}}"
        for _text, name, spec, conversion in string.Formatter().parse(text)
        if name is not None
    }
    return percent | braces


def faults(entry: Message) -> list[str]:
    """What is wrong with the placeholders of one entry."""
    ids, translated = texts(entry.id), texts(entry.string)
    # One Chinese form serves every number: it says what the English plural says. As many forms pair up.
    pairs = zip(ids[-len(translated) :], translated, strict=True)
    return [
        f"{said!r} has {sorted(placeholders(said))}, wanted {sorted(placeholders(wanted))}"
        for wanted, said in pairs
        if placeholders(said) != placeholders(wanted)
    ]


def test_placeholders_keep_conversion_and_format() -> None:
    assert placeholders("{a!r} {b:.0%} {{c}} %(d)s") == {"{a!r}", "{b:.0%}", "%(d)s"}


def test_a_lost_or_changed_placeholder_is_a_fault() -> None:
    assert faults(Message("{a} of {b}", string="{a}"))
    assert faults(Message("{a:.0%}", string="{a}"))
    assert faults(Message(("{a} row", "{a} of {b} rows"), string=("{a} 行",)))
    assert not faults(Message(("{a} row", "{a} of {b} rows"), string=("{b} 行中的 {a} 行",)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_empty(language: str) -> None:
    found = entries(language)
    assert len(found) > 300
    assert [first(e) for e in found if not all(t.strip() for t in texts(e.string) or [""])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_agree(language: str) -> None:
    assert [fault for entry in entries(language) for fault in faults(entry)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    with (LOCALE / language / "LC_MESSAGES" / "landinv.mo").open("rb") as file:
        compiled = {first(e): texts(e.string) for e in read_mo(file) if e.id}
    assert compiled == {first(e): texts(e.string) for e in entries(language)}


def test_chinese_has_chinese_characters() -> None:
    bare = {first(e) for e in entries("zh") if not all(CJK.search(t) for t in texts(e.string))}
    assert bare <= WITHOUT_CJK, bare - WITHOUT_CJK


def test_chinese_uses_full_width_punctuation() -> None:
    said = [re.sub(r"`[^`]*`", "`", t) for e in entries("zh") for t in texts(e.string)]
    assert [text for text in said if HALF_WIDTH.search(text)] == []


def test_code_in_backquotes_stays_as_it_is() -> None:
    for entry in entries("zh"):
        for wanted, said in zip(texts(entry.id)[-1:], texts(entry.string), strict=True):
            assert re.findall(r"`[^`]*`", said) == re.findall(r"`[^`]*`", wanted)
