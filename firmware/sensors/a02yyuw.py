"""DFRobot A02YYUW ultrasonic distance sensor (SEN0311), UART 9600 8N1, free-running every 100 to 300 ms.

A frame is FF, distance in mm (high, low), and the low byte of the sum of the three. The part compensates the
speed of sound itself.
"""

from codec.compat import const
from firmware.sensors.framing import Framer
from firmware.sensors.ranging import PINGS, SerialRanger, plausible

BUS = "uart"
BAUDRATE = const(9600)
WARMUP_MS = const(500)  # not in the data sheet: a reserve over the first frame
OPTIONS = {"pings": PINGS}

_FRAME = const(4)
_NEAREST_MM = const(30)  # blind zone
_FARTHEST_MM = const(4500)
_PERIOD_MS = const(300)


def parse(buffer: bytes, at: int) -> "tuple[int, int | str | None]":
    """What stands at `at`, in the terms of framing.Framer."""
    if len(buffer) - at < _FRAME:
        return -1, None
    head, high, low, checksum = buffer[at : at + _FRAME]
    if head != 0xFF or (head + high + low) & 0xFF != checksum:
        return 0, None
    return _FRAME, plausible(high << 8 | low, _NEAREST_MM, _FARTHEST_MM)


class Parser(Framer):
    """Bytes in any chunks in, distances in mm out."""

    def __init__(self) -> None:
        super().__init__(parse, False)


class A02YYUW(SerialRanger):
    """too_near within 30 mm, no_echo beyond 4.5 m."""

    def __init__(self, uart: "UART", clock: "Clock", pings: int = PINGS[0]):
        super().__init__(uart, clock, pings, _PERIOD_MS, parse, False)


CLASSES = {"a02yyuw": A02YYUW}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Clock
    from firmware.sensors.buses import UART
