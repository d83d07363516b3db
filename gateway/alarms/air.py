"""Fine dust over hours and days: the index of an hour, days above a limit. Orientation, nothing official."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import floor
from statistics import fmean

from gateway.alarms.limits import DayLimit, IndexClasses
from gateway.alarms.local_time import Series, by_hour, hours_of, local

_CAPTURE = 0.75  # of a day's hours; directive 2008/50/EC, annex XI, A


@dataclass(frozen=True, slots=True)
class Index:
    """1 is very good, 5 very poor; the worst quantity decides."""

    place: int
    quantity: str


@dataclass(frozen=True, slots=True)
class Exceedances:
    limit: DayLimit
    days: tuple[date, ...]

    @property
    def is_kept(self) -> bool:
        return len(self.days) <= self.limit.allowed_days


def hour_means(series: Series) -> dict[int, float]:
    return by_hour(series, fmean)


def day_means(hours: Mapping[int, float]) -> dict[date, float]:
    """Of the days of which enough hours are known."""
    means: dict[date, float] = {}
    if not hours:
        return means
    first, last = local(min(hours)).date(), local(max(hours)).date()
    for number in range((last - first).days + 1):
        day = first + timedelta(number)
        wanted = hours_of(day)
        known = [hours[hour] for hour in wanted if hour in hours]
        if len(known) >= _CAPTURE * len(wanted):
            means[day] = fmean(known)
    return means


def index(classes: Iterable[IndexClasses], means: Mapping[str, float]) -> Index | None:
    """Of one hour, from its mean of each quantity; None where nothing was measured."""
    found = [
        Index(1 + bisect_left(row.upto, whole(means[row.quantity])), row.quantity)
        for row in classes
        if row.quantity in means
    ]
    return max(found, key=lambda each: each.place, default=None)


def exceedances(limit: DayLimit, means: Mapping[date, float], year: int) -> Exceedances:
    days = (day for day, mean in means.items() if day.year == year and whole(mean) > limit.upto)
    return Exceedances(limit, tuple(sorted(days)))


def whole(value: float) -> int:
    """As limits are stated: 25.4 does not exceed 25, 25.5 does."""
    return floor(value + 0.5)
