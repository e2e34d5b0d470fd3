"""Browser files carried in the package, in place of the addresses folium asks for."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from landinv.errors import AssetError
from landinv.i18n import gettext as _

ASSETS_DIR: Final = Path(__file__).with_name("assets")
_PICTURE = re.compile(r"url\(images/([\w.-]+)\)")
_SOURCE_MAP = re.compile(r"^\s*//# sourceMappingURL=.*$", re.MULTILINE)


@cache
def manifest() -> dict[str, Any]:
    """The manifest: ``carried`` files with their sums, and what is ``left_out`` with the symbols that need it."""
    content: dict[str, Any] = json.loads((ASSETS_DIR / "manifest.json").read_text(encoding="utf-8"))
    return content


@cache
def asset_bytes(name: str) -> bytes:
    """Content of a carried file.

    Raises
    ------
    AssetError
        If the file is not in the manifest, is gone, or is not what the manifest says.
    """
    row = next((r for r in manifest()["carried"] if r["file"] == name), None)
    path = ASSETS_DIR / name
    if row is None or not path.is_file():
        raise AssetError(
            _("The map needs {name}, which the package does not carry.").format(name=name),
            hint=_("Install landinv again."),
        )
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != row["sha256"]:
        raise AssetError(
            _("The package's file {name} is damaged: its sum is not the recorded one.").format(name=name),
            hint=_("Install landinv again."),
        )
    return content


def answer(url: str) -> str | None:
    """Name of the carried file that stands in for an address; None if the address is one the map does without.

    Raises
    ------
    AssetError
        If the package neither carries the file nor knows that it is not needed.
    """
    for row in manifest()["carried"]:
        if row["answers"] and re.search(row["answers"], url):
            return str(row["file"])
    if any(re.search(row["answers"], url) for row in manifest()["left_out"]):
        return None
    raise AssetError(
        _("The map asks for {url}, which the package does not carry.").format(url=url),
        hint=_("Take out the element that needs it; a saved map may load nothing from elsewhere."),
    )


def refuse_missing_libraries(script: str) -> None:
    """Refuse scripts that use a library which is left out of the page.

    Raises
    ------
    AssetError
        If a symbol of a library that is not carried stands in the script.
    """
    for row in manifest()["left_out"]:
        for symbol in row["needed_by"]:
            if symbol in script:
                raise AssetError(
                    _(
                        "An element of the map uses {symbol}, whose library the package does not carry."
                    ).format(symbol=symbol),
                    hint=_(
                        "Folium popups, tooltips with HTML, and icons other than the default need it; leave them out."
                    ),
                )


def script_text(name: str) -> str:
    """A carried script, fit to stand inside a ``<script>`` element."""
    text = _SOURCE_MAP.sub("", asset_bytes(name).decode("utf-8"))
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def style_text(name: str) -> str:
    """A carried style sheet with its pictures inlined, fit to stand inside a ``<style>`` element."""
    text = asset_bytes(name).decode("utf-8")
    text = _PICTURE.sub(lambda match: f'url("{picture(f"leaflet-{match[1]}")}")', text)
    return text.replace("</style", "<\\/style")


def picture(name: str) -> str:
    """A carried PNG as a ``data:`` address."""
    return "data:image/png;base64," + base64.b64encode(asset_bytes(name)).decode("ascii")
