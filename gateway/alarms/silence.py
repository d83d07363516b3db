"""When silence means something: a device's own rhythm and loss, a gateway's own traffic; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from statistics import median

from gateway.words.times import DAY_MS, HOUR_MS, MINUTE_MS

WINDOW_MS = 7 * DAY_MS
_YEAR_MS = 365 * DAY_MS
_LEAST_MISSED, _MOST_MISSED = 2, 8
_FEW = 4  # steps from which on a rhythm is known
_UNKNOWN_MS = HOUR_MS
_NEWEST = 5
_SHORTEST_MS = MINUTE_MS
_GATEWAY_SHORTEST_MS = 5 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class Heard:
    """An uplink, as far as silence is concerned."""

    session_id: int
    fcnt: int
    received_at: int


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a device speaks, which share of it is lost, and how many intervals it may miss."""

    interval_ms: int
    loss: float
    patience: int

    @property
    def stale_ms(self) -> int:
        """So long after the last uplink the values are no longer those of now."""
        return self._after(_LEAST_MISSED)

    @property
    def silent_ms(self) -> int:
        """So long after the last uplink somebody is told."""
        return self._after(self.patience)

    def _after(self, missed: int) -> int:
        """Nodes vary their instants a little, lest they always collide."""
        return missed * self.interval_ms + max(MINUTE_MS // 2, self.interval_ms // 10)


def rhythm(heard: Sequence[Heard], devices: int) -> Rhythm:
    """From the uplinks of the last days, oldest first, of one among so many devices."""
    steps = [
        (after.received_at - before.received_at, after.fcnt - before.fcnt)
        for before, after in pairwise(heard)
        if after.session_id == before.session_id and after.fcnt > before.fcnt
    ]
    interval_ms = _interval_ms([passed // count for passed, count in steps])
    # A node that has lost power skips counters it never used: time says how many can be missing.
    missed = sum(max(0, min(count, round(passed / interval_ms)) - 1) for passed, count in steps)
    loss = (missed + 1) / (missed + len(steps) + 2)
    return Rhythm(interval_ms, loss, patience(loss, interval_ms, devices))


def patience(loss: float, interval_ms: int, devices: int) -> int:
    """The fewest missed intervals that chance brings less than once a year among all devices together."""
    begun = devices * _YEAR_MS / interval_ms * (1 - loss)  # runs of losses that could begin in a year
    missed = _LEAST_MISSED
    while missed < _MOST_MISSED and begun * loss**missed >= 1:
        missed += 1
    return missed


def gateway_silent_ms(receptions: int, over_ms: int, gateways: int) -> float:
    """After so long without any frame a gateway is silent, as chance brings it less than once a year.

    Its nodes do not know of each other: their frames come like rain (Poisson).
    """
    per_ms = receptions / over_ms
    return max(_GATEWAY_SHORTEST_MS, log(max(1.0, per_ms * _YEAR_MS * gateways)) / per_ms)


def _interval_ms(each_ms: list[int]) -> int:
    """The slower of what is usual and what is new: faster times, as in a flood, do not count."""
    if len(each_ms) < _FEW:
        return max([_UNKNOWN_MS, *each_ms])
    usual = sorted(each_ms)[len(each_ms) * 9 // 10]
    return max(_SHORTEST_MS, usual, int(median(each_ms[-_NEWEST:])))
