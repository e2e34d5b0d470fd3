"""Which file of a folder or archive is meant, where it holds several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from landinv.errors import SourceMissingError
from landinv.i18n import gettext as _
from landinv.intake.naming import shown

_LISTED = 8


def chosen_file(names: Sequence[str], wanted: str, *, title: str) -> tuple[str, str]:
    """The file that ``wanted`` names, and the layer it asks for inside that file.

    Parameters
    ----------
    names
        Files to choose from, with their folders.
    wanted
        Path, name or stem of one of them, a layer's name behind it where the file has several of its own
        (``库.gdb/DLTB``); empty, or the layer alone, where there is only one file.
    title
        Of the folder or archive, for messages.

    Raises
    ------
    SourceMissingError
        If none or several of them can be meant; it carries the names.

    Examples
    --------
    >>> chosen_file(["县/DLTB.shp", "县/XZQ.shp"], "dltb", title="县.zip")
    ('县/DLTB.shp', '')
    >>> chosen_file(["县.gdb"], "DLTB", title="县.zip")
    ('县.gdb', 'DLTB')
    """
    fitting = [(name, inside) for name in names if (inside := _inside(name, wanted)) is not None]
    if len(fitting) == 1:
        return fitting[0]
    if len(names) == 1:
        return names[0], wanted
    raise SourceMissingError(
        _("{path} holds {count} layers: {names}.").format(
            path=title, count=len(names), names=", ".join(shown(n) for n in names[:_LISTED]) or "-"
        ),
        hint=_('Say which one with `layer = "…"`.') if names else _("Check that the right file was given."),
        names=tuple(names),
    )


def _inside(name: str, wanted: str) -> str | None:
    """What ``wanted`` asks for inside a file, empty for the file itself; None where it means another."""
    path = PurePosixPath(name)
    for form in (name, path.name, path.stem):
        if wanted.casefold() == form.casefold():
            return ""
        if wanted.casefold().startswith(f"{form.casefold()}/"):
            return wanted[len(form) + 1 :]
    return None
