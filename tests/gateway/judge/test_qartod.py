"""The tests of QARTOD by hand-made series, and dust by published multipliers."""

import pytest

from gateway.judge import dust
from gateway.judge.gaps import Gap, find
from gateway.judge.limits import LIMITS, Limits
from gateway.judge.qartod import FAIL, PASS, SUSPECT, Seen, judge, together

MINUTE = 60_000


def flags(limits: Limits, *values: float, minutes: int = 5) -> list[int]:
    """Of a series with this interval, spikes told afterwards as they would be stored."""
    seen: Seen | None = None
    told: list[int] = []
    for at, value in enumerate(values):
        flag, seen, spiked = judge(limits, seen, at * minutes * MINUTE, value)
        if spiked != PASS:
            told[-1] = max(told[-1], spiked)
        told.append(flag)
    return told


@pytest.mark.parametrize(
    ("quantity", "values", "expected"),
    [
        ("temperature", (20, 21, 80, 21, 20), [1, 1, 4, 1, 1]),
        ("temperature", (44, 46, 44), [1, 3, 1]),
        ("level", (300, 301, 900, 302, 301), [1, 1, 4, 1, 1]),
        ("level", (300, 301, 480, 302, 301), [1, 1, 3, 1, 1]),
        ("level", (300, 700, 1300, 2000, 2100), [1, 1, 1, 1, 1]),  # a flash flood is none
        ("level", (300, 1500, 1501), [1, 3, 1]),  # 240 mm a minute
        ("distance", (20, 2000), [4, 1]),
        ("laeq", (55, 800, 56), [1, 4, 1]),
        ("laeq", (55, 85, 55), [1, 1, 1]),  # a lorry
    ],
)
def test_a_series_earns_its_flags(quantity: str, values: tuple[float, ...], expected: list[int]) -> None:
    assert flags(LIMITS[quantity], *values) == expected


def test_what_stands_still_too_long_is_suspect() -> None:
    told = flags(LIMITS["temperature"], *[20.0] * 14, 20.1, 20.1, minutes=60)
    assert told == [PASS] * 12 + [SUSPECT] * 2 + [PASS] * 2
    assert flags(LIMITS["humidity"], *[60.0] * 30, minutes=60) == [PASS] * 30
    assert flags(LIMITS["humidity"], *[100.0] * 30, minutes=60)[-1] == SUSPECT
    assert flags(LIMITS["pm25"], *[0.0] * 30, minutes=60) == [PASS] * 30, "clean air is no fault"


def test_over_a_gap_nothing_is_compared() -> None:
    assert flags(LIMITS["level"], 300, 3000, 300, minutes=121) == [PASS] * 3


def test_what_fails_is_not_remembered() -> None:
    before = Seen(0, 20.0, 0, None)
    assert judge(LIMITS["temperature"], before, MINUTE, 99.0) == (FAIL, before, PASS)


def test_sizes_grow_and_fog_is_suspect() -> None:
    sizes = ("pm1", "pm25", "pm4", "pm10")
    good = dict(zip(sizes, (3.0, 5.0, 5.1, 9.0), strict=True))
    assert together(good | {"humidity": 84.0}) == {}
    assert together(good | {"humidity": 85.0}) == dict.fromkeys(sizes, SUSPECT)
    assert together(good | {"pm25": 9.2}) == dict.fromkeys(sizes, SUSPECT)
    assert together({"temperature": 1.0}) == {}


@pytest.mark.parametrize(
    ("humidity", "multiplier"), [(50, 0.80), (70, 0.64), (80, 0.51), (90, 0.31), (95, 0.18)]
)
def test_dust_is_dried_as_published(humidity: float, multiplier: float) -> None:
    """Crilley 2018 with kappa 0.40, worked out by others: the multipliers at these humidities."""
    dried = dust.dry(100, humidity)
    assert dried == pytest.approx(100 * multiplier, abs=0.51)


def test_in_fog_nothing_is_said() -> None:
    assert dust.dry(10, 96) is None
    assert dust.dry(10, 0) == 10


def test_gaps_are_found_in_the_order_of_measuring() -> None:
    numbers = [(0, 65534), (1, 65535), (2, 2), (3, 3), (4, 7), (5, 6), (6, 8), (7, 0), (8, 1)]
    assert list(find(numbers)) == [Gap(0, 2, 1, 2), Gap(4, 3, 3, 4), Gap(7, 1, 5, 6)]
    assert list(find([])) == []
