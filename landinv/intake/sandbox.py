"""The second half of the reader's wall: a staged file is read in a process that may do nothing else.

The worker gets one GDAL driver, no network and limits on time and memory; the request is JSON, the answer is an Arrow
file and JSON in the private folder. Nothing is ever unpickled. On Windows there are no resource limits: only the wall
clock ends a worker there.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from landinv import errors
from landinv.errors import (
    LandinvError,
    LimitExceededError,
    ReaderDefectError,
    SourceMissingError,
    UnreadableFileError,
)
from landinv.i18n import current_language
from landinv.i18n import gettext as _
from landinv.intake.drivers import skipped_drivers
from landinv.intake.limits import ReaderLimits
from landinv.intake.staging import FILEGDB, GEOPACKAGE, SHAPEFILE, Staged

logger = logging.getLogger(__name__)

_WORKER: Final = Path(__file__).with_name("worker") / "__main__.py"
_DRIVER: Final = {SHAPEFILE: "ESRI Shapefile", GEOPACKAGE: "GPKG", FILEGDB: "OpenFileGDB"}
_NOWHERE: Final = "http://127.0.0.1:9"
_KEPT: Final = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
_MEMORY_EXIT: Final = 77
_TRACEBACK: Final = "Traceback (most recent call last)"


@dataclass(frozen=True)
class Answer:
    """What a worker read: tables by name (Arrow), and the facts about them (JSON)."""

    tables: Mapping[str, pa.Table]
    facts: Mapping[str, Any]


def read_staged(
    staged: Staged, *, layer: str = "", encoding: str = "", limits: ReaderLimits | None = None
) -> Answer:
    """Read a staged copy in a worker process.

    Raises
    ------
    LandinvError
        What the worker found wrong with the file, as it said it.
    UnreadableFileError
        If the worker died of the file.
    ReaderDefectError
        If the worker stumbled over a defect of its own code.
    LimitExceededError
        If it took more time or memory than allowed; it is killed.
    """
    limits = limits or ReaderLimits()
    seconds = limits.seconds_for(staged.size)
    request = {
        "format": staged.format,
        "path": str(staged.main),
        "folder": str(staged.folder),
        "title": staged.title,
        "layer": layer,
        "encoding": encoding,
        "language": current_language(),
        "memory_bytes": limits.memory_bytes,
        "cpu_seconds": int(seconds) + 1,
        "file_bytes": limits.answer_bytes,
        "driver": _DRIVER.get(staged.format, ""),
    }
    answer = staged.folder / "answer.json"
    answer.unlink(missing_ok=True)  # of another layer of the same copy
    code = _run(request, staged, seconds)
    if not answer.exists():
        raise _died(staged, code)
    facts = json.loads(answer.read_text(encoding="utf-8"))
    if "error" in facts:
        raise _as_error(facts["error"])
    tables = {name: _table(staged.folder / file) for name, file in facts["tables"].items()}
    return Answer(tables, facts)


def environment(driver: str) -> dict[str, str]:
    """Environment of a worker: one driver, dead proxies, no projection grids from the network."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {
        "GDAL_SKIP": ",".join(skipped_drivers(driver)),
        "CPL_VSIL_CURL_ALLOWED_FILENAME": "/vsicurl/none",
        "GDAL_HTTP_PROXY": _NOWHERE,
        "GDAL_HTTPS_PROXY": _NOWHERE,
        "http_proxy": _NOWHERE,
        "https_proxy": _NOWHERE,
        "PROJ_NETWORK": "OFF",
        "CPL_DEBUG": "OFF",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _run(request: Mapping[str, Any], staged: Staged, seconds: float) -> int:
    with (staged.folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-I", "-B", str(_WORKER)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=staged.folder,
            env=environment(str(request["driver"])),
        )
        try:
            process.communicate(json.dumps(request).encode("utf-8"), timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise LimitExceededError(
                _("{path}: reading took more than {seconds} seconds and was stopped.").format(
                    path=staged.title, seconds=round(seconds)
                ),
                hint=_("The file is likely damaged or made to block; export it again from its source."),
            ) from error
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    return process.returncode


def _died(staged: Staged, code: int) -> LandinvError:
    log = (staged.folder / "worker.log").read_text(encoding="utf-8", errors="replace")
    logger.debug("worker on %s ended with %s: %s", staged.title, code, log[-4000:])
    cpu_limit = -24  # SIGXCPU
    if code in (_MEMORY_EXIT, cpu_limit) or "MemoryError" in log or "bad_alloc" in log:
        return LimitExceededError(
            _("{path}: reading needed more time or memory than is allowed and was stopped.").format(
                path=staged.title
            ),
            hint=_(
                "The file is likely damaged or made to block; export it again, in parts if it is truly large."
            ),
        )
    if code == 1 and _TRACEBACK in log:
        return _defect(staged, log)
    return UnreadableFileError(
        _("{path}: the reader broke off (exit code {code}).").format(path=staged.title, code=code),
        hint=_("The file is damaged; export it again from its source."),
    )


def _defect(staged: Staged, log: str) -> ReaderDefectError:
    """Python ends with 1 and a traceback only where our own code did not foresee what it met."""
    handle, kept = tempfile.mkstemp(prefix="landinv-reader-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(log)
    return ReaderDefectError(
        _("{path}: the reader met a defect of its own on this file: {cause}.").format(
            path=staged.title, cause=log.strip().splitlines()[-1][:160]
        ),
        hint=_("The file may be sound: report this with {log}, and try another format meanwhile.").format(
            log=kept
        ),
    )


def _as_error(told: Mapping[str, Any]) -> LandinvError:
    kind = getattr(errors, told["kind"], UnreadableFileError)
    if not (isinstance(kind, type) and issubclass(kind, LandinvError)):
        kind = UnreadableFileError
    if kind is SourceMissingError:
        return SourceMissingError(told["message"], hint=told["hint"], names=tuple(told.get("names", ())))
    error: LandinvError = kind(told["message"], hint=told["hint"])
    return error


def _table(path: Path) -> pa.Table:
    with path.open("rb") as file:
        return pa.ipc.open_file(file).read_all()
