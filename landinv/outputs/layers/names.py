"""Column names that a format can hold, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

DBF_NAME_BYTES: Final = 10


def unique_names(
    names: Iterable[str], *, shorten: Callable[[str, str], str], reserved: Iterable[str] = ()
) -> list[str]:
    """Names in their order, made different where only case or cutting makes them equal.

    Parameters
    ----------
    names
        Column names.
    shorten
        Gets a name and a tail such as ``_1`` (empty at first) and gives the two as one name the format can hold.
    reserved
        Names that may not be used, such as those of the geometry and the record number.

    Examples
    --------
    >>> unique_names(["BSM", "bsm", "fid"], shorten=str.__add__, reserved=["fid"])
    ['BSM', 'bsm_1', 'fid_1']
    """
    taken = {name.casefold() for name in reserved}
    result = []
    for name in names:
        number, made = 0, shorten(name, "")
        while made.casefold() in taken:
            number += 1
            made = shorten(name, f"_{number}")
        taken.add(made.casefold())
        result.append(made)
    return result


def dbf_name(name: str, tail: str) -> str:
    """A name of at most ten bytes of UTF-8, which GDAL counts whatever the table's encoding; no character is halved.

    Examples
    --------
    >>> dbf_name("图斑地类面积", "_1")
    '图斑_1'
    """
    room = DBF_NAME_BYTES - len(tail.encode())
    return name.encode()[:room].decode("utf-8", "ignore") + tail
