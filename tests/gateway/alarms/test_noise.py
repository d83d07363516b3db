"""Lden, night hours and their limits against a year computed another way."""

import math
from datetime import date, timedelta

import pytest

from gateway.alarms import limits, noise
from gateway.alarms.local_time import hours_between, hours_of, local
from tests.gateway.alarms import year

LAEQ = year.make(3, 52, 7, 0.3)
HOURS = noise.hour_levels(LAEQ)
DAYS = [date(2026, 1, 1) + timedelta(n) for n in range(365)]


def test_lden_of_the_year() -> None:
    found = noise.lden(HOURS, DAYS)
    assert found
    assert found.lden_db == pytest.approx(year.lden(LAEQ), abs=1e-9)


def test_lden_of_every_day_of_a_year() -> None:
    for day in [*DAYS[:60], year.SHORT_DAY, year.LONG_DAY, *DAYS[300:]]:
        found = noise.lden(HOURS, [day])
        assert found
        assert found.lden_db == pytest.approx(year.lden([p for p in LAEQ if _near(p, day)], day), abs=1e-9)


def _near(point: tuple[int, float], day: date) -> bool:
    return abs(point[0] / 86_400_000 - (day - date(1970, 1, 1)).days - 0.5) < 1.5


def test_the_loudest_hour_of_every_night_of_a_year() -> None:
    judged = year.nights(LAEQ)
    for night in DAYS[:-1]:
        found = noise.loudest_night_hour(HOURS, night)
        assert found
        assert found.level_db == pytest.approx(max(judged[night]), abs=1e-9)
        assert local(found.hour).hour in (22, 23, 0, 1, 2, 3, 4, 5)
    lengths = {night: len(judged[night]) for night in (DAYS[0], date(2026, 3, 28), date(2026, 10, 24))}
    assert list(lengths.values()) == [8, 7, 9]
    assert [len(hours_between(night, 22, 30)) for night in lengths] == [8, 7, 9]


def test_the_published_example() -> None:
    day = date(2026, 7, 1)
    hours = {hour: 60.0 if 6 <= local(hour).hour < 18 else 50.0 for hour in hours_of(day)}
    hours |= dict.fromkeys(hours_between(day, 18, 22), 55.0)
    found = noise.lden(hours, [day])
    assert found
    assert found.lden_db == pytest.approx(60.0, abs=1e-9)  # 60/55/50 is 60 by the definition
    assert (found.day_db, found.evening_db, found.night_db) == pytest.approx((60, 55, 50))
    assert noise.day_level(hours, day) == pytest.approx(10 * math.log10((12e6 + 4 * 10**5.5) / 16))


def test_ten_loud_minutes_are_not_averaged_away() -> None:
    """An arithmetic mean of levels would say 53.3."""
    series = [(0, 80.0), *[(n * 600_000, 48.0) for n in range(1, 6)]]
    assert noise.hour_levels(series)[0] == pytest.approx(72.23, abs=0.01)


def test_too_few_hours_make_no_level() -> None:
    day = date(2026, 7, 1)
    hours = dict.fromkeys(hours_of(day), 50.0)
    del hours[hours_between(day, 18, 22)[0]]
    assert noise.lden(hours, [day])
    del hours[hours_between(day, 18, 22)[1]]
    assert noise.lden(hours, [day]) is None
    assert noise.loudest_night_hour({}, day) is None


def test_the_orientation_values_of_ta_laerm() -> None:
    rows = {row.key: (row.day_db, row.night_db) for row in limits.in_force(limits.NOISE, date(2026, 1, 1))}
    assert rows == {
        "industrial": (70, 70),
        "commercial": (65, 50),
        "urban": (63, 45),
        "mixed": (60, 45),
        "general_residential": (55, 40),
        "residential": (50, 35),
        "spa_or_hospital": (45, 35),
    }
