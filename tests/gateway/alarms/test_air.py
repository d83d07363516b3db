"""Index, day values and exceedances against a year computed another way; the tables."""

from datetime import date, datetime

import pytest

from gateway.alarms import air, limits
from gateway.alarms.local_time import hours_of
from tests.gateway.alarms import year

PM25 = year.make(1, 17, 6, 0.7)
PM10 = year.make(2, 30, 9, 1.4)
DAY = date(2026, 7, 1)


def test_the_index_of_every_hour_of_a_year() -> None:
    pm25, pm10 = air.hour_means(PM25), air.hour_means(PM10)
    judged = {key[0]: sum(v) / len(v) for key, v in year.group(PM10).items()}
    seen = set()
    for (hour, _), values in year.group(PM25).items():
        number = round((hour - datetime(1970, 1, 1)).total_seconds()) // 3600  # noqa: DTZ001
        found = air.index(limits.INDEX, {"pm25": pm25[number], "pm10": pm10[number]})
        assert found
        assert found.place == year.index_of(sum(values) / len(values), judged[hour])
        seen.add(found.place)
    assert seen >= {1, 2, 3, 4}
    assert len(pm25) == 8760


@pytest.mark.parametrize("points", [PM25, PM10], ids=["pm25", "pm10"])
def test_the_mean_of_every_day_of_a_year(points: year.Points) -> None:
    means, judged = air.day_means(air.hour_means(points)), year.day_means(points)
    assert means.keys() == judged.keys()
    assert len(means) == 365
    for day, mean in judged.items():
        assert means[day] == pytest.approx(mean, abs=1e-9)
    assert (len(hours_of(year.SHORT_DAY)), len(hours_of(year.LONG_DAY))) == (23, 25)


def test_the_days_above_each_limit_of_a_year() -> None:
    points = {"pm25": PM25, "pm10": PM10}
    for limit in limits.DAYS:
        found = air.exceedances(limit, air.day_means(air.hour_means(points[limit.quantity])), year.YEAR)
        judged = [
            day
            for day, mean in year.day_means(points[limit.quantity]).items()
            if int(mean * 2 + 1) // 2 > limit.upto
        ]
        assert list(found.days) == sorted(judged)
        assert found.is_kept == (len(judged) <= limit.allowed_days)


@pytest.mark.parametrize(
    ("pm25", "pm10", "place", "quantity"),
    [
        (5.4, 0, 1, "pm25"),
        (5.5, 0, 2, "pm25"),
        (15.49, 27.49, 2, "pm25"),
        (15, 27.5, 3, "pm10"),
        (50.4, 90.4, 4, "pm25"),
        (50.5, 0, 5, "pm25"),
        (0, 90.5, 5, "pm10"),
        (1e9, 0, 5, "pm25"),
    ],
)
def test_the_classes_end_where_the_table_says(pm25: float, pm10: float, place: int, quantity: str) -> None:
    assert air.index(limits.INDEX, {"pm25": pm25, "pm10": pm10}) == air.Index(place, quantity)


def test_without_a_value_there_is_no_index() -> None:
    assert air.index(limits.INDEX, {}) is None
    assert air.index(limits.INDEX, {"pm10": 60}) == air.Index(4, "pm10")


def test_a_day_of_which_too_little_is_known_has_no_mean() -> None:
    hours = dict.fromkeys(hours_of(DAY)[:18], 10.0)
    assert air.day_means(hours) == {DAY: 10.0}
    hours.popitem()
    assert air.day_means(hours) == {}


def test_exactly_the_allowed_days_keep_a_limit() -> None:
    (limit,) = [row for row in limits.DAYS if row.key == "eu_2030" and row.quantity == "pm25"]
    means = {date(2026, 1, 1 + n): 25.5 for n in range(18)} | {
        date(2026, 2, 1): 25.49,
        date(2025, 1, 1): 99.0,
    }
    assert air.exceedances(limit, means, 2026).is_kept
    means[date(2026, 3, 1)] = 26
    assert not air.exceedances(limit, means, 2026).is_kept


def test_rows_are_in_force_between_their_dates() -> None:
    keys = {row.key for row in limits.in_force(limits.DAYS, date(2029, 12, 31))}
    assert keys == {"39_bimschv", "who_2021"}
    assert {row.key for row in limits.in_force(limits.DAYS, date(2030, 1, 1))} == {"eu_2030", "who_2021"}
    assert limits.in_force(limits.INDEX, date(2024, 12, 31)) == []
    assert len(limits.in_force(limits.INDEX, date(2025, 1, 1))) == 2
    assert all(row.source for row in (*limits.INDEX, *limits.DAYS, *limits.NOISE))
