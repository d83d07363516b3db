"""Times in Europe/Berlin, on days of 23, 24 and 25 hours."""

from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.words import times


def ms(text: str) -> int:
    return times.epoch_ms(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 6, 1), 24), (date(2026, 10, 25), 25), (date(1980, 4, 6), 23)],
)
def test_a_day_has_23_24_or_25_hours(day: date, hours: int) -> None:
    start, end = times.day_start_ms(day), times.day_start_ms(day + timedelta(days=1))
    assert end - start == hours * times.HOUR_MS
    assert times.local(start).date() == day and times.local(end - 1).date() == day
    assert times.clock(start) == "00:00"


def test_the_doubled_hour_of_october_is_told_apart() -> None:
    summer, winter = ms("2026-10-25T00:30:00+00:00"), ms("2026-10-25T01:30:00+00:00")
    assert times.clock(summer) == times.clock(winter) == "02:30"
    assert times.full_moment("de", summer) == "25. Oktober 2026, 02:30:00 Uhr (UTC+2)"
    assert times.full_moment("en", winter) == "25 October 2026, 02:30:00 (UTC+1)"


def test_moments_in_both_languages() -> None:
    noon = ms("2026-11-22T12:05:00+00:00")
    assert times.moment("de", noon) == "So 22.11., 13:05"
    assert times.moment("en", noon) == "Sun 22 Nov, 13:05"
    assert times.full_day("de", noon) == "22. November 2026"


@pytest.mark.parametrize(
    ("seconds", "german"),
    [
        (-5, "gerade eben"),
        (59, "gerade eben"),
        (60, "vor 1 Min."),
        (3599, "vor 59 Min."),
        (3600, "vor 1 Std."),
        (172_799, "vor 47 Std."),
        (172_800, "vor 2 Tagen"),
    ],
)
def test_ages(seconds: int, german: str) -> None:
    assert times.age("de", seconds * 1000) == german


def test_a_time_survives_the_way_there_and_back() -> None:
    for time in (0, ms("2026-03-29T01:00:00+00:00"), 253_402_300_799_000 - times.DAY_MS):
        assert times.epoch_ms(times.local(time)) == time
        assert times.local(time).astimezone(UTC).timestamp() == time / 1000
