"""Levels of a sound from its A-weighted mean squares: LAeq, LAFmax, L10 and L90. No sample comes this far."""

import math
from array import array

from codec.compat import const

NAMES = ("laeq", "lafmax", "l10", "l90")
PERIOD = const(125)  # blocks of 1 ms: the time constant F, and how often LAF is counted

_FAST = 0.0079680851  # 1 - exp(-1 ms / 125 ms)
_DB = 4.3429448190  # 10 / ln 10
_LEAST_DB = 20
_BINS = const(550)  # of 0.2 dB from 20 to 130 dB
_LEAST_DDB = const(200)
_MOST_DDB = const(1300)


class Levels:
    """`reference_db` is the level of a mean square of 1. Floats of 32 bits suffice: no sum is long."""

    def __init__(self, reference_db: float):
        self._reference_db = reference_db
        self._bins = array("H", bytes(2 * _BINS))
        self._fast = -1.0  # primed by the mean of the first period, so that the start is no step
        self._fastest = 0.0
        self._period = 0.0  # sum of the running period
        self._blocks = 0
        self._energy = 0.0  # sum of the means of all periods
        self.periods = 0

    def add(self, square: float) -> None:
        """The mean square of the next ms."""
        if self._fast >= 0:
            self._fast += (square - self._fast) * _FAST
            self._fastest = max(self._fastest, self._fast)
        self._period += square
        self._blocks += 1
        if self._blocks < PERIOD:
            return
        mean = self._period / PERIOD
        self._period = 0.0
        self._blocks = 0
        if self._fast < 0:
            self._fast = mean
        else:
            self.count(mean, self._fast)

    def count(self, square: float, fast: float) -> None:
        """One more period, of mean square `square`, with LAF at `fast`."""
        self._energy += square
        self._fastest = max(self._fastest, fast)
        place = int((self.level_db(fast) - _LEAST_DB) * 5)
        self._bins[max(0, min(place, _BINS - 1))] += 1
        self.periods += 1

    def level_db(self, square: float) -> float:
        return self._reference_db + _DB * math.log(max(square, 1e-9))

    def result(self) -> "dict[str, int | str]":
        """Steps of 0.1 dB by name."""
        if not self.periods:
            return {name: "not_ready" for name in NAMES}  # noqa: C420 - keeps the type of the values open
        return {
            "laeq": _steps(self.level_db(self._energy / self.periods)),
            "lafmax": _steps(self.level_db(self._fastest)),
            "l10": self._exceeded(90),
            "l90": self._exceeded(10),
        }

    def _exceeded(self, percent_below: int) -> int:
        """The percentile between its two neighbours in order, each known to half a bin."""
        rank = (self.periods - 1) * percent_below
        lower, upper = self._ranked(rank // 100), self._ranked((rank + 99) // 100)
        return lower + ((upper - lower) * (rank % 100) + 50) // 100

    def _ranked(self, rank: int) -> int:
        """The middle of the bin with the value that has `rank` others below it, in steps of 0.1 dB."""
        place = 0
        seen = self._bins[0]
        while seen <= rank:
            place += 1
            seen += self._bins[place]
        return _LEAST_DDB + 2 * place + 1


def _steps(level_db: float) -> "int | str":
    ddb = int(10 * level_db + 1000.5) - 1000
    return ddb if _LEAST_DDB <= ddb <= _MOST_DDB else "out_of_range"
