"""Nova SDS011 dust sensor, UART 9600 8N1, supplied with 5 V (data sheet 1.3 and its control protocol).

A frame is AA, its kind, six bytes, the low byte of their sum, AB. The look-alike SDS198 sends kind CF and is
refused.
"""

from codec.compat import const
from firmware.sensors.dust import WARMUP_MS, SerialDust, plausible  # noqa: F401 - WARMUP_MS is read by create()

BUS = "uart"
BAUDRATE = const(9600)
OPTIONS: "Options" = {}

_FRAME = const(10)
_READING = const(0xC0)
_REPLY = const(0xC5)
_FAN_MS = const(30000)  # what came before is not a measurement, 0 included
_COMMAND_MS = const(100)


def command(*data: int) -> bytes:
    """To any sensor (id FF FF): 19 bytes, the data filled up with zeros."""
    body = bytes(data) + bytes(13 - len(data)) + b"\xff\xff"
    return b"\xaa\xb4" + body + bytes([sum(body) & 0xFF, 0xAB])


def parse(buffer: bytes, at: int) -> "tuple[int, tuple[int, ...] | str | None]":
    """What stands at `at`, in the terms of framing.Framer: PM2.5 and PM10."""
    if len(buffer) - at < _FRAME:
        return -1, None
    frame = buffer[at : at + _FRAME]
    if frame[0] != 0xAA or frame[9] != 0xAB or sum(frame[2:8]) & 0xFF != frame[8]:
        return 0, None
    if frame[1] == _REPLY:
        return _FRAME, None
    if frame[1] != _READING:
        return 0, None
    return _FRAME, plausible((frame[3] << 8 | frame[2], frame[5] << 8 | frame[4]))


class SDS011(SerialDust):
    """Asked in either of its modes: active reporting and query both answer."""

    def __init__(self, uart: "UART", clock: "Clock"):
        wake = ((command(6, 1, 1), _FAN_MS),)
        sleep = ((command(6, 1, 0), _COMMAND_MS),)
        super().__init__(uart, clock, parse, ("pm25", "pm10"), wake, command(4), sleep)

    async def read(self) -> "dict[str, int | str]":
        values = await super().read()
        if values["pm25"] == "no_answer":  # perhaps in its period's pause: the next reading finds it awake
            await self._say(((command(8, 1, 0), _COMMAND_MS),))
        return values


CLASSES = {"sds011": SDS011}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Clock
    from firmware.sensors.buses import UART, Options
