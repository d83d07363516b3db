"""Sensirion SPS30 dust sensor on UART, 115200 8N1, by SHDLC (data sheet section 5), supplied with 5 V.

A frame stands between two 7E; inside it 7E, 7D, 11 and 13 are escaped, so that 7E always is a border.
"""

import struct

from codec.compat import const
from firmware.sensors.dust import WARMUP_MS, SerialDust, plausible  # noqa: F401 - WARMUP_MS is read by create()

BUS = "uart"
BAUDRATE = const(115200)
OPTIONS: "Options" = {}
NAMES = ("pm1", "pm25", "pm4", "pm10")
FAN_MS = const(30000)  # 8 s in dusty air, 30 s where there are 50 to 100 particles a cm3

_BORDER = const(0x7E)
_ESCAPE = const(0x7D)
_ESCAPED = {0x5E: 0x7E, 0x5D: 0x7D, 0x31: 0x11, 0x33: 0x13}
_READ = const(0x03)
_LONGEST = const(522)  # 255 bytes of data and five others, each escaped
_FLOATS = const(40)
_COMMAND_MS = const(50)

_WAKE = (
    (b"\xff", 10),  # any byte wakes the interface, for 100 ms
    (b"\x7e\x00\x7d\x31\x00\xee\x7e", _COMMAND_MS),
    (b"\x7e\x00\x00\x02\x01\x03\xf9\x7e", FAN_MS),  # start, as floats
)
_ASK = b"\x7e\x00\x03\x00\xfc\x7e"
_SLEEP = ((b"\x7e\x00\x01\x00\xfe\x7e", _COMMAND_MS), (b"\x7e\x00\x10\x00\xef\x7e", _COMMAND_MS))


def unstuffed(stuffed: bytes) -> "bytes | None":
    """The content between two borders without its escapes; None where an escape means nothing."""
    content = bytearray()
    at = 0
    while at < len(stuffed):
        byte = stuffed[at]
        if byte == _ESCAPE:
            at += 1
            byte = _ESCAPED.get(stuffed[at], -1) if at < len(stuffed) else -1
            if byte < 0:
                return None
        content.append(byte)
        at += 1
    return bytes(content)


def content(stuffed: bytes) -> "bytes | None":
    """Address, command, state, length and data of a sound answer, else None."""
    answer = unstuffed(stuffed)
    if answer is None or len(answer) < 5 or answer[3] != len(answer) - 5:
        return None
    return answer[:-1] if ~sum(answer[:-1]) & 0xFF == answer[-1] else None


def parse(buffer: bytes, at: int) -> "tuple[int, tuple[int, ...] | str | None]":
    """What stands at `at`, in the terms of framing.Framer: PM1, PM2.5, PM4 and PM10."""
    if at >= len(buffer):
        return -1, None
    if buffer[at] != _BORDER:
        return 0, None
    end = buffer.find(b"\x7e", at + 1)
    if end < 0:
        return (-1, None) if len(buffer) - at < _LONGEST else (0, None)
    answer = content(buffer[at + 1 : end])
    if answer is None:
        return 0, None
    size = end + 1 - at
    if answer[1] != _READ:
        return size, None
    if answer[2]:
        return size, "sensor_error"
    return size, dust(answer[4:]) if answer[3] else "not_ready"  # no new data


def dust(data: bytes) -> "tuple[int, ...] | str":
    """Steps of 0.1 ug/m3 of the ten floats of a measurement."""
    if len(data) != _FLOATS:
        return "bad_data"
    masses = struct.unpack(">4f", data[:16])
    if not all(0 <= mass <= 1000 for mass in masses):  # NaN is in no range
        return "bad_data"
    return plausible(tuple([int(10 * mass + 0.5) for mass in masses]))


class SPS30(SerialDust):
    def __init__(self, uart: "UART", clock: "Clock"):
        super().__init__(uart, clock, parse, NAMES, _WAKE, _ASK, _SLEEP)


CLASSES = {"sps30": SPS30}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Clock
    from firmware.sensors.buses import UART, Options
