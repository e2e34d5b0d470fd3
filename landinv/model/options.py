"""What a project file says, as frozen dataclasses; the words are those of ``landinv.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path


@dataclass(frozen=True)
class CountyOptions:
    """The county: name, six-digit code, and working CRS (``EPSG:…``, metres)."""

    name: str
    code: str
    crs: str


@dataclass(frozen=True)
class SourceOptions:
    """One source: its key (``supplies.contracts``), role, absolute path, and what the bureau overrides.

    ``fields`` maps canonical or standard names to the file's own; ``units`` maps canonical names to m2, ha or mu;
    ``encoding`` and ``crs`` are empty where they are to be decided from evidence.
    """

    key: str
    role: str
    path: Path
    layer: str = ""
    encoding: str = ""
    crs: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    effect: str = ""
    code_system: str = ""
    title: str = ""


@dataclass(frozen=True)
class DeriveOptions:
    """When a residual part is a parcel: area (ellipsoidal m²) and diameter of an inscribed disc (m).

    ``noise_width_m``: a share of a parcel in which no disc of this diameter fits is two outlines that nearly coincide
    and is summed as ``noise``; 0: every share is told.
    """

    min_area_m2: float = 100.0
    min_width_m: float = 2.0
    noise_width_m: float = 0.2


@dataclass(frozen=True)
class RulesOptions:
    """Ruleset by name or file, and the date the rules are applied for (None: today).

    ``further`` are rulesets of other times; the one in force on the date is applied.
    """

    ruleset: str = "cn-2012-53"
    as_of: date | None = None
    further: tuple[str, ...] = ()

    @property
    def rulesets(self) -> tuple[str, ...]:
        """Every ruleset named, in the order given."""
        return (self.ruleset, *self.further)


@dataclass(frozen=True)
class OutputOptions:
    """Output folder (absolute) and whether site sheets are part of a run."""

    dir: Path
    sheets: bool = False


@dataclass(frozen=True)
class ProjectOptions:
    """A whole project file; ``store`` is an absolute path or a ``postgresql://`` address."""

    path: Path
    county: CountyOptions
    store: str
    output: OutputOptions
    sources: tuple[SourceOptions, ...]
    rules: RulesOptions = field(default_factory=RulesOptions)
    derive: DeriveOptions = field(default_factory=DeriveOptions)
