"""What a ``.txt`` is: boundary points or a delimited table; the name alone does not tell."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

HEAD_BYTES: Final = 1 << 16
# No line of the format is longer; a made-up one must not keep the patterns busy.
_LONGEST_LINE: Final = 400
_ENCODINGS: Final = ("utf-8", "gb18030", "utf-16")
_HEADING: Final = re.compile(r"[\[【［〔]\s*(地块坐标|属性描述|项目信息)\s*[\]】］〕]")
_PARCEL: Final = re.compile(r"([^,，]*[,，]){3,}\s*[面线点]\s*[,，].*[@＠][\s,，]*$")
_POINT: Final = re.compile(r"[^,，]*([,，]\s*\d*\s*)?([,，]\s*[-+]?[\d.０-９．]+\s*){2,3}[,，]?\s*$")


def is_boundary_text(head: bytes) -> bool:
    r"""Whether the first bytes of a text are those of boundary points.

    A heading of the exchange format shows it in any encoding; without one, a parcel line that ends in ``@`` with a
    point line right after.

    Examples
    --------
    >>> is_boundary_text("[属性描述]".encode("gbk")), is_boundary_text("编号,名称,面积\n".encode("gbk"))
    (True, False)
    """
    names = ("utf-16", *_ENCODINGS) if head[:2] in (b"\xff\xfe", b"\xfe\xff") else _ENCODINGS[:2]
    if head[:200].count(0) > 20 and names == _ENCODINGS[:2]:
        names = ("utf-16-le", "utf-16-be")
    for name in names:
        text = head.decode(name, errors="ignore")
        if _HEADING.search(text):
            return True
        lines = [line[:_LONGEST_LINE] for line in text.splitlines() if line.strip()]
        if any(_PARCEL.match(one) and _POINT.match(other) for one, other in pairwise(lines)):
            return True
    return False
