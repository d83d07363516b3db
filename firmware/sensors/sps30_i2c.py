"""Sensirion SPS30 dust sensor on I2C (SEL to ground; data sheet section 6), supplied with 5 V."""

from codec.compat import const
from firmware.sensors.dust import BURST, PAUSE_MS, WARMUP_MS, settled  # noqa: F401 - WARMUP_MS is read by create()
from firmware.sensors.sensirion import words
from firmware.sensors.sps30 import FAN_MS, NAMES, dust

BUS = "i2c"
OPTIONS: "Options" = {}

_ADDRESS = const(0x69)
_WAKE = b"\x11\x03"
_START = b"\x00\x10\x03\x00\xac"  # as floats
_READY = b"\x02\x02"
_READ = b"\x03\x00"
_STOP = b"\x01\x04"
_SLEEP = b"\x10\x01"
_READ_SIZE = const(60)
_COMMAND_MS = const(20)


def parse(answer: bytes) -> "tuple[int, ...] | str":
    """PM1, PM2.5, PM4 and PM10 of the 60 bytes of a measurement, or its fault."""
    clean = words(answer)
    return "bad_data" if clean is None else dust(clean)


class SPS30I2C:
    def __init__(self, i2c: "I2C", clock: "Clock"):
        self._i2c = i2c
        self._clock = clock

    async def read(self) -> "dict[str, int | str]":
        """Steps of 0.1 ug/m3 by name, or the fault; not_ready when no new data came in time."""
        frames: list[tuple[int, ...]] = []
        fault = "not_ready"
        try:
            await self._wake()
            await self._say(_START, FAN_MS)
            for _ in range(2 * BURST):
                if len(frames) < BURST and await self._ready():
                    await self._say(_READ, 1)
                    frame = parse(self._i2c.readfrom(_ADDRESS, _READ_SIZE))
                    if isinstance(frame, str):
                        fault = frame
                    else:
                        frames.append(frame)
            await self._say(_STOP, _COMMAND_MS)
            await self._say(_SLEEP, _COMMAND_MS)
        except OSError:
            fault = "no_answer"
            frames.clear()
        return settled(frames, NAMES, fault)

    async def _wake(self) -> None:
        """Asleep, it does not acknowledge the first command: that one only wakes the interface."""
        try:
            await self._say(_WAKE, 1)
        except OSError:
            pass
        await self._say(_WAKE, _COMMAND_MS)

    async def _ready(self) -> bool:
        await self._clock.sleep_ms(PAUSE_MS)
        await self._say(_READY, 1)
        flag = words(self._i2c.readfrom(_ADDRESS, 3))
        return flag == b"\x00\x01"

    async def _say(self, command: bytes, pause_ms: int) -> None:
        self._i2c.writeto(_ADDRESS, command)
        await self._clock.sleep_ms(pause_ms)


CLASSES = {"sps30_i2c": SPS30I2C}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import I2C, Clock
    from firmware.sensors.buses import Options
