"""Water: creeks that flood, rivers that rise for days, the tide, and any recorded stage."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from simulator import series
from simulator.series import Series, WorldError

__all__ = ["GeneratedCreek", "RecordedCreek", "River", "Water", "WorldError", "read_creek", "tide"]

HOUR_US = 3_600_000_000
_CASCADE = 3  # linear reservoirs of the Nash cascade


class Water(Protocol):
    def stage_mm(self, at_us: int) -> int:
        """Water level over the gauge zero."""


@dataclass(frozen=True)
class GeneratedCreek:
    """A base flow with flash floods: rain through a Nash cascade, peaks `peak_mm` over the base."""

    base_mm: int
    peak_mm: int
    rains_us: tuple[int, ...]  # when it starts to rain
    reservoir_h: float = 0.6  # K of one reservoir; a flood rises in 2 K and halves in about 2 K more
    tide_mm: int = 0  # height of a spring tide over its low water

    def stage_mm(self, at_us: int) -> int:
        flood = sum(cascade(at_us - rain_us, self.reservoir_h) for rain_us in self.rains_us)
        breath = 6 * math.sin(
            2 * math.pi * at_us / (9.7 * HOUR_US)
        )  # springs and evaporation: some millimetres
        sea_mm = self.tide_mm * tide(at_us) if self.tide_mm else 0.0
        return round(self.base_mm + breath + self.peak_mm * flood + sea_mm)


def cascade(since_us: int, reservoir_h: float) -> float:
    """The Nash cascade's answer to one rain, 1.0 at its peak (n - 1) K after the start."""
    if since_us <= 0:
        return 0.0
    x = since_us / HOUR_US / reservoir_h
    peak_x = _CASCADE - 1
    return float((x / peak_x) ** peak_x * math.exp(peak_x - x))


# Constituents: period in hours, share of the amplitude, phase in hours; the North Sea's proportions.
_TIDE = (
    (12.4206, 0.62, 0.0),
    (12.0, 0.17, 2.1),
    (12.6583, 0.11, 5.0),
    (23.9345, 0.05, 8.0),
    (25.8193, 0.05, 3.0),
)


def tide(at_us: int) -> float:
    """From 0 at the lowest possible water to 1 at the highest: M2, S2, N2, K1 and O1."""
    hours = at_us / HOUR_US
    waves = sum(share * math.cos(2 * math.pi * (hours - late) / period) for period, share, late in _TIDE)
    return (1 + waves) / 2


@dataclass(frozen=True)
class River:
    """A large river: waves from far upstream through the same cascade, days long, and a rating curve.

    The discharge of a wave rises within `rise_h`; the stage follows it by (Q / Q peak) ^ (1 / `rating`).
    """

    base_mm: int
    peak_mm: int
    waves_us: tuple[int, ...]  # when a wave begins
    rise_h: float = 30.0
    rating: float = 1.8

    def stage_mm(self, at_us: int) -> int:
        flow = sum(cascade(at_us - wave_us, self.rise_h / (_CASCADE - 1)) for wave_us in self.waves_us)
        return round(self.base_mm + self.peak_mm * math.pow(flow, 1 / self.rating))


@dataclass(frozen=True)
class RecordedCreek:
    """A recording of stages: each row holds until the next."""

    series: Series
    mm_each: float = 1.0  # of one of its units

    def stage_mm(self, at_us: int) -> int:
        return round(self.series.at(at_us) * self.mm_each)


def read_creek(path: Path) -> RecordedCreek:
    """A CSV with a column of times and one of stages (stage_m or stage_mm)."""
    in_mm = series.has(path, ("stage_mm",)) and not series.has(path, ("stage_m",))
    return RecordedCreek(series.read(path, ("stage_m", "stage_mm")), 1.0 if in_mm else 1000.0)
