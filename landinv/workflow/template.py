"""Give an empty workbook to type the records of a role into."""

from __future__ import annotations

from pathlib import Path

from landinv.errors import GeometryTypeError, OutputError, ProjectFileError
from landinv.i18n import gettext as _
from landinv.model.roles import ROLES
from landinv.outputs.templates.columns import SHEETS, TEMPLATE_ROLES
from landinv.outputs.templates.workbook import write_template


def template(role: str, out: Path | None = None) -> Path:
    """Write the empty workbook of a role; an existing file is left alone, for it may hold somebody's typing.

    Parameters
    ----------
    role
        ``approvals``, ``supplies`` or ``projects``.
    out
        The workbook wanted; None: ``供地台账.xlsx`` and the like in the current folder.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    GeometryTypeError
        If the role is one of shapes and has no table to type.
    ProjectFileError
        If there is no such role.
    OutputError
        If the file exists, is no ``.xlsx`` or cannot be written.
    """
    if role not in TEMPLATE_ROLES:
        raise _no_table(role)
    path = out or Path(f"{SHEETS[role]}.xlsx")
    if path.suffix.lower() != ".xlsx":
        raise OutputError(
            _("{path} is no .xlsx; a template is a workbook.").format(path=path),
            hint=_("Name a file that ends in .xlsx."),
        )
    if path.exists() or path.is_symlink():
        raise OutputError(
            _("{path} is there already and is left as it is.").format(path=path),
            hint=_("Name another file with -o, or move the old one away first."),
        )
    return write_template(role, path)


def _no_table(role: str) -> GeometryTypeError | ProjectFileError:
    possible = ", ".join(TEMPLATE_ROLES)
    if role in ROLES:
        return GeometryTypeError(
            _("The role {role} is a layer of shapes; there is no table of it to type.").format(role=role),
            hint=_("Draw or export it in your GIS; templates exist for: {roles}.").format(roles=possible),
        )
    return ProjectFileError(
        _("There is no role {role}.").format(role=role),
        hint=_("Templates exist for: {roles}.").format(roles=possible),
    )
