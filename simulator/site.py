"""One node's place: over the creek, in the air, in the weather; and what is wrong with its sensors."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.air import Place
from simulator.power import Battery
from simulator.street import Dust
from simulator.world import HOUR_US, Water

_NEAREST_MM = 30  # blind zone: the echo comes back before the transducer has stopped ringing
_FARTHEST_MM = 4500
_NO_ECHO = 0  # what such sensors say then
_DRIFT_MM_PER_H = 10
_STUCK_PCT = 99.9


@dataclass(frozen=True)
class Sample:
    """A line of the truth log: what the sensor of `node` saw at this instant."""

    at_us: int
    node: str
    stage_mm: int
    distance_mm: int


@dataclass
class Site:
    """`faults` maps a fault's name to the instant since when the sensors have it."""

    name: str
    place: Place
    creek: Water
    mount_mm: int
    noise_mm: float
    rng: random.Random
    truth: Callable[[Sample], None]
    faults: dict[str, int] = field(default_factory=dict)
    street: Dust = field(default_factory=lambda: Dust(13.0))
    battery: Battery | None = None
    fan_since_us: int | None = None  # of the dust sensor, None while it sleeps

    def ping_mm(self, at_us: int) -> int:
        """What an ultrasonic sensor at `mount_mm` over the gauge zero says now."""
        stage_mm = self.creek.stage_mm(at_us)
        distance_mm = self.mount_mm - stage_mm
        if self.noise_mm:
            distance_mm += round(self.rng.gauss(0, self.noise_mm))
        if "drift" in self.faults:
            distance_mm += round((at_us - self.faults["drift"]) / HOUR_US * _DRIFT_MM_PER_H)
        if "no_echo" in self.faults or not _NEAREST_MM <= distance_mm <= _FARTHEST_MM:
            distance_mm = _NO_ECHO
        self.truth(Sample(at_us, self.name, stage_mm, distance_mm))
        return distance_mm

    def climate(self, at_us: int) -> tuple[float, float]:
        """(temperature in degC, relative humidity in %): warmest at 15 h, dampest before sunrise."""
        day = math.cos(2 * math.pi * (at_us / HOUR_US - 15) / 24)
        humidity_pct = _STUCK_PCT if "stuck_humidity" in self.faults else 78.0 - 14.0 * day
        return 11.0 + 4.5 * day, humidity_pct

    def dust(self, at_us: int) -> tuple[float, float]:
        """(PM2.5, PM10) in ug/m3, as an optical sensor takes them."""
        humidity_pct = self.climate(at_us)[1]
        pm25, pm10 = self.street.pm25(at_us, humidity_pct), self.street.pm10(at_us, humidity_pct)
        return pm25, pm10

    def battery_cv(self, at_us: int) -> int:
        """Battery voltage in 10 mV: a lithium cell sags a little in the cold."""
        if self.battery:
            return round(100 * self.battery.volts)
        return 362 + round(self.climate(at_us)[0] / 4)
