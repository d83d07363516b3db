"""What a place says at this moment: its value and its trend, or why nothing is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from gateway.alarms import rise
from gateway.store.queries import Row
from gateway.web.quantities import headline, scaled, shown
from gateway.words.times import HOUR_MS, MINUTE_MS

SUSPECT, FAIL = 3, 4  # QARTOD
_USUAL_INTERVAL_MS = 15 * MINUTE_MS  # until a node has shown its own
_MISSED = 2.5  # intervals without a reading: two reports are missing for certain
AHEAD_MS = 5 * MINUTE_MS  # a clock may be so wrong
_TREND_MS = HOUR_MS // 2
_TREND_POINTS = 30


class Point(NamedTuple):
    """One reading of a series, in the interface's unit; or the mean of many with their least and greatest."""

    time: int
    value: float | None
    fault: str | None = None
    flag: int = 2
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Present:
    """`standing` says live, or why the value is unknown.

    silent: it used to report; faulty: its sensor failed; rejected: the value cannot be; ahead: measured in
    the future; unreadable: frames, but none that we understand; unheard: never a frame.
    """

    standing: str
    quantity: str | None
    last: Row | None
    time: int | None
    per_hour: float | None = None

    @property
    def is_live(self) -> bool:
        return self.standing == "live"

    @property
    def value(self) -> float | None:
        """In the shown unit; None while it is unknown."""
        if not self.is_live or self.last is None or self.quantity is None:
            return None
        return scaled(self.quantity, self.last["value"])

    @property
    def direction(self) -> str | None:
        """`rising`, `falling`, `steady`, or None when it cannot be told."""
        if self.per_hour is None or self.quantity is None:
            return None
        if abs(self.per_hour) < shown(self.quantity).steady:
            return "steady"
        return "rising" if self.per_hour > 0 else "falling"


def present(device: Row, series: Sequence[Point], now: int, quantity: str | None = None) -> Present:
    """`device` as the interface tells it; `series` holds the last hours of the quantity that is asked for."""
    told = {each["quantity"]: each for each in device["last"]}
    quantity = quantity or headline(list(told))
    last = told.get(quantity or "")
    if last is None:
        heard = device["last_seen"]
        return Present("unheard" if heard is None else "unreadable", quantity, None, heard)
    standing = _standing(last, series, now)
    per_hour = slope(last["quantity"], series, now) if standing == "live" else None
    return Present(standing, quantity, last, last["time"], per_hour)


def _standing(last: Row, series: Sequence[Point], now: int) -> str:
    if last["time"] > now + AHEAD_MS:
        return "ahead"
    if is_stale(last["time"], series, now):
        return "silent"
    if last["value"] is None:
        return "faulty"
    return "rejected" if last["flag"] == FAIL else "live"


def interval_ms(series: Sequence[Point]) -> int:
    """The usual distance between readings: nine of ten are no longer.

    Not the median: a node that reports each minute while the water rises is not silent when it goes back to
    its usual fifteen.
    """
    if len(series) < 3:
        return _USUAL_INTERVAL_MS
    distances = sorted(later.time - point.time for point, later in pairwise(series))
    return max(1000, distances[int(0.9 * (len(distances) - 1))])


def is_stale(last_time: int, series: Sequence[Point], now: int) -> bool:
    """Whether the last report is too old to speak of the present."""
    return now - last_time > _MISSED * interval_ms(series)


def slope(quantity: str, series: Sequence[Point], now: int) -> float | None:
    """Change per hour in the shown unit, over half an hour or the last few readings."""
    since = now - max(_TREND_MS, 5 * interval_ms(series))
    recent = [(point.time, point.value) for point in series if since < point.time <= now]
    good = [(time, value) for time, value in recent if value is not None][-_TREND_POINTS:]
    per_hour = rise.per_hour(good)
    return None if per_hour is None else scaled(quantity, per_hour)


def pieces(series: Sequence[Point]) -> list[list[Point]]:
    """The series as unbroken lines: broken by a fault, a rejected value, missing readings."""
    gap = _MISSED * interval_ms(series)
    lines: list[list[Point]] = [[]]
    for point in series:
        is_good = point.value is not None and point.flag != FAIL
        if lines[-1] and (not is_good or point.time - lines[-1][-1].time > gap):
            lines.append([])
        if is_good:
            lines[-1].append(point)
    return [line for line in lines if line]
