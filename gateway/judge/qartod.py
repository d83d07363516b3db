"""QARTOD tests on one series (IOOS, US): pure, in the order of time, so that history can be judged anew."""

from itertools import pairwise
from typing import NamedTuple

from gateway.judge.limits import Limits

PASS, NOT_EVALUATED, SUSPECT, FAIL, MISSING = 1, 2, 3, 4, 9

_HUMID_PERCENT = 85  # above it water on the particles is counted as dust (Crilley 2018, Jayaratne 2018)
_SIZES = ("pm1", "pm25", "pm4", "pm10")
_ROUNDING = 0.11  # two values of one instant, each rounded to 0.1


class Seen(NamedTuple):
    """What is remembered of a series: the newest value, since when it stands still, and the one before."""

    time: int
    value: float
    since: int
    before: float | None


def gross_range(limits: Limits, value: float) -> int:
    if not limits.fail[0] <= value <= limits.fail[1]:
        return FAIL
    return PASS if limits.suspect[0] <= value <= limits.suspect[1] else SUSPECT


def rate_of_change(limits: Limits, seen: Seen, time: int, value: float) -> int:
    if limits.rate is None:
        return PASS
    minutes = max(time - seen.time, 60_000) / 60_000  # closer together, noise looks like a rate
    return SUSPECT if abs(value - seen.value) / minutes > limits.rate else PASS


def spike(limits: Limits, before: float | None, value: float, after: float) -> int:
    """Of the middle one: how far it stands out from both its neighbours on the same side."""
    if limits.spike is None or before is None or (value - before) * (value - after) <= 0:
        return PASS
    out = min(abs(value - before), abs(value - after))
    suspect, fail = limits.spike
    return FAIL if out > fail else SUSPECT if out > suspect else PASS


def flat_line(limits: Limits, since: int, time: int, value: float) -> int:
    if limits.flat_s is None or (limits.stuck_at is not None and value < limits.stuck_at):
        return PASS
    return SUSPECT if time - since >= limits.flat_s * 1000 else PASS


def judge(limits: Limits, seen: Seen | None, time: int, value: float) -> tuple[int, Seen | None, int]:
    """Its flag, what is remembered from now on, and the flag that the one before earns by being a spike."""
    flags = [gross_range(limits, value)]
    if flags[0] == FAIL:
        return FAIL, seen, PASS
    if seen is None or time - seen.time > limits.gap_s * 1000:
        return flags[0], Seen(time, value, time, None), PASS
    since = seen.since if value == seen.value else time
    flags += [rate_of_change(limits, seen, time, value), flat_line(limits, since, time, value)]
    return max(flags), Seen(time, value, since, seen.value), spike(limits, seen.before, seen.value, value)


def together(values: dict[str, float]) -> dict[str, int]:
    """What values of one instant say of each other: dust in fog, and sizes that do not grow."""
    sizes = [name for name in _SIZES if name in values]
    is_humid = values.get("humidity", 0) >= _HUMID_PERCENT
    is_mixed = any(values[less] > values[more] + _ROUNDING for less, more in pairwise(sizes))
    return dict.fromkeys(sizes, SUSPECT) if is_humid or is_mixed else {}
