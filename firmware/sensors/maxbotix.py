"""MaxBotix HRXL-MaxSonar-WR ultrasonic distance sensors MB7389 (TTL) and MB7369 (RS-232 levels), 9600 8N1.

A frame is "R", four digits of mm and a carriage return, every 148 ms, and nothing guards it: a flipped bit
may change a digit, and the burst's median drops that ping. The XL family sends three digits of cm, which
never pass for mm. The part compensates the speed of sound itself.
"""

from codec.compat import const
from firmware.sensors.ranging import PINGS, SerialRanger

BUS = "uart"
BAUDRATE = const(9600)
WARMUP_MS = const(250)  # 50 to 160 ms by the data sheet
OPTIONS = {"pings": PINGS}

_FRAME = const(6)
_NEAREST_MM = const(300)  # what is nearer also reads 300
_NO_TARGET_MM = const(5000)
_PERIOD_MS = const(148)


def parse(buffer: bytes, at: int) -> "tuple[int, int | str | None]":
    """What stands at `at`, in the terms of framing.Framer."""
    if len(buffer) - at < _FRAME:
        return -1, None
    frame = buffer[at : at + _FRAME]
    if frame[0] != 0x52 or frame[5] != 0x0D or not frame[1:5].isdigit():
        return 0, None
    mm = int(frame[1:5])
    if mm <= _NEAREST_MM:
        return _FRAME, "too_near"
    return _FRAME, mm if mm < _NO_TARGET_MM else "no_echo"


class MaxBotix(SerialRanger):
    """too_near at 300 mm and less, no_echo from 5 m. No frame overlaps another: R stands at its head only."""

    def __init__(self, uart: "UART", clock: "Clock", pings: int):
        super().__init__(uart, clock, pings, _PERIOD_MS, parse, True)


CLASSES = {"mb7369": MaxBotix, "mb7389": MaxBotix}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Clock
    from firmware.sensors.buses import UART
