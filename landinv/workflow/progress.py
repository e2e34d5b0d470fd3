"""What a long job tells while it works, and how long its steps took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tell = Callable[[str], None]


def silent(message: str) -> None:
    """Tell nobody."""


class Steps:
    """Names the step that begins and keeps the seconds of each, in order."""

    def __init__(self, tell: Tell = silent) -> None:
        self._tell = tell
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str, message: str) -> Iterator[None]:
        """Time the body under ``name``; ``message`` is shown when it begins."""
        self._tell(message)
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - begun, 3)
