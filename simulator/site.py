"""One node's place: over the water, in the air, in the weather; and what is wrong with its sensors."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from simulator.air import Place
from simulator.power import Battery
from simulator.street import Dust, Noise
from simulator.weather import Climate, Rain
from simulator.world import HOUR_US, Water

_DRIFT_MM_PER_H = 10
_STUCK_PCT = 99.9


class Sample(NamedTuple):
    """A line of the truth log: what the sensor of `node` saw of the water at this instant; 0 is no echo."""

    at_us: int
    node: str
    stage_mm: int
    distance_mm: int


def _unheard(at_us: int, part: str, values: dict[str, float]) -> None:
    """Nobody follows."""


@dataclass(slots=True)
class Site:
    """`faults` maps a fault's name to the instant since when the sensors have it.

    `truth` gets each look at the water, `sense` what else was true at a sample: (instant, part, quantities).
    """

    name: str
    place: Place
    creek: Water
    mount_mm: int
    noise_mm: float
    rng: random.Random
    truth: Callable[[Sample], None]
    faults: dict[str, int] = field(default_factory=dict)
    street: Dust = field(default_factory=lambda: Dust(13.0))
    weather: Climate = field(default_factory=Climate)
    rain: Rain = field(default_factory=Rain)
    battery: Battery | None = None
    sound: Callable[[], Noise] = lambda: Noise("")
    sense: Callable[[int, str, dict[str, float]], None] = _unheard
    fans_us: dict[str, int] = field(default_factory=dict)  # since when a dust part's fan runs, by part
    _noise: Noise | None = None

    def ping_mm(self, at_us: int, nearest_mm: int = 30, farthest_mm: int = 4500, scale: float = 1.0) -> int:
        """What a part with these limits at `mount_mm` over the gauge zero says now; 0 when no echo returns.

        Nearer than `nearest_mm` the echo is back before the transducer has stopped ringing. `scale` is how
        wrong the part takes the speed of sound.
        """
        stage_mm = self.creek.stage_mm(at_us)
        distance_mm = round((self.mount_mm - stage_mm) * scale)
        if self.noise_mm:
            distance_mm += round(self.rng.gauss(0, self.noise_mm))
        if "drift" in self.faults:
            distance_mm += round((at_us - self.faults["drift"]) / HOUR_US * _DRIFT_MM_PER_H)
        if "no_echo" in self.faults or not nearest_mm <= distance_mm <= farthest_mm:
            distance_mm = 0
        self.truth(Sample(at_us, self.name, stage_mm, distance_mm))
        return distance_mm

    def climate(self, at_us: int) -> tuple[float, float]:
        """(temperature in degC, relative humidity in %) as a part says them."""
        temperature_c, humidity_pct, _ = self.weather.at(at_us)
        return temperature_c, _STUCK_PCT if "stuck_humidity" in self.faults else humidity_pct

    def pressure_hpa(self, at_us: int) -> float:
        return self.weather.at(at_us)[2]

    def dust(self, at_us: int) -> tuple[float, float]:
        """(PM2.5, PM10) in ug/m3, as an optical sensor takes them: damp and all."""
        return self.street.masses(at_us, self.weather.at(at_us)[1])

    def noise_db(self, at_us: int) -> float:
        """The street's level in dB(A) in this second."""
        if self._noise is None:
            self._noise = self.sound()
        return self._noise.level_db(at_us)

    def battery_cv(self, at_us: int) -> int:
        """Battery voltage in 10 mV: a lithium cell sags a little in the cold."""
        if self.battery:
            return round(100 * self.battery.volts)
        return 362 + round(self.weather.at(at_us)[0] / 4)
