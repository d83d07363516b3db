"""The marks of a chart's axes: round values, and round times of Europe/Berlin."""

import math
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from gateway.words.times import DAY_MS, HOUR_MS, clock, day_start_ms, local, short_day

_HOURS = (1, 2, 3, 6, 12)
_DAYS = (1, 2, 7, 14)
_MONTHS = (1, 2, 3, 6, 12)
_MONTH_MS = 30 * DAY_MS


class Mark(NamedTuple):
    """A place on an axis and what stands there."""

    at: float
    text: str


def bounds(values: list[float], calm: float) -> tuple[float, float]:
    """From the least to the greatest with some air; a calm value is a calm line in the middle."""
    low, high = min(values), max(values)
    missing = max(0.0, calm - (high - low)) / 2
    air = max((high - low + 2 * missing) * 0.08, 1e-6 * max(-low, high)) or 1.0
    return low - missing - air, high + missing + air


def step(span: float, most: int) -> float:
    """The least of 1, 2, 5, 10, 20 ... that parts `span` into at most so many."""
    size = 10.0 ** math.floor(math.log10(span / most))
    return next(factor * size for factor in (1.0, 2.0, 5.0, 10.0) if span / (factor * size) <= most)


def round_values(low: float, high: float, most: int) -> list[float]:
    size = step(high - low, most)
    first, last = math.ceil(low / size), math.floor(high / size)
    return [number * size for number in range(first, last + 1)]


def round_times(start: int, end: int, most: int, language: str = "de") -> list[Mark]:
    """Full hours, days or months as local clocks and calendars have them."""
    span = end - start
    for hours in _HOURS:
        if span <= hours * HOUR_MS * most:
            return [Mark(at, _hour(at, language)) for at in _full_hours(start, end, hours)]
    for days in _DAYS:
        if span <= days * DAY_MS * most:
            first = local(start).date().toordinal()
            found = _days(start, end)
            return [_day_mark(day, language) for day in found if (day.toordinal() - first) % days == 0]
    months = next((each for each in _MONTHS if span <= each * _MONTH_MS * most), 120)
    firsts = [
        day for day in _days(start, end) if day.day == 1 and (day.month - 1 + 12 * day.year) % months == 0
    ]
    return [Mark(day_start_ms(day), f"{day.month}/{day:%y}") for day in firsts]


def _full_hours(start: int, end: int, hours: int) -> Iterator[int]:
    """Hours of the day that `hours` divides: a day of 23 or 25 of them is marked right too."""
    for at in range(-(-start // HOUR_MS) * HOUR_MS, end, HOUR_MS):
        if local(at).hour % hours == 0:
            yield at


def _hour(at: int, language: str) -> str:
    told = clock(at)
    return told if told != "00:00" else _day_mark(local(at).date(), language).text


def _days(start: int, end: int) -> Iterator[date]:
    day = local(start).date()
    while (at := day_start_ms(day)) < end:
        if at >= start:
            yield day
        day += timedelta(days=1)


def _day_mark(day: date, language: str) -> Mark:
    start = day_start_ms(day)
    return Mark(start, short_day(language, start))
