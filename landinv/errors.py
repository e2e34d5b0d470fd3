"""One tree of errors: each says what was found and, in its hint, what to do."""

from __future__ import annotations


class LandinvError(Exception):
    """Something the program cannot go on from.

    Parameters
    ----------
    message
        Names the file, layer, row or field and what was found there.
    hint
        What the user can do about it.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message


class ProjectFileError(LandinvError, ValueError):
    """The project file cannot be understood."""


class SourceMissingError(LandinvError, FileNotFoundError):
    """A file, folder or layer that was named is not there.

    ``names`` lists the layers to choose from, where a file has several and none was named.
    """

    def __init__(self, message: str, *, hint: str = "", names: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.names = names


class UnreadableFileError(LandinvError, OSError):
    """A file is there but is not what it claims to be, or is damaged."""


class GeometryTypeError(LandinvError, TypeError):
    """A layer holds another kind of geometry than its role needs."""


class FieldMissingError(LandinvError, KeyError):
    """A field that the role cannot do without is not in the file."""


class FieldValueError(LandinvError, ValueError):
    """A value cannot be what its field says."""


class EncodingUndecidedError(LandinvError, UnicodeError):
    """The character encoding of a file cannot be decided from its evidence."""


class CRSError(LandinvError, ValueError):
    """A coordinate reference system is missing, contradicted by the coordinates, or refused."""


class UnitUndecidedError(LandinvError, ValueError):
    """The unit of a numeric column cannot be decided from its evidence."""


class EmptyLayerError(LandinvError, ValueError):
    """A layer or table holds no record."""


class LimitExceededError(LandinvError, RuntimeError):
    """Reading a file would take more time, memory or disk than is allowed."""


class StoreLockedError(LandinvError, OSError):
    """Another program or person holds the store."""


class StoreDamagedError(LandinvError, ValueError):
    """The store's content contradicts its own sums, or is no store of ours."""


class StoreEditedError(LandinvError, ValueError):
    """The store was edited by another program, or damaged, since the last batch."""


class CorrectionError(LandinvError, ValueError):
    """A correction cannot be made, or what it corrected is not there."""


class UndoConflictError(LandinvError, ValueError):
    """What is to be undone was built upon since."""


class OutputError(LandinvError, OSError):
    """A result cannot be written."""


class RulesetError(LandinvError, ValueError):
    """A ruleset is missing, malformed or not in force."""


class AssetError(LandinvError, LookupError):
    """A map asks for a resource that is not carried in the package."""


class ParcelUnknownError(LandinvError, LookupError):
    """A parcel, supply or approval that was named is not in the register, or is several."""


class FindingUnknownError(LandinvError, LookupError):
    """A finding that was named is not in the register."""


class ReaderDefectError(LandinvError, RuntimeError):
    """A reader of ours met a defect of its own; the file may be sound."""
