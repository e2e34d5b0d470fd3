"""The language of messages and help; results for officials choose theirs by themselves."""

from __future__ import annotations

import gettext as _gettext
import locale
import os
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LANGUAGES = ("zh", "en")
LOCALE_DIR = Path(__file__).with_name("locale")
_language: ContextVar[str] = ContextVar("landinv_language", default="")


@cache
def _catalogue(language: str) -> _gettext.NullTranslations:
    return _gettext.translation(
        "landinv", localedir=LOCALE_DIR, languages=[language], fallback=language == "en"
    )


def system_language() -> str:
    """Language asked for by ``LANDINV_LANG``, else by the system's locale: ``zh`` or ``en``."""
    asked = os.environ.get("LANDINV_LANG", "").strip().lower()
    if asked[:2] in LANGUAGES:
        return asked[:2]
    names = [os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    name = next((n for n in names if n), "") or (locale.getlocale()[0] or "")
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"


def set_language(language: str) -> None:
    """Choose the language of this context's messages; an empty string goes back to the system's."""
    _language.set(language)


def current_language() -> str:
    """Language in force: ``zh`` or ``en``."""
    return _language.get() or system_language()


def asked_language(default: str) -> str:
    """Language asked for by ``--lang`` or ``LANDINV_LANG``; ``default`` where nobody asked, whatever the system's."""
    asked = os.environ.get("LANDINV_LANG", "").strip().lower()[:2]
    return _language.get() or (asked if asked in LANGUAGES else default)


def gettext(message: str) -> str:
    """Translate a literal message; format it afterwards, so that no value is ever a template."""
    return _catalogue(current_language()).gettext(message)


def official(text: str) -> str:
    """Put a literal into the language of results for officials, whoever runs the program: same input, same bytes."""
    return _catalogue("zh").gettext(text)


def message(text: str) -> str:
    """Mark a literal for the catalogue where it is translated later, such as help shown on demand."""
    return text
