"""A chip that is slower than the sound: it hears pieces, says how much, and the gaps do not sound."""

import math
from array import array

import pytest

from firmware.sensors import a_weighting
from firmware.sensors.i2s_microphone import ICS43434
from tests.firmware.sensors import viper_shim
from tests.firmware.sensors.test_a_weighting import VIPER
from tests.shared.sensor_bench import Clock, run
from tests.shared.sounds import STEPS_94_DB

RATE_HZ = 24000


class LiveMicrophone:
    """I2S with a buffer of 100 ms: what comes while it is full is lost. A hum of 80 dB, a tone of 60 dB."""

    def __init__(self, clock: Clock):
        self._clock = clock
        self._read_to = 0  # in samples
        self.lost = 0

    def readinto(self, buffer: "array[int]") -> int:
        kept = RATE_HZ // 10
        for place in range(len(buffer)):
            buffer[place] = self._sample(self._read_to)
            self._read_to += 1
            if place == kept - 1 or place == len(buffer) - 1:
                self._skip_lost(place + 1)
        self._clock._now_ms = max(self._clock.now_ms(), self._read_to * 1000 // RATE_HZ)
        return 4 * len(buffer)

    def _skip_lost(self, taken: int) -> None:
        """The buffer began to lose when it was full; what is taken from it now is from before."""
        heard_to = self._clock.now_ms() * RATE_HZ // 1000
        behind = heard_to - (self._read_to - taken) - RATE_HZ // 10
        if behind > 0:
            self.lost += behind
            self._read_to += behind

    def _sample(self, place: int) -> int:
        hum = 10 ** ((80 - 94) / 20) * math.sin(2 * math.pi * 40 * place / RATE_HZ)
        tone = 10 ** ((60 - 94) / 20) * math.sin(2 * math.pi * 1000 * place / RATE_HZ)
        return int(STEPS_94_DB * (hum + tone)) << 8


def slowed(form: type, clock: Clock, per_ms: float) -> type:
    class Slow(form):  # type: ignore[misc]  # either form
        def run(self, samples: "array[int]", squares: "array[float]") -> None:
            super().run(samples, squares)
            clock._now_ms += int(per_ms * len(squares))

    return Slow


FORMS = [a_weighting.Weighting, viper_shim.load(VIPER, checked=False).Weighting]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("per_ms", "least_pct", "most_pct"), [(0.0, 100, 100), (0.6, 100, 100), (3.0, 1, 30)]
)
def test_gaps_do_not_sound_and_are_told(form: type, per_ms: float, least_pct: int, most_pct: int) -> None:
    clock = Clock()
    microphone = LiveMicrophone(clock)
    sensor = ICS43434(microphone, clock, RATE_HZ, 4, 0, slowed(form, clock, per_ms))
    values = run(sensor.read())
    if form is not a_weighting.Weighting and per_ms > 1:  # native code that slow hears no 50 ms in a row
        assert set(values.values()) == {"not_ready"}
        return
    assert least_pct <= sensor.duty_pct <= most_pct
    assert (microphone.lost > 0) == (most_pct < 100)
    expected_db = 10 * math.log10(10**6.0 + 10 ** ((80 - 34.54) / 10))  # A(40 Hz) = -34.54 dB
    assert abs(values["laeq"] / 10 - expected_db) < 0.3
    assert abs(values["l90"] / 10 - expected_db) < 0.5
