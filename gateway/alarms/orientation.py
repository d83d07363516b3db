"""What a year of hours says of a place beside limits: index, days above, Lden, nights. Nothing official."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from gateway.alarms import air, limits, noise
from gateway.alarms.air import Exceedances, Index, whole
from gateway.alarms.limits import IndexClasses, NoiseLimit
from gateway.alarms.local_time import hour_at, local
from gateway.words.times import HOUR_MS

DUST = ("pm25", "pm10")
NOISE = "laeq"
_NEWEST_HOURS = 3  # an index older than that is none of now

# Means of hours by the number of the hour, of each quantity.
Hours = Mapping[str, Mapping[int, float]]


@dataclass(frozen=True, slots=True)
class HourIndex:
    """Of one full hour, with the means it was made of."""

    hour: int
    index: Index
    means: Mapping[str, float]
    classes: Sequence[IndexClasses]


@dataclass(frozen=True, slots=True)
class Counted:
    """A limit with the days above it, of so many of which enough is known."""

    exceedances: Exceedances
    known_days: int


@dataclass(frozen=True, slots=True)
class Dust:
    """`index` None: nothing was measured in the last full hours."""

    index: HourIndex | None
    counted: tuple[Counted, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """An area's values, with the days and the nights above them."""

    limit: NoiseLimit
    days: int
    nights: int


@dataclass(frozen=True, slots=True)
class Sound:
    """`lden` None: too little is known of a part of the day; `day_db` and `night` are the newest known."""

    lden: noise.Lden | None
    day: date | None
    day_db: float | None
    night: noise.NightHour | None
    known_days: int
    known_nights: int
    compared: tuple[Compared, ...]


def year_of(now_ms: int) -> int:
    return local(now_ms // HOUR_MS).year


def hours_of_year(year: int) -> range:
    """To the end of the night that begins on the last evening."""
    return range(hour_at(date(year, 1, 1), 0), hour_at(date(year + 1, 1, 1), 6))


def dust(hours: Hours, year: int, now_ms: int) -> Dust:
    """Of the full hours until now; limits that have ended before are not told."""
    means = {quantity: air.day_means(hours.get(quantity, {})) for quantity in DUST}
    counted = tuple(
        Counted(air.exceedances(row, means[row.quantity], year), _within(means[row.quantity], year))
        for row in limits.not_ended(limits.DAYS, date(year, 1, 1))
        if hours.get(row.quantity)
    )
    return Dust(_newest_index(hours, now_ms), counted)


def sound(hours: Mapping[int, float], year: int) -> Sound:
    """Of the whole year so far."""
    days = _days(hours, year)
    known = {day: level for day in days if (level := noise.day_level(hours, day)) is not None}
    nights = [night for day in days if (night := noise.loudest_night_hour(hours, day))]
    newest = max(known, default=None)
    return Sound(
        noise.lden(hours, days) if days else None,
        newest,
        known[newest] if newest else None,
        nights[-1] if nights else None,
        len(known),
        len(nights),
        tuple(
            Compared(
                row,
                sum(whole(level) > row.day_db for level in known.values()),
                sum(whole(night.level_db) > row.night_db for night in nights),
            )
            for row in limits.not_ended(limits.NOISE, date(year, 1, 1))
        ),
    )


def _newest_index(hours: Hours, now_ms: int) -> HourIndex | None:
    classes = limits.in_force(limits.INDEX, local(now_ms // HOUR_MS).date())
    for hour in range(now_ms // HOUR_MS - 1, now_ms // HOUR_MS - 1 - _NEWEST_HOURS, -1):
        means = {quantity: hours[quantity][hour] for quantity in DUST if hour in hours.get(quantity, {})}
        found = air.index(classes, means)
        if found:
            return HourIndex(hour, found, means, [row for row in classes if row.quantity in means])
    return None


def _days(hours: Mapping[int, float], year: int) -> list[date]:
    """From the first to the last of the year of which anything is known."""
    wanted = hours_of_year(year)
    within = [hour for hour in hours if hour in wanted]
    if not within:
        return []
    first, last = local(min(within)).date(), min(local(max(within)).date(), date(year, 12, 31))
    return [first + timedelta(day) for day in range((last - first).days + 1)]


def _within(means: Mapping[date, float], year: int) -> int:
    return sum(day.year == year for day in means)
