"""Submersible pressure probe with 4 to 20 mA over a shunt and a TI ADS1115 on I2C, supplied with 12 to 24 V.

Currents outside 4 to 20 mA say what is wrong (NAMUR NE 43): below 3.6 mA the wire is broken, above 21 mA the
probe reports a failure, and only 3.8 to 20.5 mA is a measurement. The range is +-4.096 V for every shunt: at
+-2.048 V a shunt of 100 ohm would saturate at 20.48 mA and hide the failure.
"""

from codec.compat import const
from firmware.sensors.robust import median

BUS = "i2c"
WARMUP_MS = const(2000)  # 0.5 to 2 s by the vendors: measure yours, option warmup_ms
OPTIONS = {
    "address": (0x48, (0x48, 0x49, 0x4A, 0x4B)),
    "channel": (0, 0, 3),
    "shunt_ohm": (None, 50, 180),  # 180 ohm: 22 mA still fit the range
    "span_mm": (None, 100, 100000),  # head of water at 20 mA over the one at 4 mA
    "zero_mm": (0, -1000, 10000),  # head of water at 4 mA
}

_CONVERSION = b"\x00"
_CONFIG = const(1)
_START = const(
    0xC383
)  # start, single-ended AIN0, +-4.096 V, single shot, 128 samples a second, no comparator
_CHANNEL_SHIFT = const(12)
_READY_MS = const(10)  # 7.8 ms and 10 % for the oscillator
_CONVERSIONS = const(8)  # over four periods of the mains
_STEP_NV = const(125000)
_BROKEN_NA = const(3600000)
_LOW_NA = const(3800000)
_HIGH_NA = const(20500000)
_FAILURE_NA = const(21000000)
_ZERO_NA = const(4000000)
_SPAN_NA = const(16000000)
_RESTLESS_NA = const(160000)  # 1 % of the span within 80 ms is no water


def parse(raw: bytes, shunt_ohm: int) -> int:
    """The current in nA of the two bytes of the conversion register."""
    steps = raw[0] << 8 | raw[1]
    if steps & 0x8000:
        steps -= 0x10000
    return steps * _STEP_NV // shunt_ohm


def head(current_na: int, span_mm: int, zero_mm: int) -> "int | str":
    """mm of water, or the fault that the current stands for."""
    if current_na < _BROKEN_NA:
        return "wire_break"
    if current_na > _FAILURE_NA:
        return "sensor_error"
    if not _LOW_NA <= current_na <= _HIGH_NA:
        return "out_of_range"
    return zero_mm + (span_mm * (current_na - _ZERO_NA) + _SPAN_NA // 2) // _SPAN_NA


class CurrentLoop:
    """`i2c` leads to the ADS1115."""

    def __init__(
        self,
        i2c: "I2C",
        clock: "Clock",
        address: int,
        channel: int,
        shunt_ohm: int,
        span_mm: int,
        zero_mm: int,
    ):
        self._i2c = i2c
        self._clock = clock
        self._address = address
        self._start = bytes([_CONFIG]) + (_START | channel << _CHANNEL_SHIFT).to_bytes(2, "big")
        self._shunt_ohm = shunt_ohm
        self._span_mm = span_mm
        self._zero_mm = zero_mm

    async def read(self) -> "dict[str, int | str]":
        """{"head": mm or fault}; unstable when the current wanders while it is measured."""
        currents_na = []
        try:
            for _ in range(_CONVERSIONS):
                self._i2c.writeto(self._address, self._start)
                await self._clock.sleep_ms(_READY_MS)
                self._i2c.writeto(self._address, _CONVERSION)
                currents_na.append(parse(self._i2c.readfrom(self._address, 2), self._shunt_ohm))
        except OSError:
            return {"head": "no_answer"}
        middle_na = median(currents_na)
        judged = head(middle_na, self._span_mm, self._zero_mm)
        wander_na = median([abs(current_na - middle_na) for current_na in currents_na])
        if isinstance(judged, int) and wander_na > _RESTLESS_NA:
            judged = "unstable"
        return {"head": judged}


CLASSES = {"current_loop": CurrentLoop}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import I2C, Clock
