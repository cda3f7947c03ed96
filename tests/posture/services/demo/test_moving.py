"""Days of the lab become days of this week in every form its documents write them, and nothing else moves."""

import gzip
from datetime import date
from pathlib import Path

import pytest

from posture.services.demo.moving import Window, move_folder, moved

WINDOW = Window(date(2026, 3, 2), date(2026, 3, 10), 265)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"time":"2026-03-02T00:00:00.000+00:00"}', '{"time":"2026-11-22T00:00:00.000+00:00"}'),
        ("2026-03-10 23:59:59 +0000 UTC", "2026-11-30 23:59:59 +0000 UTC"),
        ("[09/Mar/2026:10:00:00 +0000]", "[29/Nov/2026:10:00:00 +0000]"),
        ("Tue Mar  3 03:08:07 2026", "Mon Nov 23 03:08:07 2026"),
        ("Mon Mar 16 03:08:07 2026", "Mon Mar 16 03:08:07 2026"),
        ("Tue, 03 Mar 2026 03:08:07 GMT", "Mon, 23 Nov 2026 03:08:07 GMT"),
        ("2025-11-01T00:00:00Z", "2025-11-01T00:00:00Z"),
        ("2026-02-17T04:00:00Z", "2026-11-09T04:00:00Z"),
        ("2026-13-40T04:00:00Z and 2026-03-05 alone", "2026-13-40T04:00:00Z and 2026-03-05 alone"),
    ],
)
def test_a_day_moves_in_each_form_and_one_outside_does_not(before: str, after: str) -> None:
    assert moved(before.encode(), WINDOW).decode() == after


def test_a_folder_is_written_unpacked_and_a_second_time_nothing_is_touched(tmp_path: Path) -> None:
    source, target = tmp_path / "kept", tmp_path / "home"
    (source / "deep").mkdir(parents=True)
    with gzip.open(source / "deep" / "log.json.gz", "wb") as file:
        file.write(b"2026-03-02T00:00:00Z")
    assert move_folder(source, target, WINDOW) == 1
    written = target / "deep" / "log.json"
    assert written.read_bytes() == b"2026-11-22T00:00:00Z"
    stood = written.stat().st_mtime_ns
    move_folder(source, target, WINDOW)
    assert written.stat().st_mtime_ns == stood
