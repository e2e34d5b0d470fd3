"""Exit codes: one a cause, stable; documented in ``docs/reference/exit-codes.md``."""

from __future__ import annotations

from typing import Final

from landinv import errors as e

DONE: Final = 0
FINDINGS: Final = 1
USAGE: Final = 2
UNEXPECTED: Final = 70
INTERRUPTED: Final = 130

_CODES: Final[dict[type[e.LandinvError], int]] = {
    e.LandinvError: 10,
    e.ProjectFileError: 11,
    e.SourceMissingError: 12,
    e.UnreadableFileError: 13,
    e.GeometryTypeError: 14,
    e.FieldMissingError: 15,
    e.FieldValueError: 16,
    e.EncodingUndecidedError: 17,
    e.CRSError: 18,
    e.UnitUndecidedError: 19,
    e.EmptyLayerError: 20,
    e.LimitExceededError: 21,
    e.StoreLockedError: 22,
    e.StoreDamagedError: 23,
    e.OutputError: 24,
    e.RulesetError: 25,
    e.AssetError: 26,
    e.ReaderDefectError: 27,
    e.FindingUnknownError: 28,
    e.ParcelUnknownError: 29,
    e.StoreEditedError: 34,
    e.CorrectionError: 35,
    e.UndoConflictError: 36,
}


def exit_code(error: e.LandinvError) -> int:
    """Exit code of an error: its own class's, else its nearest parent's."""
    return next(_CODES[cls] for cls in type(error).__mro__ if cls in _CODES)


def exit_code_table() -> list[tuple[int, str, str]]:
    """Rows of code, name and meaning, for the reference."""
    fixed = [
        (DONE, "done", "Done."),
        (
            FINDINGS,
            "findings",
            "Done, with findings at or above --fail-on (convert, doctor: with any finding).",
        ),
        (USAGE, "usage", "The command line is wrong."),
    ]
    caused = [(code, cls.__name__, (cls.__doc__ or "").splitlines()[0]) for cls, code in _CODES.items()]
    ends = [
        (
            UNEXPECTED,
            "unexpected",
            "A defect of the program itself; details are in the log file that is named.",
        ),
        (INTERRUPTED, "interrupted", "Stopped with Ctrl-C; what existed before still stands."),
    ]
    return [*fixed, *caused, *ends]
