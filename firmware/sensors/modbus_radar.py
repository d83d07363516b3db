"""Radar that gives its distance to the water in one Modbus RTU holding register, on RS-485.

Which register holds it and in what unit stands in the maker's manual (FTS SDI-RADAR-300WL: level in mm in
0x0015, 8E1). On a half-duplex line the own request may come back as an echo: it is no answer and is passed
over.
"""

from codec.compat import const
from firmware.sensors.framing import Framer
from firmware.sensors.robust import burst

BUS = "uart"
BAUDRATE = const(9600)
WARMUP_MS = const(5000)  # not in a standard: a reserve, option warmup_ms
OPTIONS = {
    "baudrate": (BAUDRATE, (4800, 9600, 19200, 38400, 115200)),
    "parity": ("even", ("even", "odd", "none")),  # even is the default of the standard (2.5.1)
    "address": (1, 1, 247),
    "register": (None, 0, 65535),
    "step_mm": (1, (1, 10)),
}

_READ_HOLDING = const(0x03)
_EXCEPTION = const(0x80)
_ANSWER = const(7)
_REFUSAL = const(5)
_ASK = const(5)  # requests for one reading
_ANSWER_MS = const(300)
_NEAREST_MM = const(60)
_FARTHEST_MM = const(40000)
_RESTLESS_MM = const(50)


def crc16(data: bytes) -> bytes:
    """Polynomial 0xA001, start 0xFFFF, low byte first (Modbus over serial line 2.5.1.2)."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return bytes([crc & 0xFF, crc >> 8])


def request(address: int, register: int) -> bytes:
    """Read one holding register."""
    asked = bytes([address, _READ_HOLDING, register >> 8, register & 0xFF, 0, 1])
    return asked + crc16(asked)


def parser(address: int, step_mm: int) -> "Parse":
    def parse(buffer: bytes, at: int) -> "tuple[int, int | str | None]":
        left = len(buffer) - at
        if left < _REFUSAL:
            return -1, None
        if buffer[at] != address:
            return 0, None
        if buffer[at + 1] == _READ_HOLDING | _EXCEPTION:
            return (_REFUSAL, "sensor_error") if _intact(buffer, at, _REFUSAL) else (0, None)
        if buffer[at + 1] != _READ_HOLDING or buffer[at + 2] != 2:
            return 0, None
        if left < _ANSWER:
            return -1, None
        if not _intact(buffer, at, _ANSWER):
            return 0, None
        return _ANSWER, _plausible((buffer[at + 3] << 8 | buffer[at + 4]) * step_mm)

    return parse


def _intact(buffer: bytes, at: int, size: int) -> bool:
    return crc16(buffer[at : at + size - 2]) == buffer[at + size - 2 : at + size]


def _plausible(mm: int) -> "int | str":
    if mm in (0, 0xFFFF, 0xFFFF * 10):
        return "no_echo"
    if mm < _NEAREST_MM:
        return "too_near"
    return mm if mm <= _FARTHEST_MM else "out_of_range"


class ModbusRadar:
    """`uart` has the radar's parity and turns the line's direction itself."""

    def __init__(self, uart: "UART", clock: "Clock", address: int, register: int, step_mm: int):
        self._uart = uart
        self._clock = clock
        self._request = request(address, register)
        self._parse = parser(address, step_mm)

    async def read(self) -> "dict[str, int | str]":
        """{"distance": mm or fault}, the median of the answers."""
        framer = Framer(self._parse, True)
        distances = []  # type: list[int]
        self._uart.read()
        for _ in range(_ASK):
            self._uart.write(self._request)
            await self._clock.sleep_ms(_ANSWER_MS)
            distances += framer.feed(self._uart.read() or b"")
        if 2 * len(distances) <= _ASK:
            is_answered = framer.fault or framer.heard > _ASK * len(
                self._request
            )  # not by our own echo alone
            return {"distance": framer.verdict() if is_answered else "no_answer"}
        summary = burst(distances, _ASK, _RESTLESS_MM)
        return {"distance": summary.median if 2 * summary.valid > _ASK else "unstable"}


CLASSES = {"modbus_radar": ModbusRadar}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Clock
    from firmware.sensors.buses import UART
    from firmware.sensors.framing import Parse
