"""What a foreign file may cost: memory, time, size. Measured on broken input; a county's layers stay far below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

GIB: Final = 1 << 30
MIB: Final = 1 << 20


@dataclass(frozen=True)
class ReaderLimits:
    """Limits of one worker process; seconds grow with the size of the staged files."""

    memory_bytes: int = 4 * GIB
    base_seconds: float = 18.0
    seconds_per_mib: float = 0.6
    answer_bytes: int = 8 * GIB

    def seconds_for(self, size: int) -> float:
        """Wall and CPU seconds allowed for files of ``size`` bytes together."""
        return self.base_seconds + self.seconds_per_mib * size / MIB


@dataclass(frozen=True)
class ArchiveLimits:
    """Limits of a zip archive, whether it holds layers or is a workbook."""

    members: int = 200
    ratio: float = 100.0
    total_bytes: int = 2 * GIB
    member_bytes: int = 2 * GIB


WORKBOOK_LIMITS: Final = ArchiveLimits(members=2000, total_bytes=GIB, member_bytes=200 * MIB)
FILE_BYTES: Final = 8 * GIB
TABLE_ROWS: Final = 1_048_576
TABLE_COLUMNS: Final = 512
