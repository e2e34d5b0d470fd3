"""Names of files and fields as a message can show them, whatever bytes they were made of."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path


def shown(name: str | Path) -> str:
    r"""Printable form of a file or field name: bytes of an old Chinese system decoded, control characters replaced.

    Examples
    --------
    >>> shown("a\nb.shp")
    'a�b.shp'
    """
    text = str(name)
    if any("\ud800" <= c <= "\udfff" for c in text):
        # Only names made of raw bytes hold surrogates (surrogateescape of the file system's encoding).
        text = os.fsencode(text).decode("gb18030", errors="replace")
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cs", "Cf") else c for c in text)
