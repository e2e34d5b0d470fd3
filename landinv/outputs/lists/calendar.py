"""Deadlines as an iCalendar file (RFC 5545) that Outlook, WPS and telephones take in."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd

from landinv.disk import write_atomically

_HEAD: Final = (
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//landinv//due//ZH",
    "CALSCALE:GREGORIAN",
    "METHOD:PUBLISH",
)
_LONGEST: Final = 75  # octets of a line, RFC 5545 section 3.1
REMIND_DAYS: Final = 7


def write_calendar(due: pd.DataFrame, path: Path, *, county: str, as_of: date) -> Path:
    """Write one all-day event a deadline, each with a reminder a week before; the same list gives the same bytes.

    Parameters
    ----------
    due
        From :func:`landinv.reports.due.due_dates`.
    path
        The file wanted, ``.ics``.
    county
        Its name stands in the calendar's title.
    as_of
        The day the list is for; it is the events' time stamp, so that a later list brings them up to date.

    Returns
    -------
    Path
        The file written: ``path``, or its neighbour where ``path`` is held open.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    lines = [*_HEAD, f"X-WR-CALNAME:{_escaped(county)}土地到期事项"]
    for row in due.astype("object").where(due.notna(), None).to_dict("records"):
        lines += _event({str(k): v for k, v in row.items()}, as_of)
    text = "\r\n".join(folded for line in [*lines, "END:VCALENDAR"] for folded in _folded(line)) + "\r\n"

    def write(target: Path) -> None:
        target.write_bytes(text.encode())

    return write_atomically(path, write)


def _event(row: dict[str, Any], as_of: date) -> list[str]:
    day = row["due_on"].date()
    who = row["subject"] or row["number"] or row["parcel_id"] or ""
    told = [
        f"{title}：{row[name]}"
        for name, title in (
            ("number", "文号"),
            ("parcel_id", "地块"),
            ("location", "位置"),
            ("basis", "依据"),
        )
        if row[name]
    ]
    key = row["number"] or row["parcel_id"] or row["source_refs"] or ""
    return [
        "BEGIN:VEVENT",
        f"UID:{row['code']}-{_escaped(str(key))}-{day:%Y%m%d}@landinv",
        f"DTSTAMP:{as_of:%Y%m%d}T000000Z",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_escaped(row['title'] + '：' + str(who))}",
        f"DESCRIPTION:{_escaped(chr(10).join(told))}",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_escaped(row['title'])}",
        f"TRIGGER:-P{REMIND_DAYS}D",
        "END:VALARM",
        "END:VEVENT",
    ]


def _escaped(text: str) -> str:
    """Text of a property; a line break or a comma in a name must not end it."""
    plain = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "".join(c for c in plain.replace("\r\n", "\n").replace("\n", "\\n") if c >= " ")


def _folded(line: str) -> list[str]:
    """A line as lines of at most 75 octets, no character cut in two."""
    parts: list[str] = []
    current = ""
    for character in line:
        limit = _LONGEST - (1 if parts else 0)
        if len((current + character).encode()) > limit:
            parts.append(current)
            current = ""
        current += character
    parts.append(current)
    return [parts[0], *(f" {part}" for part in parts[1:])]
