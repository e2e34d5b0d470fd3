"""What became of a finding; apart from the frames of findings, so that the command line starts without them."""

from __future__ import annotations

from typing import Final

OPEN: Final = "open"
ACCEPTED: Final = "accepted"
FIXED: Final = "fixed"
STATES: Final = (OPEN, ACCEPTED, FIXED)
STATE_DATES: Final = ("first_seen_on", "fixed_on", "accepted_on")
STATE_COLUMNS: Final = ("finding_id", "state", *STATE_DATES, "accepted_by", "accepted_why")
