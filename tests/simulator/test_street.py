"""Noise and dust against what was measured (facts, section 10): levels, correlation, damp, the New Year."""

import math
import statistics
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from simulator.street import Dust, Noise, swelling

SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US
STEP = 6  # seconds between two that are listened to over a day
DAY = [second * SECOND_US for second in range(0, 86_400, STEP)]
NOON = [second * SECOND_US for second in range(40_000, 46_000)]


def leq(levels: list[float]) -> float:
    return 10 * math.log10(sum(10 ** (level / 10) for level in levels) / len(levels))


@pytest.fixture(scope="module")
def day() -> list[float]:
    noise = Noise("test")
    return [noise.level_db(at_us) for at_us in DAY]


def test_a_day_on_the_street_is_as_loud_as_one_was_measured(day: list[float]) -> None:
    hours = [leq(day[3600 // STEP * hour : 3600 // STEP * (hour + 1)]) for hour in range(24)]
    assert 42 <= min(hours) <= 49 and 51 <= max(hours) <= 58
    assert min(range(24), key=hours.__getitem__) in range(6)
    l90, l10 = statistics.quantiles(day, n=10)[0], statistics.quantiles(day, n=10)[8]
    assert 42 <= l90 <= 47 and l10 - l90 >= 6


@pytest.fixture(scope="module")
def noon() -> list[float]:
    noise = Noise("test")
    return [noise.level_db(at_us) for at_us in NOON]


def test_neighbouring_seconds_are_alike_and_minutes_less_so(noon: list[float]) -> None:
    one = statistics.correlation(noon[:-1], noon[1:])
    sixty = statistics.correlation(noon[:-60], noon[60:])
    assert one > 0.9 and sixty < one - 0.15


def test_an_event_stands_out_each_few_minutes(noon: list[float]) -> None:
    """464 a day were measured, most of them by day: one in two minutes at noon."""
    limit = statistics.quantiles(noon, n=10)[0] + 10
    loud = [level > limit for level in noon]
    events = sum(now and not before for before, now in pairwise(loud))
    assert 15 <= events <= 80


def test_the_same_second_sounds_the_same_whoever_asks() -> None:
    assert Noise("a").level_db(DAY[77]) == Noise("a").level_db(DAY[77]) != Noise("b").level_db(DAY[77])


def test_damp_swells_dust_from_75_percent_on() -> None:
    assert swelling(40) == pytest.approx(1.12, abs=0.01)
    assert swelling(75) == pytest.approx(1.55, abs=0.02)
    assert swelling(95) > 4 and swelling(99.9) == swelling(99)
    assert swelling(0) == 1.0


def test_the_new_year_rises_within_an_hour_and_blows_away() -> None:
    midnight_us = round(datetime(2026, 12, 31, 23, tzinfo=UTC).timestamp() * 1e6)
    dust = Dust(13.0, midnight_us, 800, 2.0)
    before, peak = dust.pm10(midnight_us - 1, 50), dust.pm10(midnight_us + HOUR_US, 50)
    assert before < 20 and 790 < peak < 840
    assert dust.pm10(midnight_us + 7 * HOUR_US, 50) < 70
    assert dust.pm25(midnight_us, 50) < dust.pm10(midnight_us, 50)


def test_evenings_are_worse_than_mornings() -> None:
    dust = Dust(13.0)
    assert dust.pm10(18 * HOUR_US + HOUR_US // 2, 50) > 1.3 * dust.pm10(6 * HOUR_US, 50)
