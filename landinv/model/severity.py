"""How bad a finding is; apart from the frames of findings, so that the command line starts without them."""

from __future__ import annotations

from typing import Final

SEVERITIES: Final = ("notice", "warning", "error")
