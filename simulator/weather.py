"""Weather: temperature, humidity and pressure by the hour or as recorded, and rain as it falls."""

import math
from dataclasses import dataclass

from simulator.series import Series
from simulator.world import HOUR_US

_WARMEST_H = 15
_PRESSURE_PERIOD_H = 131.0  # highs and lows pass within some days
_RAIN_US = HOUR_US  # how long a cloudburst lasts


@dataclass(frozen=True)
class Climate:
    """Warmest at 15 h, dampest before sunrise. A recorded series takes the place of what it names."""

    mean_c: float = 11.0
    swing_c: float = 4.5
    humidity_pct: float = 78.0
    swing_pct: float = 14.0
    pressure_hpa: float = 1013.0
    swing_hpa: float = 9.0
    recorded: tuple[Series | None, Series | None, Series | None] = (None, None, None)

    def at(self, at_us: int) -> tuple[float, float, float]:
        """(degC, %, hPa)"""
        day = math.cos(2 * math.pi * (at_us / HOUR_US - _WARMEST_H) / 24)
        front = math.sin(2 * math.pi * at_us / HOUR_US / _PRESSURE_PERIOD_H)
        generated = (
            self.mean_c + self.swing_c * day,
            min(100.0, max(0.0, self.humidity_pct - self.swing_pct * day)),
            self.pressure_hpa + self.swing_hpa * front,
        )
        t, h, p = (
            value if series is None else series.at(at_us)
            for value, series in zip(generated, self.recorded, strict=True)
        )
        return t, h, p


@dataclass(frozen=True)
class Rain:
    """Cloudbursts of `each_mm` that swell and fade within an hour."""

    begin_us: tuple[int, ...] = ()
    each_mm: float = 30.0

    def fallen_mm(self, until_us: int) -> float:
        """All that has fallen up to then."""
        return self.each_mm * sum(_share((until_us - begin_us) / _RAIN_US) for begin_us in self.begin_us)


def _share(x: float) -> float:
    """Of a burst that is `x` of its time old, strongest in the middle."""
    x = min(1.0, max(0.0, x))
    return 2 * x * x if x < 0.5 else 1 - 2 * (1 - x) * (1 - x)
