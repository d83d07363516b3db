"""How much of a signal arrives: path loss by named parameter sets, and shadowing that is fixed per link.

Positions are metres in a plane, losses dB. A frame's own fading is drawn where the frame is.
"""

import math
import random
from typing import NamedTuple

_WAVES = 96  # of one gateway's shadowing field
_NEAREST_M = 10.0  # no closer does any of the models hold


class Place(NamedTuple):
    """Where an antenna stands; `name` seeds its links."""

    name: str
    x_m: float
    y_m: float

    def distance_m(self, other: "Place") -> float:
        return math.hypot(self.x_m - other.x_m, self.y_m - other.y_m)


class LogDistance(NamedTuple):
    """`loss_db` at `at_m`, and `slope_db` more for every tenfold distance."""

    loss_db: float
    at_m: float
    slope_db: float

    def loss(self, distance_m: float) -> float:
        return self.loss_db + self.slope_db * math.log10(max(distance_m, _NEAREST_M) / self.at_m)

    def range_m(self, loss_db: float) -> float:
        """The distance at which this much is lost."""
        return float(self.at_m * 10 ** ((loss_db - self.loss_db) / self.slope_db))


def okumura_hata(area: str, hz: float = 868.1e6, base_m: float = 30, mobile_m: float = 1.5) -> LogDistance:
    """Okumura-Hata for 150 to 1500 MHz and 1 to 20 km; `area` is urban (small town), suburban or open."""
    log_f = math.log10(hz / 1e6)
    mobile_db = (1.1 * log_f - 0.7) * mobile_m - (1.56 * log_f - 0.8)
    urban_db = 69.55 + 26.16 * log_f - 13.82 * math.log10(base_m) - mobile_db
    relief_db = {
        "urban": 0.0,
        "suburban": 2 * math.log10(hz / 28e6) ** 2 + 5.4,
        "open": 4.78 * log_f**2 - 18.33 * log_f + 40.94,
    }[area]
    return LogDistance(urban_db - relief_db, 1000, 44.9 - 6.55 * math.log10(base_m))


PATH_LOSS = {
    "oulu": LogDistance(128.95, 1000, 23.2),  # Petäjäjärvi et al. 2015, car
    "lorasim_b": LogDistance(127.41, 40, 20.8 * math.log(10)),  # natural logarithm
    "lorasim_c": LogDistance(127.41, 40, 20.8),  # the same numbers, physically consistent
    "lorawan_sim": LogDistance(110.0, 40, 20.8),
    "flora_hata": LogDistance(127.5, 1000, 35.2),
    "tr45820": LogDistance(120.9, 1000, 37.6),  # 3GPP macro cell, also ns-3 lorawan
    "hata_urban": okumura_hata("urban"),
    "hata_suburban": okumura_hata("suburban"),
    "hata_open": okumura_hata("open"),
}


class Shadowing:
    """A gateway's view of walls and hills: a Gaussian field over the plane, correlated exp(-d / `reach_m`).

    The field is a sum of waves drawn from that correlation's spectrum, (1 + (k d)^2)^(-3/2) in the plane.
    So it is decided by seed and gateway alone: another node beside it changes nothing.
    """

    def __init__(self, seed: int, gateway: str, sigma_db: float, reach_m: float):
        rng = random.Random(f"{seed}:{gateway}:shadowing")
        self._scale_db = sigma_db * math.sqrt(2 / _WAVES)
        self._waves = [_wave(rng, reach_m) for _ in range(_WAVES)]

    def loss(self, place: Place) -> float:
        return self._scale_db * sum(
            math.cos(kx * place.x_m + ky * place.y_m + phase) for kx, ky, phase in self._waves
        )


def _wave(rng: random.Random, reach_m: float) -> tuple[float, float, float]:
    """(wave numbers in 1/m, phase); the radius by inverting 1 - 1 / sqrt(1 + (k d)^2)."""
    radius = math.sqrt(1 / (1 - rng.random()) ** 2 - 1) / reach_m
    angle = rng.uniform(0, 2 * math.pi)
    return radius * math.cos(angle), radius * math.sin(angle), rng.uniform(0, 2 * math.pi)
