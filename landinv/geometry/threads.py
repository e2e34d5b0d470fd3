"""One array operation shared among threads: GEOS lets the interpreter's lock go."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np

from landinv.geometry.arrays import ShapeArray

_CHUNK: Final = 1_000
WORKERS: Final = min(os.cpu_count() or 1, 8)


def in_threads(
    operation: Callable[..., ShapeArray], *arrays: ShapeArray, workers: int = WORKERS, chunk: int = _CHUNK
) -> ShapeArray:
    """Apply an elementwise operation on arrays of shapes, a chunk of them in each thread.

    Parameters
    ----------
    operation
        Takes as many arrays as are given, and returns one shape for each row.
    arrays
        Equally long arrays of shapes.
    workers, chunk
        Threads, and rows handed to a thread at a time; they change nothing in the result.

    Examples
    --------
    >>> import shapely
    >>> squares = np.array([shapely.box(0, 0, 2, 2), shapely.box(5, 5, 6, 6)])
    >>> in_threads(shapely.centroid, squares).tolist()
    [<POINT (1 1)>, <POINT (5.5 5.5)>]
    """
    size = len(arrays[0])
    if workers < 2 or size <= chunk:
        return np.asarray(operation(*arrays), dtype=np.object_).reshape(size)
    with ThreadPoolExecutor(workers) as pool:
        parts = pool.map(lambda at: operation(*(a[at : at + chunk] for a in arrays)), range(0, size, chunk))
        return np.concatenate(list(parts))


def each_stretch(
    operation: Callable[[slice], None], size: int, *, chunk: int = _CHUNK, workers: int = WORKERS
) -> None:
    """Call an operation for every stretch of ``size`` rows, a stretch in each thread.

    For work that lets the interpreter's lock go and writes its results to places of its own.

    Examples
    --------
    >>> out = np.zeros(5)
    >>> each_stretch(lambda part: out[part].fill(1.0), 5, chunk=2)
    >>> out.tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    parts = [slice(at, min(at + chunk, size)) for at in range(0, size, chunk)]
    if workers < 2 or len(parts) < 2:
        for part in parts:
            operation(part)
        return
    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(operation, parts):
            pass
