"""Entry of the reader process: limits first, then one file, then an answer in the private folder."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

_MEMORY_EXIT = 77
# pyogrio would load them if it could, which takes longer than reading most layers; raw Arrow needs none of them.
_NOT_NEEDED = ("geopandas", "pandas", "pyproj")


class _Absent(MetaPathFinder):
    """Lets the packages that no reader needs pass for not installed."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Refuse the unneeded packages; leave all others to the finders that follow."""
        if fullname.partition(".")[0] in _NOT_NEEDED:
            raise ModuleNotFoundError(fullname)


def _limit(request: dict[str, Any]) -> None:
    try:
        import resource
    except ImportError:  # Windows: the caller's wall clock is the only limit
        return
    for kind, value in (
        (resource.RLIMIT_AS, request["memory_bytes"]),
        (resource.RLIMIT_CPU, request["cpu_seconds"]),
        (resource.RLIMIT_FSIZE, request["file_bytes"]),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError):  # a hard limit of the system that is lower stays in force
            resource.setrlimit(kind, (value, value))


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    from landinv.errors import LandinvError
    from landinv.i18n import set_language
    from landinv.intake.worker.reading import read

    set_language(request["language"])
    try:
        return read(request)
    except LandinvError as error:
        names = list(getattr(error, "names", ()))
        return {
            "error": {
                "kind": type(error).__name__,
                "message": error.message,
                "hint": error.hint,
                "names": names,
            }
        }


def main() -> int:
    """Answer one request from standard input; the exit code tells a memory limit from other ends."""
    raw = sys.stdin.buffer.read()
    request = json.loads(raw)
    # Kept for a start over with more drivers skipped, when standard input is used up.
    (Path(request["folder"]) / "request.json").write_bytes(raw)
    _limit(request)
    # Isolated mode knows no PYTHONPATH: the package is found from this file's own place.
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    sys.meta_path.insert(0, _Absent())
    try:
        answer = _answer(request)
    except MemoryError:
        return _MEMORY_EXIT
    target = Path(request["folder"]) / "answer.json"
    unfinished = target.with_suffix(".part")
    unfinished.write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")
    unfinished.replace(target)
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # no destructor of a reader may hang or crash after the answer is written
