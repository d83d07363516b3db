"""Levels over hours, nights and years: Lden, the loudest hour of a night. Orientation, nothing official."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import fsum, log10

from gateway.alarms.local_time import Series, by_hour, hours_between

_CAPTURE = 0.75  # of the hours of each period


@dataclass(frozen=True, slots=True)
class _Period:
    """Spans of local hours, what is added to their level, and for how many of 24 hours they count."""

    spans: tuple[tuple[int, int], ...]
    penalty_db: int
    weight: int


# Directive 2002/49/EC, annex I; 34. BImSchV, section 2
_DAY = _Period(((6, 18),), 0, 12)
_EVENING = _Period(((18, 22),), 5, 4)
_NIGHT = _Period(((0, 6), (22, 24)), 10, 8)


@dataclass(frozen=True, slots=True)
class Lden:
    lden_db: float
    day_db: float
    evening_db: float
    night_db: float


@dataclass(frozen=True, slots=True)
class NightHour:
    """A full hour, by its number."""

    hour: int
    level_db: float


def energy_mean(levels_db: list[float]) -> float:
    return 10 * log10(fsum(10 ** (level / 10) for level in levels_db) / len(levels_db))


def hour_levels(series: Series) -> dict[int, float]:
    return by_hour(series, energy_mean)


def lden(hours: Mapping[int, float], days: Iterable[date]) -> Lden | None:
    """Over all of these days; None where too few hours of a period are known."""
    wanted = list(days)
    levels = {period: _level(hours, wanted, period.spans) for period in (_DAY, _EVENING, _NIGHT)}
    known = {period: level for period, level in levels.items() if level is not None}
    if len(known) < len(levels):
        return None
    energy = fsum(each.weight * 10 ** ((level + each.penalty_db) / 10) for each, level in known.items())
    return Lden(10 * log10(energy / 24), known[_DAY], known[_EVENING], known[_NIGHT])


def day_level(hours: Mapping[int, float], day: date) -> float | None:
    """From 6 to 22 h, without the surcharges of TA Lärm 6.5, which depend on the area and its holidays."""
    return _level(hours, [day], ((6, 22),))


def loudest_night_hour(hours: Mapping[int, float], night: date) -> NightHour | None:
    """Of the night that begins on that day, from 22 to 6 h: seven, eight or nine hours."""
    known = [NightHour(hour, hours[hour]) for hour in hours_between(night, 22, 30) if hour in hours]
    return max(known, key=lambda each: each.level_db, default=None)


def _level(
    hours: Mapping[int, float], days: Iterable[date], spans: tuple[tuple[int, int], ...]
) -> float | None:
    wanted = [hour for day in days for span in spans for hour in hours_between(day, *span)]
    known = [hours[hour] for hour in wanted if hour in hours]
    return energy_mean(known) if known and len(known) >= _CAPTURE * len(wanted) else None
