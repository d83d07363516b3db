"""A year of 15-minute data, and what follows from it computed another way: no time zones, no shared code.

Clocks in Germany changed on 2026-03-29 01:00 UTC and 2026-10-25 01:00 UTC; the rest is addition.
"""

import math
from collections import defaultdict
from datetime import date, datetime, timedelta
from random import Random

YEAR = 2026
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (clocks here are counted by hand)
_SUMMER = (datetime(2026, 3, 29, 1), datetime(2026, 10, 25, 1))  # noqa: DTZ001
SHORT_DAY, LONG_DAY = date(2026, 3, 29), date(2026, 10, 25)

Points = list[tuple[int, float]]


def wall(utc: datetime) -> datetime:
    """What a clock in Germany shows."""
    return utc + timedelta(hours=2 if _SUMMER[0] <= utc < _SUMMER[1] else 1)


def make(seed: int, middle: float, swing: float, spread: float) -> Points:
    """A daily course with weather on top and every twelfth value missing, over the whole local year."""
    rng = Random(seed)
    weather = 0.0
    points = []
    utc = datetime(2025, 12, 31, 23)  # noqa: DTZ001
    while utc < datetime(2026, 12, 31, 23):  # noqa: DTZ001
        weather = 0.995 * weather + rng.gauss(0, spread)
        value = middle + swing * math.sin((utc.hour - 9) / 12 * math.pi) + weather
        time_ms = round((utc - _EPOCH).total_seconds() * 1000) + rng.randrange(60_000)
        if rng.random() > 1 / 12:
            points.append((time_ms, max(value, 0.0)))
        utc += timedelta(minutes=15)
    return points


def group(points: Points) -> dict[tuple[datetime, datetime], list[float]]:
    """Values by the UTC hour they fall into, with what the clocks showed at its beginning."""
    found = defaultdict(list)
    for time_ms, value in points:
        utc = _EPOCH + timedelta(milliseconds=time_ms)
        hour = utc.replace(minute=0, second=0, microsecond=0)
        found[(hour, wall(hour))].append(value)
    return dict(found)


def index_of(pm25: float, pm10: float) -> int:
    """The table of the Umweltbundesamt as a reader of its page would apply it."""
    classes = []
    for value, bounds in ((pm25, "5 15 30 50"), (pm10, "9 27 54 90")):
        rounded = int(f"{value + 1e-12:.0f}")
        classes.append(1 + sum(rounded > int(bound) for bound in bounds.split()))
    return max(classes)


def day_means(points: Points) -> dict[date, float]:
    days: dict[date, list[float]] = defaultdict(list)
    for (_, shown), values in group(points).items():
        days[shown.date()].append(sum(values) / len(values))
    lengths = {SHORT_DAY: 23, LONG_DAY: 25}
    return {day: sum(v) / len(v) for day, v in days.items() if len(v) / lengths.get(day, 24) >= 0.75}


def db(energies: list[float]) -> float:
    return 10 * math.log(sum(energies) / len(energies), 10)


def hour_energies(points: Points) -> dict[tuple[datetime, datetime], float]:
    return {
        key: sum(math.exp(v * math.log(10) / 10) for v in values) / len(values)
        for key, values in group(points).items()
    }


def lden(points: Points, of: date | None = None) -> float:
    """Of one day, or of the whole year."""
    parts: dict[str, list[float]] = defaultdict(list)
    for (_, shown), energy in hour_energies(points).items():
        if of is None or shown.date() == of:
            parts["day" if 6 <= shown.hour < 18 else "evening" if 18 <= shown.hour < 22 else "night"].append(
                energy
            )
    mixed = sum(
        hours / 24 * 10 ** ((db(parts[name]) + penalty) / 10)
        for name, hours, penalty in (("day", 12, 0), ("evening", 4, 5), ("night", 8, 10))
    )
    return 10 * math.log10(mixed)


def nights(points: Points) -> dict[date, list[float]]:
    """Hourly levels of each night by the day on which it began."""
    found = defaultdict(list)
    for (_, shown), energy in hour_energies(points).items():
        if shown.hour >= 22 or shown.hour < 6:
            found[(shown - timedelta(hours=6)).date()].append(db([energy]))
    return dict(found)
