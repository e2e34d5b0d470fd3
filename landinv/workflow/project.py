"""Read ``landinv.toml``: every key known, every path made absolute, every mistake named with its nearest right word."""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from landinv.errors import ProjectFileError, SourceMissingError
from landinv.i18n import gettext as _
from landinv.model.options import (
    CountyOptions,
    DeriveOptions,
    OutputOptions,
    ProjectOptions,
    RulesOptions,
    SourceOptions,
)
from landinv.model.roles import CONSTRAINT_KINDS, EFFECTS, ROLES, TOWNSHIPS
from landinv.model.units import AREA_FACTORS

_TABLES: Final = ("county", "store", "output", "sources", "rules", "derive")
_SOURCE_KEYS: Final = tuple(
    f.name for f in dataclasses.fields(SourceOptions) if f.name not in ("key", "role")
)
_COUNTY_CODE: Final = re.compile(r"\d{6}")


def read_project(path: Path) -> ProjectOptions:
    """Read and check a project file.

    Returns
    -------
    ProjectOptions
        Paths are absolute (relative ones count from the project file's folder); sources keep the file's order.

    Raises
    ------
    SourceMissingError
        If there is no such file.
    ProjectFileError
        If it is no TOML, lacks the county, or holds an unknown key, role or value.
    """
    document = _read_toml(path)
    _check_keys(document, _TABLES, _("the project file"), path)
    folder = path.resolve().parent
    for name in ("county", "sources"):
        if not document.get(name):
            raise ProjectFileError(
                _("{path} has no [{table}] table.").format(path=path, table=name),
                hint=_("Add it as the documentation of landinv.toml shows."),
            )
    county = _table(document, "county", path)
    sources = _Sources(path, folder).read(_with_townships(_table(document, "sources", path), county, path))
    return ProjectOptions(
        path=path.resolve(),
        county=_county(county, path),
        store=_store(_table(document, "store", path), path, folder),
        output=_output(_table(document, "output", path), path, folder),
        sources=sources,
        rules=_rules(_table(document, "rules", path), path, folder),
        derive=_derive(_table(document, "derive", path), path),
    )


def _read_toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise SourceMissingError(
            _("There is no project file {path}.").format(path=path),
            hint=_(
                "Name one: landinv run PROJECT.toml, or start landinv in the folder that holds landinv.toml."
            ),
        )
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):  # Notepad on a Chinese PC saves either
        try:
            return tomllib.loads(raw.decode(encoding))
        except UnicodeDecodeError:
            continue
        except tomllib.TOMLDecodeError as error:
            raise ProjectFileError(
                _("{path} is not valid TOML: {error}").format(path=path, error=error),
                hint=_("Mend the line named; texts stand in double quotes, paths with forward slashes."),
            ) from error
    raise ProjectFileError(
        _("{path} is neither UTF-8 nor GB18030 text.").format(path=path), hint=_("Save it again as UTF-8.")
    )


def _check_keys(given: Iterable[str], known: Iterable[str], where: str, path: Path) -> None:
    names = list(known)
    for key in given:
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1, cutoff=0.0)
            raise ProjectFileError(
                _("{path}: unknown key {key} in {where}.").format(path=path, key=key, where=where),
                hint=_("Did you mean {near}? Known keys: {known}.").format(
                    near=near[0] if near else names[0], known=", ".join(names)
                ),
            )


def _table(document: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any]:
    value = document.get(name, {})
    if not isinstance(value, dict):
        raise ProjectFileError(
            _("{path}: {name} must be a table, not {value!r}.").format(path=path, name=name, value=value),
            hint=_("Write it as [{name}] with its keys below.").format(name=name),
        )
    return value


def _text(table: Mapping[str, Any], key: str, where: str, path: Path, *, default: str = "") -> str:
    value = table.get(key, default)
    if not isinstance(value, str):
        raise ProjectFileError(
            _("{path}: {key} in {where} must be text, not {value!r}.").format(
                path=path, key=key, where=where, value=value
            ),
            hint=_('Put it in double quotes: {key} = "{value}".').format(key=key, value=value),
        )
    return value


def _county(table: Mapping[str, Any], path: Path) -> CountyOptions:
    _check_keys(table, ("name", "code", "crs", TOWNSHIPS), "[county]", path)
    county = CountyOptions(*(_text(table, key, "[county]", path) for key in ("name", "code", "crs")))
    if not county.name or not _COUNTY_CODE.fullmatch(county.code):
        raise ProjectFileError(
            _("{path}: [county] needs a name and a code of six digits; found {name!r} and {code!r}.").format(
                path=path, name=county.name, code=county.code
            ),
            hint=_('For example name = "岚县", code = "141127".'),
        )
    _check_working_crs(county.crs, path)
    return county


def _with_townships(sources: Mapping[str, Any], county: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """The sources and, where the county names one, its table of townships: a source like any other."""
    file = _text(county, TOWNSHIPS, "[county]", path)
    if not file:
        return sources
    if TOWNSHIPS in sources:
        raise ProjectFileError(
            _("{path}: the table of townships is named in [county] and in [sources].").format(path=path),
            hint=_("Name it once."),
        )
    return {**sources, TOWNSHIPS: {"path": file}}


def _check_working_crs(crs: str, path: Path) -> None:
    import pyproj

    hint = _('Give the county\'s 3-degree Gauss–Krüger zone of CGCS2000, for example crs = "EPSG:4525".')
    try:
        known = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise ProjectFileError(
            _("{path}: [county] crs {crs!r} is not a coordinate reference system.").format(
                path=path, crs=crs
            ),
            hint=hint,
        ) from error
    if not known.is_projected or known.axis_info[0].unit_name not in ("metre", "meter"):
        raise ProjectFileError(
            _("{path}: [county] crs {crs} is {name}, not a projected system in metres.").format(
                path=path, crs=crs, name=known.name
            ),
            hint=hint,
        )


def _store(table: Mapping[str, Any], path: Path, folder: Path) -> str:
    _check_keys(table, ("path",), "[store]", path)
    target = _text(table, "path", "[store]", path, default="layers/inventory.gpkg")
    return target if target.startswith("postgresql://") else str(_absolute(folder, target))


def _output(table: Mapping[str, Any], path: Path, folder: Path) -> OutputOptions:
    _check_keys(table, ("dir", "sheets"), "[output]", path)
    sheets = table.get("sheets", False)
    if not isinstance(sheets, bool):
        raise ProjectFileError(
            _("{path}: sheets in [output] must be true or false, not {value!r}.").format(
                path=path, value=sheets
            ),
            hint=_("Write sheets = true."),
        )
    return OutputOptions(_absolute(folder, _text(table, "dir", "[output]", path, default="maps")), sheets)


def _rules(table: Mapping[str, Any], path: Path, folder: Path) -> RulesOptions:
    _check_keys(table, ("as_of", "ruleset"), "[rules]", path)
    given = table.get("ruleset", RulesOptions().ruleset)
    several = given if isinstance(given, list) and given else [given]
    names = [_text({"ruleset": one}, "ruleset", "[rules]", path) for one in several]
    named = [str(_absolute(folder, name)) if name.endswith(".toml") else name for name in names]
    as_of = _as_of(table.get("as_of"), path)
    return RulesOptions(ruleset=named[0], as_of=as_of, further=tuple(named[1:]))


def _as_of(value: object, path: Path) -> date | None:
    if value is None:
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ProjectFileError(
        _("{path}: as_of in [rules] must be a date, not {value!r}.").format(path=path, value=value),
        hint=_("Write as_of = 2022-10-10, without quotes."),
    )


def _derive(table: Mapping[str, Any], path: Path) -> DeriveOptions:
    known = [f.name for f in dataclasses.fields(DeriveOptions)]
    _check_keys(table, known, "[derive]", path)
    for key, value in table.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise ProjectFileError(
                _("{path}: {key} in [derive] must be a number from 0 up, not {value!r}.").format(
                    path=path, key=key, value=value
                ),
                hint=_("Square metres for min_area_m2, metres for min_width_m and noise_width_m."),
            )
    return DeriveOptions(**{key: float(value) for key, value in table.items()})


def _absolute(folder: Path, target: str) -> Path:
    return (folder / target).absolute()


@dataclasses.dataclass(frozen=True)
class _Sources:
    """Reads the ``[sources]`` tables of one project file."""

    path: Path
    folder: Path

    def read(self, tables: Mapping[str, Any]) -> tuple[SourceOptions, ...]:
        return tuple(self._source(key, table) for key, table in self._flat(tables, ""))

    def _flat(self, tables: Mapping[str, Any], prefix: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """Tables with their dotted keys: ``[sources.a.b]`` and ``[sources."a.b"]`` are the same."""
        for key, value in tables.items():
            name = f"{prefix}{key}"
            table = _table({name: value}, name, self.path)
            inner = {k: v for k, v in table.items() if isinstance(v, dict) and k not in _SOURCE_KEYS}
            own = {k: v for k, v in table.items() if k not in inner}
            if own or not inner:
                yield name, own
            yield from self._flat(inner, f"{name}.")

    def _source(self, key: str, table: Mapping[str, Any]) -> SourceOptions:
        where = f'[sources."{key}"]' if "." in key else f"[sources.{key}]"
        role = key.partition(".")[0]
        _check_keys([role], ROLES, _("the roles of [sources]"), self.path)
        _check_keys(table, _SOURCE_KEYS, where, self.path)
        if not table.get("path"):
            raise ProjectFileError(
                _("{path}: {where} has no path.").format(path=self.path, where=where),
                hint=_('Add path = "layers/….shp".'),
            )
        words = {
            k: _text(table, k, where, self.path) for k in _SOURCE_KEYS if k not in ("path", "fields", "units")
        }
        source = SourceOptions(
            key=key,
            role=role,
            path=_absolute(self.folder, _text(table, "path", where, self.path)),
            fields=self._mapping(table, "fields", where),
            units=self._mapping(table, "units", where),
            **words,
        )
        self._check_values(source, where)
        return self._with_constraint(source, where) if role == "constraints" else source

    def _mapping(self, table: Mapping[str, Any], key: str, where: str) -> dict[str, str]:
        inner = _table({key: table.get(key, {})}, key, self.path)
        return {k: _text(inner, k, f"{where} {key}", self.path) for k in inner}

    def _check_values(self, source: SourceOptions, where: str) -> None:
        for unit in source.units.values():
            _check_keys([unit], AREA_FACTORS, f"{where} units", self.path)
        if source.effect:
            _check_keys([source.effect], EFFECTS, f"{where} effect", self.path)

    def _with_constraint(self, source: SourceOptions, where: str) -> SourceOptions:
        kind = source.kind or source.key.partition(".")[2]
        if not kind or (kind not in CONSTRAINT_KINDS and not source.effect):
            raise ProjectFileError(
                _("{path}: {where} has kind {kind!r} and effect {effect!r}.").format(
                    path=self.path, where=where, kind=kind, effect=source.effect
                ),
                hint=_(
                    'Give kind = "farmland", "redline" or "boundary", or a name of your own with '
                    'effect = "exclude" (taken off what is unsupplied) or "report" (only measured).'
                ),
            )
        return dataclasses.replace(source, kind=kind, effect=source.effect or "report")
