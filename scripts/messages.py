"""Collect the program's messages (and click's own) into the catalogues, and compile them.

    python scripts/messages.py [--check]

``--check`` changes nothing and fails when a message is missing, obsolete or not translated.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import click
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "landinv"
LOCALE = PACKAGE / "locale"
# click's files whose words a user of this program can meet
CLICK_FILES = ("core.py", "decorators.py", "exceptions.py", "formatting.py", "parser.py", "types.py")
# words of click for the developer of a command line alone: wrong declarations, and the text of repr()
CLICK_EXCLUDED = frozenset(
    {
        "Arguments take exactly one parameter declaration, got {length}: {decls}.",
        "Boolean option {decl!r} cannot use the same flag for true/false.",
        "Choice({choices})",
        "Could not determine name for option with declarations {decls!r}",
        "Invalid start character for option ({option})",
        "Name '{name}' defined twice",
        "No options defined but a name was passed ({name}). Did you mean to declare an argument instead?"
        " Did you mean to pass '--{name}'?",
    }
)
HELP_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "message": None, "official": None}


def messages() -> list[str | tuple[str, ...]]:
    """Every msgid (a tuple for plurals), sorted."""
    found: set[str | tuple[str, ...]] = set()
    for _, _, message, _, _ in extract_from_dir(str(PACKAGE), keywords=HELP_KEYWORDS):
        found.add(message)
    for name in CLICK_FILES:
        path = Path(click.__file__).with_name(name)
        for _, message, _, _ in extract_from_file("python", str(path), keywords=HELP_KEYWORDS):
            if message not in CLICK_EXCLUDED:
                found.add(message)
    return sorted((m for m in found if m), key=str)


def catalogue(language: str) -> Catalog:
    path = LOCALE / language / "LC_MESSAGES" / "landinv.po"
    if not path.exists():
        return Catalog(locale=language, domain="landinv")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def renewed(language: str) -> Catalog:
    """The catalogue with exactly today's messages; English translates to itself."""
    old = catalogue(language)
    new = Catalog(locale=language, domain="landinv", header_comment="# landinv: messages", fuzzy=False)
    new.revision_date = new.creation_date = None
    for message in messages():
        first = message if isinstance(message, str) else message[0]
        known = old.get(first)
        text = known.string if known is not None and known.string else ""
        new.add(message, message if language == "en" else text)
    return new


def untranslated(new: Catalog) -> list[str]:
    return [
        str(m.id) for m in new if m.id and not (all(m.string) if isinstance(m.string, tuple) else m.string)
    ]


def stripped_po(new: Catalog) -> bytes:
    """The .po file without dates and versions, so that it changes only when a message does."""
    buffer = io.BytesIO()
    write_po(buffer, new, omit_header=True, width=110, sort_output=True)
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    head += f'"Plural-Forms: {new.plural_forms}\\n"\n\n'
    return head.encode() + buffer.getvalue()


def compiled(new: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_mo(buffer, new)
    return buffer.getvalue()


def main() -> int:
    check = "--check" in sys.argv
    problems: list[str] = []
    for language in ("zh", "en"):
        new = renewed(language)
        folder = LOCALE / language / "LC_MESSAGES"
        problems += [f"{language}: not translated: {text}" for text in untranslated(new)]
        po = stripped_po(new)
        if check:
            if not (folder / "landinv.po").exists() or (folder / "landinv.po").read_bytes() != po:
                problems.append(f"{language}: landinv.po is not up to date")
            continue
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "landinv.po").write_bytes(po)
        with (folder / "landinv.po").open("rb") as file:
            (folder / "landinv.mo").write_bytes(compiled(read_po(file, locale=language)))
    print("\n".join(problems) or "Catalogues are complete.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
