"""Data islands: how values travel in the page without ever being markup, script or template.

An island is a ``<script>`` of a data type, which no browser runs. JSON islands are written so that neither an HTML
parser nor jinja finds anything to act on in them; large data is gzip in base64.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

_MARKUP = re.compile("[<>&\u2028\u2029\ud800-\udfff]|\\{(?=[{%#])")


@dataclass(frozen=True)
class Island:
    """One island: its name, its media type, and its text, which is inert in HTML."""

    name: str
    media_type: str
    text: str

    def markup(self) -> str:
        """The island as an HTML element with the id ``landinv-<name>``."""
        return f'<script type="{self.media_type}" id="landinv-{self.name}">{self.text}</script>\n'


def json_island(name: str, value: object) -> Island:
    """An island of JSON text; NaN and infinities are refused (ValueError)."""
    return Island(name, "application/json", inert_json(value))


def gzip_island(name: str, content: bytes) -> Island:
    """An island of gzip-compressed bytes in base64, the same bytes for the same content."""
    packed = gzip.compress(content, compresslevel=6, mtime=0)
    return Island(name, "application/octet-stream", base64.b64encode(packed).decode("ascii"))


def inert_json(value: object) -> str:
    r"""JSON in which no value can close a script, open a comment or start a template.

    Examples
    --------
    >>> inert_json({"a": "</script>{{7*7}}"})
    '{"a":"\\u003c/script\\u003e\\u007b{7*7}}"}'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # compact JSON never has {, % or # right after a structural brace, so these stand in strings only
    return _MARKUP.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def text_column(values: pd.Series) -> dict[str, list[str] | list[int]]:
    """A text column as a dictionary and codes: ``values`` in order of appearance, ``codes`` per row (-1: missing)."""
    codes, distinct = pd.factorize(values)
    return {"values": [str(v) for v in distinct], "codes": codes.tolist()}


def json_bytes(value: Mapping[str, object]) -> bytes:
    """Compact JSON in UTF-8, for a compressed island."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")
