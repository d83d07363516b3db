"""Sounds as an I2S microphone delivers them: 24 bits at the top of 32."""

import math
from array import array

STEPS_94_DB = 420426.0  # peak of a sine at -26 dBFS


def sine(rate_hz, duration_ms, hz, level_db, offset=0, burst_ms=None):
    """Samples of a sine, `offset` steps of 24 bits beside zero; for `burst_ms` only where given."""
    peak = STEPS_94_DB * 10 ** ((level_db - 94) / 20)
    count = rate_hz * duration_ms // 1000
    loud = count if burst_ms is None else rate_hz * burst_ms // 1000
    turn = 2 * math.pi * hz / rate_hz
    samples = array("i", bytes(4 * count))
    for place in range(count):
        value = int(peak * math.sin(turn * place) + 0.5) if place < loud else 0
        samples[place] = (value + offset) * 256
    return samples


class Microphone:
    """I2S over a sound that is given, around and around."""

    def __init__(self, samples):
        self._samples = samples
        self._at = 0

    def readinto(self, buffer):
        for place in range(len(buffer)):
            buffer[place] = self._samples[self._at]
            self._at = (self._at + 1) % len(self._samples)
        return 4 * len(buffer)


def weighted_db(weighting, rate_hz, samples, skip_ms):
    """Level of what passes `weighting`, after `skip_ms` for it to settle."""
    total = 0.0
    blocks = 0
    size = rate_hz // 100
    squares = array("f", bytes(40))
    for at in range(0, len(samples), size):
        weighting.run(samples[at : at + size], squares)
        if at * 1000 >= skip_ms * rate_hz:
            total += sum(squares)
            blocks += len(squares)
    return 94 + 10 * math.log(total / blocks / (STEPS_94_DB**2 / 2)) / math.log(10)
