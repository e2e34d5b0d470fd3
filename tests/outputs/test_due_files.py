from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd

from landinv.outputs.lists.calendar import write_calendar
from landinv.outputs.lists.due_workbook import DUE, write_due_workbook
from landinv.reports.due import DUE_COLUMNS

AS_OF = date(2022, 10, 10)


def listed() -> pd.DataFrame:
    row = {
        "due_on": pd.Timestamp("2022-11-09"), "days_left": 30, "code": "investigation", "title": "闲置土地调查期限",
        "parcel_id": "141127-S00001", "subject": "示例,项目;一号\nBEGIN:VEVENT" + "长" * 40, "number": "1411272015B00011",
        "township": "东村镇", "location": "=1+1", "area_m2": 1234.567, "basis": "第五条", "source_refs": None,
    }  # fmt: skip
    return pd.DataFrame([row, {**row, "due_on": pd.Timestamp("2022-12-31"), "subject": None}])[
        list(DUE_COLUMNS)
    ]


def unfolded(path: Path) -> list[str]:
    text = path.read_bytes().decode("utf-8")
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def test_calendar_has_one_all_day_event_a_deadline(tmp_path: Path) -> None:
    lines = unfolded(write_calendar(listed(), tmp_path / "due.ics", county="岚县", as_of=AS_OF))
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 2
    assert lines.count("BEGIN:VALARM") == 2
    assert "DTSTART;VALUE=DATE:20221109" in lines
    assert "DTEND;VALUE=DATE:20221110" in lines
    assert "DTEND;VALUE=DATE:20230101" in lines
    assert len({line for line in lines if line.startswith("UID:")}) == 2


def test_text_of_a_name_cannot_end_its_property(tmp_path: Path) -> None:
    lines = unfolded(write_calendar(listed(), tmp_path / "due.ics", county="岚县", as_of=AS_OF))
    summary = next(line for line in lines if line.startswith("SUMMARY:"))
    assert summary.startswith("SUMMARY:闲置土地调查期限：示例\\,项目\\;一号\\nBEGIN:VEVENT长")


def test_empty_list_is_a_sound_calendar(tmp_path: Path) -> None:
    lines = unfolded(write_calendar(listed().iloc[:0], tmp_path / "due.ics", county="岚县", as_of=AS_OF))
    assert lines[-1] == "END:VCALENDAR"
    assert "BEGIN:VEVENT" not in lines


def test_same_list_gives_the_same_bytes(tmp_path: Path) -> None:
    for writer, name in ((write_calendar, "a.ics"), (write_due_workbook, "a.xlsx")):
        first = writer(listed(), tmp_path / name, county="岚县", as_of=AS_OF).read_bytes()
        assert writer(listed(), tmp_path / f"b{name}", county="岚县", as_of=AS_OF).read_bytes() == first


def test_workbook_holds_dates_as_dates_and_codes_as_text(tmp_path: Path) -> None:
    path = write_due_workbook(listed(), tmp_path / "due.xlsx", county="岚县", as_of=AS_OF)
    sheet = openpyxl.load_workbook(path)[DUE]
    head = [str(cell.value).replace("\n", "") for cell in sheet[3]]
    row = dict(zip(head, (cell.value for cell in sheet[4]), strict=True))
    assert row["到期日"].date() == date(2022, 11, 9)
    assert row["剩余天数"] == 30
    assert row["监管号（合同号、批文号）"] == "1411272015B00011"
    assert row["位置"] == "=1+1"
    assert all(cell.data_type != "f" for cells in sheet.iter_rows() for cell in cells)
