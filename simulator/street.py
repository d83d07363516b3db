"""What a street does to the air and the ear: dust by the hour, damp and fireworks; noise in dB."""

import math
import random
from dataclasses import dataclass

from simulator.series import Series

_HOUR_US = 3_600_000_000
_MINUTE_US = 60_000_000
_KAPPA = 0.3  # how strongly dust takes up water
_DRY_DENSITY = 1.65
_PM25_SHARE = 0.33
_EVENING_H = 18.5
_EVENTS_PER_MIN = 464 / 1440  # louder than L90 + 10 dB, on a residential street
_TAU_S = 200.0  # of the hum's slow wander
_HUM_DB = 2.0
_WAVES = 24


def swelling(humidity_pct: float) -> float:
    """How much heavier dust is by the water it holds, which optical sensors cannot tell (kappa-Koehler)."""
    activity = min(max(humidity_pct, 0.0), 99.0) / 100
    return 1 + _KAPPA / _DRY_DENSITY / (1 / activity - 1) if activity else 1.0


@dataclass(frozen=True)
class Dust:
    """PM10 in ug/m3: `base` by the hour with its evening peak, and `peak` more at the fireworks."""

    base_ug_m3: float
    fireworks_us: int | None = None
    peak_ug_m3: float = 800.0
    decay_h: float = 2.0
    recorded: tuple[Series, Series] | None = None  # PM2.5 and PM10 as a sensor said them, damp and all

    def masses(self, at_us: int, humidity_pct: float) -> tuple[float, float]:
        """(PM2.5, PM10)"""
        if self.recorded:
            pm25, pm10 = self.recorded
            return pm25.at(at_us), pm10.at(at_us)
        return self.pm25(at_us, humidity_pct), self.pm10(at_us, humidity_pct)

    def pm10(self, at_us: int, humidity_pct: float) -> float:
        """As an optical sensor takes it, damp and all."""
        from_peak_h = abs((at_us / _HOUR_US - _EVENING_H + 12) % 24 - 12)
        evening = math.exp(-(from_peak_h**2) / 8)
        return self.base_ug_m3 * (0.85 + 0.35 * evening) * swelling(humidity_pct) + self._fireworks(at_us)

    def pm25(self, at_us: int, humidity_pct: float) -> float:
        return self.pm10(at_us, humidity_pct) * _PM25_SHARE

    def _fireworks(self, at_us: int) -> float:
        """Rises within the first hour, then the wind takes it."""
        if self.fireworks_us is None or at_us < self.fireworks_us:
            return 0.0
        hours = (at_us - self.fireworks_us) / _HOUR_US
        return self.peak_ug_m3 * min(1.0, hours) * math.exp(-max(0.0, hours - 1) / self.decay_h)


class Noise:
    """Sound level of a street in dB(A), second by second: a hum that wanders, cars that pass, fireworks.

    A function of time and seed alone: the same second sounds the same whoever asks, and however often.
    `recorded` levels take the place of all of it.
    """

    def __init__(
        self,
        seed: str,
        night_db: float = 44.0,
        day_db: float = 51.0,
        fireworks_us: int | None = None,
        recorded: Series | None = None,
    ):
        self._recorded = recorded
        rng = random.Random(f"{seed}:noise")
        self._seed = seed
        self._night_db, self._day_db = night_db, day_db
        self._fireworks_us = fireworks_us
        # Ornstein-Uhlenbeck as waves drawn from its Cauchy spectrum.
        self._waves = [
            (math.tan(math.pi * (rng.random() - 0.5)) / _TAU_S, rng.uniform(0, 2 * math.pi))
            for _ in range(_WAVES)
        ]

    def level_db(self, at_us: int) -> float:
        """LAeq of the second that begins at `at_us`; sources add up in energy, never in dB."""
        if self._recorded:
            return self._recorded.at(at_us)
        energy = 10 ** (self._hum_db(at_us) / 10)
        minute = at_us // _MINUTE_US
        for begun in (minute - 1, minute):
            for start_us, lasts_us, peak_db in self._events(begun):
                share = 1 - abs(2 * (at_us - start_us) / lasts_us - 1)
                if share > 0:
                    energy += 10 ** ((self._night_db + peak_db * share) / 10)
        if self._fireworks_us is not None and 0 <= at_us - self._fireworks_us < _HOUR_US:
            energy += 10 ** (8.5 - 2 * (at_us - self._fireworks_us) / _HOUR_US)
        return 10 * math.log10(energy)

    def _hum_db(self, at_us: int) -> float:
        day = 0.5 - 0.5 * math.cos(2 * math.pi * (at_us / _HOUR_US % 24 - 2) / 24)
        wander = sum(math.cos(rate * at_us / 1e6 + phase) for rate, phase in self._waves)
        hum_db = self._night_db + (self._day_db - self._night_db) * day
        return hum_db + _HUM_DB * math.sqrt(2 / _WAVES) * wander

    def _events(self, minute: int) -> list[tuple[int, int, float]]:
        """(start, duration, dB over the night's hum) of what passes in this minute, fewer at night."""
        rng = random.Random(f"{self._seed}:{minute}")
        hour = minute / 60 % 24
        busy = _EVENTS_PER_MIN * (0.5 - 0.5 * math.cos(2 * math.pi * (hour - 2) / 24)) * 2
        count = 0
        left = math.exp(-busy)
        draw = rng.random()
        while draw > left and count < 20:
            draw *= rng.random()
            count += 1
        return [
            (
                minute * _MINUTE_US + rng.randrange(_MINUTE_US),
                rng.randrange(5, 21) * 1_000_000,
                rng.uniform(12, 28),
            )
            for _ in range(count)
        ]
