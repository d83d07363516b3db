"""A-weighting (IEC 61672-1) as a digital filter, from its four analogue poles, and its form in bytecode.

All poles are real. The bilinear transform without prewarping puts the class 2 limits out of reach below 22
kHz.
"""

import math
from array import array

POLES_HZ = (20.598997057568143, 107.65264864304627, 737.8622307362899, 12194.21714799801)
RATES_HZ = (48000, 32000, 24000)


def digital_poles(rate_hz: int) -> "tuple[float, ...]":
    """Where s = 2 rate (z - 1) / (z + 1) puts the analogue poles."""
    return tuple([(rate_hz - math.pi * hz) / (rate_hz + math.pi * hz) for hz in POLES_HZ])


def sections(rate_hz: int) -> "tuple[tuple[float, ...], ...]":
    """Three second-order sections (b0, b1, b2, a1, a2) that together pass 1 kHz unchanged."""
    p1, p2, p3, p4 = digital_poles(rate_hz)
    gain = 1 / gain_1khz(rate_hz)
    return (
        (gain, -2 * gain, gain, -2 * p1, p1 * p1),
        (1.0, -2.0, 1.0, -p2 - p3, p2 * p3),
        (0.25, 0.5, 0.25, -2 * p4, p4 * p4),
    )


def gain_1khz(rate_hz: int) -> float:
    """What four times (1 - 1/z), twice (1 + 1/z) / 2 and the poles do to 1 kHz."""
    p1, p2, p3, p4 = digital_poles(rate_hz)
    cosine = math.cos(2 * math.pi * 1000 / rate_hz)
    power = (2 - 2 * cosine) ** 4 * ((2 + 2 * cosine) / 4) ** 2
    for pole in (p1, p1, p2, p3, p4, p4):
        power /= 1 + pole * pole - 2 * pole * cosine
    return math.sqrt(power)


class Weighting:
    """The filter and the mean squares of what passes it, where no native code runs: slower than the sound."""

    CHUNK_MS = 125

    def __init__(self, rate_hz: int):
        self._sections = sections(rate_hz)
        self._block = rate_hz // 1000
        self.reset()

    def reset(self) -> None:
        """Forget the sound before: what comes next does not continue it."""
        self._state = [0.0] * 6

    def run(self, samples: "array[int]", squares: "array[float]") -> None:
        """One mean square for each ms of `samples`, in squared steps of 24 bits."""
        (b0, b1, b2, a1, a2), (_, _, _, c1, c2), (_, _, _, d1, d2) = self._sections
        u1, u2, v1, v2, w1, w2 = self._state
        at = 0
        for place in range(len(squares)):
            total = 0.0
            for at in range(place * self._block, (place + 1) * self._block):
                x = float(samples[at] >> 8)
                y = b0 * x + u1
                u1 = b1 * x - a1 * y + u2
                u2 = b2 * x - a2 * y
                x = y
                y = x + v1
                v1 = -2.0 * x - c1 * y + v2
                v2 = x - c2 * y
                x = 0.25 * y
                y = x + w1
                w1 = 2.0 * x - d1 * y + w2
                w2 = x - d2 * y
                total += y * y
            squares[place] = total / self._block
        self._state = [u1, u2, v1, v2, w1, w2]
