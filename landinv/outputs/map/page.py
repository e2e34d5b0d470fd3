"""From a folium map to one file that asks nobody for anything.

Branca compiles what folium rendered a second time, as a template; a value with ``{{ … }}`` in it would run Python.
Here each macro is rendered once and its text is taken as it is. The page's security policy names every script by the
hash of its text, so that a script that came in with a value does not run, and lets nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
import html
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink, MacroElement

from landinv.disk import write_atomically
from landinv.errors import AssetError
from landinv.i18n import gettext as _
from landinv.outputs.map import assets

_log = logging.getLogger(__name__)
_ONE_EXPORT = threading.RLock()  # MacroElement.render is replaced for the time of an export
_ADDRESS_ATTRIBUTES: Final = frozenset(
    (
        "src",
        "href",
        "srcset",
        "data",
        "action",
        "formaction",
        "poster",
        "background",
        "xlink:href",
        "ping",
        "manifest",
    )
)
_SCRIPT_TYPES: Final = frozenset(("", "text/javascript", "application/javascript", "module"))
_ICON_SCRIPT: Final = """
delete L.Icon.Default.prototype._getIconUrl;
L.Icon.Default.mergeOptions({{imagePath: "", iconUrl: "{icon}", iconRetinaUrl: "{icon2}", shadowUrl: "{shadow}"}});
"""


class Verbatim(Element):
    """Text that goes into the page as it is; unlike branca's element it is no template.

    ``own`` text is made by this package of constants and inert islands, and is not searched for addresses.
    """

    def __init__(self, text: str, *, own: bool = False) -> None:
        super().__init__()
        self.text = text
        self.own = own

    def render(self, **_kwargs: Any) -> str:
        """Return the text."""
        return self.text


def save_map(m: folium.Map, path: Path) -> Path:
    """Write a map as one self-contained HTML file.

    Parameters
    ----------
    m
        A map from :func:`build_map`, extended with folium elements or not; a plain ``folium.Map`` without tiles
        works too.
    path
        The file to write.

    Returns
    -------
    Path
        The file actually written (see :func:`landinv.disk.write_atomically`).

    Raises
    ------
    AssetError
        If an element needs a script, style, picture or tile that the package does not carry; nothing is written.
    OutputError
        If the file cannot be written.
    """
    content = render_page(m).encode("utf-8")
    written = write_atomically(path, lambda target: _write(target, content))
    _log.info("map written: %s, %d bytes", written, len(content))
    return written


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def render_page(m: folium.Map) -> str:
    """Text of the whole page: the same for the same map.

    Raises
    ------
    AssetError
        If an element needs something the package does not carry.
    """
    figure = figure_of(m)
    _refuse_remote_elements(figure)
    with _rendered_once(figure):
        head = [_head_element(element) for element in figure.header._children.values()]
        parts = list(figure.html._children.values())
        own = [element.render() for element in parts if getattr(element, "own", False)]
        foreign = [element.render() for element in parts if not getattr(element, "own", False)]
        script = "\n".join(element.render() for element in figure.script._children.values())
    script = script.replace("\r\n", "\n").replace("</script", "<\\/script").replace("<!--", "<\\!--")
    markup = _Scan()
    for piece in [*head, *foreign]:
        markup.feed(piece)
    markup.close()
    for text in [script, *markup.scripts]:
        assets.refuse_missing_libraries(text)
    leaflet = _leaflet()
    language = html.escape(str(getattr(m, "language", "zh")), quote=True)
    lines = [
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy([leaflet, script, *markup.scripts])}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">\n<link rel="icon" href="data:,">',
        f"<title>{html.escape(str(figure.title or ''))}</title>",
        f"<style>{assets.style_text('leaflet.css')}</style>\n<script>{leaflet}</script>",
        *head,
        "</head>\n<body>",
        *own,
        *foreign,
        f"<script>{script}</script>\n</body>\n</html>\n",
    ]
    return "\n".join(lines)


def figure_of(element: Element) -> Figure:
    """The figure an element stands in.

    Raises
    ------
    TypeError
        If it stands in none.
    """
    root = element.get_root()
    if not isinstance(root, Figure):
        raise TypeError(f"{element.get_name()} stands in no figure")
    return root


def _leaflet() -> str:
    """Leaflet's script, with its pictures in the page itself."""
    return assets.script_text("leaflet.js") + _ICON_SCRIPT.format(
        icon=assets.picture("leaflet-marker-icon.png"),
        icon2=assets.picture("leaflet-marker-icon-2x.png"),
        shadow=assets.picture("leaflet-marker-shadow.png"),
    )


@contextmanager
def _rendered_once(figure: Figure) -> Iterator[None]:
    """Render the figure's elements with macros taken verbatim, and leave the figure as it was found."""
    parts = (figure.header, figure.html, figure.script)
    with _ONE_EXPORT:
        before = [part._children.copy() for part in parts]
        macros: Any = MacroElement
        original = macros.render
        macros.render = _render_macros
        try:
            for element in figure._children.values():
                element.render()
            yield
        finally:
            macros.render = original
            for part, children in zip(parts, before, strict=True):
                part._children = children


def _render_macros(element: MacroElement, **kwargs: Any) -> None:
    """Stand in for ``MacroElement.render``, without its second compilation."""
    figure = figure_of(element)
    macros = element._template.module.__dict__
    for part in ("header", "html", "script"):
        macro = macros.get(part)
        if macro is not None:
            getattr(figure, part).add_child(Verbatim(macro(element, kwargs)), name=element.get_name())
    for child in element._children.values():
        child.render(**kwargs)


def _head_element(element: Element) -> str:
    """Markup of one header element; the addresses folium links to become carried text or nothing."""
    if not isinstance(element, (JavascriptLink, CssLink)):
        return str(element.render())
    name = assets.answer(element.url)
    # leaflet itself stands first in the page, whatever asked for it
    if name is None or name.startswith("leaflet."):
        return ""
    if isinstance(element, JavascriptLink):
        return f"<script>{assets.script_text(name)}</script>\n"
    return f"<style>{assets.style_text(name)}</style>\n"


class _Scan(HTMLParser):
    """Collects scripts that would run, and refuses addresses that would be asked for."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.scripts: list[str] = []
        self._running = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        for name in _ADDRESS_ATTRIBUTES & values.keys():
            _refuse_remote(values[name], f"<{tag} {name}>")
        self._running = tag == "script" and values.get("type", "").lower() in _SCRIPT_TYPES
        if self._running:
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self._running:
            self.scripts[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._running = False


def _refuse_remote_elements(element: Element) -> None:
    """Refuse elements that would load something while the map is looked at: tiles, remote pictures, linked data."""
    for attribute in ("tiles", "url", "embed_link", "data_url"):
        value = getattr(element, attribute, None)
        if isinstance(value, str):
            _refuse_remote(value, type(element).__name__)
    for child in element._children.values():
        _refuse_remote_elements(child)


def _refuse_remote(address: str, where: str) -> None:
    plain = address.strip()
    if plain == "" or plain.startswith(("#", "data:", "blob:")):
        return
    raise AssetError(
        _("{where} of the map would load {address}.").format(where=where, address=plain[:200]),
        hint=_("A saved map may load nothing from elsewhere; take the element out or embed its content."),
    )


def _policy(scripts: list[str]) -> str:
    """Content security policy: these scripts and no other, pictures from the page itself, no connection."""
    digests = sorted({hashlib.sha256(text.encode("utf-8")).digest() for text in scripts})
    sources = " ".join(f"'sha256-{base64.b64encode(digest).decode('ascii')}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {sources}; style-src 'unsafe-inline'; img-src data: blob:; "
        "font-src data:; connect-src 'none'; worker-src 'none'; base-uri 'none'; form-action 'none'"
    )
