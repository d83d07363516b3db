"""A-weighting in native code, twin of a_weighting, for chips that run viper functions: faster than the sound.

Viper counts in 32 bits without a check. Samples of 24 bits carry 4 more for rounding, and each second-order
section runs as its two real poles: the direct form would need (1 - pole) squared, 7e-6 at 20.6 Hz, which 16
bits cannot hold. No input makes a stage exceed 2.42 times full scale (the sum of its impulse response), so
that 2 bits are spare.
"""

from array import array

import micropython

from codec.compat import const
from firmware.sensors.a_weighting import digital_poles, gain_1khz

_LEAK_Q = const(17)  # of 1 - pole of a high pass
_POLE_Q = const(15)  # of the pole of a low pass
_TOP = const(0xFFFFFF)  # the square of more would not fit; twice full scale is no sound
# Places in `state`: four leaks, one pole, then (last input, output) of the six stages.
_POLE = const(4)
_STAGES = const(5)
_LOW_PASS = const(13)
_END = const(17)


TYPE_CHECKING = False
if TYPE_CHECKING:
    ptr32 = array[int]  # viper's own name


@micropython.viper  # type: ignore[untyped-decorator]  # micropython exists on a device only
def _run(samples: ptr32, state: ptr32, sums: ptr32, blocks: int, block: int):  # type: ignore[no-untyped-def]
    at = 0
    out = 0
    while out < 2 * blocks:
        high = 0  # the block's sum of squares is high * 2**24 + low
        low = 0
        end = at + block
        while at < end:
            x = samples[at] >> 4
            leak = 0
            stage = _STAGES
            while stage < _LOW_PASS:
                k = state[leak]
                y = state[stage + 1]
                y += x - state[stage] - (((y >> 14) * k + ((y & 0x3FFF) * k >> 14)) >> 3)
                state[stage] = x
                state[stage + 1] = y
                x = y
                leak += 1
                stage += 2
            k = state[_POLE]
            while stage < _END:
                y = state[stage + 1]
                y = ((x + state[stage]) >> 1) + (((y >> 14) * k + ((y & 0x3FFF) * k >> 14)) >> 1)
                state[stage] = x
                state[stage + 1] = y
                x = y
                stage += 2
            x = x >> 4
            if x < 0:
                x = -x
            if x > _TOP:
                x = _TOP
            y = x >> 12
            x = x & 0xFFF
            k = x * y
            low += x * x + ((k & 0x7FF) << 13)
            high += y * y + (k >> 11) + (low >> 24)
            low = low & 0xFFFFFF
            at += 1
        sums[out] = high
        sums[out + 1] = low
        out += 2


class Weighting:
    """As a_weighting.Weighting."""

    CHUNK_MS = 25

    def __init__(self, rate_hz: int):
        p1, p2, p3, p4 = digital_poles(rate_hz)
        self._leaks = [int((1 - pole) * (1 << _LEAK_Q) + 0.5) for pole in (p1, p1, p2, p3)]
        self._pole = int(p4 * (1 << _POLE_Q) + 32768.5) - 32768
        self._block = rate_hz // 1000
        self._scale = 1 / gain_1khz(rate_hz) ** 2 / self._block
        self.reset()

    def reset(self) -> None:
        """Forget the sound before: what comes next does not continue it."""
        self._state = array("i", self._leaks + [self._pole] + [0] * (_END - _STAGES))

    def run(self, samples: "array[int]", squares: "array[float]") -> None:
        """One mean square for each ms of `samples`, in squared steps of 24 bits."""
        blocks = len(squares)
        sums = array("i", bytes(8 * blocks))
        _run(samples, self._state, sums, blocks, self._block)
        for place in range(blocks):
            squares[place] = (sums[2 * place] * 16777216.0 + sums[2 * place + 1]) * self._scale
