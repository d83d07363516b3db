"""Plantower PMS5003 and PMS7003 dust sensors, UART 9600 8N1, supplied with 5 V (manual, appendix I and II).

A frame is "BM", the length of the rest, big-endian words, and the sum of all bytes before it. Reported are
the words for atmospheric air, not those for the factory's standard particle (CF=1).
"""

from codec.compat import const
from firmware.sensors.dust import WARMUP_MS, SerialDust, plausible  # noqa: F401 - WARMUP_MS is read by create()

BUS = "uart"
BAUDRATE = const(9600)
OPTIONS: "Options" = {}

_READING = const(32)
_ACKNOWLEDGEMENT = const(8)
_ATMOSPHERIC = (10, 12, 14)  # PM1, PM2.5, PM10
_ERROR = const(29)
_FAN_MS = const(30000)
_COMMAND_MS = const(100)

# After a brown-out nobody knows the mode: wake and mode are always sent, and either stream is taken.
_WAKE = b"\x42\x4d\xe4\x00\x01\x01\x74"
_PASSIVE = b"\x42\x4d\xe1\x00\x00\x01\x70"
_ASK = b"\x42\x4d\xe2\x00\x00\x01\x71"
_SLEEP = b"\x42\x4d\xe4\x00\x00\x01\x73"


def parse(buffer: bytes, at: int) -> "tuple[int, tuple[int, ...] | str | None]":
    """What stands at `at`, in the terms of framing.Framer: PM1, PM2.5 and PM10."""
    if len(buffer) - at < _ACKNOWLEDGEMENT:
        return -1, None
    size = 4 + _word(buffer, at + 2)
    if buffer[at] != 0x42 or buffer[at + 1] != 0x4D or size not in (_READING, _ACKNOWLEDGEMENT):
        return 0, None
    if len(buffer) - at < size:
        return -1, None
    if sum(buffer[at : at + size - 2]) != _word(buffer, at + size - 2):
        return 0, None
    if size == _ACKNOWLEDGEMENT:
        return size, None
    if buffer[at + _ERROR]:
        return size, "sensor_error"
    return size, plausible(tuple([10 * _word(buffer, at + place) for place in _ATMOSPHERIC]))


def _word(buffer: bytes, at: int) -> int:
    return buffer[at] << 8 | buffer[at + 1]


class PMS5003(SerialDust):
    def __init__(self, uart: "UART", clock: "Clock"):
        wake = ((_WAKE, _COMMAND_MS), (_PASSIVE, _FAN_MS))
        sleep = ((_SLEEP, _COMMAND_MS),)
        super().__init__(uart, clock, parse, ("pm1", "pm25", "pm10"), wake, _ASK, sleep)


CLASSES = {"pms5003": PMS5003, "pms7003": PMS5003}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Clock
    from firmware.sensors.buses import UART, Options
