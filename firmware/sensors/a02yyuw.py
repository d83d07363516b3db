"""DFRobot A02YYUW ultrasonic distance sensor (SEN0311), UART 9600 8N1, free-running every 100 to 300 ms.

A frame is FF, distance in mm (high, low), and the low byte of the sum of the three.
"""

from codec.compat import const

_FRAME = const(4)
_NEAREST_MM = const(30)  # blind zone
_FARTHEST_MM = const(4500)
_PINGS = const(5)
_ENOUGH = const(3)
_POLL_MS = const(50)
_TIMEOUT_MS = const(2000)


class Parser:
    """Bytes in any chunks in, distances in mm out; resynchronises one byte after a failed frame."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> "list[int]":
        self._buffer += data
        distances = []
        at = 0
        while len(self._buffer) - at >= _FRAME:
            head, high, low, checksum = self._buffer[at : at + _FRAME]
            if head == 0xFF and (head + high + low) & 0xFF == checksum:
                distances.append(high << 8 | low)
                at += _FRAME
            else:
                at += 1
        self._buffer = self._buffer[at:]
        return distances


class A02YYUW:
    """Median of several pings. `uart` is open at 9600 baud."""

    def __init__(self, uart: "UART", clock: "Clock"):
        self._uart = uart
        self._clock = clock

    async def read(self) -> "dict[str, int | str]":
        """{"distance": mm or fault}; no_echo when nothing lies between 30 mm and 4.5 m."""
        self._uart.read()  # what waited in the buffer is old
        parser = Parser()
        pings = []  # type: list[int]
        heard = 0
        deadline_ms = self._clock.now_ms() + _TIMEOUT_MS
        while len(pings) < _PINGS and self._clock.now_ms() < deadline_ms:
            await self._clock.sleep_ms(_POLL_MS)
            data = self._uart.read()
            if data:
                heard += len(data)
                pings += parser.feed(data)
        return {"distance": _judge(pings, heard)}


def _judge(pings: "list[int]", heard: int) -> "int | str":
    if not pings:
        return "bad_data" if heard else "no_answer"
    valid = sorted([mm for mm in pings if _NEAREST_MM < mm <= _FARTHEST_MM])
    if len(valid) < _ENOUGH:
        return "no_echo"
    return valid[len(valid) // 2]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import UART, Clock
