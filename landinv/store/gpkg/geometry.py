"""Shapes as GeoPackage blobs: a header with the bounding box, then well-known binary (OGC 12-128r18, 2.1.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from landinv.errors import GeometryTypeError, StoreDamagedError
from landinv.i18n import gettext as _

FloatArray = npt.NDArray[np.float64]
ShapeArray = npt.NDArray[np.object_]
_LITTLE_ENDIAN_WITH_BOX: Final = 0b011
_HEADER: Final = np.dtype(
    [("GP", "S2"), ("version", "u1"), ("flags", "u1"), ("srs", "<i4"), ("box", "<f8", 4)]
)
_BOX_BYTES: Final = (0, 32, 48, 48, 64)
_ONE_PART: Final = bytes.fromhex("010600000001000000")
_WKB_POLYGON: Final = bytes.fromhex("0103000000")


def to_blobs(shapes: npt.ArrayLike, srs_id: int, *, layer: str) -> list[bytes | None]:
    """Blobs of polygons; each is stored as a multipolygon, an empty or missing one as None.

    Raises
    ------
    GeometryTypeError
        If a shape is no polygon; names layer and row.
    """
    array = np.array(shapes, dtype=object)
    array[shapely.is_empty(array)] = None
    kinds = shapely.get_type_id(array)
    wrong = np.flatnonzero(
        ~np.isin(kinds, (-1, shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    )
    if len(wrong):
        raise GeometryTypeError(
            _("Layer {layer}, row {row}: the shape is a {kind}, not a polygon.").format(
                layer=layer, row=int(wrong[0]) + 1, kind=array[wrong[0]].geom_type
            ),
            hint=_("The store keeps polygons only; repair or leave out this feature."),
        )
    headers = np.zeros(len(array), dtype=_HEADER)
    headers["GP"], headers["flags"], headers["srs"] = b"GP", _LITTLE_ENDIAN_WITH_BOX, srs_id
    headers["box"] = shapely.bounds(array)[:, [0, 2, 1, 3]]
    heads, size = headers.tobytes(), _HEADER.itemsize
    bodies = shapely.to_wkb(array, output_dimension=2, byte_order=1)
    single = (kinds == shapely.GeometryType.POLYGON).tolist()
    return [
        None if body is None else heads[n * size : (n + 1) * size] + (_ONE_PART + body if one else body)
        for n, (body, one) in enumerate(zip(bodies, single, strict=True))
    ]


def from_blobs(blobs: Sequence[Any], *, layer: str) -> ShapeArray:
    """Shapes of blobs, written by us or by another program; a multipolygon of one part comes as that polygon.

    Raises
    ------
    StoreDamagedError
        If a blob is no GeoPackage geometry; names layer and row.
    """
    bodies = [None if blob is None else _wkb(blob) for blob in blobs]
    shapes = shapely.from_wkb(np.array([*bodies, None], dtype=object)[:-1], on_invalid="ignore")
    lost = np.flatnonzero(shapely.is_missing(shapes) & np.array([b is not None for b in blobs], dtype=bool))
    if len(lost):
        raise StoreDamagedError(
            _("Layer {layer}, row {row}: the stored shape cannot be read.").format(
                layer=layer, row=int(lost[0]) + 1
            ),
            hint=_("Restore the last backup; the damaged file was left as it is."),
        )
    return np.asarray(shapes, dtype=object)


def shape_of(blob: Any) -> shapely.Geometry | None:
    """The shape of one blob; None where there is none, or it cannot be read."""
    return None if blob is None else shapely.from_wkb(_wkb(blob) or None, on_invalid="ignore")


def boxes(shapes: npt.ArrayLike) -> FloatArray:
    """Bounding boxes as the R-tree wants them: minx, maxx, miny, maxy; NaN where there is no shape."""
    return np.asarray(shapely.bounds(np.asarray(shapes, dtype=object))[:, [0, 2, 1, 3]], dtype="float64")


def written_boxes(blobs: Sequence[bytes]) -> FloatArray:
    """Bounding boxes of blobs made by :func:`to_blobs`, from their headers: minx, maxx, miny, maxy."""
    return np.frombuffer(b"".join([blob[8:40] for blob in blobs]), dtype="<f8").reshape(-1, 4)


def _wkb(blob: Any) -> bytes:
    # An unreadable body is told from a missing shape by the caller; empty bytes are unreadable.
    if not isinstance(blob, bytes) or blob[:2] != b"GP" or len(blob) < 13:
        return b""
    box = (blob[3] >> 1) & 0b111
    body = blob[8 + _BOX_BYTES[box] :] if box < len(_BOX_BYTES) else b""
    if body.startswith(_ONE_PART + _WKB_POLYGON):
        return body[len(_ONE_PART) :]
    return body
