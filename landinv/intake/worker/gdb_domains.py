"""What a geodatabase keeps beside its columns: aliases, and the names of coded values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

import pyarrow as pa

_ALIAS: Final = b"GDAL:OGR:alternative_name"
_DOMAIN: Final = b"GDAL:OGR:domain_name"
_CODED: Final = re.compile(r"<(?:\w+:)?GPCodedValueDomain")
_MOST_VALUES: Final = 2000


def with_aliases(columns: Iterable[Mapping[str, Any]], schema: pa.Schema) -> list[dict[str, Any]]:
    """Described columns with ``alias`` and ``domain`` (its name) where the schema's metadata names them."""
    described = []
    for column in columns:
        metadata = schema.field(column["name"]).metadata or {}
        told = {"alias": metadata.get(_ALIAS), "domain": metadata.get(_DOMAIN)}
        texts = {key: value.decode("utf-8", errors="replace") for key, value in told.items() if value}
        described.append({**column, **texts})
    return described


def coded_values(definitions: Iterable[str | None], wanted: Iterable[str]) -> dict[str, dict[str, str]]:
    """Names of the codes of each coded domain ``wanted``, from the definitions of a geodatabase's items.

    A definition that is no sound XML is left out: the names serve reading, no value depends on them.

    Examples
    --------
    >>> xml = ("<GPCodedValueDomain2><DomainName>QSXZ</DomainName><CodedValues><CodedValue><Name>国有</Name>"
    ...        "<Code>10</Code></CodedValue></CodedValues></GPCodedValueDomain2>")
    >>> coded_values([xml, None], ["QSXZ"])
    {'QSXZ': {'10': '国有'}}
    """
    names = set(wanted)
    found: dict[str, dict[str, str]] = {}
    for text in definitions:
        if not text or not names or not _CODED.search(text[:2000]):
            continue
        root = _parsed(text)
        if root is None:
            continue
        name = _child(root, "DomainName")
        if name in names:
            pairs = [(_child(e, "Code"), _child(e, "Name")) for e in root.iter() if _tag(e) == "CodedValue"]
            found[name] = {code: title for code, title in pairs[:_MOST_VALUES] if code}
    return found


def _parsed(text: str) -> Element | None:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    return root


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _child(element: Element, name: str) -> str:
    return next(((e.text or "").strip() for e in element if _tag(e) == name), "")
