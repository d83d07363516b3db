"""Hours and days as people in Germany live them: a day has 23 or 25 hours when the clocks change.

An hour is its number since 1970: in Europe/Berlin local hours begin when hours in UTC do.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache

from gateway.words import times
from gateway.words.times import HOUR_MS

# Instants in milliseconds with values in the quantity's unit, in any order.
Series = Iterable[tuple[int, float]]


@lru_cache(8192)
def hour_at(day: date, hour: int) -> int:
    """The hour that begins when the clocks of this day first show `hour`."""
    begin = datetime(day.year, day.month, day.day, hour, tzinfo=times.zone())
    return times.epoch_ms(begin) // HOUR_MS


def local(hour: int) -> datetime:
    """What the clocks show as this hour begins."""
    return times.local(hour * HOUR_MS)


def hours_between(day: date, begin: int, end: int) -> range:
    """The hours from `begin` of a day to `end`, which counts on into the next day beyond 24."""
    days, hour = divmod(end, 24)
    return range(hour_at(day, begin), hour_at(day + timedelta(days), hour))


def hours_of(day: date) -> range:
    return hours_between(day, 0, 24)


def by_hour(series: Series, mean: Callable[[list[float]], float]) -> dict[int, float]:
    """The mean of each hour in which something was measured."""
    found: dict[int, list[float]] = {}
    for time, value in series:
        found.setdefault(time // HOUR_MS, []).append(value)
    return {hour: mean(values) for hour, values in found.items()}
